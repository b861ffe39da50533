"""A: names, titles and addresses of Emply users."""

from collections.abc import Iterable

import pytest

from tests.reference.builders import change, employee, login, person, scenario, told
from tests.reference.subject import PlanOf, Row, Scenario

NOTHING_TO_DO = ["L9 user_without_employee megan"]
ENTRA = {"givenName": "Łucja", "surname": "Öz", "jobTitle": "Księgowa", "mobilePhone": "+48 1"}
EMPLY = {"firstName": "Łucja", "lastName": "Öz", "jobTitle": "Księgowa", "mobilePhone": "+48 1"}


def linked(user: Row, login: Row, employees: Iterable[Row] = ()) -> Scenario:
    return scenario([user], [login], employees, linked=["megan"])


def test_a1_four_fields_follow_entra(plan_of: PlanOf) -> None:
    plan = plan_of(linked(person(**ENTRA), login(firstName="Lucy", lastName=" ", jobTitle="Clerk")))
    assert told(plan) == ["A1 update_user megan", "L9 user_without_employee megan"]
    assert change(plan, "update_user") == (
        {"firstName": "Lucy", "lastName": None, "jobTitle": "Clerk", "mobilePhone": None},
        EMPLY,
    )


def test_a1_holds_in_the_plan_that_makes_the_match(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([person(givenName="Megan")], [login()]))
    assert told(plan) == ["A1 update_user megan", "L9 user_without_employee megan", "M2 link_user megan"]


@pytest.mark.parametrize("nothing", [{}, {"givenName": None}, {"givenName": " "}])
def test_a1_emply_keeps_what_entra_does_not_have(plan_of: PlanOf, nothing: Row) -> None:
    assert told(plan_of(linked(person(**nothing), login(firstName="Megan")))) == NOTHING_TO_DO


def test_a1_surrounding_white_space_is_no_difference_and_case_is_one(plan_of: PlanOf) -> None:
    plan = plan_of(linked(person(givenName=" Megan", surname="jordan "), login(firstName="Megan ", lastName="Jordan")))
    assert change(plan, "update_user") == ({"lastName": "Jordan"}, {"lastName": "jordan "})


def test_a2_addresses_are_filled_where_emply_has_none(plan_of: PlanOf) -> None:
    user = person(userPrincipalName="Megan@contoso.com", mail="M.Jordan@contoso.com")
    plan = plan_of(linked(user, login(username=" ", email=None)))
    assert told(plan) == ["A2 update_user megan", "L9 user_without_employee megan"]
    assert change(plan, "update_user") == (
        {"email": None, "username": None},
        {"email": "M.Jordan@contoso.com", "username": "Megan@contoso.com"},
    )


def test_a2_addresses_that_emply_has_stay(plan_of: PlanOf) -> None:
    plan = plan_of(linked(person(mail="m.jordan@contoso.com"), login(username="mj", email="mj@contoso.com")))
    assert told(plan) == NOTHING_TO_DO


def test_a2_who_has_no_email_gives_none(plan_of: PlanOf) -> None:
    guest = person(userType="Guest", userPrincipalName="m_x.com#EXT#@contoso.com")
    assert told(plan_of(linked(guest, login(email=None)))) == NOTHING_TO_DO


@pytest.mark.parametrize("missing", ["email", "username"])
def test_a2_an_address_that_another_emply_user_carries_is_not_filled(plan_of: PlanOf, missing: str) -> None:
    other = login("other", **{"username": "o", "email": "o@contoso.com", missing: "MEGAN@contoso.com"})
    plan = plan_of(scenario([person()], [{**login(), missing: None}, other], linked=["megan"]))
    assert told(plan) == ["A2 address_taken megan", "L9 user_without_employee megan"]


def test_a3_the_employee_controls_the_user(plan_of: PlanOf) -> None:
    assert told(plan_of(linked(person(**ENTRA), login(username=None), [employee()]))) == []


def test_a4_one_action_holds_what_a1_and_a2_change(plan_of: PlanOf) -> None:
    plan = plan_of(linked(person(givenName="Megan"), login(email=None)))
    assert told(plan) == ["A1 update_user megan", "L9 user_without_employee megan"]
    assert change(plan, "update_user") == (
        {"email": None, "firstName": None},
        {"email": "megan@contoso.com", "firstName": "Megan"},
    )


def test_who_is_not_in_scope_is_left_as_he_is(plan_of: PlanOf) -> None:
    plan = plan_of(linked(person(accountEnabled=False, **ENTRA), login(active=False)))
    assert told(plan) == []
