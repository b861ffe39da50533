"""U: what was applied is restored where somebody asked for it, the login still has what was set, and it would last."""

from typing import Any

import pytest

from tests.reference.builders import ROOMS, ago, change, deactivated, employee, login, person, scenario, told
from tests.reference.guards import action_id
from tests.reference.subject import PlanOf, Row

BOTH = {"Employees": "Employee", "HR": "HR"}
NOBODY_IS_EMPLOYEE = "L9 user_without_employee megan"


def asked(kind: str, before: Row, after: Row, name: str = "megan") -> Row:
    """A state in which it is asked that the login gets `after` instead of `before`."""
    who = {"entraId": f"entra-{name}", "emplyUserId": f"login-{name}"}
    return {"undos": [{"kind": kind, **who, "before": before, "after": after, "cause": "undoes plan 3f9c12ab"}]}


def roles(*titles: str) -> Row:
    return {"roleIds": [f"role-{title}" for title in titles]}


MANAGER_BACK = asked("set_roles", roles("Employee"), roles("Employee", "Manager"))
TITLE_BACK = asked("update_user", {"jobTitle": "Lead"}, {"jobTitle": "Chef"})
ACTIVE_AGAIN = asked("activate_user", {"active": False}, {"active": True})


def without_findings(plan: Row) -> list[str]:
    return [line for line in told(plan) if not line.startswith("L9")]


def of_megan(state: Row, *, groups: tuple[str, ...] = ("Employees",), mapping: Row = BOTH, **more: Any) -> Any:  # noqa: ANN401
    """Megan, linked and reconciled, with these requests."""
    people = [person(groups=groups, **more.pop("user", {}))]
    logins = [login(**more.pop("login", {}))]
    reconciled = {"megan": {group: mapping[group] for group in groups if group in mapping}}
    return scenario(people, logins, more.pop("employees", ()), linked=["megan"], mapping=mapping,
                    reconciled=more.pop("reconciled", reconciled), state=state, **more)  # fmt: skip


# --- roles ------------------------------------------------------------------------------------------------------------


def test_u1_a_role_that_was_taken_is_given_back_and_held(plan_of: PlanOf) -> None:
    plan = plan_of(of_megan(MANAGER_BACK))
    assert told(plan) == [NOBODY_IS_EMPLOYEE, "U1 set_roles megan (undoes plan 3f9c12ab) held by G8"]
    assert change(plan, "set_roles") == (roles("Employee"), roles("Employee", "Manager"))


def test_g8_lets_go_what_is_approved(plan_of: PlanOf) -> None:
    (row,) = plan_of(of_megan(MANAGER_BACK))["actions"]
    approved = {**MANAGER_BACK, "approvals": [{"action": action_id(row), "expiresAt": "2100-01-01T00:00:00Z"}]}
    assert without_findings(plan_of(of_megan(approved))) == ["U1 set_roles megan (undoes plan 3f9c12ab)"]


def test_u1_a_restored_role_is_an_extra_role_to_r5(plan_of: PlanOf) -> None:
    assert without_findings(plan_of(of_megan({}, login={"roles": ["Employee", "Manager"]}))) == []


def test_u1_nothing_is_restored_where_the_roles_were_changed_since(plan_of: PlanOf) -> None:
    assert without_findings(plan_of(of_megan(MANAGER_BACK, login={"roles": ["Employee", "HR"]}))) == []


def test_u1_a_rule_that_changes_the_roles_comes_first(plan_of: PlanOf) -> None:
    plan = plan_of(of_megan(MANAGER_BACK, groups=("Employees", "HR"), reconciled={"megan": {"Employees": "Employee"}}))
    assert without_findings(plan) == ["R4 set_roles megan (group_joined)"]


def test_u1_what_a_changed_mapping_would_take_again_is_not_restored(plan_of: PlanOf) -> None:
    """The role state still has the old role of the group: R4 would replace it again."""
    state = asked("set_roles", roles("New employee"), roles("Employee", "New employee"))
    plan = plan_of(of_megan(state, mapping={"Employees": "New employee"}, login={"roles": ["New employee"]},
                            reconciled={"megan": {"Employees": "Employee"}}))  # fmt: skip
    assert without_findings(plan) == []


def test_u1_a_role_that_a_mapping_replaced_lasts_once_the_mapping_is_reconciled(plan_of: PlanOf) -> None:
    state = asked("set_roles", roles("New employee"), roles("Employee", "New employee"))
    plan = plan_of(of_megan(state, mapping={"Employees": "New employee"}, login={"roles": ["New employee"]}))
    assert without_findings(plan) == ["U1 set_roles megan (undoes plan 3f9c12ab) held by G8"]


def test_u1_who_has_an_employee_keeps_the_roles(plan_of: PlanOf) -> None:
    assert without_findings(plan_of(of_megan(MANAGER_BACK, employees=[employee()]))) == []


def test_u1_the_holder_of_a_protected_role_keeps_the_roles(plan_of: PlanOf) -> None:
    state = asked("set_roles", roles("Administrator", "Employee"), roles("Administrator", "Employee", "Manager"))
    held = {"roles": ["Administrator", "Employee"]}
    assert without_findings(plan_of(of_megan(state, login=held, protected_roles=["Administrator"]))) == []


