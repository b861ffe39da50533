"""What rules ask of the joined world is answered once for the same people, and anew for others."""

from dataclasses import replace

import pytest

from assets.reconciliation.lookup import Mask
from assets.reconciliation.matching import identities
from assets.reconciliation.people import People, once
from assets.reconciliation.plan import mapping_of
from benchmarks.plan import synthetic_world


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
