"""Deleting what is old: plans with their attempts, certificates of reads, ended approvals and requests to
undo, grants, alerts, audit lines.

Never deleted: the newest plan, plans with an open attempt, links, role states, failures, and the last accepted read of
each source.
"""

from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from entra_emply import clock
from entra_emply.ledger import outbox
from entra_emply.ledger.attempts import left_open
from entra_emply.ledger.certificates import last_accepted
from entra_emply.ledger.plans import newest_plan_no
from entra_emply.ledger.sync_state import RECENT
from entra_emply.ledger.tables import (
    actions,
    approvals,
    attempts,
    console_audit,
    grants,
    outcomes,
    plan_role_states,
    plans,
    read_certificates,
    undo_requests,
)


def prune(connection: Connection, before: datetime) -> None:
    """Delete what is older than `before`."""
    connection.execute(select(func.set_config("entra_emply.retention", "on", True)))
    unsettled = select(attempts.c.plan_no).where(left_open())
    old = select(plans.c.plan_no).where(
        plans.c.created_at < before,
        plans.c.plan_no.not_in(newest_plan_no()),
        plans.c.plan_no.not_in(unsettled),
    )
    old_plans = connection.execute(old.with_for_update()).scalars().all()
    tried = select(attempts.c.attempt_no).where(attempts.c.plan_no.in_(old_plans))
    connection.execute(delete(outcomes).where(outcomes.c.attempt_no.in_(tried)))
    for table in (attempts, plan_role_states, actions, plans):
        connection.execute(delete(table).where(table.c.plan_no.in_(old_plans)))
    connection.execute(delete(read_certificates).where(read_certificates.c.ended_at < before, ~last_accepted()))
    connection.execute(delete(approvals).where(approvals.c.used_at < before))
    connection.execute(delete(approvals).where(approvals.c.used_at.is_(None), approvals.c.expires_at < before))
    connection.execute(delete(undo_requests).where(undo_requests.c.ended_at < before))
    connection.execute(delete(grants).where(grants.c.at < min(before, clock.now() - RECENT)))
    outbox.prune(connection, before, clock.now())
    connection.execute(delete(console_audit).where(console_audit.c.at < before))
