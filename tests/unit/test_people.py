"""What rules ask of the joined scenario is answered once for the same people, and again for others."""

from dataclasses import replace

import pytest

from benchmarks.plan import synthetic_inputs
from entra_emply.reconciliation.arrays import Mask
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.join import join
from entra_emply.reconciliation.mapping import mapping_of
from entra_emply.reconciliation.subjects import once


@pytest.fixture(scope="module")
def people() -> Identities:
    inputs = synthetic_inputs(1_000)
    mapping = mapping_of(inputs)
    return Identities(inputs, mapping, join(inputs, mapping))


@once
def active(people: Identities) -> Mask:
    return people.inputs.emply_users["active"].to_numpy(dtype=bool, copy=True)


@once
def in_group(people: Identities, priority: int) -> Mask:
    return people.frame["main_group"].to_numpy() == priority


def test_the_same_people_are_not_asked_again(people: Identities) -> None:
    assert active(people) is active(people)


def test_what_is_asked_about_something_is_remembered_by_that(people: Identities) -> None:
    assert in_group(people, 0) is in_group(people, 0)
    assert not (in_group(people, 0) & in_group(people, 1)).any()


def test_nobody_writes_into_an_answer(people: Identities) -> None:
    with pytest.raises(ValueError, match="read-only"):
        active(people)[:] = False


def test_people_with_more_frames_are_asked_again(people: Identities) -> None:
    assert active(people).any()
    users = people.inputs.emply_users.assign(active=False)
    assert not active(replace(people, inputs=people.inputs.with_frames({"emply_users": users}))).any()
