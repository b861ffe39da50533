"""A tenant of 45 people, 40 with a mailbox and one with a closed one: what it is made of, and how it is read."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from entra_emply.connectors.entra.client import GraphClient
from entra_emply.connectors.entra.event_deltas import IN_MAILBOX
from entra_emply.connectors.reads import MultiRead, Read
from sandbox import Sandbox

PEOPLE = 45  # three batches
IDS = [f"u{n:02}" for n in range(PEOPLE)]
WINDOW = ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
NO_PAIRS = pd.DataFrame(columns=IN_MAILBOX, dtype="str")
CANARY = "Fyringssamtale med Søren"
Row = dict[str, Any]


def event(name: str, day: int = 5, **more: object) -> Row:
    """An event of a day of November."""
    return {
        "id": name, "subject": CANARY, "changeKey": f"{name}-1", "showAs": "busy", "isAllDay": False,
        "start": f"2026-11-{day:02}T09:00:00Z", "end": f"2026-11-{day:02}T10:00:00Z", **more,
    }  # fmt: skip


def some_series(name: str, *days: int) -> Row:
    occurrences = [{"id": f"{name}-{day}", **times(day)} for day in days]
    return event(name, days[0], type="seriesMaster", occurrences=occurrences)


def times(day: int) -> Row:
    return {"start": f"2026-11-{day:02}T12:00:00Z", "end": f"2026-11-{day:02}T13:00:00Z"}


def calendars_of(user: str) -> list[Row]:
    own = [event(f"{user}-{day}", day) for day in range(1, 5)]
    return [
        {"id": f"{user}-own", "name": "Kalender", "canEdit": True, "isDefaultCalendar": True, "events": own},
        {"id": f"{user}-team", "name": "Zespół", "canEdit": False, "events": []},
    ]


def scenario() -> Row:
    calendars: Row = {user: calendars_of(user) for user in IDS[:40]}
    calendars["u41"] = {"error": "ErrorAccessDenied"}
    calendars["u07"][0]["events"].append(some_series("daily", 2, 3, 4))
    return {
        "users": [{"id": user, "userPrincipalName": f"{user}@contoso.com"} for user in IDS],
        "groups": [
            {"id": "sso", "displayName": "Çalışanlar", "members": ["u03", "u04", "inner"]},
            {"id": "inner", "displayName": "Inner", "members": ["u05"]},
        ],
        "deletedUsers": [{"id": "gone", "userPrincipalName": "gonezoe@contoso.com"}],
        "servicePrincipals": [
            {
                "id": "app",
                "appRoleAssignmentRequired": True,
                "appRoleAssignedTo": [
                    {"principalType": kind, "principalId": name}
                    for kind, name in (("User", "u01"), ("Group", "sso"), ("ServicePrincipal", "other"))
                ],
            }
        ],
        "photos": {
            "u01": {"mediaEtag": 'W/"1"', "contentBase64": "/9j/4AAQ"},
            "u02": {"mediaEtag": "", "contentBase64": ""},
            "u03": {"mediaEtag": 'W/"3"', "contentBase64": "/9j/4AAQ"},
        },
        "calendars": calendars,
    }


def wanted_calendars(*users: str) -> pd.DataFrame:
    rows = [(user, f"{user}-{which}") for user in users or IDS[:40] for which in ("own", "team")]
    return pd.DataFrame(rows, columns=["entra_id", "calendar_id"], dtype="str")


def read_events(client: GraphClient, previous: MultiRead | None = None, paired: pd.DataFrame = NO_PAIRS) -> MultiRead:
    return client.events.read(wanted_calendars(), WINDOW, None if previous is None else previous.frames, paired)


def sent(server: Sandbox) -> list[Row]:
    return [entry for entry in server.requests() if entry["path"].startswith("/v1.0")]


def items(server: Sandbox) -> list[Row]:
    return [item for entry in sent(server) for item in entry.get("batch", ())]


READS: dict[str, tuple[str, Callable[[GraphClient], Read | MultiRead]]] = {
    "photos": (r"/photo$", lambda client: client.mailboxes.photos(IDS)),
    "calendars": (r"/calendars$", lambda client: client.mailboxes.calendars(IDS)),
    "events": (r"/calendarView/delta$", read_events),
    "batch of photos": (r"\$batch$", lambda client: client.mailboxes.photos(IDS)),
    "batch of calendars": (r"\$batch$", lambda client: client.mailboxes.calendars(IDS)),
    "batch of events": (r"\$batch$", read_events),
    "deleted users": (r"deletedItems/microsoft.graph.user$", lambda client: client.directory.deleted_users()),
    "application": (r"servicePrincipals/app$", lambda client: client.directory.application("app")),
    "assignments": (r"appRoleAssignedTo$", lambda client: client.directory.application("app")),
    "assigned groups": (r"groups/sso/members$", lambda client: client.directory.application("app")),
}


def frames_of(read: Read | MultiRead) -> Mapping[str, pd.DataFrame]:
    frames = {"": read.frame} if isinstance(read, Read) else read.frames
    return {name: frame for name, frame in frames.items() if name != "entra_cursors"}


def same(one: Read | MultiRead, other: Read | MultiRead) -> bool:
    return all(frame.equals(frames_of(other)[name]) for name, frame in frames_of(one).items())
