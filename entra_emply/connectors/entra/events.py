"""The events of Outlook's calendars: of a window of time for a plan, single ones when an action is checked again.

A calendar is read by Graph's delta: what changed since an earlier read of the same window, or else everything; the
result is the same. Not here: the calendars themselves (`mailboxes`), how one of them is asked for its events
(`event_tasks`), and how an earlier read and a delta combine (`event_deltas`).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain

import pandas as pd

from entra_emply.connectors.answer import Answer
from entra_emply.connectors.entra import event_deltas
from entra_emply.connectors.entra import mailbox_frames as frames
from entra_emply.connectors.entra.batching import BatchedRead, most_frequent
from entra_emply.connectors.entra.connection import FORBIDDEN, MAILBOXES, Connection, part
from entra_emply.connectors.entra.event_deltas import CALENDAR, EVENT, IN_MAILBOX, Window
from entra_emply.connectors.entra.event_tasks import HEADERS, SELECT, Delta, changes_in, everything_in, with_calendar
from entra_emply.connectors.entra.mailbox_frames import OfCalendar
from entra_emply.connectors.entra.mailboxes import NOT_FOUND
from entra_emply.connectors.frames import Row
from entra_emply.connectors.reads import MultiRead

SOURCE = "entra_events"
_DAY, _MOST_SHOWN = timedelta(days=1), timedelta(days=1825)
"""Graph shows five years of a calendar at most."""
_ROWS_AT_ONCE = 20_000


class Events:
    """Reads Outlook's events. Every method may raise SourceUnreadable and CredentialsError."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(
        self,
        wanted: pd.DataFrame,
        window: Window,
        previous: Mapping[str, pd.DataFrame] | None,
        paired: pd.DataFrame,
    ) -> MultiRead:
        """The events in the window of the `wanted` calendars, and the `paired` events wherever they stand.

        Frames `entra_events` and `entra_cursors`. wanted: entra_id, calendar_id. previous: both frames of an earlier
        read. paired: entra_id, event_id; those that none of the calendars shows are looked up by their ids (E0).
        Deleted events are left out. A cursor has no link where Graph lists the calendar but does not open it, or does
        not open a paired event of its mailbox; and an empty one where a delta is refused. Unreadable are the mailboxes
        of which any calendar or paired event was (C7): of them nothing is in the frames.
        """
        read = BatchedRead(self._connection, SOURCE)
        wanted = event_deltas.interleaved(wanted[CALENDAR].drop_duplicates())
        earlier, cursors = event_deltas.usable(previous, wanted, window)
        changed = _changes_since(read, earlier, cursors)
        unread = [of for of in event_deltas.calendar_keys(wanted) if of not in changed]
        links: dict[OfCalendar, str] = {}
        whole = read.run((of, everything_in(read, of, window)) for of in unread)
        closed: dict[OfCalendar, Answer] = {}
        deltas = chain(changed.items(), _opened(whole, closed))
        parts = [_unchanged(earlier, changed), *_framed(read, deltas, links)]
        if closed and not links and all(answer.status == FORBIDDEN for answer in closed.values()):
            self._connection.forbidden(f"read {SOURCE}", MAILBOXES, code=most_frequent(a.said for a in closed.values()))
        # What was looked up before is looked up again: no delta reports its changes.
        shown = event_deltas.in_window(pd.concat(parts, ignore_index=True), window)
        elsewhere, shut = _looked_up(read, event_deltas.without(paired, shown, IN_MAILBOX))
        frame = event_deltas.combined([shown, elsewhere], SOURCE)
        frame = frame[~frame["entra_id"].isin(list(read.unreadable))].reset_index(drop=True)
        times = {"window_start": window[0], "window_end": window[1]}
        ends = {**{of: None if of[0] in shut else link for of, link in links.items()}, **dict.fromkeys(closed)}
        rows = [
            {**dict(zip(CALENDAR, of, strict=True)), **times, "delta_link": link}
            for of, link in ends.items()
            if of[0] not in read.unreadable
        ]
        made = {"entra_events": frame, "entra_cursors": frames.cursors(rows)}
        return MultiRead(made, read.certificate(len(frame)), read.unreadable)

    def event(self, entra_id: str, event_id: str) -> Row | None:
        """The event as it is now: the properties of a plan's `after`, and id, changeKey, sensitivity, transactionId.

        And `takesPlace`: it is neither cancelled nor declined by the owner.

        None where the event or its mailbox does not exist.
        """
        path = f"users/{part(entra_id)}/events/{part(event_id)}"
        found = self._connection.one(SOURCE, path, {"$select": SELECT}, gone=NOT_FOUND, headers=HEADERS)
        return None if found is None else _in_plan_words(found)

    def find_event(self, entra_id: str, calendar_id: str, transaction_id: str, start: str, end: str) -> Row | None:
        """The event that was created with this transaction id, searched a day around these times; as `event`."""
        rows = self._around(entra_id, calendar_id, start, end)
        return next((_in_plan_words(row) for row in rows if row.get("transactionId") == transaction_id), None)

    def shows_event(self, entra_id: str, calendar_id: str, event_id: str, start: str, end: str) -> bool:
        """Whether this calendar shows the event around these times. An event keeps its id in another calendar."""
        return any(row.get("id") == event_id for row in self._around(entra_id, calendar_id, start, end))

    def _around(self, entra_id: str, calendar_id: str, start: str, end: str) -> list[Row]:
        """The events of a calendar from a day before to a day after; none where it or its mailbox does not exist."""
        since = _shifted(datetime.fromisoformat(start), -_DAY)
        until = min(_shifted(datetime.fromisoformat(end), _DAY), _shifted(since, _MOST_SHOWN))
        times = {"startDateTime": _as_text(since), "endDateTime": _as_text(until)}
        path = f"users/{part(entra_id)}/calendars/{part(calendar_id)}/calendarView"
        params = times | {"$select": SELECT, "$top": "100"}
        return self._connection.rows(SOURCE, path, params, gone=NOT_FOUND, headers=HEADERS)


