"""Texts at most one edit apart, against a comparison of each with each."""

import random

import pandas as pd
import pytest
from rapidfuzz.distance import OSA

from assets.reconciliation.near import one_edit_apart

LETTERS = "abłş@"
NOBODY = [None, ""]


def made(chosen: random.Random, count: int) -> list[str | None]:
    texts = ["".join(chosen.choices(LETTERS, k=chosen.randrange(1, 7))) for _ in range(count - len(NOBODY))]
    return [*texts, *NOBODY]


def pairs(one: list[str | None], other: list[str | None]) -> set[tuple[int, int]]:
    found = one_edit_apart(pd.Series(one, dtype="str"), pd.Series(other, dtype="str"))
    return set(zip(found["one"], found["other"], strict=True))


def near(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and OSA.distance(one, other) <= 1


@pytest.mark.parametrize(("many", "few"), [(300, 5), (5, 300), (60, 50), (300, 2)])
@pytest.mark.parametrize("seed", range(5))
def test_all_pairs_are_found_and_no_others(many: int, few: int, seed: int) -> None:
    chosen = random.Random(seed)
    one, other = made(chosen, many), made(chosen, few)
    expected = {(a, b) for a, text in enumerate(one) for b, with_it in enumerate(other) if near(text, with_it)}
    assert pairs(one, other) == expected


@pytest.mark.parametrize("other", [[], [None], ["elsewhere@fabrikam.com"]])
def test_where_nothing_is_near_there_are_no_pairs(other: list[str | None]) -> None:
    one = [f"{number:03}@contoso.com" for number in range(100)]
    assert pairs(one, other) == pairs(other, one) == set()
