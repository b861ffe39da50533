"""Trouble on request: which requests go wrong, how and how often.

Breaking the connection itself is `app`; what has a name (`odd`) is spelled out in `oddities`.
"""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, get_args

from sandbox.exchange import Cut, Row
from sandbox.oddities import ODDITIES


class FaultError(ValueError):
    """A fault that cannot be; the message says what is wrong with it."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong. A delay goes together with any of the others."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: object = None
    delay_ms: float = 0
    close: Cut | None = None
    empty_page: bool = False
    truncate: float | None = None
    stale_ms: float = 0


@dataclass
class Rule:
    """A fault and the requests it is for. `times` None: every one; `skip`: so many matching requests pass first."""

    method: str | None
    path: str
    times: int | None
    skip: int
    fault: Fault
    document: Row

    def hits(self, method: str, path: str) -> bool:
        """Whether this request gets the fault; counts it."""
        if self.times == 0 or self.method not in (None, method) or not re.search(self.path, path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Faults:
    """The list of rules. The first that hits a request is the one; matched is the path without its query."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._replaced = asyncio.Event()

    def put(self, document: object) -> None:
        """Replace all rules, which ends the delays of the old ones.

        Raises `FaultError` and changes nothing where one of the new ones cannot be.
        """
        if not isinstance(document, list):
            raise FaultError("expected a list of faults")
        self._rules = [_rule(item) for item in document]
        self._replaced.set()
        self._replaced = asyncio.Event()

    def get(self) -> list[Row]:
        """The rules as they were put, with what is left of `times` and `skip`."""
        return [{**rule.document, "times": rule.times, "skip": rule.skip} for rule in self._rules]

    def match(self, method: str, path: str) -> Fault | None:
        """The fault this request gets, counted."""
        return next((rule.fault for rule in self._rules if rule.hits(method, path)), None)

    async def delay(self, fault: Fault) -> None:
        """Take the time that a fault has an answer take, or until all rules are replaced."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._replaced.wait(), fault.delay_ms / 1000)

    @property
    def longest_stale(self) -> float:
        """How far back a stale read may look, in seconds; 0 where none is asked for."""
        return max((rule.fault.stale_ms for rule in self._rules), default=0) / 1000


def _rule(item: object) -> Rule:
    if not isinstance(item, dict) or not isinstance(item.get("path"), str) or not isinstance(item.get("fault"), dict):
        raise FaultError('a fault needs "path" (a regular expression) and "fault" (an object)')
    if unknown := item.keys() - {"method", "path", "times", "skip", "fault"}:
        raise FaultError(f"unknown: {sorted(unknown)}")
    path: str = item["path"]
    try:
        re.compile(path)
    except re.error as error:
        raise FaultError(f"path is no regular expression: {error}") from None
    times, skip = item.get("times"), item.get("skip", 0)
    if not (times is None or isinstance(times, int)) or not isinstance(skip, int):
        raise FaultError('"times" and "skip" are whole numbers')
    method = item.get("method")
    return Rule(method.upper() if method else None, path, times, skip, _fault(item["fault"]), item)


def _fault(document: dict[str, Any]) -> Fault:
    if "odd" in document:
        if document["odd"] not in ODDITIES:
            raise FaultError(f'"odd" is one of {list(ODDITIES)}')
        document = ODDITIES[document["odd"]] | {name: value for name, value in document.items() if name != "odd"}
    if unknown := document.keys() - Fault.__dataclass_fields__.keys():
        raise FaultError(f"unknown in fault: {sorted(unknown)}")
    fault = Fault(**document)
    if fault.close is not None and fault.close not in get_args(Cut):
        raise FaultError(f'"close" is one of {list(get_args(Cut))}')
    if fault.truncate is not None and not 0 <= fault.truncate <= 1:
        raise FaultError('"truncate" is the part of the body that is left, 0 to 1')
    if fault.status is not None and not 200 <= fault.status <= 599:  # noqa: PLR2004 - what HTTP has for a final status
        raise FaultError('"status" is an HTTP status')
    return fault
