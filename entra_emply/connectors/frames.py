"""What the frames of all sources share: declaring columns, and making a frame of rows.

Not here: the frames themselves (`entra/frames.py`, `emply/frames.py`), validating them (`frame_checks`), and what is
told of a read (`reads`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType, NoneType
from typing import Any

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.compute as pc

from entra_emply.connectors.frame_checks import NUL, SHOWN, kind_of, require_no_nul, sentence, validate
from entra_emply.errors import SourceUnreadable
from entra_emply.printing import counted
from entra_emply.text import TEXT, is_whole

Row = Mapping[str, Any]
"""One object of a list of Graph or Emply, as JSON gave it."""

Derivation = Callable[[Sequence[Row]], Sequence[object]]
"""Makes a column's values from the rows, one value a row."""

NO_TIME = object()
"""What a derivation makes of a value that should be a time and is none, so that the column refuses its row."""

_TEXTS = pa.list_(pa.string())
_JSON_TYPES: dict[str, tuple["pa.DataType", type]] = {
    "str": (pa.large_string(), str),
    "bool": (pa.bool_(), bool),
    "boolean": (pa.bool_(), bool),
    "Int64": (pa.int64(), int),
    str(pd.ArrowDtype(_TEXTS)): (_TEXTS, list),
}
_CALLED: Mapping[type, str] = {str: "a text", bool: "true or false", int: "a whole number", list: "a list of texts"}
_PANDAS_TYPES: dict[str, Any] = {
    "str": TEXT,
    "boolean": pd.BooleanDtype(),
    "Int64": pd.Int64Dtype(),
    str(pd.ArrowDtype(_TEXTS)): pd.ArrowDtype(_TEXTS),
}


class FrameModel(pandera.DataFrameModel):
    """The base of all frame models: exactly these columns, in this order."""

    class Config:
        """pandera's settings."""

        strict = True
        ordered = True


@dataclass(frozen=True)
class ColumnDescription:
    """A column for documentation. type: pandas' name of the dtype. nullable: whether a value may be missing."""

    name: str
    type: str
    description: str
    nullable: bool
    unique: bool


def column(json: str | None, description: str, *, default: object = None, **checks: Any) -> Any:  # noqa: ANN401  (a column's type is its annotation)
    """A column of a frame model.

    json: the property that it is copied or derived from (None: it is of none). default: the value of an absent or null
    property. A column may have missing values unless it has a default or `nullable=False`.
    """
    nullable = checks.pop("nullable", default is None)
    metadata = {"json": json, "default": default}
    return pandera.Field(description=description, metadata=metadata, nullable=nullable, **checks)


def identity(json: str | None, description: str, *, unique: bool = True) -> Any:  # noqa: ANN401
    """A column that identifies the row, by itself unless `unique` is off; never missing, never empty."""
    return column(json, description, nullable=False, unique=unique, str_length={"min_value": 1})


def texts(json: str | None, description: str) -> Any:  # noqa: ANN401
    """A column of lists of text; an absent one is the empty list."""
    return column(json, description, nullable=False, dtype_kwargs={"pyarrow_dtype": _TEXTS})


@cache
def empty(model: type[pandera.DataFrameModel], source: str = "nothing") -> pd.DataFrame:
    """The frame of `model` without rows, for a source that need not be read. It is made once."""
    return _frame(model, [], source, {})


def properties(model: type[pandera.DataFrameModel]) -> tuple[str, ...]:
    """The JSON properties a model's columns are made of, in the order of the columns."""
    return tuple(json_of(model).values())


def json_of(model: type[pandera.DataFrameModel]) -> dict[str, str]:
    """The JSON property that each column is made of, by the column's name; of those that are made of one."""
    found = {str(name): _json(spec) for name, spec in model.to_schema().columns.items()}
    return {name: json for name, json in found.items() if json is not None}


def of_rows(
    model: type[pandera.DataFrameModel],
    rows: Sequence[Row],
    source: str,
    derived: Mapping[str, Derivation] = MappingProxyType({}),
) -> pd.DataFrame:
    """The frame of `model` made of `rows`, sorted by what makes a row unique, validated.

    derived: makes the values of the columns that are not copies of a property. Raises SourceUnreadable, which names the
    column, the check, the number of rows and some row ids, never a value.
    """
    return _frame(model, rows, source, derived) if rows else empty(model, source)


def _frame(
    model: type[pandera.DataFrameModel], rows: Sequence[Row], source: str, derived: Mapping[str, Derivation]
) -> pd.DataFrame:
    _objects_only(rows, source)
    schema = model.to_schema()
    copied = {name: spec for name, spec in schema.columns.items() if name not in derived}
    fast = _copied(copied, rows)
    made = {}
    for name, spec in schema.columns.items():
        array = fast.get(name)
        if array is None:
            values = derived[name](rows) if name in derived else [row.get(str(_json(spec))) for row in rows]
            told_by = _json(spec) if name in derived else None
            array = _typed(name, spec, values, rows, source, told_by)
        default = (spec.metadata or {})["default"]
        made[name] = array if default is None else array.fill_null(default)
    table = pa.table(made)
    require_no_nul(table, source)
    keys = schema.unique or [name for name, spec in schema.columns.items() if spec.unique]
    table = table.take(pc.sort_indices(table, sort_keys=[(key, "ascending") for key in keys]))
    columns = {name: _as_pandas(table.column(name), kind_of(spec)) for name, spec in schema.columns.items()}
    return validate(model, pd.DataFrame(columns, copy=False), source)