def _as_text(at: datetime) -> str:
    """A time as Graph takes it; `strftime` gives the year 1 one digit."""
    return f"{at.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _shifted(at: datetime, by: timedelta) -> datetime:
    """The time, as it is where no calendar goes as far: an event that never ends is told to end in year 9999."""
    try:
        return at + by
    except OverflowError:
        return at


def _in_plan_words(row: Row) -> Row:
    times = {name: frames.moment(row.get(name)) for name in ("start", "end")}
    same = ("id", "isAllDay", "showAs", "sensitivity", "changeKey", "transactionId")
    return {"title": row.get("subject"), **times, **{name: row.get(name) for name in same}} | {
        "takesPlace": frames.takes_place(row)
    }


def _changes_since(read: BatchedRead, earlier: pd.DataFrame, cursors: pd.DataFrame) -> dict[OfCalendar, Delta]:
    """The changes since the earlier read, of the calendars that need not be read whole again.

    A delta that deletes an unknown event is not used: the event may be a series, whose occurrences were deleted, too.
    """
    links = zip(event_deltas.calendar_keys(cursors), cursors["delta_link"], strict=True)
    found = read.run((of, changes_in(read, of, link)) for of, link in links)
    changed = {of: changes for of, changes in found if changes is not None}
    gone = event_deltas.event_keys((of, event_id) for of, changes in changed.items() for event_id in changes.gone)
    incomplete = set(event_deltas.calendar_keys(event_deltas.without(gone, earlier, EVENT)))
    return {of: changes for of, changes in changed.items() if of not in incomplete}


def _unchanged(earlier: pd.DataFrame, changed: Mapping[OfCalendar, Delta]) -> pd.DataFrame:
    """The events of the earlier read that the deltas of these calendars do not mention."""
    kept = earlier.merge(pd.DataFrame(list(changed), columns=CALENDAR, dtype="str"), on=CALENDAR)
    touched = (
        (of, event_id)
        for of, changes in changed.items()
        for event_id in [*changes.gone, *(row["id"] for row in changes.events)]
    )
    return event_deltas.without(kept, event_deltas.event_keys(touched), EVENT)


def _opened(
    deltas: Iterable[tuple[OfCalendar, Delta | Answer]], closed: dict[OfCalendar, Answer]
) -> Iterator[tuple[OfCalendar, Delta]]:
    """The deltas of the calendars that Graph opened; the other answers go to `closed`."""
    for of, each in deltas:
        if isinstance(each, Answer):
            closed[of] = each
        else:
            yield of, each


def _framed(
    read: BatchedRead, deltas: Iterable[tuple[OfCalendar, Delta]], links: dict[OfCalendar, str]
) -> Iterator[pd.DataFrame]:
    """The events in frames, made early because rows take far more memory. The links of next deltas go to `links`."""
    rows: dict[OfCalendar, list[Row]] = {}
    waiting = 0
    for of, each in deltas:
        links[of], rows[of] = each.link, each.events
        waiting += len(each.events)
        if waiting > _ROWS_AT_ONCE:
            yield read.framed(frames.events, rows, _owner)
            rows, waiting = {}, 0
    yield read.framed(frames.events, rows, _owner)


def _looked_up(read: BatchedRead, paired: pd.DataFrame) -> tuple[pd.DataFrame, set[str]]:
    """The paired events (entra_id, event_id) that still exist, each asked for by its id, with where it stands; and the
    users whose mailbox Graph did not open for that."""
    asked = event_deltas.interleaved(paired)
    named = zip(asked["entra_id"], asked["event_id"], strict=True)
    rows: dict[OfCalendar, list[Row]] = {}
    shut = set()
    for user, found in read.run((user, with_calendar(read, user, event_id)) for user, event_id in named):
        if isinstance(found, Answer):
            shut.add(user)
        elif found is not None:
            rows.setdefault((user, found[0]), []).append(found[1])
    return read.framed(frames.events, rows, _owner), shut


def _owner(of: OfCalendar) -> str:
    return of[0]
