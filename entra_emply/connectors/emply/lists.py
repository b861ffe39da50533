"""Emply's lists, whole or not at all, however they page. How a request is sent is `connection`'s business.

Nobody outside knows whether Emply honours `skip` and `take`, and a list that is taken for whole and is not makes
leavers of people. With the style `auto` it is found out, once for each list and client, by the second request for a
list. It asks for the last row of the first answer and the one after it, with `skip`, `take` and, in case they are
heeded instead, every other customary parameter of paging set to what would change the answer. What comes back:

- rows that begin with that last row: `skip` is honoured, which is all that reading in pages needs;
- the first answer once more: nothing pages, one answer is the list, unless its headers say that there is more, or it
  has as many rows as a first page customarily has and no answer ever had more;
- anything else: asked again without the other parameters, read again from the start, and refused if it stays so.
"""

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from entra_emply.connectors.answer import SUCCESS, Answer
from entra_emply.connectors.emply.description import Description
from entra_emply.connectors.frames import Row
from entra_emply.connectors.pages import Pages, ReadAgain, whole
from entra_emply.errors import SourceUnreadable
from entra_emply.printing import counted

Style = Literal["skip_take", "whole"]
Params = Mapping[str, str]

OTHER_PLACES = ("page", "pageNumber", "pageNo", "pageIndex", "page_number", "offset", "start", "startIndex")
OTHER_SIZES = ("pageSize", "page_size", "perPage", "per_page", "limit", "size", "top", "first", "maxResults")
"""What other services call the place and the size of a page."""
CUSTOMARY_SIZES = frozenset({10, 20, 25, 50, 100, 200, 250, 1000})
"""Rows of a first page where a service pages by default. 500 is not among them: it is what `take` asks for, and whether
that cut the list off is found out."""

_TOTALS = ("X-Total-Count", "X-Total", "Total-Count", "X-Count", "X-Pagination-Total", "X-Total-Records")
_PARTIAL = 206
_SHORT = 5
_AT_ONCE = 4
_TWICE = 2


@dataclass
class Lists:
    """The lists of one client, and what was found out about them."""

    description: Description
    ask: Callable[[str, str, str, Params], Answer]
    """(source, operation, id, parameters): the answer, also of a refusal. Raises SourceUnreadable, CredentialsError."""
    rows_of: Callable[[str, str, Answer], object]
    """(source, operation, answer): its rows in the pipeline's words. Raises SourceUnreadable where it is a refusal."""
    styles: dict[str, Style] = field(default_factory=dict)
    largest: int = 0
    """The most rows that any answer had: a list that brought fewer was cut off by no page size."""
    _finding_out: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(_AT_ONCE))
    """So many of a kind of lists are read in the long way at a time, as long as it is not known how they page."""

    def style(self, operation: str) -> Style | None:
        """How a list pages: as the description says, or as it was found out; None as long as it was not."""
        told = self.description.content.lists.style
        return self.styles.get(operation) if told == "auto" else told

    def pages(self, source: str, operation: str, identity: str = "") -> Pages:
        """The whole list. Raises SourceUnreadable."""
        had_rows = False

        def attempt() -> Pages:
            nonlocal had_rows
            reading = _Reading(self, source, operation, identity)
            try:
                return reading.all(had_rows=had_rows)
            finally:
                had_rows = had_rows or bool(reading.pages.rows)

        return whole(source, attempt)

    def find_style(self, source: str, operation: str, identity: str = "") -> Style | None:
        """How a list pages, found out with two requests; None where it has too few rows to tell.

        Raises SourceUnreadable where it cannot be read.
        """

        def attempt() -> Style | None:
            reading = _Reading(self, source, operation, identity)
            if reading.add(reading.first_place()) > 1:
                reading.know_style()
            return self.style(operation)

        return whole(source, attempt)

    def at_once(self, source: str, operation: str, identity: str = "") -> Pages:
        """A list in one answer, where that is surely all: for many short lists. Else like `pages`.

        An answer that has fewer rows than another one had was not cut off by a size of pages. A list that is empty must
        say so twice.
        """
        if self.style(operation) is None:
            with self._finding_out:
                if self.style(operation) is None:
                    return self.pages(source, operation, identity)

        def attempt() -> Pages:
            reading = _Reading(self, source, operation, identity)
            while not reading.pages.rows and reading.pages.pages < _TWICE:
                longest, brought = self.largest, reading.add(reading.first_place())
            if self.style(operation) == "skip_take" and brought >= max(longest, 1):
                return reading.again().all(had_rows=True)
            return reading.whole()

        return whole(source, attempt)

    def longer_than(self, rows: int, source: str, operation: str) -> bool:
        """Whether any answer has more rows than this; the longest lists are asked, where none had yet."""
        for other in ("list_users", "list_employees"):
            if self.largest <= rows and other not in (operation, *self.styles):
                found = self.rows_of(source, other, self.ask(source, other, "", {}))
                self.largest = max(self.largest, len(found)) if isinstance(found, list) else self.largest
        return self.largest > rows


