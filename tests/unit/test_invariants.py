"""What holds for every scenario, whatever the rules decide."""

import copy
import random
from collections.abc import Callable
from datetime import datetime

import pytest

from tests.reference import vectorised
from tests.reference.applying import applied
from tests.reference.guards import action_id
from tests.reference.random_scenarios import random_scenario
from tests.reference.subject import Row, comparable
from tests.reference.terms import ConfigurationError

Scenario = tuple[Row, Row, Row, datetime]
SEEDS = range(6)
CAMPAIGN = range(6, 600)


def nothing_but_what_is_held_remains_after_applying(scenario: Scenario) -> None:
    case, settings, state, now, *_ = scenario
    for _ in range(2):
        plan = vectorised.plan(case, settings, state, now)
        case, state = applied(case, settings, state, now, plan)
    last = vectorised.plan(case, settings, state, now)
    assert [action_id(action) for action in last["actions"] if not action["held_by"]] == []


def the_order_of_rows_never_matters(scenario: Scenario) -> None:
    case, settings, state, now, *_ = scenario
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
    expected = comparable(vectorised.plan(*scenario))
    assert comparable(vectorised.plan(turned[0], settings, turned[1], now)) == expected


def no_external_user_is_touched(scenario: Scenario) -> None:
    """M6: but for W1, and for C4 and C6 on a calendar that came from Entra."""
    plan = vectorised.plan(*scenario)
    linked = {row["emplyUserId"] for row in scenario[2].get("links", [])}
    matched = {action["emply_user_id"] for action in plan["actions"] if action["kind"] == "link_user"}
    touched = {action["emply_user_id"] for action in plan["actions"] if action["rule"] not in ("W1", "C4", "C6")}
    assert touched - {None} <= linked | matched


def nobody_with_an_employee_has_roles_or_fields_changed(scenario: Scenario) -> None:
    plan = vectorised.plan(*scenario)
    case = scenario[0]
    employees = {row["id"] for row in case.get("emply", {}).get("employees", [])}
    employed = {row["id"] for row in case.get("emply", {}).get("users", []) if row.get("employeeId") in employees}
    in_emply = [row for row in plan["actions"] if row["target"] == "emply"]
    changed = {row["emply_user_id"] for row in in_emply if row["kind"] in ("set_roles", "update_user", "set_photo")}
    assert not changed & employed


def each_person_and_each_login_is_linked_once(scenario: Scenario) -> None:
    links = [action for action in vectorised.plan(*scenario)["actions"] if action["kind"] == "link_user"]
    assert len({link["entra_id"] for link in links}) == len(links)
    assert len({link["emply_user_id"] for link in links}) == len(links)


INVARIANTS = [
    nothing_but_what_is_held_remains_after_applying,
    the_order_of_rows_never_matters,
    no_external_user_is_touched,
    nobody_with_an_employee_has_roles_or_fields_changed,
    each_person_and_each_login_is_linked_once,
]


@pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda each: each.__name__)
def test_invariant(invariant: Callable[[Scenario], None]) -> None:
    _hold(invariant, SEEDS)


@pytest.mark.campaign
@pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda each: each.__name__)
def test_invariant_on_thousands_of_scenarios(invariant: Callable[[Scenario], None]) -> None:
    _hold(invariant, CAMPAIGN)


def _hold(invariant: Callable[[Scenario], None], seeds: range) -> None:
    for seed in seeds:
        try:
            invariant(random_scenario(random.Random(seed)))
        except ConfigurationError:
            continue
        except AssertionError as error:
            raise AssertionError(f"scenario {seed}") from error
