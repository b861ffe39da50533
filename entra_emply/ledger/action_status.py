"""Where the actions of a plan stand: tried or not, failed, in quarantine, approved. Questions; nothing is written."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from entra_emply import clock
from entra_emply.ledger.migrate import exists
from entra_emply.ledger.sync_state import newest_plan_no
from entra_emply.ledger.tables import approvals, attempts, counters, failures, links, outcomes, plans

Row = dict[str, Any]
LinkRow = Row


@dataclass(frozen=True)
class Standing:
    """A plan, and its actions by id.

    plan: plan_no, plan_id, created_at, claimed_at, finished_at, ending; None where the ledger has none of the run.
    newest: whether it is the newest plan that was made to be applied. tried: action id to started_at, at, result, code
    of the last attempt (the last three None while it is open). failed: action id to failures, code, at, quarantined_at
    and runs (until its turn comes). approved: action id to by, reason, at, expires_at of a valid approval.
    """

    plan: Row | None = None
    newest: bool = False
    tried: dict[str, Row] = field(default_factory=dict)
    failed: dict[str, Row] = field(default_factory=dict)
    approved: dict[str, Row] = field(default_factory=dict)


def standing_of(connection: Connection, run_id: str, action_ids: Collection[str]) -> Standing:
    """Where these actions of a run's plan stand."""
    if not exists(connection):
        return Standing()
    plan = connection.execute(select(plans).where(plans.c.run_id == run_id)).mappings().one_or_none()
    newest = connection.execute(newest_plan_no()).scalar_one()
    tried = (
        select(attempts.c.action_id, attempts.c.started_at, outcomes.c.at, outcomes.c.result, outcomes.c.code)
        .outerjoin_from(attempts, outcomes)
        .join(plans, plans.c.plan_no == attempts.c.plan_no)
        .where(plans.c.run_id == run_id, attempts.c.action_id.in_(action_ids))
        .order_by(attempts.c.attempt_no)
    )
    turn = (failures.c.next_run - counters.c.runs).label("runs")
    failed = select(failures, turn).join_from(failures, counters, onclause=counters.c.one)
    approved = select(approvals).where(approvals.c.used_at.is_(None), approvals.c.expires_at > clock.now())
    return Standing(
        plan=None if plan is None else _plain(plan),
        newest=plan is not None and plan["plan_no"] == newest,
        tried=_by_action(connection.execute(tried).mappings().all()),
        failed=_by_action(connection.execute(failed.where(failures.c.action_id.in_(action_ids))).mappings().all()),
        approved=_by_action(connection.execute(approved.where(approvals.c.action_id.in_(action_ids))).mappings().all()),
    )


def links_of(connection: Connection, entra_ids: Collection[str], emply_user_ids: Collection[str]) -> list[LinkRow]:
    """The links of these users: entra_id, emply_user_id, matched_by, at."""
    if not exists(connection):
        return []
    theirs = links.c.entra_id.in_(entra_ids) | links.c.emply_user_id.in_(emply_user_ids)
    return [_plain(row) for row in connection.execute(select(links).where(theirs)).mappings()]


def _by_action(rows: Collection[RowMapping]) -> dict[str, Row]:
    return {str(row["action_id"]): _plain(row) for row in rows}


def _plain(row: RowMapping) -> Row:
    return {str(name): value for name, value in row.items()}
