"""L: creation, activation and deactivation of Emply users; and whose employee is whose."""

import pytest

from tests.reference.builders import after_of, ago, change, deactivated, employee, login, person, scenario, told
from tests.reference.subject import PlanOf, Row

LEAVERS = {
    "deleted_in_entra": [],
    "account_disabled": [person(accountEnabled=False)],
    "removed_from_group": [person(groups=[])],
    "is_room": [person(groups=["Employees", "Meeting rooms"])],
}


def test_l1_a_newcomer_is_created_with_everything_entra_and_the_main_group_say(plan_of: PlanOf) -> None:
    newcomer = person(
        "ipek",
        userPrincipalName="İpek@contoso.com ",
        mail="Ipek.Caglayan@contoso.com",
        givenName="İpek",
        surname=" Çağlayan",
        jobTitle=" ",
        groups=["HR", "Employees"],
    )
    made = scenario([newcomer], mapping={"Employees": "Employee", "HR": "HR"})
    made[1]["groups"][0] |= {
        "default_department": "Copenhagen",
        "language": "da-DK",
        "time_zone": "Europe/Copenhagen",
        "currency": "DKK",
    }
    plan = plan_of(made)
    assert told(plan) == ["L1 create_user ipek", "L9 user_without_employee ipek"]
    assert change(plan, "create_user") == (
        None,
        {
            "username": "İpek@contoso.com",
            "email": "Ipek.Caglayan@contoso.com",
            "firstName": "İpek",
            "lastName": " Çağlayan",
            "jobTitle": None,
            "mobilePhone": None,
            "roleIds": ["role-Employee", "role-HR"],
            "departmentId": "department-Copenhagen",
            "language": "da-DK",
            "timeZone": "Europe/Copenhagen",
            "currency": "DKK",
            "employeeId": None,
            "active": True,
        },
    )


def test_l1_without_mail_the_upn_is_the_email(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([person(userPrincipalName="Megan@contoso.com")]))
    assert after_of(plan, "create_user")["email"] == "Megan@contoso.com"


def test_l1_a_guest_with_a_mail_is_created_as_well(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([person(userType="Guest", mail="megan@fabrikam.dk")]))
    assert told(plan) == ["L1 create_user megan", "L9 user_without_employee megan"]


def test_l1_a_newcomer_carries_its_employee(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([person()], [], [employee(status="pending")]))
    assert told(plan) == ["L1 create_user megan"]
    assert after_of(plan, "create_user")["employeeId"] == "employee-megan"


@pytest.mark.parametrize(
    "other", [login("ray", username="MEGAN@contoso.com"), login("ray", email=" m.jordan@contoso.com")]
)
def test_l1a_an_address_that_a_linked_emply_user_carries_is_taken(plan_of: PlanOf, other: Row) -> None:
    people = [person("megan", mail="m.jordan@contoso.com"), person("ray")]
    plan = plan_of(scenario(people, [other], linked=["ray"]))
    assert told(plan) == ["L1a address_taken megan", "L9 user_without_employee ray"]


@pytest.mark.parametrize(
    ("user_type", "upn", "code"),
    [
        ("Guest", "m_x.com#EXT#@contoso.com", "guest_without_mail"),
        ("Guest", "megan@contoso.com", "guest_without_mail"),
        ("Member", "m_x.com#EXT#@contoso.com", "no_email"),
    ],
)
def test_l2_nobody_is_created_without_an_email(plan_of: PlanOf, user_type: str, upn: str, code: str) -> None:
    plan = plan_of(scenario([person(userType=user_type, userPrincipalName=upn)]))
    assert told(plan) == [f"L2 {code} megan"]
    assert plan["findings"][0]["subject"] == upn.casefold()


def test_l2_speaks_alone_though_somebody_has_the_upn_as_username(plan_of: PlanOf) -> None:
    people = [person("guest", userType="Guest"), person("ray")]
    logins = [login("ray", username="guest@contoso.com")]
    assert told(plan_of(scenario(people, logins, [employee("ray")], linked=["ray"]))) == ["L2 guest_without_mail guest"]


def test_l3_a_leaver_who_is_still_in_a_group_is_not_created(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([person()], [], [employee(status="archived")]))
    assert told(plan) == ["L3 employee_archived_in_group megan"]
    assert plan["findings"][0]["employee_id"] == "employee-megan"


def test_l3_speaks_before_l1a(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([person()], [login()], [employee(status="archived")]))
    assert told(plan) == ["L3 employee_archived_in_group megan"]


