"""Outlook's events in Emply: writing and deleting them. (rules.md, E1)"""

from collections.abc import Sequence
from functools import partial

from entra_emply.ledger.action import Action, JsonObject
from entra_emply.provisioning.calendars import calendar_of
from entra_emply.provisioning.effect import EMPLY, Context, Done, Effect, Write
from entra_emply.provisioning.events import NAMING, contents, enabled_calendar, in_outlook, is_in_window, with_dates
from entra_emply.provisioning.values import holds, text_of


def _prepare_upsert(action: Action, context: Context) -> Write | None:
    calendar = enabled_calendar(action, action.fields, context)
    if calendar is None:
        return None
    calendar_id, external_id = str(calendar["id"]), str(action.fields["externalId"])
    fields = contents(action.fields)

    def write() -> Done:
        context.emply.put_event(calendar_id, external_id, fields)
        return Done(external_id)

    return write


def _look_for_upserted(action: Action, context: Context) -> Done | None:
    context.calendars.read_again()
    calendar = calendar_of(action, action.fields["calendarExternalId"], context)
    there = _from_outlook(action.fields, calendar, context)
    upserted = any(holds(action.fields, event, without=NAMING) for event in there)
    return Done(text_of(action.fields, "externalId")) if upserted else None


def _prepare_deletion(action: Action, context: Context) -> Write | None:
    """Only if Outlook does not show the event in the window, or the calendar is not enabled."""
    calendar, unwanted = _unwanted(action, context)
    if calendar is None or not unwanted:
        return None
    if calendar.get("enabled") is True and _outlook_shows(action, context):
        return None
    return partial(_delete, str(calendar["id"]), unwanted, context)


def _outlook_shows(action: Action, context: Context) -> bool:
    """Whether Outlook has the event, in this calendar and in the window; it is there only if it takes place (E0)."""
    found, before = in_outlook(action, context), action.before or {}
    if found is None or found.get("takesPlace") is False or not is_in_window(found, context):
        return False
    named = (str(action.entra_id), str(before["calendarExternalId"]), str(before["externalId"]))
    return context.graph.events.shows_event(*named, str(found["start"]), str(found["end"]))


def _delete(calendar_id: str, unwanted: Sequence[JsonObject], context: Context) -> Done:
    for event in unwanted:
        context.emply.delete_event(str(event["id"]))
        context.calendars.event_removed(calendar_id, event["id"])
    return Done(str(unwanted[0]["id"]))


def _look_for_deleted(action: Action, context: Context) -> Done | None:
    context.calendars.read_again()
    _, unwanted = _unwanted(action, context)
    return None if unwanted else Done()


def _unwanted(action: Action, context: Context) -> tuple[JsonObject | None, list[JsonObject]]:
    """The calendar, and the events to delete from it: normally one, more where Emply has duplicates.

    In an enabled calendar, events outside the window are left alone.
    """
    before = action.before or {}
    calendar = calendar_of(action, before["calendarExternalId"], context)
    there = _from_outlook(before, calendar, context)
    if calendar is not None and calendar.get("enabled") is True:
        there = [event for event in there if is_in_window(with_dates(event, action), context)]
    return calendar, there


def _from_outlook(named: JsonObject, calendar: JsonObject | None, context: Context) -> list[JsonObject]:
    """The events of a calendar that came from Outlook with this Outlook id."""
    external_id = text_of(named, "externalId")
    events = [] if calendar is None else context.calendars.events(str(calendar["id"]))
    return [event for event in events if event.get("origin") != "emply" and text_of(event, "externalId") == external_id]


UPSERT = Effect(_prepare_upsert, _look_for_upserted, [EMPLY])
DELETE = Effect(_prepare_deletion, _look_for_deleted)
