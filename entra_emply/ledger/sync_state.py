"""Reading the sync state: everything the ledger remembers that a plan depends on. Nothing is written here."""

from datetime import datetime, timedelta

import pandas as pd
from sqlalchemy import Connection, Select, exists, func, select

from entra_emply.errors import LedgerError
from entra_emply.ledger import migrate
from entra_emply.ledger.tables import (
    actions,
    approvals,
    calendars,
    counters,
    deactivations,
    deleted_users,
    event_pairs,
    grants,
    group_counts,
    group_ids,
    links,
    photo_etags,
    plans,
    role_states,
)
from entra_emply.reconciliation.inputs import STATE_COLUMNS, SyncState

RECENT = timedelta(hours=24)  # G1 and G7 count what the pipeline did in this time


def read_state(connection: Connection, now: datetime) -> SyncState:
    """The sync state at `now`; empty where the ledger does not exist yet.

    Raises LedgerError for a ledger of another version of the code.
    """
    if not migrate.exists(connection):
        return SyncState.of({}, read_at=now)
    if not migrate.fits(connection):
        raise LedgerError(
            "the ledger was written by an older version of entra-emply: the next sync brings it up to date"
        )
    epoch = connection.execute(select(counters.c.epoch)).scalar_one()
    queries = _queries(now)
    frames = {
        name: pd.DataFrame(connection.execute(queries[name]).all(), columns=list(STATE_COLUMNS[name]))
        for name in queries
    }
    return SyncState.of(frames, read_at=now, epoch=epoch)


def newest_plan_no() -> Select[int]:
    """The number of the newest plan that was made to be applied."""
    return select(func.max(plans.c.plan_no)).where(plans.c.origin == "sync")


def valid_approval(now: datetime) -> Select[str]:
    """The ids of actions with an approval that is neither used nor expired."""
    return select(approvals.c.action_id).where(approvals.c.used_at.is_(None), approvals.c.expires_at > now)


def _queries(now: datetime) -> dict[str, Select[*tuple[object, ...]]]:
    """What to read, by frame; the order of rows does not matter to a plan, but makes stored frames comparable."""
    approved = exists(valid_approval(now).where(approvals.c.action_id == actions.c.action_id))
    held = select(actions.c.action_id, actions.c.own_guards).where(
        actions.c.plan_no == newest_plan_no().scalar_subquery(), actions.c.own_guards != "", ~approved
    )
    return {
        "links": select(links.c.entra_id, links.c.emply_user_id).order_by(links.c.entra_id),
        "role_states": select(role_states).order_by(role_states.c.emply_user_id, role_states.c.group_id),
        "group_ids": select(group_ids).order_by(group_ids.c.group_name),
        "deactivations": select(deactivations).order_by(deactivations.c.emply_user_id),
        "grants": select(grants).where(grants.c.at > now - RECENT).order_by(grants.c.entra_id, grants.c.at),
        "group_counts": select(group_counts.c.group_id, group_counts.c.members).order_by(group_counts.c.group_id),
        "photo_etags": select(photo_etags).order_by(photo_etags.c.emply_user_id),
        "calendars": select(calendars).order_by(calendars.c.calendar_id),
        "event_pairs": select(event_pairs).order_by(event_pairs.c.emply_event_id),
        "deleted_users": select(deleted_users.c.entra_id, deleted_users.c.employee_id).order_by(
            deleted_users.c.entra_id, deleted_users.c.employee_id
        ),
        "holds": held.order_by(actions.c.action_id),
        "approvals": select(approvals.c.action_id, approvals.c.expires_at)
        .where(approvals.c.action_id.in_(valid_approval(now)), approvals.c.used_at.is_(None))
        .order_by(approvals.c.action_id),
    }
