"""R: the roles of Emply users, with the page's worked examples."""

from collections.abc import Callable, Mapping
from typing import Unpack

import pytest

from tests.reference.builders import SomeSettings, after_of, change, employee, login, person, scenario, told
from tests.reference.subject import IMPLEMENTATIONS, PlanOf, Row, Scenario
from tests.reference.terms import ConfigurationError

BOTH = {"Employees": "Employee", "HR": "HR"}
ALL = {**BOTH, "Payroll": "Payroll"}
NOTHING_TO_DO = ["L9 user_without_employee megan"]


def megan(
    groups: list[str],
    roles: list[str],
    mapping: dict[str, str],
    reconciled: Mapping[str, str | None] | None = None,
    /,
    **settings: Unpack[SomeSettings],
) -> Scenario:
    """A scenario of one linked person without employee."""
    state = {"megan": reconciled} if reconciled else None
    people, logins = [person(groups=groups)], [login(roles=roles)]
    return scenario(people, logins, linked=["megan"], mapping=mapping, reconciled=state, **settings)


def roles_after(plan: Row, before: list[str]) -> list[str]:
    """The titles of the roles once the plan was applied."""
    if not any(row["kind"] == "set_roles" for row in plan["actions"]):
        return before
    return [role_id.removeprefix("role-") for role_id in after_of(plan, "set_roles")["roleIds"]]


@pytest.mark.parametrize(
    ("groups", "roles", "mapping", "reconciled", "expected"),
    [
        pytest.param(
            ["Employees", "HR"], ["Employee", "HR", "Manager"], BOTH, BOTH, ["Employee", "HR", "Manager"],
            id="unchanged, reconciled once: Manager stays",
        ),
        pytest.param(
            ["Employees", "HR"], ["Employee", "HR", "Manager"], BOTH, None, ["Employee", "HR", "Manager"],
            id="unchanged, never reconciled: Manager stays",
        ),
        pytest.param(
            ["Employees"], ["Employee", "HR", "Manager"], BOTH, BOTH, ["Employee", "HR", "Manager"],
            id="removed from group HR: HR is now an extra role",
        ),
        pytest.param(
            ["Employees", "HR"], ["Manager"], BOTH, BOTH, ["Employee", "HR"],
            id="roles Employee and HR taken away in Emply: Manager goes",
        ),
        pytest.param(
            ["Employees", "HR"], ["Employee", "HR", "Manager"], {**BOTH, "Employees": "New employee"}, BOTH,
            ["HR", "Manager", "New employee"],
            id="mapping of Employees becomes New employee",
        ),
        pytest.param(
            ["Employees", "HR", "Payroll"], ["Employee", "HR", "Manager"], ALL, BOTH,
            ["Employee", "HR", "Manager", "Payroll"],
            id="joins the mapped group Payroll",
        ),
        pytest.param(
            ["Employees", "HR", "Payroll"], ["Employee", "HR", "Manager"], ALL, BOTH,
            ["Employee", "HR", "Manager", "Payroll"],
            id="in group Payroll, which is added to the settings",
        ),
        pytest.param(
            ["Employees", "HR"], ["Employee", "HR", "Manager"], {"Employees": "Employee"}, BOTH,
            ["Employee", "HR", "Manager"],
            id="group HR taken out of the settings",
        ),
        pytest.param(
            ["Employees", "HR"], ["Manager"], BOTH, None, ["Employee", "HR", "Manager"],
            id="first sync",
        ),
    ],
)  # fmt: skip
def test_worked_example(
    plan_of: PlanOf,
    groups: list[str],
    roles: list[str],
    mapping: dict[str, str],
    reconciled: Mapping[str, str | None] | None,
    expected: list[str],
) -> None:
    assert roles_after(plan_of(megan(groups, roles, mapping, reconciled)), roles) == expected


def test_r1_who_has_an_employee_keeps_all_roles(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([person(groups=["HR"])], [login(roles=[])], [employee()], linked=["megan"], mapping=BOTH))
    assert told(plan) == []


