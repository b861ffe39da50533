"""What both directions of events share: finding them in either system, and comparing them. (rules.md, E)

Both services change an event by its own id. A plan names Outlook's events by theirs, and the calendar by its Emply user
(none for a room) and the Entra calendar.
"""

from entra_emply.ledger.action import Action, JsonObject
from entra_emply.provisioning.calendars import calendar_of
from entra_emply.provisioning.effect import Context
from entra_emply.provisioning.values import text_of
from entra_emply.text import utc_second

NAMING = ("emplyEventId", "externalId", "calendarExternalId")
"""What says which event it is, and is not changed."""


def enabled_calendar(action: Action, named: JsonObject, targets: Context) -> JsonObject | None:
    """The Emply calendar of an event, while its events are synchronised."""
    calendar = calendar_of(action, named["calendarExternalId"], targets)
    return calendar if calendar is not None and calendar.get("enabled") is True else None


def contents(after: JsonObject) -> dict[str, object]:
    """What an event is made of, without what only names it."""
    return {name: value for name, value in after.items() if name not in NAMING and value is not None}


def in_outlook(action: Action, targets: Context) -> JsonObject | None:
    """Outlook's event of an action as it is now; None where it is gone."""
    external_id = text_of(action.before or {}, "externalId")
    if action.entra_id is None or external_id is None:
        return None
    return targets.graph.event(action.entra_id, external_id)


def is_in_window(event: JsonObject, targets: Context) -> bool:
    """It overlaps; touching is not overlapping. What has no times overlaps nothing; no window is one without end."""
    start, end = utc_second(event.get("start")), utc_second(event.get("end"))
    if start is None or end is None:
        return False
    return targets.window is None or (start < targets.window[1] and end > targets.window[0])
