"""Claiming a plan: which plan may be applied, and the counters by which other runs notice that one was.

A run claims a plan as a worker claims a job: once, so that nobody else works on it. The claim belongs to the plan, an
attempt (`attempts`) to one of its actions. Each function runs in the transaction of its caller, under the lock of
applying; nothing is sent to Entra or Emply from here.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from entra_emply import clock
from entra_emply.errors import PlanRefused
from entra_emply.ledger.plans import RecordedPlan, newest_plan, one_at_a_time, plan_by_id
from entra_emply.ledger.tables import counters, plans

MAX_AGE = timedelta(hours=1)
_NEXT = "the next run makes a new plan"


def claim(connection: Connection, plan_id: str) -> RecordedPlan:
    """Claim the plan for this run. Raises PlanRefused, which says why the plan may not be applied."""
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
    """Why the plan is out of date, in words; None where it is not."""
    if newest is None or plan.plan_no != newest.plan_no:
        return "is not the newest plan any more: only the newest is applied"
    if plan.claimed_at is not None:
        return f"was already applied at {plan.claimed_at:%Y-%m-%d %H:%M}: a plan is applied once"
    if plan.day != now.date():
        return f"is of {plan.day}, not of today ({now.date()}, UTC): {_NEXT}"
    if now - plan.read_at > MAX_AGE:
        return f"is older than an hour: {_NEXT}"
    if plan.epoch != epoch:
        return f"is stale: another run applied changes since it read its sources; {_NEXT}"
    return None


def count_run(connection: Connection, *, changes: bool) -> None:
    """Count a run: failed actions wait for a number of them. One that has `changes` to make makes other plans stale."""
    connection.execute(update(counters).values(runs=counters.c.runs + 1))
    if changes:
        raise_epoch(connection)


def raise_epoch(connection: Connection) -> None:
    """Make every plan stale whose sources may have been read before this moment."""
    connection.execute(update(counters).values(epoch=counters.c.epoch + 1))


def end(connection: Connection, plan_no: int, ending: str, *, changes: bool) -> None:
    """Record that applying a plan ended, and how. One that made `changes` makes other plans stale."""
    ended = update(plans).where(plans.c.plan_no == plan_no)
    connection.execute(ended.values(finished_at=clock.now(), ending=ending))
    if changes:
        raise_epoch(connection)


def end_abandoned(connection: Connection) -> int:
    """End the plans whose process died while it applied them; returns how many there were.

    Under the lock of applying, a claimed plan without end can only be such a one.
    """
    died = update(plans).where(plans.c.claimed_at.is_not(None), plans.c.finished_at.is_(None))
    return connection.execute(died.values(finished_at=clock.now(), ending="interrupted")).rowcount
