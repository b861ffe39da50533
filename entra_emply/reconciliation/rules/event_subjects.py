"""What the rules of E are asked about: Outlook's events, Emply's and the recorded pairs, each with its calendar.
No rule is decided here.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, is_among, positions, same_text, take, take_flag
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.rules.calendar_subjects import Calendars, as_one
from entra_emply.reconciliation.rules.calendars import C2, added, attached, comes_enabled, wanted_still, with_owner
from entra_emply.reconciliation.settings import CalendarWindow
from entra_emply.text import trimmed

CONTENT = ["title", "start", "end", "is_all_day", "show_as"]


def window(now: datetime, of: CalendarWindow) -> tuple[str, str]:
    """Start and end of the window, at 00:00 UTC: `[today - days_back, today + days_ahead + 1 day)`."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    ends = (today - timedelta(days=of.days_back), today + timedelta(days=of.days_ahead + 1))
    start, end = (f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in ends)
    return start, end


def is_within(events: pd.DataFrame, inputs: Inputs) -> "pd.Series[bool]":
    """Which events (start, end) overlap the window; touching is not overlapping."""
    start, end = window(inputs.now, inputs.settings.calendar_window)
    return (events["start"] < end).fillna(False) & (events["end"] > start).fillna(False)


def places(calendars: Calendars) -> pd.DataFrame:
    """The calendars that stay, are attached or added: person, entra_id, user_id, external_id, calendar_id, enabled."""
    columns = ["person", "entra_id", "user_id", "external_id", "calendar_id", "enabled"]
    here = calendars.of_emply
    kept = wanted_still.holds(here, np.arange(len(here)))
    stays = here.frame[kept].assign(enabled=~C2.acts(here)[kept])[columns]
    again = with_owner(calendars.identities, attached(calendars))[columns]
    new = with_owner(calendars.identities, added(calendars))
    new = new.assign(calendar_id=pd.Series([None] * len(new), dtype="str").array, enabled=comes_enabled(new))[columns]
    return pd.concat([stays, again, new], ignore_index=True).astype({"enabled": "bool", "person": "int64"})


@dataclass(frozen=True, eq=False)
class Events:
    """The events of both sides. `place` is the row of an event's calendar among `places`, -1 elsewhere."""

    calendars: Calendars

    @property
    def inputs(self) -> Inputs:
        """What everything is computed from."""
        return self.calendars.identities.inputs

    @cached_property
    def places(self) -> pd.DataFrame:
        """`places`, but those whose events were not read: unknown is not empty."""
        everything, read = places(self.calendars), self.inputs.entra_cursors
        known = is_among(as_one(everything, "entra_id", "external_id"), as_one(read, "entra_id", "calendar_id"))
        return everything[known | ~everything["enabled"].to_numpy()].reset_index(drop=True)

    @cached_property
    def outlook(self) -> "OutlookEvents":
        """Outlook's events."""
        return OutlookEvents(self)

    @cached_property
    def emply(self) -> "EmplyEvents":
        """Emply's events."""
        return EmplyEvents(self)

    @cached_property
    def recorded(self) -> "RecordedPairs":
        """The recorded pairs."""
        return RecordedPairs(self)

    def open_at(self, at: Rows) -> Mask:
        """Whether the calendars are enabled in Emply."""
        return take_flag(self.places["enabled"], at)

    def at_place(self, of: pd.DataFrame, calendar: str) -> Rows:
        """Where rows of entra_id and the id of a calendar are."""
        return positions(as_one(of, "entra_id", calendar), as_one(self.places, "entra_id", "external_id"))

    def owners(self, at: Rows, elsewhere: Rows) -> Rows:
        """Whose the calendars are; `elsewhere` has the owners of rows that are on none."""
        return np.where(at >= 0, np.append(self.places["person"].to_numpy(), -1)[at], elsewhere)

    def their_row(self, at: Rows, external_id: "pd.Series[str]") -> Rows:
        """The rows of Outlook events, by calendar and id; -1 where they are gone."""
        return positions(on_calendar(at, external_id), self.outlook.key)

    def of_places(self, at: Rows) -> pd.DataFrame:
        """Whose and where, for drafts: person, entra_id, user_id, calendar_external_id, one row each of `at`."""
        columns = ["person", "entra_id", "user_id", "external_id"]
        return self.places.loc[at, columns].rename(columns={"external_id": "calendar_external_id"})


@dataclass(frozen=True, eq=False)
class OutlookEvents:
    """Outlook's events, a row each."""

    events: Events
    answers: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        """How many events."""
        return len(self.frame)

    @property
    def frame(self) -> pd.DataFrame:
        """The columns of `entra_events`."""
        return self.events.inputs.entra_events

    @cached_property
    def place(self) -> Rows:
        """Their calendars."""
        return self.events.at_place(self.frame, "calendar_id")

    @cached_property
    def within(self) -> Mask:
        """Which are in the window."""
        return is_within(self.frame, self.events.inputs).to_numpy(dtype=bool)

    @cached_property
    def key(self) -> "pd.Series[str]":
        """Calendar and id as one text, missing where the calendar is none of the places."""
        return on_calendar(self.place, self.frame["event_id"])

    @cached_property
    def person(self) -> Rows:
        """Whose they are."""
        elsewhere = np.full(len(self), -1, dtype=np.int64)
        lost = np.flatnonzero(self.place < 0)
        users = self.events.calendars.identities.inputs.entra_users["entra_id"]
        elsewhere[lost] = positions(self.frame["entra_id"].iloc[lost], users)
        return self.events.owners(self.place, elsewhere)

    @cached_property
    def paired(self) -> Mask:
        """Which belong to a pair."""
        ours, recorded = self.events.emply, self.events.recorded
        own = (ours.frame["origin"] == "emply").to_numpy(dtype=bool)
        known = [
            on_calendar(recorded.place, recorded.frame["external_id"]),
            on_calendar(ours.place[own], ours.external_id[own]),
        ]
        return is_among(self.key, pd.concat(known, ignore_index=True))

    @cached_property
    def held(self) -> Rows:
        """The rows of Emply's events that they are, -1 for none."""
        return positions(self.key, on_calendar(self.events.emply.place, self.events.emply.external_id))


