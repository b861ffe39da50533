"""Applying a plan: the one function that everybody who applies calls, and settling what a crash left open.

The order of things and what must hold before each is here; what an action does to its target is in `effects`, what the
ledger remembers of it in `outcomes`. (rules.md, "Applying" and R9)
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from typing import Literal

from sqlalchemy import Connection, select, update

from assets import clock
from assets.errors import LedgerError, PlanRefused, SourceUnreadable, TargetRefused
from assets.ledger import effects, outcomes
from assets.ledger.database import LockedSession
from assets.ledger.effects import Action, Emply, Graph, Targets
from assets.ledger.ledger import Ledger
from assets.ledger.plans import RecordedPlan, belongs_to_another, newest_plan, one_at_a_time, plan_by_id
from assets.ledger.tables import actions, counters, failures, plan_role_states, plans

log = logging.getLogger(__name__)
_LINE = "%s %s: %s"

MAX_AGE = timedelta(hours=1)
APPLY_WAIT = 600
SETTLE_WAIT = 10
"""Seconds to wait for the lock. Settling only outwaits what is nearly done: another's applying makes the run that reads
meanwhile a stale one, and that is found out when it wants to apply."""


@dataclass
class ApplyReport:
    """What came of a plan, in numbers of actions.

    results: by kind ("emply.set_roles") and result: applied, failed, superseded, or unknown (the target would not say;
    the next run finds out). held: by guards. waiting: failed before, their turn comes at a later run. quarantined:
    wait for `release`.
    """

    plan_no: int
    results: dict[str, Counter[str]] = field(default_factory=dict)
    held: int = 0
    waiting: int = 0
    quarantined: int = 0

    def count(self, result: str) -> int:
        """The actions of any kind with this result."""
        return sum(counted[result] for counted in self.results.values())

    def add(self, action: Action, result: str) -> None:
        """Count one more."""
        self.results.setdefault(action.name, Counter())[result] += 1


def apply(
    ledger: Ledger, plan_id: str, *, graph: Graph, emply: Emply, progress: Callable[[int, int], None] | None = None
) -> ApplyReport:
    """Apply the newest plan, once; `progress` is told how many actions of how many are done.

    Raises PlanRefused for a plan that may not be applied; nothing was sent then. Raises CredentialsError or LedgerError
    where going on makes no sense; what was done until then is recorded. The failure of one action stops no other.
    """
    tenant_id = str(graph.tenant().frame["tenant_id"].iloc[0])
    with ledger.locked(seconds=APPLY_WAIT) as session:
        if session is None:
            raise PlanRefused(f"plan {plan_id}: another run has been applying for long; the next run plans anew")
        stranger = _stranger(session, tenant_id, emply.customer)
        if stranger is not None:
            raise PlanRefused(f"plan {plan_id}: {stranger}")
        _settle(session, emply)
        with session.transaction() as connection:
            plan = _claim(connection, plan_id)
            report, due = _take_stock(connection, plan)
            changes = bool(due) or _has_role_states(connection, plan)
            _count_run(connection, changes=changes)
        targets = Targets(graph, emply, plan.configured_groups, plan.room_groups, plan.nested_groups)
        with _ending(session, plan, changes=changes):
            _apply_all(session, due, targets, report, progress or _silent)
            with session.transaction() as connection:
                outcomes.record_role_states(connection, plan.plan_no)
    return report


def settle(ledger: Ledger, emply: Emply) -> bool:
    """Find out what came of attempts that a crash left open; False where another run is applying, and nothing was done.

    To be called before the sync state is read. Raises SourceUnreadable where Emply cannot be asked, and LedgerError
    where it is not this ledger's customer's.
    """
    with ledger.locked(seconds=SETTLE_WAIT) as session:
        if session is None:
            return False
        stranger = _stranger(session, None, emply.customer)
        if stranger is not None:
            raise LedgerError(stranger)
        _settle(session, emply)
        return True


def _stranger(session: LockedSession, tenant_id: str | None, customer: str) -> str | None:
    with session.transaction() as connection:
        return belongs_to_another(connection, tenant_id, customer)


def _settle(session: LockedSession, emply: Emply) -> None:
    """Resolve open attempts by looking at the target, and close plans whose applying died.

    Either makes every plan that was computed from earlier reads a stale one.
    """
    with session.transaction() as connection:
        left_open = outcomes.unsettled(connection)
    found = [(attempt_no, action, effects.look(action, emply)) for attempt_no, action in left_open]
    with session.transaction() as connection:
        for attempt_no, action, user_id in found:
            result: outcomes.Result = "interrupted" if user_id is None else "applied"
            outcomes.finish(connection, attempt_no, action, result, emply_user_id=user_id)
            log.warning(_LINE, f"settled {action.name}", action.action_id, result)
        died = update(plans).where(plans.c.claimed_at.is_not(None), plans.c.finished_at.is_(None))
        closed = connection.execute(died.values(finished_at=clock.now(), ending="interrupted")).rowcount
        if found or closed:
            _raise_epoch(connection)


def _claim(connection: Connection, plan_id: str) -> RecordedPlan:
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


def _take_stock(connection: Connection, plan: RecordedPlan) -> tuple[ApplyReport, list[Action]]:
    """A report of what stays untouched, and the actions whose turn it is, in the order of applying."""
    this_run = connection.execute(select(counters.c.runs)).scalar_one() + 1
    query = (
        outcomes.of_plans()
        .add_columns(actions.c.position, actions.c.held_by, failures.c.next_run, failures.c.quarantined_at)
        .outerjoin(failures, failures.c.action_id == actions.c.action_id)
        .where(actions.c.plan_no == plan.plan_no)
    )
    report, due = ApplyReport(plan.plan_no), []
    for row in connection.execute(query):
        if row.held_by:
            report.held += 1
        elif row.quarantined_at is not None:
            report.quarantined += 1
        elif row.next_run is not None and row.next_run > this_run:
            report.waiting += 1
        else:
            due.append((row.position, outcomes.action_of(row)))
    due.sort(key=lambda each: (effects.ORDER.index(each[1].name), each[0]))
    return report, [action for _, action in due]


def _has_role_states(connection: Connection, plan: RecordedPlan) -> bool:
    return bool(
        connection.scalar(select(select(plan_role_states).where(plan_role_states.c.plan_no == plan.plan_no).exists()))
    )


def _count_run(connection: Connection, *, changes: bool) -> None:
    """Every claimed plan is a run, by which failed actions wait; one with something to do makes other plans stale."""
    connection.execute(update(counters).values(runs=counters.c.runs + 1))
    if changes:
        _raise_epoch(connection)


def _raise_epoch(connection: Connection) -> None:
    connection.execute(update(counters).values(epoch=counters.c.epoch + 1))


@contextmanager
def _ending(session: LockedSession, plan: RecordedPlan, *, changes: bool) -> Iterator[None]:
    """Write down that applying ended, and how; whoever lost the lock cannot, and is found by `_settle`."""
    ending = "stopped"
    try:
        yield
        ending = "done"
    finally:
        if not session.lost:
            with session.transaction() as connection:
                ended = update(plans).where(plans.c.plan_no == plan.plan_no)
                connection.execute(ended.values(finished_at=clock.now(), ending=ending))
                if changes:
                    _raise_epoch(connection)


def _apply_all(
    session: LockedSession,
    due: Sequence[Action],
    targets: Targets,
    report: ApplyReport,
    progress: Callable[[int, int], None],
) -> None:
    done = 0
    for target, together in groupby(due, key=attrgetter("target")):
        batch = list(together)
        if target == "ledger":
            with session.transaction() as connection:
                outcomes.link(connection, batch)
        for action in batch:
            result = "applied" if target == "ledger" else _try(session, action, targets)
            log.log(
                logging.DEBUG if result == "applied" else logging.WARNING, _LINE, action.name, action.action_id, result
            )
            report.add(action, result)
            done += 1
            progress(done, len(due))


def _try(session: LockedSession, action: Action, targets: Targets) -> str:
    """One action: its reasons looked at again, the attempt written down, the change made, the outcome written down."""
    try:
        if not effects.still_called_for(action, targets):
            return _untried(session, action, "superseded", None)
    except SourceUnreadable:
        return _untried(session, action, "failed", "source_unreadable")
    with session.transaction() as connection:
        attempt_no = outcomes.begin(connection, action)
    result, code, user_id = _write(action, targets.emply)
    if result == "unknown":
        return result
    with session.transaction() as connection:
        outcomes.finish(connection, attempt_no, action, result, code=code, emply_user_id=user_id)
    return result


def _write(action: Action, emply: Emply) -> tuple[outcomes.Result | Literal["unknown"], str | None, str | None]:
    """What came of the write, the target's code if it refused, and the id of the Emply user.

    Refused credentials go through: nothing more would work, and `_settle` closes the attempt.
    """
    try:
        return "applied", None, effects.write(action, emply)
    except TargetRefused as refused:
        return "failed", refused.code, None
    except SourceUnreadable:
        return "unknown", None, None


def _untried(session: LockedSession, action: Action, result: outcomes.Result, code: str | None) -> str:
    """Record an action that ended before the target was asked to change anything."""
    with session.transaction() as connection:
        outcomes.finish(connection, outcomes.begin(connection, action), action, result, code=code)
    return result


def _silent(_done: int, _of: int) -> None:
    """The progress of those who do not ask for it."""
