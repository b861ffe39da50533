"""L12, A2 and "employee of a person", as of people who were renamed or whose login is older than their mailbox."""

from typing import Unpack

import pytest

from tests.reference.builders import SomeSettings, address, change, employee, login, person, scenario, told
from tests.reference.subject import PlanOf, Row, Scenario

BERG = login("holm", email=address("berg"), roles=["Manager"], firstName="Ann", lastName="Berg")
RENAMED = person("holm", givenName="Ann", surname="Holm")


def renamed(
    employees: list[Row],
    *,
    people: tuple[Row, ...] = (),
    logins: tuple[Row, ...] = (),
    **settings: Unpack[SomeSettings],
) -> Scenario:
    """Ann's login still has the e-mail of her name before."""
    return scenario([RENAMED, *people], [BERG, *logins], employees, linked=["holm"], **settings)


def test_l12_the_entra_users_email_finds_the_employee_where_the_logins_finds_nobody(plan_of: PlanOf) -> None:
    plan = plan_of(renamed([employee("holm")]))
    assert told(plan) == ["L12 login_email_differs holm"]
    assert plan["findings"][0]["employee_id"] == "employee-holm"


@pytest.mark.parametrize(
    "employees",
    [
        [employee("holm"), employee("berg")],
        [employee("holm"), employee("berg", status="archived")],
    ],
    ids=["an active one", "an archived one"],
)
def test_l12_does_not_speak_where_the_logins_email_finds_an_employee(plan_of: PlanOf, employees: list[Row]) -> None:
    assert "login_email_differs" not in str(plan_of(renamed(employees)))


def test_l12_does_not_speak_where_the_carried_id_finds_the_employee(plan_of: PlanOf) -> None:
    files = [employee("holm"), employee("x", email=None)]
    plan = plan_of(scenario([RENAMED], [{**BERG, "employeeId": "employee-x"}], files, linked=["holm"]))
    assert told(plan) == []


def test_an_archived_employee_of_the_entra_users_email_is_not_found(plan_of: PlanOf) -> None:
    assert "L9 user_without_employee holm" in told(plan_of(renamed([employee("holm", status="archived")])))


@pytest.mark.parametrize(
    "other",
    [
        login("other", employeeId="employee-holm"),
        login("other", email="HOLM@contoso.com"),
    ],
    ids=["their id", "their e-mail"],
)
def test_an_employee_that_another_emply_user_carries_is_not_found(plan_of: PlanOf, other: Row) -> None:
    plan = plan_of(renamed([employee("holm")], logins=(other,)))
    assert "L9 user_without_employee holm" in told(plan)


@pytest.mark.parametrize(("enabled", "found"), [(True, False), (False, True)])
def test_no_other_enabled_entra_user_has_that_email(plan_of: PlanOf, enabled: bool, found: bool) -> None:
    other = person("other", groups=[], mail=address("holm"), accountEnabled=enabled)
    plan = plan_of(renamed([employee("holm")], people=(other,)))
    assert ("L12 login_email_differs holm" in told(plan)) is found


def test_of_several_employees_of_the_entra_users_email_the_active_one_counts(plan_of: PlanOf) -> None:
    files = [employee("a", email=address("holm"), status="pending", number=9), employee("b", email=address("holm"))]
    plan = plan_of(renamed(files))
    assert {row["code"]: row["employee_id"] for row in plan["findings"]} == {
        "login_email_differs": "employee-b",
        "duplicate_employee": "employee-b",
    }


@pytest.mark.parametrize(("one", "other"), [(2**53, 2**53 + 1), (None, 0), (2**62, 2**63 - 1)])
def test_of_several_active_employees_the_highest_number_counts(plan_of: PlanOf, one: int | None, other: int) -> None:
    files = [employee(name, email=address("holm"), number=n) for name, n in (("a", one), ("b", other))]
    plan = plan_of(renamed(files))
    assert {row["employee_id"] for row in plan["findings"]} == {"employee-b"}


def test_l12_does_not_speak_of_a_leaver(plan_of: PlanOf) -> None:
    gone = {**RENAMED, "accountEnabled": False}
    plan = plan_of(scenario([gone], [BERG], [employee("holm")], linked=["holm"]))
    assert told(plan) == ["L10 leaver_without_resignation_date holm", "L6 deactivate_user holm (account_disabled)"]


def test_l12_does_not_speak_without_an_email_in_emply(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([RENAMED], [{**BERG, "email": None}], [employee("holm")], linked=["holm"]))
    assert told(plan) == []


