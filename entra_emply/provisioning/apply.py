"""Applying a plan, and settling the attempts that a crash left open. Everything that applies goes through here.

Here are the order of the steps and the conditions for each. Not here: trying one action (`attempt`), what it does to
its target (a module each subject), and how attempts and outcomes are recorded (`ledger.attempts`).
(rules.md, "Applying" and R9)
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import groupby
from typing import Literal

from sqlalchemy import Connection, select

from entra_emply import provisioning
from entra_emply.connectors.throttle import writing_only_if
from entra_emply.errors import (
    UNFORESEEN,
    CredentialsError,
    LedgerError,
    PlanRefused,
    SourceUnreadable,
    failed_line,
)
from entra_emply.ledger import attempts, claims, sync_state
from entra_emply.ledger.action import Action
from entra_emply.ledger.database import LockedSession
from entra_emply.ledger.ledger import Ledger
from entra_emply.ledger.plans import RecordedPlan, wrong_owner
from entra_emply.ledger.sync_state import CurrentSyncState
from entra_emply.ledger.tables import actions, counters, failures
from entra_emply.provisioning.attempt import Tried, attempt, fail, leave
from entra_emply.provisioning.crew import Crew
from entra_emply.provisioning.effect import Context, Done
from entra_emply.provisioning.forbidden import Forbidden
from entra_emply.provisioning.lanes import lanes_of
from entra_emply.provisioning.outages import Outages
from entra_emply.provisioning.ports import Emply, Graph
from entra_emply.provisioning.report import ApplyReport
from entra_emply.reconciliation.kinds import ORDER

log = logging.getLogger(__name__)
_LINE = "%s %s: %s"
_PLACE = {name: place for place, name in enumerate(ORDER)}
_DEACTIVATE, _LINK, _CREATE = "emply.deactivate_user", "ledger.link_user", "emply.create_user"
APPLY_WAIT = 600
SETTLE_WAIT = 10
"""Seconds to wait for the lock. Settling waits only for a run that is nearly done: if another run goes on applying, the
plan of this run becomes stale, which `claim` notices."""


def apply(
    ledger: Ledger, plan_id: str, *, graph: Graph, emply: Emply, progress: Callable[[int, int], None] | None = None
) -> ApplyReport:
    """Apply the newest plan, once. `progress` is called with the number of actions done and the number of all.

    Raises PlanRefused, before anything is sent, for a plan that may not be applied. Raises CredentialsError or
    LedgerError where no further action can succeed; what was done until then is recorded. One failed action does not
    stop the others.
    """
    if emply.cannot("users"):
        raise PlanRefused(f"plan {plan_id}: nothing can be applied: {emply.why_not('users')}")
    tenant_id = _tenant_id(graph)
    with ledger.locked(seconds=APPLY_WAIT) as session:
        if session is None:
            why = f"plan {plan_id}: another run has been applying for ten minutes; the next run makes a new plan"
            raise PlanRefused(why, overtaken=True)
        wrong = _wrong_owner(session, tenant_id, emply.customer)
        if wrong is not None:
            raise PlanRefused(f"plan {plan_id}: {wrong}")
        _settle(session, graph, emply)
        with session.transaction() as connection:
            plan = claims.claim(connection, plan_id)
            report, due = _take_stock(connection, plan)
            changes = bool(due) or sync_state.has_role_states(connection, plan.plan_no)
            claims.count_run(connection, changes=changes)
        context = _context(graph, emply, CurrentSyncState(session), plan, due)
        with _ending(session, report, changes=changes), writing_only_if(session.confirm):
            forbidden = _apply_all(session, due, context, report, progress or _silent)
            with session.transaction() as connection:
                sync_state.record_role_states(connection, plan.plan_no)
            for refusal in forbidden.left:
                leave(session, refusal)
            if forbidden.left:
                raise forbidden.left[0].error
    return report


def settle(ledger: Ledger, *, graph: Graph, emply: Emply) -> bool:
    """Settle the attempts that a crash left open. Returns False, having done nothing, while another run is applying.

    Call it before the sync state is read. A half-done change is finished: Emply learns the id of an event that was
    created in Outlook. Raises SourceUnreadable where Emply cannot be read, and LedgerError where the ledger belongs to
    another tenant or customer.
    """
    with ledger.locked(seconds=SETTLE_WAIT) as session:
        if session is None:
            return False
        wrong = _wrong_owner(session, _tenant_id(graph) if _left_open(session) else None, emply.customer)
        if wrong is not None:
            raise LedgerError(wrong)
        _settle(session, graph, emply)
        return True


def _tenant_id(graph: Graph) -> str:
    return str(graph.directory.tenant().frame["tenant_id"].iloc[0])


def _wrong_owner(session: LockedSession, tenant_id: str | None, customer: str) -> str | None:
    with session.transaction() as connection:
        return wrong_owner(connection, tenant_id, customer)


def _settle(session: LockedSession, graph: Graph, emply: Emply) -> None:
    """Settle open attempts by looking at the target, and end the plans whose process died.

    Either makes every plan stale that was computed from earlier reads.
    """
    context = Context(graph, emply, CurrentSyncState(session))
    with writing_only_if(session.confirm):
        found = [(each, *_look(each, context)) for each in _left_open(session)]
    with session.transaction() as connection:
        for (number, _, action), result, done in found:
            log.warning(_LINE, f"settled {action.name}", action.action_id, result)
            object_id = done.object_id if done is not None else None
            if result != "unknown":
                attempts.finish(connection, number, action, result, object_id=object_id)
            elif object_id is not None:
                sync_state.record_applied(connection, action, object_id)
        if claims.end_abandoned(connection) or any(result != "unknown" for *_, result, _ in found):
            claims.raise_epoch(connection)


def _left_open(session: LockedSession) -> list[attempts.LeftOpen]:
    with session.transaction() as connection:
        return attempts.unsettled(connection)


def _look(left: attempts.LeftOpen, context: Context) -> tuple[attempts.Result | Literal["unknown"], Done | None]:
    """The result of an open attempt; `unknown` where the attempt stays open.

    It stays open if its second step is refused again, if its mailbox or user cannot be read, or if the answer has a
    form that nobody foresaw: one of them does not keep everybody waiting. The action may be planned again meanwhile:
    it looks before it writes, or writes the same.
    Where the list of all users cannot be read, a creation waits for it, and everybody with it: nobody is linked yet to
    the user that was created.
    """
    try:
        done = provisioning.look_back(left.action, context, left.began)
    except (SourceUnreadable, CredentialsError):
        if left.action.name == _CREATE:
            raise
        return "unknown", None
    except UNFORESEEN as odd:
        log.warning(_LINE, left.action.name, left.action.action_id, failed_line(odd))
        return "unknown", None
    if done is None:
        return "interrupted", None
    return "applied" if done.left is None else "unknown", done


def _context(graph: Graph, emply: Emply, state: CurrentSyncState, plan: RecordedPlan, due: Sequence[Action]) -> Context:
    """The context of the due actions of a plan."""
    window = (plan.window_start, plan.window_end) if plan.window_start and plan.window_end else None
    return Context(
        graph,
        emply,
        state,
        configured_groups=plan.configured_groups,
        room_groups=plan.room_groups,
        nested_groups=plan.nested_groups,
        window=window,
        deletions={str(action.entra_id): action for action in due if action.name == "entra.delete_user"},
    )


def _take_stock(connection: Connection, plan: RecordedPlan) -> tuple[ApplyReport, list[Action]]:
    """A report that counts the actions to leave alone, and the due actions in the order of applying."""
    this_run = connection.execute(select(counters.c.runs)).scalar_one() + 1
    query = (
        attempts.of_plans()
        .add_columns(actions.c.position, actions.c.held_by, failures.c.next_run, failures.c.quarantined_at)
        .outerjoin(failures, failures.c.action_id == actions.c.action_id)
        .where(actions.c.plan_no == plan.plan_no)
    )
    rows = connection.execute(query).all()
    planned = {row.action_id for row in rows if not row.held_by}
    left_open = {left.action.action_id for left in attempts.unsettled(connection)} - planned
    report, due = ApplyReport(plan.plan_no, left_open=len(left_open)), []
    for row in rows:
        if row.held_by:
            report.held += 1
        elif row.quarantined_at is not None:
            report.quarantined += 1
        elif row.next_run is not None and row.next_run > this_run:
            report.waiting += 1
        else:
            due.append((row.position, attempts.action_of(row)))
    due.sort(key=lambda each: (_PLACE[each[1].name], each[0]))
    return report, [action for _, action in due]


@contextmanager
def _ending(session: LockedSession, report: ApplyReport, *, changes: bool) -> Iterator[None]:
    """Record that applying ended, and how. A process that lost the lock cannot; `_settle` ends its plan later."""
    ending = "stopped"
    try:
        yield
        ending = "stopped" if report.untried else "done"
    finally:
        if not session.lost:
            with session.transaction() as connection:
                claims.end(connection, report.plan_no, ending, changes=changes)


def _apply_all(
    session: LockedSession,
    due: Sequence[Action],
    context: Context,
    report: ApplyReport,
    progress: Callable[[int, int], None],
) -> Forbidden:
    """Deactivations, then links, then the rest, each of it only when all before was tried.

    Returns what was forbidden because an access is missing. What is forbidden of one object alone has failed.
    """
    outages, forbidden, done = Outages(), Forbidden(), 0

    def tell(action: Action, tried: Tried) -> None:
        nonlocal done
        if tried.result == "undecided":
            return
        if tried.result == "untried":
            report.untried += 1
            return
        level = logging.DEBUG if tried.result == "applied" else logging.INFO  # a terminal is told by kind, not by id
        log.log(level, _LINE, action.name, action.action_id, tried.in_words)
        report.add(action, tried.result)
        done += 1
        progress(done, len(due))

    for name, together in groupby(due, key=_stage):
        actions = list(together)
        if name == _LINK:
            with session.transaction() as connection:
                attempts.link(connection, actions)
            for action in actions:
                tell(action, Tried("applied"))
        else:
            _side_by_side(session, actions, partial(attempt, session, context, outages, forbidden), tell)
    for refusal in forbidden.take_single():
        tell(refusal.action, fail(session, refusal))
    return forbidden


def _stage(action: Action) -> str:
    """Deactivations, links, and everything else."""
    return action.name if action.name in (_DEACTIVATE, _LINK) else ""


def _side_by_side(
    session: LockedSession,
    due: Sequence[Action],
    try_one: Callable[[Action], Tried],
    tell: Callable[[Action, Tried], None],
) -> None:
    """Try actions, those of one person one after the other."""
    crew = Crew(lanes_of(due), lambda place: try_one(due[place]), left_behind=session.end)
    crew.run(lambda place, tried: tell(due[place], tried))


def _silent(_done: int, _of: int) -> None:
    """The `progress` where none was asked for."""
