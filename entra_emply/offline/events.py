"""A scenario's events of Outlook as Graph answers them: series in their occurrences, times in UTC.

A scenario writes a time as Graph does, in any time zone by its IANA or Windows name, or as plain ISO 8601. Not here:
what an event means (`connectors.entra.mailbox_frames`, rule E).
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from entra_emply.connectors.entra.mailbox_frames import moment
from entra_emply.connectors.frames import Row
from entra_emply.reconciliation.rules.days import zone_of

_SIDES = ("start", "end")


def as_answered(events: Iterable[Row]) -> list[Row]:
    """The events as `calendarView` gives them. One without start or end is in no window: Graph never shows it."""
    single = (row for event in events for row in _occurrences(event))
    return [{**row, **{side: _answered(row, side) for side in _SIDES}} for row in single if _has_times(row)]


def _occurrences(event: Row) -> Iterator[Row]:
    if event.get("type") != "seriesMaster":
        yield event
        return
    series = {name: value for name, value in event.items() if name not in ("occurrences", "recurrence")}
    for own in event.get("occurrences") or ():
        yield {**series, **own, "type": "occurrence", "seriesMasterId": event.get("id")}


def _has_times(row: Row) -> bool:
    return all(row.get(side) is not None for side in _SIDES)


def _answered(row: Row, side: str) -> object:
    """The time in UTC; one that cannot be read as it is, for the frame to refuse. All-day: the day, in any zone."""
    written = row[side]
    if isinstance(written, str):
        return {"dateTime": written, "timeZone": "UTC"}
    if not isinstance(written, dict) or moment(written) is not None:
        return written
    try:
        at = datetime.fromisoformat(written.get("dateTime", ""))
        zone = UTC if row.get("isAllDay") else zone_of(written.get("timeZone") or "UTC")
        if zone is None:
            return written
        here = (at.replace(tzinfo=zone) if at.tzinfo is None else at).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return written
    return {"dateTime": here.isoformat(), "timeZone": "UTC"}
