"""Emply's objects in the pipeline's words and back: the `fields` of the API description, compiled.

A plain name is a look into a dictionary, and where all names are the pipeline's own, rows pass as they are: JMESPath
itself is slow for fifty thousand rows, and is kept for what needs it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult

from entra_emply.connectors.frames import Row

Getter = Callable[[Row], object]

UNFIT = ()
"""What an expression says of a row that it does not fit: no value of any column, so that the frame names the row."""
_FIELD, _WITHIN = "field", "subexpression"


@dataclass(frozen=True)
class Field:
    """One field: the JMESPath that reads it and the plain name that writes it, each None where there is none."""

    ours: str
    reads: str | None
    writes: str | None

    @cached_property
    def get(self) -> Getter:
        """What the field says in a row, None where it says nothing."""
        return compiled(self.reads) if self.reads is not None else lambda _row: None


@dataclass(frozen=True)
class Record:
    """A kind of object: its fields, and where they stand in the API description, as errors say it."""

    kind: str
    fields: tuple[Field, ...]
    where: str

    def read(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows in the pipeline's words, with what else is in them; what is no object stays as it is."""
        others = [(field.ours, field.get) for field in self.fields if plain_name(field.reads) != field.ours]
        if not others:
            return rows
        return [row | {name: get(row) for name, get in others} if type(row) is dict else row for row in rows]

    def written(self, fields: Mapping[str, object]) -> dict[str, object]:
        """The fields in Emply's words, without those that it has no name for."""
        names = {field.ours: field.writes for field in self.fields}
        return {name: value for ours, value in fields.items() if (name := names.get(ours)) is not None}


def compiled(expression: str) -> Getter:
    """What an expression says of a row. Raises JMESPathError where it cannot be parsed."""
    parsed = jmespath.compile(expression)
    path = _path(parsed.parsed)
    if path is None:
        return partial(_searched, parsed)
    if len(path) == 1:
        name = path[0]
        return lambda row: row.get(name) if type(row) is dict else None
    return lambda row: _inside(row, path)


def plain_name(expression: str | None) -> str | None:
    """The name, where an expression is nothing but one."""
    path = _path(jmespath.compile(expression).parsed) if expression is not None else None
    return path[0] if path is not None and len(path) == 1 else None


def top_name(expression: str) -> str | None:
    """The property of the object itself that an expression begins with, where it begins with one."""
    node = jmespath.compile(expression).parsed
    while node["type"] != _FIELD and node["children"]:
        node = node["children"][0]
    return str(node["value"]) if node["type"] == _FIELD else None


def _path(node: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The names of `a.b.c`; None for any other expression."""
    if node["type"] == _FIELD:
        return (node["value"],)
    if node["type"] == _WITHIN:
        parts = [_path(child) for child in node["children"]]
        return None if None in parts else tuple(name for part in parts if part is not None for name in part)
    return None


def _searched(expression: ParsedResult, row: Row) -> object:
    try:
        return expression.search(row)
    except (JMESPathError, TypeError, ValueError, LookupError, ArithmeticError):  # jmespath judges not all of them
        return UNFIT


def _inside(row: object, path: Sequence[str]) -> object:
    for name in path:
        if type(row) is not dict:
            return None
        row = row.get(name)
    return row