def test_u1_a_protected_role_is_restored_under_g3_too(plan_of: PlanOf) -> None:
    state = asked("set_roles", roles("Employee"), roles("Administrator", "Employee"))
    plan = plan_of(of_megan(state, protected_roles=["Administrator"]))
    assert without_findings(plan) == ["U1 set_roles megan (undoes plan 3f9c12ab) held by G3 G8"]


def test_u1_a_role_that_does_not_exist_any_more_is_not_given(plan_of: PlanOf) -> None:
    state = asked("set_roles", roles("Employee"), roles("Employee", "Gone"))
    assert without_findings(plan_of(of_megan(state))) == []


def test_g2_does_not_count_what_is_undone(plan_of: PlanOf) -> None:
    people = [person("megan"), person("ada", groups=["Employees", "HR"])]
    logins = [login("megan"), login("ada")]
    names = ["megan", "ada"]
    state: Row = {"linked": names, "reconciled": {name: {"Employees": "Employee"} for name in names}}
    guards = {"max_role_changes": {"min_count": 1, "percent": 0}}
    plan = plan_of(scenario(people, logins, mapping=BOTH, guards=guards, **state, state=MANAGER_BACK))
    held = "U1 set_roles megan (undoes plan 3f9c12ab) held by G8"
    assert without_findings(plan) == ["R4 set_roles ada (group_joined)", held]


def test_r9_a_held_undo_does_not_keep_the_role_state_from_being_recorded(plan_of: PlanOf) -> None:
    plan = plan_of(of_megan(MANAGER_BACK, mapping={"Employees": "Employee"}, reconciled={"megan": {"HR": "HR"}},
                            login={"roles": ["Employee"]}))  # fmt: skip
    assert [row["entraId"] for row in plan["roleStates"]] == ["entra-megan"]


# --- fields -----------------------------------------------------------------------------------------------------------


def test_u2_a_field_is_set_back_where_entra_has_no_value_for_it_any_more(plan_of: PlanOf) -> None:
    plan = plan_of(of_megan(TITLE_BACK, login={"jobTitle": "Lead"}))
    assert without_findings(plan) == ["U2 update_user megan held by G8"]
    assert change(plan, "update_user") == ({"jobTitle": "Lead"}, {"jobTitle": "Chef"})


def test_u2_a_field_that_entra_would_set_again_stays(plan_of: PlanOf) -> None:
    plan = plan_of(of_megan(TITLE_BACK, login={"jobTitle": "Lead"}, user={"jobTitle": "Lead"}))
    assert without_findings(plan) == []


def test_u2_a_field_that_was_changed_since_stays(plan_of: PlanOf) -> None:
    assert without_findings(plan_of(of_megan(TITLE_BACK, login={"jobTitle": "Other"}))) == []


def test_u2_the_employee_leads_the_fields_of_the_user(plan_of: PlanOf) -> None:
    plan = plan_of(of_megan(TITLE_BACK, login={"jobTitle": "Lead"}, employees=[employee()]))
    assert without_findings(plan) == []


# --- logins -----------------------------------------------------------------------------------------------------------


UNMANAGED: Row = {"groups": ("Payroll",), "reconciled": {"megan": {"Payroll": "Payroll"}}, "login": {"active": False}}
"""Megan's group was taken out of the settings after her login was deactivated (L8)."""


def test_u3_a_login_is_activated_again_where_no_rule_would_deactivate_it(plan_of: PlanOf) -> None:
    plan = plan_of(of_megan(ACTIVE_AGAIN, **UNMANAGED))
    assert told(plan) == ["L8 unmanaged megan", "U3 activate_user megan held by G8"]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"user": {"accountEnabled": False}}, id="L6: the account is disabled"),
        pytest.param({"groups": ("Payroll",), "reconciled": {"megan": {"HR": "HR"}}}, id="L7: in no group"),
        pytest.param({"groups": ("Employees", ROOMS)}, id="L7a: a room"),
    ],
)
def test_u3_a_login_that_a_rule_would_deactivate_again_stays(plan_of: PlanOf, more: Row) -> None:
    assert plan_of(of_megan(ACTIVE_AGAIN, login={"active": False}, **more))["actions"] == []


def test_u3_what_l4_does_by_itself_is_planned_once(plan_of: PlanOf) -> None:
    state = {**ACTIVE_AGAIN, "deactivations": [deactivated("megan", ago(days=3))]}
    assert without_findings(plan_of(of_megan(state, login={"active": False}))) == ["L4 activate_user megan"]


def test_u3_an_archived_employee_keeps_the_login_off(plan_of: PlanOf) -> None:
    plan = plan_of(of_megan(ACTIVE_AGAIN, employees=[employee(status="archived")], **UNMANAGED))
    assert [row["kind"] for row in plan["actions"]] == []


# --- all --------------------------------------------------------------------------------------------------------------


def test_a_login_that_is_linked_with_nobody_is_not_touched(plan_of: PlanOf) -> None:
    people, logins = [person("ada")], [login("megan"), login("ada")]
    assert without_findings(plan_of(scenario(people, logins, linked=["ada"], state=MANAGER_BACK))) == []


def test_with_the_integration_off_nothing_is_undone(plan_of: PlanOf) -> None:
    assert told(plan_of(of_megan(MANAGER_BACK, enabled=False))) == []
