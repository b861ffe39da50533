"""The sync state: links, role states, calendars, event pairs, deactivations and the rest that a plan depends on.

Here it is read for a plan, looked up while a plan is applied, and changed when an action was applied. That change is
made in the transaction that records the attempt's outcome, so that neither exists without the other. Not here: the
attempts themselves (`attempts`), and what recording a plan changes (`plans`).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, Table, delete, exists, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from entra_emply import clock
from entra_emply.errors import LedgerError
from entra_emply.ledger import migrate, undo_requests
from entra_emply.ledger.action import Action
from entra_emply.ledger.approvals import is_valid, valid_approval
from entra_emply.ledger.database import LockedSession
from entra_emply.ledger.plans import newest_plan_no
from entra_emply.ledger.tables import (
    actions,
    approvals,
    attempts,
    calendars,
    counters,
    deactivations,
    deleted_users,
    event_pairs,
    grants,
    group_counts,
    group_ids,
    links,
    outcomes,
    photo_etags,
    plan_role_states,
    refused,
    role_states,
)
from entra_emply.reconciliation.inputs import STATE_COLUMNS, SyncState
from entra_emply.reconciliation.kinds import UNDO_RULES

RECENT = timedelta(hours=24)  # G1 and G7 count what the pipeline did in this time

LinkRow = dict[str, Any]
_Ids = Sequence[str | None] | Select[str]


# Reading for a plan


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


def _queries(now: datetime) -> dict[str, Select[*tuple[object, ...]]]:
    """The query for each frame. The order of rows does not matter to a plan; it makes stored frames comparable."""
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
        "refused": select(refused.c.entra_id, refused.c.emply_user_id).order_by(
            refused.c.entra_id, refused.c.emply_user_id
        ),
        "undos": undo_requests.open_requests(now),
        "holds": held.order_by(actions.c.action_id),
        "approvals": select(approvals.c.action_id, approvals.c.expires_at)
        .where(is_valid(now))
        .order_by(approvals.c.action_id),
    }


# Looking up


def links_of(connection: Connection, entra_ids: Collection[str], emply_user_ids: Collection[str]) -> list[LinkRow]:
    """The links of these users: entra_id, emply_user_id, matched_by, at."""
    if not migrate.exists(connection):
        return []
    theirs = links.c.entra_id.in_(entra_ids) | links.c.emply_user_id.in_(emply_user_ids)
    return [dict(row) for row in connection.execute(select(links).where(theirs)).mappings()]


class CurrentSyncState:
    """The sync state while a plan is applied. Each lookup is a transaction of its own. Raises LedgerError."""

    def __init__(self, session: LockedSession) -> None:
        self._session = session

    def linked_to(self, emply_user_id: str) -> str | None:
        """The id of the Entra user that an Emply user is linked to."""
        query = select(links.c.entra_id).where(links.c.emply_user_id == emply_user_id)
        with self._session.transaction() as connection:
            return connection.execute(query).scalar_one_or_none()

    def calendars_of(self, entra_id: str, external_id: str, *, detached: bool) -> list[str]:
        """The ids of the Emply calendars recorded for a calendar of an Entra user, sorted."""
        recorded = (calendars.c.entra_id == entra_id, calendars.c.external_id == external_id)
        query = select(calendars.c.calendar_id).where(*recorded, calendars.c.detached.is_(detached))
        with self._session.transaction() as connection:
            return list(connection.execute(query.order_by(calendars.c.calendar_id)).scalars())

    def calendar_of_pair(self, emply_event_id: str) -> str | None:
        """The id of the Entra calendar that a pair of events was made in; None where no pair is recorded."""
        query = select(event_pairs.c.calendar_external_id).where(event_pairs.c.emply_event_id == emply_event_id)
        with self._session.transaction() as connection:
            return connection.execute(query).scalar_one_or_none()


# Changing


def record_applied(connection: Connection, action: Action, object_id: str | None) -> None:
    """Change the sync state as an action demands that was applied, or whose first of two steps was.

    object_id: the target's id of the object that it changed or created.
    """
    if action.name in _CHANGES:
        _CHANGES[action.name](connection, action, object_id)
    if action.rule in UNDO_RULES:
        undo_requests.met(connection, action.action_id)


def unlink(connection: Connection, entra_ids: _Ids, emply_user_ids: _Ids) -> None:
    """Delete the links of these users; the links' role states and photo etags are deleted with them."""
    connection.execute(delete(links).where(links.c.entra_id.in_(entra_ids)))
    connection.execute(delete(links).where(links.c.emply_user_id.in_(emply_user_ids)))


def has_role_states(connection: Connection, plan_no: int) -> bool:
    """Whether the plan has role states to record."""
    found = select(plan_role_states.c.entra_id).where(plan_role_states.c.plan_no == plan_no).limit(1)
    return connection.execute(found).first() is not None


def record_role_states(connection: Connection, plan_no: int) -> None:
    """R9: record the plan's role states of everybody who is linked now and whose role actions were all applied."""
    applied = (
        select(literal(1))
        .select_from(attempts.join(outcomes))
        .where(attempts.c.plan_no == actions.c.plan_no, attempts.c.action_id == actions.c.action_id)
        .where(outcomes.c.result == "applied")
    )
    undone = (
        select(literal(1))
        .where(actions.c.plan_no == plan_no, actions.c.entra_id == plan_role_states.c.entra_id)
        .where(actions.c.target == "emply", actions.c.kind.in_(["set_roles", "create_user"]), ~applied.exists())
        .where(actions.c.rule.not_in(UNDO_RULES))
    )
    new = (
        select(links.c.emply_user_id, plan_role_states.c.group_id, plan_role_states.c.role_id)
        .join(links, links.c.entra_id == plan_role_states.c.entra_id)
        .where(plan_role_states.c.plan_no == plan_no, ~undone.exists())
    )
    whose = select(new.subquery().c.emply_user_id)
    connection.execute(delete(role_states).where(role_states.c.emply_user_id.in_(whose)))
    connection.execute(insert(role_states).from_select(["emply_user_id", "group_id", "role_id"], new))


