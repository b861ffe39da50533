"""The events of people's calendars: of a window of time for a plan, one when an action is looked at again.

A calendar is read by Graph's delta: what changed since an earlier read of the same window, or else everything. What
comes out is the same. The pages of a delta may repeat an event, in any order; the last word on it counts. Calendars
themselves are `mailboxes`, what becomes of the earlier read is `snapshots`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from urllib.parse import urlencode

import pandas as pd

from entra_emply.connectors.entra import event_deltas as snapshots
from entra_emply.connectors.entra import mailbox_frames as frames
from entra_emply.connectors.entra.batch import Ask
from entra_emply.connectors.entra.batching import Reading, Talk
from entra_emply.connectors.entra.connection import OK, Connection, page, part, says
from entra_emply.connectors.entra.event_deltas import CALENDAR, EVENT, Window
from entra_emply.connectors.entra.mailbox_frames import OfCalendar
from entra_emply.connectors.entra.mailboxes import IMMUTABLE, NOT_FOUND, NOT_OPEN
from entra_emply.connectors.frames import MultiRead, Row
from entra_emply.connectors.http import Answer
from entra_emply.connectors.pages import Pages, ReadAgain
from entra_emply.errors import SourceUnreadable

SOURCE = "entra_events"
PAGE = 50
"""Events in a page, at most: a delta gives them with all properties, and a batch has twenty pages."""

_FIELDS = ("id", "subject", "start", "end", "isAllDay", "showAs", "sensitivity", "changeKey")
_KEPT = (*_FIELDS, "type", "seriesMasterId", "@removed")
_PREFER = f'outlook.timezone="UTC", outlook.body-content-type="text", {IMMUTABLE}'
_HEADERS = {"Prefer": _PREFER}
_DELTA = {"Prefer": f"{_PREFER}, odata.maxpagesize={PAGE}"}
_SELECT = ",".join((*_FIELDS, "transactionId"))
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_ROWS_AT_ONCE = 20_000
_TRIES = 3


def events(
    connection: Connection, wanted: pd.DataFrame, window: Window, previous: Mapping[str, pd.DataFrame] | None,
    paired: pd.DataFrame,
) -> MultiRead:  # fmt: skip
    """Frames `Events`, the events in the window of the `wanted` calendars and those `paired` out of it, and `Cursors`.

    wanted: entra_id, calendar_id. previous: both frames of an earlier read. paired: entra_id, calendar_id, event_id;
    those that the window does not show are read singly. What is gone is left out, and so is what is in the window but
    not shown: it is in another calendar now. A calendar that Graph lists and does not open has a cursor without link.
    """
    reading = Reading(connection, SOURCE)
    wanted = snapshots.in_turns(wanted[CALENDAR].drop_duplicates())
    earlier, cursors = snapshots.usable(previous, wanted, window)
    told = _told(reading, earlier, cursors)
    unread = [of for of in snapshots.places(wanted) if of not in told]
    links: dict[OfCalendar, str] = {}
    whole = reading.hold((of, _whole(reading, of, window)) for of in unread)
    closed: dict[OfCalendar, Answer] = {}
    rounds = chain(told.items(), _open(whole, closed))
    parts = [_still_so(earlier, told), *_framed(rounds, links)]
    if closed and not links:
        of, refusal = next(iter(closed.items()))
        raise reading.unreadable(refusal, of[0])
    # Out of the window are those that were read singly before, and of which no delta tells.
    shown = snapshots.in_window(pd.concat(parts, ignore_index=True), window)
    single = _singly(reading, snapshots.without(paired, shown, EVENT))
    frame = snapshots.together([shown, snapshots.out_of_window(single, window)], SOURCE)
    times = {"window_start": window[0], "window_end": window[1]}
    ends = [*links.items(), *((of, None) for of in closed)]
    rows = [{**dict(zip(CALENDAR, of, strict=True)), **times, "delta_link": link} for of, link in ends]
    made = {"entra_events": frame, "entra_cursors": frames.cursors(rows)}
    return MultiRead(made, reading.certificate(len(frame)))


def event(connection: Connection, entra_id: str, event_id: str) -> Row | None:
    """An event as it is now, in the plan's words; None where it, or its mailbox, is gone."""
    path = f"users/{part(entra_id)}/events/{part(event_id)}"
    found = connection.one(SOURCE, path, {"$select": _SELECT}, gone=NOT_FOUND, headers=_HEADERS)
    return None if found is None else _in_plan_words(found)


