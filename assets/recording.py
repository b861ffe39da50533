"""What becomes of a plan once it is made: into the ledger, and into the words and numbers that the UI shows.

Names and addresses appear in the plan asset's own table and nowhere else in Dagster.
"""

from datetime import date
from typing import Any

import pandas as pd
from dagster import AssetExecutionContext, MetadataValue, TableColumn, TableRecord, TableSchema

from assets.partitions import is_today
from assets.resources import Connections
from assets.source import accepted_shrinks
from entra_emply.errors import SettingsError
from entra_emply.reconciliation.completeness import require_full_read, require_referred
from entra_emply.reconciliation.inputs import FOLLOWING, SOURCES, Inputs
from entra_emply.reconciliation.mapping import may_be_empty
from entra_emply.reconciliation.plan import Plan
from entra_emply.reconciliation.report.html import groups_of, html
from entra_emply.reconciliation.report.wording import changes, document, names_of, rows, why

PLAN_TAG = "entra-emply/plan"
"""Run tag: the plan that a run made to be applied."""

_ON_A_PAGE = 10_000
_SHOWN = 100
"""Rows of the plan in the UI's table, the held ones first; all of them are in the frame."""


def is_fresh(context: AssetExecutionContext, connections: Connections) -> bool:
    """Whether this run read everything itself, today: only such a plan is ever applied."""
    frames, run_id = connections.frames, context.run_id
    return (
        is_today(context.partition_key)
        and "dagster/backfill" not in context.run.tags
        and all(frames.has(run_id, name) for name in ("sync_state", "settings", *SOURCES, *FOLLOWING))
    )


def record(
    context: AssetExecutionContext, connections: Connections, inputs: Inputs, plan: Plan, *, fresh: bool
) -> None:
    """Record the plan in the ledger, to be applied where it is fresh and for reading otherwise.

    Raises SourceUnreadable (G5), LedgerError for another tenant's or customer's ledger, and SettingsError where
    the settings changed meanwhile.
    """
    ledger, settings = connections.ledger, inputs.settings
    if fresh:
        _require_believable(context, connections, inputs)
        ledger.belongs_to(str(inputs.entra_tenant["tenant_id"].iloc[0]), connections.environment.emply.customer)
    ledger.record_mapping(settings.version, settings.document)
    ledger.record_plan(
        plan,
        run_id=context.run_id if fresh else f"{context.run_id}/{context.partition_key}",
        day=date.fromisoformat(context.partition_key),
        origin="sync" if fresh else "backfill",
        mapping_version=settings.version,
        state=inputs.state,
    )
    if fresh:
        context.instance.add_run_tags(context.run_id, {PLAN_TAG: plan.plan_id})


def _require_believable(context: AssetExecutionContext, connections: Connections, inputs: Inputs) -> None:
    """What the run read is enough (G5), and was asked for by the settings that it plans by."""
    ledger, settings = connections.ledger, inputs.settings
    if connections.settings().version != settings.version:
        raise SettingsError("the settings changed while the run read its sources: the next run goes by the new ones")
    baselines, percent, accepted = ledger.baselines(), settings.guards.min_rows_percent, accepted_shrinks(context)
    reads = {source: read for source, read in ledger.reads_of(context.run_id).items() if source in SOURCES}
    require_full_read(reads, baselines, percent, accepted=accepted, may_be_empty=may_be_empty(settings))
    require_referred(inputs, baselines, percent, accepted)


def metadata(inputs: Inputs, plan: Plan) -> dict[str, Any]:
    """The plan's numbers, which plot over runs, and its table."""
    kinds = plan.actions["target"].where(plan.actions["target"] == "entra", "").str.cat(plan.actions["kind"], sep="_")
    counts = kinds.str.removeprefix("_").value_counts().to_dict()
    names = names_of(inputs)
    held_first = plan.actions.assign(free=plan.actions["held_by"] == "").sort_values("free", kind="stable")
    shown = rows(held_first.head(_SHOWN))
    return {
        "dagster/row_count": len(plan.actions),
        "plan_id": plan.plan_id,
        "status": plan.status,
        "mapping_version": inputs.settings.version,
        "held": int((plan.actions["held_by"] != "").sum()),
        **{f"actions_{kind}": int(count) for kind, count in counts.items()},
        "plan": MetadataValue.table(
            [
                TableRecord(
                    {
                        "who": action["subject"] or "",
                        "action": action["kind"],
                        "change": "; ".join(changes(action, names)),
                        "why": why(action),
                        "held by": action["held_by"] or "",
                    }
                )
                for action in shown
            ],
            schema=TableSchema([TableColumn(name) for name in ("who", "action", "change", "why", "held by")]),
        ),
    }


def difference(context: AssetExecutionContext, connections: Connections, plan: Plan) -> dict[str, int]:
    """How a plan made again differs from the one that was made that day."""
    run_id = connections.frames.pointed("days", context.partition_key)
    if run_id is None or run_id == context.run_id or not connections.frames.has(run_id, "reconciliation_actions"):
        return {}
    that_day = pd.DataFrame(connections.frames.read(run_id, "reconciliation_actions"))
    now, then = set(plan.actions["action_id"]), set(that_day["action_id"])
    return {"only_now": len(now - then), "only_that_day": len(then - now), "in_both": len(now & then)}


def strangers(inputs: Inputs, plan: Plan) -> int:
    """M6: how many Emply users the plan touches that are neither linked nor linked by it; W1 and C4 may touch them."""
    links = plan.actions.loc[plan.actions["kind"] == "link_user", "emply_user_id"]
    known = {*inputs.state.links["emply_user_id"], *links}
    touched = plan.actions.loc[~plan.actions["rule"].isin(["W1", "C4", "C6"]), "emply_user_id"]
    return len(set(touched.dropna()) - known)


def report(context: AssetExecutionContext, connections: Connections, inputs: Inputs, plan: Plan) -> dict[str, Any]:
    """The plan as one page to open in a browser, stored with the run's frames; none of a plan too large for one."""
    if not 0 < len(plan.actions) <= _ON_A_PAGE:
        return {}
    made = document(plan, inputs.now, inputs.settings.version)
    page = html(made, names_of(inputs), groups_of(plan.actions))
    path = connections.frames.write_text(f"{context.run_id}/plan-{context.partition_key}.html", page)
    return {"report": MetadataValue.path(str(path))}