def test_l4_whom_the_pipeline_deactivated_is_activated_again(plan_of: PlanOf) -> None:
    ours = {"deactivations": [deactivated("megan", ago(days=90))]}
    plan = plan_of(scenario([person()], [login(active=False)], linked=["megan"], state=ours))
    assert told(plan) == ["L4 activate_user megan", "L9 user_without_employee megan"]
    assert change(plan, "activate_user") == ({"active": False}, {"active": True})


def test_l4_whom_somebody_deactivated_in_emply_stays_so(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([person()], [login(active=False)], linked=["megan"]))
    assert told(plan) == ["L4 deactivated_in_emply megan", "L9 user_without_employee megan"]


def test_l4_reactivate_all_activates_everybody_in_scope(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([person()], [login(active=False)], [employee()], linked=["megan"], reactivate="all"))
    assert told(plan) == ["L4 activate_user megan"]


def test_l4_activates_nobody_who_is_active_or_not_in_scope_or_nobodys(plan_of: PlanOf) -> None:
    people = [
        person("active"),
        person("disabled", accountEnabled=False),
        person("left", groups=[]),
        person("room", groups=["Meeting rooms"]),
    ]
    linked = ["active", "disabled", "left", "room", "gone"]
    logins = [login("active"), *(login(name, active=False) for name in [*linked[1:], "external"])]
    assert told(plan_of(scenario(people, logins, [employee("active")], linked=linked, reactivate="all"))) == []


@pytest.mark.parametrize("reason", LEAVERS)
def test_l5_l6_l7_l7a_a_leaver_is_deactivated(plan_of: PlanOf, reason: str) -> None:
    rule = {"deleted_in_entra": "L5", "account_disabled": "L6", "removed_from_group": "L7", "is_room": "L7a"}[reason]
    plan = plan_of(scenario(LEAVERS[reason], [login()], linked=["megan"]))
    assert told(plan) == [f"{rule} deactivate_user megan ({reason})"]
    assert change(plan, "deactivate_user") == ({"active": True}, {"active": False})


@pytest.mark.parametrize("reason", LEAVERS)
def test_a_deactivated_user_is_not_deactivated_again(plan_of: PlanOf, reason: str) -> None:
    assert told(plan_of(scenario(LEAVERS[reason], [login(active=False)], linked=["megan"]))) == []


def test_l5_the_subject_of_a_deleted_user_is_the_emply_users_email(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([], [login(email="Megan@Contoso.com")], linked=["megan"]))
    assert plan["actions"][0]["subject"] == "megan@contoso.com"
    assert plan["actions"][0]["entra_id"] == "entra-megan"


def test_l6_a_disabled_room_is_a_disabled_account(plan_of: PlanOf) -> None:
    room = person(accountEnabled=False, groups=["Meeting rooms"])
    assert told(plan_of(scenario([room], [login()], linked=["megan"]))) == [
        "L6 deactivate_user megan (account_disabled)"
    ]


def test_l7_a_group_of_the_role_state_that_is_still_configured_was_left(plan_of: PlanOf) -> None:
    state = {"megan": {"Employees": None, "Gone": "HR"}}
    plan = plan_of(scenario([person(groups=[])], [login()], linked=["megan"], reconciled=state))
    assert told(plan) == ["L7 deactivate_user megan (removed_from_group)"]


def test_l7_nested_groups_count_only_when_they_are_switched_on(plan_of: PlanOf) -> None:
    def plan(nested_groups: bool | None) -> list[str]:
        people, nested = [person(groups=["Office"])], {"Employees": ["Office"]}
        return told(plan_of(scenario(people, [login()], linked=["megan"], nested=nested, nested_groups=nested_groups)))

    assert plan(None) == ["L7 deactivate_user megan (removed_from_group)", "S nested_group_ignored Employees"]
    assert plan(True) == ["L9 user_without_employee megan"]


def test_l8_a_group_taken_out_of_the_settings_is_not_a_person_taken_out_of_a_group(plan_of: PlanOf) -> None:
    state = {"megan": {"HR": "HR"}}
    plan = plan_of(scenario([person(groups=["HR"])], [login()], linked=["megan"], reconciled=state))
    assert told(plan) == ["L8 unmanaged megan"]


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        (person(), []),
        (person(groups=[], accountEnabled=False), ["L6 deactivate_user megan (account_disabled)"]),
        (person(groups=["Meeting rooms"]), ["L7a deactivate_user megan (is_room)"]),
    ],
    ids=["in another group now", "disabled", "a room"],
)
def test_l8_is_about_enabled_people_without_a_group(plan_of: PlanOf, user: Row, expected: list[str]) -> None:
    state = {"megan": {"Gone": None}}
    leaver = [employee(resignationDate="2026-12-31")]
    assert told(plan_of(scenario([user], [login()], leaver, linked=["megan"], reconciled=state))) == expected


