"""The made-up company: the same for the same seed, believable, and nothing in it that a guard would hold for long."""

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sandbox import moments
from sandbox.company import make_company
from sandbox.company.mailboxes import MOST_EVENTS
from sandbox.state import State

CONFIGURED = ("Employees", "Managers", "HR", "Payroll", "Recruitment", "Consultants")


def members(company: dict[str, Any], group: str) -> set[str]:
    return next(set(row["members"]) for row in company["entra"]["groups"] if row["displayName"] == group)


def in_scope(company: dict[str, Any]) -> list[dict[str, Any]]:
    grouped = set().union(*(members(company, group) for group in CONFIGURED))
    return [user for user in company["entra"]["users"] if user["id"] in grouped and user["accountEnabled"]]


def with_login(company: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The people in scope who have a login, by what it is recognised by."""
    usernames = {row["username"].casefold() for row in company["emply"]["users"]}
    emails = {row["email"].casefold() for row in company["emply"]["users"] if row["email"]}
    found: dict[str, list[dict[str, Any]]] = {"username": [], "email": []}
    for user in in_scope(company):
        if user["userPrincipalName"].casefold() in usernames:
            found["username"].append(user)
        elif user["mail"] and user["mail"].casefold() in emails:
            found["email"].append(user)
    return found


TODAY = date(2026, 11, 22)


def calendars(company: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The calendars of every mailbox that the app may open."""
    return {user: held for user, held in company["entra"]["calendars"].items() if isinstance(held, list)}


def events(company: dict[str, Any]) -> list[dict[str, Any]]:
    return [event for held in calendars(company).values() for calendar in held for event in calendar["events"]]


def test_one_seed_is_one_company() -> None:
    assert make_company(300, 1, TODAY) == make_company(300, 1, TODAY)
    assert make_company(300, 1, TODAY) != make_company(300, 2, TODAY)


@pytest.mark.parametrize("users", [1, 2, 7, 30, 400])
def test_it_has_as_many_accounts_as_asked_for_and_is_a_scenario(users: int) -> None:
    company = make_company(users, 0)

    assert len(company["entra"]["users"]) == users
    assert len(State(company).entra["users"]) == users


@pytest.mark.parametrize("users", [60, 200, 1000, 5000])
@pytest.mark.parametrize("seed", [0, 1])
def test_about_nine_in_ten_have_a_login_and_joiners_need_no_approval(users: int, seed: int) -> None:
    company = make_company(users, seed)
    found = with_login(company)
    known = len(found["username"]) + len(found["email"])

    assert 0.85 <= known / len(in_scope(company)) <= 0.92
    emply = len(company["emply"]["users"])
    creatable = [user for user in in_scope(company) if user["mail"]]
    archived = {row["email"] for row in company["emply"]["employees"] if row["status"] == "archived"}
    joiners = len(creatable) - known - sum(user["mail"] in archived for user in creatable)
    assert 0 < joiners <= max(20, math.ceil(emply / 10))


def test_every_exception_is_there() -> None:
    company = make_company(1000, 3)
    users, logins = company["entra"]["users"], company["emply"]["users"]
    found = with_login(company)

    assert len(found["email"]) > 50
    assert any(user["mail"] != user["userPrincipalName"] for user in found["username"])
    assert {user["userType"] for user in users} == {"Member", "Guest"}
    assert any(not user["accountEnabled"] for user in users)
    assert any(not login["active"] for login in logins)
    assert {row["status"] for row in company["emply"]["employees"]} == {"active", "pending", "archived"}
    assert any(row["email"] is None for row in company["emply"]["employees"])
    assert {
        domain
        for domain in ("contoso.com", "contoso.dk", "contoso.pl")
        if any(user["userPrincipalName"].endswith(f"@{domain}") for user in users)
    } == {"contoso.com", "contoso.dk", "contoso.pl"}
    assert company["entra"]["deletedUsers"]


def test_two_are_administrators() -> None:
    company = make_company(500, 3)
    (administrator,) = (row["id"] for row in company["emply"]["roles"] if row["title"] == "Administrator")

    assert sum(administrator in login["roleIds"] for login in company["emply"]["users"]) == 2


def test_some_emails_belong_to_two_logins() -> None:
    emails = [login["email"] for login in make_company(500, 3)["emply"]["users"]]

    assert len(emails) > len(set(emails))


def test_groups_are_nested_dynamic_and_of_rooms() -> None:
    company = make_company(300, 0)
    groups = {row["displayName"]: row for row in company["entra"]["groups"]}
    rooms = members(company, "Meeting rooms")

    assert groups["Copenhagen office"]["id"] in groups["Employees"]["members"]
    assert groups["All staff"]["groupTypes"] == ["DynamicMembership"]
    assert rooms
    assert not any(user["accountEnabled"] for user in company["entra"]["users"] if user["id"] in rooms)


def test_principal_names_are_plain_letters_and_nobodys_twice() -> None:
    names = [user["userPrincipalName"] for user in make_company(2000, 0)["entra"]["users"]]

    assert len({name.casefold() for name in names}) == len(names)
    assert all(name.isascii() for name in names)


def test_most_members_have_a_photo_and_a_few_one_without_etag() -> None:
    company = make_company(1000, 0)
    guests = {user["id"] for user in company["entra"]["users"] if user["userType"] == "Guest"}
    photos = company["entra"]["photos"]

    assert 0.5 < len(photos) / (1000 - len(guests)) < 0.7
    assert guests.isdisjoint(photos)
    assert 0 < sum(not photo["mediaEtag"] for photo in photos.values()) < 30


@pytest.mark.parametrize("users", [60, 200, 1000])
def test_members_and_rooms_have_mailboxes_but_for_a_few(users: int) -> None:
    company = make_company(users, 1)
    members_of_company = {user["id"] for user in company["entra"]["users"] if user["userType"] == "Member"}
    rooms, held = members(company, "Meeting rooms"), company["entra"]["calendars"]

    assert 0.9 <= len(held) / len(members_of_company) < 1
    assert held.keys() <= members_of_company
    assert rooms <= held.keys()
    assert all(isinstance(each, list) for each in held.values())


def test_every_mailbox_has_one_default_calendar_and_some_have_others() -> None:
    company = make_company(1000, 0)
    all_calendars = [calendar for held in calendars(company).values() for calendar in held]

    assert {sum(calendar["isDefaultCalendar"] for calendar in held) for held in calendars(company).values()} == {1}
    assert any(not calendar["canEdit"] for calendar in all_calendars)
    assert len({calendar["id"] for calendar in all_calendars}) == len(all_calendars)


def test_events_are_of_every_kind_and_within_and_outside_the_usual_window() -> None:
    found = events(make_company(1000, 0, TODAY))
    today = datetime(2026, 11, 22, tzinfo=UTC)
    since, until = today - timedelta(days=30), today + timedelta(days=181)
    spans = [(moments.read(event["start"]), moments.read(event["end"])) for event in found]

    inside = {moments.overlaps(start, end, since, until) for start, end in spans if start and end}
    assert inside == {True, False}
    assert {event["sensitivity"] for event in found} == {"normal", "private"}
    assert {event["isAllDay"] for event in found} == {True, False}
    assert {event["type"] for event in found} == {"singleInstance", "seriesMaster"}
    assert all(len(event["occurrences"]) == 12 for event in found if event["type"] == "seriesMaster")


def test_a_very_large_company_has_not_more_events_than_can_be_made_in_a_moment() -> None:
    assert len(events(make_company(40_000, 0))) < MOST_EVENTS


def test_emply_has_calendars_of_its_own_and_none_from_entra() -> None:
    emply = make_company(300, 0)["emply"]

    assert emply["calendars"]
    assert all(calendar["externalId"] is None for calendar in emply["calendars"])
    assert {event["origin"] for event in emply["events"]} == {"emply"}
    assert {event["calendarId"] for event in emply["events"]} == {calendar["id"] for calendar in emply["calendars"]}


def test_an_application_is_assigned_to_a_group_and_to_people() -> None:
    (application,) = make_company(300, 0)["entra"]["servicePrincipals"]

    assert application["appRoleAssignmentRequired"] is True
    assert {row["principalType"] for row in application["appRoleAssignedTo"]} == {"Group", "User"}


def test_some_logins_have_an_address_of_the_company_that_nobody_has_in_entra() -> None:
    company = make_company(300, 0)
    domains = tuple(domain["name"] for domain in company["entra"]["organization"]["verifiedDomains"])
    known = {user[name].casefold() for user in company["entra"]["users"] for name in ("userPrincipalName", "mail")
             if user[name]}  # fmt: skip
    logins = {login["username"] for login in company["emply"]["users"] if login["username"].endswith(domains)}
    deleted = {user["userPrincipalName"].removeprefix(user["id"].replace("-", ""))
               for user in company["entra"]["deletedUsers"]}  # fmt: skip

    wanting = {login for login in logins if login.casefold() not in known}
    assert wanting & deleted == {"former.colleague@contoso.com"}
    assert len(wanting - deleted) >= 2


def test_some_employees_have_nearly_the_address_of_somebody() -> None:
    company = make_company(300, 0)
    mails = {user["mail"].casefold() for user in company["entra"]["users"] if user["mail"]}

    def one_letter_more(address: str) -> set[str]:
        return {address[:at] + address[at + 1 :] for at in range(len(address))}

    emails = {row["email"].casefold() for row in company["emply"]["employees"] if row["email"]} - mails
    shorter = {short for mail in mails for short in one_letter_more(mail)}
    assert any(email in shorter or one_letter_more(email) & mails for email in emails)
