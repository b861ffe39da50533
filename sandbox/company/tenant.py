"""The made-up company's side in Entra: accounts, groups and who is in them. Its Emply side is `customer`."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from random import Random

from sandbox.company.customer import make_emply
from sandbox.company.edges import add_edges
from sandbox.company.mailboxes import make_calendars, make_photos
from sandbox.company.names import OFFICES, PARTNERS, TENANT, Addresses, Office, guid, phone
from sandbox.company.people import Fate, Person
from sandbox.exchange import Row
from sandbox.state import ORGANIZATION

TITLES = ("Engineer", "Accountant", "Designer", "Analyst", "Technician", "Sales Representative", "Controller")
EXTRA_GROUPS = {"Managers": 0.1, "HR": 0.03, "Payroll": 0.02, "Recruitment": 0.03}
GUESTS, ROOMS_EVERY, FEW_EVERY = 0.05, 150, 400


def make_company(users: int, seed: int, today: date | None = None) -> Row:
    """A scenario of so many Entra accounts (guests and rooms among them) and the Emply customer that goes with it.

    Nine in ten of the people in scope have a login in Emply: most by username, some only by e-mail or in other
    letters; some of the rest are joiners, always fewer than one in ten Emply users. There are also leavers, HR records
    without login, logins without HR record, externals, a few ambiguous addresses and two administrators. Events lie
    around `today` (UTC's, where it is not given).
    """
    rng = Random(seed)  # noqa: S311 - no secrets, and the same for the same seed
    people = _people(rng, users)
    rooms = [_room(rng, n) for n in range(users - len(people))]
    _decide_fates(rng, people)
    _join_groups(rng, people)
    company: Row = {
        "entra": {
            "organization": {**ORGANIZATION, "verifiedDomains": _domains()},
            "users": [user_row(person) for person in [*people, *rooms]],
            "groups": _groups(rng, people, rooms),
            "deletedUsers": [_deleted(rng, n) for n in range(users // 100)],
        },
        "emply": make_emply(rng, people),
    }
    # A generator of its own: who works here does not depend on what happens to be in calendars.
    more, day = Random(f"{seed}, more"), today or datetime.now(UTC).date()  # noqa: S311 - as above
    company["entra"]["photos"] = make_photos(more, people)
    company["entra"]["calendars"] = make_calendars(more, people, rooms, day)
    add_edges(more, company, people, day)
    return company


def _people(rng: Random, users: int) -> list[Person]:
    addresses = Addresses()
    count = users - (users // ROOMS_EVERY + 2 if users > ROOMS_EVERY else users // 10)
    offices = rng.choices(OFFICES, [office.weight for office in OFFICES], k=count)
    guests = int(count * GUESTS)
    return [_person(rng, office, addresses, guest=n < guests) for n, office in enumerate(offices)]


def _person(rng: Random, office: Office, addresses: Addresses, *, guest: bool) -> Person:
    first, last = rng.choice(office.first), rng.choice(office.last)
    local = addresses.take(first, last)
    if guest:
        partner = rng.choice(PARTNERS)
        mail, upn = f"{local}@{partner}", f"{local}_{partner}#EXT#@{TENANT}"
    else:
        mail = upn = f"{local}@{office.domain}"
        if rng.random() < 0.1:  # noqa: PLR2004 - a tenth write their names larger in mails
            mail = f"{local.title()}@{office.domain}"
    mobile = phone(rng, office.prefix) if rng.random() < 0.7 else None  # noqa: PLR2004 - seven in ten have one
    return Person(guid(rng), office, first, last, f"{first} {last}", mail, upn, rng.choice(TITLES), mobile)


def _room(rng: Random, number: int) -> Person:
    office = OFFICES[number % len(OFFICES)]
    address = f"room.{office.city.lower()}.{number + 1}@{office.domain}"
    return Person(guid(rng), office, "", "", f"{office.city} {number + 1}", address, address, "", None, "room")


def _decide_fates(rng: Random, people: list[Person]) -> None:
    """Shares are dealt, not drawn: guards go by exact numbers, and must not hold one seed and free another."""
    members = [person for person in people if not person.is_guest]
    guests = [person for person in people if person.is_guest]
    few = max(1, len(people) // FEW_EVERY)
    inside = _deal(rng, members, {"leaver": 0.03, "unmanaged": 0.05, "nested": 0.01})
    inside = _deal(rng, inside, {"joiner": 0.08, "archived": 0.015, "deactivated": 0.01})
    _deal(rng, guests, {"visitor": 0.2, "no mail": 0.03, "joiner": 0.06})
    fates: tuple[tuple[Fate, int], ...] = (("administrator", 2), ("twice", few), ("taken", 2 * few))
    for fate, count in fates:
        # Of very few people none is a special case.
        for person in inside[: count if len(inside) > FEW_EVERY // 10 else 0]:
            person.fate = fate
        inside = inside[count:]
    for person in guests:
        if person.fate == "no mail":
            person.mail = None


def _deal(rng: Random, people: list[Person], shares: dict[Fate, float]) -> list[Person]:
    """Give each fate its share of the people; returns those who got none."""
    waiting = list(people)
    rng.shuffle(waiting)
    for fate, share in shares.items():
        count = round(len(people) * share)
        for person in waiting[:count]:
            person.fate = fate
        waiting = waiting[count:]
    return waiting


def _join_groups(rng: Random, people: Iterable[Person]) -> None:
    for person in people:
        if person.fate in ("unmanaged", "nested", "visitor"):
            continue
        if person.is_guest:
            person.groups = ["Consultants"]
        elif person.fate != "leaver" or rng.random() < 0.5:  # noqa: PLR2004 - half are still in their groups
            person.groups = ["Employees", *(group for group, share in EXTRA_GROUPS.items() if rng.random() < share)]
            if "Managers" in person.groups:
                person.title = "Team Lead"


def _domains() -> list[Row]:
    return [
        {"name": "contoso.com", "isDefault": True, "isInitial": False},
        {"name": "contoso.dk", "isDefault": False, "isInitial": False},
        {"name": "contoso.pl", "isDefault": False, "isInitial": False},
        {"name": TENANT, "isDefault": False, "isInitial": True},
    ]


def user_row(person: Person) -> Row:
    """The account as Graph has it."""
    return {
        "id": person.id,
        "userPrincipalName": person.upn,
        "mail": person.mail,
        "displayName": person.name,
        "givenName": person.first or None,
        "surname": person.last or None,
        "jobTitle": person.title or None,
        "mobilePhone": person.mobile,
        "department": None,
        "officeLocation": person.office.city,
        "usageLocation": person.office.country,
        "userType": "Guest" if person.is_guest else "Member",
        "accountEnabled": person.enabled,
        "onPremisesSyncEnabled": None,
        "otherMails": [person.mail] if person.is_guest and person.mail else [],
        "proxyAddresses": [f"SMTP:{person.mail}"] if person.mail else [],
    }


def _deleted(rng: Random, number: int) -> Row:
    first, last = rng.choice(OFFICES[0].first), rng.choice(OFFICES[0].last)
    name, local = guid(rng), f"former.employee{number + 1}"
    return {
        "id": name,
        # Graph puts the id before the name of who was deleted, so that the name can be given again.
        "userPrincipalName": f"{name.replace('-', '')}{local}@contoso.com",
        "mail": f"{local}@contoso.com",
        "displayName": f"{first} {last}",
        "givenName": first,
        "surname": last,
        "userType": "Member",
        "accountEnabled": True,
        "deletedDateTime": "2026-11-16T08:00:00Z",
    }


def _groups(rng: Random, people: list[Person], rooms: list[Person]) -> list[Row]:
    members: dict[str, list[str]] = {name: [] for name in ("Employees", *EXTRA_GROUPS, "Consultants")}
    for person in people:
        for group in person.groups:
            members[group].append(person.id)
    copenhagen = [person.id for person in people if person.office is OFFICES[0] and "Employees" in person.groups]
    copenhagen += [person.id for person in people if person.fate == "nested"]
    office = _group(rng, "Copenhagen office", copenhagen)
    members["Employees"].append(office["id"])
    everybody = [person.id for person in people if person.enabled and not person.is_guest]
    return [
        *(_group(rng, name, ids) for name, ids in members.items()),
        _group(rng, "Meeting rooms", [room.id for room in rooms]),
        office,
        _group(rng, "Football", rng.sample(everybody, len(everybody) // 20)),
        {
            **_group(rng, "All staff", everybody),
            "groupTypes": ["DynamicMembership"],
            "membershipRule": '(user.userType -eq "Member") and (user.accountEnabled -eq true)',
            "membershipRuleProcessingState": "On",
        },
    ]


def _group(rng: Random, name: str, members: list[str]) -> Row:
    return {
        "id": guid(rng),
        "displayName": name,
        "description": None,
        "groupTypes": [],
        "mailEnabled": False,
        "mailNickname": name.lower().replace(" ", "-"),
        "securityEnabled": True,
        "members": members,
    }
