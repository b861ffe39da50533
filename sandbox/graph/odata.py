"""The part of OData that Graph's directory understands: `$select`, `$top`, `$count`, `$filter`. No resources."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.exchange import Request, Row
from sandbox.graph.errors import GraphError, bad_request

PAGE = 100
"""Rows of a page where `$top` does not say."""
LARGEST_PAGE = 999

_KNOWN = {"$select", "$top", "$count", "$filter", "$skiptoken"}
_TERM = re.compile(
    r"\s*(?:(?P<start>startswith)\(\s*(?P<p1>\w+)\s*,\s*(?P<v1>'(?:[^']|'')*')\s*\)"
    r"|(?P<p2>\w+)\s+in\s*\((?P<v2>[^)]*)\)"
    r"|(?P<p4>\w+)/any\(\s*(?P<each>\w+)\s*:\s*(?P=each)\s+eq\s+(?P<v4>'(?:[^']|'')*')\s*\)"
    r"|(?P<p3>\w+)\s+(?P<op>eq|ne)\s+(?P<v3>'(?:[^']|'')*'|true|false|null))\s*",
    re.IGNORECASE,
)
_JOINT = re.compile(r"(and|or)\b", re.IGNORECASE)
_LITERAL = re.compile(r"'((?:[^']|'')*)'")

Test = Callable[[Row], bool]


@dataclass(frozen=True)
class Options:
    """A request's OData options. `eventual`: the header `ConsistencyLevel: eventual` came with it."""

    select: tuple[str, ...] | None
    top: int
    count: bool
    filter: str | None
    skiptoken: str | None
    eventual: bool


def options(request: Request) -> Options:
    """Read the options; raises `GraphError` for what the directory refuses."""
    query = request.query
    for name in query:
        if name.startswith("$") and name not in _KNOWN:
            raise bad_request(
                f"'{name}' is not supported by the service."
                if name == "$skip"
                else f"The query specified in the URI is not valid. Query option '{name}' is not supported."
            )
    eventual = request.headers.get("consistencylevel", "").lower() == "eventual"
    select = tuple(name.strip() for name in query["$select"].split(",")) if query.get("$select") else None
    return Options(
        None if select is None or "*" in select else select, _top(query.get("$top")),
        query.get("$count", "").lower() == "true", query.get("$filter"), query.get("$skiptoken"), eventual,
    )  # fmt: skip


def _top(text: str | None) -> int:
    if text is None:
        return PAGE
    if not text.isascii() or not text.isdigit():
        raise bad_request(
            f"Invalid value '{text}' for $top query option found. The $top query option requires a "
            "non-negative integer value.",
            "BadRequest",
        )
    if not 1 <= int(text) <= LARGEST_PAGE:
        raise bad_request(f"Invalid page size specified: '{text}'. Must be between 1 and 999 inclusive.")
    return int(text)


def check_select(select: tuple[str, ...] | None, known: frozenset[str], kind: str) -> None:
    """Raise `GraphError` for a selected property that resources of this kind do not have."""
    for name in select or ():
        if name not in known:
            raise bad_request(
                "Parsing OData Select and Expand failed: Could not find a property named "
                f"'{name}' on type 'microsoft.graph.{kind}'.",
                "BadRequest",
            )


def matcher(expression: str, known: frozenset[str], kind: str, *, eventual: bool) -> Test:
    """A test for `$filter`: eq, ne, in, startswith, any, joined by and/or without parentheses (and binds tighter)."""
    alternatives: list[list[Test]] = [[]]
    at = 0
    while True:
        term = _TERM.match(expression, at)
        if term is None:
            raise bad_request(f"Invalid filter clause: Syntax error at position {at} in '{expression}'.", "BadRequest")
        alternatives[-1].append(_test(term, known, kind, eventual=eventual))
        at = term.end()
        if at == len(expression):
            break
        joint = _JOINT.match(expression, at)
        if joint is None:
            raise bad_request(f"Invalid filter clause: Syntax error at position {at} in '{expression}'.", "BadRequest")
        if joint[1].lower() == "or":
            alternatives.append([])
        at = joint.end()
    return lambda row: any(all(test(row) for test in tests) for tests in alternatives)


def _test(term: re.Match[str], known: frozenset[str], kind: str, *, eventual: bool) -> Test:
    name = term["p1"] or term["p2"] or term["p3"] or term["p4"]
    negative = (term["op"] or "").lower() == "ne"
    if name not in known or (negative and not eventual):
        raise unsupported_filter(name, kind)
    if term["start"]:
        beginning = _literal(term["v1"])
        return lambda row: str(row.get(name) or "").casefold().startswith(str(beginning))
    if term["p2"]:
        values = {_literal(match[0]) for match in _LITERAL.finditer(term["v2"])}
        return lambda row: _folded(row.get(name)) in values
    if term["p4"]:
        wanted = _literal(term["v4"])
        return lambda row: wanted in map(_folded, row.get(name) or ())
    value = _literal(term["v3"])
    return lambda row: (_folded(row.get(name)) == value) is not negative


def unsupported_filter(name: str, kind: str) -> GraphError:
    """400 for a property that cannot be filtered by, or not so."""
    return bad_request(
        f"Unsupported or invalid query filter clause specified for property '{name}' of resource "
        f"'{kind.capitalize()}'.",
        "Request_UnsupportedQuery",
    )


def _literal(text: str) -> object:
    if text.startswith("'"):
        return text[1:-1].replace("''", "'").casefold()
    return {"true": True, "false": False, "null": None}[text.lower()]


def _folded(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value
