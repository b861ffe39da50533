"""Every condition that a sentence names is true: it is judged again by the reference, condition by condition.

The reference knows nothing of the product's masks (`tests/reference/conditions`). Where neither clause of a condition
would be true its answer is None, and no answer of the product agrees with that.
"""

import random
from collections.abc import Collection, Iterator

import pytest

from entra_emply.errors import SettingsError
from entra_emply.reconciliation.explain.facts import Facts
from entra_emply.reconciliation.explain.statement import Statement
from entra_emply.reconciliation.explain.statements import statements
from entra_emply.reconciliation.plan import make_plan
from entra_emply.reconciliation.rule import Looked, Part, every
from entra_emply.reconciliation.words import RULES
from tests.explaining import facts_of_everybody
from tests.reference.conditions import ABOUT_GROUPS, CLAIMS, COMPARED, CONDITIONS, Answer, Case
from tests.reference.random_scenarios import random_scenario
from tests.reference.terms import ConfigurationError, Person, key
from tests.reference.vectorised import inputs_of
from tests.unit.explain.rules import every_rule

SHARE = (*range(6), 36, 103, 1_039, 1_085)
"""36: the integration is off, and nobody is spared (C8). 103: an unreadable mailbox of somebody whom no rule considers.
1,039: a key that is refused the events, with the calendars off. 1,085: an event goes with its calendar, others stay."""
CAMPAIGN = range(1_000, 4_000)

_EVENT = "about an event; events are only counted in a sentence"
_CALENDAR = "about a calendar; several of a person may have one name"
_NEAR = "about a pair of a user and an employee"
_ACTION = "about a planned action; which guards hold it is compared by test_agreement"
_UNDO = "about a request to undo; which of them are met is compared by test_undoable"
_READ = "about a whole read; where one is refused there is no plan to explain"
UNCHECKED: dict[str, str] = {
    **dict.fromkeys(("has_outlook_event", "has_emply_event", "has_pair", "calendar_enabled"), _EVENT),
    **dict.fromkeys(("not_cancelled", "not_declined", "calendar_events_read"), _EVENT),
    **dict.fromkeys(("elsewhere_in_outlook", "cancelled_in_outlook", "declined_in_outlook", "calendar_stays"), _EVENT),
    **dict.fromkeys(("calendar_disabled", "on_synchronised_calendar", "in_window", "not_paired"), _EVENT),
    **dict.fromkeys(("new_or_changed", "new_in_outlook", "another_change_key", "made_in_outlook"), _EVENT),
    **dict.fromkeys(("made_in_emply", "leaves_emply", "gone_in_outlook", "names_no_outlook_event"), _EVENT),
    **dict.fromkeys(("no_recorded_pair", "pair_in_outlook", "pair_in_window", "own_fields_differ"), _EVENT),
    **dict.fromkeys(("gone_in_emply", "pair_there_in_window", "private"), _EVENT),
    "pair_may_be_written": _EVENT,
    **dict.fromkeys(("may_edit", "may_not_edit", "is_default", "not_in_emply", "was_detached"), _CALENDAR),
    **dict.fromkeys(("kept_in_emply", "enabled_at_first", "wanted_still", "not_wanted", "still_in_entra"), _CALENDAR),
    **dict.fromkeys(("default_to_add", "gone_from_mailbox", "least_of_several", "not_renewed"), _CALENDAR),
    **dict.fromkeys(("owner_settled", "stands_for_default"), _CALENDAR),
    **dict.fromkeys(("disabled_in_emply", "own_events", "differs", "another_name", "not_shared"), _CALENDAR),
    **dict.fromkeys(("not_c6", "held_before", "held_with_other", "not_approved", "still_waits"), _ACTION),
    **dict.fromkeys(("behind_link", "protected", "protected_or_held", "touches_holder"), _ACTION),
    **dict.fromkeys(("gives_protected", "replaces_link", "links_by_address", "group_emptied"), _ACTION),
    **dict.fromkeys(("deactivates", "deactivates_or_held", "too_many_deactivations"), _ACTION),
    **dict.fromkeys(("too_many_deactivations_or_held", "sets_roles", "sets_roles_or_held"), _ACTION),
    **dict.fromkeys(("too_many_role_changes", "too_many_role_changes_or_held", "leaves_group"), _ACTION),
    **dict.fromkeys(("leaves_group_or_held", "group_emptied_or_held", "removes", "removes_or_held"), _ACTION),
    **dict.fromkeys(("too_many_removals", "too_many_removals_or_held", "grants", "grants_or_held"), _ACTION),
    **dict.fromkeys(("too_many_grants", "too_many_grants_or_held"), _ACTION),
    **dict.fromkeys(("undoes", "undoes_or_held"), _ACTION),
    **dict.fromkeys(("restores_roles", "restores_fields", "restores_login", "still_linked", "still_set"), _UNDO),
    **dict.fromkeys(("roles_there", "no_rule_acts", "would_stay"), _UNDO),
    **dict.fromkeys(("has_near_employee", "employee_free"), _NEAR),
    **dict.fromkeys(("refused", "lost_rows", "first_read_empty", "not_accepted"), _READ),
}
"""Conditions that cannot be judged by the person, and what they are about."""


