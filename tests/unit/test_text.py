"""`key` and `trimmed` agree with Python's own operations on every text there is."""

import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entra_emply.text import key, key_of, trimmed

TEXTS = st.lists(st.one_of(st.none(), st.text(), st.text(alphabet=" \t\x1c\x1f\x85AaZz@.")), max_size=20)


def series(values: list[str | None]) -> "pd.Series[str]":
    return pd.Series(values, dtype="str", index=range(5, 5 + len(values)))


def texts(column: "pd.Series[str]") -> list[str | None]:
    return [None if pd.isna(value) else value for value in column]


def seen(value: str) -> str:
    """Without format characters, which nobody sees."""
    return "".join(letter for letter in value if unicodedata.category(letter) != "Cf")


@given(TEXTS)
def test_key_is_normalised_trimmed_and_casefolded(values: list[str | None]) -> None:
    keyed = [
        None if value is None else unicodedata.normalize("NFC", seen(value)).strip().casefold() for value in values
    ]
    assert texts(key(series(values))) == [value or None for value in keyed]


@given(TEXTS)
def test_trimmed_is_stripped_and_blank_is_missing(values: list[str | None]) -> None:
    assert texts(trimmed(series(values))) == [(value and value.strip()) or None for value in values]


def test_the_index_stays() -> None:
    assert list(key(series(["a", "b"])).index) == [5, 6]


@pytest.mark.parametrize(
    ("one", "other"),
    [("SØREN@X.DK", "søren@x.dk"), ("Ł\u00f3d\u017a@x.pl", "Łódź@x.pl"), ("İnan@x.tr", "i̇nan@x.tr"), ("weiß", "WEISS")],
)
def test_addresses_that_mean_the_same_have_one_key(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)
