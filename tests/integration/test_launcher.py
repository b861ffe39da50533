"""Whether a run is still alive, by the code server that started it and by the turn of the commands."""

import json
from pathlib import Path

import pytest
from dagster import DagsterRun
from dagster._core.launcher import WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG

from pipelines.command_lock import BY_COMMAND, command_lock
from pipelines.launcher import WatchingRunLauncher
from tests.postgres import Server


def health(**tags: str) -> WorkerStatus:
    run = DagsterRun(job_name="sync", run_id="2f1f4a50-6a2c-4a3e-9d4d-0d3f5f0c5f31", tags=tags)
    return WatchingRunLauncher().check_run_worker_health(run).status


def test_a_run_whose_code_server_is_gone_is_dead(tmp_path: Path) -> None:
    gone = {"host": "localhost", "socket": str(tmp_path / "gone")}
    assert health(**{GRPC_INFO_TAG: json.dumps(gone)}) == WorkerStatus.FAILED


def test_a_commands_run_lives_as_long_as_its_command_holds_the_lock(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = server.url(server.create())
    monkeypatch.setenv("DATABASE_URL", address)
    with command_lock(address):
        assert health(**BY_COMMAND) == WorkerStatus.RUNNING
    assert health(**BY_COMMAND) == WorkerStatus.FAILED


def test_of_a_run_that_was_started_otherwise_nobody_can_tell() -> None:
    assert health() == WorkerStatus.RUNNING
