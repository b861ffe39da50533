"""Graph: what an event looks like, and when it is. Pure functions over the scenario's rows; no mailbox, no HTTP.

`start` and `end` are in a scenario as Graph has them (`{"dateTime", "timeZone"}`, the zone by its IANA or Windows
name), or plain ISO 8601 text. What a row does not have is null, but for its type.
"""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tzlocal.windows_tz import win_tz

from sandbox import moments
from sandbox.exchange import Row
from sandbox.graph.errors import GraphError, bad_request
from sandbox.graph.paging import Kind

_SHOWN = (
    "id", "createdDateTime", "lastModifiedDateTime", "changeKey", "categories", "transactionId", "iCalUId",
    "subject", "bodyPreview", "importance", "sensitivity", "isAllDay", "isCancelled", "isOrganizer",
    "isReminderOn", "reminderMinutesBeforeStart", "responseRequested", "hasAttachments", "hideAttendees",
    "isOnlineMeeting", "allowNewTimeProposals", "seriesMasterId", "showAs", "type", "body", "start", "end",
    "location", "locations", "attendees", "organizer", "recurrence", "responseStatus",
)  # fmt: skip
_UNLESS_SAID: Row = {
    "isCancelled": False, "responseStatus": {"response": "none", "time": "0001-01-01T00:00:00Z"},
}  # fmt: skip
_LISTS = frozenset({"categories", "locations", "attendees"})
EVENT = Kind(
    "event",
    known=frozenset(_SHOWN) | {
        "originalStartTimeZone", "originalEndTimeZone", "uid", "webLink", "onlineMeetingUrl", "onlineMeetingProvider",
        "occurrenceId", "isDraft", "onlineMeeting", "originalStart", "cancelledOccurrences",
    },
    default=_SHOWN,
    lists=_LISTS,
)  # fmt: skip


def moment(value: object, *, floating: bool = False) -> datetime | None:
    """When `start` or `end` is, in UTC; None where that cannot be read. `floating`: all-day, whatever the zone."""
    if not isinstance(value, dict):
        return moments.read(value)
    zone = UTC if floating else zone_of(str(value.get("timeZone") or "UTC"))
    return None if zone is None else moments.read(value.get("dateTime"), zone)


def span(row: Row) -> tuple[datetime, datetime] | None:
    """From when to when an event is; None where it does not say."""
    floating = row.get("isAllDay") is True
    start, end = moment(row.get("start"), floating=floating), moment(row.get("end"), floating=floating)
    return (start, end) if start and end else None


def zone_of(name: str) -> tzinfo | None:
    """The time zone of this IANA or Windows name."""
    try:
        return UTC if name.upper() == "UTC" else ZoneInfo(win_tz.get(name, name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def preferred_zone(preferences: dict[str, str]) -> str:
    """The zone that times are wanted in (UTC where nothing is said); raises `GraphError` 400 for none."""
    name = preferences.get("outlook.timezone", "UTC")
    if zone_of(name) is None:
        raise GraphError(400, "TimeZoneNotSupportedException", f"A valid TimeZone value must be specified: '{name}'.")
    return name


def shown(row: Row, zone: str) -> Row:
    """An event with all its properties, times in this zone (all-day: its days)."""
    absent: Row = {name: [] if name in _LISTS else None for name in _SHOWN} | _UNLESS_SAID
    own = {name: value for name, value in row.items() if name in EVENT.known}
    etag = {"@odata.etag": f'W/"{row["changeKey"]}"'} if row.get("changeKey") else {}
    kind = row.get("type") or "singleInstance"
    return {**etag, **absent, **own, "type": kind, **_times(row, zone)}


def shown_in_delta(row: Row, zone: str) -> Row:
    """An event as a delta has it: of a regular occurrence hardly anything, the rest is the master's."""
    if row.get("type") != "occurrence":
        return {"@odata.type": "#microsoft.graph.event", **shown(row, zone)}
    few = {name: row.get(name) for name in ("seriesMasterId", "type", "id")}
    return {"@odata.type": "#microsoft.graph.event", **few, **_times(row, zone)}


def _local(at: datetime) -> str:
    return at.replace(tzinfo=None).isoformat(timespec="seconds")


def _times(row: Row, zone: str) -> Row:
    floating = row.get("isAllDay") is True
    times: Row = {}
    for side in ("start", "end"):
        at = moment(row.get(side), floating=floating)
        if at is not None and not floating:
            at = at.astimezone(zone_of(zone))
        times[side] = None if at is None else {"dateTime": f"{_local(at)}.0000000", "timeZone": zone}
    return times


def _zone_named(value: object) -> str:
    return str((value.get("timeZone") if isinstance(value, dict) else None) or "UTC").casefold()


def check_times(row: Row) -> None:
    """Raise `GraphError` 400 for times that an event cannot have."""
    both = span(row)
    if both is None:
        raise bad_request("At least one property failed validation: start and end.", "ErrorPropertyValidationFailure")
    start, end = both
    if end < start:
        raise bad_request("The end date is earlier than the start date.", "ErrorCalendarEndDateIsEarlierThanStartDate")
    midnights = all((at.hour, at.minute, at.second) == (0, 0, 0) for at in both)
    one_zone = _zone_named(row["start"]) == _zone_named(row["end"])
    if row.get("isAllDay") and not (midnights and one_zone and start < end):
        raise bad_request(
            "The Event.Start and Event.End property for an all-day event need to be set to midnight.",
            "ErrorPropertyValidationFailure",
        )