def test_r2_switched_off_a_user_without_any_role_gets_the_main_groups(plan_of: PlanOf) -> None:
    plan = plan_of(megan(["HR", "Employees"], [], BOTH, synchronize_roles=False))
    assert change(plan, "set_roles") == ({"roleIds": []}, {"roleIds": ["role-Employee"]})
    assert told(plan) == [
        "L9 user_without_employee megan",
        "R2 set_roles megan (roles_missing)",
        "S multiple_groups_single_role megan",
    ]


def test_r2_switched_off_nobody_elses_roles_change(plan_of: PlanOf) -> None:
    plan = plan_of(megan(["Employees", "HR"], ["Manager"], BOTH, synchronize_roles=False))
    assert told(plan) == [*NOTHING_TO_DO, "S multiple_groups_single_role megan"]


@pytest.mark.parametrize("employees", [[], [employee()]])
@pytest.mark.parametrize(("switch", "roles"), [(True, ["role-Employee", "role-HR"]), (False, ["role-Employee"])])
def test_r3_roles_at_creation(plan_of: PlanOf, employees: list[Row], switch: bool, roles: list[str]) -> None:
    newcomer = person(groups=["HR", "Employees"])
    plan = plan_of(scenario([newcomer], [], employees, mapping=BOTH, synchronize_roles=switch))
    assert after_of(plan, "create_user")["roleIds"] == roles


def test_r4_an_old_role_that_another_group_still_gives_stays(plan_of: PlanOf) -> None:
    mapping = {"Employees": "New employee", "HR": "Employee"}
    given = {"Employees": "Employee", "HR": "Employee"}
    plan = plan_of(megan(["Employees", "HR"], ["Employee"], mapping, given))
    assert told(plan) == ["L9 user_without_employee megan", "R4 set_roles megan (mapping_changed)"]
    assert change(plan, "set_roles")[1] == {"roleIds": ["role-Employee", "role-New employee"]}


def test_r4_two_groups_may_change_their_roles_at_once(plan_of: PlanOf) -> None:
    mapping, given = {"Employees": "HR", "HR": "Payroll"}, {"Employees": "Employee", "HR": "HR"}
    plan = plan_of(megan(["Employees", "HR"], ["Employee", "HR", "Manager"], mapping, given))
    assert change(plan, "set_roles")[1] == {"roleIds": ["role-HR", "role-Manager", "role-Payroll"]}


def test_r4_two_groups_that_gave_one_role_may_each_get_another(plan_of: PlanOf) -> None:
    mapping, given = {"Employees": "HR", "HR": "Payroll"}, {"Employees": "Employee", "HR": "Employee"}
    plan = plan_of(megan(["Employees", "HR"], ["Employee", "Manager"], mapping, given))
    assert told(plan) == ["L9 user_without_employee megan", "R4 set_roles megan (mapping_changed)"]
    assert change(plan, "set_roles")[1] == {"roleIds": ["role-HR", "role-Manager", "role-Payroll"]}


def test_r4_a_group_that_was_not_mapped_then_is_joined_now(plan_of: PlanOf) -> None:
    plan = plan_of(megan(["Employees"], ["Manager"], BOTH, {"Employees": None}))
    assert told(plan) == ["L9 user_without_employee megan", "R4 set_roles megan (group_joined)"]
    assert change(plan, "set_roles") == ({"roleIds": ["role-Manager"]}, {"roleIds": ["role-Employee", "role-Manager"]})


def test_r4_group_joined_and_mapping_changed_together_are_a_changed_mapping(plan_of: PlanOf) -> None:
    mapping, given = {"Employees": "New employee", "HR": "HR"}, {"Employees": "Employee"}
    plan = plan_of(megan(["Employees", "HR"], ["Employee"], mapping, given))
    assert told(plan) == ["L9 user_without_employee megan", "R4 set_roles megan (mapping_changed)"]
    assert change(plan, "set_roles")[1] == {"roleIds": ["role-HR", "role-New employee"]}


