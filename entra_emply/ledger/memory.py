"""What the ledger remembers of each kind of action that was applied: links, grants, calendars, pairs of events …

Written in the transaction that writes the outcome, so that the one is never without the other.
"""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection, Select, Table, delete, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from entra_emply import clock
from entra_emply.ledger.action import Action
from entra_emply.ledger.tables import calendars, deactivations, deleted_users, event_pairs, grants, links, photo_etags

_Ids = Sequence[str | None] | Select[str]


def remember(connection: Connection, action: Action, object_id: str | None) -> None:
    """What follows from an applied action, done to (or having made) what has this id."""
    if action.name in _REMEMBER:
        _REMEMBER[action.name](connection, action, object_id)


def unlink(connection: Connection, entra_ids: _Ids, emply_user_ids: _Ids) -> None:
    """Forget the links of either end. Their role states and photo etags go with them."""
    connection.execute(delete(links).where(links.c.entra_id.in_(entra_ids)))
    connection.execute(delete(links).where(links.c.emply_user_id.in_(emply_user_ids)))


# Users


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
    """A grant to the person that the new Entra user is. (G7)"""
    _granted(connection, action, entra_id)


def _deleted_in_entra(connection: Connection, action: Action, entra_id: str | None) -> None:
    _put(connection, deleted_users, {"entra_id": entra_id, "employee_id": action.employee_id, "at": clock.now()})


def _granted(connection: Connection, action: Action, entra_id: str | None) -> None:
    values = {"entra_id": entra_id, "at": clock.now(), "approved": action.approved}
    connection.execute(insert(grants).values(values).on_conflict_do_nothing())


def _pictured(connection: Connection, action: Action, emply_user_id: str | None) -> None:
    """Recorded for the link; without one there is nothing to remember it by."""
    etag = literal(action.fields["etag"])
    new = insert(photo_etags).from_select(
        ["emply_user_id", "etag"], select(links.c.emply_user_id, etag).where(links.c.emply_user_id == emply_user_id)
    )
    connection.execute(
        new.on_conflict_do_update(index_elements=[photo_etags.c.emply_user_id], set_={"etag": new.excluded.etag})
    )


# Calendars and events


def _came_from(connection: Connection, action: Action, calendar_id: str | None) -> None:
    """Added or attached: whose calendar it is from now on. (C5)"""
    values = {"calendar_id": calendar_id, "entra_id": action.entra_id, "external_id": action.fields["externalId"]}
    _put(connection, calendars, values | {"detached": False})


def _detached(connection: Connection, action: Action, calendar_id: str | None) -> None:
    """To be attached again for this Entra user (C1); where the plan knows none, for the one that is recorded."""
    if action.entra_id is None:
        known = update(calendars).where(calendars.c.calendar_id == calendar_id)
        connection.execute(known.values(detached=True))
        return
    external_id = (action.before or {})["externalId"]
    values = {"calendar_id": calendar_id, "entra_id": action.entra_id, "external_id": external_id}
    _put(connection, calendars, values | {"detached": True})


def _removed(connection: Connection, action: Action, calendar_id: str | None) -> None:
    """Found gone after a crash it has no id any more; it is the one that was recorded for the Entra calendar."""
    external_id = (action.before or {})["externalId"]
    of_it = (calendars.c.entra_id == action.entra_id) & (calendars.c.external_id == external_id)
    gone = of_it & ~calendars.c.detached if calendar_id is None else calendars.c.calendar_id == calendar_id
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
    """Add the row, or put it in the place of the one with its key."""
    new = insert(table).values(values)
    connection.execute(new.on_conflict_do_update(index_elements=list(table.primary_key), set_=values))


_REMEMBER: dict[str, Callable[[Connection, Action, str | None], None]] = {
    "emply.create_user": _created,
    "emply.activate_user": _activated,
    "emply.deactivate_user": _deactivated,
    "emply.set_photo": _pictured,
    "emply.add_calendar": _came_from,
    "emply.attach_calendar": _came_from,
    "emply.detach_calendar": _detached,
    "emply.remove_calendar": _removed,
    "entra.create_event": _paired,
    "entra.delete_event": _unpaired,
    "entra.create_user": _created_in_entra,
    "entra.delete_user": _deleted_in_entra,
}
