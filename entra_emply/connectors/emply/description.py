"""The API description: all that is assumed of a customer's Emply, as one YAML file that can be corrected without code.

`v1` and `api2` come with the package; `EMPLY_API` names one of them or the path of another. The shape of the file is
`description_file`, what the pipeline needs `operations`, how it is asked for `connection` and `lists`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path

from entra_emply import documents
from entra_emply.connectors.emply import records
from entra_emply.connectors.emply.description_file import BothWays, Content, Operation, listed, places
from entra_emply.connectors.emply.operations import (
    LISTED_BEFORE_WRITTEN,
    LISTS_OF_A_PLAN,
    NEEDS,
    OPTIONAL,
    PARTS,
    READ_BEFORE_WRITTEN,
    RECORDS,
)
from entra_emply.documents import Document, Location
from entra_emply.errors import SettingsError

VARIABLE = "EMPLY_API"
_FOLDER = "entra_emply/connectors/emply"
PACKAGED = {"v1": "api-v1.yaml", "api2": "api2.yaml"}


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
    of = document.content
    document.refuse([*_faulty_operations(of), *_faulty_queries(of), *_faulty_fields(of)])
    return Description(document)


def _faulty_operations(content: Content) -> Iterator[tuple[Location, str]]:
    given = content.operations
    for name in given.keys() - NEEDS.keys():
        yield ("operations", name), f"unknown operation; expected {', '.join(NEEDS)}"
    missing = [name for name in NEEDS if name not in given and name not in OPTIONAL]
    if missing:
        null = "give each, or null where your Emply has none"
        yield ("operations",), f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing: {null}"
    for name, operation in given.items():
        if name in NEEDS:
            yield from ((("operations", name, *where), why) for where, why in _faulty(name, operation, given))
    yield from _lists_of_the_same(given)


def _lists_of_the_same(given: Mapping[str, Operation | None]) -> Iterator[tuple[Location, str]]:
    """Of an object that two lists have nobody knows what it is; where users are employees, rules speak of nobody."""
    known: dict[tuple[str, frozenset[tuple[str, str]]], str] = {}
    for name in NEEDS:
        operation = given.get(name)
        if operation is not None and name.startswith("list_"):
            asked = operation.path.strip("/").casefold(), frozenset(operation.query.items())
            if known.setdefault(asked, name) != name:
                yield ("operations", name, "path"), f"expected another path or query than that of {known[asked]}"


def _faulty_queries(content: Content) -> Iterator[tuple[Location, str]]:
    """An operation's own parameters would take the place of those that are sent with the request."""
    always = {content.authentication.query or ""}
    paging = set() if content.lists.style == "whole" else {"skip", "take"}
    if always & paging:
        yield (
            ("authentication", "query"),
            "expected another parameter for the key: lists page by it (lists.style)",
        )
    for name, operation in content.operations.items():
        sent = always | (paging if name.startswith("list_") else set())
        for parameter in sorted(sent & set(operation.query)) if operation else ():
            yield ("operations", name, "query", parameter), "this parameter is sent anyway, with a value of its own"


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
        wanted = f"expected a path with {listed(need.places)}" if need.places else "expected a path without { }"
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
        yield from _written_twice(kind, content)
        for name in sorted(_written(kind, content) & given.keys()):
            if isinstance(given[name], str) and records.plain_name(_field(name, given[name]).reads) is None:
                yield (
                    ("fields", kind, name),
                    "expected a plain name, because the field is written; or {read: JMESPath, write: name}",
                )


def _written_twice(kind: str, content: Content) -> Iterator[tuple[Location, str]]:
    """Of two fields with one name only one can be written, and each run would change the other one again."""
    given = content.fields.get(kind, {})
    known: dict[str, str] = {}
    for name in ["id", *sorted(_written(kind, content))]:
        theirs = _field(name, given.get(name, name)).writes
        if theirs is not None and known.setdefault(theirs, name) != name:
            instead = f"{name}: {{read: {theirs}, write: null}}"
            yield ("fields", kind, name), f"expected another name than that of {known[theirs]}, or {instead}"


def _written(kind: str, content: Content) -> set[str]:
    """The fields of a kind that any operation of this Emply writes."""
    asked = [need for name, need in NEEDS.items() if need.record == kind and content.operations.get(name) is not None]
    return {field for need in asked for field in need.writes}


def _field(ours: str, theirs: "str | BothWays | None") -> records.Field:
    if isinstance(theirs, BothWays):
        return records.Field(ours, theirs.read, theirs.write)
    return records.Field(ours, theirs, records.plain_name(theirs))
