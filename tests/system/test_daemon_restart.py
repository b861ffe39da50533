"""The daemon is killed in the middle of a sync, or of an alert, with all that it started, and is started again by its
service."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dagster import DagsterRun
from dagster._core.launcher import WorkerStatus

from pipelines.launcher import WatchingRunLauncher
from tests.postgres import Server
from tests.receivers import webhook
from tests.system.commands import REPOSITORY
from tests.system.demo import processes_of, until
from tests.system.installation import Installation
from tests.system.snapshots import Snapshots
from tests.waiting import PATIENCE

pytestmark = pytest.mark.campaign
NEWEST = "WHERE pipeline_name = 'sync' ORDER BY id DESC LIMIT 1"
WAITING = "SELECT tries, sent_at FROM entra_emply.alerts WHERE sent_at IS NULL"
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


def test_an_alert_that_is_on_its_way_when_the_daemon_is_killed_arrives_after_its_restart(
    snapshots: Snapshots, tmp_path: Path, server: Server
) -> None:
    asked, gone = threading.Event(), threading.Event()

    def wait() -> None:
        asked.set()
        gone.wait(PATIENCE)

    def take() -> None:
        hook.status = 200

    with webhook() as hook, snapshots.started(tmp_path, 1) as installation:
        installation.sync()  # which holds something
        installation.variables |= {"ALERT_URLS": hook.url, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        hook.before, hook.status = wait, 503  # nobody was there any more to be answered
        with daemon(installation):
            until(asked.is_set, "the daemon's alert")
        assert (1, None) in server.execute(WAITING, installation.database)
        hook.before = take
        gone.set()
        server.execute("UPDATE entra_emply.alerts SET next_try_at = now()", installation.database)
        with daemon(installation):
            until(lambda: server.execute(WAITING, installation.database) == [], "the alert")
    assert len([title for title in hook.titles if "for approval" in title]) == 1
    assert len(hook.titles) == len(set(hook.titles))


@contextmanager
def daemon(installation: Installation) -> Iterator[None]:
    """A daemon; in the end it is killed with every process of the installation."""
    process = dagster(installation, "dagster-daemon", "run", *WORKSPACE)
    try:
        yield
    finally:
        for pid in processes_of(installation.home):
            os.kill(pid, signal.SIGKILL)
        process.wait(PATIENCE)


def launch(installation: Installation) -> None:
    """Queue a sync of today."""
    tags = f'{{"dagster/partition": "{time.strftime("%Y-%m-%d", time.gmtime())}"}}'
    assert (
        dagster(installation, "dagster", "job", "launch", *WORKSPACE, "-j", "sync", "--tags", tags).wait(PATIENCE) == 0
    )


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
