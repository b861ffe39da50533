"""How Graph is asked for the events of one calendar, and for one event, in a batched read: requests, pages, refusals.

A calendar is asked for its delta; where Graph has none for it, for its view. The pages of a delta may repeat an event,
in any order; its last version counts. Not here: which calendars are read, and what comes of all of them (`events`).
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from entra_emply.connectors.answer import Answer
from entra_emply.connectors.entra.batch import Ask
from entra_emply.connectors.entra.batching import BatchedRead, ReadTask
from entra_emply.connectors.entra.connection import OK, page, part, says, unreadable
from entra_emply.connectors.entra.event_deltas import Window
from entra_emply.connectors.entra.mailbox_frames import OfCalendar
from entra_emply.connectors.entra.mailboxes import IMMUTABLE, NO_ITEM, NOT_OPEN
from entra_emply.connectors.frames import Row
from entra_emply.connectors.pages import Pages, ReadAgain
from entra_emply.errors import SourceUnreadable

PAGE = 50
"""Events in a page, at most: a delta gives them with all properties, and a batch has twenty pages."""

_FIELDS = ("id", "subject", "start", "end", "isAllDay", "showAs", "sensitivity", "changeKey", "isCancelled")
_KEPT = (*_FIELDS, "responseStatus", "type", "seriesMasterId", "@removed")
_PREFER = f'outlook.timezone="UTC", outlook.body-content-type="text", {IMMUTABLE}'
HEADERS = {"Prefer": _PREFER}
_DELTA = {"Prefer": f"{_PREFER}, odata.maxpagesize={PAGE}"}
SELECT = ",".join((*_FIELDS, "responseStatus", "transactionId"))
_VIEWED = f"{SELECT},type,seriesMasterId"
_NO_DELTA = frozenset({400, 403, 404, 405, 501})
"""The statuses by which Graph says that this calendar, which it lists, has no delta. Its view then says the rest."""
NO_LINK = ""
"""In place of a link: the calendar was read without a delta, and is asked for one again."""
_TRIES = 3


@dataclass(frozen=True)
class Delta:
    """One delta: events as they are now, ids of events that are no longer shown, and the link of the next delta."""

    events: list[Row]
    gone: list[str]
    link: str


def changes_in(read: BatchedRead, of: OfCalendar, link: str) -> ReadTask[Delta | None]:
    """What changed in a calendar; None where the whole calendar has to be read again.

    It has to be when the delta fails for any reason (such as an expired token), and when it contains a series: Graph
    then lists the occurrences that exist, and does not report those that were deleted.
    """
    below = read.connection.below(link)
    if below is None:
        return None
    try:
        changes = yield from _delta(read, of[0], below)
    except (ReadAgain, SourceUnreadable):
        return None
    if isinstance(changes, Answer) or any(row.get("type") == "seriesMaster" or _is_bare(row) for row in changes.events):
        return None
    return changes


def everything_in(read: BatchedRead, of: OfCalendar, window: Window) -> ReadTask[Delta | Answer]:
    """Everything that a calendar shows in the window, or the answer by which Graph does not open it (C7).

    By the calendar's delta, or by its view where it has no delta; raises SourceUnreadable.
    """
    query = urlencode({"startDateTime": window[0], "endDateTime": window[1]})
    view = f"/users/{part(of[0])}/calendars/{part(of[1])}/calendarView"
    for _ in range(_TRIES):
        try:
            whole = yield from _delta(read, of[0], f"{view}/delta?{query}")
            if isinstance(whole, Answer):
                return (yield from _view(read, of[0], f"{view}?{query}&$select={_VIEWED}&$top={PAGE}"))
        except ReadAgain:
            continue
        ids = {row["id"] for row in whole.events}
        lost = [row["id"] for row in whole.events if _is_bare(row) and row.get("seriesMasterId") not in ids]
        found = []
        for event_id in lost:  # occurrences whose series is not shown
            single = yield from _one(read, of[0], f"/users/{part(of[0])}/events/{part(event_id)}", SELECT)
            if isinstance(single, Answer):
                return single
            found += [single] if single is not None else []
        return Delta([row for row in whole.events if row["id"] not in lost] + found, [], whole.link)
    raise SourceUnreadable(read.source, f"the events of {of[0]} changed while they were read, {_TRIES} times")


def _delta(read: BatchedRead, user: str, url: str) -> ReadTask[Delta | Answer]:
    """A delta; the answer where Graph has none for this calendar."""
    pages = Pages(read.source)
    last = yield from read.collect(pages, user, url, _DELTA, refused=_NO_DELTA, keep=_kept)
    if last.status != OK:
        read.accept(pages)
        return last
    link = last.json().get("@odata.deltaLink")
    if not isinstance(link, str) or not all(isinstance(row, dict) and type(row.get("id")) is str for row in pages.rows):
        raise SourceUnreadable(read.source, "the answer is not a delta of Graph's")
    read.accept(pages)
    newest = {row["id"]: row for row in pages.rows}
    gone = [event_id for event_id, row in newest.items() if "@removed" in row]
    return Delta([row for row in newest.values() if "@removed" not in row], gone, link)


def _view(read: BatchedRead, user: str, url: str) -> ReadTask[Delta | Answer]:
    """A calendar's view as a delta from which no other goes on; the answer where Graph does not open the calendar."""
    pages = Pages(read.source)
    last = yield from read.collect(pages, user, url, HEADERS, none=NOT_OPEN, keep=_kept)
    rows = pages.distinct()
    read.accept(pages)
    return last if last.status != OK else Delta(rows, [], NO_LINK)


def _one(read: BatchedRead, user: str, path: str, select: str) -> ReadTask[Row | Answer | None]:
    """One object of a mailbox; None where it does not exist, the answer where Graph does not open the mailbox (C7)."""
    answer = yield Ask(user, f"{path}?{urlencode({'$select': select})}", HEADERS)
    is_gone, is_shut = says(answer, NO_ITEM), says(answer, NOT_OPEN)
    if not is_shut and answer.status != OK:
        raise unreadable(read.source, answer, whose=user)
    pages = Pages(read.source)
    pages.add(answer, [])
    read.accept(pages)
    if is_shut:
        return None if is_gone else answer
    return _kept(page(read.source, answer))


def with_calendar(read: BatchedRead, user: str, event_id: str) -> ReadTask[tuple[str, Row] | Answer | None]:
    """An event and the id of the calendar where it stands; None where it stands in none. The answer by which Graph does
    not open the mailbox says nothing of the event."""
    path = f"/users/{part(user)}/events/{part(event_id)}"
    event = yield from _one(read, user, path, SELECT)
    if event is None or isinstance(event, Answer):
        return event
    calendar = yield from _one(read, user, f"{path}/calendar", "id")
    if calendar is None or isinstance(calendar, Answer):
        return calendar
    if not isinstance(calendar.get("id"), str):
        raise SourceUnreadable(read.source, "a calendar has no id: the answer is not Graph's")
    return calendar["id"], event


def _kept(row: Row) -> Row:
    """The properties of an event that are used. The others would fill the memory until all pages are read."""
    return {name: row[name] for name in _KEPT if name in row} if isinstance(row, dict) else row


def _is_bare(row: Row) -> bool:
    """Whether it is an occurrence whose contents are those of its series."""
    return "subject" not in row and row.get("seriesMasterId") is not None
