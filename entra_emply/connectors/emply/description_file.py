"""The shape of an API description: the models of its sections, and what each value has to be.

What the sections have to be together, and with what the pipeline needs, is `description`'s business.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, model_validator

from entra_emply import documents
from entra_emply.connectors.emply import records
from entra_emply.connectors.emply.operations import NEEDS, RECORDS

CUSTOMER = "{customer}"
JSON_PATCH = "application/json-patch+json"

_HEADER = re.compile(r"[A-Za-z0-9-]+")
_OF_HTTP = frozenset({
    "accept", "accept-encoding", "connection", "content-length", "content-type", "expect", "host", "te",
    "transfer-encoding", "upgrade",
})  # fmt: skip
"""Headers by which a request is made and sent on: a key in one of them leads it elsewhere, or does not arrive."""
_CONTENT_TYPE = re.compile(r"application/([a-z0-9.-]+\+)?json(; ?charset=utf-8)?")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")
_ACCESS = re.compile(r"[^:]*[^:\s][^:]*(:\s?(read|write|delete))?")
_LONGEST_TAKE, _MOST_A_SECOND = 100_000, 10_000


def _expression(text: str) -> str:
    try:
        records.compiled(text)
    except (JMESPathError, RecursionError):  # of brackets within brackets within brackets
        raise ValueError(f"expected a JMESPath, and {documents.short(text)!r} is none") from None
    return text


def _address(text: str) -> str:
    if not text.startswith("https://"):
        raise ValueError("expected an address that begins with https://")
    _with_places(text, {"customer"})
    address = text.replace(CUSTOMER, "customer")
    if _steps(address) or not _written_plainly(address) or set(address) & set("?# "):
        raise ValueError("expected an address without a query, blanks, . or .. between slashes")
    if not _has_host(address):
        raise ValueError("expected a host behind https://, and at most a port behind it")
    return text.rstrip("/")


def _has_host(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:  # a port that is no number, brackets that do not fit
        return False


def _path(text: str) -> str:
    if text.startswith("/") or not text.strip() or set(text) & set("?# "):
        raise ValueError("expected a path below the url, without / before it and without a query")
    if _ABSOLUTE.match(text):
        raise ValueError("expected a path below the url, not an address")
    if _steps(text):
        raise ValueError("expected a path below the url, without . or .. between slashes")
    if not _written_plainly(text):
        raise ValueError("expected a path below the url, without blanks and control characters")
    return text


def _steps(text: str) -> bool:
    """Whether a part is . or .., which leads elsewhere than it says: HTTP clients resolve it before they send."""
    return not {".", ".."}.isdisjoint(unquote(text).split("/"))


def _written_plainly(text: str) -> bool:
    return text.isprintable() and text == text.strip()


def _with_places(text: str, known: set[str]) -> str:
    unknown = places(text) - known
    if unknown:
        raise ValueError(f"expected no other place than {listed(known)}")
    return text


def places(text: str) -> set[str]:
    """The names in braces. Raises ValueError where the braces do not fit."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        raise ValueError("expected every { to have its }") from None
    if any(spec or conversion or set(literal) & set("{}") for literal, _, spec, conversion in parts):
        raise ValueError("expected { and } only around the name of a place")
    return {name for _, name, _, _ in parts if name is not None}


def listed(names: "set[str] | frozenset[str]") -> str:
    """Places as errors name them."""
    return " and ".join("{" + name + "}" for name in sorted(names, key=len))


def _header(text: str) -> str:
    if not _HEADER.fullmatch(text):
        raise ValueError("expected the name of an HTTP header")
    if text.casefold() in _OF_HTTP:
        raise ValueError("expected a header of its own for the key: this one is part of HTTP")
    return text


def _content_type(text: str) -> str:
    if not _CONTENT_TYPE.fullmatch(text):
        raise ValueError("expected a kind of JSON, such as application/json or application/merge-patch+json")
    return text


def _access(text: str) -> str:
    if not _ACCESS.fullmatch(text) or not text.isprintable():
        raise ValueError(
            "expected an area, such as users, or an area and what is done there, such as 'users: read' (write, delete)"
        )
    return text


def _judging(known: Collection[str], nothing: object) -> BeforeValidator:
    """Of a name that is unknown, that is what is wrong with it: what it holds counts as `nothing`."""

    def only_known(given: object) -> object:
        if not isinstance(given, dict):
            return given
        return {name: each if not isinstance(name, str) or name in known else nothing for name, each in given.items()}

    return BeforeValidator(only_known)


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
    """Where an error's code is, and the codes by which Emply itself says that there is no such object: a blank one
    would be that of any 404, of a gateway's, too."""

    code: Expression = "error.code"
    not_found: tuple[Text, ...] = ("not_found",)


class Operation(_Section):
    """One operation: HTTP method, path below the address, the area that the key's roles must cover."""

    method: Method
    path: Annotated[Text, AfterValidator(_path)]
    access: Annotated[Text, AfterValidator(_access)]
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
    operations: Annotated[Mapping[str, Operation | None], _judging(NEEDS, None)]
    fields: Annotated[Mapping[str, Mapping[str, Theirs]], _judging(RECORDS, {})] = Field(default_factory=dict)
    """A field that is not told of has the pipeline's own name."""
