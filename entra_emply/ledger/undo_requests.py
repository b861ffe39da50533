"""Requests to undo what was applied: what there is to undo, and what somebody asked for.

A request is open until its action is applied, until a plan cannot meet it, until somebody withdraws it, or for 72
hours. Not here: which of them a plan meets (`rules.undo`), the approval that each of them needs (`approvals`), and how
a plan ends some (`plans`).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Select, Text, and_, cast, func, literal, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert

from entra_emply import clock
from entra_emply.errors import PlanRefused
from entra_emply.ledger.approvals import SHORTEST_ID, VALID_FOR, begins, require_filled, valid_approval
from entra_emply.ledger.plans import end_expired_undos, one_at_a_time
from entra_emply.ledger.tables import actions, attempts, outcomes, plans, undo_requests
from entra_emply.printing import SHORT_ID
from entra_emply.reconciliation.words.undo import UNDOES

WITHIN = timedelta(days=30)
"""So long after it was applied something can be undone."""

_TEXTS = ("action_id", "target", "kind", "rule", "entra_id", "emply_user_id", "subject", "groups")
_ASKED = ("action_id", "kind", "entra_id", "emply_user_id", "before", "after", "by", "reason", "at", "undone_plan_id")
_APPLIED = (*_TEXTS, "before", "after", "plan_id")
_REQUEST = ("action_id", "kind", "entra_id", "emply_user_id", "before", "after", "undone_plan_id", "undone_action_id")
_OF_LOGINS = ("set_roles", "update_user", "activate_user", "deactivate_user")


def applied(connection: Connection, named: str) -> pd.DataFrame:
    """What was applied, in the last 30 days, of the plan whose id begins with `named`, or the one action whose id does:
    action_id, target, kind, rule, entra_id, emply_user_id, subject, groups, before, after (JSON text), plan_id, at.

    Raises PlanRefused where there is no such plan or action, or more than one.
    """
    if len(named.strip()) < SHORTEST_ID:
        raise PlanRefused(f"{named!r} names no plan: give {SHORTEST_ID} or more of its id's first characters")
    for column in (plans.c.plan_id, actions.c.action_id):
        found = _applied(connection, begins(column, named))
        if len(set(found[column.name])) > 1:
            raise PlanRefused(f"{named} names more than one: give more of the id's characters")
        recent = found[found["at"] > clock.now() - WITHIN]
        if len(recent):
            return recent.drop_duplicates("action_id", keep="last", ignore_index=True)
        if len(found):
            raise PlanRefused(f"{named} was applied more than {WITHIN.days} days ago: it cannot be undone any more")
    raise PlanRefused(f"nothing of plan {named} was applied: there is nothing to undo")


def _applied(connection: Connection, which: ColumnElement[bool]) -> pd.DataFrame:
    columns = [actions.c[name] for name in _TEXTS] + [cast(actions.c[name], Text) for name in ("before", "after")]
    query = _outcomes(select(*columns, plans.c.plan_id, outcomes.c.at)).where(which)
    found = connection.execute(query.order_by(actions.c.plan_no, actions.c.position)).all()
    return pd.DataFrame(found, columns=[*_APPLIED, "at"]).astype(dict.fromkeys(_APPLIED, "str"))


def _outcomes(query: Select[Any]) -> Select[Any]:
    """The query, of actions that were applied."""
    tried = and_(attempts.c.plan_no == actions.c.plan_no, attempts.c.action_id == actions.c.action_id)
    joined = query.select_from(actions).join(plans, plans.c.plan_no == actions.c.plan_no).join(attempts, tried)
    return joined.join(outcomes, outcomes.c.attempt_no == attempts.c.attempt_no).where(outcomes.c.result == "applied")


def changed_since(connection: Connection, since: datetime, logins: Collection[str]) -> list[tuple[str, dict[str, Any]]]:
    """What was applied to these logins since then, in that order: emply_user_id, the fields."""
    query = _outcomes(select(actions.c.emply_user_id, actions.c.after)).where(
        outcomes.c.at >= since,
        actions.c.emply_user_id.in_(logins),
        actions.c.target == "emply",
        actions.c.kind.in_(_OF_LOGINS),
    )
    rows = connection.execute(query.order_by(outcomes.c.at, attempts.c.attempt_no))
    return [(row.emply_user_id, row.after) for row in rows]


def open_of(connection: Connection, logins: Collection[str]) -> set[tuple[str, str]]:
    """The open requests of these logins: emply_user_id, kind."""
    query = select(undo_requests.c.emply_user_id, undo_requests.c.kind)
    asked = query.where(_is_open(clock.now()), undo_requests.c.emply_user_id.in_(logins))
    return {(row.emply_user_id, row.kind) for row in connection.execute(asked)}


def ask(connection: Connection, wanted: Sequence[Mapping[str, Any]], *, by: str, reason: str) -> int:
    """Record requests (`_REQUEST`, before and after as objects); how many. A login has one open request of each kind: a
    second one is left out.
    """
    require_filled(by=by, reason=reason)
    one_at_a_time(connection)
    now = clock.now()
    end_expired_undos(connection, now)
    common = {"by": by, "reason": reason, "at": now, "expires_at": now + VALID_FOR}
    rows = [{name: row[name] for name in _REQUEST} | common for row in wanted]
    if not rows:
        return 0
    new = insert(undo_requests).on_conflict_do_nothing().returning(undo_requests.c.request_no)
    return len(connection.execute(new, rows).all())


def asked(connection: Connection, named: str = "") -> pd.DataFrame:
    """The open requests to undo something of the plan whose id begins with `named`, or the action whose id does (the
    one undone, or the one that undoes it), the oldest first: _ASKED (before and after as objects), target, subject,
    groups, and approved: whether the action that undoes it is.

    Raises PlanRefused for too few characters; none at all name every request.
    """
    if named and len(named.strip()) < SHORTEST_ID:
        raise PlanRefused(f"{named!r} names no plan: give {SHORTEST_ID} or more of its id's first characters")
    given, now = undo_requests.c, clock.now()
    last = select(actions.c.subject, actions.c.groups).where(actions.c.action_id == given.undone_action_id)
    undone = last.order_by(actions.c.plan_no.desc()).limit(1).lateral()
    approved = given.action_id.in_(valid_approval(now)).label("approved")
    columns = [*(given[name] for name in _ASKED), literal("emply").label("target"), approved, *undone.c]
    query = select(*columns).select_from(undo_requests).outerjoin(undone, true()).where(_is_open(now))
    ids = (given[name] for name in ("undone_plan_id", "undone_action_id", "action_id"))
    found = connection.execute(query.where(or_(*(begins(each, named) for each in ids))).order_by(given.request_no))
    texts = [*(name for name in _ASKED if name not in ("before", "after", "at")), "target", "subject", "groups"]
    frame = pd.DataFrame(found.all(), columns=list(found.keys()), dtype=object)
    return frame.astype(dict.fromkeys(texts, "str") | {"approved": "bool"})


def withdraw(connection: Connection, action_ids: Collection[str], *, by: str, reason: str) -> int:
    """End open requests, by their actions' ids; how many.

    Raises PlanRefused where one of them is not open, or is approved: then none of them ends.
    """
    require_filled(by=by, reason=reason)
    one_at_a_time(connection)
    found = asked(connection)
    mine = found[found["action_id"].isin(list(action_ids))]
    if not action_ids or set(mine["action_id"]) != set(action_ids):
        raise PlanRefused("nothing was withdrawn: there is no such request any more, it was done or has ended")
    if mine["approved"].any():
        raise PlanRefused("nothing was withdrawn: it is approved already, and the next run does it")
    these = update(undo_requests).where(undo_requests.c.ended_at.is_(None), undo_requests.c.action_id.in_(action_ids))
    connection.execute(these.values(ended_at=clock.now(), ending="withdrawn", withdrawn_by=by, why=reason))
    return len(mine)


def open_requests(now: datetime) -> Select[Any]:
    """The query for the open requests, as the sync state has them."""
    plan, by = func.left(undo_requests.c.undone_plan_id, SHORT_ID), undo_requests.c.by
    cause = func.concat(UNDOES, plan, ", asked for by ", by, ": ", undo_requests.c.reason)
    columns = [undo_requests.c[name] for name in ("action_id", "kind", "entra_id", "emply_user_id")]
    texts = [cast(undo_requests.c[name], Text) for name in ("before", "after")]
    return select(*columns, *texts, cause).where(_is_open(now)).order_by(undo_requests.c.action_id)


def met(connection: Connection, action_id: str) -> None:
    """End the request whose action was applied."""
    this = update(undo_requests).where(undo_requests.c.ended_at.is_(None), undo_requests.c.action_id == action_id)
    connection.execute(this.values(ended_at=clock.now(), ending="applied"))


def _is_open(now: datetime) -> ColumnElement[bool]:
    return and_(undo_requests.c.ended_at.is_(None), undo_requests.c.expires_at > now)
