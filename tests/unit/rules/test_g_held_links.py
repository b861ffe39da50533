"""G: links by another address, and approvals of what waits for a held link; `action_id`."""

import json
from hashlib import sha256
from typing import Unpack

from tests.reference import rules
from tests.reference.builders import SomeSettings, address, ago, login, person, scenario, told
from tests.reference.calendar_builders import calendar
from tests.reference.guards import action_id
from tests.reference.subject import PlanOf, Row, Scenario

HOLM = person("holm", otherMails=["berg@contoso.com"], givenName="Ann")
BERG = login("berg", username=address("berg"), roles=["Manager"])


def by_address(entra: Row | None = None, **settings: Unpack[SomeSettings]) -> Scenario:
    return scenario([HOLM], [BERG], entra=entra, **settings)


def approved(made: Scenario, *kinds: str) -> Scenario:
    """The same scenario with what a person approved."""
    actions = [row for row in rules.plan(*made)["actions"] if row["kind"] in kinds]
    approvals = [{"action": action_id(row), "expiresAt": ago(hours=-71)} for row in actions]
    return (made[0], made[1], {**made[2], "approvals": approvals}, *made[3:])


def held(plan: Row) -> dict[str, list[str]]:
    return {row["kind"]: row["held_by"] for row in plan["actions"]}


def test_g3_a_link_by_another_address_is_held_with_all_else_of_the_person(plan_of: PlanOf) -> None:
    assert held(plan_of(by_address())) == {"link_user": ["G3"], "set_roles": ["G3"], "update_user": ["G3"]}


def test_g3_once_the_link_is_approved_all_is_free(plan_of: PlanOf) -> None:
    plan = plan_of(approved(by_address(), "link_user"))
    assert held(plan) == {"link_user": [], "set_roles": [], "update_user": []}


def test_g3_what_an_earlier_plan_held_with_its_link_is_free_as_soon_as_the_link_is(plan_of: PlanOf) -> None:
    made = by_address()
    before = [{"action": action_id(row), "guards": row["held_by"]} for row in rules.plan(*made)["actions"]]
    made[2]["holds"] = before
    assert held(plan_of(made)) == {"link_user": ["G3"], "set_roles": ["G3"], "update_user": ["G3"]}
    assert held(plan_of(approved(made, "link_user"))) == {"link_user": [], "set_roles": [], "update_user": []}


def test_g3_what_waited_for_a_link_that_was_made_meanwhile_is_free(plan_of: PlanOf) -> None:
    made = scenario([HOLM], [BERG], linked=[("holm", "berg")])
    (update,) = [row for row in rules.plan(*made)["actions"] if row["kind"] == "update_user"]
    made[2]["holds"] = [{"action": action_id(update), "guards": ["G3"]}]
    assert held(plan_of(made))["update_user"] == []


def test_an_approval_behind_a_held_link_frees_nothing_yet(plan_of: PlanOf) -> None:
    none = {"max_role_changes": {"min_count": 0, "percent": 0}}
    made = by_address(guards=none)
    assert held(plan_of(approved(made, "set_roles")))["set_roles"] == ["G2", "G3"]
    assert held(plan_of(approved(made, "link_user")))["set_roles"] == ["G2"]
    assert held(plan_of(approved(made, "link_user", "set_roles")))["set_roles"] == []


def test_an_approval_of_an_action_of_another_person_holds(plan_of: PlanOf) -> None:
    none = {"max_role_changes": {"min_count": 0, "percent": 0}}
    made = scenario([HOLM, person("ray")], [BERG, login("ray", roles=[])], linked=["ray"], guards=none)
    plan = plan_of(approved(made, "set_roles"))
    assert {row["entra_id"]: row["held_by"] for row in plan["actions"] if row["kind"] == "set_roles"} == {
        "entra-holm": ["G2", "G3"],
        "entra-ray": [],
    }


def test_c8_behind_a_link_by_another_address_no_calendar_is_planned(plan_of: PlanOf) -> None:
    mailbox = {"calendars": {"entra-holm": [calendar()]}}
    made = by_address(entra=mailbox, synchronize_calendars=True)
    assert "add_calendar" not in str(told(plan_of(made)))
    assert "C1 add_calendar holm/berg" in told(plan_of(approved(made, "link_user")))


def test_c8_behind_a_held_activation_no_calendar_is_planned(plan_of: PlanOf) -> None:
    mailbox = {"calendars": {"entra-megan": [calendar()]}}
    none = {"max_grants": {"min_count": 0, "percent": 0}}
    linked: Row = {"linked": ["megan"], "reactivate": "all", "entra": mailbox, "synchronize_calendars": True}
    made = scenario([person()], [login(active=False)], **linked, guards=none)
    assert told(plan_of(made)) == ["L4 activate_user megan held by G7", "L9 user_without_employee megan"]
    assert "C1 add_calendar megan" in told(plan_of(scenario([person()], [login(active=False)], **linked)))


def test_r9_behind_a_held_link_no_role_state_is_written(plan_of: PlanOf) -> None:
    assert plan_of(by_address())["roleStates"] == []


def test_an_action_id_is_the_hash_of_what_is_done_to_whom() -> None:
    (row,) = rules.plan(*scenario([], [login("søren")], linked=["søren"]))["actions"]
    text = '["emply", "deactivate_user", "entra-s\\u00f8ren", "login-s\\u00f8ren", {"active": true}, {"active": false}]'
    assert json.loads(text)[2] == "entra-søren"
    assert action_id(row) == sha256(text.encode()).hexdigest()


def test_an_action_id_does_not_depend_on_the_order_of_fields() -> None:
    row: Row = {"target": "emply", "kind": "update_user", "entra_id": None, "emply_user_id": "x", "before": None}
    assert action_id({**row, "after": {"a": 1, "b": 2}}) == action_id({**row, "after": {"b": 2, "a": 1}})
