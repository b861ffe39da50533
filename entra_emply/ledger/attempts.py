"""Attempts to apply an action, and their outcomes.

An attempt is committed before the change to the target, its outcome after it: a crash in between leaves an attempt
without outcome, which `unsettled` finds. Each function runs in the transaction of its caller. Not here: claiming the
plan that the actions belong to (`claims`), and what an applied action changes in the sync state (`sync_state`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Connection,
    DateTime,
    Row,
    Select,
    Text,
    any_,
    delete,
    exists,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from entra_emply import clock
from entra_emply.ledger import sync_state
from entra_emply.ledger.action import Action
from entra_emply.ledger.approvals import is_valid
from entra_emply.ledger.tables import actions, approvals, attempts, counters, failures, links, outcomes, plans

Result = Literal["applied", "failed", "superseded", "interrupted"]

_ACTION_FIELDS = (
    "plan_no",
    "action_id",
    "target",
    "kind",
    "rule",
    "reason",
    "entra_id",
    "emply_user_id",
    "employee_id",
    "before",
    "after",
    "time_zone",
)

SERIOUS_AFTER = 3
"""Failures in a row after which a person is told."""
QUARANTINED_AFTER = 8
"""Failures in a row after which a person must look. (rules.md, "Applying" 5)"""


def begin(connection: Connection, action: Action) -> int:
    """Record that the action is about to be tried; returns the number of the attempt."""
    row = {"plan_no": action.plan_no, "action_id": action.action_id, "started_at": clock.now()}
    return int(connection.execute(insert(attempts).values(row).returning(attempts.c.attempt_no)).scalar_one())


def finish(
    connection: Connection,
    attempt_no: int,
    action: Action,
    result: Result,
    *,
    code: str | None = None,
    object_id: str | None = None,
) -> None:
    """Record the outcome of an attempt, with the change to the sync state or the failure that follows from it.

    code: the target's own, where it refused. object_id: the target's id of the object that was created or changed.
    """
    row = {"attempt_no": attempt_no, "at": clock.now(), "result": result, "code": code, "object_id": object_id}
    outcome = insert(outcomes).values(row)
    if result == "failed":
        _count_failure(connection, action, code or "unknown")
    if result == "applied":
        sync_state.record_applied(connection, action, object_id)
        outcome = outcome.add_cte(*_cleared([action.action_id]))
    connection.execute(outcome)


def link(connection: Connection, to_link: Sequence[Action]) -> None:
    """Apply all `ledger.link_user` actions of a plan at once. A new link replaces the links that either user had."""
    now = literal(clock.now(), DateTime(timezone=True))
    ids = [action.action_id for action in to_link]
    these = (actions.c.plan_no == to_link[0].plan_no, actions.c.action_id == any_(literal(ids, ARRAY(Text))))
    tried = select(actions.c.plan_no, actions.c.action_id, now).where(*these)
    connection.execute(insert(attempts).from_select(["plan_no", "action_id", "started_at"], tried))
    ends = (actions.c.entra_id, actions.c.emply_user_id)
    sync_state.unlink(connection, *(select(end).where(*these) for end in ends))
    pairs = select(*ends, actions.c.after["matchedBy"].astext, now).where(*these)
    connection.execute(insert(links).from_select(["entra_id", "emply_user_id", "matched_by", "at"], pairs))
    done = (
        select(attempts.c.attempt_no, now, literal("applied"), actions.c.emply_user_id)
        .join_from(attempts, actions)
        .where(*these, left_open())
    )
    outcome = insert(outcomes).from_select(["attempt_no", "at", "result", "object_id"], done)
    connection.execute(outcome.add_cte(*_cleared(ids)))


class LeftOpen(NamedTuple):
    """An attempt without outcome."""

    number: int
    began: datetime
    action: Action


def unsettled(connection: Connection) -> list[LeftOpen]:
    """Attempts without outcome, oldest first."""
    of_attempts = of_plans().add_columns(attempts.c.attempt_no, attempts.c.started_at).join(attempts)
    found = connection.execute(of_attempts.where(left_open()).order_by(attempts.c.attempt_no))
    return [LeftOpen(row.attempt_no, row.started_at, action_of(row)) for row in found]


def left_open() -> ColumnElement[bool]:
    """Whether an attempt has no outcome."""
    return ~exists().where(outcomes.c.attempt_no == attempts.c.attempt_no)


def of_plans() -> Select[Any]:
    """The query for actions that `action_of` can read; callers narrow it down."""
    # Valid when the plan was made: an approval that has expired since then still counts, because the decision was made.
    approved = (
        select(approvals.c.action_id)
        .where(approvals.c.action_id == actions.c.action_id, is_valid(plans.c.read_at))
        .exists()
    )
    columns = [actions.c[name] for name in _ACTION_FIELDS]
    return select(*columns, approved.label("approved")).join_from(actions, plans)


def action_of(row: Row[Any]) -> Action:
    """The action of a row of `of_plans`."""
    return Action(**{name: getattr(row, name) for name in _ACTION_FIELDS}, approved=row.approved)


def runs_to_wait(kind: str, failed: int) -> int:
    """The number of runs after which an action is tried again that failed so often. (rules.md, "Applying" 5)"""
    return 1 if kind == "deactivate_user" else {1: 1, 2: 2}.get(failed, 4)


def _cleared(action_ids: Sequence[str]) -> tuple[CTE, CTE]:
    """The approvals of applied actions are used up and their failures deleted, in one statement with the outcome: a
    statement of its own would be a round trip more for each action, while all that apply share one connection."""
    these = any_(literal(action_ids, ARRAY(Text)))
    used = update(approvals).where(approvals.c.used_at.is_(None), approvals.c.action_id == these)
    return (
        used.values(used_at=clock.now(), ending="applied").cte("used"),
        delete(failures).where(failures.c.action_id == these).cte("made_good"),
    )


def _count_failure(connection: Connection, action: Action, code: str) -> None:
    so_far = connection.scalar(select(failures.c.failures).where(failures.c.action_id == action.action_id)) or 0
    run, failed = connection.execute(select(counters.c.runs)).scalar_one(), so_far + 1
    values = {
        "action_id": action.action_id,
        "failures": failed,
        "next_run": run + runs_to_wait(action.kind, failed),
        "code": code,
        "at": clock.now(),
        "quarantined_at": clock.now() if failed >= QUARANTINED_AFTER else None,
    }
    if failed in (SERIOUS_AFTER, QUARANTINED_AFTER):
        values["serious_plan_no"] = action.plan_no
    new = insert(failures).values(values)
    connection.execute(new.on_conflict_do_update(index_elements=[failures.c.action_id], set_=values))
