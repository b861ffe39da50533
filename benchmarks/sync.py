"""`benchmark sync`: whole `sync` commands against a sandbox of N people: first, unchanged, changed.

Users and roles, with the settings of this repository; pictures and calendars only where asked for: a run reads and
writes those one by one, at the pace that Emply allows a key (50 requests a second). Nothing of the operator's own
installation is in force, which these people are not of.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from entra_emply.environment import leave_installation
from entra_emply.reconciliation.settings import load
from sandbox import Sandbox

_CHANGED_PERCENT = 1


def benchmark_sync(users: int, settings: Path, *, calendars: bool = False) -> dict[str, object]:
    """Seconds of each whole command, from its start to its end, and the line it printed.

    settings: a mapping for the sandbox's company.
    With `calendars` the second run still does what had to wait for an id ("Applying" 6), and is no unchanged one.
    """
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as home,
        Sandbox(users=users, seed=1, process=True) as sandbox,
    ):
        environment = dict(os.environ)
        leave_installation(environment)
        used = settings if calendars else _users_and_roles(settings, Path(home))
        environment |= sandbox.environment | {"ENTRA_EMPLY_HOME": home, "ENTRA_EMPLY_SETTINGS": str(used)}
        result: dict[str, object] = {"users": users}
        for run in ("first", "second", "unchanged") if calendars else ("first", "unchanged"):
            result[run] = _timed(environment)
        result["one_percent_changed"] = {"people": _change(sandbox, users), **_timed(environment)}
        return result


def _users_and_roles(settings: Path, home: Path) -> Path:
    """The settings without pictures and calendars."""
    document = json.loads(load(settings).document)
    file = home / "settings.yaml"  # which JSON is, too
    file.write_text(json.dumps(document | {"synchronize_calendars": False, "profile_pictures": False}))
    return file


def _timed(environment: dict[str, str]) -> dict[str, Any]:
    start = time.perf_counter()
    command = [sys.executable, "-m", "pipelines.commands.cli", "sync"]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)  # noqa: S603
    seconds = round(time.perf_counter() - start, 2)
    return {"seconds": seconds, "exit": done.returncode, "said": (done.stdout or done.stderr).strip()[-200:]}


def _change(sandbox: Sandbox, users: int) -> int:
    """Give one person in a hundred another job title; how many. All are people whose fields follow Entra (A1)."""
    state = sandbox.state()
    employed = {employee["email"] for employee in state["emply"]["employees"]}
    logins = {user["username"] for user in state["emply"]["users"] if user["active"] and not user["employeeId"]}
    following = [
        person
        for person in state["entra"]["users"]
        if person["accountEnabled"] and person["userPrincipalName"] in logins and person.get("mail") not in employed
    ]
    people = following[: max(1, users * _CHANGED_PERCENT // 100)]
    for person in people:
        person["jobTitle"] = f"{person.get('jobTitle') or 'Employee'}, acting"
    sandbox.put_state(state)
    return len(people)
