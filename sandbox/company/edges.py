"""What the made-up company has a few of: cases that write-back, single sign-on and HR's own eyes are for.

It adds to what `tenant` and `customer` made, and changes nothing of it.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from sandbox import moments
from sandbox.company.names import OFFICES, Addresses, guid
from sandbox.company.people import Person
from sandbox.exchange import Row

_EVERY, _MOST = 200, 20


def add_edges(rng: Random, company: Row, people: Sequence[Person], today: date) -> None:
    """Add them to a scenario that was just made of these people; their number is bounded."""
    few = min(_MOST, 1 + len(people) // _EVERY)
    entra, emply = company["entra"], company["emply"]
    entra["servicePrincipals"] = [_application(rng, entra["groups"], people[:few])]
    former = _former(rng)
    entra["deletedUsers"].append(former)
    starters = _starters(rng, emply, people, few)
    returner = _starter(rng, emply, former["givenName"], former["surname"], former["mail"])
    near = [_near(rng, emply, person) for person in _without_employee(emply, people)[:few]]
    emply["users"] += [*starters, returner]
    emply["employees"] += near
    emply["calendars"], emply["events"] = _own_calendars(rng, emply["users"][: few * 2], today)


def _application(rng: Random, groups: Iterable[Row], assigned: Iterable[Person]) -> Row:
    """Assignment is required; the employees' group has it, and a few people by themselves. Consultants do not."""
    employees = next(group["id"] for group in groups if group["displayName"] == "Employees")
    return {
        "id": guid(rng), "appId": guid(rng), "displayName": "Emply People", "accountEnabled": True,
        "appRoleAssignmentRequired": True,
        "appRoleAssignedTo": [
            {"principalId": employees, "principalType": "Group"},
            *({"principalId": person.id, "principalType": "User"} for person in assigned),
        ],
    }  # fmt: skip


def _former(rng: Random) -> Row:
    """Somebody who was deleted in Entra and still has a login in Emply: to be restored, not made again."""
    name = guid(rng)
    return {
        "id": name, "userPrincipalName": f"{name.replace('-', '')}former.colleague@contoso.com",
        "mail": "former.colleague@contoso.com", "displayName": "Gudrun Ågård", "givenName": "Gudrun",
        "surname": "Ågård", "userType": "Member", "accountEnabled": True, "deletedDateTime": "2026-11-16T08:00:00Z",
    }  # fmt: skip


def _starters(rng: Random, emply: Row, people: Sequence[Person], count: int) -> list[Row]:
    """Logins in Emply of people who have no account in Entra yet, with addresses of the company's."""
    taken, addresses = {person.upn.casefold() for person in people}, Addresses()
    starters: list[Row] = []
    while len(starters) < count:
        office = rng.choice(OFFICES)
        first, last = rng.choice(office.first), rng.choice(office.last)
        address = f"{addresses.take(first, last)}@{office.domain}"
        if address not in taken:
            starters.append(_starter(rng, emply, first, last, address))
    return starters


def _starter(rng: Random, emply: Row, first: str, last: str, address: str) -> Row:
    like = emply["users"][0] if emply["users"] else {}
    return {
        **like, "id": guid(rng), "username": address, "email": address, "firstName": first, "lastName": last,
        "jobTitle": "Trainee", "mobilePhone": None, "roleIds": [emply["roles"][2]["id"]], "employeeId": None,
        "active": True, "photoEtag": None,
    }  # fmt: skip


def _without_employee(emply: Row, people: Sequence[Person]) -> list[Person]:
    known = {str(row["email"]).casefold() for row in emply["employees"] if row["email"]}
    return [
        person for person in people
        if person.fate == "login" and person.mail and not person.is_guest and person.mail.casefold() not in known
    ]  # fmt: skip


def _near(rng: Random, emply: Row, person: Person) -> Row:
    """An employee whose e-mail is somebody's but for a slip of the finger."""
    local, _, domain = str(person.mail).partition("@")
    at = rng.randrange(1, len(local) - 1)
    slips = (local[:at] + local[at + 1 :], local[:at] + local[at] + local[at:])
    return {
        "id": guid(rng), "number": 90_000 + len(emply["employees"]) + rng.randrange(1000), "firstName": person.first,
        "lastName": f"{person.last}-{rng.choice('ABC')}", "email": f"{rng.choice(slips)}@{domain}", "status": "active",
        "jobTitle": person.title, "mobilePhone": None, "departmentId": emply["departments"][0]["id"],
        "resignationDate": None,
    }  # fmt: skip


def _own_calendars(rng: Random, users: Sequence[Row], today: date) -> tuple[list[Row], list[Row]]:
    """Calendars that people made in Emply, with events of their own; none came from Entra."""
    calendars: list[Row] = []
    events: list[Row] = []
    for user in users:
        calendar = {
            "id": guid(rng), "userId": user["id"], "externalId": None, "kind": "user", "name": "Rejseplan",
            "isDefault": False, "enabled": True, "canDisable": True, "shareDatesAndTitles": False,
        }  # fmt: skip
        start = datetime.combine(today, time(9), UTC) + timedelta(days=rng.randrange(1, 60))
        calendars.append(calendar)
        events.append({
            "id": guid(rng), "calendarId": calendar["id"], "externalId": None, "origin": "emply",
            "title": "Medarbejdersamtale", "start": moments.written(start),
            "end": moments.written(start + timedelta(hours=1)), "isAllDay": False, "showAs": "busy", "changeKey": None,
        })  # fmt: skip
    return calendars, events