def test_r4_an_old_role_goes_though_the_new_one_is_there_already(plan_of: PlanOf) -> None:
    mapping, given = {"Employees": "New employee"}, {"Employees": "Employee"}
    plan = plan_of(megan(["Employees"], ["Employee", "Manager", "New employee"], mapping, given))
    assert told(plan) == ["L9 user_without_employee megan", "R4 set_roles megan (mapping_changed)"]
    assert change(plan, "set_roles")[1] == {"roleIds": ["role-Manager", "role-New employee"]}


def test_r6_who_joins_a_group_beside_others_is_told_to_have_joined(plan_of: PlanOf) -> None:
    """Ada, numbered before her, has the last of all roles already."""
    people = [person("ada"), person("megan", groups=["Employees", "Payroll"])]
    logins = [login("ada", roles=["Employee", "Payroll"]), login("megan", roles=["Employee"])]
    state: Row = {"linked": ["ada", "megan"], "reconciled": {"ada": BOTH, "megan": BOTH}}
    plan = plan_of(scenario(people, logins, mapping=ALL, **state))
    assert [line for line in told(plan) if not line.startswith("L9")] == ["R4 set_roles megan (group_joined)"]


def test_r5_a_changed_mapping_does_not_hide_a_role_that_was_taken_away(plan_of: PlanOf) -> None:
    mapping = {"Employees": "New employee", "HR": "HR"}
    plan = plan_of(megan(["Employees", "HR"], ["Employee", "Manager"], mapping, BOTH))
    assert told(plan) == ["L9 user_without_employee megan", "R5 set_roles megan (roles_missing)"]
    assert change(plan, "set_roles")[1] == {"roleIds": ["role-HR", "role-New employee"]}


def test_r5_an_old_role_that_is_no_longer_there_counts_as_taken_away(plan_of: PlanOf) -> None:
    plan = plan_of(megan(["Employees"], ["Manager"], {"Employees": "New employee"}, {"Employees": "Employee"}))
    assert told(plan) == ["L9 user_without_employee megan", "R5 set_roles megan (roles_missing)"]
    assert change(plan, "set_roles")[1] == {"roleIds": ["role-New employee"]}


def test_r5_the_first_of_all_roles_is_one_like_the_others(plan_of: PlanOf) -> None:
    """Roles are numbered by id: Administrator's is the lowest."""
    mapping = {"Employees": "Administrator"}
    plan = plan_of(megan(["Employees"], ["Manager"], mapping, mapping))
    assert told(plan) == ["L9 user_without_employee megan", "R5 set_roles megan (roles_missing)"]
    assert change(plan, "set_roles")[1] == {"roleIds": ["role-Administrator"]}


def test_r7_the_holder_of_a_protected_role_keeps_his_roles(plan_of: PlanOf) -> None:
    plan = plan_of(megan(["Employees"], ["Administrator"], BOTH, protected_roles=["Administrator"]))
    assert told(plan) == ["L9 user_without_employee megan", "R7 protected_role megan"]
    assert plan["roleStates"] == []


def test_r7_is_silent_where_nothing_would_have_changed(plan_of: PlanOf) -> None:
    plan = plan_of(megan(["Employees"], ["Administrator", "Employee"], BOTH, protected_roles=["Administrator"]))
    assert told(plan) == NOTHING_TO_DO
    assert plan["roleStates"] == [{"entraId": "entra-megan", "groups": {"group-Employees": "role-Employee"}}]


def _unknown_role(case: Row, settings: Row, state: Row) -> None:  # noqa: ARG001
    settings["groups"][0]["default_role"] = "employee"  # another case is another name


def _role_twice(case: Row, settings: Row, state: Row) -> None:  # noqa: ARG001
    case["emply"]["roles"].append({"id": "role-again", "title": " Employee "})


def _unknown_protected_role(case: Row, settings: Row, state: Row) -> None:  # noqa: ARG001
    settings["protected_roles"] = ["Root"]


def _unknown_department(case: Row, settings: Row, state: Row) -> None:  # noqa: ARG001
    settings["groups"][0]["default_department"] = "Łódź"


def _unknown_group(case: Row, settings: Row, state: Row) -> None:  # noqa: ARG001
    settings["groups"][0]["group"] = "Nobody"


