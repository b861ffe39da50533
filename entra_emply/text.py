"""How text is compared: `key` for e-mails and usernames, `trimmed` for everything else (rules.md, "Terms"). And how
times are written (E3), and how a column of text becomes an array of Arrow and back."""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

TEXT = pd.StringDtype(na_value=float("nan"))
"""The type of text columns, which pandas calls "str": a type is found sooner than its name."""

_BLANK, _MISSING = pa.scalar("", pa.large_string()), pa.scalar(None, pa.large_string())
_ASCII_SPACE = " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"  # what str.strip() takes off, within ASCII

_UTC_TIME = re.compile(
    r"[1-9]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?Z?", re.ASCII
)
"""A time of a day that every month has, for which there is nothing to parse."""


def key(text: "pd.Series[str]") -> "pd.Series[str]":
    """`text` without format characters, in Unicode NFC, trimmed and casefolded; blank is missing. The index stays."""
    return _map(text, pc.ascii_lower, key_of)


def trimmed(text: "pd.Series[str]") -> "pd.Series[str]":
    """`text` without surrounding white space; blank is missing. Index and length stay."""
    return _map(text, _as_it_is, str.strip)


def written(text: "pd.Series[str]") -> "pd.Series[str]":
    """`text` as it was written; blank is missing. Index and length stay."""
    if text.empty:
        return text.astype(TEXT)
    array = as_arrow(text)
    return as_column(pc.if_else(pc.is_valid(_each(array, _as_it_is, str.strip)), array, _MISSING), text.index)


def key_of(text: str) -> str:
    """`key` of one text, blank as the empty string: for names in settings and on the command line."""
    return unicodedata.normalize("NFC", _visible(text)).strip().casefold()


def as_address(text: "pd.Series[str]") -> "pd.Series[str]":
    """`text` as it was written, but for what `key` drops: format characters, surrounding white space."""
    return _map(text, _as_it_is, address_of)


def address_of(text: str) -> str:
    """`as_address` of one text, blank as the empty string."""
    return _visible(text).strip()


def _visible(text: str) -> str:
    """Without zero-width and direction marks (Unicode category Cf), which nobody sees in an address."""
    return "".join(letter for letter in text if unicodedata.category(letter) != "Cf")


def is_whole(text: str) -> bool:
    """Whether no character of it is half of one (a lone surrogate), which JSON can hold and UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def as_arrow(text: "pd.Series[str]") -> pa.Array:
    """The texts in one piece; pandas keeps what it concatenated in chunks."""
    array = pa.array(text.array if text.dtype == TEXT else text, type=pa.large_string(), from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def as_column(array: "pa.Array | pa.ChunkedArray", index: "pd.Index[Any] | None" = None) -> "pd.Series[str]":
    """The inverse. (What `Series` does to find out that it is text takes longer than most questions to a few rows.)"""
    text = TEXT.__from_arrow__(array)  # type: ignore[attr-defined]  # Arrow's protocol
    return pd.Series(text, index=index, copy=False)


def _map(text: "pd.Series[str]", fast: Callable[[pa.Array], pa.Array], exact: Callable[[str], str]) -> "pd.Series[str]":
    return text.astype(TEXT) if text.empty else as_column(_each(as_arrow(text), fast, exact), text.index)


def _as_it_is(array: pa.Array) -> pa.Array:
    return array


def _each(array: pa.Array, fast: Callable[[pa.Array], pa.Array], exact: Callable[[str], str]) -> pa.Array:
    """Arrow's kernels for ASCII, where they agree with Python; Python itself, value by value, for the rest.

    Blank is missing.
    """
    plain = fast(pc.ascii_trim(array, characters=_ASCII_SPACE))
    ascii_only = pc.string_is_ascii(array)
    if ascii_only.false_count:
        foreign = pc.fill_null(pc.invert(ascii_only), False)
        different = array.filter(foreign).dictionary_encode()  # names repeat
        exactly = pa.array([exact(value) for value in different.dictionary.to_pylist()], type=pa.large_string())
        plain = pc.replace_with_mask(plain, foreign, exactly.take(different.indices))
    return pc.if_else(pc.equal(plain, _BLANK), _MISSING, plain)


def utc_second(written: object) -> str | None:
    """A time as ISO 8601 in UTC, to the second, with Z (E3): "2026-11-22T10:30:00Z"; None for what is no time.

    A time without a zone is taken as UTC; fractions of a second are dropped.
    """
    if not isinstance(written, str):
        return None
    if _UTC_TIME.fullmatch(written):  # what both services write, without the cost of parsing
        return f"{written[:19]}Z"
    try:
        time = datetime.fromisoformat(written)
        utc = time.astimezone(UTC) if time.tzinfo else time
    except (ValueError, OverflowError):  # an overflow: in UTC it is before year 1 or after year 9999
        return None
    return f"{utc.replace(tzinfo=None, microsecond=0).isoformat()}Z"