def test_l9_who_has_an_employee_is_not_told_to_get_one(plan_of: PlanOf) -> None:
    assert told(plan_of(scenario([person()], [login()], [employee()], linked=["megan"]))) == []


@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize("reason", LEAVERS)
def test_l10_a_leaver_whose_employee_has_no_resignation_date(plan_of: PlanOf, reason: str, active: bool) -> None:
    plan = plan_of(scenario(LEAVERS[reason], [login(active=active)], [employee()], linked=["megan"]))
    told_of = "L10 leaver_without_resignation_date megan" in told(plan)
    assert told_of == (reason != "is_room")


@pytest.mark.parametrize("left", [{"resignationDate": "2026-12-31"}, {"status": "pending"}, {"status": "archived"}])
def test_l10_an_employee_who_leaves_needs_no_finding(plan_of: PlanOf, left: Row) -> None:
    plan = plan_of(scenario([], [login()], [employee(**left)], linked=["megan"]))
    assert told(plan) == ["L5 deactivate_user megan (deleted_in_entra)"]


def test_l11_the_login_of_an_archived_employee_is_not_activated(plan_of: PlanOf) -> None:
    archived = employee(status="archived")
    plan = plan_of(scenario([person()], [login(active=False)], [archived], linked=["megan"], reactivate="all"))
    assert told(plan) == ["L11 employee_archived_in_group megan"]


@pytest.mark.parametrize(
    ("carried", "by_email", "chosen"),
    [
        ("archived", "pending", "employee-megan"),
        ("pending", "active", "employee-megan"),
        ("active", "active", "employee-other"),
        ("pending", "archived", "employee-other"),
    ],
)
def test_status_decides_whose_employee_it_is_and_then_the_carried_id(
    plan_of: PlanOf, carried: str, by_email: str, chosen: str
) -> None:
    employees = [employee("megan", number=2, status=by_email), employee("other", number=1, status=carried)]
    logins, unmanaged = [login(employeeId="employee-other")], {"megan": {"Gone": None}}
    plan = plan_of(scenario([person(groups=[])], logins, employees, linked=["megan"], reconciled=unmanaged))
    assert told(plan) == ["L8 unmanaged megan"]
    assert plan["findings"][0]["employee_id"] == chosen


def test_the_carried_employee_counts_though_nobody_has_the_email(plan_of: PlanOf) -> None:
    employees = [employee("carried", email=None, status="archived"), employee("somebody")]
    plan = plan_of(scenario([person()], [login(employeeId="employee-carried")], employees, linked=["megan"]))
    assert told(plan) == ["L11 employee_archived_in_group megan"]


def test_of_several_employees_with_the_email_the_highest_number_counts(plan_of: PlanOf) -> None:
    twins = [employee("a", email="megan@contoso.com", number=3), employee("b", email="Megan@contoso.com", number=7)]
    plan = plan_of(scenario([person()], [], twins))
    assert told(plan) == ["L1 create_user megan", "duplicate_employee megan"]
    assert after_of(plan, "create_user")["employeeId"] == "employee-b"


def test_duplicate_employees_of_somebody_who_is_neither_in_scope_nor_linked_do_not_matter(plan_of: PlanOf) -> None:
    twins = [employee("a", email="megan@contoso.com"), employee("b", email="megan@contoso.com")]
    assert told(plan_of(scenario([person(groups=[])], [login()], twins))) == []


def test_duplicate_employees_of_a_linked_leaver_matter(plan_of: PlanOf) -> None:
    twins = [employee(name, email="megan@contoso.com", resignationDate="2026-12-31") for name in ("a", "b")]
    plan = plan_of(scenario([person(groups=[])], [login()], twins, linked=["megan"]))
    assert told(plan) == ["L7 deactivate_user megan (removed_from_group)", "duplicate_employee megan"]


def test_duplicate_employees_of_somebody_left_alone_do_not_matter(plan_of: PlanOf) -> None:
    twins = [employee("a", email="megan@contoso.com"), employee("b", email="megan@contoso.com")]
    logins = [login("x", username="x", email="megan@contoso.com"), login("y", username="y", email="megan@contoso.com")]
    assert told(plan_of(scenario([person()], logins, twins))) == ["M4 ambiguous_match megan"]


def test_the_entra_users_email_finds_the_employee_where_the_emply_user_has_none(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([person()], [login(email=None)], [employee()], linked=["megan"]))
    assert told(plan) == []


def test_the_emply_users_own_email_finds_the_employee_before_the_entra_users(plan_of: PlanOf) -> None:
    archived = employee("mj", status="archived")
    plan = plan_of(scenario([person()], [login(email="mj@contoso.com")], [employee(), archived], linked=["megan"]))
    assert told(plan) == ["L11 employee_archived_in_group megan"]