class _Reading:
    """One reading of one list."""

    def __init__(self, lists: Lists, source: str, operation: str, identity: str) -> None:
        self.pages = Pages(source)
        self._lists, self._source, self._operation, self._identity = lists, source, operation, identity
        self._take = lists.description.content.lists.take
        self._there_is_more = False

    def again(self) -> "_Reading":
        """The same from the start."""
        return _Reading(self._lists, self._source, self._operation, self._identity)

    def all(self, *, had_rows: bool) -> Pages:
        """Every row.

        Each page begins with the last row of the one before: so no row comes or goes unnoticed between two pages, and a
        page that is empty by mistake is not taken for the end, which is a page with nothing but this one row. A list
        that is empty altogether must say so twice, and never have had a row (`had_rows`).
        """
        while not self.add(self.first_place()):
            if self.pages.pages == _TWICE:
                if had_rows:
                    raise ReadAgain
                return self.whole()
        if len(self.pages.rows) == 1:
            self._require_nothing_after_one_row()
            return self.whole()
        self.know_style()
        if self._style() == "skip_take":
            self._rest()
        return self.whole()

    def know_style(self) -> None:
        """Find out how the list pages, where that is not known: its first page, of two rows or more, is read."""
        if self._style() is None:
            self._lists.styles[self._operation] = self._found_out()

    def first_place(self) -> Params:
        """Where the first page is."""
        return {} if self._style() == "whole" else self._place(0, self._take)

    def add(self, place: Params, *, continues: bool = False) -> int:
        """Ask for a page and keep it; how many rows it brought."""
        answer = self._asked(place)
        brought = self.pages.add(answer, self._rows(answer), continues=continues)
        self._lists.largest = max(self._lists.largest, brought + continues)
        self._there_is_more = _says_more(answer, len(self.pages.rows))
        return brought

    def whole(self) -> Pages:
        """What was read, without repeats. Raises SourceUnreadable where one answer is the list and says it is not."""
        if self._style() == "whole" and self._there_is_more:
            raise SourceUnreadable(
                self._source, "one answer is taken for the list (lists.style), and its headers say that there is more"
            )
        self.pages.rows = self.pages.distinct()
        return self.pages

    def _rest(self) -> None:
        """The pages after the first one. Where a row is on two of them, another one may be on none."""
        rows = self.pages.rows
        before = _ids(rows)
        while True:
            last = len(rows) - 1
            if not self.add(self._place(last, self._take), continues=True):
                return
            if rows[-1] == rows[last]:
                raise SourceUnreadable(self._source, "a page brought only rows that had come before")
            brought = _ids(rows[last + 1 :])
            if not before.isdisjoint(brought):
                where = self._lists.description.where("operations", self._operation)
                raise ReadAgain(
                    "a row is on two pages, so another one may be on none; if the order of the list is not fixed, add "
                    f"what sorts it to `query` ({where})"
                )
            before |= brought

    def _require_nothing_after_one_row(self) -> None:
        """A page of one row has no room for the row before it: what follows one cannot be read safely."""
        following = self._rows(self._asked(self._place(1, self._take)))
        if isinstance(following, list) and following and following != self.pages.rows:
            raise ReadAgain(f"it brings one row a page, and such pages cannot be checked; {self._set_style('whole')}")

    # --- finding the style out ----------------------------------------------------------------------------------------

    def _found_out(self) -> Style:
        rows = self.pages.rows
        place = self._place(len(rows) - 1, min(2, len(rows) - 1))
        probe = self._probed(place | _other_words(len(rows)))
        if self._continues(probe):
            return "skip_take"
        if probe == rows:
            self._require_no_first_page()
            return "whole"
        return self._found_out_by_skip_and_take_alone(place)

    def _found_out_by_skip_and_take_alone(self, place: Params) -> Style:
        """The other parameters changed something, or were refused, or the list changed meanwhile."""
        rows, answer = self.pages.rows, self._asked(place)
        probe = self._rows(answer)
        if self._continues(probe):
            return "skip_take"
        if isinstance(probe, list) and probe == rows[: int(place["take"])]:
            raise SourceUnreadable(self._source, f"`take` has an effect and `skip` has none; {self._unsure()}")
        if probe == rows:
            raise ReadAgain(f"neither `skip` and `take` nor the whole list: it pages in another way; {self._unsure()}")
        raise ReadAgain

    def _probed(self, place: Params) -> object:
        """The rows of an answer, None where it is a refusal: a service may refuse a parameter that it does not know."""
        answer = self._asked(place)
        return self._rows(answer) if answer.status in SUCCESS else None

    def _continues(self, probe: object) -> bool:
        """Whether an answer begins with the last row, as `skip` asks; how long it is does not matter."""
        return isinstance(probe, list) and probe[:1] == self.pages.rows[-1:]

    def _require_no_first_page(self) -> None:
        count = len(self.pages.rows)
        customary = count in CUSTOMARY_SIZES - {self._take}
        if self._there_is_more or (customary and not self._lists.longer_than(count, self._source, self._operation)):
            raise SourceUnreadable(
                self._source,
                f"`skip` and `take` have no effect, and {counted(count, 'row')} may be a first page only; "
                f"{self._unsure()}",
            )

    # --- requests -----------------------------------------------------------------------------------------------------

    def _asked(self, place: Params) -> Answer:
        return self._lists.ask(self._source, self._operation, self._identity, place)

    def _rows(self, answer: Answer) -> object:
        return self._lists.rows_of(self._source, self._operation, answer)

    def _style(self) -> Style | None:
        return self._lists.style(self._operation)

    @staticmethod
    def _place(skip: int, take: int) -> dict[str, str]:
        return {"skip": str(skip), "take": str(take)}

    def _unsure(self) -> str:
        return f"compare with what Emply itself shows: {self._set_style('whole')}"

    def _set_style(self, style: Style) -> str:
        where = self._lists.description.where("lists", "style")
        return f"if one answer is the whole list, set lists.style to {style} ({where})"


def _ids(rows: Sequence[Row]) -> set[str]:
    """The ids of rows, in the pipeline's words; without those that are none, which the frame refuses."""
    ids = (row.get("id") for row in rows if isinstance(row, Mapping))
    return {each for each in ids if isinstance(each, str)}


def _other_words(rows: int) -> dict[str, str]:
    """Another place and size of a page than those asked for, in words of other services.

    After so many rows none of the places that it may mean (row 1 to 4; for a short list row 5 and later ones) is the
    last row, which only `skip` may bring.
    """
    place = "2" if rows > _SHORT else "6"
    return dict.fromkeys(OTHER_PLACES, place) | dict.fromkeys(OTHER_SIZES, "2")


def _says_more(answer: Answer, rows: int) -> bool:
    """Whether headers tell that an answer is a part of a list: nothing else can, where nothing pages."""
    told = [answer.headers.get(name, "") for name in _TOTALS]
    told.append(answer.headers.get("Content-Range", "").rpartition("/")[2])
    totals = [int(text) for text in told if text.isascii() and text.isdecimal()]
    following = re.search(r"rel=[\"']?next", answer.headers.get("Link", ""))
    return answer.status == _PARTIAL or following is not None or max(totals, default=0) > rows
