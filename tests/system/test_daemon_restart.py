"""The daemon is killed in the middle of a sync with all that it started, and is started again by its service."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dagster import DagsterRun
from dagster._core.launcher import WorkerStatus

from pipelines.launcher import WatchingRunLauncher
from tests.postgres import Server
from tests.system.commands import REPOSITORY
from tests.system.demo import processes_of, until
from tests.system.installation import Installation

pytestmark = pytest.mark.campaign
NEWEST = "WHERE pipeline_name = 'sync' ORDER BY id DESC LIMIT 1"
WORKSPACE = ("-w", "workspace.yaml")


def test_a_run_that_died_with_the_daemon_is_failed_soon_and_the_next_one_goes_on(
    served: Installation, server: Server
) -> None:
    served.sync()
    served.sandbox.put_faults({"method": "GET", "path": "/employees$", "times": 1, "fault": {"delay_ms": 120_000}})
    with daemon(served):
        launch(served)
        until(lambda: served.sandbox.faults()[0]["times"] == 0, "the daemon's run")
        assert health(served, server) == WorkerStatus.RUNNING
    with daemon(served):
        until(lambda: last_run(served, server) == "FAILURE", "the notice that the run is dead")
        launch(served)
        until(lambda: last_run(served, server) == "SUCCESS", "the next run")


@contextmanager
def daemon(installation: Installation) -> Iterator[None]:
    """A daemon; in the end it is killed with every process of the installation."""
    process = dagster(installation, "dagster-daemon", "run", *WORKSPACE)
    try:
        yield
    finally:
        for pid in processes_of(installation.home):
            os.kill(pid, signal.SIGKILL)
        process.wait(60)


def launch(installation: Installation) -> None:
    """Queue a sync of today."""
    tags = f'{{"dagster/partition": "{time.strftime("%Y-%m-%d", time.gmtime())}"}}'
    assert dagster(installation, "dagster", "job", "launch", *WORKSPACE, "-j", "sync", "--tags", tags).wait(120) == 0


def dagster(installation: Installation, program: str, *arguments: str) -> "subprocess.Popen[bytes]":
    """Start a program of Dagster's as docs/production.md has it."""
    address = installation.variables["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg2:")
    ours = {"DAGSTER_HOME": str(installation.home), "DATABASE_URL": address}
    with (installation.said / program).open("a") as said:
        return subprocess.Popen(
            [Path(sys.executable).parent / program, *arguments],
            env=installation.environment | ours,
            cwd=REPOSITORY,
            stdout=said,
            stderr=subprocess.STDOUT,
        )


def last_run(installation: Installation, server: Server) -> object:
    """The state of Dagster's newest sync."""
    return server.execute(f"SELECT status FROM runs {NEWEST}", installation.database)[0][0]


def health(installation: Installation, server: Server) -> WorkerStatus:
    """What the daemon's monitoring is told of the newest sync."""
    query = f"SELECT run_id, key, value FROM run_tags WHERE run_id = (SELECT run_id FROM runs {NEWEST})"
    (run_id, *_), *_ = rows = server.execute(query, installation.database)
    run = DagsterRun(job_name="sync", run_id=str(run_id), tags={str(key): str(value) for _, key, value in rows})
    return WatchingRunLauncher().check_run_worker_health(run).status
