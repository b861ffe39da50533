"""The frames of Emply's calendars and events: one pandera model and one function from JSON rows to frame for each.

Times are text in UTC to the second, with Z: so they compare as they are, and stand in a plan as they are. Reading the
rows is `client.py`'s business.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Literal

import pandas as pd

from entra_emply.connectors.frame_checks import sentence
from entra_emply.connectors.frames import NO_TIME, Derivation, FrameModel, Row, column, identity, of_rows
from entra_emply.errors import SourceUnreadable
from entra_emply.text import utc_second

ORIGINS = ("outlook", "emply")


class Calendars(FrameModel):
    """Every calendar of Emply, one row a calendar, sorted by id."""

    calendar_id: str = identity("id", "The calendar's id")
    user_id: str = column("userId", "Whose it is: id of an Emply user; a room's is nobody's")
    external_id: str = column("externalId", "The id of the Entra calendar that it came from; its own have none")
    kind: str = column("kind", "user or room; absent: user")
    name: str = column("name", "The calendar's name")
    is_default: bool = column("isDefault", "Whether it is the user's own default calendar", default=False)
    enabled: bool = column("enabled", "Whether its events are synchronised: the user decides", default=False)
    can_disable: bool = column("canDisable", "Whether the user may decide that", default=False)
    share_dates_and_titles: pd.BooleanDtype = column("shareDatesAndTitles", "Whether team members see dates and titles")


class Events(FrameModel):
    """The events of the calendars that came from Entra, one row an event, sorted by id."""

    event_id: str = identity("id", "The event's id")
    calendar_id: str = identity(None, "The id of its calendar in Emply", unique=False)
    external_id: str = column("externalId", "The id of the Outlook event that it is, if it is one")
    origin: str = column("origin", "Where it was made: outlook or emply", default="outlook", isin=ORIGINS)
    title: str = column("title", "The event's title, as written")
    start: str = column(None, "When it starts (UTC)")
    end: str = column(None, "When it ends (UTC)")
    is_all_day: pd.BooleanDtype = column("isAllDay", "Whether it takes whole days")
    show_as: str = column("showAs", "free, tentative, busy, oof, workingElsewhere or unknown")
    change_key: str = column("changeKey", "Outlook's change key when it was written here")


def calendars(rows: Sequence[Row]) -> pd.DataFrame:
    """The frame `Calendars` of the rows of `calendars`. Raises SourceUnreadable."""
    return of_rows(Calendars, rows, "emply_calendars")


def events(rows: Mapping[str, Sequence[Row]]) -> pd.DataFrame:
    """The frame `Events` of the events of each calendar id. Raises SourceUnreadable."""
    places = list(chain.from_iterable(repeat(calendar, len(each)) for calendar, each in rows.items()))
    derived: dict[str, Derivation] = {
        "calendar_id": lambda _: places,
        "start": lambda rows: _times(rows, "start"),
        "end": lambda rows: _times(rows, "end"),
    }
    return of_rows(Events, list(chain.from_iterable(rows.values())), "emply_events", derived)


def by_calendar(rows: Sequence[Row], calendar_ids: Iterable[str]) -> dict[str, list[Row]]:
    """The events of these calendars by their ids, of a list of all events. Raises SourceUnreadable where an event does
    not say whose it is: then nobody knows which calendar lacks it."""
    found: dict[str, list[Row]] = {calendar_id: [] for calendar_id in calendar_ids}
    unplaced = [row for row in rows if not isinstance(row, Mapping) or not isinstance(row.get("calendarId"), str)]
    if unplaced:
        ids = [row.get("id") if isinstance(row, Mapping) else None for row in unplaced]
        raise SourceUnreadable("emply_events", sentence("calendar_id", "is not a text", len(unplaced), ids))
    for row in rows:
        if row["calendarId"] in found:
            found[row["calendarId"]].append(row)
    return found


def _times(rows: Sequence[Row], name: Literal["start", "end"]) -> list[object]:
    """The times of `name`, missing where there is none; what is written but no time is passed on, and refused."""
    return [None if row.get(name) is None else utc_second(row[name]) or NO_TIME for row in rows]
