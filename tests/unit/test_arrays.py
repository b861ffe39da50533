"""The array operations of which no rule's test asks everything."""

import pandas as pd
import pytest

from entra_emply.reconciliation.arrays import has_word


@pytest.mark.parametrize(
    ("text", "has"),
    [("G4", True), ("G1 G4", True), ("G4 G5b", True), ("G1 G4 G5b", True), ("G45", False), ("", False), (None, False)],
)
def test_a_word_is_found_whole(text: str | None, has: bool) -> None:
    assert has_word(pd.Series([text], dtype="str"), "G4").tolist() == [has]


def test_no_text_has_no_word() -> None:
    assert has_word(pd.Series([], dtype="str"), "G4").tolist() == []
