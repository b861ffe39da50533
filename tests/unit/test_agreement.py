"""The vectorised rules and the row-by-row reference compute the same plan, scenario by scenario."""

import random
from typing import Any

import pytest

from tests.reference import rules, vectorised
from tests.reference.random_scenarios import random_scenario
from tests.reference.shares import telling
from tests.reference.subject import Row, outcome

SHARE = telling(30, range(200))
CAMPAIGN = range(6_000)


@pytest.mark.parametrize("seed", SHARE)
def test_both_implementations_agree(seed: int) -> None:
    _agree(seed)


@pytest.mark.campaign
@pytest.mark.parametrize("first", range(CAMPAIGN.start, CAMPAIGN.stop, 200))
def test_both_implementations_agree_on_thousands_of_scenarios(first: int) -> None:
    for seed in range(first, first + 200):
        _agree(seed)


def _agree(seed: int) -> None:
    scenario = random_scenario(random.Random(seed))
    expected = _changed_states_only(outcome(rules.plan, scenario), scenario[0], scenario[2])
    planned = outcome(vectorised.plan, scenario)
    assert planned == expected, (
        f"scenario {seed}: the pipeline alone has {_alone(planned, expected)}, "
        f"the reference alone {_alone(expected, planned)}"
    )


def _alone(one: Row, other: Row) -> list[Any]:
    """What one of them plans and finds, and the other does not."""
    if "error" in one:
        return ["a configuration error"]
    return [row for name, rows in one.items() for row in rows if row not in other.get(name, ())]


def _changed_states_only(plan: Row, scenario: Row, state: Row) -> Row:
    """The pipeline records only the role states that change; the reference gives all of them."""
    if "error" in plan:
        return plan
    logins = {row["id"] for row in scenario.get("emply", {}).get("users", [])}
    kept: Row = {row["entraId"]: {} for row in state.get("links", []) if row["emplyUserId"] in logins}
    person = {row["emplyUserId"]: row["entraId"] for row in state.get("links", []) if row["emplyUserId"] in logins}
    for row in state.get("roleStates", []):
        if row["emplyUserId"] in person:
            kept[person[row["emplyUserId"]]][row["groupId"]] = row["roleId"]
    new = {row["entra_id"] for row in plan["actions"] if row["kind"] == "link_user"}
    changed = [row for row in plan["roleStates"] if row["entraId"] in new or kept.get(row["entraId"]) != row["groups"]]
    return {**plan, "roleStates": changed}
