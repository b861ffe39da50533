"""E0: the dates of an all-day event, and the time zone they are in."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import win_tz

from tests.reference.terms import Inputs, Person, get, moment, trimmed

DAY = timedelta(days=1)
FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


def time_zone(inputs: Inputs, owner: Person) -> tzinfo:
    """The zone of a calendar's owner; an unknown name counts as none."""
    if owner.is_room:
        of_room = [group_id for group_id in inputs.mapping.room_group_ids if owner.entra_id in inputs.members(group_id)]
        names = [inputs.mapping.room_time_zones[of_room[0]], *(group.time_zone for group in inputs.mapping.groups)]
    else:
        names = [get(owner.login or {}, "timeZone"), owner.groups[0].time_zone if owner.groups else None]
    return next((zone for name in names if (zone := _zone(name)) is not None), UTC)


def _zone(name: str | None) -> tzinfo | None:
    """An IANA or a Windows name."""
    text = trimmed(name)
    if text is None:
        return None
    try:
        return ZoneInfo(win_tz.get(text, text))
    except (OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
        return None
    except KeyError:
        return None


def as_dates(start: str | None, end: str | None, zone: tzinfo) -> tuple[str | None, str | None]:
    """Midnight UTC of the dates of an all-day event's instants; the end exclusive, at least a day after the start.

    The calendar ends with year 9999: a date after that is its last, and one before year 1 its first.
    """
    if start is None or end is None:
        return start, end
    first, last = moment(start), moment(end)  # in UTC
    if not (_is_midnight(first) and _is_midnight(last)):
        first, last = _there(first, zone), _there(last, zone)
        if not _is_midnight(last) and last.date() < LAST.date():
            last += DAY
    first, last = min(_midnight_utc(first), LAST - DAY), _midnight_utc(last)
    return _second(first), _second(max(last, first + DAY))


def _there(at: datetime, zone: tzinfo) -> datetime:
    try:
        return at.astimezone(zone)
    except OverflowError:
        return FIRST if at.year == FIRST.year else LAST


def _second(at: datetime) -> str:
    return f"{at.replace(tzinfo=None).isoformat()}Z"  # strftime gives year 1 one digit


def _is_midnight(at: datetime) -> bool:
    return (at.hour, at.minute, at.second) == (0, 0, 0)


def _midnight_utc(at: datetime) -> datetime:
    """Of the date that it is there."""
    return datetime(at.year, at.month, at.day, tzinfo=UTC)
