"""What both directions of events share: finding an event and its calendar in either system. (rules.md, E)

A plan names an event of Outlook by its Outlook id, and a calendar by its Emply user (none for a room) and its Entra
calendar.
"""

from entra_emply.ledger.action import Action, JsonObject
from entra_emply.provisioning.calendars import calendar_of
from entra_emply.provisioning.effect import Context
from entra_emply.provisioning.values import given, text_of
from entra_emply.reconciliation.rules.days import dates_of
from entra_emply.text import utc_second

NAMING = ("emplyEventId", "externalId", "calendarExternalId")
"""The properties that identify an event; they are never changed."""
TIMES = ("start", "end")


def enabled_calendar(action: Action, named: JsonObject, context: Context) -> JsonObject | None:
    """The Emply calendar of an event; None where its events are not synchronised."""
    calendar = calendar_of(action, named["calendarExternalId"], context)
    return calendar if calendar is not None and calendar.get("enabled") is True else None


def contents(after: JsonObject) -> dict[str, object]:
    """The properties to create an event with."""
    return given(after, without=NAMING)


def in_outlook(action: Action, context: Context) -> JsonObject | None:
    """Outlook's event of an action, as it is now, with its dates; None where it was deleted."""
    external_id = text_of(action.before or {}, "externalId")
    if action.entra_id is None or external_id is None:
        return None
    found = context.graph.events.event(action.entra_id, external_id)
    return None if found is None else with_dates(found, action)


def with_dates(event: JsonObject, action: Action) -> JsonObject:
    """The event, of either system; one of whole days with its dates in the zone of the calendar's owner (E0)."""
    start, end = utc_second(event.get("start")), utc_second(event.get("end"))
    if event.get("isAllDay") is not True or start is None or end is None:
        return event
    return {**event, **dict(zip(TIMES, dates_of(start, end, action.zone), strict=True))}


def is_in_window(event: JsonObject, context: Context) -> bool:
    """Whether the event overlaps the window; touching is not overlapping. Without a window every event does."""
    start, end = utc_second(event.get("start")), utc_second(event.get("end"))
    if start is None or end is None:
        return False
    return context.window is None or (start < context.window[1] and end > context.window[0])
