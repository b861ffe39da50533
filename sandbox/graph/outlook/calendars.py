"""Graph: the calendars of a user. They are only read here."""

from sandbox.exchange import Answer, Row
from sandbox.graph.call import Call, Route
from sandbox.graph.outlook.listing import collection, entity
from sandbox.graph.outlook.mailbox import mailbox_of
from sandbox.graph.paging import Kind

_SHOWN = (
    "id", "name", "color", "hexColor", "isDefaultCalendar", "changeKey", "canShare", "canViewPrivateItems", "canEdit",
    "allowedOnlineMeetingProviders", "defaultOnlineMeetingProvider", "isTallyingResponses", "isRemovable", "owner",
)  # fmt: skip
CALENDAR = Kind("calendar", frozenset(_SHOWN), _SHOWN, frozenset({"allowedOnlineMeetingProviders"}))


def _show(row: Row) -> Row:
    return CALENDAR.project([row], None)[0]


def _list(call: Call) -> Answer:
    mailbox = mailbox_of(call)
    return collection(call, CALENDAR, mailbox.calendars, f"users('{mailbox.user}')/calendars", _show)


def _one(call: Call) -> Answer:
    mailbox = mailbox_of(call)
    row = mailbox.calendar(call.variables.get("calendar"))
    return entity(call, CALENDAR, _show(row), f"users('{mailbox.user}')/calendars")


def _of_event(call: Call) -> Answer:
    """The calendar that an event stands in."""
    mailbox = mailbox_of(call)
    _, row = mailbox.event(call.variables["event"])
    return entity(call, CALENDAR, _show(row), f"users('{mailbox.user}')/calendars")


ROUTES = (
    Route("GET", "users/{user}/calendars", _list),
    Route("GET", "users/{user}/calendars/{calendar}", _one),
    Route("GET", "users/{user}/calendar", _one),
    Route("GET", "users/{user}/events/{event}/calendar", _of_event),
)