def test_w2_does_not_write_where_l12_speaks(plan_of: PlanOf) -> None:
    plan = plan_of(renamed([employee("holm", jobTitle="Chief")], entra_write_back={"update": True}))
    assert told(plan) == ["L12 login_email_differs holm"]


def test_m1_an_employee_of_the_entra_users_email_makes_no_leavers_login(plan_of: PlanOf) -> None:
    theirs = login("x", username=address("holm"), email=address("berg"))
    plan = plan_of(scenario([RENAMED], [theirs], [employee("holm", status="archived")]))
    assert "M2 link_user holm/x" in told(plan)


# --- A2 --------------------------------------------------------------------------------------------------------------


def without_email(name: str) -> Row:
    return login(name, email=None)


def test_a2_what_another_emply_user_has_as_username_is_not_filled_as_email(plan_of: PlanOf) -> None:
    logins = [without_email("megan"), login("other", username="mj@contoso.com", email=None)]
    plan = plan_of(scenario([person(mail="mj@contoso.com")], logins, linked=["megan"]))
    assert "A2 address_taken megan" in told(plan)
    assert not plan["actions"]


def test_a2_what_somebody_gets_by_l1_is_not_filled(plan_of: PlanOf) -> None:
    people = [person("megan", mail="ray@contoso.com"), person("ray")]
    plan = plan_of(scenario(people, [without_email("megan")], linked=["megan"]))
    assert "A2 address_taken megan" in told(plan)
    assert "L1 create_user ray" in told(plan)


def test_a2_the_username_that_somebody_gets_by_l1_is_not_filled_as_email(plan_of: PlanOf) -> None:
    people = [person("megan", mail="ray@contoso.com"), person("ray", mail="r.berg@contoso.com")]
    plan = plan_of(scenario(people, [without_email("megan")], linked=["megan"]))
    assert "A2 address_taken megan" in told(plan)
    assert "L1 create_user ray" in told(plan)


def test_a2_what_a_held_creation_gives_is_not_filled_either(plan_of: PlanOf) -> None:
    people = [person("megan", mail="ray@contoso.com"), person("ray")]
    none = {"max_grants": {"min_count": 0, "percent": 0}}
    plan = plan_of(scenario(people, [without_email("megan")], linked=["megan"], guards=none))
    assert "A2 address_taken megan" in told(plan)
    assert "L1 create_user ray held by G7" in told(plan)


def test_a2_what_two_people_would_fill_is_filled_for_neither(plan_of: PlanOf) -> None:
    people = [person("megan", mail="team@contoso.com"), person("ray", mail="team@contoso.com")]
    plan = plan_of(scenario(people, [without_email("megan"), without_email("ray")], linked=["megan", "ray"]))
    assert [line for line in told(plan) if line.startswith("A2")] == ["A2 address_taken megan", "A2 address_taken ray"]


def test_a2_an_email_and_a_username_that_two_would_fill(plan_of: PlanOf) -> None:
    people = [person("megan", mail="ray@contoso.com"), person("ray")]
    logins = [without_email("megan"), login("ray", username=None, email="r@contoso.com")]
    plan = plan_of(scenario(people, logins, linked=["megan", "ray"]))
    assert [line for line in told(plan) if line.startswith("A2")] == ["A2 address_taken megan", "A2 address_taken ray"]


def test_a2_one_person_may_have_one_address_in_both_fields(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([person()], [login(username=None, email=None)], linked=["megan"]))
    assert change(plan, "update_user")[1] == {"email": address("megan"), "username": address("megan")}


def test_a2_who_has_an_employee_fills_nothing_and_takes_nothing_from_others(plan_of: PlanOf) -> None:
    people = [person("megan", mail="team@contoso.com"), person("ray", mail="team@contoso.com")]
    logins = [without_email("megan"), login("ray", email=None, employeeId="employee-ray")]
    plan = plan_of(scenario(people, logins, [employee("ray")], linked=["megan", "ray"]))
    assert change(plan, "update_user")[1] == {"email": "team@contoso.com"}


def test_a2_writes_without_what_key_drops(plan_of: PlanOf) -> None:
    user = person(mail="\u200bMJ@Contoso.com ")
    plan = plan_of(scenario([user], [without_email("megan")], linked=["megan"]))
    assert change(plan, "update_user")[1] == {"email": "MJ@Contoso.com"}
