"""E0: the dates of an all-day event, and the time zone they are in."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import win_tz

from tests.reference.terms import Inputs, Person, get, moment, trimmed

DAY = timedelta(days=1)


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
    """Midnight UTC of the dates of an all-day event's instants; the end exclusive, at least a day after the start."""
    if start is None or end is None:
        return start, end
    first, last = moment(start), moment(end)  # in UTC
    if not (_is_midnight(first) and _is_midnight(last)):
        first, last = first.astimezone(zone), last.astimezone(zone)
        if not _is_midnight(last):
            last += DAY
    first, last = _midnight_utc(first), _midnight_utc(last)
    return _second(first), _second(max(last, first + DAY))


def _second(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _is_midnight(at: datetime) -> bool:
    return (at.hour, at.minute, at.second) == (0, 0, 0)


def _midnight_utc(at: datetime) -> datetime:
    """Of the date that it is there."""
    return datetime(at.year, at.month, at.day, tzinfo=UTC)
