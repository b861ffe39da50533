"""Attempts and outcomes: one transaction each, given by whoever applies. What is remembered of them is `memory`.

The change to a target lies between `begin` and `finish`, each committed by itself: a crash leaves an attempt without
outcome, which `unsettled` finds.
"""

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import (
    ARRAY,
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
from entra_emply.ledger import memory
from entra_emply.ledger.action import Action
from entra_emply.ledger.tables import (
    actions,
    approvals,
    attempts,
    counters,
    failures,
    links,
    outcomes,
    plan_role_states,
    plans,
    role_states,
)

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
)

QUARANTINED_AFTER = 8
"""Failures in a row after which a person must look. (rules.md, "Applying" 5)"""


def begin(connection: Connection, action: Action) -> int:
    """Write down that the action is about to be tried; the number of the attempt."""
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
    """Write down what came of it, and with it everything the ledger remembers of it.

    object_id: of what was made or changed, in the target's words.
    """
    row = {"attempt_no": attempt_no, "at": clock.now(), "result": result, "code": code, "object_id": object_id}
    connection.execute(insert(outcomes).values(row))
    if result == "failed":
        _count_failure(connection, action, code or "unknown")
    if result == "applied":
        memory.remember(connection, action, object_id)
        _forget_troubles(connection, [action.action_id])


def keep(connection: Connection, action: Action, object_id: str) -> None:
    """Remember what was made of an action whose attempt stays open, for a later run to go on with."""
    memory.remember(connection, action, object_id)


def link(connection: Connection, to_link: Sequence[Action]) -> None:
    """Make all links of a plan at once; each replaces what either of its ends was linked to."""
    now = literal(clock.now(), DateTime(timezone=True))
    ids = [action.action_id for action in to_link]
    these = (actions.c.plan_no == to_link[0].plan_no, actions.c.action_id == any_(literal(ids, ARRAY(Text))))
    tried = select(actions.c.plan_no, actions.c.action_id, now).where(*these)
    connection.execute(insert(attempts).from_select(["plan_no", "action_id", "started_at"], tried))
    ends = (actions.c.entra_id, actions.c.emply_user_id)
    memory.unlink(connection, *(select(end).where(*these) for end in ends))
    pairs = select(*ends, actions.c.after["matchedBy"].astext, now).where(*these)
    connection.execute(insert(links).from_select(["entra_id", "emply_user_id", "matched_by", "at"], pairs))
    done = (
        select(attempts.c.attempt_no, now, literal("applied"), actions.c.emply_user_id)
        .join_from(attempts, actions)
        .where(*these, left_open())
    )
    connection.execute(insert(outcomes).from_select(["attempt_no", "at", "result", "object_id"], done))
    _forget_troubles(connection, ids)


def unsettled(connection: Connection) -> list[tuple[int, Action]]:
    """Attempts without outcome, with their actions, oldest first."""
    query = (
        of_plans().add_columns(attempts.c.attempt_no).join(attempts).where(left_open()).order_by(attempts.c.attempt_no)
    )
    return [(row.attempt_no, action_of(row)) for row in connection.execute(query)]


def left_open() -> ColumnElement[bool]:
    """Whether an attempt has no outcome."""
    return ~exists().where(outcomes.c.attempt_no == attempts.c.attempt_no)


def has_role_states(connection: Connection, plan_no: int) -> bool:
    """Whether the plan has role states to record."""
    found = select(plan_role_states.c.entra_id).where(plan_role_states.c.plan_no == plan_no).limit(1)
    return connection.execute(found).first() is not None


def record_role_states(connection: Connection, plan_no: int) -> None:
    """R9: the new role state of everybody in the plan who is linked now and has no role action left undone."""
    applied = (
        select(literal(1))
        .select_from(attempts.join(outcomes))
        .where(attempts.c.plan_no == actions.c.plan_no, attempts.c.action_id == actions.c.action_id)
        .where(outcomes.c.result == "applied")
    )
    undone = (
        select(literal(1))
        .where(actions.c.plan_no == plan_no, actions.c.entra_id == plan_role_states.c.entra_id)
        .where(actions.c.target == "emply", actions.c.kind.in_(["set_roles", "create_user"]), ~applied.exists())
    )
    new = (
        select(links.c.emply_user_id, plan_role_states.c.group_id, plan_role_states.c.role_id)
        .join(links, links.c.entra_id == plan_role_states.c.entra_id)
        .where(plan_role_states.c.plan_no == plan_no, ~undone.exists())
    )
    whose = select(new.subquery().c.emply_user_id)
    connection.execute(delete(role_states).where(role_states.c.emply_user_id.in_(whose)))
    connection.execute(insert(role_states).from_select(["emply_user_id", "group_id", "role_id"], new))


def of_plans() -> Select[Any]:
    """Actions as `action_of` reads them; to be narrowed by the caller."""
    # Approved when it was planned: a hold that lapsed with time since then was decided upon all the same.
    approved = (
        select(approvals.c.action_id)
        .where(approvals.c.action_id == actions.c.action_id, approvals.c.used_at.is_(None))
        .where(approvals.c.expires_at > plans.c.read_at)
        .exists()
    )
    columns = [actions.c[name] for name in _ACTION_FIELDS]
    return select(*columns, approved.label("approved")).join_from(actions, plans)


def action_of(row: Row[Any]) -> Action:
    """The action of a row of `of_plans`."""
    return Action(**{name: getattr(row, name) for name in _ACTION_FIELDS}, approved=row.approved)


def _forget_troubles(connection: Connection, action_ids: Sequence[str]) -> None:
    """An applied action has used up its approval, and its failures are over."""
    used = update(approvals).where(
        approvals.c.used_at.is_(None), approvals.c.action_id == any_(literal(action_ids, ARRAY(Text)))
    )
    connection.execute(used.values(used_at=clock.now(), ending="applied"))
    connection.execute(delete(failures).where(failures.c.action_id == any_(literal(action_ids, ARRAY(Text)))))


def _count_failure(connection: Connection, action: Action, code: str) -> None:
    so_far = connection.scalar(select(failures.c.failures).where(failures.c.action_id == action.action_id)) or 0
    run = connection.execute(select(counters.c.runs)).scalar_one()
    values = {
        "action_id": action.action_id,
        "failures": so_far + 1,
        "next_run": run + runs_to_wait(action.kind, so_far + 1),
        "code": code,
        "at": clock.now(),
        "quarantined_at": clock.now() if so_far + 1 >= QUARANTINED_AFTER else None,
    }
    new = insert(failures).values(values)
    connection.execute(new.on_conflict_do_update(index_elements=[failures.c.action_id], set_=values))


def runs_to_wait(kind: str, failed: int) -> int:
    """How many runs later to try again what has failed so often. (rules.md, "Applying" 5)"""
    return 1 if kind == "deactivate_user" else {1: 1, 2: 2}.get(failed, 4)
