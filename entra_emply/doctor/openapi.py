"""Emply's own OpenAPI document against the API description: every difference, with the line of the description.

What the document says of one operation is `openapi_document`; nothing is asked of Emply.
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from entra_emply import documents
from entra_emply.connectors.emply import description as api
from entra_emply.connectors.emply.description import Description
from entra_emply.connectors.emply.description_file import JSON_PATCH, Operation
from entra_emply.connectors.emply.operations import NAMED_IN_BULK, NEEDS, READ_BEFORE_WRITTEN, Need
from entra_emply.connectors.emply.records import plain_name, top_name
from entra_emply.doctor.checks import Check, failed, note, ok
from entra_emply.doctor.openapi_document import Documented, NoOpenApi, OpenApi, read
from entra_emply.errors import SettingsError
from entra_emply.printing import counted

_NAME = "openapi"
_PAGING = ("skip", "take")
_HEADERS = frozenset({"accept", "content-type"})
"""Headers that every request has."""


def checks(named: str, path: Path) -> Iterator[Check]:
    """The API description that `EMPLY_API` names against the document in the file at `path`."""
    yield from (replace(check, said=documents.printable(check.said)) for check in _checks(named, path))


def _checks(named: str, path: Path) -> Iterator[Check]:
    try:
        description, document = api.load(named), read(path)
    except (SettingsError, NoOpenApi) as error:
        remedy = "Download it from Emply's API2 page (Swagger), as JSON or YAML, and name that file."
        yield failed(_NAME, str(error), remedy if isinstance(error, NoOpenApi) else "Correct the API description.")
        return
    yield ok(_NAME, f"{path} is OpenAPI {document.version} with {counted(len(document.paths), 'path')}")
    compared = _Comparison(description, document)
    yield from compared.authentication()
    for name in NEEDS:
        operation = description.operation(name)
        if operation is not None:
            yield from list(compared.operation(name, operation)) or [ok(f"{_NAME}: {name}", "as the document has it")]


class _Comparison:
    def __init__(self, description: Description, document: OpenApi) -> None:
        self._description = description
        self._document = document

    def authentication(self) -> Iterator[Check]:
        how, name = self._description.content.authentication, f"{_NAME}: authentication"
        known = self._document.credentials()
        ours = ("query", how.query) if how.query is not None else ("header", str(how.header).casefold())
        if not known:
            yield note(name, "the document does not say how the key travels")
        elif ours in known:
            yield ok(name, "as the document has it")
        else:
            told = ", ".join(f"{place} {given}" for place, given in sorted(known))
            said = f"{ours[0]} {ours[1]}, and the document has {told}"
            yield self._difference("authentication", said, "authentication")

    def operation(self, name: str, operation: Operation) -> Iterator[Check]:
        """The differences of one operation."""
        place = ("operations", name)
        methods = self._document.find(operation.path, self._description.content.url)
        if not methods:
            near = difflib.get_close_matches(operation.path, self._document.paths, n=1)
            hint = f"; the nearest is {near[0]}" if near else ""
            yield self._difference(name, f"the document has no path {operation.path}{hint}", *place, "path")
            return
        if operation.method not in methods:
            told = ", ".join(sorted(methods))
            yield self._difference(name, f"{operation.method}, and the document has {told}", *place, "method")
            return
        documented = methods[operation.method]
        yield from self._parameters(name, operation, documented)
        if NEEDS[name].writes:
            yield from self._body(name, operation, documented)
        if not name.startswith("delete_"):
            yield from self._answer(name, documented)
        for reference in self._document.broken():
            told = documents.short(reference)
            yield note(f"{_NAME}: {name}", f"the document refers to what is not in it ({told}): not compared")

    def _parameters(self, name: str, operation: Operation, documented: Documented) -> Iterator[Check]:
        style, how = self._description.content.lists.style, self._description.content.authentication
        known = {parameter.name: parameter for parameter in documented.parameters if parameter.place == "query"}
        for unknown in operation.query.keys() - known.keys():
            yield self._difference(name, f"sends the parameter {unknown}, which the document does not have",
                                   "operations", name, "query")  # fmt: skip
        if name.startswith("list_") and style != "whole" and set(_PAGING) - known.keys():
            others = ", ".join(sorted(known.keys() - operation.query.keys() - {how.query})) or "none"
            said = f"the document has no parameters skip and take (others: {others})"
            if style == "skip_take":
                yield self._difference(name, said, "lists", "style")
            else:
                yield note(f"{_NAME}: {name}", f"{said}; lists.style auto finds out how it pages",
                           f"If one answer is the whole list, set lists.style to whole "
                           f"({self._description.where('lists', 'style')}).")  # fmt: skip
        paging = set(_PAGING) if name.startswith("list_") else set()
        sent = {
            "query": operation.query.keys() | paging | {how.query},
            "header": _HEADERS | {(how.header or "").casefold()},
        }
        for parameter in documented.parameters:
            given = parameter.name.casefold() if parameter.place == "header" else parameter.name
            if parameter.required and parameter.place in sent and given not in sent[parameter.place]:
                yield self._difference(
                    name, f"the document requires the {parameter.place} parameter {parameter.name}, which is not sent",
                    "operations", name, "query",
                )  # fmt: skip

    def _body(self, name: str, operation: Operation, documented: Documented) -> Iterator[Check]:
        need = NEEDS[name]
        if not documented.bodies:
            yield self._difference(name, "sends a body, and the document has none", "operations", name)
            return
        schema = documented.body(operation.content_type)
        if schema is None:
            told = ", ".join(sorted(documented.bodies))
            yield self._difference(name, f"sends {operation.content_type}, and the document has {told}",
                                   "operations", name, "content_type")  # fmt: skip
            return
        if operation.content_type == JSON_PATCH:
            return
        yield from self._sent(name, operation, need, schema)

    def _sent(self, name: str, operation: Operation, need: Need, schema: Mapping[str, object]) -> Iterator[Check]:
        fields = {each.ours: each.writes for each in self._description.kinds[need.record].fields}
        sent = {ours: theirs for ours, theirs in fields.items() if ours in need.writes and theirs is not None}
        properties, required = self._document.shape(schema)
        for ours, theirs in sorted(sent.items()):
            if properties and theirs not in properties:
                yield self._unknown(name, "written", need.record, ours, theirs, properties)
        whole = operation.method == "PUT" and name in READ_BEFORE_WRITTEN
        for missing in sorted(required - set(sent.values())) if not whole else ():
            yield self._difference(
                name, f"the document requires the field {missing}, which is not sent", "fields", need.record
            )

    def _answer(self, name: str, documented: Documented) -> Iterator[Check]:
        if documented.answer is None or (NEEDS[name].writes and not NEEDS[name].creates):
            return
        schema = documented.answer
        if name.startswith("list_"):
            items = self._document.items(schema, plain_name(self._description.content.lists.rows))
            if items is None:
                yield self._difference(name, "the document's answer is no list where lists.rows says", "lists", "rows")
                return
            schema = items
        properties, _ = self._document.shape(schema)
        record = NEEDS[name].record
        read = ("id",) if NEEDS[name].creates else [each.ours for each in self._description.kinds[record].fields]
        for each in self._description.kinds[record].fields:
            asked = each.ours in read and name in NAMED_IN_BULK.get(each.ours, NEEDS)
            theirs = top_name(each.reads) if each.reads is not None and asked else None
            if properties and theirs is not None and theirs not in properties:
                yield self._unknown(name, "read", record, each.ours, theirs, properties)

    def _unknown(self, name: str, how: str, record: str, ours: str, theirs: str, properties: "frozenset[str]") -> Check:
        near = difflib.get_close_matches(theirs, properties, n=1)
        hint = f"; the nearest is {near[0]}" if near else ""
        return self._difference(
            name, f"the field {theirs} is {how}, and the document does not have it{hint}", "fields", record, ours
        )

    def _difference(self, name: str, said: str, *location: str) -> Check:
        where = self._description.where(*location)
        remedy = f"Change {'.'.join(location)} in {where}; docs/your-emply.md tells how."
        return failed(f"{_NAME}: {name}", said, remedy)
