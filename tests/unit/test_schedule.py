"""When the schedule starts a sync: at each tick, but not beside another."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunRequest, SkipReason, build_schedule_context
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

from pipelines.schedules import every_30_minutes

TICK = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
WAITS_OR_RUNS = [
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]
SOMEWHERE = RemoteJobOrigin(RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("here"), "here"), "sync")
"""Where a job is defined: a run that is queued has to say."""


def ticked(folder: Path, *statuses: DagsterRunStatus) -> object:
    """What a tick comes to beside runs of these statuses."""
    with DagsterInstance.local_temp(str(folder)) as instance:
        for status in statuses:
            instance.add_run(DagsterRun(job_name="sync", status=status, remote_job_origin=SOMEWHERE))
        with build_schedule_context(instance=instance, scheduled_execution_time=TICK) as context:
            return every_30_minutes(context)


def test_a_tick_starts_a_sync_of_its_day(tmp_path: Path) -> None:
    request = ticked(tmp_path, DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE)
    assert isinstance(request, RunRequest)
    assert (request.partition_key, request.run_key) == ("2026-11-22", "2026-11-22T10:30")


@pytest.mark.parametrize("status", WAITS_OR_RUNS)
def test_a_sync_that_runs_or_waits_is_not_followed_by_another(tmp_path: Path, status: DagsterRunStatus) -> None:
    assert isinstance(ticked(tmp_path, status), SkipReason)
