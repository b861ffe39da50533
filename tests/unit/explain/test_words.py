"""The words and the rules belong together: each has the other, and every value that words name is there."""

import functools
import inspect
import pkgutil
import random
import re
from importlib import import_module
from typing import Any

import pytest

from entra_emply.errors import SettingsError
from entra_emply.reconciliation import words
from entra_emply.reconciliation.clause import clause_of
from entra_emply.reconciliation.explain.facts import Facts
from entra_emply.reconciliation.explain.statements import statements
from entra_emply.reconciliation.plan import make_plan
from entra_emply.reconciliation.rule import Condition, Rule, every, nothing
from entra_emply.reconciliation.words import CONDITIONS, RULES
from entra_emply.reconciliation.words.parts import PARTS
from tests.explaining import facts_of_everybody
from tests.reference.random_scenarios import random_scenario
from tests.reference.vectorised import inputs_of
from tests.unit.explain.rules import every_rule, modules

SHARE = range(10, 14)
MISSING = re.compile(r"\b(None|nan|NaN|(role|group|login|entra|employee)-\w+)\b|[{}]")
"""What is no word: a missing value, an id of the scenarios, a value that was not put in."""
YES_OR_NO = {
    *("has_action", "has_calendar", "has_emply_event", "has_near_employee", "has_outlook_event", "has_pair"),
    *("from_entra", "in_configured_group", "in_read_group", "kept_in_emply", "source_needed", "tenant_has_guests"),
    *("behind_link", "deactivates", "gives_protected", "grants", "held_before", "held_with_other", "leaves_group"),
    *("links_by_address", "not_approved", "not_c6", "removes", "replaces_link", "sets_roles", "touches_holder"),
    *("restores_fields", "restores_login", "restores_roles", "roles_there", "still_linked", "still_set", "undoes"),
    *("first_read_empty", "lost_rows", "not_accepted", "not_linked_yet", "not_matched_by_key", "not_matched_yet"),
    *("default_to_add", "enabled_at_first", "gone_from_mailbox", "least_of_several", "mailbox_closed", "not_in_emply"),
    *("mailbox_asked", "calendar_stays", "cancelled_in_outlook", "declined_in_outlook"),
    *("not_renewed", "not_shared", "own_events", "owner_settled", "stands_for_default", "still_in_entra"),
    *("unmanaged", "waiting", "was_detached", "has_group_as_member", "gone_in_emply", "new_in_outlook"),
    *(
        "no_recorded_pair",
        "not_paired",
        "on_synchronised_calendar",
        "calendar_events_read",
        "pair_in_outlook",
        "pair_may_be_written",
    ),
}
"""Conditions that compare no value: whether something exists, what kind of action one is, what was decided before."""
FORBIDDING = {"P3"}
"""Rules that only forbid: there is nothing to ask."""


def test_every_rule_has_words_and_all_words_have_a_rule() -> None:
    assert {rule.name for rule in every_rule()} == set(RULES) - FORBIDDING, "RULES of the letter's module in words/"
    assert len(every_rule()) == len({rule.name for rule in every_rule()}) + 1  # G3 is asked without a held link, too


def test_every_condition_tells_what_it_compares_unless_there_is_no_value() -> None:
    asked = {each.name: each for rule in every_rule() for each in every(*rule.conditions, *rule.how)}
    assert {name for name, each in asked.items() if each.compared is nothing} == YES_OR_NO


def test_no_two_letters_word_the_same_condition() -> None:
    letters = [import_module(each.name) for each in pkgutil.iter_modules(words.__path__, f"{words.__name__}.")]
    named = [name for letter in letters for name in getattr(letter, "CONDITIONS", {})]
    assert sorted(named) == sorted(set(named))


def test_every_condition_has_words_and_all_words_have_a_condition() -> None:
    asked = {each.name for rule in every_rule() for each in every(*rule.conditions, *rule.how)}
    written = [value for module in modules() for value in vars(module).values() if isinstance(value, Condition)]
    assert asked - set(CONDITIONS) == set(), "CONDITIONS of a module in words/"
    assert set(CONDITIONS) <= asked | {each.name for each in every(*written)} | set(words.wishes.CONDITIONS)


def test_a_rule_asks_no_condition_twice() -> None:
    for rule in every_rule():
        names = [condition.name for condition in rule.conditions]
        assert len(set(names)) == len(names), rule.name


def test_a_part_without_words_or_words_without_a_part_is_found() -> None:
    source = "".join(inspect.getsource(module) for module in modules())
    assert [name for name in PARTS if f'"{name}"' not in source] == []


@pytest.mark.parametrize("rule", every_rule(), ids=lambda rule: rule.name)
def test_the_words_of_a_rule_name_its_own_conditions(rule: Rule[Any]) -> None:
    words = RULES[rule.name]
    assert {*words.because, *words.otherwise} <= {condition.name for condition in rule.conditions}
    assert set(rule.otherwise) == set(words.otherwise) - {
        "in_entra",
        "roles_synchronized",
        "calendar_stays",
    }  # no finding


def without_names(sentence: str, facts: Facts) -> str:
    """The sentence without the usernames of the scenario, some of which look like ids."""
    usernames = facts.identities.inputs.emply_users["username"].dropna()
    return functools.reduce(lambda said, name: said.replace(name, "someone"), usernames, sentence)


@pytest.mark.parametrize("seed", SHARE)
def test_every_sentence_can_be_said_and_names_no_id_and_no_missing_value(seed: int) -> None:
    try:
        inputs = inputs_of(*random_scenario(random.Random(seed)))
        people = facts_of_everybody(inputs, make_plan(inputs))
    except SettingsError:
        pytest.skip("the settings of this scenario are wrong")
    for facts in people:
        for told in statements(facts):
            assert not MISSING.search(without_names(told.sentence, facts)), told.sentence
            assert told.sentence.endswith(".")
            for each in told.conditions:
                if each.holds is not None and each.compared:
                    assert clause_of(each)
