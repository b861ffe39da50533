"""S: signs that only a person can act on."""

import pytest

from tests.reference.builders import ago, deactivated, employee, login, person, scenario, told
from tests.reference.calendar_builders import calendar
from tests.reference.subject import IMPLEMENTATIONS, PlanOf, Row, Scenario
from tests.reference.terms import ConfigurationError

SSO = {"service_principal_id": "sp-1"}


def application(*principals: str, required: bool | None = True) -> Row:
    assigned = [
        {"principalId": principal, "principalType": "Group" if principal.startswith("group") else "User"}
        for principal in principals
    ]
    sp = {"id": "sp-1", "appRoleAssignmentRequired": required, "appRoleAssignedTo": assigned}
    return {"servicePrincipals": [sp]}


def signs(plan: Row) -> list[str]:
    return [line for line in told(plan) if line.startswith("S ")]


def test_sso_not_assigned_is_about_people_in_scope(plan_of: PlanOf) -> None:
    people = [person("megan"), person("ray", accountEnabled=False), person("ole", groups=[])]
    plan = plan_of(scenario(people, entra=application("entra-other"), sso=SSO))
    assert signs(plan) == ["S sso_not_assigned megan"]


@pytest.mark.parametrize("principal", ["entra-megan", "group-Employees", "group-Other"])
def test_sso_who_is_assigned_or_in_an_assigned_group_may_sign_on(plan_of: PlanOf, principal: str) -> None:
    people = [person(groups=["Employees", "Other"])]
    assert signs(plan_of(scenario(people, entra=application(principal), sso=SSO))) == []


@pytest.mark.parametrize("nested_groups", [True, False])
def test_sso_membership_of_an_assigned_group_is_direct(plan_of: PlanOf, nested_groups: bool) -> None:
    nested = {"All": ["Employees"]}
    plan = plan_of(
        scenario([person()], nested=nested, entra=application("group-All"), nested_groups=nested_groups, sso=SSO)
    )
    assert signs(plan) == ["S sso_not_assigned megan"]


@pytest.mark.parametrize("required", [False, None])
def test_sso_an_application_that_requires_no_assignment_lets_everybody_in(
    plan_of: PlanOf, required: bool | None
) -> None:
    assert signs(plan_of(scenario([person()], entra=application(required=required), sso=SSO))) == []


@pytest.mark.parametrize("sso", [None, {"service_principal_id": None}])
def test_sso_without_an_application_in_the_settings_nobody_asks(plan_of: PlanOf, sso: dict[str, None] | None) -> None:
    assert signs(plan_of(scenario([person()], entra=application(), sso=sso))) == []


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_r8_the_application_of_the_settings_must_exist(implementation: str) -> None:
    with pytest.raises(ConfigurationError):
        IMPLEMENTATIONS[implementation](*scenario([person()], sso=SSO))


def test_s_speaks_of_people_left_alone(plan_of: PlanOf) -> None:
    twins = [person("megan"), person("twin", userPrincipalName="MEGAN@contoso.com", mail="twin@contoso.com")]
    plan = plan_of(scenario(twins, [login()], entra=application(), sso=SSO))
    assert told(plan) == [
        "M4 ambiguous_match megan",
        "M4 ambiguous_match twin",
        "S sso_not_assigned megan",
        "S sso_not_assigned twin",
    ]


def dynamic(group: str, *people: Row, types: tuple[str, ...] = ("DynamicMembership",)) -> Scenario:
    made = scenario(people, mapping={"Employees": "Employee", "HR": "HR"})
    (row,) = [row for row in made[0]["entra"]["groups"] if row["displayName"] == group]
    row["groupTypes"] = list(types)
    return made


def test_dynamic_group_guests_is_told_once_a_group(plan_of: PlanOf) -> None:
    guests = [person("a", groups=[], userType="Guest"), person("b", groups=[], userType="Guest")]
    plan = plan_of(dynamic("HR", *guests, person(groups=[])))
    assert told(plan) == ["S dynamic_group_guests HR"]
    (row,) = plan["findings"]
    assert (row["subject"], row["object"], row["entra_id"]) == ("HR", "group-HR", None)


