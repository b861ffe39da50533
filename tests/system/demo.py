"""A running demo: what its GraphQL answers, what its sandbox logged, commands and runs beside it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import requests

from entra_emply import clock
from sandbox.client import read_environment
from tests.system.commands import REPOSITORY
from tests.system.installation import Row
from tests.waiting import PATIENCE, wait_until

CODE = {"repositoryLocationName": "entra-emply", "repositoryName": "__repository__"}
STALE = "query($day: String!) { assetNodes { assetKey { path } staleStatus(partition: $day) } }"
BACKFILL = """mutation($backfill: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $backfill) {
  ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
STATUS = "query($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"
RUNS = "{ runsOrError { ... on Runs { results { runId jobName status tags { key value } } } } }"
LAUNCH = """mutation($execution: ExecutionParams!) { launchRun(executionParams: $execution) {
  ... on LaunchRunSuccess { run { runId } } } }"""
ASSETS = "{ assetNodes { assetKey { path } } }"
SCHEDULE = """query($schedule: ScheduleSelector!) { scheduleOrError(scheduleSelector: $schedule) {
  ... on Schedule { scheduleState { id status } } } }"""
STOP = """mutation($id: String!) { stopRunningSchedule(id: $id) {
  ... on ScheduleStateResult { scheduleState { status } } } }"""
PLAN = """{ assetOrError(assetKey: {path: ["reconciliation_actions"]}) { ... on Asset { assetMaterializations {
  runId metadataEntries { label ... on IntMetadataEntry { intValue } } } } } }"""


@dataclass
class Demo:
    """A running demo."""

    home: Path
    settings: Path
    url: str

    def ask(self, query: str, **variables: object) -> Any:  # noqa: ANN401 (it is JSON)
        """What GraphQL answers."""
        with requests.Session() as http:
            http.trust_env = False
            asked = {"query": query, "variables": variables}
            answer = http.post(f"{self.url}/graphql", json=asked, timeout=PATIENCE).json()
        return answer["data"]  # with a partition, an asset without partitions is an error beside the data

    @property
    def day(self) -> str:
        """The partition of the newest sync: yesterday's, where midnight came since."""
        synced = next(run for run in self.runs() if (run["jobName"], run["status"]) == ("sync", "SUCCESS"))
        return next(str(tag["value"]) for tag in synced["tags"] if tag["key"] == "dagster/partition")

    def stale(self) -> set[str]:
        """The assets whose partition of that day shows as unsynced."""
        nodes = self.ask(STALE, day=self.day)["assetNodes"]
        return {node["assetKey"]["path"][0] for node in nodes if node["staleStatus"] == "STALE"}

    @property
    def environment(self) -> dict[str, str]:
        """What commands beside the demo are given."""
        return read_environment(self.home / "demo" / "sandbox.env")

    def log(self) -> list[Row]:
        """The sandbox's log."""
        entries: list[Row] = self._sandbox("GET", "requests").json()
        return entries

    def state(self) -> Row:
        """The people of both systems."""
        state: Row = self._sandbox("GET", "state").json()
        return state

    def put_state(self, state: Row) -> None:
        """Change the people."""
        assert self._sandbox("PUT", "state", state).ok

    def put_faults(self, *faults: Row) -> None:
        """Replace the sandbox's faults."""
        assert self._sandbox("PUT", "faults", list(faults)).ok

    def start(self, *command: str) -> "subprocess.Popen[str]":
        """Start a command beside the demo."""
        return subprocess.Popen(
            [sys.executable, "-m", "pipelines.commands.cli", *command],
            env=os.environ | self.environment,
            cwd=REPOSITORY,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def runs(self) -> list[Row]:
        """Dagster's runs, the newest first."""
        runs: list[Row] = self.ask(RUNS)["runsOrError"]["results"]
        return runs

    def schedule(self, name: str) -> Row:
        """A schedule's state: its id and whether it is on."""
        state: Row = self.ask(SCHEDULE, schedule=CODE | {"scheduleName": name})["scheduleOrError"]["scheduleState"]
        return state

    def stop_schedule(self, name: str) -> None:
        """Switch a schedule off, as its switch in the UI does."""
        stopped = self.ask(STOP, id=self.schedule(name)["id"])["stopRunningSchedule"]
        assert stopped["scheduleState"]["status"] == "STOPPED"

    def launch(self, job: str, assets: list[str]) -> str:
        """Have the daemon run a job of today, or assets of it; the run's id."""
        selector = CODE | {"jobName": job}
        chosen = {"assetSelection": [{"path": [name]} for name in assets]} if assets else {}
        tags = [{"key": "dagster/partition", "value": str(clock.now().date())}]
        execution = {"selector": selector | chosen, "executionMetadata": {"tags": tags}}
        launched = self.ask(LAUNCH, execution=execution)["launchRun"]
        return str(launched["run"]["runId"])

    def _sandbox(self, method: str, name: str, body: object = None) -> requests.Response:
        environment = self.environment
        with requests.Session() as http:
            http.trust_env = False
            url = f"{environment['SANDBOX_URL']}/_sandbox/{name}"
            return http.request(method, url, verify=environment["CA_BUNDLE"], timeout=PATIENCE, json=body)


until = partial(wait_until, every=0.5)
"""For what processes beside this one do, who need the processor themselves."""


@contextmanager
def running_demo(home: Path) -> Iterator[Demo]:
    """A demo that has applied its first sync; interrupted at the end, as with Ctrl-C."""
    settings = home / "settings.yaml"
    settings.write_text((REPOSITORY / "settings.yaml").read_text())
    ours = {"ENTRA_EMPLY_HOME": str(home), "ENTRA_EMPLY_SETTINGS": str(settings), "COLUMNS": "200"}
    said = home / "said"
    with said.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.commands.cli", "demo", "--users", "200"],
            env=os.environ | ours,
            cwd=REPOSITORY,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:

        def ready() -> bool:
            assert process.poll() is None, said.read_text()
            return "Stop with Ctrl-C" in said.read_text()

        until(ready, "the demo's first sync")
        address = re.search(r"Dagster UI +(http://\S+)", said.read_text())
        assert address
        yield Demo(home, settings, address[1])
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
    assert process.returncode in (0, 130), said.read_text()
    until(lambda: processes_of(home) == {}, "the end of all that it started")


def processes_of(home: Path) -> dict[int, str]:
    """The processes that were given this home folder: their command lines by id."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended
            if f"ENTRA_EMPLY_HOME={home}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found