def require_fit(model: type[pandera.DataFrameModel], rows: Sequence[Row], source: str) -> None:
    """Raise SourceUnreadable unless each row has in each property what the columns of `model` take, or nothing.

    For rows of which no frame is made, as they would take longer to become one than to be asked for.
    """
    _objects_only(rows, source)
    for name, json, python, needed in _taken(model):
        wrong = [row.get("id") for row in rows if not _is_taken(row.get(json), python, needed)]
        if wrong:
            raise SourceUnreadable(source, sentence(name, f"is not {_CALLED[python]}", len(wrong), wrong))


def describe(model: type[pandera.DataFrameModel]) -> list[ColumnDescription]:
    """The columns of a model in order, for documentation and for a table schema."""
    return [
        ColumnDescription(str(name), kind_of(each), each.description or "", each.nullable, each.unique)
        for name, each in model.to_schema().columns.items()
    ]


def sorted_texts(values: Iterable[object]) -> list[object]:
    """Each list of text sorted and without repeats, null as the empty list; other values unchanged."""
    return [_sorted(each) for each in values]


# --- making columns ---------------------------------------------------------------------------------------------------


def _sorted(value: object) -> object:
    if value is None:
        return []
    if type(value) is not list:
        return value
    # One element that is not text makes the whole list invalid: Arrow would accept a null in it.
    return sorted(set(value)) if set(map(type, value)) <= {str} else False


def _json(spec: pandera.Column) -> str | None:
    name: str | None = (spec.metadata or {})["json"]
    return name


@cache
def _taken(model: type[pandera.DataFrameModel]) -> tuple[tuple[str, str, type, bool], ...]:
    """Of each column that a property is copied to: its name, the property, its type, and whether it identifies."""
    columns = model.to_schema().columns
    return tuple(
        (name, json, _JSON_TYPES[kind_of(columns[name])][1], columns[name].unique)
        for name, json in json_of(model).items()
    )


def _is_taken(value: object, python: type, needed: bool) -> bool:
    if value is None or type(value) is not python:
        return value is None and not needed
    texts = value if isinstance(value, list) else [value] if isinstance(value, str) else []
    return all(map(is_kept, texts)) and not (needed and value == "")


def is_kept(text: object) -> bool:
    """Whether it is a text that every part of the pipeline can keep and send: without NUL and half characters."""
    return isinstance(text, str) and NUL not in text and is_whole(text)


def _objects_only(rows: Sequence[Row], source: str) -> None:
    if set(map(type, rows)) - {dict}:
        wrong = sum(type(row) is not dict for row in rows)
        are = "is not an object" if wrong == 1 else "are not objects"
        raise SourceUnreadable(source, f"{wrong} of {counted(len(rows), 'row')} {are}")


def _copied(columns: Mapping[str, pandera.Column], rows: Sequence[Row]) -> dict[str, "pa.Array"]:
    """The columns that are copies of properties, by one pass of Arrow over the rows; none where a value is invalid.

    Numbers are left out, because Arrow would truncate a fraction.
    """
    types = {name: _JSON_TYPES[kind_of(spec)] for name, spec in columns.items()}
    plain = {name: arrow for name, (arrow, python) in types.items() if python is not int and _json(columns[name])}
    shape = pa.struct([(_json(columns[name]), arrow) for name, arrow in plain.items()])
    try:
        return dict(zip(plain, pa.array(rows, type=shape).flatten(), strict=True))
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return {}


def _typed(
    name: str,
    spec: pandera.Column,
    values: Sequence[object],
    rows: Sequence[Row],
    source: str,
    told_by: str | None,
) -> "pa.Array":
    """`told_by` is the property that a derived column comes from."""
    arrow, python = _JSON_TYPES[kind_of(spec)]
    if set(map(type, values)) - {python, NoneType}:
        wrong = [at for at, value in enumerate(values) if value is not None and type(value) is not python]
        ids = [rows[at].get("id") for at in wrong[:SHOWN]]
        raise SourceUnreadable(
            source, sentence(name, _wrong(python, [values[at] for at in wrong], told_by), len(wrong), ids)
        )
    try:
        return pa.array(values, type=arrow)
    except (pa.ArrowInvalid, OverflowError, UnicodeEncodeError):  # a number of more than 64 bits, half a character
        wrong = [at for at, value in enumerate(values) if not _fits(value, arrow)]
    # Raised out here: inside, the value would be in the error's context.
    ids = [rows[at].get("id") for at in wrong[:SHOWN]]
    raise SourceUnreadable(source, sentence(name, "is out of range", len(wrong), ids))


def _wrong(python: type, values: Sequence[object], told_by: str | None) -> str:
    """What is said of values of another type. A flag that is no property itself is told by the one it comes from."""
    if all(value is NO_TIME for value in values):
        return "is not a time"
    if python is bool and told_by:
        return f"cannot be told from {told_by}"
    return f"is not {_CALLED[python]}"


def _as_pandas(column: "pa.ChunkedArray", kind: str) -> Any:  # noqa: ANN401 (an array of any type)
    """The array of a column in pandas. (`to_pandas` takes longer than making it, for a few rows.)"""
    return _PANDAS_TYPES[kind].__from_arrow__(column) if kind in _PANDAS_TYPES else column.to_numpy()


def _fits(value: object, arrow: "pa.DataType") -> bool:
    try:
        pa.scalar(value, type=arrow)
    except (pa.ArrowInvalid, OverflowError, UnicodeEncodeError):
        return False
    return True
