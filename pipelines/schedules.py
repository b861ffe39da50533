"""What runs by the clock: a sync every 30 minutes, retention every night. What follows something is in `sensors`."""

from dagster import (
    DefaultScheduleStatus,
    RunRequest,
    RunsFilter,
    ScheduleEvaluationContext,
    SkipReason,
    schedule,
)

from pipelines.dagster_private import NOT_FINISHED_STATUSES
from pipelines.jobs import retention, sync


@schedule(
    job=sync,
    cron_schedule="*/30 * * * *",
    execution_timezone="UTC",
    default_status=DefaultScheduleStatus.RUNNING,
    description="Every 30 minutes: today's partition of everything, unless the sync before has not ended.",
)
def every_30_minutes(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
    """A sync of the day of the tick."""
    running = context.instance.get_runs(RunsFilter(job_name=sync.name, statuses=NOT_FINISHED_STATUSES), limit=1)
    if running:
        return SkipReason(f"run {running[0].run_id} has not ended")
    tick = context.scheduled_execution_time
    return RunRequest(run_key=f"{tick:%Y-%m-%dT%H:%M}", partition_key=f"{tick:%Y-%m-%d}")


@schedule(
    job=retention,
    cron_schedule="17 3 * * *",
    execution_timezone="UTC",
    default_status=DefaultScheduleStatus.RUNNING,
    description="Every night: forget what is old enough.",
)
def every_night(_context: ScheduleEvaluationContext) -> RunRequest:
    """One retention run."""
    return RunRequest()


SCHEDULES = [every_30_minutes, every_night]
