"""The asset of group `provisioning`: what applying a plan did. The ledger decides whether it may be applied."""

from collections.abc import Iterator

from dagster import AssetCheckResult, AssetExecutionContext, Config, Failure, MaterializeResult, MetadataValue, asset

from assets.checks import EVERY_WRITE_SUCCEEDED, NOTHING_WAITS_FOR_A_PERSON, of_applying
from assets.pages import console_link, mark_run, plotted
from assets.partitions import DAILY, require_today
from assets.resources import Connections
from assets.source import OWNERS
from entra_emply.errors import PlanRefused
from entra_emply.ledger import action_status, plans
from entra_emply.printing import SHORT_ID
from entra_emply.progress import tell
from entra_emply.provisioning.apply import apply
from entra_emply.provisioning.report import ApplyReport, report_markdown

OVERTAKEN = "overtaken"
"""In the metadata of a failed run of `applied_changes`: whether a new plan may be applied."""


class ApplyConfig(Config):
    """Which plan to apply: its id, or nothing for the newest one."""

    plan_id: str = ""


@asset(
    group_name="provisioning",
    deps=["reconciliation_actions", "reconciliation_findings"],
    partitions_def=DAILY,
    check_specs=[EVERY_WRITE_SUCCEEDED, NOTHING_WAITS_FOR_A_PERSON],
    description="The newest plan of today, applied once, under one lock: each action written down before it is tried, "
    "its reasons looked at again where it takes something away. The ledger decides, also where a command or this page "
    "asks for it.",
    kinds={"postgres", "emply"},
    owners=OWNERS,
)
def applied_changes(
    context: AssetExecutionContext, connections: Connections, config: ApplyConfig
) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
    """What came of the plan, in numbers of actions and in words. Raises Failure where it is refused."""
    require_today("applied_changes", context.partition_key)
    newest = connections.ledger.read(plans.newest_plan)
    plan_id = config.plan_id or (newest.plan_id if newest else "")
    try:
        report = apply(connections.ledger, plan_id, graph=connections.graph, emply=connections.emply, progress=tell)
    except PlanRefused as error:
        raise Failure(str(error), metadata={OVERTAKEN: error.overtaken}, allow_retries=False) from error
    outcome = MetadataValue.md(
        report_markdown(report, plan_id, connections.ledger.read(action_status.failures_of, plan_id))
    )
    mark_run(context, {"held": report.held, **report.trouble})
    console = console_link(connections, "/failures" if report.troubled else "/plan")
    yield MaterializeResult(metadata={**console, "outcome": outcome, **_numbers(plan_id, report)})
    yield from of_applying(report)


def _numbers(plan_id: str, report: ApplyReport) -> dict[str, str | int]:
    counts = {
        f"{result}_{plotted(kind)}": count
        for kind, results in report.results.items()
        for result, count in results.items()
    }
    totals = {result: report.count(result) for result in ("applied", "superseded")}
    return {**totals, "held": report.held, **report.trouble, **counts, "plan_id": plan_id[:SHORT_ID]}
