"""The API description: all that is assumed of a customer's Emply, as one YAML file that can be corrected without code.

`v1` and `api2` come with the package; `EMPLY_API` names one of them or the path of another. What the pipeline needs is
`operations`, how it is asked for `connection` and `lists`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal

from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, model_validator

from entra_emply import documents
from entra_emply.connectors.emply import records
from entra_emply.connectors.emply.operations import (
    LISTED_BEFORE_WRITTEN,
    LISTS_OF_A_PLAN,
    NEEDS,
    ONLY_BEFORE_PUT,
    PARTS,
    READ_BEFORE_WRITTEN,
    RECORDS,
)
from entra_emply.documents import Document, Location
from entra_emply.errors import SettingsError

VARIABLE = "EMPLY_API"
_FOLDER = "entra_emply/connectors/emply"
PACKAGED = {"v1": "api-v1.yaml", "api2": "api2.yaml"}
CUSTOMER = "{customer}"
JSON_PATCH = "application/json-patch+json"

_HEADER = re.compile(r"[A-Za-z0-9-]+")
_CONTENT_TYPE = re.compile(r"application/([a-z0-9.-]+\+)?json(; ?charset=utf-8)?")
_LONGEST_TAKE, _MOST_A_SECOND = 100_000, 10_000


def _expression(text: str) -> str:
    try:
        records.compiled(text)
    except JMESPathError:
        raise ValueError(f"expected a JMESPath, and {documents.short(text)!r} is none") from None
    return text


def _address(text: str) -> str:
    if not text.startswith("https://") or len(text.split("/")) < len(("https:", "", "host")) or text != text.strip():
        raise ValueError("expected an address that begins with https://")
    return _with_places(text, {"customer"}).rstrip("/")


def _path(text: str) -> str:
    if text.startswith("/") or not text.strip() or set(text) & set("?# "):
        raise ValueError("expected a path below the url, without / before it and without a query")
    return text


def _with_places(text: str, known: set[str]) -> str:
    unknown = places(text) - known
    if unknown:
        raise ValueError(f"expected no other place than {_listed(known)}")
    return text


def places(text: str) -> set[str]:
    """The names in braces. Raises ValueError where the braces do not fit."""
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        raise ValueError("expected every { to have its }") from None


def _header(text: str) -> str:
    if not _HEADER.fullmatch(text):
        raise ValueError("expected the name of an HTTP header")
    return text


def _content_type(text: str) -> str:
    if not _CONTENT_TYPE.fullmatch(text):
        raise ValueError("expected a kind of JSON, such as application/json or application/merge-patch+json")
    return text


Text = Annotated[str, Field(strict=True, min_length=1)]
Expression = Annotated[Text, AfterValidator(_expression)]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Authentication(_Section):
    """How the key travels: as a parameter of the query, or in a header behind a prefix."""

    query: Text | None = None
    header: Annotated[Text, AfterValidator(_header)] | None = None
    prefix: Annotated[str, Field(strict=True)] = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> "Authentication":
        if (self.query is None) is (self.header is None):
            raise ValueError("expected query or header, one of both")
        if self.query is not None and self.prefix:
            raise ValueError("expected no prefix: only a header has one")
        if not self.prefix.isascii() or not self.prefix.isprintable():
            raise ValueError("expected a prefix of printable ASCII characters")
        return self


class Lists(_Section):
    """How lists page: `auto` finds out, `skip_take` trusts both, `whole` takes one answer for the list."""

    style: Literal["auto", "skip_take", "whole"] = "auto"
    take: Annotated[int, Field(strict=True, ge=3, le=_LONGEST_TAKE)] = 500
    rows: Expression = "@"


class Errors(_Section):
    """Where an error's code is, and the codes by which Emply itself says that there is no such object."""

    code: Expression = "error.code"
    not_found: tuple[Annotated[str, Field(strict=True)], ...] = ("not_found",)


class Operation(_Section):
    """One operation: HTTP method, path below the address, the area that the key's roles must cover."""

    method: Method
    path: Annotated[Text, AfterValidator(_path)]
    access: Text
    content_type: Annotated[Text, AfterValidator(_content_type)] = "application/json"
    query: Mapping[Text, Text] = Field(default_factory=dict)

    @property
    def needed(self) -> str:
        """The access, as `doctor` and errors say it: "users: write"."""
        return self.access if ":" in self.access else f"{self.access}: {'read' if self.method == 'GET' else 'write'}"


@dataclass(frozen=True)
class BothWays:
    """A field that is written otherwise than it is read: a JMESPath and a plain name, None where there is none."""

    read: str | None
    write: str | None


def _theirs(given: object) -> str | BothWays | None:
    """What Emply calls a field."""
    if isinstance(given, dict):
        values = list(given.values())
        if given.keys() != {"read", "write"} or not all(
            each is None or (isinstance(each, str) and each) for each in values
        ):
            raise ValueError("expected {read: JMESPath, write: name}, each of which may be null")
        return BothWays(_expression(given["read"]) if given["read"] is not None else None, given["write"])
    if given is None:
        return None
    if not isinstance(given, str) or not given:
        raise ValueError("expected a JMESPath, {read: JMESPath, write: name}, or null where Emply has no such field")
    return _expression(given)


Theirs = Annotated[str | BothWays | None, PlainValidator(_theirs)]


class Content(_Section):
    """The file."""

    url: Annotated[Text, AfterValidator(_address)]
    authentication: Authentication
    lists: Lists = Lists()
    requests_per_second: Annotated[int, Field(strict=True, ge=1, le=_MOST_A_SECOND)] = 50
    errors: Errors = Errors()
    operations: Mapping[str, Operation | None]
    fields: Mapping[str, Mapping[str, Theirs]] = Field(default_factory=dict)
    """A field that is not told of has the pipeline's own name."""