def test_dynamic_group_guests_needs_guests(plan_of: PlanOf) -> None:
    assert told(plan_of(dynamic("HR", person(groups=[])))) == []


def test_dynamic_group_guests_needs_dynamic_membership(plan_of: PlanOf) -> None:
    assert told(plan_of(dynamic("HR", person(groups=[], userType="Guest"), types=("Unified",)))) == []


def test_dynamic_group_guests_is_not_about_rooms(plan_of: PlanOf) -> None:
    assert told(plan_of(dynamic("Meeting rooms", person(groups=[], userType="Guest")))) == []


@pytest.mark.parametrize(("nested_groups", "expected"), [(False, ["S nested_group_ignored Employees"]), (True, [])])
def test_nested_group_ignored_is_told_once_a_group(plan_of: PlanOf, nested_groups: bool, expected: list[str]) -> None:
    nested, mapping = {"Employees": ["Office", "Shop"]}, {"Employees": "Employee", "Office": "HR", "Shop": "HR"}
    assert told(plan_of(scenario(nested=nested, mapping=mapping, nested_groups=nested_groups))) == expected


@pytest.mark.parametrize(
    ("mapping", "switch", "employees", "expected"),
    [
        ({"Employees": "Employee", "HR": "HR"}, False, [], 1),
        ({"Employees": "Employee", "HR": "HR"}, None, [], 1),
        ({"Employees": "Employee", "HR": "Employee"}, False, [], 0),
        ({"Employees": "Employee", "HR": "HR"}, True, [], 0),
        ({"Employees": "Employee", "HR": "HR"}, False, [employee()], 0),
    ],
    ids=["two roles", "the switch is off by default", "one role", "all roles come", "an employee"],
)
def test_multiple_groups_single_role(
    plan_of: PlanOf, mapping: dict[str, str], switch: bool | None, employees: list[Row], expected: int
) -> None:
    people = [person(groups=["Employees", "HR"])]
    plan = plan_of(scenario(people, [], employees, mapping=mapping, synchronize_roles=switch))
    assert signs(plan) == ["S multiple_groups_single_role megan"] * expected


def test_multiple_groups_single_role_is_about_people_in_scope(plan_of: PlanOf) -> None:
    leaver = person(groups=["Employees", "HR"], accountEnabled=False)
    mapping = {"Employees": "Employee", "HR": "HR"}
    assert signs(plan_of(scenario([leaver], mapping=mapping, synchronize_roles=False))) == []


def test_calendar_not_editable_is_told_once_a_calendar(plan_of: PlanOf) -> None:
    mailbox = {"calendars": {"entra-megan": [calendar(canEdit=False), calendar("Team", canEdit=None), calendar("Own")]}}
    mailbox["calendars"]["entra-gone"] = [calendar("Theirs", canEdit=False)]
    plan = plan_of(
        scenario([person()], [login()], [employee()], linked=["megan"], entra=mailbox, synchronize_calendars=True)
    )
    assert [row["object"] for row in plan["findings"]] == ["outlook-Calendar", "outlook-Team"]
    assert signs(plan) == ["S calendar_not_editable megan"] * 2


@pytest.mark.parametrize(
    ("user", "active", "switch", "expected"),
    [
        (person(), True, False, 0),
        (person(accountEnabled=False), True, True, 0),
        (person(groups=[]), True, True, 0),
        (person(), False, True, 0),
        (person(), True, True, 1),
    ],
    ids=["switched off", "disabled", "unmanaged", "not active", "as it should be"],
)
def test_calendar_not_editable_is_about_people_who_have_calendars(
    plan_of: PlanOf, user: Row, active: bool, switch: bool, expected: int
) -> None:
    mailbox = {"calendars": {"entra-megan": [calendar(canEdit=False)]}}
    logins = [login(active=active)]
    state: Row = {"linked": ["megan"], "reconciled": {"megan": {"Gone": None}}}
    plan = plan_of(scenario([user], logins, entra=mailbox, synchronize_calendars=switch, **state))
    assert signs(plan) == ["S calendar_not_editable megan"] * expected


