"""Applying a plan: the one function that everybody who applies calls, and settling what a crash left open.

The order of things and what must hold before each is here; what an action does to its target is in `effects`, what came
of it in `outcomes`. (rules.md, "Applying" and R9)
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Literal

from sqlalchemy import Connection, select

from entra_emply import provisioning as effects
from entra_emply.errors import CredentialsError, LedgerError, PlanRefused, SourceUnreadable, TargetRefused
from entra_emply.ledger import attempts as outcomes
from entra_emply.ledger import claiming
from entra_emply.ledger.action import Action
from entra_emply.ledger.database import LockedSession
from entra_emply.ledger.ledger import Ledger
from entra_emply.ledger.plans import RecordedPlan, belongs_to_another
from entra_emply.ledger.records import LedgerRecords
from entra_emply.ledger.tables import actions, counters, failures
from entra_emply.provisioning.effect import Context, Done, Write
from entra_emply.provisioning.ports import Emply, Graph
from entra_emply.provisioning.report import ApplyReport
from entra_emply.reconciliation.kinds import ORDER

log = logging.getLogger(__name__)
_LINE = "%s %s: %s"
Result = outcomes.Result | Literal["unknown"]
_PLACE = {name: place for place, name in enumerate(ORDER)}
_FIRST_KNOWN = frozenset(ORDER[: _PLACE["emply.set_photo"]])
"""What must be settled before a run reads: changes of Emply users, of which a created one is not linked before."""

HOPELESS = 5
"""Actions in a row that only failed because the service was down: the rest is left to the next run, uncounted, so that
a dead service does not keep the lock for hours."""
APPLY_WAIT = 600
SETTLE_WAIT = 10
"""Seconds to wait for the lock. Settling only outwaits what is nearly done: another's applying makes the run that reads
meanwhile a stale one, and that is found out when it wants to apply."""


def apply(
    ledger: Ledger, plan_id: str, *, graph: Graph, emply: Emply, progress: Callable[[int, int], None] | None = None
) -> ApplyReport:
    """Apply the newest plan, once; `progress` is told how many actions of how many are done.

    Raises PlanRefused for a plan that may not be applied; nothing was sent then. Raises CredentialsError or LedgerError
    where going on makes no sense; what was done until then is recorded. The failure of one action stops no other.
    """
    tenant_id = _tenant_id(graph)
    with ledger.locked(seconds=APPLY_WAIT) as session:
        if session is None:
            why = f"plan {plan_id}: another run has been applying for long; the next run plans anew"
            raise PlanRefused(why, overtaken=True)
        stranger = _stranger(session, tenant_id, emply.customer)
        if stranger is not None:
            raise PlanRefused(f"plan {plan_id}: {stranger}")
        _settle(session, graph, emply)
        with session.transaction() as connection:
            plan = claiming.claim(connection, plan_id)
            report, due = _take_stock(connection, plan)
            changes = bool(due) or outcomes.has_role_states(connection, plan.plan_no)
            claiming.count_run(connection, changes=changes)
        targets = _targets(graph, emply, LedgerRecords(session), plan, due)
        with _ending(session, report, changes=changes):
            _apply_all(session, due, targets, report, progress or _silent)
            with session.transaction() as connection:
                outcomes.record_role_states(connection, plan.plan_no)
    return report


def settle(ledger: Ledger, *, graph: Graph, emply: Emply) -> bool:
    """Find out what came of attempts that a crash left open; False where another run is applying, and nothing was done.

    To be called before the sync state is read. What was half done is finished: an event that was made in Outlook and of
    which Emply was not told. Raises SourceUnreadable where Emply cannot be asked, and LedgerError where it is not this
    ledger's customer's.
    """
    with ledger.locked(seconds=SETTLE_WAIT) as session:
        if session is None:
            return False
        stranger = _stranger(session, _tenant_id(graph) if _left_open(session) else None, emply.customer)
        if stranger is not None:
            raise LedgerError(stranger)
        _settle(session, graph, emply)
        return True


def _tenant_id(graph: Graph) -> str:
    return str(graph.tenant().frame["tenant_id"].iloc[0])


def _stranger(session: LockedSession, tenant_id: str | None, customer: str) -> str | None:
    with session.transaction() as connection:
        return belongs_to_another(connection, tenant_id, customer)


def _settle(session: LockedSession, graph: Graph, emply: Emply) -> None:
    """Resolve open attempts by looking at the target, and close plans whose applying died.

    Either makes every plan that was computed from earlier reads a stale one.
    """
    targets = Context(graph, emply, LedgerRecords(session))
    found = [(attempt_no, action, *_look(action, targets)) for attempt_no, action in _left_open(session)]
    with session.transaction() as connection:
        for attempt_no, action, result, done in found:
            log.warning(_LINE, f"settled {action.name}", action.action_id, result)
            object_id = done.object_id if done is not None else None
            if result != "unknown":
                outcomes.finish(connection, attempt_no, action, result, object_id=object_id)
            elif object_id is not None:
                outcomes.keep(connection, action, object_id)
        if claiming.close_the_dead(connection) or any(result != "unknown" for *_, result, _ in found):
            claiming.raise_epoch(connection)


def _left_open(session: LockedSession) -> list[tuple[int, Action]]:
    with session.transaction() as connection:
        return outcomes.unsettled(connection)


def _look(action: Action, targets: Context) -> tuple[Result, Done | None]:
    """What became of an open attempt; one whose second step is refused again stays open.

    One mailbox that cannot be read does not keep everybody waiting: such an attempt stays open. Its action may be
    planned again meanwhile, and does not repeat what was done, since each of these looks before it writes.
    """
    try:
        done = effects.look(action, targets)
    except (SourceUnreadable, CredentialsError):
        if action.name in _FIRST_KNOWN:
            raise
        return "unknown", None
    if done is None:
        return "interrupted", None
    return "applied" if done.left is None else "unknown", done


def _targets(graph: Graph, emply: Emply, records: LedgerRecords, plan: RecordedPlan, due: Sequence[Action]) -> Context:
    """The systems, with what the plan knows and actions are looked at again by."""
    window = (plan.window_start, plan.window_end) if plan.window_start and plan.window_end else None
    return Context(
        graph,
        emply,
        records,
        configured_groups=plan.configured_groups,
        room_groups=plan.room_groups,
        nested_groups=plan.nested_groups,
        window=window,
        deletions={str(action.entra_id): action for action in due if action.name == "entra.delete_user"},
    )


def _take_stock(connection: Connection, plan: RecordedPlan) -> tuple[ApplyReport, list[Action]]:
    """A report of what stays untouched, and the actions whose turn it is, in the order of applying."""
    this_run = connection.execute(select(counters.c.runs)).scalar_one() + 1
    query = (
        outcomes.of_plans()
        .add_columns(actions.c.position, actions.c.subject, actions.c.held_by)
        .add_columns(failures.c.next_run, failures.c.quarantined_at, failures.c.code)
        .outerjoin(failures, failures.c.action_id == actions.c.action_id)
        .where(actions.c.plan_no == plan.plan_no)
    )
    report, due = ApplyReport(plan.plan_no), []
    for row in connection.execute(query):
        if row.held_by:
            report.held += 1
        elif row.quarantined_at is not None:
            report.leave(outcomes.action_of(row), "quarantined", row.subject, row.code)
        elif row.next_run is not None and row.next_run > this_run:
            report.leave(outcomes.action_of(row), "waiting", row.subject, row.code)
        else:
            due.append((row.position, outcomes.action_of(row)))
            report.subjects[row.action_id] = row.subject
    due.sort(key=lambda each: (_PLACE[each[1].name], each[0]))
    return report, [action for _, action in due]


@contextmanager
def _ending(session: LockedSession, report: ApplyReport, *, changes: bool) -> Iterator[None]:
    """Write down that applying ended, and how; whoever lost the lock cannot, and is found by `_settle`."""
    ending = "stopped"
    try:
        yield
        ending = "stopped" if report.untried else "done"
    finally:
        if not session.lost:
            with session.transaction() as connection:
                claiming.finish(connection, report.plan_no, ending, changes=changes)


def _apply_all(
    session: LockedSession,
    due: Sequence[Action],
    targets: Context,
    report: ApplyReport,
    progress: Callable[[int, int], None],
) -> None:
    done, in_trouble = 0, 0
    for target, together in groupby(due, key=attrgetter("target")):
        batch = list(together)
        if target == "ledger":
            with session.transaction() as connection:
                outcomes.link(connection, batch)
        for action in batch:
            tried = _Tried("applied") if target == "ledger" else _try(session, action, targets)
            level = logging.DEBUG if tried.result == "applied" else logging.WARNING
            log.log(level, _LINE, action.name, action.action_id, tried.said)
            report.add(action, tried.result, tried.code)
            done += 1
            progress(done, len(due))
            in_trouble = in_trouble + 1 if tried.transient else 0
            if in_trouble == HOPELESS:
                report.untried = len(due) - done
                return


@dataclass(frozen=True)
class _Tried:
    """What came of an action.

    code: the target's, where it refused. object_id: of what it was done to. transient: only a service was down.
    """

    result: Result
    code: str | None = None
    object_id: str | None = None
    transient: bool = False

    @property
    def said(self) -> str:
        """The result, with the code where there is one."""
        return self.result if self.code is None else f"{self.result} ({self.code})"


def _try(session: LockedSession, action: Action, targets: Context) -> _Tried:
    """One action: its reasons looked at again, the attempt written down, the change made, the outcome written down."""
    attempt_no, write = None, _prepare(action, targets)
    if isinstance(write, _Tried):
        tried = write
    else:
        with session.transaction() as connection:
            attempt_no = outcomes.begin(connection, action)
        tried = _write(write, action, targets)
    if tried.result != "unknown":
        with session.transaction() as connection:
            number = attempt_no or outcomes.begin(connection, action)
            outcomes.finish(connection, number, action, tried.result, code=tried.code, object_id=tried.object_id)
    elif tried.object_id is not None:
        with session.transaction() as connection:
            outcomes.keep(connection, action, tried.object_id)
    return tried


def _prepare(action: Action, targets: Context) -> Write | _Tried:
    """The write, or how the action ended before it began: not called for any more, or that cannot be told."""
    try:
        return effects.prepare(action, targets) or _Tried("superseded")
    except SourceUnreadable as unreadable:
        return _Tried("failed", "source_unreadable", transient=unreadable.down)


def _write(write: Write, action: Action, targets: Context) -> _Tried:
    """Make the change. Refused credentials go through: nothing more would work, and `_settle` closes the attempt."""
    try:
        done = effects.carry_out(write, action, targets)
    except TargetRefused as refused:
        return _Tried("failed", refused.code, transient=refused.transient)
    except SourceUnreadable as unreadable:
        return _Tried("unknown", transient=unreadable.down)
    if done is None:
        return _Tried("superseded")
    if done.left is not None:
        return _Tried("unknown", object_id=done.object_id, transient=done.left.transient)
    return _Tried("applied", object_id=done.object_id)


def _silent(_done: int, _of: int) -> None:
    """The progress of those who do not ask for it."""
