"""What the ledger knows that somebody may have to be told of. Queries only: what of it is due, `alerts` decides.

What stands is counted by the plan that it began with, so that what begins together is told together.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, Text, and_, cast, func, literal, null, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by

from entra_emply.ledger import outbox
from entra_emply.ledger.approvals import is_valid, valid_approval
from entra_emply.ledger.migrate import fits
from entra_emply.ledger.plans import newest_plan
from entra_emply.ledger.tables import (
    action_name,
    actions,
    approvals,
    attempts,
    credentials,
    failures,
    installation,
    outcomes,
    plans,
    standing_findings,
)
from entra_emply.reconciliation.findings import NOT_READ

_NAMED = 20


@dataclass(frozen=True)
class Batch:
    """Actions of a kind, or findings of a code, that began to stand with one plan.

    kind: "emply.set_roles", or the code. detail: guards, or what the services said. who: addresses of the first of
    them; none where names are not asked for.
    """

    plan_no: int
    at: datetime
    kind: str
    count: int
    detail: str
    who: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lapse:
    """Approvals that are not used yet, and end at the same time."""

    plan_id: str
    ends_at: datetime
    count: int


@dataclass(frozen=True)
class Lead:
    """How long something took: the middle one, and the longest."""

    median: timedelta
    longest: timedelta


@dataclass(frozen=True)
class Week:
    """What was applied in the seven days from Monday `first`: numbers of people.

    to_login, to_lock: from the first plan with a login, or with a deactivation, to its being applied; None for nobody.
    """

    first: date
    joiners: int
    back: int
    movers: int
    leavers: int
    to_login: Lead | None
    to_lock: Lead | None


@dataclass(frozen=True)
class AlertFacts:
    """What the ledger knows at `now`.

    last_success: when a plan was last applied to its end, else when the first was made; None where there is none.
    plan_id: the newest plan. held: waits for an approval. failing: failed three times or more. left_out: was not read,
    by the third plan without it. ends: until when each credential is good. week: the last one, once it is over and has
    not been told.
    """

    now: datetime
    last_success: datetime | None = None
    plan_id: str = ""
    held: tuple[Batch, ...] = ()
    lapsing: tuple[Lapse, ...] = ()
    failing: tuple[Batch, ...] = ()
    quarantined: tuple[Batch, ...] = ()
    errors: tuple[Batch, ...] = ()
    left_out: tuple[Batch, ...] = ()
    ends: tuple[tuple[str, datetime], ...] = ()
    week: Week | None = None


def facts(connection: Connection, now: datetime, *, names: bool) -> AlertFacts:
    """The facts at `now`; none of a ledger that does not exist yet, or is not of this version."""
    if not fits(connection):
        return AlertFacts(now)
    plan, quarantined = newest_plan(connection), failures.c.quarantined_at
    return AlertFacts(
        now,
        last_success=connection.execute(_last_success()).scalar_one(),
        plan_id="" if plan is None else plan.plan_id,
        held=() if plan is None else _batches(connection, _held(plan.plan_no, now), names=names),
        lapsing=_lapsing(connection, now),
        failing=_batches(connection, _failing().where(quarantined.is_(None)), names=names),
        quarantined=_batches(connection, _failing().where(quarantined.is_not(None)), names=names),
        errors=_batches(connection, _errors(), names=names),
        left_out=_batches(connection, _left_out(), names=names),
        ends=_ends(connection),
        week=_week(connection, now),
    )


def week_key(first: date) -> str:
    """The key of the alert that tells of the week from this Monday."""
    return f"week:{first}"


def _last_success() -> Select[Any]:
    done = select(func.max(plans.c.finished_at)).where(plans.c.ending == "done").scalar_subquery()
    return select(func.coalesce(done, select(func.min(installation.c.recorded_at)).scalar_subquery()))


def _batches(connection: Connection, standing: Select[Any], *, names: bool) -> tuple[Batch, ...]:
    """`standing`: a row for each thing: plan_no, at, kind, detail, subject."""
    each = standing.subquery()
    who = func.array_agg(aggregate_order_by(each.c.subject, each.c.subject))[1:_NAMED] if names else cast(null(), Text)
    query = select(
        each.c.plan_no,
        each.c.at,
        each.c.kind,
        func.count().label("number"),
        func.coalesce(func.string_agg(each.c.detail.distinct(), literal(" ")), "").label("detail"),
        who.label("who"),
    )
    found = connection.execute(query.group_by(each.c.plan_no, each.c.at, each.c.kind).order_by(each.c.plan_no, "kind"))
    return tuple(
        Batch(row.plan_no, row.at, row.kind, row.number, row.detail, tuple(filter(None, row.who or ())))
        for row in found
    )


def _held(newest: int, now: datetime) -> Select[Any]:
    """Held actions of the newest plan, by the first plan with the same action."""
    earlier = actions.alias()
    first = (
        select(plans.c.plan_no, plans.c.created_at)
        .join(earlier, earlier.c.plan_no == plans.c.plan_no)
        .where(earlier.c.action_id == actions.c.action_id, plans.c.origin == "sync")
        .order_by(earlier.c.plan_no)
        .limit(1)
        .lateral()
    )
    return (
        select(
            first.c.plan_no,
            first.c.created_at.label("at"),
            action_name.label("kind"),
            actions.c.own_guards.label("detail"),
            actions.c.subject,
        )
        .join(first, true())
        .where(actions.c.plan_no == newest, actions.c.own_guards != "", actions.c.action_id.not_in(valid_approval(now)))
    )


def _lapsing(connection: Connection, now: datetime) -> tuple[Lapse, ...]:
    query = select(approvals.c.plan_id, approvals.c.expires_at, func.count().label("number")).where(is_valid(now))
    found = connection.execute(query.group_by(approvals.c.plan_id, approvals.c.expires_at).order_by("expires_at"))
    return tuple(Lapse(row.plan_id, row.expires_at, row.number) for row in found)


def _failing() -> Select[Any]:
    """Actions that failed often, by the plan with which they failed the third or eighth time."""
    this = and_(actions.c.plan_no == failures.c.serious_plan_no, actions.c.action_id == failures.c.action_id)
    said = failures.c.code.label("detail")
    return (
        select(plans.c.plan_no, plans.c.created_at.label("at"), action_name.label("kind"), said, actions.c.subject)
        .select_from(failures)
        .join(actions, this)
        .join(plans, plans.c.plan_no == failures.c.serious_plan_no)
    )


def _errors() -> Select[Any]:
    """Findings of severity error; what was not read is told of when it stays so."""
    found = standing_findings.c
    columns = found.plan_no, found.at, found.code.label("kind"), cast(null(), Text).label("detail"), found.subject
    return select(*columns).where(found.severity == "error", found.code.not_in(NOT_READ))


def _left_out() -> Select[Any]:
    """What was not read, by the third plan without it. A source has its own name as subject, and is no person."""
    found = standing_findings.c
    third = (
        select(plans.c.plan_no, plans.c.created_at)
        .where(plans.c.origin == "sync", plans.c.plan_no >= found.plan_no)
        .order_by(plans.c.plan_no)
        .offset(2)
        .limit(1)
        .lateral()
    )
    columns = third.c.plan_no, third.c.created_at.label("at"), found.code.label("kind"), found.object.label("detail")
    return select(*columns, found.subject).join(third, true()).where(found.code.in_(NOT_READ))


def _ends(connection: Connection) -> tuple[tuple[str, datetime], ...]:
    query = select(credentials.c.name, credentials.c.ends_at).where(credentials.c.ends_at.is_not(None))
    return tuple((row.name, row.ends_at) for row in connection.execute(query.order_by(credentials.c.ends_at)))


def _week(connection: Connection, now: datetime) -> Week | None:
    """Monday to Sunday, told from the Monday after, unless nothing was ever planned in it."""
    monday = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=now.weekday())
    first = monday - timedelta(days=7)
    since = connection.execute(select(installation.c.recorded_at)).scalar_one_or_none()
    if since is None or since >= monday or outbox.has(connection, week_key(first.date())):
        return None
    applied = (
        select(actions.c.target, actions.c.kind, actions.c.entra_id, actions.c.emply_user_id, outcomes.c.at)
        .select_from(outcomes)
        .join(attempts)
        .join(actions, and_(actions.c.plan_no == attempts.c.plan_no, actions.c.action_id == attempts.c.action_id))
        .where(outcomes.c.result == "applied", outcomes.c.at >= first, outcomes.c.at < monday)
        .where(actions.c.target == "emply")
        .cte("applied")
    )
    people = select(
        applied.c.kind, func.count(func.distinct(func.coalesce(applied.c.entra_id, applied.c.emply_user_id)))
    )
    counts = {row[0]: row[1] for row in connection.execute(people.group_by(applied.c.kind))}
    return Week(
        first.date(),
        joiners=counts.get("create_user", 0),
        back=counts.get("activate_user", 0),
        movers=counts.get("set_roles", 0),
        leavers=counts.get("deactivate_user", 0),
        to_login=_lead(connection, applied, "create_user", "entra_id"),
        to_lock=_lead(connection, applied, "deactivate_user", "emply_user_id"),
    )


def _lead(connection: Connection, applied: Any, kind: str, whose: str) -> Lead | None:  # noqa: ANN401 (a CTE)
    """From the first plan with an action of this kind for a person to its being applied."""
    first = (
        select(plans.c.created_at)
        .join(actions, actions.c.plan_no == plans.c.plan_no)
        .where(actions.c[whose] == applied.c[whose], actions.c.target == "emply", actions.c.kind == kind)
        .where(plans.c.origin == "sync", plans.c.created_at > applied.c.at - timedelta(days=30))
        .order_by(plans.c.plan_no)
        .limit(1)
        .lateral()
    )
    took = applied.c.at - first.c.created_at
    middle = func.percentile_cont(0.5).within_group(took)
    query = select(middle, func.max(took)).select_from(applied).join(first, true()).where(applied.c.kind == kind)
    median, longest = connection.execute(query).one()
    return None if longest is None else Lead(median, longest)
