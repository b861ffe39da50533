"""Texts at most one edit apart, against a comparison of each with each."""

import random
from collections.abc import Sequence

import pandas as pd
import pytest
from rapidfuzz.distance import OSA

from entra_emply.reconciliation.near import one_edit_apart

LETTERS = "abłş@"
NOBODY = [None, ""]
ADDRESS = "given-name.surname@subsidiary.contoso.com"
OTHERS = [f"given-name.surname{number}@subsidiary.contoso.com" for number in range(10, 60)]


def made(chosen: random.Random, count: int) -> list[str | None]:
    texts = ["".join(chosen.choices(LETTERS, k=chosen.randrange(1, 7))) for _ in range(count - len(NOBODY))]
    return [*texts, *NOBODY]


def pairs(one: Sequence[str | None], other: Sequence[str | None]) -> set[tuple[int, int]]:
    found = one_edit_apart(pd.Series(list(one), dtype="str"), pd.Series(list(other), dtype="str"))
    return set(zip(found["one"], found["other"], strict=True))


def near(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and OSA.distance(one, other) <= 1


def test_what_is_longer_than_any_address_is_near_nothing_and_costs_nothing() -> None:
    """As what is left of it without each of its characters would be ten gigabytes."""
    long = "x" * 100_000
    assert pairs([ADDRESS, long], [ADDRESS, f"{long}@contoso.com"]) == {(0, 0)}


@pytest.mark.parametrize(("many", "few"), [(300, 5), (5, 300), (60, 50), (300, 2)])
@pytest.mark.parametrize("seed", range(5))
def test_all_pairs_are_found_and_no_others(many: int, few: int, seed: int) -> None:
    chosen = random.Random(seed)
    one, other = made(chosen, many), made(chosen, few)
    expected = {(a, b) for a, text in enumerate(one) for b, with_it in enumerate(other) if near(text, with_it)}
    assert pairs(one, other) == expected


@pytest.mark.parametrize("at", range(len(ADDRESS)))
@pytest.mark.parametrize("edited", ["{0}x{1}{2}{3}", "{0}{2}{3}", "{0}x{2}{3}", "{0}{2}{1}{3}"])
def test_an_edit_anywhere_is_found_among_many(edited: str, at: int) -> None:
    """Insert, delete, replace, swap."""
    parts = ADDRESS[:at], ADDRESS[at : at + 1], ADDRESS[at + 1 : at + 2], ADDRESS[at + 2 :]
    assert pairs([*OTHERS, edited.format(*parts)], [ADDRESS]) == {(len(OTHERS), 0)}


@pytest.mark.parametrize("other", [[], [None], ["elsewhere@fabrikam.com"]])
def test_where_nothing_is_near_there_are_no_pairs(other: list[str | None]) -> None:
    assert pairs(OTHERS, other) == pairs(other, OTHERS) == set()
