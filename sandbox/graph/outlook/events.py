"""Graph: single events: read, made, changed and deleted."""

import base64
import secrets
from datetime import UTC, datetime
from typing import Any

from sandbox import moments
from sandbox.exchange import Answer, Row
from sandbox.graph.call import Call, Route
from sandbox.graph.errors import access_denied, bad_request
from sandbox.graph.outlook.event import EVENT, check_times, preferred_zone, shown
from sandbox.graph.outlook.listing import collection, entity
from sandbox.graph.outlook.mailbox import (
    Mailbox,
    add_event,
    events_of,
    mailbox_of,
    remove_event,
    replace_event,
)

_SETTABLE = frozenset({
    "subject", "body", "start", "end", "isAllDay", "showAs", "sensitivity", "importance", "location", "locations",
    "attendees", "categories", "isReminderOn", "reminderMinutesBeforeStart", "responseRequested", "hideAttendees",
    "isOnlineMeeting", "allowNewTimeProposals", "transactionId",
})  # fmt: skip
_WORDS = {
    "showAs": ("free", "tentative", "busy", "oof", "workingElsewhere", "unknown"),
    "sensitivity": ("normal", "personal", "private", "confidential"),
    "importance": ("low", "normal", "high"),
}
_NEW: Row = {
    "subject": "", "bodyPreview": "", "importance": "normal", "sensitivity": "normal", "isAllDay": False,
    "isCancelled": False, "isOrganizer": True, "showAs": "busy", "type": "singleInstance", "transactionId": None,
    "responseStatus": {"response": "organizer", "time": "0001-01-01T00:00:00Z"},
}  # fmt: skip


def _list(call: Call) -> Answer:
    """Events as they are stored: a series is one, its master."""
    mailbox = mailbox_of(call)
    zone = preferred_zone(call.request.preferences)
    rows = events_of(mailbox.calendar(call.variables.get("calendar")))
    return collection(call, EVENT, rows, _context(mailbox), lambda row: shown(row, zone))


def _one(call: Call) -> Answer:
    mailbox = mailbox_of(call)
    event, _ = mailbox.event(call.variables["event"], call.variables.get("calendar"))
    return _entity(call, mailbox, event)


def _create(call: Call) -> Answer:
    mailbox = mailbox_of(call)
    calendar = mailbox.calendar(call.variables.get("calendar"))
    _check_editable(calendar)
    given = _given(call)
    check_times(given)
    transaction = given.get("transactionId")
    made = next((row for own in mailbox.calendars for row in events_of(own)
                 if transaction and row.get("transactionId") == transaction), None)  # fmt: skip
    if made is None:
        made = {"id": _new_id(), "createdDateTime": moments.written(datetime.now(UTC)), **_NEW, **given, **_touched()}
        add_event(call, mailbox, calendar, made)
    return _entity(call, mailbox, made, status=201)


def _change(call: Call) -> Answer:
    mailbox = mailbox_of(call)
    event, calendar = mailbox.event(call.variables["event"], call.variables.get("calendar"))
    _check_editable(calendar)
    given = _given(call)
    if "transactionId" in given:
        raise bad_request("The property 'transactionId' cannot be changed.", "ErrorInvalidPropertySet")
    changes = {**given, **_touched()}
    if given.keys() & {"start", "end", "isAllDay"}:
        check_times({**event, **changes})
    replace_event(call, mailbox, calendar, event, changes)
    return _entity(call, mailbox, {**event, **changes})


def _delete(call: Call) -> Answer:
    mailbox = mailbox_of(call)
    event, calendar = mailbox.event(call.variables["event"], call.variables.get("calendar"))
    _check_editable(calendar)
    remove_event(call, mailbox, calendar, event)
    return Answer(204)


def _given(call: Call) -> dict[str, Any]:
    """The properties of the body; raises `GraphError` 400 for what an event cannot be given."""
    try:
        given = call.request.json()
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise bad_request("The request body is not valid JSON.", "RequestBodyRead")
    given = {name: value for name, value in given.items() if not name.startswith("@")}
    for name, value in given.items():
        if name not in _SETTABLE:
            raise bad_request(
                f"The property '{name}' cannot be set on type 'microsoft.graph.event'.", "RequestBodyRead"
            )
        if name in _WORDS and value not in _WORDS[name]:
            raise bad_request(f"Requested value '{value}' was not found.", "RequestBodyRead")
    return given


def _check_editable(calendar: Row) -> None:
    if calendar.get("canEdit") is not True:
        raise access_denied()


def _touched() -> Row:
    return {"changeKey": moments.change_key(), "lastModifiedDateTime": moments.written(datetime.now(UTC))}


def _new_id() -> str:
    """Ids of Outlook are long, and end in `==`."""
    return f"AAMkAG{base64.urlsafe_b64encode(secrets.token_bytes(40)).decode()}"


def _entity(call: Call, mailbox: Mailbox, event: Row, status: int = 200) -> Answer:
    row = shown(event, preferred_zone(call.request.preferences))
    return entity(call, EVENT, row, _context(mailbox), status)


def _context(mailbox: Mailbox) -> str:
    return f"users('{mailbox.user}')/events"


_EVENTS = "users/{user}/calendars/{calendar}/events"
ROUTES = (
    *(
        Route(method, path, handler)
        for path in (_EVENTS, "users/{user}/events")
        for method, handler in (("GET", _list), ("POST", _create))
    ),
    *(
        Route(method, path, handler)
        for path in ("users/{user}/events/{event}", f"{_EVENTS}/{{event}}")
        for method, handler in (("GET", _one), ("PATCH", _change), ("DELETE", _delete))
    ),
)