def test_every_condition_is_judged_or_listed() -> None:
    asked = {each.name for rule in every_rule() for each in every(*rule.conditions, *rule.how)}
    unjudged = asked - CONDITIONS.keys() - ABOUT_GROUPS.keys() - UNCHECKED.keys()
    assert unjudged == set(), "each needs a function in tests/reference/conditions"


def test_nothing_is_listed_that_no_rule_asks_or_that_is_judged() -> None:
    asked = {each.name for rule in every_rule() for each in every(*rule.conditions, *rule.how)}
    assert {*UNCHECKED, *CONDITIONS, *ABOUT_GROUPS, *COMPARED, *(name for name, _ in CLAIMS)} <= asked
    assert CONDITIONS.keys() & UNCHECKED.keys() == set()


@pytest.mark.parametrize("seed", SHARE)
def test_every_condition_is_true(seed: int) -> None:
    judge(seed)


@pytest.mark.campaign
@pytest.mark.parametrize("first", range(CAMPAIGN.start, CAMPAIGN.stop, 50))
def test_every_condition_is_true_in_thousands_of_scenarios(first: int) -> None:
    for seed in range(first, first + 50):
        judge(seed)


def judge(seed: int) -> None:
    """Everybody of a scenario; nothing where its settings are wrong (R8, W0)."""
    scenario = random_scenario(random.Random(seed))
    try:
        inputs = inputs_of(*scenario)
        plan = make_plan(inputs)
        case = Case.of(scenario)
    except (SettingsError, ConfigurationError):
        return
    wrong: list[str] = []
    for facts in facts_of_everybody(inputs, plan):
        person = case.person(facts.identity.get("entra_id"), (facts.login or {}).get("emply_user_id"))
        for told in statements(facts):
            assert hangs_together(told), f"scenario {seed}: {facts.subject}: {told}"
            wrong += [f"{facts.subject}: {told.rule}: {each}" for each in untrue(case, person, facts, told)]
    assert not wrong, f"scenario {seed}: {wrong}"


def hangs_together(told: Statement) -> bool:
    """Nothing is looked at after the first condition that fails; a rule decides where all hold, or its words say so."""
    answers = [each.holds for each in told.conditions]
    failed = answers.index(False) if False in answers else len(answers)
    looked_at = all(answer is None for answer in answers[failed + 1 :])
    if told.verdict != "decided" or failed == len(answers):
        return looked_at
    return looked_at and told.conditions[failed].name in RULES[told.rule].otherwise


def untrue(case: Case, person: Person, facts: Facts, told: Statement) -> Iterator[str]:
    """The conditions of a sentence that are not as it says."""
    if facts.row is None and told.rule == "email_nearly_matches":
        return  # the conditions are those of the user whom the employee nearly is
    for each in (one for looked in told.conditions for one in and_within(looked)):
        if each.holds is None or each.name in UNCHECKED:
            continue
        if each.holds not in answers(case, person, each):
            yield f"{each.name} is said to be {each.holds}: {told.sentence}"
        claim = CLAIMS.get((each.name, each.holds))
        if claim is not None and each.compared and not claim(case, person, each.compared):
            yield f"{each.name} names what is not so: {told.sentence}"
        yield from (f"{each.name} compares {name} wrongly" for name in compared_wrongly(case, person, each))


def answers(case: Case, person: Person, looked: Looked) -> Collection[Answer]:
    """The reference's; several of groups that have one name."""
    if looked.name in ABOUT_GROUPS:
        return ABOUT_GROUPS[looked.name](case, person, looked.compared)
    return {CONDITIONS[looked.name](case, person)}


def and_within(looked: Looked) -> Iterator[Looked]:
    """A condition, and those that it names where it says why."""
    yield looked
    for value in looked.compared.values():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Looked):
                yield from and_within(each)


def compared_wrongly(case: Case, person: Person, looked: Looked) -> Iterator[str]:
    """The names of values that the reference has otherwise."""
    if looked.name not in COMPARED or not looked.compared:
        return
    for name, value in COMPARED[looked.name](case, person).items():
        if comparable(looked.compared[name]) != comparable(value):
            yield name


def comparable(value: object) -> object:
    """Texts by `key`, lists in any order, parts as name and values."""
    if isinstance(value, Part):
        return value.name, dict(value.values)
    if isinstance(value, list):
        return sorted((comparable(each) for each in value), key=repr)
    return key(value) if isinstance(value, str) else value
