"""The jobs: sync (sources to plan), apply, retention, the settings alone, and those of `decisions`. What they do is in
`assets`, and what runs their steps in `executors`.
"""

from datetime import timedelta

from dagster import (
    AssetSelection,
    DagsterInstance,
    JobDefinition,
    OpExecutionContext,
    RunsFilter,
    define_asset_job,
    job,
    op,
)

from assets.resources import Connections
from entra_emply import clock
from entra_emply.ledger.retention import prune
from entra_emply.printing import counted
from pipelines.dagster_private import UnresolvedAssetJobDefinition
from pipelines.decisions import DECISIONS

ONE_AT_A_TIME = "entra-emply/one-at-a-time"
"""Tag: runs that carry the same value wait for each other (dagster.yaml)."""
AHEAD = {"dagster/priority": "1"}
"""Tag: these runs are started before what else waits, such as the days of a backfill."""

APPLIED = AssetSelection.assets("applied_changes")

sync = define_asset_job(
    "sync",
    selection=AssetSelection.all() - APPLIED,
    description="Read both systems, join them, make the plan. The plan is applied by the job `apply`, which follows.",
    tags={ONE_AT_A_TIME: "sync"} | AHEAD,
)

apply = define_asset_job(
    "apply",
    selection=APPLIED,
    description="Apply today's newest plan, once. The ledger refuses whatever else it is asked for.",
    # A first sync may have hours of writes at Emply's pace: longer than any run else (dagster.yaml).
    tags={ONE_AT_A_TIME: "apply", "dagster/max_retries": "0", "dagster/max_runtime": "21600"} | AHEAD,
)

reload_settings = define_asset_job(
    "reload_settings",
    selection=AssetSelection.assets("settings"),
    description="Read the settings again after their file changed; the plans of past days then show as unsynced.",
)


@op
def forget_what_is_old(context: OpExecutionContext, connections: Connections) -> None:
    """Frames, runs with their events and logs, and the ledger's people, each as long as the settings say."""
    retention = connections.settings().retention
    now = clock.now()
    frames = connections.frames.prune(now, retention.frames_days)
    runs = _delete_runs(context.instance, retention.runs_days)
    connections.ledger.write(prune, now - timedelta(days=retention.frames_days))
    context.log.info("forgot the frames of %s and %s of Dagster", counted(frames, "run"), counted(runs, "run"))


@job(description="Retention: forget frames, runs and plans that are old enough.")
def retention() -> None:
    """Frames, then Dagster's runs, then the ledger's people: if one of them fails, the rest waits for a night."""
    forget_what_is_old()


JOBS: list[JobDefinition | UnresolvedAssetJobDefinition] = [sync, apply, *DECISIONS, reload_settings, retention]


def _delete_runs(instance: DagsterInstance, days: int) -> int:
    """Delete runs that ended, with their event and compute logs."""
    old = instance.get_run_records(RunsFilter(created_before=clock.now() - timedelta(days=days)))
    ended = [record.dagster_run for record in old if record.dagster_run.is_finished]
    for run in ended:
        instance.compute_log_manager.delete_logs(prefix=[run.run_id])
        instance.delete_run(run.run_id)
    return len(ended)
