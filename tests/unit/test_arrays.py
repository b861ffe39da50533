"""The array operations of which no rule's test asks everything."""

import numpy as np
import pandas as pd
import pytest

from entra_emply.reconciliation import arrays
from entra_emply.reconciliation.arrays import has_word


@pytest.mark.parametrize(
    ("text", "has"),
    [("G4", True), ("G1 G4", True), ("G4 G5b", True), ("G1 G4 G5b", True), ("G45", False), ("", False), (None, False)],
)
def test_a_word_is_found_whole(text: str | None, has: bool) -> None:
    assert has_word(pd.Series([text], dtype="str"), "G4").tolist() == [has]


def test_no_text_has_no_word() -> None:
    assert has_word(pd.Series([], dtype="str"), "G4").tolist() == []


def test_how_often_counts_equal_texts_and_no_missing_one() -> None:
    asked = pd.Series(["a", None, "b", "c", "a"], dtype="str")
    assert arrays.how_often(asked, pd.Series(["a", None, "b", "a", "d"], dtype="str")).tolist() == [2, 0, 1, 0, 2]
    assert arrays.how_often(asked, pd.Series(dtype="str")).tolist() == [0] * 5


def test_equal_pairs_may_stop_after_the_first_of_each_row() -> None:
    one, other = (pd.Series(texts, dtype="str") for texts in (["a", None, "b", "a"], ["a", "b", None, "a", "a"]))
    whole = [(0, 0), (0, 3), (0, 4), (2, 1), (3, 0), (3, 3), (3, 4)]
    assert [*zip(*(rows.tolist() for rows in arrays.equal_pairs(one, other)), strict=True)] == whole
    rows, others = arrays.equal_pairs(one, other, np.array([2, 9, 9, 0]))
    assert [*zip(rows.tolist(), others.tolist(), strict=True)] == [(0, 0), (0, 3), (2, 1)]


def test_pairs_are_told_apart_by_both_numbers() -> None:
    one, other = arrays.different_pairs(np.array([2, 0, 2, 0, 2]), np.array([0, 3, 0, 1, 3]))
    assert list(zip(one.tolist(), other.tolist(), strict=True)) == [(0, 1), (0, 3), (2, 0), (2, 3)]
    assert not any(len(side) for side in arrays.different_pairs(np.zeros(0, np.int64), np.zeros(0, np.int64)))
