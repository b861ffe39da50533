"""Pairs of texts at most one edit apart (insert, delete, replace, swap of neighbours), among many, fast.

Nothing here knows a rule. Such texts share themselves or what is left of them without one character: only pairs that do
are measured, and where many texts meet few, only those of the many whose fingerprints say that they may.
"""

from collections.abc import Callable, Iterator
from itertools import chain

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import process
from rapidfuzz.distance import OSA

from entra_emply.reconciliation.arrays import Mask, Rows, among, as_set, different_pairs

_LONGEST = 320
"""Characters: no address is longer (RFC 5321). What is left without each of a text's characters takes their square."""
_FEW = 20  # taking the fingerprints costs as much as joining that many texts
_AT_ONCE = 500_000  # bytes: what a processor's cache holds

_Prints = npt.NDArray[np.uint64]
_BASE = np.uint64(0x9E3779B97F4A7C15)  # a fingerprint: the sum of byte * _BASE ** place; odd, so that it can be undone
_INVERSE = np.uint64(pow(int(_BASE), -1, 2**64))
_BITS = 21  # most fingerprints are nobody's, which their first bits tell at once
_SHIFT = np.uint64(64 - _BITS)


def one_edit_apart(one: "pd.Series[str]", other: "pd.Series[str]") -> pd.DataFrame:
    """The pairs: one, other (positions). Missing texts are in none, nor those longer than any address."""
    if len(one) < len(other):
        return one_edit_apart(other, one).rename(columns={"one": "other", "other": "one"})[["one", "other"]]
    texts, few = _table(one), _with_one_less(_table(other))
    if len(other) * _FEW < len(one):
        texts = texts.filter(pa.array(_may_be_near(_texts(texts), _texts(few))))
    pairs = _equal_among(_with_one_less(texts), few)
    sides = (one.iloc[pairs["one"]].tolist(), other.iloc[pairs["other"]].tolist())
    distances = process.cpdist(*sides, scorer=OSA.distance, score_cutoff=1)
    return pairs[np.asarray(distances) <= 1]


def _table(texts: "pd.Series[str]") -> pa.Table:
    """The texts that can be an address, and their rows."""
    array = pa.array(texts, type=pa.large_string(), from_pandas=True)
    fits = pc.less_equal(pc.utf8_length(array), _LONGEST)  # missing for a missing text
    return pa.table({"text": array, "row": np.arange(len(texts))}).filter(fits)


def _texts(table: pa.Table) -> pa.Array:
    return table["text"].combine_chunks()


def _with_one_less(table: pa.Table) -> pa.Table:
    """Every text, and every text that is left without one of its characters."""
    plain = pc.string_is_ascii(table["text"])
    kinds = ((table.filter(plain), _ascii_without), (table.filter(pc.invert(plain)), _text_without))
    return pa.concat_tables(chain([table], *(_shortened(of, without) for of, without in kinds)))


def _shortened(table: pa.Table, without: Callable[[pa.ChunkedArray, int], pa.ChunkedArray]) -> Iterator[pa.Table]:
    """The table without the first character of its texts, without the second, and so on, as far as they have one."""
    lengths = pc.utf8_length(table["text"])
    for at in range(pc.max(lengths).as_py() or 0):
        longer = table if at < pc.min(lengths).as_py() else table.filter(pc.greater(lengths, at))
        yield longer.set_column(0, "text", without(longer["text"], at))


def _text_without(texts: pa.ChunkedArray, at: int) -> pa.ChunkedArray:
    return pc.utf8_replace_slice(texts, at, at + 1, "")


def _ascii_without(texts: pa.ChunkedArray, at: int) -> pa.ChunkedArray:
    """The same, ten times as fast: a character is a byte."""
    octets = pc.binary_replace_slice(texts.cast(pa.large_binary()), at, at + 1, b"")
    return pa.chunked_array([chunk.view(pa.large_string()) for chunk in octets.chunks], type=pa.large_string())


def _equal_among(left: pa.Table, right: pa.Table) -> pd.DataFrame:
    joined = left.rename_columns(["text", "one"]).join(
        right.rename_columns(["text", "other"]), keys="text", join_type="inner"
    )
    one, other = different_pairs(joined["one"].to_numpy(), joined["other"].to_numpy())
    return pd.DataFrame({"one": one, "other": other})


def _may_be_near(texts: pa.Array, few: pa.Array) -> Mask:
    """Which texts, or what is left of them without one character, have a fingerprint of one of `few`.

    Of those that are not ASCII nobody looks: they may.
    """
    wanted = np.sort(np.concatenate([np.zeros(0, dtype=np.uint64), *(parts.sum(axis=1) for _, parts in _octets(few))]))
    known = np.zeros(1 << _BITS, dtype=bool)
    known[wanted >> _SHIFT] = True
    may = pc.invert(pc.string_is_ascii(texts)).to_numpy(zero_copy_only=False).copy()
    for rows, parts in _octets(texts):
        whole, before = parts.sum(axis=1, keepdims=True), parts.cumsum(axis=1)
        prints = np.concatenate([whole, before - parts + (whole - before) * _INVERSE], axis=1)
        maybe = np.nonzero(known[prints >> _SHIFT])
        may[rows[maybe[0][among(prints[maybe], wanted)]]] = True
    return may


def _octets(texts: pa.Array) -> Iterator[tuple[Rows, _Prints]]:
    """The texts by their lengths, some at a time: their rows, and what each of their bytes adds to a fingerprint."""
    _, offsets, octets = texts.buffers()
    starts = np.frombuffer(offsets, dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
    lengths, values = np.diff(starts), np.frombuffer(octets or b"", dtype=np.uint8)
    for length in as_set(lengths):
        weights = _BASE ** np.arange(length, dtype=np.uint64)
        rows = np.flatnonzero(lengths == length)
        for some in np.array_split(rows, len(rows) * length // _AT_ONCE + 1):
            yield some, (values[starts[some, np.newaxis] + np.arange(length)] + np.uint64(1)) * weights
