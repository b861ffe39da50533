"""What runs after something happened: a sync, a change of the settings file, a failure. What runs by the clock is in
`schedules`.
"""

from dagster import (
    DagsterRunStatus,
    DefaultSensorStatus,
    RunConfig,
    RunFailureSensorContext,
    RunRequest,
    RunStatusSensorContext,
    SensorEvaluationContext,
    SkipReason,
    run_failure_sensor,
    run_status_sensor,
    sensor,
)

from assets.provisioning import ApplyConfig
from assets.reconciliation import PLAN_TAG
from assets.resources import Connections
from entra_emply.errors import SettingsError
from pipelines.jobs import apply, reload_settings, sync


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


SENSORS = [apply_after_sync, settings_changed, alert_on_failure]
