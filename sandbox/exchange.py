"""What goes between the server and the services: a request, an answer. No service's rules, no sockets."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, quote, unquote

import orjson

if TYPE_CHECKING:
    from sandbox.faults import Fault

Row = dict[str, Any]
"""One object of a service, by the service's own property names."""

Cut = Literal["before", "mid-body", "after-commit"]
"""Where the connection breaks instead of carrying the answer."""

JSON = "application/json; charset=utf-8"


@dataclass
class Request:
    """One request, or one item of a `$batch`. Header names are in lower case.

    `path` is decoded, without the query; `raw_path` is as it was sent. `crowded`: it came while its mailbox already
    served as many as one serves at once.
    """

    method: str
    path: str
    raw_query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    fault: "Fault | None" = None
    raw_path: str = ""
    crowded: bool = False

    def __post_init__(self) -> None:
        self.raw_path = self.raw_path or quote(self.path)

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The path's parts, each decoded: a slash that was encoded is part of an id."""
        return tuple(unquote(part) for part in self.raw_path.strip("/").split("/"))

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's parameters, decoded (so `%24top` is `$top`); the last one of a name wins."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    @property
    def host(self) -> str:
        """The host and port the client asked for: links in answers go there again."""
        return self.headers.get("host", "localhost")

    @cached_property
    def preferences(self) -> dict[str, str]:
        """What the header `Prefer` asks for, names in lower case, values without quotes."""
        parts = (part.strip().partition("=") for part in re.split("[,;]", self.headers.get("prefer", "")))
        return {name.strip().lower(): value.strip().strip('"') for name, _, value in parts if name}

    @property
    def wants_empty_page(self) -> bool:
        """Whether a fault asks for a page without rows."""
        return self.fault is not None and self.fault.empty_page

    def json(self) -> object:
        """The body as JSON; raises `ValueError` where it is none."""
        return orjson.loads(self.body)


@dataclass
class Answer:
    """A status, headers and the body's bytes; `cut` breaks the connection, `batch` tells the log of the items."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = JSON
    cut: Cut | None = None
    batch: list[Row] | None = None


def json_answer(
    status: int, payload: object, headers: dict[str, str] | None = None, content_type: str = JSON
) -> Answer:  # fmt: skip
    """An answer of one JSON document."""
    return Answer(status, orjson.dumps(payload), headers or {}, content_type)