def find_event(
    connection: Connection, entra_id: str, calendar_id: str, transaction_id: str, start: str, end: str
) -> Row | None:
    """The event that was made with this transaction id, in the plan's words: among those about that time."""
    rows = _about(connection, entra_id, calendar_id, start, end)
    return next((_in_plan_words(row) for row in rows if row.get("transactionId") == transaction_id), None)


def shows_event(connection: Connection, entra_id: str, calendar_id: str, event_id: str, start: str, end: str) -> bool:
    """Whether this calendar has the event about that time; one that was moved to another calendar keeps its id."""
    return any(row.get("id") == event_id for row in _about(connection, entra_id, calendar_id, start, end))


def _about(connection: Connection, entra_id: str, calendar_id: str, start: str, end: str) -> list[Row]:
    """The events of a calendar about that time; none where it, or its mailbox, is gone."""
    around = timedelta(days=1)
    since, until = datetime.fromisoformat(start) - around, datetime.fromisoformat(end) + around
    params = {"startDateTime": f"{since:{_TIME}}", "endDateTime": f"{until:{_TIME}}", "$select": _SELECT, "$top": "100"}
    path = f"users/{part(entra_id)}/calendars/{part(calendar_id)}/calendarView"
    return connection.rows(SOURCE, path, params, gone=NOT_FOUND, headers=_HEADERS)


def _in_plan_words(row: Row) -> Row:
    times = {name: frames.moment(row.get(name)) for name in ("start", "end")}
    same = ("id", "isAllDay", "showAs", "sensitivity", "changeKey", "transactionId")
    return {"title": row.get("subject"), **times, **{name: row.get(name) for name in same}}


# --- conversations ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Round:
    """What the pages of one delta told: events as they are now, ids of those that are not shown any more, and where the
    next one goes on."""

    events: list[Row]
    gone: list[str]
    link: str


def _changes(reading: Reading, of: OfCalendar, link: str) -> Talk[_Round | None]:
    """What changed in a calendar; None where it has to be read whole again.

    That is so whenever the delta fails, for whatever reason (an expired token is one of several), and where it tells of
    a series: then Graph gives the occurrences that there are, and says nothing of those that are gone.
    """
    below = reading.connection.below(link)
    if below is None:
        return None
    try:
        changes = yield from _round(reading, of[0], below)
    except (ReadAgain, SourceUnreadable):
        return None
    if isinstance(changes, Answer) or any(row.get("type") == "seriesMaster" or _is_bare(row) for row in changes.events):
        return None
    return changes


def _whole(reading: Reading, of: OfCalendar, window: Window) -> Talk[_Round | Answer]:
    """Everything that a calendar's view of the window shows, or how Graph says that it does not open it (C7).

    Raises SourceUnreadable.
    """
    query = urlencode({"startDateTime": window[0], "endDateTime": window[1]})
    url = f"/users/{part(of[0])}/calendars/{part(of[1])}/calendarView/delta?{query}"
    for _ in range(_TRIES):
        try:
            whole = yield from _round(reading, of[0], url)
        except ReadAgain:
            continue
        if isinstance(whole, Answer):
            return whole
        ids = {row["id"] for row in whole.events}
        lost = [row["id"] for row in whole.events if _is_bare(row) and row.get("seriesMasterId") not in ids]
        found = []
        for event_id in lost:  # an occurrence whose series is not shown
            single = yield from _single(reading, of, event_id)
            found += [single] if single is not None else []
        return _Round([row for row in whole.events if row["id"] not in lost] + found, [], whole.link)
    raise SourceUnreadable(reading.source, f"the events of {of[0]} changed while they were read, {_TRIES} times")


def _round(reading: Reading, user: str, url: str) -> Talk[_Round | Answer]:
    pages = Pages(reading.source)
    last = yield from reading.collect(pages, user, url, _DELTA, none=NOT_OPEN, keep=_kept)
    if last.status != OK:
        reading.accept(pages)
        return last
    link = last.json().get("@odata.deltaLink")
    if not isinstance(link, str) or not all(isinstance(row, dict) and type(row.get("id")) is str for row in pages.rows):
        raise SourceUnreadable(reading.source, "the answer is not a delta of Graph's")
    reading.accept(pages)
    newest = {row["id"]: row for row in pages.rows}
    gone = [event_id for event_id, row in newest.items() if "@removed" in row]
    return _Round([row for row in newest.values() if "@removed" not in row], gone, link)