def test_calendar_not_editable_counts_who_is_activated_in_this_plan(plan_of: PlanOf) -> None:
    mailbox = {"calendars": {"entra-megan": [calendar(canEdit=False)]}}
    state = {"deactivations": [deactivated("megan", ago(days=9))]}
    logins = [login(active=False)]
    plan = plan_of(
        scenario([person()], logins, linked=["megan"], state=state, entra=mailbox, synchronize_calendars=True)
    )
    assert signs(plan) == ["S calendar_not_editable megan"]


@pytest.mark.parametrize(
    ("email", "near"),
    [
        ("sřren@contoso.com", True),
        ("sren@contoso.com", True),
        ("søøren@contoso.com", True),
        ("sørne@contoso.com", True),
        ("SØRNE@Contoso.com ", True),
        ("søren@contoso.co", True),
        ("søren@contosoc.om", True),
        ("søren@contosocom.", False),
        ("srøne@contoso.com", False),
        ("sørnx@contoso.com", False),
        (None, False),
    ],
)
def test_email_nearly_matches_is_at_most_one_edit_away(plan_of: PlanOf, email: str | None, near: bool) -> None:
    people, logins = [person("søren")], [login("søren", email="s@contoso.com")]
    plan = plan_of(scenario(people, logins, [employee("near", email=email)], linked=["søren"]))
    assert signs(plan) == ["S email_nearly_matches søren"] * near
    found = [row["employee_id"] for row in plan["findings"] if row["code"] == "email_nearly_matches"]
    assert found == ["employee-near"] * near


@pytest.mark.parametrize(
    ("names", "near"),
    [
        ({"firstName": "ŁUCJA ", "lastName": "Öz"}, True),
        ({"firstName": "Łucja", "lastName": None}, False),
        ({"firstName": "Łucja", "lastName": "Oz"}, False),
    ],
)
def test_email_nearly_matches_by_name(plan_of: PlanOf, names: Row, near: bool) -> None:
    user = person(givenName="Łucja", surname="Öz")
    plan = plan_of(scenario([user], [], [employee("other", email="far@fabrikam.dk", **names)]))
    assert signs(plan) == ["S email_nearly_matches megan"] * near


def test_email_nearly_matches_nobody_without_a_name(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([person(givenName=None, surname=" ")], [], [employee("x", email="far@fabrikam.dk")]))
    assert signs(plan) == []


@pytest.mark.parametrize(
    ("near", "found"),
    [({"status": "pending"}, 1), ({"status": "archived"}, 0), ({"email": "megan@contoso.com"}, 0)],
    ids=["pending", "archived", "her own"],
)
def test_email_nearly_matches_is_about_active_and_pending_employees(plan_of: PlanOf, near: Row, found: int) -> None:
    plan = plan_of(scenario([person()], [], [employee(**{"email": "megam@contoso.com", **near})]))
    assert signs(plan) == ["S email_nearly_matches megan"] * found


@pytest.mark.parametrize(("groups", "found"), [(["Employees"], 0), ([], 1)])
def test_email_nearly_matches_no_employee_of_somebody_else_in_scope(
    plan_of: PlanOf, groups: list[str], found: int
) -> None:
    people = [person("megan"), person("megam", groups=groups)]
    assert signs(plan_of(scenario(people, [], [employee("megam")]))) == ["S email_nearly_matches megan"] * found


def test_email_nearly_matches_is_about_people_in_scope_without_employee(plan_of: PlanOf) -> None:
    people = [person("megan", groups=[]), person("megab")]
    plan = plan_of(scenario(people, [], [employee("megac"), employee("megab")]))
    assert signs(plan) == []


def test_email_nearly_matches_is_told_once_a_pair(plan_of: PlanOf) -> None:
    near = [employee("megam", firstName="Megan", lastName="Jordan"), employee("megann")]
    plan = plan_of(scenario([person(givenName="Megan", surname="Jordan")], [], near))
    found = [row["employee_id"] for row in plan["findings"] if row["code"] == "email_nearly_matches"]
    assert sorted(found) == ["employee-megam", "employee-megann"]
