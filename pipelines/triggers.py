"""When things run: the schedules, and the sensors that follow a sync, the settings file, a failure."""

from dagster import (
    DagsterRunStatus,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    RunConfig,
    RunFailureSensorContext,
    RunRequest,
    RunsFilter,
    RunStatusSensorContext,
    ScheduleEvaluationContext,
    SensorEvaluationContext,
    SkipReason,
    run_failure_sensor,
    run_status_sensor,
    schedule,
    sensor,
)
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from assets.provisioning import ApplyConfig
from assets.recording import PLAN_TAG
from assets.resources import Connections
from entra_emply.errors import SettingsError
from pipelines.jobs import apply, reload_settings, retention, sync


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


@run_status_sensor(
    run_status=DagsterRunStatus.SUCCESS,
    monitored_jobs=[sync],
    request_job=apply,
    default_status=DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=5,
    description="After each successful sync: apply its plan. A failed blocking check fails the sync: nothing follows.",
)
def apply_after_sync(context: RunStatusSensorContext) -> RunRequest | None:
    """Hands over the plan's id; the ledger decides whether it may be applied."""
    run = context.dagster_run
    plan_id = run.tags.get(PLAN_TAG)
    if plan_id is None or "dagster/backfill" in run.tags:
        return None  # a backfill, or a run without a plan
    return RunRequest(
        run_key=run.run_id,
        partition_key=run.tags["dagster/partition"],
        run_config=RunConfig(ops={"applied_changes": ApplyConfig(plan_id=plan_id)}),
        tags={"entra-emply/sync_run": run.run_id},
    )


@sensor(
    job=reload_settings,
    minimum_interval_seconds=20,
    default_status=DefaultSensorStatus.RUNNING,
    description="Watches the settings file: when its meaning changes, `settings` is materialised again, and the "
    "plans of all days show as unsynced.",
)
def settings_changed(context: SensorEvaluationContext, connections: Connections) -> RunRequest | SkipReason:
    """The cursor is the mapping version last asked for."""
    try:
        version = connections.settings().version
    except SettingsError as error:
        return SkipReason(str(error))
    if version == context.cursor:
        return SkipReason(f"mapping {version} is in force")
    context.update_cursor(version)
    return RunRequest(run_key=None)


@run_failure_sensor(
    default_status=DefaultSensorStatus.RUNNING,
    description="Says in the daemon's log that a run failed: the place to connect an alert to.",
)
def alert_on_failure(context: RunFailureSensorContext) -> None:
    """No names: a failure event carries none."""
    context.log.error("%s failed: run %s", context.dagster_run.job_name, context.dagster_run.run_id)
