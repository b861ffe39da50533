"""M: one Entra user, one Emply user."""

import unicodedata

import pytest

from tests.reference.builders import change, employee, login, person, scenario, told
from tests.reference.subject import PlanOf, Row


def test_m1_a_link_holds_though_both_ends_are_renamed(plan_of: PlanOf) -> None:
    renamed = login(username="m.jordan", email="mj@contoso.com")
    plan = plan_of(scenario([person("megan", mail="megan.ross@contoso.com")], [renamed], linked=["megan"]))
    assert told(plan) == ["L9 user_without_employee megan"]


def test_m1_with_its_emply_end_gone_the_entra_user_counts_as_unlinked(plan_of: PlanOf) -> None:
    again = login("again", username="megan@contoso.com", email=None)
    plan = plan_of(scenario([person()], [again], linked=["megan"]))
    assert "M2 link_user megan/again" in told(plan)


def test_m1_with_its_entra_end_gone_the_emply_user_takes_part_and_the_new_link_is_held(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([person()], [login()], linked=[("old", "megan")]))
    assert told(plan) == ["L9 user_without_employee megan", "M2 link_user megan held by G3"]


def test_m1_a_new_link_starts_without_role_state(plan_of: PlanOf) -> None:
    given = {"megan": {"Employees": "Employee"}}
    plan = plan_of(scenario([person()], [login(roles=["HR"])], linked=[("old", "megan")], reconciled=given))
    assert change(plan, "set_roles")[1] == {"roleIds": ["role-Employee", "role-HR"]}


@pytest.mark.parametrize("carried", [True, False])
def test_m1_a_newcomer_with_a_leavers_address_does_not_get_the_leavers_login(plan_of: PlanOf, carried: bool) -> None:
    leaver = employee("leaver", status="archived", email=None if carried else "leaver@contoso.com")
    theirs = login("leaver", username="megan@contoso.com", employeeId=leaver["id"] if carried else None)
    plan = plan_of(scenario([person()], [theirs], [leaver]))
    assert told(plan) == ["L1a address_taken megan"]


def test_m1_a_leavers_login_does_not_make_a_key_ambiguous(plan_of: PlanOf) -> None:
    theirs = login("leaver", username="megan@contoso.com", email="leaver@contoso.com")
    plan = plan_of(scenario([person()], [theirs, login()], [employee("leaver", status="archived")]))
    assert told(plan) == ["L9 user_without_employee megan", "M2 link_user megan"]


@pytest.mark.parametrize("username", [" ŁUKASZ.Ö@contoso.com\t", unicodedata.normalize("NFD", "łukasz.ö@contoso.com")])
def test_m2_upn_and_username_match_by_key(plan_of: PlanOf, username: str) -> None:
    user = person(userPrincipalName="Łukasz.Ö@Contoso.com")
    plan = plan_of(scenario([user], [login(username=username, email="x@contoso.com")]))
    assert told(plan) == ["L9 user_without_employee megan", "M2 link_user megan"]


def test_m2_a_dotless_i_is_another_letter(plan_of: PlanOf) -> None:
    user = person(userPrincipalName="ışıl@contoso.com", mail="megan@contoso.com")
    plan = plan_of(scenario([user], [login(username="işil@contoso.com", email=None)]))
    assert told(plan) == ["L1 create_user megan", "L9 user_without_employee megan"]


@pytest.mark.parametrize(
    "state", [{"groups": []}, {"accountEnabled": False}, {"groups": ["Employees", "Meeting rooms"]}]
)
def test_m2_who_is_not_in_scope_is_not_matched(plan_of: PlanOf, state: Row) -> None:
    assert told(plan_of(scenario([{**person(), **state}], [login()]))) == []


def test_m2_a_member_who_is_not_among_the_users_brings_nobody_into_scope(plan_of: PlanOf) -> None:
    before = scenario([person(groups=[])], [login()])
    before[0]["entra"]["groups"][0]["members"] = ["entra-gone"]
    assert told(plan_of(before)) == []


def test_m2_speaks_before_m3(plan_of: PlanOf) -> None:
    logins = [login("name", username="megan@contoso.com", email="n@contoso.com"), login("mail", username="x")]
    plan = plan_of(scenario([person(mail="mail@contoso.com")], logins))
    assert told(plan) == ["L9 user_without_employee megan/name", "M2 link_user megan/name"]


def test_m3_equal_emails_match(plan_of: PlanOf) -> None:
    plan = plan_of(
        scenario([person(mail="m.jordan@contoso.com")], [login(username="mj", email="M.Jordan@contoso.com ")])
    )
    assert told(plan) == ["L9 user_without_employee megan", "M3 link_user megan"]


def test_m3_a_member_without_mail_has_its_upn_as_email(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([person(mail=" ")], [login(username="mj")]))
    assert told(plan) == ["L9 user_without_employee megan", "M3 link_user megan"]


@pytest.mark.parametrize("user_type", ["Guest", "Member"])
def test_m3_a_upn_with_ext_is_not_an_email(plan_of: PlanOf, user_type: str) -> None:
    guest = person(userType=user_type, userPrincipalName="m_x.com#EXT#@contoso.com")
    plan = plan_of(scenario([guest], [login(username="mj", email=guest["userPrincipalName"])]))
    assert [line.split()[0] for line in told(plan)] == ["L2"]


