"""What counts as an event of the history, from the tables: planned, approved, tried, released, refused, undone.

Each is a query with the same columns: plan_no, action_id, at, event, by, why, code. Not here: which of them are told,
and with what (`history`).
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Text, and_, case, cast, func, literal, null, select, union_all

from entra_emply.ledger.attempts import left_open
from entra_emply.ledger.tables import actions, approvals, attempts, outcomes, plans, refused, releases, undo_requests

NONE = cast(null(), Text)
"""Where an event has nothing to say."""


def events_of(about: FromClause) -> FromClause:
    """All events of the actions in `about`: plan_no, action_id, at, event, by, why, code."""
    return union_all(_planned(about), *others_of(about)).subquery("events")


def others_of(about: FromClause) -> Iterator[Select[Any]]:
    """All events but that an action was planned, in the same columns."""
    yield _approved(about)
    yield _ended(about)
    yield _open(about)
    yield _released(about)
    yield _refused(about)
    yield _asked(about)
    yield _withdrawn(about)


def _planned(about: FromClause) -> Select[Any]:
    """Actions that the plan before did not have, so that an action that waits for many plans is listed once."""
    made = newly_planned()
    event = _event(about, made.c.created_at, literal("planned"), NONE, NONE, NONE)
    return event.join(made, is_new(made, about))


def newly_planned() -> FromClause:
    """The plans whose actions are not those of the plan before, newest first: plan_no, plan_id, created_at, before (the
    number of that plan)."""
    of = plans.c
    before = {name: func.lag(of[name]).over(order_by=of.plan_no) for name in ("plan_no", "plan_id")}
    made = select(
        of.plan_no, of.plan_id, of.created_at, before["plan_no"].label("before"), before["plan_id"].label("was")
    )
    each = made.where(of.origin == "sync").subquery()
    # A plan's id is the hash of its actions' ids: that of the plan before means the same actions.
    changed = select(each).where(each.c.plan_id.is_distinct_from(each.c.was))
    return changed.order_by(each.c.created_at.desc(), each.c.plan_no.desc()).subquery("made")


def is_new(made: FromClause, about: FromClause) -> ColumnElement[bool]:
    """Whether an action is one of a plan that the plan before it did not have."""
    earlier = actions.alias()
    known = select(earlier.c.plan_no).where(
        earlier.c.plan_no == made.c.before, earlier.c.action_id == about.c.action_id
    )
    return and_(made.c.plan_no == about.c.plan_no, ~known.correlate(made, about).exists())


def _approved(about: FromClause) -> Select[Any]:
    """Approvals, each with the newest plan of the id that was approved."""
    newest = select(func.max(plans.c.plan_no)).where(plans.c.plan_id == approvals.c.plan_id, plans.c.origin == "sync")
    event = _event(about, approvals.c.at, literal("approved"), approvals.c.by, approvals.c.reason, approvals.c.ending)
    return event.join(
        approvals,
        and_(approvals.c.action_id == about.c.action_id, about.c.plan_no == newest.scalar_subquery()),
    )


def _ended(about: FromClause) -> Select[Any]:
    event = _event(about, outcomes.c.at, outcomes.c.result, NONE, NONE, outcomes.c.code)
    return event.join(attempts, _of(about)).join(outcomes, outcomes.c.attempt_no == attempts.c.attempt_no)


def _open(about: FromClause) -> Select[Any]:
    event = _event(about, attempts.c.started_at, literal("open"), NONE, NONE, NONE)
    return event.join(attempts, _of(about)).where(left_open())


def _of(about: FromClause) -> ColumnElement[bool]:
    """Whether an attempt is one of these actions."""
    return and_(attempts.c.plan_no == about.c.plan_no, attempts.c.action_id == about.c.action_id)


def _released(about: FromClause) -> Select[Any]:
    """Releases, each with the last plan that had the action, because a release belongs to no plan."""
    event = _event(about, releases.c.at, literal("released"), releases.c.by, NONE, NONE)
    last = _last(about, about.c.action_id.in_(select(releases.c.action_id)))
    return event.join(*last).join(releases, releases.c.action_id == about.c.action_id)


def _refused(about: FromClause) -> Select[Any]:
    """Refusals, each with the last plan that had the link."""
    event = _event(about, refused.c.at, literal("refused"), refused.c.by, refused.c.reason, NONE)
    pair = and_(refused.c.entra_id == about.c.entra_id, refused.c.emply_user_id == about.c.emply_user_id)
    return event.join(*_last(about, and_(about.c.kind == "link_user", about.c.rule == "M3b"))).join(refused, pair)


def _asked(about: FromClause) -> Select[Any]:
    """Requests to undo an action, each with the newest plan of the id that was undone, and why or how it ended."""
    asked = undo_requests.c
    ended = case((asked.ending == "withdrawn", asked.ending), else_=func.coalesce(asked.why, asked.ending))
    return _of_request(about, _event(about, asked.at, literal("undo asked"), asked.by, asked.reason, ended))


def _withdrawn(about: FromClause) -> Select[Any]:
    """Requests to undo an action that somebody withdrew."""
    asked = undo_requests.c
    event = _event(about, asked.ended_at, literal("undo withdrawn"), asked.withdrawn_by, asked.why, NONE)
    return _of_request(about, event).where(asked.ending == "withdrawn")


def _of_request(about: FromClause, event: Select[Any]) -> Select[Any]:
    """The event, of requests to undo an action of the newest plan of the id that was undone."""
    asked, newest = undo_requests.c, func.max(plans.c.plan_no)
    undone = select(newest).where(plans.c.plan_id == asked.undone_plan_id, plans.c.origin == "sync")
    this = and_(asked.undone_action_id == about.c.action_id, about.c.plan_no == undone.scalar_subquery())
    return event.join(undo_requests, this)


def _last(about: FromClause, which: Any) -> tuple[FromClause, Any]:  # noqa: ANN401 (a condition)
    """The last plan that had each of these actions, to join with, and on what."""
    query = select(func.max(about.c.plan_no).label("plan_no"), about.c.action_id).group_by(about.c.action_id)
    last = query.where(which).subquery()
    return last, and_(last.c.plan_no == about.c.plan_no, last.c.action_id == about.c.action_id)


def _event(about: FromClause, at: Any, event: Any, by: Any, why: Any, code: Any) -> Select[Any]:  # noqa: ANN401 (columns)
    labelled = [at.label("at"), event.label("event"), by.label("by"), why.label("why"), code.label("code")]
    return select(about.c.plan_no, about.c.action_id, *labelled).select_from(about)
