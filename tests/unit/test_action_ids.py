"""`action_id` and `plan_id` are what interfaces.md says: anybody can compute them from `plan --json`."""

import json
from hashlib import sha256
from random import Random

import pytest

from entra_emply.errors import SettingsError
from entra_emply.reconciliation.plan import make_plan
from entra_emply.reconciliation.report.wording import document
from tests.reference.builders import login, person, scenario
from tests.reference.random_scenarios import random_scenario
from tests.reference.shares import telling
from tests.reference.subject import Row, Scenario
from tests.reference.vectorised import inputs_of

SHARE = telling(10, range(60))
HASHED = ("target", "kind", "entra_id", "emply_user_id", "before", "after")
NAMES = [
    ("Søren", "Ærø Åkjær"),
    ("Łukasz", "Żółć-Źdźbło"),
    ("İpek", "Ağaoğlu Işık"),
    ('Anne "Nana"', "O\\Neill / Holm, jr.: \t"),
    ("😀", "\u2028\x7f"),
]


def by_the_page(action: Row) -> str:
    """The id of an action of `plan --json`, as interfaces.md defines it."""
    return sha256(json.dumps([action[name] for name in HASHED], sort_keys=True).encode()).hexdigest()


def planned(scenario: Scenario) -> Row:
    inputs = inputs_of(*scenario)
    return document(make_plan(inputs), inputs.now, "")


@pytest.mark.parametrize(("first", "last"), NAMES)
def test_an_action_has_the_hash_of_what_it_shows(first: str, last: str) -> None:
    joiner = person("joiner", givenName=first, surname=last)
    mover = person("mover", givenName=last, surname=first, jobTitle=f"{first}, {last}")
    plan = planned(scenario([joiner, mover], [login("mover", roles=[])], linked=["mover"]))
    assert {action["kind"] for action in plan["actions"]} == {"create_user", "set_roles", "update_user"}
    assert [action["action_id"] for action in plan["actions"]] == [by_the_page(each) for each in plan["actions"]]


def test_a_plan_has_the_hash_of_its_sorted_actions() -> None:
    plan = planned(scenario([person("søren"), person("łukasz")]))
    ids = sorted(by_the_page(action) for action in plan["actions"])
    assert len(ids) == 2
    assert plan["plan_id"] == sha256("\n".join(ids).encode()).hexdigest()


@pytest.mark.parametrize("seed", SHARE)
def test_actions_of_every_kind_have_it(seed: int) -> None:
    have_it(seed)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(60))
def test_actions_of_every_kind_have_it_in_more_scenarios(seed: int) -> None:
    have_it(seed)


def have_it(seed: int) -> None:
    try:
        plan = planned(random_scenario(Random(seed)))
    except SettingsError:
        return
    assert [action["action_id"] for action in plan["actions"]] == [by_the_page(each) for each in plan["actions"]]
