"""Reading a whole list: collecting its pages, judging repeated rows, certifying the read.

Not here: requesting the pages (the clients).
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

import pandas as pd

from entra_emply import clock
from entra_emply.connectors.answer import Answer
from entra_emply.connectors.frames import Row
from entra_emply.connectors.reads import Certificate, Read
from entra_emply.errors import SourceUnreadable

_TRIES = 3


class ReadAgain(Exception):
    """The pages read so far cannot be used: the list has to be read again. The text says why, for if it stays so."""


@dataclass
class Pages:
    """The rows of one list that were read so far."""

    source: str
    started_at: datetime = field(default_factory=clock.now)
    rows: list[Row] = field(default_factory=list)
    pages: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def add(self, answer: Answer, rows: object, *, continues: bool = False) -> int:
        """Add a page; returns the number of its new rows.

        With `continues`, the page must begin with the last row of the page before. Otherwise rows were added or deleted
        between the two: raises ReadAgain. Raises SourceUnreadable where `rows` is not a list.
        """
        if not isinstance(rows, list):
            raise SourceUnreadable(self.source, "a page is not a list: the answer is not what the service documents")
        if continues and rows[:1] != self.rows[-1:]:
            if len(rows) > 1 and rows == self.rows[: len(rows)]:
                raise SourceUnreadable(self.source, "every page brings the first rows again: `skip` has no effect")
            raise ReadAgain
        self.digest.update(answer.content)
        self.pages += 1
        brought = rows[1:] if continues else rows
        self.rows += brought
        return len(brought)

    def distinct(self) -> list[Row]:
        """The rows without identical repeats. Raises ReadAgain where one id has rows with different contents."""
        try:
            ids = [row["id"] for row in self.rows]
            repeats = len(ids) - len(set(ids))
        except (KeyError, TypeError):
            return self.rows  # a row without a usable id: the frame's validation says so
        if not repeats:
            return self.rows
        kept: dict[object, Row] = {}
        for identity, row in zip(ids, self.rows, strict=True):
            if kept.setdefault(identity, row) != row:
                raise ReadAgain
        return list(kept.values())

    @classmethod
    def total(cls, source: str, parts: "Iterable[Pages]") -> "Pages":
        """The sum of several lists, without their rows: for one certificate."""
        total = cls(source)
        for pages in parts:
            total.pages += pages.pages
            total.digest.update(pages.digest.digest())
            total.started_at = min(total.started_at, pages.started_at)
        return total

    def certificate(self, rows: int, parts: Mapping[str, int] = MappingProxyType({})) -> Certificate:
        """The certificate that the read is complete now."""
        digest = self.digest.hexdigest()
        return Certificate(self.source, self.pages, rows, digest, self.started_at, clock.now(), parts)


Result = TypeVar("Result")


def whole(source: str, attempt: Callable[[], Result]) -> Result:
    """The result of `attempt`, which is repeated if the list changed meanwhile. Raises SourceUnreadable."""
    why = ""
    for _ in range(_TRIES):
        try:
            return attempt()
        except ReadAgain as again:
            why = str(again)
    changed = f"the list changed while it was read, {_TRIES} times: the next run tries again"
    raise SourceUnreadable(source, why or changed)


def read_of(pages: Pages, build: Callable[[Sequence[Row]], pd.DataFrame]) -> Read:
    """The validated frame of all pages, with its certificate."""
    frame = build(pages.distinct())
    return Read(frame, pages.certificate(len(frame)))
