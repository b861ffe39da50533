"""E0: the dates of all-day events, and the time zone of a calendar's owner that they are in.

Times are text in UTC to the second, with Z. Zones are asked once for each different name, never for each event.
"""

from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc
from tzlocal.windows_tz import win_tz

from entra_emply.reconciliation.arrays import Mask, Rows, as_set, encoded, marked, positions, take
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.subjects import once
from entra_emply.text import as_arrow, as_column, trimmed

Times = npt.NDArray[np.datetime64]

_DAY = np.timedelta64(1, "D")
_CYCLE = np.timedelta64(146_097, "D")
"""400 years, after which the calendar repeats."""
_FIRST, _LAST = np.datetime64("0001-01-01"), np.datetime64("9999-12-31")
"""The dates that text can hold: year 10000 would compare as one before all others."""


@cache
def zone_of(name: str) -> ZoneInfo | None:
    """The zone of an IANA or a Windows name; an unknown name counts as none."""
    try:
        return ZoneInfo(win_tz.get(name, name))
    except (OSError, ValueError, KeyError):  # of a folder, of a path outside, of what is not there
        return None


@once
def time_zones(identities: Identities) -> "pd.Series[str]":
    """The IANA names of the zones of the people's calendars: of the Emply user, else of the main group; of a room those
    of its first room group, else of the first configured group that has one; else UTC."""
    groups = _known(identities.mapping.groups["time_zone"])
    main = take(groups, identities.frame["main_group"].to_numpy(dtype=np.int64))
    own = _known(identities.emply("time_zone")).fillna(main)
    of_room = _of_rooms(identities).fillna(next(iter(groups.dropna()), "UTC"))
    return own.where(~identities.in_room, of_room).fillna("UTC")


def _of_rooms(identities: Identities) -> "pd.Series[str]":
    """The zones of the people's first room groups."""
    inputs, mapping = identities.inputs, identities.mapping
    group = positions(inputs.entra_group_members["group_id"], pd.Series(mapping.rooms, dtype="str"))
    person = inputs.member_rows
    known = (group >= 0) & (person >= 0)
    first = np.full(len(identities), len(mapping.rooms), dtype=np.int64)
    np.minimum.at(first, person[known], group[known])
    zones = _known(pd.Series([*mapping.room_time_zones, None], dtype="str"))
    return pd.Series(take(zones, first).array, index=identities.frame.index, dtype="str")


def _known(names: "pd.Series[str]") -> "pd.Series[str]":
    """The IANA names, missing where nobody knows such a zone; the index stays."""
    numbers, different = encoded(trimmed(names))
    zones = [zone_of(name) for name in different]
    known = pd.Series([None if zone is None else zone.key for zone in zones], dtype="str")
    return pd.Series(take(known, numbers).array, index=names.index, dtype="str")


def with_dates(events: pd.DataFrame, all_day: Mask, person: Rows, identities: Identities) -> pd.DataFrame:
    """Events with the dates of those that are `all_day`, as midnight UTC; `person` has their owners, -1 for nobody."""
    rows = np.flatnonzero(all_day & (events["start"].notna() & events["end"].notna()).to_numpy(dtype=bool))
    if not len(rows):
        return events
    zones = take(time_zones(identities), person[rows]).fillna("UTC")
    dates = as_dates(take(events["start"], rows), take(events["end"], rows), zones)
    made: dict[str, Any] = {}
    for name, texts in zip(("start", "end"), dates, strict=True):
        made[name] = as_column(
            pc.replace_with_mask(as_arrow(events[name]), marked(rows, len(events)), as_arrow(texts))
        ).array
    return events.assign(**made)


def as_dates(
    start: "pd.Series[str]", end: "pd.Series[str]", zones: "pd.Series[str]"
) -> tuple["pd.Series[str]", "pd.Series[str]"]:
    """The dates of all-day events, as midnight UTC: those of its instants in UTC where both are midnight there, else in
    their zones. The end is exclusive, a day later where its instant is no midnight, at least a day after the start.
    What never ends (year 9999) ends with the calendar, in whatever zone.
    """
    first, last = _times(start), _times(end)
    local = ~(_is_midnight(first) & _is_midnight(last))
    numbers, names = encoded(zones.reset_index(drop=True))
    for number in as_set(numbers[local]):
        rows, zone = np.flatnonzero(local & (numbers == number)), zone_of(str(names.iloc[number]))
        first[rows], last[rows] = _in_zone(first[rows], zone), _in_zone(last[rows], zone)
    last = np.clip(np.where(_is_midnight(last), last, last + _DAY).astype("datetime64[D]"), _FIRST, _LAST)
    first = np.clip(first.astype("datetime64[D]"), _FIRST, _LAST - _DAY)
    return _texts(first, start), _texts(np.maximum(last, first + _DAY), end)


def dates_of(start: str, end: str, zone: str) -> tuple[str, str]:
    """The dates of one all-day event, as `as_dates`."""
    first, last = as_dates(*(pd.Series([text], dtype="str") for text in (start, end, zone)))
    return str(first.iloc[0]), str(last.iloc[0])


def _times(text: "pd.Series[str]") -> Times:
    return text.str.removesuffix("Z").to_numpy(dtype=object).astype("datetime64[s]")


def _is_midnight(times: Times) -> Mask:
    mask: Mask = times == times.astype("datetime64[D]")
    return mask


def _in_zone(times: Times, zone: ZoneInfo | None) -> Times:
    """The last days of year 9999, after which Python knows no time, as 400 years before."""
    shift = np.where(times >= _LAST - _DAY, _CYCLE, 0 * _DAY)
    there = pd.DatetimeIndex(times - shift).tz_localize("UTC").tz_convert(zone).tz_localize(None)
    return there.to_numpy().astype("datetime64[s]") + shift


def _texts(days: Times, like: "pd.Series[str]") -> "pd.Series[str]":
    texts = np.char.add(np.datetime_as_string(days.astype("datetime64[s]")), "Z")
    return pd.Series(texts, index=like.index, dtype="str")
