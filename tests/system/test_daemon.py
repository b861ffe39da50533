"""The demo as a user meets it: the daemon, the sensor, a mapping change, a backfill, the pages in a real browser.

One demo serves the module: its tests are in the order in which an operator would do these things.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, sync_playwright

from pipelines.database import database
from sandbox.client import read_environment
from tests.system.commands import REPOSITORY
from tests.system.conftest import Row, made
from tests.system.leaks import files, found, graphql_places, tables
from tests.system.snapshots import changed

PATIENCE = 150.0
CHROMIUM = shutil.which("chromium")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
STALE = "query($day: String!) { assetNodes { assetKey { path } staleStatus(partition: $day) } }"
BACKFILL = """mutation($backfill: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $backfill) {
  ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
STATUS = "query($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"
RUNS = "{ runsOrError { ... on Runs { results { runId jobName status tags { key value } } } } }"
LAUNCH = """mutation($execution: ExecutionParams!) { launchRun(executionParams: $execution) {
  ... on LaunchRunSuccess { run { runId } } } }"""
ASSETS = "{ assetNodes { assetKey { path } } }"
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
            answer = http.post(f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=60).json()
        return answer["data"]  # with a partition, an asset without partitions is an error beside the data

    @property
    def day(self) -> str:
        """Today's partition."""
        return time.strftime("%Y-%m-%d", time.gmtime())

    def stale(self) -> set[str]:
        """The assets whose partition of today shows as unsynced."""
        nodes = self.ask(STALE, day=self.day)["assetNodes"]
        return {node["assetKey"]["path"][0] for node in nodes if node["staleStatus"] == "STALE"}

    @property
    def environment(self) -> dict[str, str]:
        """What commands beside the demo are given."""
        return read_environment(self.home / "demo" / "sandbox.env")

    def requests(self) -> list[Row]:
        """The sandbox's log."""
        entries: list[Row] = self._sandbox("GET", "requests").json()
        return entries

    def state(self) -> Row:
        """The people of both systems."""
        state: Row = self._sandbox("GET", "state").json()
        return state

    def put_state(self, state: Row) -> None:
        """Change the people."""
        assert self._sandbox("PUT", "state", json=state).ok

    def start(self, *command: str) -> "subprocess.Popen[str]":
        """Start a command beside the demo."""
        return subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", *command],
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

    def launch(self, job: str, assets: list[str]) -> str:
        """Have the daemon run a job, or assets of it; the run's id."""
        selector = {"repositoryLocationName": "entra-emply", "repositoryName": "__repository__", "jobName": job}
        chosen = {"assetSelection": [{"path": [name]} for name in assets]} if assets else {}
        tags = [{"key": "dagster/partition", "value": self.day}]
        execution = {"selector": selector | chosen, "executionMetadata": {"tags": tags}}
        launched = self.ask(LAUNCH, execution=execution)["launchRun"]
        return str(launched["run"]["runId"])

    def _sandbox(self, method: str, name: str, **body: object) -> requests.Response:
        environment = self.environment
        with requests.Session() as http:
            http.trust_env = False
            url = f"{environment['SANDBOX_URL']}/_sandbox/{name}"
            return http.request(method, url, verify=environment["CA_BUNDLE"], timeout=60, **body)  # type: ignore[arg-type]


def until(found: Callable[[], object], what: str) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found():
            return
        time.sleep(0.5)
    raise AssertionError(f"{what} did not happen within {PATIENCE} s")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo that has applied its first sync; interrupted at the end, as with Ctrl-C."""
    home = tmp_path_factory.mktemp("demo")
    settings = home / "settings.yaml"
    settings.write_text((REPOSITORY / "settings.yaml").read_text())
    ours = {"ENTRA_EMPLY_HOME": str(home), "ENTRA_EMPLY_SETTINGS": str(settings), "COLUMNS": "200"}
    said = home / "said"
    with said.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", "demo", "--users", "200"],
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
        process.wait(60)
    assert process.returncode in (0, 130), said.read_text()
    assert left_running(home) == []


def left_running(home: Path) -> list[str]:
    """The processes that were given this home folder."""
    left = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"ENTRA_EMPLY_HOME={home}" in (process / "environ").read_bytes().decode(errors="replace"):
                left.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return left


def test_the_first_sync_runs_through_the_daemon_and_the_sensor_applies_it(demo: Demo) -> None:
    applied = [run for run in demo.runs() if run["jobName"] == "apply"]
    tags = {tag["key"]: tag["value"] for tag in applied[0]["tags"]}
    assert (applied[0]["status"], tags["dagster/sensor_name"]) == ("SUCCESS", "apply_after_sync")


def test_two_commands_the_daemon_and_materialize_all_at_once_make_every_write_once(demo: Demo) -> None:
    demo.put_state(changed(demo.state()))
    before = len(demo.requests())
    commands = [demo.start("sync"), demo.start("sync")]
    everything = [node["assetKey"]["path"][0] for node in demo.ask(ASSETS)["assetNodes"]]
    launched = [demo.launch("sync", []), demo.launch("__ASSET_JOB", everything)]
    said = [command.communicate(timeout=PATIENCE) for command in commands]
    until(lambda: ended(demo, *launched), "the end of all runs")
    for command, (_, err) in zip(commands, said, strict=True):
        assert command.returncode == 2 or "plans anew" in err or "the newest" in err, err
    last = demo.start("sync")
    assert "3 held" in last.communicate(timeout=PATIENCE)[0]
    writes = made(demo.requests()[before:])
    assert (writes.pop(("POST", "/emply/v1/contoso/users")), set(writes.values()), len(writes)) == (3, {1}, 9)


def ended(demo: Demo, *run_ids: str) -> bool:
    """Whether nothing runs any more, and what was to follow a sync did."""
    runs = {run["runId"]: run for run in demo.runs()}
    applied = {tag["value"] for run in runs.values() for tag in run["tags"] if tag["key"] == "entra-emply/sync_run"}
    synced = {one for one in run_ids if runs[one]["jobName"] == "sync" and runs[one]["status"] == "SUCCESS"}
    return synced <= applied and {run["status"] for run in runs.values()} <= {"SUCCESS", "FAILURE", "CANCELED"}


def test_a_mapping_change_shows_plans_as_unsynced_and_a_backfill_shows_what_it_would_have_changed(demo: Demo) -> None:
    assert demo.stale() == set()
    applied, planned = applies(demo), len(plans(demo))
    demo.settings.write_text(demo.settings.read_text().replace("role: Employee\n", "role: Consultant\n"))
    until(lambda: "reconciliation_actions" in demo.stale(), "the sensor's notice")
    assert demo.stale() == {"identities", "reconciliation_actions", "reconciliation_findings"}

    before = demo.requests()
    launch = {"partitionNames": [demo.day], "assetSelection": [{"path": ["reconciliation_actions"]}]}
    backfill = demo.ask(BACKFILL, backfill=launch)["launchPartitionBackfill"]["backfillId"]
    until(lambda: "COMPLETED" in demo.ask(STATUS, id=backfill)["partitionBackfillOrError"]["status"], "the backfill")
    counts = {entry["label"]: entry.get("intValue") for entry in plans(demo)[0]["metadataEntries"]}
    assert counts["only_now"] > 0
    assert len(plans(demo)) == planned + 1
    assert [entry for entry in demo.requests()[len(before) :] if entry["method"] != "GET"] == []
    assert applies(demo) == applied


def plans(demo: Demo) -> list[Row]:
    """The plan's materialisations, the newest first."""
    found: list[Row] = demo.ask(PLAN)["assetOrError"]["assetMaterializations"]
    return found


def applies(demo: Demo) -> int:
    """How many runs applied, or wanted to."""
    return [run["jobName"] for run in demo.runs()].count("apply")


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    """A page of Debian's chromium."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: the pages of the UI are not looked at")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        page = chromium.new_page(viewport={"width": 1500, "height": 900})
        page.set_default_timeout(60_000)
        yield page
        chromium.close()


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("/asset-groups", ["entra", "emply", "reconciliation", "ledger"]),
        ("/assets/reconciliation_actions?view=events", ["plan_id", "held by", "link_user"]),
        ("/assets/emply_users?view=checks", ["source_did_not_shrink"]),
        ("/assets/reconciliation_findings?view=partitions&partition=TODAY", ["Unsynced"]),
    ],
    ids=["lineage", "plan", "check", "unsynced partition"],
)
def test_the_ui_shows(demo: Demo, browser: Page, address: str, seen: list[str]) -> None:
    browser.goto(demo.url + address.replace("TODAY", demo.day))
    for text in seen:
        assert browser.get_by_text(text).first.wait_for() is None


def test_no_secret_and_nobody_is_where_they_do_not_belong(demo: Demo) -> None:
    """The daemon's and the webserver's logs, the runs' logs, the tables, and what the webserver serves."""
    secrets = {name: demo.environment[name] for name in ("ENTRA_CLIENT_SECRET", "EMPLY_API_KEY")}
    people = demo.state()["entra"]["users"]
    names = [person[name] for person in people for name in ("mail", "mobilePhone", "displayName") if person[name]]
    with database(demo.home / "demo", None) as address:
        places = [*files(demo.home / "demo"), *tables(str(address)), *graphql_places(demo.ask)]
    assert found(secrets, [place for place in places if place.where != "sandbox.env"]) == []
    assert found({name: name for name in names}, [place for place in places if not place.names]) == []