@dataclass(frozen=True)
class Description:
    """A valid description, ready for use."""

    document: Document[Content]

    @property
    def content(self) -> Content:
        """What the file says."""
        return self.document.content

    def where(self, *location: str) -> str:
        """Where this is in the file: "api-v1.yaml, line 30"."""
        return self.document.where(*location)

    def operation(self, name: str) -> Operation | None:
        """The operation; None where the customer's Emply has none."""
        return self.content.operations.get(name)

    def absent(self, name: str) -> str:
        """That an operation is not there, as errors say it."""
        return f"this Emply has no {name} ({self.where('operations', name)})"

    def cannot(self, part: str) -> tuple[str, ...]:
        """The operations that a part of the pipeline (`operations.PARTS`) needs and this Emply does not have."""
        return tuple(name for name in PARTS[part] if self.operation(name) is None)

    @cached_property
    def kinds(self) -> Mapping[str, records.Record]:
        """The kinds of objects by name."""
        return {kind: self._record(kind) for kind in RECORDS}

    def _record(self, kind: str) -> records.Record:
        given = self.content.fields.get(kind, {})
        fields = tuple(_field(ours, given.get(ours, ours)) for ours in sorted(RECORDS[kind]))
        return records.Record(kind, fields, self.where("fields", kind))


def load(named: str) -> Description:
    """The description that `EMPLY_API` names: a packaged one, or the path of a file.

    Raises SettingsError naming file, line and what was expected.
    """
    if named in PACKAGED:
        return _packaged(PACKAGED[named])
    if "/" not in named and not Path(named).suffix and not Path(named).exists():
        raise SettingsError(f"{VARIABLE}: expected {', '.join(PACKAGED)} or the path of an API description")
    return parse(documents.read_text(Path(named), VARIABLE), named)


@cache
def _packaged(name: str) -> Description:
    text = files("entra_emply.connectors.emply").joinpath(name).read_text(encoding="utf-8")
    return parse(text, f"{_FOLDER}/{name}")


def parse(text: str, name: str = "api.yaml") -> Description:
    """The description in `text`; `name` is how errors call it. Raises SettingsError."""
    document = documents.parse(text, name, Content, "an API description")
    document.refuse([*_faulty_operations(document.content), *_faulty_fields(document.content)])
    return Description(document)


def _faulty_operations(content: Content) -> Iterator[tuple[Location, str]]:
    given = content.operations
    for name in given.keys() - NEEDS.keys():
        yield ("operations", name), f"unknown operation; expected {', '.join(NEEDS)}"
    missing = [name for name in NEEDS if name not in given and name not in ONLY_BEFORE_PUT]
    if missing:
        null = "give each, or null where your Emply has none"
        yield ("operations",), f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing: {null}"
    for name, operation in given.items():
        if name in NEEDS:
            yield from ((("operations", name, *where), why) for where, why in _faulty(name, operation, given))


def _faulty(
    name: str, operation: Operation | None, given: Mapping[str, Operation | None]
) -> Iterator[tuple[Location, str]]:
    need = NEEDS[name]
    if operation is None:
        if name in LISTS_OF_A_PLAN:
            yield (), "expected an operation: there is no plan without this list"
        return
    try:
        inside = places(operation.path)
    except ValueError as error:
        yield ("path",), str(error)
        return
    if inside != need.places:
        wanted = f"expected a path with {_listed(need.places)}" if need.places else "expected a path without { }"
        yield ("path",), wanted + (" and no other place in it" if need.places and inside > need.places else "")
    reads = not need.writes and not name.startswith("delete_")
    if reads is not (operation.method == "GET"):
        yield ("method",), "expected GET: this only reads" if reads else "expected another method than GET: this writes"
    if operation.method == "PUT" and name in READ_BEFORE_WRITTEN:
        reader, lists = READ_BEFORE_WRITTEN[name], LISTED_BEFORE_WRITTEN[name]
        if given.get(reader) is None and (not lists or any(given.get(each) is None for each in lists)):
            instead = f", or {' and '.join(lists)}" if lists else ""
            yield ("method",), f"PUT sends the object as a whole, so expected {reader}{instead} to read it before"


def _faulty_fields(content: Content) -> Iterator[tuple[Location, str]]:
    for kind in content.fields.keys() - RECORDS.keys():
        yield ("fields", kind), f"unknown kind of object; expected {', '.join(RECORDS)}"
    for kind, names in RECORDS.items():
        given = content.fields.get(kind, {})
        for name in given.keys() - names:
            yield ("fields", kind, name), f"unknown field; expected {', '.join(sorted(names))}"
        if "id" in given and _field("id", given["id"]).reads is None:
            yield ("fields", kind, "id"), "expected the name of the id: no object can be without one"
        for name in sorted(_written(kind, content) & given.keys()):
            if isinstance(given[name], str) and records.plain_name(_field(name, given[name]).reads) is None:
                yield (
                    ("fields", kind, name),
                    "expected a plain name, because the field is written; or {read: JMESPath, write: name}",
                )


def _written(kind: str, content: Content) -> set[str]:
    """The fields of a kind that any operation of this Emply writes."""
    asked = [need for name, need in NEEDS.items() if need.record == kind and content.operations.get(name) is not None]
    return {field for need in asked for field in need.writes}


def _field(ours: str, theirs: "str | BothWays | None") -> records.Field:
    if isinstance(theirs, BothWays):
        return records.Field(ours, theirs.read, theirs.write)
    return records.Field(ours, theirs, records.plain_name(theirs))


def _listed(names: "set[str] | frozenset[str]") -> str:
    return " and ".join("{" + name + "}" for name in sorted(names, key=len))
