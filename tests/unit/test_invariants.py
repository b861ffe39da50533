"""What holds for every scenario, whatever the rules decide."""

import copy
import random
from collections.abc import Callable

import pytest

from tests.reference.applying import applied
from tests.reference.guards import action_id
from tests.reference.random_scenarios import random_scenario
from tests.reference.subject import IMPLEMENTATIONS, Implementation, Scenario, comparable
from tests.reference.terms import ConfigurationError

Invariant = Callable[[Scenario, Implementation], None]

SEEDS = range(6)
CAMPAIGN = range(6, 600)


def nothing_but_what_is_held_remains_after_applying(scenario: Scenario, plan_of: Implementation) -> None:
    case, settings, state, now, unreadable, hidden = scenario
    for _ in range(2):
        plan = plan_of(case, settings, state, now, unreadable, hidden)
        case, state = applied(case, settings, state, now, plan)
    last = plan_of(case, settings, state, now, unreadable, hidden)
    assert [action_id(action) for action in last["actions"] if not action["held_by"]] == []


def the_order_of_rows_never_matters(scenario: Scenario, plan_of: Implementation) -> None:
    case, settings, state, now, unreadable, hidden = scenario
    turned = copy.deepcopy((case, state))
    shuffle = random.Random(1).shuffle
    for lists in (turned[0].get("entra", {}), turned[0].get("emply", {}), turned[1]):
        for rows in lists.values():
            if isinstance(rows, list):
                shuffle(rows)
    for group in turned[0].get("entra", {}).get("groups", []):
        shuffle(group.get("members", []))
    for calendars in turned[0].get("entra", {}).get("calendars", {}).values():
        shuffle(calendars)
        for calendar in calendars:
            shuffle(calendar.get("events", []))
    expected = comparable(plan_of(*scenario))
    assert comparable(plan_of(turned[0], settings, turned[1], now, unreadable, hidden)) == expected


def no_external_user_is_touched(scenario: Scenario, plan_of: Implementation) -> None:
    """M6: but for W1, and for C4 and C6 on a calendar that came from Entra."""
    plan = plan_of(*scenario)
    linked = {row["emplyUserId"] for row in scenario[2].get("links", [])}
    matched = {action["emply_user_id"] for action in plan["actions"] if action["kind"] == "link_user"}
    touched = {action["emply_user_id"] for action in plan["actions"] if action["rule"] not in ("W1", "C4", "C6")}
    assert touched - {None} <= linked | matched


def nobody_with_an_employee_has_roles_or_fields_changed(scenario: Scenario, plan_of: Implementation) -> None:
    plan = plan_of(*scenario)
    case = scenario[0]
    employees = {row["id"] for row in case.get("emply", {}).get("employees", [])}
    employed = {row["id"] for row in case.get("emply", {}).get("users", []) if row.get("employeeId") in employees}
    in_emply = [row for row in plan["actions"] if row["target"] == "emply"]
    changed = {row["emply_user_id"] for row in in_emply if row["kind"] in ("set_roles", "update_user", "set_photo")}
    assert not changed & employed


def each_person_and_each_login_is_linked_once(scenario: Scenario, plan_of: Implementation) -> None:
    links = [action for action in plan_of(*scenario)["actions"] if action["kind"] == "link_user"]
    assert len({link["entra_id"] for link in links}) == len(links)
    assert len({link["emply_user_id"] for link in links}) == len(links)


INVARIANTS = [
    nothing_but_what_is_held_remains_after_applying,
    the_order_of_rows_never_matters,
    no_external_user_is_touched,
    nobody_with_an_employee_has_roles_or_fields_changed,
    each_person_and_each_login_is_linked_once,
]


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
@pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda each: each.__name__)
def test_invariant(invariant: Invariant, implementation: str) -> None:
    _hold(invariant, implementation, SEEDS)


@pytest.mark.campaign
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
@pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda each: each.__name__)
def test_invariant_on_thousands_of_scenarios(invariant: Invariant, implementation: str) -> None:
    _hold(invariant, implementation, CAMPAIGN)


def _hold(invariant: Invariant, implementation: str, seeds: range) -> None:
    for seed in seeds:
        try:
            invariant(random_scenario(random.Random(seed)), IMPLEMENTATIONS[implementation])
        except ConfigurationError:
            continue
        except AssertionError as error:
            raise AssertionError(f"scenario {seed}") from error
