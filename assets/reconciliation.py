"""The assets of group `reconciliation`: the plan, as the actions to take and the findings to look at. Thin: the rules
are in the engine; here the plan is made, stored, recorded in the ledger, and its run declared complete.

Names and addresses appear in the Markdown of `reconciliation_actions`, `reconciliation_findings` and `applied_changes`
and nowhere else in Dagster.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd
from dagster import (
    AssetExecutionContext,
    AssetIn,
    AssetOut,
    MaterializeResult,
    MetadataValue,
    Nothing,
    multi_asset,
)

from assets.checks import NO_EXTERNAL_USER_IS_TOUCHED, accepted_shrinks, no_external_user_is_touched
from assets.identities import LISTS, inputs_from
from assets.io_manager import has_whole_set
from assets.pages import console_link, mark_run, plotted
from assets.partitions import DAILY, is_of_backfill, is_today
from assets.resources import Connections
from assets.source import FRESH, OWNERS
from entra_emply.errors import SettingsError
from entra_emply.extraction.checks import external_users_touched, require_believable
from entra_emply.ledger import certificates, plans
from entra_emply.printing import SHORT_ID
from entra_emply.reconciliation.inputs import DEPENDENT_SOURCES, SOURCES, Inputs
from entra_emply.reconciliation.plan import Plan, make_plan
from entra_emply.reconciliation.report.html import groups_of, html, is_one_page
from entra_emply.reconciliation.report.markdown import findings_markdown, plan_markdown
from entra_emply.reconciliation.report.wording import because, document, held_by_guard, how_to_approve
from entra_emply.reconciliation.words.guards import GUARDS

PLAN_TAG = "entra-emply/plan"
"""Run tag: the whole id of the plan that a run made to be applied."""
SYNC_RUN_TAG = "entra-emply/sync_run"
"""Run tag: of which run of `sync` a run of `apply` is to apply the plan."""

_NEEDED = LISTS | {name: AssetIn(name) for name in ("identities", *DEPENDENT_SOURCES)}
_ACTIONS, _FINDINGS = "reconciliation_actions", "reconciliation_findings"
_ALIKE: dict[str, Any] = {
    "dagster_type": Nothing,  # the step stores the frames itself, before it says that the run is complete
    "is_required": False,
    "group_name": "reconciliation",
    "kinds": {"pandas", "parquet"},
    "owners": OWNERS,
    "freshness_policy": FRESH,
}


@multi_asset(
    ins=_NEEDED,
    outs={
        _ACTIONS: AssetOut(
            description="The plan: every change to make, why, and what holds it. Recorded in the ledger; applied by "
            "`applied_changes` when it is today's newest. A past day's plan is for reading.",
            **_ALIKE,
        ),
        _FINDINGS: AssetOut(description="What only a person can put right, each with what to do about it.", **_ALIKE),
    },
    check_specs=[NO_EXTERNAL_USER_IS_TOUCHED],
    partitions_def=DAILY,
    can_subset=True,
)
def plan(
    context: AssetExecutionContext,
    connections: Connections,
    **frames: Any,  # noqa: ANN401 (frames by name)
) -> Iterator[MaterializeResult[None]]:
    """Make the plan (`plan.make_plan`) of a run's frames, by their names, and store it with its findings.

    One that touches an external user is stored, but not recorded, and its check fails.
    """
    inputs, store, run_id = inputs_from(frames), connections.frames, context.run_id
    joined = frames["identities"] if store.has(run_id, "identities") else None  # another run's is of another mapping
    made = make_plan(inputs, joined)
    touched, whole = external_users_touched(inputs, made), _is_whole(context, connections)
    for name, frame in _frames(made).items():
        store.write(run_id, name, frame)
    where = {"path": store.folder(run_id)}  # with the file's name the page would cut it off
    page = _page(context, connections, inputs, made)
    selected = context.op_execution_context.selected_output_names
    if _ACTIONS in selected and not touched:
        _record(context, connections, inputs, made, whole=whole)
    if _FINDINGS in selected:
        metadata = console_link(connections, "/findings") | _of_findings(made) | where
        yield MaterializeResult(asset_key=_FINDINGS, metadata=metadata)
    if _ACTIONS in selected:
        compared = {} if whole else _difference(context, connections, made)
        console = console_link(connections, "/plan") if whole else {}
        yield MaterializeResult(
            asset_key=_ACTIONS,
            metadata=console | _of_actions(inputs, made) | compared | page | where,
            check_results=[no_external_user_is_touched(touched)],
        )


def _frames(plan: Plan) -> dict[str, pd.DataFrame]:
    """What is stored of the plan; what the guards counted is for explaining it."""
    return {_ACTIONS: plan.actions, _FINDINGS: plan.findings, "guard_counts": plan.guard_counts}


def _is_whole(context: AssetExecutionContext, connections: Connections) -> bool:
    """Whether this run read everything itself, today, and not as a backfill: only such a plan is ever applied."""
    of_today = is_today(context.partition_key) and not is_of_backfill(context.run)
    return of_today and has_whole_set(connections.frames, context.run_id)


def _record(
    context: AssetExecutionContext, connections: Connections, inputs: Inputs, plan: Plan, *, whole: bool
) -> None:
    """Record the plan in the ledger: of a whole run to be applied, and the run is then the day's last complete one;
    of another for reading, beside the plan that was made that day.

    Raises SourceUnreadable (G5), LedgerError for another tenant's or customer's ledger, and SettingsError where
    the settings changed meanwhile.
    """
    ledger, settings, day = connections.ledger, inputs.settings, context.partition_key
    if whole:
        _require_believable(context, connections, inputs)
        ledger.write(
            plans.belongs_to, str(inputs.entra_tenant["tenant_id"].iloc[0]), connections.environment.emply.customer
        )
    ledger.write(plans.record_mapping, settings.version, settings.document)
    ledger.write(
        plans.record_plan,
        plan,
        run_id=context.run_id if whole else f"{context.run_id}/{day}",
        day=date.fromisoformat(day),
        origin="sync" if whole else "backfill",
        mapping_version=settings.version,
        state=inputs.state,
    )
    if whole:
        connections.frames.complete(context.run_id, day)
        context.instance.add_run_tags(context.run_id, {PLAN_TAG: plan.plan_id})
        mark_run(context, {"held": int((plan.actions["held_by"] != "").sum())})


def _require_believable(context: AssetExecutionContext, connections: Connections, inputs: Inputs) -> None:
    """What the run read is enough (G5), and was asked for by the settings that it plans by."""
    ledger = connections.ledger
    if connections.settings().version != inputs.settings.version:
        raise SettingsError("the settings changed while the run read its sources: the next run goes by the new ones")
    reads = {
        source: read for source, read in ledger.read(certificates.reads_of, context.run_id).items() if source in SOURCES
    }
    require_believable(inputs, reads, ledger.read(certificates.baselines), accepted_shrinks(context))


def _of_actions(inputs: Inputs, plan: Plan) -> dict[str, Any]:
    """The plan to be read, which the page shows first, and its numbers, which plot over runs."""
    counts = (plan.actions["target"] + "." + plan.actions["kind"]).map(plotted).value_counts().to_dict()
    by_guard = held_by_guard(plan.actions)
    return {
        "plan": MetadataValue.md(plan_markdown(plan, inputs.names, how_to_approve(plan.plan_id))),
        "dagster/row_count": len(plan.actions),
        "held": int((plan.actions["held_by"] != "").sum()),
        **{f"held_{guard}": by_guard.get(guard, 0) for guard in GUARDS},
        **{f"actions_{kind}": int(count) for kind, count in counts.items()},
        "status": plan.status,
        "plan_id": plan.plan_id[:SHORT_ID],
        "mapping_version": inputs.settings.version,
    }


def _of_findings(plan: Plan) -> dict[str, Any]:
    """The findings to be read, which the page shows first, and their numbers, which plot over runs."""
    codes = plan.findings["code"].value_counts().to_dict()
    return {
        "findings": MetadataValue.md(findings_markdown(plan.findings)),
        "dagster/row_count": len(plan.findings),
        **{f"findings_{code}": int(count) for code, count in codes.items()},
    }


def _difference(context: AssetExecutionContext, connections: Connections, plan: Plan) -> dict[str, int]:
    """How a plan for reading differs from the one that was made that day."""
    frames = connections.frames
    run_id = frames.pointed("days", context.partition_key)
    if run_id is None or not frames.has(run_id, _ACTIONS):
        return {}
    that_day = pd.DataFrame(frames.read(run_id, _ACTIONS))
    now, then = set(plan.actions["action_id"]), set(that_day["action_id"])
    return {"only_now": len(now - then), "only_that_day": len(then - now), "in_both": len(now & then)}


def _page(context: AssetExecutionContext, connections: Connections, inputs: Inputs, plan: Plan) -> dict[str, Any]:
    """The plan as one page to open in a browser, stored with the run's frames; none of a plan too large for one."""
    if plan.actions.empty or not is_one_page(plan.actions, plan.findings):
        return {}
    made = document(plan, inputs.now, inputs.settings.version)
    page = html(made, inputs.names, because(plan.actions), groups_of(plan.actions))
    path = connections.frames.write_text(f"{context.run_id}/plan-{context.partition_key}.html", page)
    return {"report": MetadataValue.path(str(path))}