@dataclass(frozen=True, eq=False)
class EmplyEvents:
    """Emply's events, a row each, of either origin."""

    events: Events
    answers: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        """How many events."""
        return len(self.frame)

    @property
    def frame(self) -> pd.DataFrame:
        """The columns of `emply_events`."""
        return self.events.inputs.emply_events

    @cached_property
    def external_id(self) -> "pd.Series[str]":
        """The ids of the Outlook events that they name."""
        return trimmed(self.frame["external_id"]).reset_index(drop=True)

    @cached_property
    def place(self) -> Rows:
        """Their calendars."""
        return positions(self.frame["calendar_id"], self.events.places["calendar_id"])

    @cached_property
    def within(self) -> Mask:
        """Which are in the window."""
        return is_within(self.frame, self.events.inputs).to_numpy(dtype=bool)

    @cached_property
    def person(self) -> Rows:
        """Whose they are, -1: nobody's whose calendars come from Entra."""
        elsewhere = np.full(len(self), -1, dtype=np.int64)
        lost, here = np.flatnonzero(self.place < 0), self.events.calendars.of_emply
        row = positions(self.frame["calendar_id"].iloc[lost], here.frame["calendar_id"])
        elsewhere[lost] = np.append(here.person, -1)[row]
        return self.events.owners(self.place, elsewhere)

    @cached_property
    def recorded_row(self) -> Rows:
        """The recorded pairs of which they are an end, -1 for none."""
        return positions(self.frame["event_id"], self.events.recorded.frame["emply_event_id"])

    @cached_property
    def outlook_id(self) -> "pd.Series[str]":
        """The Outlook events that they are paired with: recorded for this calendar, or named by the event itself."""
        row, recorded = self.recorded_row, self.events.recorded
        external = take(recorded.frame["external_id"], row).where(row >= 0, self.external_id)
        elsewhere = (row >= 0) & (np.append(recorded.place, -1)[row] != self.place)
        return external.where(~elsewhere)

    @cached_property
    def differences(self) -> pd.DataFrame:
        """What differs in Outlook of those whose pair is there, by CONTENT; indexed by their rows, with `their_row`."""
        own = (self.frame["origin"] == "emply").to_numpy(dtype=bool) & self.outlook_id.notna().to_numpy(dtype=bool)
        rows = np.flatnonzero(own)
        their_row = self.events.their_row(self.place[rows], self.outlook_id.iloc[rows])
        rows, their_row = rows[their_row >= 0], their_row[their_row >= 0]
        ours = self.frame.take(rows).reset_index(drop=True)
        theirs = self.events.outlook.frame.take(their_row).reset_index(drop=True)
        pairs = {name: _differs(ours[name], theirs[name]) for name in CONTENT}
        return pd.DataFrame(pairs, index=rows).assign(their_row=their_row)


@dataclass(frozen=True, eq=False)
class RecordedPairs:
    """The recorded pairs of an event of Emply's and one of Outlook's, a row each."""

    events: Events
    answers: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        """How many pairs."""
        return len(self.frame)

    @property
    def frame(self) -> pd.DataFrame:
        """emply_event_id, external_id, entra_id, calendar_external_id."""
        return self.events.inputs.state.event_pairs

    @cached_property
    def place(self) -> Rows:
        """Their calendars."""
        return self.events.at_place(self.frame, "calendar_external_id")

    @cached_property
    def person(self) -> Rows:
        """Whose they are."""
        return positions(self.frame["entra_id"], self.events.inputs.entra_users["entra_id"])

    @cached_property
    def there(self) -> Rows:
        """The rows of their Outlook events, -1 where they are gone."""
        return self.events.their_row(self.place, self.frame["external_id"])

    @cached_property
    def gone_from_emply(self) -> Mask:
        """Whose event in Emply is gone."""
        return ~is_among(self.frame["emply_event_id"], self.events.inputs.emply_events["event_id"])


def on_calendar(at: Rows, event_id: "pd.Series[str]") -> "pd.Series[str]":
    """Calendar and id of events as one text, missing where the calendar is none of the places."""
    where = pd.Series(at)
    return (where.astype("str") + "\x1f" + event_id.reset_index(drop=True)).where(where >= 0).astype("str")


def _differs(ours: "pd.Series[Any]", theirs: "pd.Series[Any]") -> Mask:
    """Set in Emply and not the same in Outlook; text is compared trimmed."""
    if ours.dtype == "boolean":
        return (ours.notna() & ~(ours == theirs).fillna(False)).to_numpy(dtype=bool)
    return (trimmed(ours).notna()).to_numpy(dtype=bool) & ~same_text(trimmed(ours), trimmed(theirs))
