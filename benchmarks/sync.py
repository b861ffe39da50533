"""`benchmark sync`: whole `sync` commands against a sandbox of N people: first, unchanged, with few changes.

Users and roles, with the settings of this repository; pictures and calendars only where asked for. Answers may take
their time, as over a network. Nothing of the operator's own installation is in force, which these people are not of.
What a run asked for is told by the sandbox's log (`request_log`).
"""

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks.request_log import asked
from entra_emply.connectors.emply import description
from entra_emply.connectors.emply.connection import pace
from entra_emply.environment import Environment, leave_installation
from entra_emply.ledger import certificates, plans
from entra_emply.ledger.installed import ledger_if_any
from entra_emply.reconciliation.settings import load
from sandbox import Sandbox

_CHANGED_PERCENT = 1
_DIRECTORY = {"entra_users", "entra_groups", "entra_group_members"}
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
_LOOK = 0.05  # seconds between two looks at a process's memory


def benchmark_sync(
    users: int,
    settings: Path,
    *,
    calendars: bool = False,
    emply_api: Path | None = None,
    delays: Mapping[str, float] = MappingProxyType({}),
) -> dict[str, object]:
    """Of each whole command, from its start to its end: seconds, what it asked both systems for and how long it read
    each source, what it printed.

    settings: a mapping for the sandbox's company. emply_api: how its Emply is described, if not as v1. delays:
    milliseconds, by the names of `sandbox.settings`. With `calendars` the second run still does what had to wait for
    an id ("Applying" 6), and is no unchanged one.
    """
    slow: dict[str, Any] = {**delays}
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as home,
        Sandbox(users=users, seed=1, process=True, **slow) as sandbox,
    ):
        environment = dict(os.environ)
        leave_installation(environment)
        used = settings if calendars else _users_and_roles(settings, Path(home))
        environment |= sandbox.environment | {"ENTRA_EMPLY_HOME": home, "ENTRA_EMPLY_SETTINGS": str(used)}
        if emply_api is not None:
            environment["EMPLY_API"] = str(emply_api)
        result: dict[str, object] = {"users": users, **delays}
        for run in ("first", "second", "unchanged") if calendars else ("first", "unchanged"):
            result[run] = _measured(sandbox, environment)
        for run, people in (("one_changed", 1), ("one_percent_changed", max(1, users * _CHANGED_PERCENT // 100))):
            result[run] = {"people": _change(sandbox, people), **_measured(sandbox, environment)}
        return result


def _users_and_roles(settings: Path, home: Path) -> Path:
    """The settings without pictures and calendars."""
    document = json.loads(load(settings).document)
    file = home / "settings.yaml"  # which JSON is, too
    file.write_text(json.dumps(document | {"synchronize_calendars": False, "profile_pictures": False}))
    return file


def _measured(sandbox: Sandbox, environment: dict[str, str]) -> dict[str, Any]:
    sandbox.clear_requests()
    run = _timed(environment)
    allowed = pace(description.load("v1").content.requests_per_second)
    return run | asked(sandbox.requests(), run["seconds"], allowed) | {"reading": _reading(environment)}


def _reading(environment: Mapping[str, str]) -> dict[str, float]:
    """The seconds that each source was read in the run that planned last, and the lists of the directory together."""
    with ledger_if_any(Environment.load(environment)) as ledger:
        plan = None if ledger is None else ledger.read(plans.newest_plan)
        times = {} if ledger is None or plan is None else ledger.read(certificates.times_of, plan.run_id)
    if not times.keys() >= _DIRECTORY:
        return {}
    lists = [times[source] for source in _DIRECTORY]
    together = max(end for _, end in lists) - min(start for start, _ in lists)
    each = {source: end - start for source, (start, end) in sorted(times.items())}
    return {name: round(lasted.total_seconds(), 2) for name, lasted in ({"directory": together} | each).items()}


def _timed(environment: dict[str, str]) -> dict[str, Any]:
    """One command: seconds, of these the processor's, peak memory (MiB), and the end of what it printed."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "pipelines.commands.cli", "sync"]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)  # noqa: S603
        peak, used = _waited(process)
        seconds = round(time.perf_counter() - start, 2)
        said.seek(0)
        return {
            "seconds": seconds,
            "processor_seconds": round(used.ru_utime + used.ru_stime, 2),
            "peak_memory_mib": peak,
            "exit": process.returncode,
            "said": said.read().strip()[-200:],
        }


def _waited(process: "subprocess.Popen[bytes]") -> tuple[int, resource.struct_rusage]:
    """The peak memory of a process until it ended (MiB), and what else it used.

    Its `ru_maxrss` would be this process's own memory where that is more: it is inherited when the process is started.
    """
    peak, status_file = 0, Path(f"/proc/{process.pid}/status")
    while True:
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
        if ended:
            process.returncode = os.waitstatus_to_exitcode(status)
            return peak, used
        found = _PEAK.search(status_file.read_text())  # a process that has ended has no memory any more
        peak = int(found[1]) // 1024 if found else peak
        time.sleep(_LOOK)


def _change(sandbox: Sandbox, count: int) -> int:
    """Give so many people another job title; how many there were. All are people whose fields follow Entra (A1)."""
    state = sandbox.state()
    employed = {employee["email"] for employee in state["emply"]["employees"]}
    logins = {user["username"] for user in state["emply"]["users"] if user["active"] and not user["employeeId"]}
    following = [
        person
        for person in state["entra"]["users"]
        if person["accountEnabled"] and person["userPrincipalName"] in logins and person.get("mail") not in employed
    ]
    people = following[:count]
    for person in people:
        person["jobTitle"] = f"{person.get('jobTitle') or 'Employee'}, acting"
    sandbox.change_state({"entra": {"users": people}})
    return len(people)