def _created(connection: Connection, action: Action, emply_user_id: str | None) -> None:
    unlink(connection, [action.entra_id], [emply_user_id])
    values = {"entra_id": action.entra_id, "emply_user_id": emply_user_id, "matched_by": "created", "at": clock.now()}
    connection.execute(insert(links).values(values))
    _granted(connection, action, action.entra_id)


def _activated(connection: Connection, action: Action, emply_user_id: str | None) -> None:
    connection.execute(delete(deactivations).where(deactivations.c.emply_user_id == emply_user_id))
    _granted(connection, action, action.entra_id)


def _deactivated(connection: Connection, action: Action, emply_user_id: str | None) -> None:
    _put(connection, deactivations, {"emply_user_id": emply_user_id, "at": clock.now(), "approved": action.approved})


def _created_in_entra(connection: Connection, action: Action, entra_id: str | None) -> None:
    """The grant is recorded for the new Entra user. (G7)"""
    _granted(connection, action, entra_id)


def _deleted_in_entra(connection: Connection, action: Action, entra_id: str | None) -> None:
    _put(connection, deleted_users, {"entra_id": entra_id, "employee_id": action.employee_id, "at": clock.now()})


def _granted(connection: Connection, action: Action, entra_id: str | None) -> None:
    values = {"entra_id": entra_id, "at": clock.now(), "approved": action.approved}
    connection.execute(insert(grants).values(values).on_conflict_do_nothing())


def _photo_set(connection: Connection, action: Action, emply_user_id: str | None) -> None:
    """The etag belongs to the link; an Emply user without a link has no row here."""
    etag = literal(action.fields["etag"])
    new = insert(photo_etags).from_select(
        ["emply_user_id", "etag"], select(links.c.emply_user_id, etag).where(links.c.emply_user_id == emply_user_id)
    )
    connection.execute(
        new.on_conflict_do_update(index_elements=[photo_etags.c.emply_user_id], set_={"etag": new.excluded.etag})
    )


def _attached(connection: Connection, action: Action, calendar_id: str | None) -> None:
    """Record which Entra calendar an added or attached calendar belongs to (C5). Its pairs go along (C1a)."""
    external_id, before = action.fields["externalId"], (action.before or {}).get("externalId")
    values = {"calendar_id": calendar_id, "entra_id": action.entra_id, "external_id": external_id}
    _put(connection, calendars, values | {"detached": False})
    if before is not None:
        whose = (event_pairs.c.entra_id == action.entra_id) & (event_pairs.c.calendar_external_id == before)
        connection.execute(update(event_pairs).where(whose).values(calendar_external_id=external_id))


def _detached(connection: Connection, action: Action, calendar_id: str | None) -> None:
    """Keep the record for C1 to attach the calendar again: for this Entra user, else for the recorded one."""
    if action.entra_id is None:
        known = update(calendars).where(calendars.c.calendar_id == calendar_id)
        connection.execute(known.values(detached=True))
        return
    external_id = (action.before or {})["externalId"]
    values = {"calendar_id": calendar_id, "entra_id": action.entra_id, "external_id": external_id}
    _put(connection, calendars, values | {"detached": True})


def _removed(connection: Connection, action: Action, calendar_id: str | None) -> None:
    """Delete the record. After a crash a deleted calendar has no id: its Entra calendar identifies it."""
    external_id = (action.before or {})["externalId"]
    recorded = (calendars.c.entra_id == action.entra_id) & (calendars.c.external_id == external_id)
    gone = recorded & ~calendars.c.detached if calendar_id is None else calendars.c.calendar_id == calendar_id
    connection.execute(delete(calendars).where(gone))


def _paired(connection: Connection, action: Action, external_id: str | None) -> None:
    values = {
        "emply_event_id": action.fields["emplyEventId"],
        "external_id": external_id,
        "entra_id": action.entra_id,
        "calendar_external_id": action.fields["calendarExternalId"],
    }
    _put(connection, event_pairs, values)


def _unpaired(connection: Connection, action: Action, _external_id: str | None) -> None:
    emply_event_id = (action.before or {})["emplyEventId"]
    connection.execute(delete(event_pairs).where(event_pairs.c.emply_event_id == emply_event_id))


def _put(connection: Connection, table: Table, values: Mapping[str, object]) -> None:
    """Insert the row, or replace the one with the same key."""
    new = insert(table).values(values)
    connection.execute(new.on_conflict_do_update(index_elements=list(table.primary_key), set_=values))


_CHANGES: dict[str, Callable[[Connection, Action, str | None], None]] = {
    "emply.create_user": _created,
    "emply.activate_user": _activated,
    "emply.deactivate_user": _deactivated,
    "emply.set_photo": _photo_set,
    "emply.add_calendar": _attached,
    "emply.attach_calendar": _attached,
    "emply.detach_calendar": _detached,
    "emply.remove_calendar": _removed,
    "entra.create_event": _paired,
    "entra.delete_event": _unpaired,
    "entra.create_user": _created_in_entra,
    "entra.delete_user": _deleted_in_entra,
}
