"""The steps of a run read both systems at the same time, and each is still a step of its own."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from dagster import AssetKey, DagsterInstance, ExecuteInProcessResult

from benchmarks.request_log import under_way
from entra_emply import clock
from entra_emply.extraction.sources import LISTS
from pipelines.definitions import build_defs
from tests.system.installation import Installation
from tests.system.snapshots import Snapshots

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Dagster's own

_LIST = re.compile(r"/(organization|users|groups|employees|roles|departments)(/delta)?$")


@pytest.fixture
def installation(snapshots: Snapshots, tmp_path: Path) -> Iterator[Installation]:
    """Synced once; Dagster in this process has it as its environment."""
    with snapshots.started(tmp_path, 1) as installation, installation.in_this_process():
        installation.sandbox.clear_requests()
        yield installation


def run(*assets: str) -> ExecuteInProcessResult:
    with DagsterInstance.ephemeral() as instance:
        return build_defs().resolve_job_def("sync").execute_in_process(
            instance=instance,
            partition_key=str(clock.now().date()),
            asset_selection=[AssetKey(name) for name in assets] or None,
            raise_on_error=False,
        )  # fmt: skip


def failed(result: ExecuteInProcessResult) -> dict[str, str]:
    """Why, by step."""
    steps = [event for event in result.all_events if event.is_step_failure]
    return {str(event.step_key): str(event.step_failure_data.error_display_string) for event in steps}


def reads(installation: Installation) -> list[dict[str, Any]]:
    """The requests for lists, in the order of the log, with the list's name."""
    found = ((_LIST.search(entry["path"]), entry) for entry in installation.sandbox.requests())
    return [{"list": match[1], **entry} for match, entry in found if match]


def test_all_lists_are_under_way_at_once(installation: Installation) -> None:
    installation.sandbox.change_settings(graph_ms=1500, emply_ms=1500)
    assert run().success
    spans = [(at, at + entry["ms"] / 1000) for entry in reads(installation) for at in [_seconds(entry["at"])]]
    assert under_way(spans)["most"] >= len(LISTS)


def test_a_list_that_fails_fails_its_own_step(installation: Installation) -> None:
    installation.sandbox.put_faults({"path": "/v1.0/groups(/delta)?$", "fault": {"status": 400}})
    result = run()
    assert {*failed(result)} == {"entra_groups"}
    assert "entra_groups could not be read: Graph answered 400" in failed(result)["entra_groups"]
    done = {str(event.step_key) for event in result.all_events if event.is_step_success}
    assert done == {"settings", "sync_state", *(source.name for source in LISTS)} - {"entra_groups"}


def test_a_step_alone_reads_its_own_list_alone(installation: Installation) -> None:
    assert run("entra_users").success
    assert {entry["list"] for entry in reads(installation)} == {"users"}


def test_a_run_of_some_steps_reads_no_more_than_these(installation: Installation) -> None:
    assert run("sync_state", "entra_users", "emply_roles").success
    assert {entry["list"] for entry in reads(installation)} == {"users", "roles"}


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()
