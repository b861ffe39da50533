"""An address that a whole company carries: a plan and an explanation look at people, not at pairs of them."""

import tracemalloc
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from entra_emply.reconciliation.plan import make_plan
from tests.explaining import explained
from tests.reference import vectorised
from tests.reference.builders import employee, login, person, scenario
from tests.reference.subject import Row, Scenario

MANY = 1_000
SHARED = "info@contoso.com"
MOST_BYTES = 16 * 2**20
"""A million pairs of numbers are as many; the plan of two thousand people takes a quarter of it."""


def people(name: str = "user", **graph: Any) -> list[Row]:  # noqa: ANN401
    return [person(f"{name}{number}", **graph) for number in range(MANY)]


def logins(name: str = "login", **emply: Any) -> list[Row]:  # noqa: ANN401
    return [login(f"{name}{number}", **emply) for number in range(MANY)]


def linked(*names: str) -> Iterable[tuple[str, str]]:
    return [(f"{names[0]}{number}", f"{names[-1]}{number}") for number in range(MANY)]


CROWDS: dict[str, Callable[[], Scenario]] = {
    "everybody's alias is every login's e-mail": lambda: scenario(people(otherMails=[SHARED]), logins(email=SHARED)),
    "everybody's alias is the e-mail of the employee of every login": lambda: scenario(
        people(otherMails=[SHARED]), logins(email=None, employeeId="employee-x"), [employee("x", email=SHARED)]
    ),
    "everybody's alias is the e-mail of others": lambda: scenario(
        [*people(otherMails=[SHARED]), *people("other", groups=[], mail=SHARED)], logins(email=SHARED)
    ),
    "everybody's e-mail is every login's": lambda: scenario(people(mail=SHARED), logins(email=SHARED)),
    "everybody's sign-in name is that of logins of others": lambda: scenario(
        people(userPrincipalName=SHARED), logins(email=SHARED), linked=linked("gone", "login")
    ),
    "everybody lacks an e-mail that every other login has": lambda: scenario(
        people(mail=SHARED), [*logins("user", email=None), *logins(email=SHARED)], linked=linked("user")
    ),
}


@pytest.mark.parametrize("crowd", CROWDS)
def test_a_plan_takes_no_memory_for_pairs(crowd: str) -> None:
    made = CROWDS[crowd]()
    vectorised.plan(*scenario([person()], [login()]))  # what is loaded once does not count
    inputs = vectorised.inputs_of(*made)
    tracemalloc.start()
    try:
        make_plan(inputs)
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("crowd", [each for each in CROWDS if "every login" in each])
def test_an_explanation_names_a_few_of_a_crowd_and_counts_the_others(crowd: str) -> None:
    document = explained(CROWDS[crowd](), "entra-user1")
    longest = max(len(each["sentence"]) for each in document["statements"])
    assert longest < MANY
    assert any(" others" in each["sentence"] for each in document["statements"])
