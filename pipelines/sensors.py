"""What runs after something happened: a sync, a change of the settings file, something that people are told of. What
runs by the clock is in `schedules`.
"""

from datetime import datetime

from dagster import (
    DagsterRunStatus,
    DefaultSensorStatus,
    RunConfig,
    RunRequest,
    RunStatusSensorContext,
    SensorEvaluationContext,
    SkipReason,
    run_status_sensor,
    sensor,
)

from assets.partitions import is_of_backfill
from assets.provisioning import ApplyConfig
from assets.reconciliation import PLAN_TAG, SYNC_RUN_TAG
from assets.resources import Connections
from entra_emply import clock
from entra_emply.errors import EntraEmplyError
from entra_emply.printing import counted
from pipelines.alerting import tell_within
from pipelines.command_lock import BY_COMMAND
from pipelines.failures import failed_since
from pipelines.jobs import apply, reload_settings, sync

_SECONDS = 40
"""For telling, at a tick: less than the minute after which Dagster gives a tick up."""


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
    if plan_id is None or is_of_backfill(run) or BY_COMMAND.items() <= run.tags.items():
        return None  # a run without a plan, a backfill, or a command, which applies by itself
    return RunRequest(
        run_key=run.run_id,
        partition_key=context.partition_key,
        run_config=RunConfig(ops={"applied_changes": ApplyConfig(plan_id=plan_id)}),
        tags={SYNC_RUN_TAG: run.run_id},
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
    version = connections.settings().version
    if version == context.cursor:
        return SkipReason(f"mapping {version} is in force")
    context.update_cursor(version)
    return RunRequest(run_key=None)


@sensor(
    minimum_interval_seconds=30,
    default_status=DefaultSensorStatus.RUNNING,
    description="Sends alerts to the addresses in ALERT_URLS about what fails, waits for an approval or expires soon "
    "(docs/alerts.md). It starts no run, and no run waits for it.",
)
def alerts(context: SensorEvaluationContext, connections: Connections) -> SkipReason:
    """The cursor is the time since when runs that failed were not told of."""
    environment = connections.environment
    if not environment.alert_urls:
        return SkipReason("ALERT_URLS is not set")
    since = datetime.fromisoformat(context.cursor) if context.cursor else clock.now()
    context.update_cursor(since.isoformat())  # where the first tick tells nobody, the next one knows when it was
    try:
        failed, until = failed_since(context.instance, since)
        told = tell_within(_SECONDS, connections.ledger, environment, failed)
    except EntraEmplyError as error:  # the cursor of a tick that fails is lost
        return SkipReason(str(error))
    if told is None:
        return SkipReason(f"telling takes longer than {_SECONDS} seconds: the next tick goes on")
    context.update_cursor(until.isoformat())
    return SkipReason(f"{counted(told.new, 'new alert')}, {told.sent} sent, {told.waiting} still waiting")


SENSORS = [apply_after_sync, settings_changed, alerts]
