"""A mailbox for the tests of calendars: Zoë's, with a series and an event of every odd kind."""

from typing import Any

Row = dict[str, Any]

WINDOW = {"startDateTime": "2026-11-23T00:00:00Z", "endDateTime": "2026-11-30T00:00:00Z"}
USERS = [
    {"id": "zoë", "userPrincipalName": "zoe@contoso.com", "displayName": "Zoë"},
    {"id": "łucja", "userPrincipalName": "lucja@contoso.pl"},
    {"id": "ipek", "userPrincipalName": "ipek@contoso.com"},
]


def event(name: str, start: str, end: str, **more: object) -> Row:
    """An event of November 2026, from and to a day and time such as `24T10:00`."""
    key = {"subject": name.title(), "changeKey": f"{name}-1"}
    return {"id": name, "start": f"2026-11-{start}:00Z", "end": f"2026-11-{end}:00Z", **key, **more}


def calendar(name: str, *events: Row, **more: object) -> Row:
    return {"id": name, "name": name.title(), "canEdit": True, "events": list(events), **more}


SERIES = {
    **event("series", "17T09:00", "17T09:30"),
    "type": "seriesMaster",
    "recurrence": {"pattern": {"type": "weekly", "interval": 1}},
    "occurrences": [
        {"id": "before", "start": "2026-11-17T09:00:00Z", "end": "2026-11-17T09:30:00Z"},
        {"id": "within", "start": "2026-11-24T09:00:00Z", "end": "2026-11-24T09:30:00Z"},
        {"id": "moved", "start": "2026-11-26T14:00:00Z", "end": "2026-11-26T14:30:00Z", "subject": "Ændret"},
    ],
}
MEETING = {
    **event("meeting", "24T10:00", "24T11:00", showAs="busy", sensitivity="private"),
    "start": {"dateTime": "2026-11-24T11:00:00.0000000", "timeZone": "Europe/Copenhagen"},
    "end": {"dateTime": "2026-11-24T12:00:00.0000000", "timeZone": "Europe/Copenhagen"},
}
HOLIDAY = {
    **event("holiday", "29T00:00", "30T00:00", isAllDay=True, showAs="oof"),
    "start": {"dateTime": "2026-11-29T00:00:00.0000000", "timeZone": "Europe/Copenhagen"},
    "end": {"dateTime": "2026-11-30T00:00:00.0000000", "timeZone": "Europe/Copenhagen"},
}
TOUCHING = event("touching", "22T23:00", "23T00:00")

DEFAULT = calendar("own", MEETING, HOLIDAY, TOUCHING, SERIES, isDefaultCalendar=True, owner={"name": "Zoë"})
TEAM = calendar("team", event("lunch", "25T11:00", "25T12:00"), canEdit=False)


def scenario(*calendars: Row) -> Row:
    """Zoë has these calendars (else her two), İpek's mailbox is closed to the app, and Łucja has none."""
    mailboxes = {"zoë": list(calendars) or [DEFAULT, TEAM], "ipek": {"error": "ErrorAccessDenied"}}
    return {"entra": {"users": USERS, "calendars": mailboxes}}
