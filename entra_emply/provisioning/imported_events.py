"""Outlook's events in Emply. (rules.md, E1)"""

from collections.abc import Sequence
from functools import partial

from entra_emply.ledger.action import Action, JsonObject
from entra_emply.provisioning.calendars import calendar_of
from entra_emply.provisioning.effect import Context, Done, Effect, Write
from entra_emply.provisioning.events import NAMING, contents, enabled_calendar, in_outlook, is_in_window
from entra_emply.provisioning.values import holds, text_of


def _prepare_upsert(action: Action, targets: Context) -> Write | None:
    calendar = enabled_calendar(action, action.fields, targets)
    if calendar is None:
        return None
    calendar_id, external_id = str(calendar["id"]), str(action.fields["externalId"])
    fields = contents(action.fields)

    def write() -> Done:
        targets.emply.put_event(calendar_id, external_id, fields)
        return Done(external_id)

    return write


def _look_for_upserted(action: Action, targets: Context) -> Done | None:
    targets.calendars.read_again()
    calendar = calendar_of(action, action.fields["calendarExternalId"], targets)
    there = _outlooks(action.fields, calendar, targets)
    upserted = any(holds(action.fields, event, without=NAMING) for event in there)
    return Done(text_of(action.fields, "externalId")) if upserted else None


def _prepare_deletion(action: Action, targets: Context) -> Write | None:
    """Where Outlook does not have the event in the window, or the calendar is not enabled."""
    calendar, unwanted = _unwanted(action, targets)
    if calendar is None or not unwanted:
        return None
    if calendar.get("enabled") is True and _is_shown(action, targets):
        return None
    return partial(_delete, str(calendar["id"]), unwanted, targets)


def _is_shown(action: Action, targets: Context) -> bool:
    """Whether Outlook has the event in this calendar and in the window."""
    found, before = in_outlook(action, targets), action.before or {}
    if found is None or not is_in_window(found, targets):
        return False
    named = (str(action.entra_id), str(before["calendarExternalId"]), str(before["externalId"]))
    return targets.graph.shows_event(*named, str(found["start"]), str(found["end"]))


def _delete(calendar_id: str, unwanted: Sequence[JsonObject], targets: Context) -> Done:
    for event in unwanted:
        targets.emply.delete_event(str(event["id"]))
        targets.calendars.event_removed(calendar_id, event["id"])
    return Done(str(unwanted[0]["id"]))


def _look_for_deleted(action: Action, targets: Context) -> Done | None:
    targets.calendars.read_again()
    _, unwanted = _unwanted(action, targets)
    return None if unwanted else Done()


def _unwanted(action: Action, targets: Context) -> tuple[JsonObject | None, list[JsonObject]]:
    """The calendar, and what is to be deleted from it: one event, if all is well, and its doubles.

    On an enabled calendar what lies outside the window is left alone.
    """
    before = action.before or {}
    calendar = calendar_of(action, before["calendarExternalId"], targets)
    there = _outlooks(before, calendar, targets)
    if calendar is not None and calendar.get("enabled") is True:
        there = [event for event in there if is_in_window(event, targets)]
    return calendar, there


def _outlooks(named: JsonObject, calendar: JsonObject | None, targets: Context) -> list[JsonObject]:
    """The events of origin `outlook` of this Outlook id in a calendar."""
    external_id = text_of(named, "externalId")
    events = [] if calendar is None else targets.calendars.events(str(calendar["id"]))
    return [event for event in events if event.get("origin") != "emply" and text_of(event, "externalId") == external_id]


UPSERT = Effect(_prepare_upsert, _look_for_upserted)
DELETE = Effect(_prepare_deletion, _look_for_deleted)
