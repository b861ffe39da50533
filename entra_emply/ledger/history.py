"""The history: what was planned, approved and done, by whom and when. Queries only; nothing is written.

An event is `planned` (new since the plan before), `approved`, `refused`, `released`, `undo asked`, `undo withdrawn`, or
the outcome of an attempt: `applied`, `failed`, `superseded`, `interrupted`; or `open`, an attempt without one, when it
began. The events of one person are listed one by one; those of everybody are counted by plan and kind. `code` is the
target's own where it refused, or how an approval or a request to undo ended.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on

from entra_emply.errors import PlanRefused
from entra_emply.ledger.approvals import SHORTEST_ID, begins
from entra_emply.ledger.attempts import left_open
from entra_emply.ledger.migrate import exists
from entra_emply.ledger.tables import (
    action_name,
    actions,
    approvals,
    attempts,
    links,
    outcomes,
    plans,
    refused,
    releases,
    undo_requests,
)
from entra_emply.reconciliation.kinds import require_kind
from entra_emply.text import key_of

Event = dict[str, Any]

_ABOUT = ("action_id", "subject", "rule", "before", "after", "reason", "held_by", "held_because")
_COUNTED = ("at", "until", "event", "plan_id", "kind", "by", "why", "code", "count")
_NONE = cast(null(), Text)


@dataclass(frozen=True)
class Person:
    """A person in the ledger: their ids in both systems, and the addresses by which plans named them."""

    entra_ids: frozenset[str]
    emply_user_ids: frozenset[str]
    subjects: frozenset[str] = frozenset()

    def within(self, about: FromClause) -> Any:  # noqa: ANN401 (a condition)
        """Whether a row of actions (or links) is about this person."""
        named = [about.c.subject.in_(self.subjects)] if "subject" in about.c else []
        return or_(about.c.entra_id.in_(self.entra_ids), about.c.emply_user_id.in_(self.emply_user_ids), *named)


@dataclass(frozen=True)
class Only:
    """Which events to tell: those that fit everything that is set.

    kind: "set_roles" or "emply.set_roles". failed: attempts that failed or are open. held: actions that were held when
    they were planned, and their approvals. since: not before. plan: the first characters of a plan's id.
    """

    kind: str | None = None
    failed: bool = False
    held: bool = False
    since: datetime | None = None
    plan: str | None = None


EVERYTHING = Only()


def action_named(connection: Connection, named: str) -> Event | None:
    """The newest action whose id begins with these characters: action_id, entra_id, emply_user_id, subject; None where
    no id does, or too few characters are given. Raises PlanRefused where several do.
    """
    if len(named.strip()) < SHORTEST_ID or not exists(connection):
        return None
    about = [actions.c[name] for name in ("action_id", "entra_id", "emply_user_id", "subject")]
    newest = select(*about).where(begins(actions.c.action_id, named)).ext(distinct_on(actions.c.action_id))
    found = connection.execute(newest.order_by(actions.c.action_id, actions.c.plan_no.desc()).limit(2)).mappings().all()
    if len(found) > 1:
        raise PlanRefused(f"{named.strip()} names several actions: give more of the id's characters")
    return dict(found[0]) if found else None


def known_as(connection: Connection, asked: str) -> Person:
    """The person whom plans named by this address or id, with the ids of both systems that they were linked to."""
    entra = emply = frozenset({asked.strip()})
    if not exists(connection):
        return Person(entra, emply)
    name = frozenset({key_of(asked)})
    for about in (actions, links):
        query = select(about.c.entra_id, about.c.emply_user_id).where(Person(entra, emply, name).within(about))
        pairs = connection.execute(query.distinct()).all()
        entra |= {pair.entra_id for pair in pairs if pair.entra_id is not None}
        emply |= {pair.emply_user_id for pair in pairs if pair.emply_user_id is not None}
    return Person(entra, emply, name)


def of_person(connection: Connection, who: Person) -> list[Event]:
    """The events of one person, newest first: at, event, plan_id, kind, by, why, code and the columns of _ABOUT."""
    return _one_by_one(connection, [who.within(actions)], EVERYTHING, None) if exists(connection) else []


def told(
    connection: Connection, asked: str | None = None, limit: int | None = None, only: Only = EVERYTHING
) -> list[Event]:
    """What happened to a person (an address or an id), or with one action (its id); newest first. Of everybody the
    events are counted, unless `only` chooses some of them. Raises PlanRefused for a kind that there is not.
    """
    if asked is None and only == EVERYTHING:
        return of_everybody(connection, limit)
    return chosen(connection, asked, only, limit)


def chosen(connection: Connection, asked: str | None, only: Only, limit: int | None = None) -> list[Event]:
    """The events that fit, newest first, as `of_person` has them: of a person (an address or an id), of the action of
    this id where there is no such person, or of everybody. Raises PlanRefused for a kind that there is not.
    """
    require_kind(only.kind)
    if not exists(connection):
        return []
    if asked is None:
        return _one_by_one(connection, [], only, limit)
    of_them = _one_by_one(connection, [known_as(connection, asked).within(actions)], only, limit)
    action = action_named(connection, asked) if not of_them else None
    return of_them if action is None else _one_by_one(connection, [_is(action)], only, limit)


def _is(action: Event) -> ColumnElement[bool]:
    return actions.c.action_id == action["action_id"]


def _one_by_one(connection: Connection, about: list[ColumnElement[bool]], only: Only, limit: int | None) -> list[Event]:
    pair = ("entra_id", "emply_user_id")
    columns = [actions.c[name] for name in ("plan_no", "position", "kind", *pair, *_ABOUT)]
    mine = select(*columns, action_name.label("name")).where(*about, *_actions_of(only)).cte("mine")
    events = _events(mine)
    what = [mine.c[name] for name in _ABOUT]
    happened = (
        select(events.c.at, events.c.event, plans.c.plan_id, mine.c.name.label("kind"), *_how(events), *what)
        .join(mine, and_(mine.c.plan_no == events.c.plan_no, mine.c.action_id == events.c.action_id))
        .join(plans, plans.c.plan_no == events.c.plan_no)
        .where(*_events_of(only, events))
        .order_by(events.c.at.desc(), events.c.plan_no.desc(), mine.c.position.desc())
        .limit(limit)
    )
    return [dict(row) for row in connection.execute(happened).mappings()]


def _actions_of(only: Only) -> Iterator[ColumnElement[bool]]:
    if only.kind is not None:
        yield or_(actions.c.kind == only.kind, action_name == only.kind)
    if only.held:
        yield actions.c.held_by != ""


def _events_of(only: Only, events: FromClause) -> Iterator[ColumnElement[bool]]:
    if only.failed:
        yield events.c.event.in_(["failed", "open"])
    if only.since is not None:
        yield events.c.at >= only.since
    if only.plan is not None:
        yield begins(plans.c.plan_id, only.plan)


def of_everybody(connection: Connection, limit: int | None = None) -> list[Event]:
    """The events of everybody, counted, newest first: at (the first), until (the last), event, plan_id, kind, by, why,
    code, count.
    """
    if not exists(connection):
        return []
    counted = union_all(_planned_counted(limit), _others_counted()).subquery("counted")
    told = select(*(counted.c[name] for name in _COUNTED))
    newest = told.order_by(counted.c.at.desc(), counted.c.plan_no.desc(), counted.c.kind).limit(limit)
    return [dict(row) for row in connection.execute(newest).mappings()]


def _others_counted() -> Select[Any]:
    """All but what was planned, by plan and kind."""
    events = union_all(*_others(actions)).subquery("events")
    how = _how(events)
    what = (events.c.event, plans.c.plan_id, action_name.label("kind"), *how)
    grouped = (plans.c.plan_no, plans.c.plan_id, events.c.event, action_name, *how)
    return (
        select(plans.c.plan_no, func.min(events.c.at).label("at"), func.max(events.c.at).label("until"), *what,
               func.count().label("count"))
        .join(actions, and_(actions.c.plan_no == events.c.plan_no, actions.c.action_id == events.c.action_id))
        .join(plans, plans.c.plan_no == events.c.plan_no)
        .group_by(*grouped)
    )  # fmt: skip


def _planned_counted(limit: int | None) -> Select[Any]:
    """What was planned, by plan and kind: the newest plans first, and no older ones than are needed."""
    made = _made()
    count = func.count().label("count")
    by_kind = select(action_name.label("kind"), count).where(_is_new(made, actions)).group_by(action_name).lateral()
    at = (made.c.plan_no, made.c.created_at.label("at"), made.c.created_at.label("until"))
    how = (_NONE.label(name) for name in ("by", "why", "code"))
    planned = select(*at, literal("planned").label("event"), made.c.plan_id, by_kind.c.kind, *how, by_kind.c.count)
    found = planned.join(by_kind, true())
    return select(
        found.order_by(made.c.created_at.desc(), made.c.plan_no.desc(), by_kind.c.kind).limit(limit).subquery()
    )


def _how(events: FromClause) -> list[Any]:
    return [events.c[name] for name in ("by", "why", "code")]


def _events(about: FromClause) -> FromClause:
    """All events of the actions in `about`: plan_no, action_id, at, event, by, why, code."""
    return union_all(_planned(about), *_others(about)).subquery("events")


def _others(about: FromClause) -> Iterator[Select[Any]]:
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
    made = _made()
    event = _event(about, made.c.created_at, literal("planned"), _NONE, _NONE, _NONE)
    return event.join(made, _is_new(made, about))


def _made() -> FromClause:
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


def _is_new(made: FromClause, about: FromClause) -> ColumnElement[bool]:
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
    event = _event(about, outcomes.c.at, outcomes.c.result, _NONE, _NONE, outcomes.c.code)
    return event.join(attempts, _of(about)).join(outcomes, outcomes.c.attempt_no == attempts.c.attempt_no)


def _open(about: FromClause) -> Select[Any]:
    event = _event(about, attempts.c.started_at, literal("open"), _NONE, _NONE, _NONE)
    return event.join(attempts, _of(about)).where(left_open())


def _of(about: FromClause) -> ColumnElement[bool]:
    """Whether an attempt is one of these actions."""
    return and_(attempts.c.plan_no == about.c.plan_no, attempts.c.action_id == about.c.action_id)


def _released(about: FromClause) -> Select[Any]:
    """Releases, each with the last plan that had the action, because a release belongs to no plan."""
    event = _event(about, releases.c.at, literal("released"), releases.c.by, _NONE, _NONE)
    last = _last(about, about.c.action_id.in_(select(releases.c.action_id)))
    return event.join(*last).join(releases, releases.c.action_id == about.c.action_id)


def _refused(about: FromClause) -> Select[Any]:
    """Refusals, each with the last plan that had the link."""
    event = _event(about, refused.c.at, literal("refused"), refused.c.by, refused.c.reason, _NONE)
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
    event = _event(about, asked.ended_at, literal("undo withdrawn"), asked.withdrawn_by, asked.why, _NONE)
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
