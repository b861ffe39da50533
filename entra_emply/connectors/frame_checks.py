"""Whether a frame satisfies its model, and what is wrong with it, told without a value. `frames` makes the frames."""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from itertools import islice
from typing import Any

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.compute as pc
from pandera.errors import SchemaError, SchemaErrors

from entra_emply.errors import SourceUnreadable
from entra_emply.printing import counted
from entra_emply.text import as_arrow

NUL = "\0"
SHOWN = 5  # row ids named for each failed check
_OPAQUE = re.compile(r"[0-9A-Za-z_-]{1,64}")  # ids look like this; anything else might be somebody's address


def validate(model: type[pandera.DataFrameModel], frame: pd.DataFrame, source: str) -> pd.DataFrame:
    """`frame`, if it satisfies `model`. Raises SourceUnreadable with column, check, number of rows and some row ids.

    pandera's own error contains the failing values, so it is neither shown nor chained.
    """
    why = [] if _satisfies(model, frame) else _failures(model, frame)
    if why:
        raise SourceUnreadable(source, "; ".join(why))
    return frame


def require_no_nul(table: pa.Table, source: str) -> None:
    """Raise SourceUnreadable for a text with a NUL, which no database keeps, naming column and rows (by column 0)."""
    for name, values in zip(table.column_names, table.columns, strict=True):
        wrong = _with_nul(values.combine_chunks())
        if wrong:
            raise SourceUnreadable(
                source, sentence(name, "has a NUL", len(wrong), table.column(0).take(wrong).to_pylist())
            )


def _with_nul(values: "pa.Array") -> list[int]:
    """The places of the rows with NUL in a column of text, or of lists of text."""
    if pa.types.is_list(values.type):
        places = pc.list_parent_indices(values).filter(pc.match_substring(pc.list_flatten(values), NUL))
        return list(dict.fromkeys(places.to_pylist()))
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        return []
    return pc.indices_nonzero(pc.fill_null(pc.match_substring(values, NUL), False)).to_pylist()


def kind_of(spec: pandera.Column) -> str:
    """pandas' name of the dtype: pandera's own name for text does not say how a missing value is represented."""
    return str(getattr(spec.dtype, "type", spec.dtype))


_NOT_EMPTY: Mapping[str, Any] = {"min_value": 1, "max_value": None, "exact_value": None}
_KNOWN_CHECKS: dict[str, Callable[["pa.Array", Mapping[str, Any]], bool]] = {
    "str_length": lambda values, given: given == _NOT_EMPTY and not pc.any(pc.equal(values, "")).as_py(),
    "isin": lambda values, given: _all_among(values, given["allowed_values"]),
}


def _satisfies(model: type[pandera.DataFrameModel], frame: pd.DataFrame) -> bool:
    """Whether nothing is wrong, where that can be told without pandera: it takes ten times as long for a small frame.

    False is no verdict: then pandera decides, and says what is wrong.
    """
    schema = model.to_schema()
    if schema.checks or list(frame.columns) != list(schema.columns):
        return False
    if not all(_sound(values, schema.columns[name]) for name, values in frame.items()):
        return False
    return not schema.unique or _all_different(*(as_arrow(frame[name]) for name in schema.unique))


def _sound(values: "pd.Series[Any]", spec: pandera.Column) -> bool:
    kind = kind_of(spec)
    if str(values.dtype) != kind:
        return False
    array = as_arrow(values) if kind == "str" else pa.array(values, from_pandas=True)
    if not spec.nullable and array.null_count:
        return False
    if spec.unique and not _all_different(array):
        return False
    return all(
        each.name in _KNOWN_CHECKS and _KNOWN_CHECKS[each.name](array, each.statistics or {}) for each in spec.checks
    )


def _all_different(*keys: "pa.Array") -> bool:
    """Whether no two rows are the same. (False is no verdict: texts with the separator in them may look the same.)"""
    rows = pc.binary_join_element_wise(*keys, pa.scalar("\x1f", pa.large_string())) if len(keys) > 1 else keys[0]
    return len(rows.unique()) == len(rows)


def _all_among(values: "pa.Array", allowed: Iterable[object]) -> bool:
    known = pc.is_in(values, value_set=pa.array([*allowed], type=values.type))
    return bool(pc.all(pc.or_(known, pc.is_null(values))).as_py() is not False)


# --- saying what is wrong, without values -----------------------------------------------------------------------------


def _failures(model: type[pandera.DataFrameModel], frame: pd.DataFrame) -> list[str]:
    try:
        model.to_schema().validate(frame, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
    except SchemaError as error:
        return [f"fails the check {error.reason_code}"]
    else:
        return []
    ids = frame.iloc[:, 0] if frame.shape[1] else pd.Series(dtype="str")
    grouped = cases.groupby(["schema_context", "column", "check"], dropna=False, sort=False)["index"]
    return [_failure(context, name, check, at, ids) for (context, name, check), at in grouped]


_SAID = (
    ("not_nullable", "is missing"),
    ("field_uniqueness", "is there more than once"),
    ("multiple_fields_uniqueness", "is there more than once with the same other ids"),
    ("str_length(1,", "is blank"),
)


def _said(check: str) -> str:
    """What pandera calls a check, in words."""
    if check.startswith("isin("):
        known = re.findall(r"'([^']*)'", check)
        return f"is none of {', '.join(known)}"
    return next((words for known, words in _SAID if check.startswith(known)), f"fails the check {check}")


def _failure(context: str, name: Hashable, check: Hashable, at: "pd.Series[Any]", ids: "pd.Series[Any]") -> str:
    positions = [int(each) for each in at.dropna().unique()]
    said = _said(str(check))
    if not positions:
        return f"{name} {said}" if context == "Column" else f"the columns together: {said}"
    return sentence(str(name), said, len(positions), ids.iloc[positions[:SHOWN]].tolist())


def sentence(name: str, what: str, count: int, ids: Iterable[object]) -> str:
    """What is wrong with a column in so many rows, with the first of their ids that are nobody's address."""
    shown = [each for each in islice(ids, SHOWN) if isinstance(each, str) and _OPAQUE.fullmatch(each)]
    named = f" (ids {', '.join(shown)}{', …' if count > len(shown) else ''})" if shown else ""
    return f"{name} {what} in {counted(count, 'row')}{named}"
