"""`benchmark sync`: whole `sync` commands against a sandbox of N people: first, unchanged, changed."""

import os
import subprocess
import sys
import tempfile
import time
from typing import Any

from sandbox import Sandbox

_CHANGED_PERCENT = 1


def benchmark_sync(users: int) -> dict[str, object]:
    """Seconds of each whole command, from its start to its end, and the line it printed."""
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as home,
        Sandbox(users=users, seed=1, process=True) as sandbox,
    ):
        environment = {**os.environ, **sandbox.environment, "ENTRA_EMPLY_HOME": home}
        environment.pop("DATABASE_URL", None)
        result: dict[str, object] = {"users": users, "first": _timed(environment), "unchanged": _timed(environment)}
        result["one_percent_changed"] = {"people": _change(sandbox, users), **_timed(environment)}
        return result


def _timed(environment: dict[str, str]) -> dict[str, Any]:
    start = time.perf_counter()
    command = [sys.executable, "-m", "pipelines.cli", "sync"]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)  # noqa: S603
    seconds = round(time.perf_counter() - start, 2)
    return {"seconds": seconds, "exit": done.returncode, "said": (done.stdout or done.stderr).strip()[-200:]}


def _change(sandbox: Sandbox, users: int) -> int:
    """Give one person in a hundred another job title; how many."""
    state = sandbox.state()
    people = state["entra"]["users"][: max(1, users * _CHANGED_PERCENT // 100)]
    for person in people:
        person["jobTitle"] = f"{person.get('jobTitle') or 'Employee'}, acting"
    sandbox.put_state(state)
    return len(people)
