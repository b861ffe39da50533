"""The assets of group `ledger`: what it remembers before a run reads, and what applying did after it planned."""

from collections.abc import Iterator

import pandas as pd
from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    Config,
    Failure,
    MaterializeResult,
    Output,
    TableColumn,
    TableSchema,
    asset,
)

from assets.partitions import DAILY, require_today
from assets.resources import Connections
from assets.source import FRESH, OWNERS
from entra_emply import clock
from entra_emply.errors import PlanRefused
from entra_emply.progress import tell
from entra_emply.provisioning.apply import apply, settle
from entra_emply.provisioning.report import ApplyReport
from entra_emply.reconciliation.inputs import STATE_COLUMNS

OVERTAKEN = "overtaken"
"""In the metadata of a failed run of `applied_changes`: whether a plan made anew may be applied."""


@asset(
    group_name="ledger",
    partitions_def=DAILY,
    description="What the ledger remembers: links, role states, group ids, deactivations that stand, grants of the "
    "last day, member counts, photo etags, calendars, pairs of events, deleted Entra users, holds and approvals. Read "
    "before any source, after what a killed run left open was settled. Stored with the run, so that its plan can be "
    "computed again from its frames alone.",
    metadata={
        f"schema_{name}": TableSchema([TableColumn(column, kind) for column, kind in columns.items()])
        for name, columns in STATE_COLUMNS.items()
    },
    kinds={"postgres", "parquet"},
    owners=OWNERS,
    freshness_policy=FRESH,
)
def sync_state(context: AssetExecutionContext, connections: Connections) -> Output[dict[str, pd.DataFrame]]:
    """One frame for each table of `SyncState`, and `clock` (read_at, epoch)."""
    require_today("sync_state", context.partition_key)
    if not settle(connections.ledger, graph=connections.graph, emply=connections.emply):
        context.log.info("another run is applying just now: a plan of this run will be refused")
    frames = connections.ledger.read_state(clock.now()).frames()
    return Output(frames, metadata={f"rows_{name}": len(frame) for name, frame in frames.items()})


class ApplyConfig(Config):
    """Which plan to apply: its id, or nothing for the newest one."""

    plan_id: str = ""


@asset(
    group_name="ledger",
    deps=["reconciliation_actions", "reconciliation_findings"],
    partitions_def=DAILY,
    check_specs=[
        AssetCheckSpec(
            "every_write_succeeded",
            asset="applied_changes",
            description="No action failed or waits in quarantine for `entra-emply release`.",
        ),
        AssetCheckSpec(
            "nothing_waits_for_a_person",
            asset="applied_changes",
            description="No action of the plan is held by a guard until somebody approves it.",
        ),
    ],
    description="The newest plan of today, applied once, under one lock: each action written down before it is tried, "
    "its reasons looked at again where it takes something away. Whoever asks (sensor, command line, this page), "
    "the ledger decides.",
    kinds={"postgres", "emply"},
    owners=OWNERS,
)
def applied_changes(
    context: AssetExecutionContext, connections: Connections, config: ApplyConfig
) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
    """Numbers of actions by kind and result."""
    require_today("applied_changes", context.partition_key)
    newest = connections.ledger.newest_plan()
    plan_id = config.plan_id or (newest.plan_id if newest else "")
    try:
        report = apply(connections.ledger, plan_id, graph=connections.graph, emply=connections.emply, progress=tell)
    except PlanRefused as error:
        raise Failure(str(error), metadata={OVERTAKEN: error.overtaken}, allow_retries=False) from error
    yield MaterializeResult(metadata=_metadata(plan_id, report))
    yield from _checks(report)


def _metadata(plan_id: str, report: ApplyReport) -> dict[str, str | int]:
    counts = {
        f"{result}_{_plotted(kind)}": count
        for kind, results in report.results.items()
        for result, count in results.items()
    }
    totals = {result: report.count(result) for result in ("applied", "superseded")}
    return {"plan_id": plan_id, "held": report.held, **totals, **_trouble(report), **counts}


def _plotted(kind: str) -> str:
    """The kind in names of metadata: Emply's as they are, Entra's (some have the same) with their target."""
    target, name = kind.split(".")
    return f"entra_{name}" if target == "entra" else name


def _trouble(report: ApplyReport) -> dict[str, int]:
    """What somebody should look at, in numbers of actions."""
    return {
        "failed": report.count("failed"),
        "unknown": report.count("unknown"),
        "waiting": report.waiting,
        "quarantined": report.quarantined,
        "untried": report.untried,
    }


def _checks(report: ApplyReport) -> Iterator[AssetCheckResult]:
    yield AssetCheckResult(
        check_name="every_write_succeeded",
        passed=not report.troubled,
        severity=AssetCheckSeverity.ERROR,
        metadata=_trouble(report),
    )
    yield AssetCheckResult(
        check_name="nothing_waits_for_a_person",
        passed=report.held == 0,
        severity=AssetCheckSeverity.WARN,
        metadata={"held": report.held},
    )
