"""Finding rows by id and taking values by row: the few array operations that the join and the rules are made of.

Nothing here knows a rule. Rows are positions in a frame, -1 for none.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from entra_emply.text import TEXT, as_arrow, as_column

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.integer[Any]]

_FEW = 4
_BETWEEN = pa.scalar("\x1f", pa.large_string())  # what is in no id
_BLANK = pa.scalar(" ", pa.large_string())


def positions(values: "pd.Series[str]", among: "pd.Series[str]") -> Rows:
    """For every value the row of `among` that holds it (the first), -1 for missing or unknown ones."""
    if values.empty or among.empty:
        return np.full(len(values), -1, dtype=np.int64)
    needles, haystack = as_arrow(values), as_arrow(among)
    if len(needles) * _FEW < len(haystack):  # no hash table of millions for a handful: find the candidates first
        rows = np.flatnonzero(pc.is_in(haystack, value_set=needles, skip_nulls=True).to_numpy(zero_copy_only=False))
        found = _index_in(needles, haystack.take(pa.array(rows)))
        return np.where(found >= 0, rows[found], -1) if len(rows) else found
    return _index_in(needles, haystack)


def is_among(values: "pd.Series[str]", among: "pd.Series[str]") -> Mask:
    """Whether each value is one of `among`; missing ones are not. (`Series.isin` makes a list of every text.)"""
    return positions(values, among) >= 0


def take(
    values: "pd.Series[str]", rows: "Rows | pd.Series[int] | pd.Index[int]", index: "pd.Index[Any] | None" = None
) -> "pd.Series[str]":
    """The text values at `rows`, missing where the row is -1; with this index, or as `rows` where that is a Series, or
    indexed 0…."""
    if index is None and isinstance(rows, pd.Series):
        index = rows.index
    at = np.asarray(rows, dtype=np.int64)
    array = pa.array(values.array if values.dtype == TEXT else values, type=pa.large_string(), from_pandas=True)
    return as_column(array.take(pa.array(at, mask=at < 0)), index)


def take_flag(values: "pd.Series[bool] | Mask", rows: "Rows | pd.Series[int]") -> Mask:
    """The flags at `rows`, False where the row is -1."""
    at, flags = np.asarray(rows, dtype=np.int64), np.asarray(values, dtype=bool)
    return (at >= 0) & (flags[at] if len(flags) else np.zeros(len(at), dtype=bool))


def take_numbers(values: "pd.Series[int] | Rows", rows: Rows, absent: int = -1) -> Rows:
    """The numbers at `rows`, `absent` where the row is -1."""
    numbers = np.append(np.asarray(values, dtype=np.int64), absent)  # where -1 points to
    return numbers[rows]


def marked(rows: Rows, count: int) -> Mask:
    """Flags for `count` rows: true for these."""
    mask = np.zeros(count, dtype=bool)
    mask[rows] = True
    return mask


def as_set(numbers: Rows) -> Rows:
    """The different numbers, sorted. (`np.unique` hashes, which takes ten times as long as sorting millions.)"""
    ordered = np.sort(numbers)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else ordered


def different_pairs(one: Rows, other: Rows) -> tuple[Rows, Rows]:
    """The different pairs of a number and another, sorted by both; none is negative."""
    width = other.max(initial=0) + 1
    pairs = as_set(one * width + other)  # two numbers in one
    return pairs // width, pairs % width


def among(numbers: Numbers, ordered: Numbers) -> Mask:
    """Whether each number is one of `ordered`. (Where both ascend, much faster than `np.isin`, which sorts them.)"""
    if not len(ordered):
        return np.zeros(len(numbers), dtype=bool)
    return ordered[np.minimum(np.searchsorted(ordered, numbers), len(ordered) - 1)] == numbers


def different(one: Rows, other: Rows) -> Rows:
    """What is in one of two sets (see `as_set`) and not in the other; not sorted."""
    return np.concatenate([one[~among(one, other)], other[~among(other, one)]])


def is_text(values: "pd.Series[str]", text: str) -> Mask:
    """Row by row, whether it is this text; a missing one is not."""
    found = pc.fill_null(pc.equal(as_arrow(values), pa.scalar(text, pa.large_string())), False)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def has_word(values: "pd.Series[str]", word: str) -> Mask:
    """Row by row, whether this is one of the words of the text, which blanks separate; a missing text has none."""
    surrounded = pc.binary_join_element_wise(_BLANK, as_arrow(values), _BLANK, pa.scalar("", pa.large_string()))
    found = pc.fill_null(pc.match_substring(surrounded, f" {word} "), False)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def rows_of(values: "pd.Series[str]", text: str) -> Rows:
    """The rows with this text."""
    return np.flatnonzero(is_text(values, text))


def sort_order(values: "pd.Series[str]") -> Rows:
    """The rows in the order of their texts."""
    return np.asarray(pc.sort_indices(as_arrow(values)).to_numpy(), dtype=np.int64)


def same_text(one: "pd.Series[str]", other: "pd.Series[str]") -> Mask:
    """Row by row, whether both are equal or both missing."""
    first, second = codes(one, other)
    return first == second


def codes(*columns: "pd.Series[str]") -> list[Rows]:
    """The columns as numbers, equal where the texts are equal, across all of them; -1 for missing."""
    numbers, _ = _encoded(pa.concat_arrays([as_arrow(column) for column in columns]))
    return np.split(numbers, np.cumsum([len(column) for column in columns])[:-1])


def encoded(values: "pd.Series[str]") -> "tuple[Rows, pd.Series[str]]":
    """The texts as numbers, -1 for missing, and the different texts: a number is the row of one of them."""
    numbers, texts = _encoded(as_arrow(values))
    return numbers, as_column(texts)


def exploded(lists: "pd.Series[Any]") -> tuple[Rows, "pd.Series[str]"]:
    """A column of Arrow lists in long form: the row of every element, and the elements."""
    array = _whole(pa.array(lists, from_pandas=True))
    rows = pc.list_parent_indices(array).to_numpy(zero_copy_only=False).astype(np.int64)
    return rows, as_column(pc.list_flatten(array))


def collected(rows: Rows, values: "pd.Series[str]", count: int) -> pa.ListArray:
    """The inverse of `exploded`: one list for each of `count` rows, empty where a row has none. `rows` is sorted."""
    offsets = np.searchsorted(rows, np.arange(count + 1)).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, as_arrow(values))


def repeated(text: str | None, count: int) -> "pd.Series[str]":
    """A column of one text."""
    return as_column(pa.repeat(pa.scalar(text, pa.large_string()), count))


def both(*columns: pa.Array) -> "pd.Series[str]":
    """The texts of several columns as one, missing where one of them is."""
    return as_column(pc.binary_join_element_wise(*columns, _BETWEEN))


def as_text(numbers: Numbers) -> pa.Array:
    """Numbers as text, to be joined with ids."""
    return pc.cast(pa.array(numbers), pa.large_string())


def stacked(*columns: "pd.Series[str]") -> "pd.Series[str]":
    """The texts of several columns one below the other, indexed 0…."""
    return as_column(pa.concat_arrays([as_arrow(column) for column in columns]))


def different_texts(*columns: "pd.Series[str]") -> "pd.Series[str]":
    """The different texts of several columns, in the order in which they are found."""
    return as_column(as_arrow(stacked(*columns)).unique())


def how_many(*columns: "pd.Series[str]") -> int:
    """How many different texts there are, in all of the columns together; missing ones do not count."""
    return int(pc.count_distinct(as_arrow(stacked(*columns)), mode="only_valid").as_py())


def joined(*columns: "pd.Series[str]") -> "pd.Series[str]":
    """The texts of several columns as one, missing ones as blank: to find rows by more than one id."""
    arrays = [as_arrow(column) for column in columns]
    return as_column(
        pc.binary_join_element_wise(*arrays, _BETWEEN, null_handling="replace", null_replacement=""), columns[0].index
    )


def how_often(values: "pd.Series[str]", among: "pd.Series[str]") -> Rows:
    """How many rows of `among` hold each value; 0 for a missing one."""
    of, numbers = codes(values, take(among, np.flatnonzero(is_among(among, values))))
    counts = np.bincount(numbers, minlength=of.max(initial=-1) + 2)  # the last is of -1
    return counts[of]


def equal_pairs(
    one: "pd.Series[str]", other: "pd.Series[str]", at_most: "int | Rows | None" = None
) -> tuple[Rows, Rows]:
    """The pairs of equal texts: their rows in both columns, in the order of `one`. Missing ones equal nothing.

    at_most: with how many rows of `other`, the first ones, each row of `one` is paired; of m and n equal texts all
    would be m * n pairs.
    """
    left, right = codes(one, other)
    order = np.argsort(right, kind="stable")
    first, last = (np.searchsorted(right[order], left, side=side) for side in ("left", "right"))
    many = np.where(left >= 0, last - first, 0)
    if at_most is not None:
        many = np.minimum(many, at_most)
    rows = np.repeat(np.arange(len(left)), many)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(many) - many, many)
    return rows, order[first[rows] + place]


def sorted_rows(numbers: Rows, *texts: "pd.Series[str]") -> Rows:
    """The rows in the order of the numbers, then of the texts, missing ones last. (pandas hashes every text first.)"""
    keys = pa.table([numbers, *map(as_arrow, texts)], names=[str(at) for at in range(len(texts) + 1)])
    return np.asarray(_order(keys, keys.column_names).to_numpy(), dtype=np.int64)


def in_order(table: pa.Table, by: list[str]) -> pa.Table:
    """The rows sorted by these columns, missing values last."""
    return table.take(_order(table, by))


def as_json(columns: Mapping[str, Any], count: int, only: Mapping[str, Mask] | None = None) -> pa.Array:
    """Every row as a compact JSON object, keys in the order of the columns, missing values null; a single value is that
    of every row. only: which rows have a key, where not all have it. (`to_json` takes ten times as long for a few.)
    """
    values = zip(*(_listed(column, count) for column in columns.values()), strict=True)
    rows: Iterable[dict[str, Any]]
    if only is None:
        rows = (dict(zip(columns, row, strict=True)) for row in values)
    else:
        shown = zip(*(_listed(only.get(name, True), count) for name in columns), strict=True)
        fields = (zip(columns, row, has, strict=True) for row, has in zip(values, shown, strict=True))
        rows = ({name: value for name, value, has in row if has} for row in fields)
    return pa.array([orjson.dumps(row).decode() for row in rows], type=pa.large_string())


def as_frame(table: pa.Table) -> pd.DataFrame:
    """A table as a frame, indexed 0…."""
    columns = ((name, table.column(name)) for name in table.column_names)
    made = {name: as_column(of).array if of.type == pa.large_string() else of.to_numpy() for name, of in columns}
    return pd.DataFrame(made, copy=False)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as JSON has them, missing values None."""
    rows: list[dict[str, Any]] = pa.table({name: pa.array(frame[name], from_pandas=True) for name in frame}).to_pylist()
    return rows


def _order(keys: pa.Table, by: list[str]) -> pa.Array:
    return pc.sort_indices(keys, sort_keys=[(name, "ascending") for name in by])


def _listed(column: Any, count: int) -> list[Any]:  # noqa: ANN401 (a column or a value)
    """The values as JSON has them, missing ones None."""
    if isinstance(column, pd.Series):
        return pa.array(column, from_pandas=True).to_pylist()
    if isinstance(column, np.ndarray):
        return column.tolist()
    return column if isinstance(column, list) else [column] * count


def _encoded(array: pa.Array) -> tuple[Rows, pa.Array]:
    encoded = array.dictionary_encode()
    numbers = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers, encoded.dictionary


def _index_in(needles: pa.Array, haystack: pa.Array) -> Rows:
    found = pc.index_in(needles, value_set=haystack, skip_nulls=True)
    return np.asarray(pc.fill_null(found, -1).to_numpy(zero_copy_only=False), dtype=np.int64)


def _whole(array: "pa.Array | pa.ChunkedArray") -> pa.Array:
    """pandas keeps what it concatenated in chunks."""
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
