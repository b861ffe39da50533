"""The frames of mailboxes in Graph: photos, calendars and events; for each a pandera model and a function.

Times are text in UTC to the second, with Z, in the form of a plan; they compare as text. Other text stays as Graph
wrote it. Not here: reading the rows (`mailboxes`, `events`).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain, repeat
from typing import ClassVar

import pandas as pd

from entra_emply.connectors.frames import NO_TIME, Derivation, FrameModel, Row, column, identity, of_rows
from entra_emply.text import utc_second

_IN_UTC = ("UTC", "Etc/UTC", "tzone://Microsoft/Utc")
_OCCURRENCES = ("occurrence", "exception")


class Photos(FrameModel):
    """The users who have a photo, one row a user, sorted by id."""

    entra_id: str = identity("id", "The user's object id")
    etag: str = column("etag", "The photo's media etag", nullable=False, str_length={"min_value": 1})


class Mailboxes(FrameModel):
    """The users whose mailbox was read, one row a user, sorted by id."""

    entra_id: str = identity("id", "The user's object id")
    available: bool = column("available", "Whether there is a mailbox that the application may open", nullable=False)


class Calendars(FrameModel):
    """The calendars of these mailboxes, one row a calendar of a user, sorted by user and calendar."""

    entra_id: str = identity(None, "The owner's object id", unique=False)
    calendar_id: str = identity("id", "The calendar's id", unique=False)
    name: str = column("name", "The calendar's name")
    can_edit: bool = column("canEdit", "Whether the user may write to it", default=False)
    is_default: bool = column("isDefaultCalendar", "Whether it is the user's own default calendar", default=False)

    class Config(FrameModel.Config):
        """A calendar that several users share has a row for each of them."""

        unique: ClassVar = ["entra_id", "calendar_id"]


class Events(FrameModel):
    """The events of these calendars in the window, and the paired ones outside it, sorted by user, calendar, event."""

    entra_id: str = identity(None, "The mailbox's owner's object id", unique=False)
    calendar_id: str = identity(None, "The calendar's id", unique=False)
    event_id: str = identity("id", "The event's immutable id", unique=False)
    title: str = column("subject", "The event's subject, as written")
    start: str = column(None, "When it starts (UTC)", nullable=False)
    end: str = column(None, "When it ends (UTC)", nullable=False)
    is_all_day: pd.BooleanDtype = column("isAllDay", "Whether it takes whole days")
    show_as: str = column("showAs", "free, tentative, busy, oof, workingElsewhere or unknown")
    sensitivity: str = column("sensitivity", "normal, personal, private or confidential", default="normal")
    change_key: str = column("changeKey", "Changes whenever the event does")
    cancelled: bool = column("isCancelled", "Whether its organizer cancelled it", default=False)
    declined: bool = column(None, "Whether the mailbox's owner declined it", nullable=False)

    class Config(FrameModel.Config):
        """An event is in a calendar once."""

        unique: ClassVar = ["entra_id", "calendar_id", "event_id"]


class Cursors(FrameModel):
    """Where the next read of a calendar's events continues, one row a calendar of a user."""

    entra_id: str = identity("entra_id", "The mailbox's owner's object id", unique=False)
    calendar_id: str = identity("calendar_id", "The calendar's id", unique=False)
    window_start: str = column("window_start", "Start of the window that was read (UTC)", nullable=False)
    window_end: str = column("window_end", "End of the window that was read (UTC)", nullable=False)
    delta_link: str = column("delta_link", "Graph's address for what changes from then on; none of a closed calendar")

    class Config(FrameModel.Config):
        """One cursor a calendar."""

        unique: ClassVar = ["entra_id", "calendar_id"]


OfCalendar = tuple[str, str]
"""A user's object id and a calendar's id."""


def photos(etags: Mapping[str, str]) -> pd.DataFrame:
    """The frame `Photos` of etags by user id. Raises SourceUnreadable."""
    return of_rows(Photos, [{"id": user, "etag": etag} for user, etag in etags.items()], "entra_photos")


def mailboxes(available: Mapping[str, bool]) -> pd.DataFrame:
    """The frame `Mailboxes` of availability by user id. Raises SourceUnreadable."""
    rows = [{"id": user, "available": there} for user, there in available.items()]
    return of_rows(Mailboxes, rows, "entra_calendars")


def calendars(rows: Mapping[str, Sequence[Row]]) -> pd.DataFrame:
    """The frame `Calendars` of the rows of `calendars` of each user id. Raises SourceUnreadable."""
    owners = list(chain.from_iterable(repeat(user, len(each)) for user, each in rows.items()))
    return of_rows(
        Calendars, list(chain.from_iterable(rows.values())), "entra_calendars", {"entra_id": lambda _: owners}
    )


def events(rows: Mapping[OfCalendar, Sequence[Row]]) -> pd.DataFrame:
    """The frame `Events` of the events of each calendar, as Graph returns them. Raises SourceUnreadable.

    A series itself is not an event. Its occurrences, which a delta returns without contents, get those of the series.
    """
    whole = {of: _without_series(each) for of, each in rows.items()}
    places = list(chain.from_iterable(repeat(of, len(each)) for of, each in whole.items()))
    derived: dict[str, Derivation] = {
        "entra_id": lambda _: [user for user, _ in places],
        "calendar_id": lambda _: [calendar for _, calendar in places],
        "start": _time("start"),
        "end": _time("end"),
        "declined": lambda rows: [_is_declined(row) for row in rows],
    }
    return of_rows(Events, list(chain.from_iterable(whole.values())), "entra_events", derived)


def cursors(rows: Collection[Row]) -> pd.DataFrame:
    """The frame `Cursors` of rows with its columns. Raises SourceUnreadable."""
    return of_rows(Cursors, list(rows), "entra_events")


def takes_place(row: Row) -> bool:
    """Whether an event of Graph is neither cancelled nor declined by the mailbox's owner (E0)."""
    return row.get("isCancelled") is not True and not _is_declined(row)


def _is_declined(row: Row) -> bool:
    """What the owner of the mailbox answered, as Graph writes it: {"response": "declined", "time": …}."""
    status = row.get("responseStatus")
    return isinstance(status, dict) and status.get("response") == "declined"


def _without_series(rows: Sequence[Row]) -> list[Row]:
    series = {row.get("id"): row for row in rows if row.get("type") == "seriesMaster"}
    if not series:
        return list(rows)
    return [
        {**series.get(row.get("seriesMasterId"), {}), **row} if row.get("type") in _OCCURRENCES else row
        for row in rows
        if row.get("type") != "seriesMaster"
    ]


def _time(name: str) -> Callable[[Sequence[Row]], list[object]]:
    """Times as Graph writes them: {"dateTime": "2026-11-22T10:30:00.0000000", "timeZone": "UTC"}."""

    def times(rows: Sequence[Row]) -> list[object]:
        return [None if row.get(name) is None else moment(row[name]) or NO_TIME for row in rows]

    return times


def moment(value: object) -> str | None:
    """A time of Graph as text; None for a value that is not a time in UTC."""
    if not isinstance(value, dict) or value.get("timeZone") not in _IN_UTC:
        return None
    return utc_second(value.get("dateTime"))
