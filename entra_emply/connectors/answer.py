"""An answer over HTTP, and that there is none to use: what either says, and what may be told of it.

Answers contain people's data, which is never in an exception or a log: only a code that looks like one is. Not here:
asking, and trying again (`http`).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import orjson

from entra_emply.errors import NO_ANSWER, TargetRefused

SUCCESS = range(200, 300)

_NO_JSON = object()
_BEFORE_A_PAGE = b"\xef\xbb\xbf \t\r\n"
_CODE = re.compile(r"[A-Za-z0-9_]{1,100}")
_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")


class RequestFailed(Exception):
    """There is no answer that can be used.

    status: None where no answer came. transient: it may work later. uncertain: the server may have acted on the
    request. wait: the seconds that the service asked for. code: the service's own.
    """

    def __init__(
        self,
        why: str,
        *,
        status: int | None = None,
        transient: bool = False,
        uncertain: bool = False,
        wait: float | None = None,
        code: str = "",
    ) -> None:
        self.status, self.transient, self.uncertain, self.wait = status, transient, uncertain, wait
        self.code = code
        super().__init__(why)

    @property
    def said(self) -> str:
        """What the service said, see `said`."""
        return said(self.status, self.code)


def said(status: int | None, code: str) -> str:
    """What a service said, as the rules have it (P5): status and code, "no_answer" without an answer to go by."""
    return NO_ANSWER if not status or status in SUCCESS else f"{status} {code}".rstrip()


@dataclass
class Answer:
    """A complete answer of any status."""

    status: int
    content: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, status: int, document: object, headers: Mapping[str, str]) -> Self:
        """An answer that was inside another one, and parsed with it."""
        made = cls(status, written(document), headers)
        made.__dict__["_parsed"] = document
        return made

    @property
    def said(self) -> str:
        """What the service said by an answer that is not what was asked for, see `said`."""
        return said(self.status, self.error_code)

    def json(self) -> Any:  # noqa: ANN401 (it is JSON)
        """The parsed body. Raises RequestFailed where it is not JSON."""
        if not self.is_json:
            raise RequestFailed("the answer is no JSON", status=self.status)
        return self._parsed

    @property
    def is_json(self) -> bool:
        """Whether the body is JSON."""
        return self._parsed is not _NO_JSON

    @property
    def is_page(self) -> bool:
        """Whether it is a page for people, which neither service sends: something in between has answered."""
        return self.content.lstrip(_BEFORE_A_PAGE).startswith(b"<")

    def require_made(self, what: str, error_code: str) -> None:
        """Raise TargetRefused for a success that is none: a page in place of the answer to a write, or an error in it.

        What became of the write is open then. error_code: the service's own, empty where the answer has none.
        """
        told = "a page, so something in between did" if self.is_page else f"the error {error_code}"
        if self.is_page or error_code:
            code = "a_page" if self.is_page else error_code
            why = f"{what}: answered {self.status} with {told}"
            raise TargetRefused(why, status=self.status, code=code, transient=True, uncertain=True)

    @property
    def error_code(self) -> str:
        """The service's own code of an error, as Graph and Emply write it; empty where it does not look like a code.

        So no other text of the answer can get into a log.
        """
        error = self._parsed.get("error") if isinstance(self._parsed, dict) else None
        code = error.get("code") if isinstance(error, dict) else None
        return as_code(code)

    @cached_property
    def _parsed(self) -> Any:  # noqa: ANN401
        try:
            return orjson.loads(self.content)
        except orjson.JSONDecodeError:
            return _with_half_characters(self.content)


def as_code(value: object) -> str:
    """A service's own code of an error; empty for what does not look like one, so that no text gets into a log."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""


def written(document: object) -> bytes:
    """JSON, also of what came with half a character or a long number in it. Raises RecursionError."""
    try:
        return orjson.dumps(document)
    except orjson.JSONEncodeError:  # half a character in it, or a number that is too long
        return json.dumps(document).encode()


def _with_half_characters(content: bytes) -> Any:  # noqa: ANN401
    """JSON with lone surrogates in it, which orjson refuses: the frame that is made of it names the row."""
    if not _HALF_CHARACTER.search(content):
        return _NO_JSON
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return _NO_JSON