def _single(reading: Reading, of: OfCalendar, event_id: str) -> Talk[Row | None]:
    """One event of a calendar; None where it is gone."""
    url = f"/users/{part(of[0])}/calendars/{part(of[1])}/events/{part(event_id)}?{urlencode({'$select': _SELECT})}"
    answer = yield Ask(of[0], url, _HEADERS)
    found = None if says(answer, NOT_OPEN) else answer
    if found is not None and found.status != OK:
        raise reading.unreadable(answer, of[0])
    pages = Pages(reading.source)
    pages.add(answer, [])
    reading.accept(pages)
    return None if found is None else _kept(page(reading.source, answer))


def _kept(row: Row) -> Row:
    """What is used of an event: the rest is not kept until all pages have come."""
    return {name: row[name] for name in _KEPT if name in row} if isinstance(row, dict) else row


def _is_bare(row: Row) -> bool:
    """Whether it is an occurrence that has its contents from its series."""
    return "subject" not in row and row.get("seriesMasterId") is not None


# --- from conversations to frames -------------------------------------------------------------------------------------


def _told(reading: Reading, earlier: pd.DataFrame, cursors: pd.DataFrame) -> dict[OfCalendar, _Round]:
    """What changed since the earlier read, of the calendars that need not be read whole again.

    Who is told of the end of an event that was not known, was not told everything: it may be a series.
    """
    links = zip(snapshots.places(cursors), cursors["delta_link"], strict=True)
    found = reading.hold((of, _changes(reading, of, link)) for of, link in links)
    told = {of: changes for of, changes in found if changes is not None}
    gone = snapshots.events_named((of, event_id) for of, changes in told.items() for event_id in changes.gone)
    unheard_of = set(snapshots.places(snapshots.without(gone, earlier, EVENT)))
    return {of: changes for of, changes in told.items() if of not in unheard_of}


def _still_so(earlier: pd.DataFrame, told: Mapping[OfCalendar, _Round]) -> pd.DataFrame:
    """What the earlier read had of these calendars and nothing was told of."""
    kept = earlier.merge(pd.DataFrame(list(told), columns=CALENDAR, dtype="str"), on=CALENDAR)
    touched = (
        (of, event_id)
        for of, changes in told.items()
        for event_id in [*changes.gone, *(row["id"] for row in changes.events)]
    )
    return snapshots.without(kept, snapshots.events_named(touched), EVENT)


def _open(
    rounds: Iterable[tuple[OfCalendar, _Round | Answer]], closed: dict[OfCalendar, Answer]
) -> Iterator[tuple[OfCalendar, _Round]]:
    """The rounds that there were; the refusals go to `closed`."""
    for of, each in rounds:
        if isinstance(each, Answer):
            closed[of] = each
        else:
            yield of, each


def _framed(rounds: Iterable[tuple[OfCalendar, _Round]], links: dict[OfCalendar, str]) -> Iterator[pd.DataFrame]:
    """The events in frames, made as they come: rows take far more memory. Where each calendar goes on is in `links`."""
    rows: dict[OfCalendar, list[Row]] = {}
    waiting = 0
    for of, each in rounds:
        links[of], rows[of] = each.link, each.events
        waiting += len(each.events)
        if waiting > _ROWS_AT_ONCE:
            yield frames.events(rows)
            rows, waiting = {}, 0
    yield frames.events(rows)


def _singly(reading: Reading, paired: pd.DataFrame) -> pd.DataFrame:
    """The paired events that are still there, each asked for by itself."""
    asked = snapshots.in_turns(paired)
    named = zip(snapshots.places(asked), asked["event_id"], strict=True)
    rows: dict[OfCalendar, list[Row]] = {}
    for of, row in reading.hold((of, _single(reading, of, event_id)) for of, event_id in named):
        if row is not None:
            rows.setdefault(of, []).append(row)
    return frames.events(rows)