def test_m4_two_entra_users_of_one_key_are_left_alone(plan_of: PlanOf) -> None:
    twins = [person("megan"), person("twin", userPrincipalName="MEGAN@contoso.com", mail="twin@contoso.com")]
    plan = plan_of(scenario(twins, [login()]))
    assert told(plan) == ["M4 ambiguous_match megan", "M4 ambiguous_match twin"]


def test_m4_two_emply_users_of_one_key_are_left_alone(plan_of: PlanOf) -> None:
    twins = [login(username="mj"), login("twin", username="twin", email="Megan@contoso.com")]
    assert told(plan_of(scenario([person()], twins))) == ["M4 ambiguous_match megan"]


def test_m4_two_emply_users_of_a_key_that_nobody_in_scope_carries_are_external(plan_of: PlanOf) -> None:
    twins = [login(email=None), login("twin", username="megan@contoso.com", email=None)]
    assert told(plan_of(scenario([person(groups=[])], twins))) == []


def test_m4_a_username_that_emply_users_share_but_nobody_in_entra_says_nothing_of_emails(plan_of: PlanOf) -> None:
    twins = [login(username="office"), login("twin", username="office", email=None)]
    assert told(plan_of(scenario([person()], twins))) == ["L9 user_without_employee megan", "M3 link_user megan"]


def test_m4_newcomers_of_one_email_are_left_alone_though_no_emply_user_has_it(plan_of: PlanOf) -> None:
    newcomers = [person("megan", mail="team@contoso.com"), person("ray", mail="team@contoso.com")]
    assert told(plan_of(scenario(newcomers))) == ["M4 ambiguous_match megan", "M4 ambiguous_match ray"]


def test_m4_who_is_left_alone_in_m2_makes_its_email_ambiguous_in_m3(plan_of: PlanOf) -> None:
    twins = [person("megan"), person("twin", userPrincipalName="MEGAN@contoso.com", mail="twin@contoso.com")]
    taken_too = person("ray", mail="other@contoso.com")
    logins = [login("x", username="megan@contoso.com", email="other@contoso.com")]
    plan = plan_of(scenario([*twins, taken_too], logins))
    assert told(plan) == ["M4 ambiguous_match megan", "M4 ambiguous_match ray", "M4 ambiguous_match twin"]


def test_m4_who_is_left_alone_in_m2_is_so_without_any_email(plan_of: PlanOf) -> None:
    twins = [person("megan", userType="Guest"), person("twin", userType="Guest", userPrincipalName="MEGAN@contoso.com")]
    assert told(plan_of(scenario(twins))) == ["M4 ambiguous_match megan", "M4 ambiguous_match twin"]


@pytest.mark.parametrize("email", ["megan@contoso.com", None])
def test_m4_a_linked_login_that_is_left_alone_is_not_deactivated(plan_of: PlanOf, email: str | None) -> None:
    logins = [login(email=email), login("twin", username="megan@contoso.com", email=None)]
    assert told(plan_of(scenario([person()], logins, linked=[("old", "megan")]))) == ["M4 ambiguous_match megan"]


def test_m4_whoever_is_linked_makes_nothing_ambiguous(plan_of: PlanOf) -> None:
    twins = [person("megan"), person("twin", mail="megan@contoso.com")]
    logins = [login("megan", email="x@contoso.com"), login("other", username="o", email="megan@contoso.com")]
    plan = plan_of(scenario(twins, logins, linked=["megan"]))
    assert told(plan) == [
        "L9 user_without_employee megan",
        "L9 user_without_employee twin/other",
        "M3 link_user twin/other",
    ]


@pytest.mark.parametrize(("username", "by"), [("megan@contoso.com", "username"), ("mj", "email")])
def test_m5_a_link_says_how_it_was_found(plan_of: PlanOf, username: str, by: str) -> None:
    assert change(plan_of(scenario([person()], [login(username=username)])), "link_user") == (None, {"matchedBy": by})


def test_m6_an_external_emply_user_is_not_touched(plan_of: PlanOf) -> None:
    external = login("consultant", roles=[], active=False, firstName=None)
    assert told(plan_of(scenario([], [external], [employee("consultant", status="archived")]))) == []


@pytest.mark.parametrize(
    ("people", "emply", "subject"),
    [
        ([person(accountEnabled=False, mail="Megan.Jordan@contoso.com")], login(), "megan.jordan@contoso.com"),
        ([person(accountEnabled=False, userType="Guest")], login(email="MJ@contoso.com"), "mj@contoso.com"),
        ([person(accountEnabled=False, userType="Guest")], login(username="mj", email=None), "megan@contoso.com"),
        ([], login(username="mj", email="MJ@contoso.com"), "mj@contoso.com"),
        ([], login(username="MJ", email=None), "mj"),
    ],
    ids=["its e-mail in Entra", "its e-mail in Emply", "its UPN", "gone: its e-mail in Emply", "gone: its username"],
)
def test_the_subject_is_an_address_that_the_person_has(
    plan_of: PlanOf, people: list[Row], emply: Row, subject: str
) -> None:
    (row,) = plan_of(scenario(people, [emply], linked=["megan"]))["actions"]
    assert row["subject"] == subject
