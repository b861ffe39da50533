"""What both directions of events share: finding an event and its calendar in either system. (rules.md, E)

A plan names an event of Outlook by its Outlook id, and a calendar by its Emply user (none for a room) and its Entra
calendar.
"""

from datetime import datetime, timedelta

from entra_emply.ledger.action import Action, JsonObject
from entra_emply.provisioning.calendars import calendar_of
from entra_emply.provisioning.effect import Context
from entra_emply.provisioning.values import given, text_of
from entra_emply.text import utc_second

NAMING = ("emplyEventId", "externalId", "calendarExternalId")
"""The properties that identify an event; they are never changed."""


def enabled_calendar(action: Action, named: JsonObject, context: Context) -> JsonObject | None:
    """The Emply calendar of an event; None where its events are not synchronised."""
    calendar = calendar_of(action, named["calendarExternalId"], context)
    return calendar if calendar is not None and calendar.get("enabled") is True else None


def contents(after: JsonObject) -> dict[str, object]:
    """The properties to create an event with."""
    return given(after, without=NAMING)


def in_outlook(action: Action, context: Context) -> JsonObject | None:
    """Outlook's event of an action, as it is now; None where it was deleted."""
    external_id = text_of(action.before or {}, "externalId")
    if action.entra_id is None or external_id is None:
        return None
    return context.graph.events.event(action.entra_id, external_id)


def on_dates_of(values: JsonObject, event: JsonObject) -> JsonObject:
    """Outlook's event; one of whole days with the dates of a plan where it still stands on them (E0).

    Outlook gives midnight of some zone, which is not known here: a time that is less than a day away is of that date.
    """
    if event.get("isAllDay") is not True:
        return event
    same = {name: values[name] for name in ("start", "end") if _less_than_a_day(values.get(name), event.get(name))}
    return {**event, **same}


def _less_than_a_day(one: object, other: object) -> bool:
    first, second = utc_second(one), utc_second(other)
    if first is None or second is None:
        return False
    return abs(datetime.fromisoformat(first) - datetime.fromisoformat(second)) < timedelta(days=1)


def is_in_window(event: JsonObject, context: Context) -> bool:
    """Whether the event overlaps the window; touching is not overlapping. Without a window every event does."""
    start, end = utc_second(event.get("start")), utc_second(event.get("end"))
    if start is None or end is None:
        return False
    return context.window is None or (start < context.window[1] and end > context.window[0])
