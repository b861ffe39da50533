"""Claiming a plan: who may be applied, and the counters by which other runs notice. Nothing is sent from here."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from entra_emply import clock
from entra_emply.errors import PlanRefused
from entra_emply.ledger.plans import RecordedPlan, newest_plan, one_at_a_time, plan_by_id
from entra_emply.ledger.tables import counters, plans

MAX_AGE = timedelta(hours=1)


def claim(connection: Connection, plan_id: str) -> RecordedPlan:
    """Claim the plan for this run, or raise PlanRefused saying why it is not for applying."""
    one_at_a_time(connection)
    plan, newest = plan_by_id(connection, plan_id), newest_plan(connection)
    if plan is None:
        raise PlanRefused(f"there is no plan {plan_id}")
    if plan.origin == "backfill":
        raise PlanRefused(f"plan {plan_id} was computed for a past day, for reading: only a sync's plan is applied")
    now, epoch = clock.now(), connection.execute(select(counters.c.epoch)).scalar_one()
    if (why := _overtaken(plan, newest, now, epoch)) is not None:
        raise PlanRefused(f"plan {plan_id} {why}", overtaken=True)
    connection.execute(update(plans).where(plans.c.plan_no == plan.plan_no).values(claimed_at=now))
    return plan


def _overtaken(plan: RecordedPlan, newest: RecordedPlan | None, now: datetime, epoch: int) -> str | None:
    """What happened since the plan was made that makes it one of yesterday's, in words."""
    if newest is None or plan.plan_no != newest.plan_no:
        return "is not the newest plan any more: only the newest is applied"
    if plan.claimed_at is not None:
        return f"was applied at {plan.claimed_at:%Y-%m-%d %H:%M} already: once is enough"
    if plan.day != now.date():
        return f"is of {plan.day}, not of today ({now.date()}, UTC): the next run plans anew"
    if now - plan.read_at > MAX_AGE:
        return "is older than an hour: the next run plans anew"
    if plan.epoch != epoch:
        return "is stale: another run applied changes since it read its sources; the next run plans anew"
    return None


def count_run(connection: Connection, *, changes: bool) -> None:
    """Every claimed plan is a run, by which failed actions wait; one with something to do makes other plans stale."""
    connection.execute(update(counters).values(runs=counters.c.runs + 1))
    if changes:
        raise_epoch(connection)


def raise_epoch(connection: Connection) -> None:
    """Make every plan a stale one whose sources may have been read before this moment."""
    connection.execute(update(counters).values(epoch=counters.c.epoch + 1))


def finish(connection: Connection, plan_no: int, ending: str, *, changes: bool) -> None:
    """Write down that applying a plan ended, and how."""
    ended = update(plans).where(plans.c.plan_no == plan_no)
    connection.execute(ended.values(finished_at=clock.now(), ending=ending))
    if changes:
        raise_epoch(connection)


def close_the_dead(connection: Connection) -> int:
    """Close plans whose applying died, to be called under the lock; how many there were."""
    died = update(plans).where(plans.c.claimed_at.is_not(None), plans.c.finished_at.is_(None))
    return connection.execute(died.values(finished_at=clock.now(), ending="interrupted")).rowcount
