"""An explanation says what the plan says: every rule once, and `decided` exactly where the plan has a row of it."""

import random

import pytest

from entra_emply.errors import SettingsError
from entra_emply.reconciliation.explain.action_state import Recorded
from entra_emply.reconciliation.explain.explanation import explanation
from entra_emply.reconciliation.explain.gathering import gather, planned_rows
from entra_emply.reconciliation.explain.in_memory import InMemory
from entra_emply.reconciliation.explain.inputs_around import inputs_around, uncounted
from entra_emply.reconciliation.explain.neighbourhood import Directory
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.plan import Plan, make_plan
from tests.explaining import everybody
from tests.reference.random_scenarios import random_scenario
from tests.reference.vectorised import inputs_of
from tests.unit.explain.rules import ABOUT_GROUPS, WITHOUT_ROWS, rules_planned

SHARE = (*range(6), 1_033)  # 1,033: an event goes with its calendar, which E1 does not decide
FEW = range(100, 102)
CAMPAIGN = range(1_000, 3_000)

RULES = [
    *(
        "X",
        "M1",
        "M2",
        "M3",
        "M3b",
        "M4",
        "M5",
        "M6",
        "L1",
        "L1a",
        "L2",
        "L3",
        "L4",
        "L5",
        "L6",
        "L7",
        "L7a",
        "L8",
        "L9",
    ),
    *("L10", "L11", "L12", "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9", "A1", "A2", "A3", "A4"),
    *("P1", "P2", "P3", "P4", "P5", "C1", "C1a", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "E1", "E2", "E3"),
    *("W0", "W1", "W2", "W3", "W4", "sso_not_assigned", "dynamic_group_guests", "nested_group_ignored"),
    *("hidden_membership", "multiple_groups_single_role", "calendar_not_editable", "email_nearly_matches"),
    *("G1", "G2", "G3", "G4", "G5", "G5b", "G6", "G7", "G8"),
]
WRONG_SETTINGS = "the settings of this scenario are wrong"
MOST_OF = 0.8  # scenarios have settings by which something is planned


def made(seed: int) -> tuple[Inputs, Plan] | None:
    """None where the settings of this scenario are wrong: nothing is planned then."""
    inputs = inputs_of(*random_scenario(random.Random(seed)))
    try:
        return inputs, make_plan(inputs)
    except SettingsError:
        return None


@pytest.mark.parametrize("seed", SHARE)
def test_what_is_decided_is_what_is_planned(seed: int) -> None:
    if not agree(seed):
        pytest.skip(WRONG_SETTINGS)


@pytest.mark.campaign
@pytest.mark.parametrize("first", range(CAMPAIGN.start, CAMPAIGN.stop, 100))
def test_what_is_decided_is_what_is_planned_in_thousands_of_scenarios(first: int) -> None:
    assert sum(agree(seed) for seed in range(first, first + 100)) > MOST_OF * 100


def agree(seed: int) -> bool:
    """Whether there is a plan to agree with."""
    planned = made(seed)
    if planned is None:
        return False
    inputs, plan = planned
    actions, findings = planned_rows(plan.actions, plan.findings)
    for facts in gather(inputs, everybody(inputs), actions, findings, guard_counts=plan.guard_counts):
        document = explanation(facts, Recorded())
        verdicts = {each["rule"]: each["verdict"] for each in document["statements"]}
        assert list(verdicts) == RULES, "RULES, at the top of this file, has every rule in order"
        ids = {
            "entra_id": (facts.entra or {}).get("entra_id") or facts.identity.get("entra_id"),
            "emply_user_id": (facts.login or {}).get("emply_user_id"),
        }
        rules = rules_planned([*actions, *findings], ids)
        decided = {rule for rule, verdict in verdicts.items() if verdict == "decided"} - WITHOUT_ROWS
        if facts.entra is None and facts.login is None:
            decided.discard("email_nearly_matches")  # the row is about the user whom the employee nearly is
        assert decided - ABOUT_GROUPS == rules - WITHOUT_ROWS, f"scenario {seed}: {facts.subject}"
        if inputs.settings.enabled:
            assert (verdicts["M4"] == "decided") == facts.left_alone
    return True


@pytest.mark.parametrize("seed", FEW)
def test_the_neighbourhood_of_a_person_is_planned_as_the_whole(seed: int) -> None:
    if not same(seed):
        pytest.skip(WRONG_SETTINGS)


@pytest.mark.campaign
@pytest.mark.parametrize("first", range(CAMPAIGN.start, CAMPAIGN.stop, 50))
def test_the_neighbourhood_of_a_person_is_planned_as_the_whole_in_thousands_of_scenarios(first: int) -> None:
    assert sum(same(seed) for seed in range(first, first + 50)) > MOST_OF * 50


def same(seed: int) -> bool:
    """Whether there is a plan that could be the same, but for the guards, which count everybody, and for signs that
    compare a person with everybody."""
    planned = made(seed)
    if planned is None:
        return False
    inputs, _ = planned
    whole = make_plan(uncounted(inputs))
    frames = InMemory.of(inputs)
    directory = Directory(frames)
    everyone = [("entra_id", identity) for identity in inputs.entra_users["entra_id"]]
    everyone += [("emply_user_id", identity) for identity in inputs.emply_users["emply_user_id"]]
    for column, identity in everyone:
        around = directory.around(directory.carriers(identity))
        near = make_plan(uncounted(inputs_around(frames, inputs.settings, around)))
        assert rows_of(near, column, identity) == rows_of(whole, column, identity), f"scenario {seed}: {identity}"
    return True


def rows_of(plan: Plan, column: str, identity: str) -> list[str]:
    """What a plan says of somebody: its actions, and its findings but for those that need everybody."""
    findings = plan.findings[plan.findings["code"] != "email_nearly_matches"]
    told = [*plan.actions.loc[plan.actions[column] == identity, "action_id"]]
    mine = findings.loc[findings[column] == identity, ["code", "rule", "object"]]
    return sorted([*told, *(f"{row.code} {row.rule} {row.object}" for row in mine.itertuples())])
