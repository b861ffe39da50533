"""`benchmark explain`: the command `explain` in a company of N people, from stored frames and a ledger."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from benchmarks.plan import synthetic_inputs
from entra_emply.environment import leave_installation
from entra_emply.ledger import migrate, plans
from entra_emply.ledger.ledger import Ledger
from entra_emply.reconciliation.explain.in_memory import InMemory
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.plan import Plan, make_plan
from entra_emply.storage.frame_store import FrameStore
from entra_emply.storage.postgres import database

_RUN, _TIMES = "benchmark", 5


def benchmark_explain(users: int) -> dict[str, object]:
    """Seconds of whole commands, from their start to their end: one person after another, and the median."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as home, planned(Path(home), users) as (inputs, plan):
        environment = dict(os.environ)
        leave_installation(environment)
        environment["ENTRA_EMPLY_HOME"] = home
        some = plan.actions["subject"].dropna().drop_duplicates()
        some = inputs.entra_users["user_principal_name"] if some.empty else some  # so few that nobody needs anything
        asked = some.iloc[:: max(1, len(some) // _TIMES)][:_TIMES]
        seconds = [_timed(environment, address) for address in asked]
    return {
        "users": len(inputs.entra_users),
        "actions": len(plan.actions),
        "seconds": seconds,
        "median": statistics.median(seconds),
    }


@contextmanager
def planned(home: Path, users: int) -> Iterator[tuple[Inputs, Plan]]:
    """A home in which a plan of a synthetic company is stored and recorded, as a run does it; its database runs."""
    inputs = synthetic_inputs(users)
    plan = make_plan(inputs)
    store(FrameStore(str(home / "frames")), inputs, plan)
    with database(home, None) as url:
        ledger = Ledger.open(str(url))
        ledger.write(migrate.migrate)
        ledger.write(plans.record_mapping, inputs.settings.version, inputs.settings.document)
        ledger.write(plans.record_plan,
            plan, run_id=_RUN, day=inputs.now.date(), origin="sync", mapping_version=inputs.settings.version,
            state=inputs.state,
        )  # fmt: skip
        ledger.close()
        yield inputs, plan


def store(frames: FrameStore, inputs: Inputs, plan: Plan, run_id: str = _RUN) -> None:
    """Store the frames of a run under the names that its assets have, and let its day point to it."""
    assets: dict[str, dict[str, pd.DataFrame]] = {}
    for name, frame in InMemory.of(inputs).frames.items():
        asset, _, part = name.partition("/")
        assets.setdefault(asset, {})[part] = frame
    for asset, parts in assets.items():
        frames.write(run_id, asset, parts.get("", parts))
    frames.write(run_id, "settings", pd.DataFrame({"document": [inputs.settings.document]}))
    frames.write(run_id, "reconciliation_actions", plan.actions)
    frames.write(run_id, "reconciliation_findings", plan.findings)
    frames.point("days", str(inputs.now.date()), run_id)


def _timed(environment: dict[str, str], address: str) -> float:
    start = time.perf_counter()
    command = [sys.executable, "-m", "pipelines.commands.cli", "explain", address]
    subprocess.run(command, env=environment, check=True, capture_output=True)  # noqa: S603
    return round(time.perf_counter() - start, 2)