def _group_twice(case: Row, settings: Row, state: Row) -> None:  # noqa: ARG001
    case["entra"]["groups"].append({"id": "group-again", "displayName": "Employees"})


def _group_recreated(case: Row, settings: Row, state: Row) -> None:  # noqa: ARG001
    state["groupIds"] = [{"groupName": "Employees", "groupId": "group-deleted"}]


def _one_group_in_two_entries(case: Row, settings: Row, state: Row) -> None:  # noqa: ARG001
    settings["groups"].append({"group": "group-Employees", "default_role": "HR"})


@pytest.mark.parametrize(
    "spoil",
    [
        _unknown_role,
        _role_twice,
        _unknown_protected_role,
        _unknown_department,
        _unknown_group,
        _group_twice,
        _group_recreated,
        _one_group_in_two_entries,
    ],
)
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_r8_a_name_of_the_settings_that_means_nothing_or_two_things_stops_the_run(
    spoil: Callable[[Row, Row, Row], None], implementation: str
) -> None:
    made = scenario([person()])
    spoil(*made[:3])
    with pytest.raises(ConfigurationError):
        IMPLEMENTATIONS[implementation](*made)


def test_r8_a_renamed_group_goes_on_working(plan_of: PlanOf) -> None:
    made = scenario([person()], [login()], linked=["megan"])
    made[0]["entra"]["groups"][0]["displayName"] = "Staff"
    made[2]["groupIds"] = [{"groupName": "Employees", "groupId": "group-Employees"}]
    plan = plan_of(made)
    assert told(plan) == ["L9 user_without_employee megan", "R8 group_renamed Staff"]
    assert plan["findings"][0]["object"] == "group-Employees"


def test_r8_of_two_groups_of_one_name_the_id_chooses(plan_of: PlanOf) -> None:
    made = scenario([person()])
    made[0]["entra"]["groups"].append({"id": "group-again", "displayName": "Employees"})
    made[1]["groups"][0]["group"] = "group-Employees"
    assert "L1 create_user megan" in told(plan_of(made))


@pytest.mark.parametrize(
    ("switch", "employees", "role"),
    [(True, [], "role-Employee"), (False, [], None), (True, [employee()], None)],
)
@pytest.mark.parametrize("logins", [[], [login()]])
def test_r9_the_role_state_is_the_groups_and_the_mapping_where_r4_applies(
    plan_of: PlanOf, switch: bool, employees: list[Row], role: str | None, logins: list[Row]
) -> None:
    plan = plan_of(scenario([person()], logins, employees, synchronize_roles=switch))
    assert plan["roleStates"] == [{"entraId": "entra-megan", "groups": {"group-Employees": role}}]


def test_r9_groups_that_were_left_leave_the_role_state(plan_of: PlanOf) -> None:
    plan = plan_of(megan(["Employees"], ["Employee", "HR"], BOTH, BOTH))
    assert plan["roleStates"] == [{"entraId": "entra-megan", "groups": {"group-Employees": "role-Employee"}}]


def test_r9_waits_while_a_role_action_is_held(plan_of: PlanOf) -> None:
    plan = plan_of(megan(["HR"], ["Employee"], BOTH, protected_roles=["HR"]))
    assert told(plan) == ["L9 user_without_employee megan", "R4 set_roles megan (group_joined) held by G3"]
    assert plan["roleStates"] == []


def test_r9_does_not_wait_for_an_action_that_gives_no_role(plan_of: PlanOf) -> None:
    none = {"max_grants": {"min_count": 0, "percent": 0}}
    plan = plan_of(scenario([person()], [login(active=False)], linked=["megan"], reactivate="all", guards=none))
    assert told(plan) == ["L4 activate_user megan held by G7", "L9 user_without_employee megan"]
    assert plan["roleStates"] == [{"entraId": "entra-megan", "groups": {"group-Employees": "role-Employee"}}]


@pytest.mark.parametrize("people", [[], [person(groups=[])], [person(accountEnabled=False)]])
def test_r9_a_leavers_role_state_stays(plan_of: PlanOf, people: list[Row]) -> None:
    assert plan_of(scenario(people, [login()], linked=["megan"]))["roleStates"] == []
