"""What rules ask of the joined scenario is answered once for the same people, and again for others."""

from dataclasses import replace

import pytest

from benchmarks.plan import synthetic_inputs
from entra_emply.reconciliation.arrays import Mask
from entra_emply.reconciliation.identities import Identities, once
from entra_emply.reconciliation.join import join
from entra_emply.reconciliation.mapping import mapping_of


@pytest.fixture(scope="module")
def people() -> Identities:
    inputs = synthetic_inputs(1_000)
    mapping = mapping_of(inputs)
    return Identities(inputs, mapping, join(inputs, mapping))


@once
def active(people: Identities) -> Mask:
    return people.inputs.emply_users["active"].to_numpy(dtype=bool, copy=True)


def test_the_same_people_are_not_asked_again(people: Identities) -> None:
    assert active(people) is active(people)


def test_nobody_writes_into_an_answer(people: Identities) -> None:
    with pytest.raises(ValueError, match="read-only"):
        active(people)[:] = False


def test_people_with_more_frames_are_asked_again(people: Identities) -> None:
    assert active(people).any()
    users = people.inputs.emply_users.assign(active=False)
    assert not active(replace(people, inputs=people.inputs.with_frames({"emply_users": users}))).any()
