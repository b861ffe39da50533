"""S: groups whose members Graph may hide, and groups in room groups."""

from typing import Unpack

import pytest

from tests.reference.builders import ROOMS, SomeSettings, person, scenario, told
from tests.reference.subject import PlanOf, Row, Scenario
from tests.reference.terms import ConfigurationError


def hidden(
    name: str, visibility: str = "HiddenMembership", *, allowed: bool = True, **settings: Unpack[SomeSettings]
) -> Scenario:
    """Employees with the group Copenhagen in it, rooms, and one of the groups with this visibility."""
    nested = {"Employees": ["Copenhagen"], "Copenhagen": []}
    made = scenario([person(groups=[])], nested=nested, member_read_hidden=allowed, **settings)
    for group in made[0]["entra"]["groups"]:
        if group["displayName"] == name:
            group["visibility"] = visibility
    return made


def found(plan: Row) -> list[str]:
    return [row["subject"] for row in plan["findings"] if row["code"] == "hidden_membership"]


@pytest.mark.parametrize("name", ["Employees", ROOMS])
@pytest.mark.parametrize("visibility", ["HiddenMembership", "hiddenmembership", "HIDDENMEMBERSHIP"])
def test_hidden_membership_is_told_where_the_app_may_see_the_members(
    plan_of: PlanOf, name: str, visibility: str
) -> None:
    plan = plan_of(hidden(name, visibility))
    assert found(plan) == [name]
    assert [row["object"] for row in plan["findings"] if row["subject"] == name and "hidden" in row["code"]] == [
        f"group-{name}"
    ]


@pytest.mark.parametrize("visibility", ["Private", "Public", ""])
def test_another_visibility_says_nothing(plan_of: PlanOf, visibility: str) -> None:
    assert found(plan_of(hidden("Employees", visibility, allowed=False))) == []


@pytest.mark.parametrize(("nested", "names"), [(True, ["Copenhagen"]), (False, [])])
def test_a_group_within_counts_with_nested_groups(plan_of: PlanOf, nested: bool, names: list[str]) -> None:
    assert found(plan_of(hidden("Copenhagen", nested_groups=nested))) == names


@pytest.mark.parametrize(("name", "nested"), [("Employees", False), (ROOMS, False), ("Copenhagen", True)])
def test_where_the_app_may_not_see_them_no_plan_is_made(plan_of: PlanOf, name: str, nested: bool) -> None:
    with pytest.raises(ConfigurationError, match=f"Member.Read.Hidden .*{name}"):
        plan_of(hidden(name, allowed=False, nested_groups=nested))


def test_a_hidden_group_that_is_not_read_does_no_harm(plan_of: PlanOf) -> None:
    assert found(plan_of(hidden("Copenhagen", allowed=False))) == []


def test_switched_off_nothing_fails(plan_of: PlanOf) -> None:
    assert told(plan_of(hidden("Employees", allowed=False, enabled=False))) == []


def test_a_group_in_a_room_group_is_ignored(plan_of: PlanOf) -> None:
    made = scenario([person()], nested={ROOMS: ["Copenhagen"], "Copenhagen": []})
    assert [row["subject"] for row in plan_of(made)["findings"] if row["code"] == "nested_group_ignored"] == [ROOMS]
