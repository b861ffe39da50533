"""Claiming a plan: who may be applied, and the counters by which other runs notice. Nothing is sent from here."""

from datetime import timedelta

from sqlalchemy import Connection, select, update

from assets import clock
from assets.errors import PlanRefused
from assets.ledger.plans import RecordedPlan, newest_plan, one_at_a_time, plan_by_id
from assets.ledger.tables import counters, plans

MAX_AGE = timedelta(hours=1)


def claim(connection: Connection, plan_id: str) -> RecordedPlan:
    """Claim the plan for this run, or raise PlanRefused saying why it is not for applying."""
    one_at_a_time(connection)
    plan, newest = plan_by_id(connection, plan_id), newest_plan(connection)
    if plan is None:
        raise PlanRefused(f"there is no plan {plan_id}")
    if plan.origin == "backfill":
        raise PlanRefused(f"plan {plan_id} was computed for a past day, for reading: only a sync's plan is applied")
    if newest is None or plan.plan_no != newest.plan_no:
        raise PlanRefused(f"plan {plan_id} is not the newest plan any more: only the newest is applied")
    now = clock.now()
    if plan.claimed_at is not None:
        raise PlanRefused(f"plan {plan_id} was applied at {plan.claimed_at:%Y-%m-%d %H:%M} already: once is enough")
    if plan.day != now.date():
        raise PlanRefused(f"plan {plan_id} is of {plan.day}, not of today ({now.date()}, UTC): the next run plans anew")
    if now - plan.read_at > MAX_AGE:
        raise PlanRefused(f"plan {plan_id} is older than an hour: the next run plans anew")
    if plan.epoch != connection.execute(select(counters.c.epoch)).scalar_one():
        raise PlanRefused(
            f"plan {plan_id}: another run applied changes since this plan read its sources; the next run plans anew"
        )
    connection.execute(update(plans).where(plans.c.plan_no == plan.plan_no).values(claimed_at=now))
    return plan


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
