"""The made-up company: the same for the same seed, believable, and nothing in it that a guard would hold for long."""

import math
from typing import Any

import pytest

from sandbox.company import make_company
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


def test_one_seed_is_one_company() -> None:
    assert make_company(300, 1) == make_company(300, 1)
    assert make_company(300, 1) != make_company(300, 2)


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
