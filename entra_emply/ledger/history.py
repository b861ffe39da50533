"""The history: what was planned, approved and done, by whom and when. Queries only; nothing is written.

Where each event is found in the tables: `history_events`.

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
    and_,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on

from entra_emply.errors import PlanRefused
from entra_emply.ledger.approvals import SHORTEST_ID, begins
from entra_emply.ledger.history_events import NONE, events_of, is_new, newly_planned, others_of
from entra_emply.ledger.migrate import exists
from entra_emply.ledger.tables import (
    action_name,
    actions,
    links,
    plans,
)
from entra_emply.reconciliation.kinds import require_kind
from entra_emply.text import key_of

Event = dict[str, Any]

_ABOUT = ("action_id", "subject", "rule", "before", "after", "reason", "held_by", "held_because")
_COUNTED = ("at", "until", "event", "plan_id", "kind", "by", "why", "code", "count")


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
    events = events_of(mine)
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
    events = union_all(*others_of(actions)).subquery("events")
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
    made = newly_planned()
    count = func.count().label("count")
    by_kind = select(action_name.label("kind"), count).where(is_new(made, actions)).group_by(action_name).lateral()
    at = (made.c.plan_no, made.c.created_at.label("at"), made.c.created_at.label("until"))
    how = (NONE.label(name) for name in ("by", "why", "code"))
    planned = select(*at, literal("planned").label("event"), made.c.plan_id, by_kind.c.kind, *how, by_kind.c.count)
    found = planned.join(by_kind, true())
    return select(
        found.order_by(made.c.created_at.desc(), made.c.plan_no.desc(), by_kind.c.kind).limit(limit).subquery()
    )


def _how(events: FromClause) -> list[Any]:
    return [events.c[name] for name in ("by", "why", "code")]
