"""The status of a plan's actions: tried, failed, waiting, quarantined, approved. Queries only; nothing is written."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, Select, and_, case, func, or_, select

from entra_emply import clock
from entra_emply.ledger.approvals import is_valid
from entra_emply.ledger.migrate import exists
from entra_emply.ledger.plans import newest_plan_no
from entra_emply.ledger.tables import action_name, actions, approvals, attempts, counters, failures, outcomes, plans

Row = dict[str, Any]

FailureStatus = Literal["failed", "waiting", "quarantined"]


@dataclass(frozen=True)
class ActionStatus:
    """A plan, and the status of its actions by action id.

    plan: plan_no, plan_id, created_at, claimed_at, finished_at, ending; None where the ledger has no plan of the run.
    newest: whether it is the newest plan that was made to be applied. tried: started_at, at, result and code of the
    last attempt (the last three None while it is open). failed: failures, code, at, quarantined_at and runs (the number
    of runs until it is tried again). approved: by, reason, at, expires_at of a valid approval.
    """

    plan: Row | None = None
    newest: bool = False
    tried: dict[str, Row] = field(default_factory=dict)
    failed: dict[str, Row] = field(default_factory=dict)
    approved: dict[str, Row] = field(default_factory=dict)


@dataclass(frozen=True)
class ActionFailure:
    """An action that applying a plan did not get done.

    kind: "emply.set_roles". subject: the address by which the plan named the person. status: `failed` when it was tried
    with this plan, `waiting` when its turn comes at a later run, `quarantined` when it waits for `release`. code: the
    service's own, of the last failure. failures: in a row until now; 0 once a later run applied the action.
    """

    action_id: str
    kind: str
    subject: str | None
    status: FailureStatus
    code: str | None
    failures: int


def action_status(connection: Connection, run_id: str, action_ids: Collection[str]) -> ActionStatus:
    """The status of these actions of a run's plan; an empty one where the ledger does not exist."""
    if not exists(connection):
        return ActionStatus()
    plan = connection.execute(select(plans).where(plans.c.run_id == run_id)).mappings().one_or_none()
    newest = connection.execute(newest_plan_no()).scalar_one()
    tried = (
        select(attempts.c.action_id, attempts.c.started_at, outcomes.c.at, outcomes.c.result, outcomes.c.code)
        .outerjoin_from(attempts, outcomes)
        .join(plans, plans.c.plan_no == attempts.c.plan_no)
        .where(plans.c.run_id == run_id, attempts.c.action_id.in_(action_ids))
        .order_by(attempts.c.attempt_no)
    )
    runs = (failures.c.next_run - counters.c.runs).label("runs")
    failed = select(failures, runs).join_from(failures, counters, onclause=counters.c.one)
    approved = select(approvals).where(is_valid(clock.now()), approvals.c.action_id.in_(action_ids))
    return ActionStatus(
        plan=None if plan is None else dict(plan),
        newest=plan is not None and plan["plan_no"] == newest,
        tried=_by_action(connection.execute(tried).mappings().all()),
        failed=_by_action(connection.execute(failed.where(failures.c.action_id.in_(action_ids))).mappings().all()),
        approved=_by_action(connection.execute(approved).mappings().all()),
    )


def failures_of(connection: Connection, plan_id: str) -> list[ActionFailure]:
    """What applying this plan did not get done, in the plan's order; empty for a plan that was never applied.

    Held actions are no failures. Two runs may make the same plan: the one that was applied last counts.
    """
    if not exists(connection):
        return []
    return [ActionFailure(**row) for row in connection.execute(_failures(plan_id)).mappings()]


def _failures(plan_id: str) -> Select[Any]:
    applied = select(func.max(plans.c.plan_no)).where(plans.c.plan_id == plan_id, plans.c.claimed_at.is_not(None))
    failed = outcomes.c.result == "failed"
    waiting = failures.c.action_id.is_not(None) & outcomes.c.result.is_(None)
    status = case((failures.c.quarantined_at.is_not(None), "quarantined"), (failed, "failed"), else_="waiting")
    tried = and_(attempts.c.plan_no == actions.c.plan_no, attempts.c.action_id == actions.c.action_id)
    return (
        select(
            actions.c.action_id,
            action_name.label("kind"),
            actions.c.subject,
            status.label("status"),
            func.coalesce(failures.c.code, outcomes.c.code).label("code"),
            func.coalesce(failures.c.failures, 0).label("failures"),
        )
        .select_from(actions)
        .outerjoin(failures, failures.c.action_id == actions.c.action_id)
        .outerjoin(attempts, tried)
        .outerjoin(outcomes, outcomes.c.attempt_no == attempts.c.attempt_no)
        .where(actions.c.plan_no == applied.scalar_subquery(), actions.c.held_by == "", or_(failed, waiting))
        .order_by(actions.c.position)
    )


def _by_action(rows: Collection[RowMapping]) -> dict[str, Row]:
    return {str(row["action_id"]): dict(row) for row in rows}
