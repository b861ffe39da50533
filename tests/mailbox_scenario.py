"""A small scenario for whole runs: its people, their calendars, its settings.

Çağla has a login, a photo and three calendars; Łucja has none yet of Emply's; Søren has no mailbox; a guest and a room.
Days are counted from today, because whole runs go by the real clock.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox import Sandbox
from sandbox.company.customer import ROLES
from sandbox.settings import TENANT_ID

Row = dict[str, Any]
PICTURE = b"\x89PNG\r\n\x1a\n of \xc3\x87a\xc4\x9fla"
SETTINGS = """
synchronize_roles: true
synchronize_calendars: true
profile_pictures: true
protected_roles: [Administrator]
groups:
  - {group: Employees, default_role: Employee, default_department: Copenhagen, language: da-DK}
  - {group: Meeting rooms, meeting_rooms: true}
"""


def at(days: int, hour: int = 0) -> str:
    """A moment of the day that is so many days from today, as both services write it."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return f"{midnight + timedelta(days=days, hours=hour):%Y-%m-%dT%H:%M:%SZ}"


def meeting(name: str, subject: str, days: int, **graph: object) -> Row:
    """An event of an hour in Outlook."""
    times = {"start": at(days, 9), "end": at(days, 10), "isAllDay": False}
    return {
        "id": name,
        "subject": subject,
        **times,
        "showAs": "busy",
        "sensitivity": "normal",
        "changeKey": "1",
    } | graph


def calendar(name: str, title: str, *events: Row, **graph: object) -> Row:
    """An editable calendar in Outlook, the default one unless told otherwise."""
    return {"id": name, "name": title, "canEdit": True, "isDefaultCalendar": True, "events": list(events)} | graph


def own_event(calendar_id: str, name: str = "frokost", title: str = "Frokost på Østerbro") -> Row:
    """An event that was made in Emply."""
    times = {"start": at(3, 11), "end": at(3, 12), "isAllDay": False, "showAs": "busy", "changeKey": None}
    return {"id": name, "calendarId": calendar_id, "externalId": None, "origin": "emply", "title": title, **times}


def mailbox_scenario() -> Row:
    """The whole scenario."""
    people = [
        _person("cagla", "Çağla", "Öztürk"),
        _person("lucja", "Łucja", "Żółć"),
        _person("soren", "Søren", "Ægir"),
        _person("mads", "Mads", "Gæst", userType="Guest", userPrincipalName="mads_fabrikam.dk#EXT#@contoso.com"),
        _person("room", "Mødelokale", "Øst", displayName="Mødelokale Øst"),
    ]
    groups = [
        {"id": "employees", "displayName": "Employees", "members": ["cagla", "lucja", "soren", "mads"]},
        {"id": "rooms", "displayName": "Meeting rooms", "members": ["room"]},
    ]
    photo = {"mediaEtag": '"foto-1"', "contentBase64": base64.b64encode(PICTURE).decode()}
    return {
        "entra": {
            "organization": {"id": TENANT_ID, "displayName": "Contoso", "verifiedDomains": [{"name": "contoso.com"}]},
            "users": people,
            "groups": groups,
            "photos": {"cagla": photo},
            "calendars": _calendars(),
        },
        "emply": {
            "users": [_login("cagla", "Çağla", "Öztürk"), _login("soren", "Søren", "Ægir")],
            "employees": [{"id": "helle", "number": 1, "firstName": "Helle", "email": "helle@emply.example"}],
            "roles": [{"id": title.lower(), "title": title} for title in ROLES],
            "departments": [{"id": "copenhagen", "title": "Copenhagen"}],
        },
    }


def _calendars() -> Row:
    return {
        "cagla": [
            calendar(
                "cagla-own",
                "Takvim",
                meeting("standup", "Toplantı", 1),
                meeting("doctor", "Doktor randevusu", 2, sensitivity="private"),
                meeting("long-ago", "Eğitim", -90),
            ),
            calendar("cagla-projects", "Projeler", meeting("review", "Proje", 4), isDefaultCalendar=False),
            calendar("cagla-holidays", "Bayramlar", isDefaultCalendar=False, canEdit=False),
        ],
        "lucja": [calendar("lucja-own", "Kalendarz", meeting("bhp", "Szkolenie BHP", 5))],
        "room": [calendar("room-own", "Kalender", meeting("board", "Bestyrelsesmøde", 6), canEdit=False)],
    }


def _person(name: str, given: str, surname: str, **graph: object) -> Row:
    address = f"{name}@contoso.com"
    names = {"givenName": given, "surname": surname, "displayName": f"{given} {surname}"}
    return {"id": name, "userPrincipalName": address, "mail": address, **names, "userType": "Member"} | graph


def _login(name: str, given: str, surname: str) -> Row:
    address = f"{name}@contoso.com"
    names = {"username": address, "email": address, "firstName": given, "lastName": surname}
    return {"id": f"login-{name}", **names, "active": True, "employeeId": None, "roleIds": ["employee"]}


@contextmanager
def edited(sandbox: Sandbox) -> Iterator[Row]:
    """The state, to be changed as people in Outlook, Entra or Emply do."""
    state = sandbox.state()
    yield state
    sandbox.put_state(state)


def row(rows: list[Row], name: str, by: str = "id") -> Row:
    """The only one of this id."""
    (found,) = (each for each in rows if each[by] == name)
    return found


def in_outlook(state: Row, owner: str, number: int = 0) -> Row:
    """One of somebody's calendars in Outlook."""
    found: Row = state["entra"]["calendars"][owner][number]
    return found


def in_emply(state: Row, external_id: str) -> Row:
    """The calendar in Emply that came from this one."""
    return row(state["emply"]["calendars"], external_id, by="externalId")


def titles(state: Row, external_id: str) -> set[str]:
    """The titles of the events that a calendar in Emply has."""
    own = in_emply(state, external_id)["id"]
    return {each["title"] for each in state["emply"]["events"] if each["calendarId"] == own}


def subjects(calendar: Row) -> list[str]:
    """The subjects of the events that a calendar in Outlook has."""
    return sorted(each["subject"] for each in calendar["events"])
