"""`explain` from stored frames: the same as from the frames themselves, and at once, however many people there are."""

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.explain import planned, store
from entra_emply.environment import Environment
from entra_emply.person.stored import explain
from entra_emply.reconciliation.explain.action_state import Recorded
from entra_emply.reconciliation.explain.explanation import explanation
from entra_emply.reconciliation.explain.gathering import gather, planned_rows
from entra_emply.reconciliation.explain.in_memory import InMemory
from entra_emply.reconciliation.explain.inputs_around import inputs_around
from entra_emply.reconciliation.explain.neighbourhood import Directory, FrameReader
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.plan import Plan, make_plan
from entra_emply.storage.frame_store import FrameStore
from tests.reference.random_scenarios import random_scenario
from tests.reference.vectorised import inputs_of

PEOPLE = 100_000
AT_ONCE = 2.0
TRIES = 8  # one of them has to be quick: what else the machine does is not measured


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Environment, Plan]]:
    """An installation with the stored run and the recorded plan of many people."""
    home = tmp_path_factory.mktemp("large")
    environment = Environment.load({"ENTRA_EMPLY_HOME": str(home)})
    with planned(home, PEOPLE) as (_, plan):
        yield environment, plan


def test_one_person_of_a_hundred_thousand_is_explained_at_once(large: tuple[Environment, Plan]) -> None:
    environment, plan = large
    some = plan.actions["subject"].drop_duplicates().iloc[: 1000 * TRIES : 1000]
    assert any(seconds(environment, address) < AT_ONCE for address in some)


def test_nobody_of_a_hundred_thousand_is_told_at_once(large: tuple[Environment, Plan]) -> None:
    environment, _ = large
    assert any(seconds(environment, f"nobody{number}@contoso.com") < AT_ONCE for number in range(TRIES))


def seconds(environment: Environment, address: str) -> float:
    """The processor's seconds of the explanation, without the start of the command."""
    start = time.process_time()
    document = explain(environment, address)
    assert document["asked"] == address
    return time.process_time() - start


@pytest.mark.parametrize("seed", [0, 3])  # the settings of 1 and 2 are wrong on purpose
def test_a_person_is_explained_from_stored_frames_as_from_the_frames_themselves(seed: int, tmp_path: Path) -> None:
    inputs = inputs_of(*random_scenario(random.Random(seed)))
    plan = make_plan(inputs)
    store(FrameStore(str(tmp_path)), inputs, plan)
    run = FrameStore(str(tmp_path)).last_complete()
    assert run is not None
    for identity in (*inputs.entra_users["entra_id"], *inputs.emply_users["emply_user_id"]):
        assert told(run, inputs, plan, identity) == told(InMemory.of(inputs), inputs, plan, identity)


def told(frames: FrameReader, inputs: Inputs, plan: Plan, identity: str) -> list[dict[str, Any]]:
    """The documents of the person with this id."""
    directory = Directory(frames)
    who = directory.carriers(identity)
    near = inputs_around(frames, inputs.settings, directory.around(who))
    people = gather(near, who, *planned_rows(plan.actions, plan.findings))
    return [explanation(facts, Recorded()) for facts in people]
