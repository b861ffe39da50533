"""One truth: where a condition says the opposite, the plan and the sentences change together, and go on agreeing."""

import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from entra_emply.errors import SettingsError
from entra_emply.reconciliation.explain.statements import statements
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.plan import make_plan
from entra_emply.reconciliation.rule import Condition
from entra_emply.reconciliation.words.phrase import _Words
from tests.explaining import facts_of_everybody
from tests.reference.random_scenarios import random_scenario
from tests.reference.vectorised import inputs_of
from tests.unit.explain.rules import ABOUT_GROUPS, WITHOUT_ROWS, every_rule, rules_planned

LETTERS = "MLRAPW"
MOST = 60
"""Scenarios that are tried until one is found in which the condition decides something."""
Told = list[tuple[list[str], set[str], set[str], list[str]]]
"""Of each person: the plan's rows, the rules of the plan's rows, the rules that are said to decide, every sentence."""


def conditions() -> dict[str, Condition[Any]]:
    """The conditions of all rules of these letters, each object once, by a rule that asks it and its name."""
    rules = [rule for rule in every_rule() if rule.name[0] in LETTERS and rule.name not in ABOUT_GROUPS]
    found = {
        id(condition): (f"{rule.name}-{condition.name}", condition) for rule in rules for condition in rule.conditions
    }
    return dict(found.values())


CONDITIONS = conditions()


@pytest.fixture
def _speechless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words that name a value which is not there are an error, but an inverted condition finds nothing to name."""
    strict = _Words.format_field

    def lenient(words: _Words, value: object, none: str) -> str:
        return strict(words, value, none or "nothing")

    monkeypatch.setattr(_Words, "format_field", lenient)


@pytest.fixture
def inverted(request: pytest.FixtureRequest) -> Iterator[Condition[Any]]:
    """The condition of this name; its answer is the opposite while the test says so."""
    condition = CONDITIONS[request.param]
    holds = condition.holds
    yield condition
    object.__setattr__(condition, "holds", holds)


@pytest.mark.campaign
@pytest.mark.usefixtures("_speechless")
@pytest.mark.parametrize("inverted", CONDITIONS, indirect=True)
def test_plan_and_sentences_change_together(inverted: Condition[Any]) -> None:
    holds = inverted.holds
    for seed in range(MOST):
        if (before := as_it_is(seed)) is None:
            continue
        object.__setattr__(inverted, "holds", lambda subjects, rows: ~holds(subjects, rows))
        after = told(scenario_of(seed))
        object.__setattr__(inverted, "holds", holds)
        agreeing(after)
        if [rows for rows, *_ in before] != [rows for rows, *_ in after]:
            assert [sentences for *_, sentences in before] != [sentences for *_, sentences in after]
            return
    pytest.fail("the plan never asks this condition")


def agreeing(everybody: Told) -> None:
    """Nothing is planned that the sentences deny. (Where no field differs, A1 has no row.)"""
    for _, planned, decided, _ in everybody:
        assert planned <= decided


@cache
def as_it_is(seed: int) -> Told | None:
    """What is planned and said of everybody; None where the settings of the scenario are wrong."""
    try:
        return told(scenario_of(seed))
    except SettingsError:
        return None


def scenario_of(seed: int) -> Inputs:
    return inputs_of(*random_scenario(random.Random(seed)))


def told(inputs: Inputs) -> Told:
    found = []
    plan = make_plan(inputs)
    for facts in facts_of_everybody(inputs, plan):
        if facts.row is None:
            continue
        ids = {
            "entra_id": (facts.entra or {}).get("entra_id") or facts.identity.get("entra_id"),
            "emply_user_id": (facts.login or {}).get("emply_user_id"),
        }
        said = [each for each in statements(facts) if each.rule[0] in LETTERS]
        planned = rules_planned([*facts.actions, *facts.findings], ids)
        decided = {each.rule for each in said if each.verdict == "decided"}
        rows = [row["action_id"] for row in facts.actions] + [row["code"] for row in facts.findings]
        found.append((rows, of_letters(planned), of_letters(decided), [each.sentence for each in said]))
    return found


def of_letters(rules: set[str]) -> set[str]:
    return {rule for rule in rules if rule[0] in LETTERS} - WITHOUT_ROWS - ABOUT_GROUPS
