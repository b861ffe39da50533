"""What rules ask of the joined world is answered once for the same people, and anew for others."""

from dataclasses import replace

import pytest

from benchmarks.plan import synthetic_world
from entra_emply.reconciliation.arrays import Mask
from entra_emply.reconciliation.identities import People, once
from entra_emply.reconciliation.plan import mapping_of
from entra_emply.reconciliation.rules.matching import identities


@pytest.fixture(scope="module")
def people() -> People:
    world = synthetic_world(1_000)
    mapping = mapping_of(world)
    return People(world, mapping, identities(world, mapping))


@once
def active(people: People) -> Mask:
    return people.world.emply_users["active"].to_numpy(dtype=bool, copy=True)


def test_the_same_people_are_not_asked_again(people: People) -> None:
    assert active(people) is active(people)


def test_nobody_writes_into_an_answer(people: People) -> None:
    with pytest.raises(ValueError, match="read-only"):
        active(people)[:] = False


def test_people_with_more_frames_are_asked_again(people: People) -> None:
    assert active(people).any()
    users = people.world.emply_users.assign(active=False)
    assert not active(replace(people, world=people.world.with_frames({"emply_users": users}))).any()
