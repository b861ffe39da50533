"""Emply: what a body may hold. Each resource has a table of its fields: what a value must be, and its OpenAPI schema.

How a change is sent depends on the style: the changed fields alone, or the whole object.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox import moments
from sandbox.emply.call import Call
from sandbox.emply.errors import EmplyError
from sandbox.exchange import Row
from sandbox.state import Emply

SHOW_AS = ("free", "tentative", "busy", "oof", "workingElsewhere", "unknown")

Wrong = Callable[[Any, Emply], str | None]
"""What is wrong with a value, or None."""


@dataclass(frozen=True)
class Field:
    """A field: its schema, and what is wrong with a value for it."""

    schema: Row
    wrong: Wrong

    @property
    def may_be_null(self) -> bool:
        """Whether a whole object may lack it."""
        return self.schema.get("nullable") is True


Fields = Mapping[str, Field]


@dataclass(frozen=True)
class Shape:
    """What is written of one kind of object.

    `new` has what a new object has unless it says otherwise; `required` cannot be left out or blank; `once` are given
    when the object is made and stay, `kept` are never given.
    """

    fields: Fields
    new: Row
    required: tuple[str, ...]
    once: Fields = field(default_factory=dict)
    kept: Fields = field(default_factory=dict)

    @property
    def required_of_whole(self) -> list[str]:
        """What a whole object cannot lack."""
        return [name for name, one in self.fields.items() if name in self.required or not one.may_be_null]

    def made(self, call: Call) -> Row:
        """A new object of the body, without an id; raises `EmplyError`."""
        row = {**self.new, **fields(call, {**self.fields, **self.once})}
        require(row, *self.required)
        return row

    def changed(self, call: Call, before: Row) -> tuple[Row, Row]:
        """The object as the body makes it, and the fields of the body; raises `EmplyError`."""
        if not call.style.whole_objects:
            given = fields(call, self.fields)
            require(given, *(name for name in self.required if name in given))
            return {**before, **given}, given
        fixed = {"id": any_text, **self.once, **self.kept}
        given = fields(call, {**self.fields, **{name: _same(name, before, one) for name, one in fixed.items()}})
        if missing := {name: "is required" for name in self.required_of_whole if name not in given}:
            raise EmplyError(422, fields=missing)
        require(given, *self.required)
        left_out = {name: self.new.get(name) for name in self.fields if name not in given}
        return {**before, **left_out, **given}, {**left_out, **given}


def fields(call: Call, known: Fields) -> dict[str, Any]:
    """The fields of the body; raises `EmplyError` 400 for what is no object, 422 naming every bad field."""
    try:
        found = call.request.json()
    except ValueError:
        raise EmplyError(400, "The body is not JSON.") from None
    if not isinstance(found, dict):
        raise EmplyError(400, "The body must be an object.")
    wrong = {name: words for name, value in found.items() if (words := _wrong(known.get(name), value, call.emply))}
    if wrong:
        raise EmplyError(422, fields=wrong)
    return found


def require(found: Mapping[str, Any], *names: str) -> None:
    """Raise `EmplyError` 422 naming every one of these fields that is missing or blank."""
    if missing := {name: "is required" for name in names if not str(found.get(name) or "").strip()}:
        raise EmplyError(422, fields=missing)


def _wrong(known: Field | None, value: object, emply: Emply) -> str | None:
    return "is not a field that can be set" if known is None else known.wrong(value, emply)


def _same(name: str, before: Row, one: Field) -> Field:
    return Field(one.schema, lambda value, _: None if value == before.get(name) else "cannot be changed")


def _is_text(value: object, _: Emply) -> str | None:
    return None if value is None or isinstance(value, str) else "must be text or null"


def _is_flag(value: object, _: Emply) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def not_a_moment(value: object) -> str | None:
    """What is wrong with a time, or None."""
    return None if moments.read(value) else "must be a time, such as 2026-11-22T10:30:00Z"


text = Field({"type": "string", "nullable": True}, _is_text)
"""Text or null."""
any_text = Field({"type": "string"}, _is_text)
"""Text that is always there."""
flag = Field({"type": "boolean"}, _is_flag)
"""True or false."""
moment = Field({"type": "string", "format": "date-time"}, lambda value, _: not_a_moment(value))
"""A time as ISO 8601 has it."""


def one_of(*values: str | None) -> Field:
    """One of a few words."""
    words = [value for value in values if value]
    schema: Row = {"type": "string", "enum": list(values)} | ({"nullable": True} if None in values else {})
    return Field(schema, lambda value, _: None if value in values else f"must be one of {', '.join(words)}")


def known(what: str, table: str) -> Field:
    """The id of something that is there, or null."""
    return Field(
        {"type": "string", "nullable": True},
        lambda value, emply: None if value is None or str(value) in emply[table] else f"unknown {what}: {value}",
    )


def all_known(what: str, table: str) -> Field:
    """A list of ids of what is there."""

    def wrong(value: object, emply: Emply) -> str | None:
        if not isinstance(value, list):
            return f"must be a list of {what} ids"
        unknown = sorted({str(name) for name in value if str(name) not in emply[table]})
        return f"unknown {what}: {', '.join(unknown)}" if unknown else None

    return Field({"type": "array", "items": {"type": "string"}}, wrong)
