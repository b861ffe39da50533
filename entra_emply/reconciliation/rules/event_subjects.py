"""What the rules of E are asked about: Outlook's events, Emply's and the recorded pairs, each with its calendar.
No rule is decided here.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import (
    Mask,
    Rows,
    as_text,
    both,
    is_among,
    is_text,
    joined,
    positions,
    take,
    take_flag,
)
from entra_emply.reconciliation.identities import once
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.rules.calendar_subjects import Calendars, as_one
from entra_emply.reconciliation.rules.calendars import renewed
from entra_emply.reconciliation.rules.days import with_dates
from entra_emply.reconciliation.rules.event_differences import CONTENT, Differences, content_of, differs
from entra_emply.reconciliation.rules.event_places import is_within, synchronised
from entra_emply.text import as_arrow, trimmed, written


@once
def places_of(calendars: Calendars) -> "Places":
    """The calendars whose events count."""
    return Places(calendars)


@once
def outlook_events(places: "Places") -> "OutlookEvents":
    """Outlook's events."""
    return OutlookEvents(places)


@once
def emply_events(places: "Places") -> "EmplyEvents":
    """Emply's events."""
    return EmplyEvents(places)


@once
def recorded_pairs(places: "Places") -> "RecordedPairs":
    """The recorded pairs."""
    return RecordedPairs(places)


@dataclass(frozen=True, eq=False)
class Places:
    """The calendars whose events count, a row each. `place` is an event's row here, -1 where its calendar is none."""

    calendars: Calendars
    answers: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        """How many calendars."""
        return len(self.frame)

    @property
    def inputs(self) -> Inputs:
        """What everything is computed from."""
        return self.calendars.identities.inputs

    @cached_property
    def synchronised(self) -> pd.DataFrame:
        """The calendars whose events E considers (`event_places.synchronised`)."""
        return synchronised(self.calendars)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Those `synchronised`, but without the enabled ones whose events were not read: unknown is not empty."""
        everything, read = self.synchronised, self.inputs.entra_cursors
        known = is_among(as_one(everything, "entra_id", "external_id"), as_one(read, "entra_id", "calendar_id"))
        counts = known | ~everything["enabled"].to_numpy(dtype=bool)
        return everything if counts.all() else everything[counts].reset_index(drop=True)

    def open_at(self, at: Rows) -> Mask:
        """Whether the calendars are enabled in Emply."""
        return take_flag(self.frame["enabled"], at)

    def at_place(self, of: "pd.Series[str]") -> Rows:
        """Where rows are; `of`: the owner's Entra id and the calendar's as one text."""
        return positions(of, as_one(self.frame, "entra_id", "external_id"))

    def in_synchronised(self, of: "pd.Series[str]") -> Mask:
        """Which rows are in one of those `synchronised`; `of`: see `at_place`."""
        return is_among(of, as_one(self.synchronised, "entra_id", "external_id"))

    def owners(self, at: Rows, elsewhere: Rows) -> Rows:
        """Whose the calendars are; `elsewhere` has the owners of rows that are on none."""
        return np.where(at >= 0, np.append(self.frame["person"].to_numpy(), -1)[at], elsewhere)

    def owner_ids(self, at: Rows) -> "pd.Series[str]":
        """The Entra ids of those whose calendars they are."""
        return take(self.frame["entra_id"], at)

    def calendar_ids(self, at: Rows) -> "pd.Series[str]":
        """The Entra ids of the calendars."""
        return take(self.frame["external_id"], at)


@dataclass(frozen=True, eq=False)
class OutlookEvents:
    """Outlook's events, a row each."""

    places: Places
    answers: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        """How many events."""
        return len(self.places.inputs.entra_events)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The columns of `entra_events`; all-day events have dates (E0)."""
        given, identities = self.places.inputs.entra_events, self.places.calendars.identities
        given = given.assign(**{name: written(given[name]) for name in ("title", "show_as", "change_key")})
        if not self.all_day.any():
            return given
        owner = positions(given["entra_id"], identities.inputs.entra_users["entra_id"])
        return with_dates(given, self.all_day, owner, identities)

    @cached_property
    def all_day(self) -> Mask:
        """Which take whole days."""
        return self.places.inputs.entra_events["is_all_day"].fillna(False).to_numpy(dtype=bool)

    @property
    def cancelled(self) -> Mask:
        """E0: which are called off."""
        return self.places.inputs.entra_events["cancelled"].to_numpy(dtype=bool)

    @property
    def declined(self) -> Mask:
        """E0: which the owner declined."""
        return self.places.inputs.entra_events["declined"].to_numpy(dtype=bool)

    @cached_property
    def may_be_written(self) -> Mask:
        """Which stand in a calendar with `canEdit`, or in a room's default calendar."""
        of, identities = self.places.inputs.entra_calendars, self.places.calendars.identities
        row = positions(as_one(self.frame, "entra_id", "calendar_id"), as_one(of, "entra_id", "calendar_id"))
        rooms = identities.frame["entra_id"][identities.in_room]
        of_room = is_among(self.frame["entra_id"], rooms) & take_flag(of["is_default"], row)
        return take_flag(of["can_edit"], row) | of_room

    @cached_property
    def place(self) -> Rows:
        """Their calendars, as rows of `places`; -1: none of them."""
        return self.places.at_place(as_one(self.places.inputs.entra_events, "entra_id", "calendar_id"))

    @cached_property
    def synchronised(self) -> Mask:
        """Whose calendars are kept in step."""
        return self.places.in_synchronised(as_one(self.places.inputs.entra_events, "entra_id", "calendar_id"))

    @cached_property
    def within(self) -> Mask:
        """Which are in the window."""
        return is_within(self.frame, self.places.inputs).to_numpy(dtype=bool)

    @cached_property
    def key(self) -> "pd.Series[str]":
        """Calendar and id as one text, missing where the calendar is none of the places."""
        return on_calendar(self.place, self.frame["event_id"])

    @cached_property
    def in_mailbox(self) -> "pd.Series[str]":
        """Owner and id as one text."""
        given = self.places.inputs.entra_events
        return in_mailbox(given["entra_id"], given["event_id"])

    @cached_property
    def person(self) -> Rows:
        """Whose they are, as rows of people; -1: nobody's."""
        elsewhere = np.full(len(self), -1, dtype=np.int64)
        lost = np.flatnonzero(self.place < 0)
        users = self.places.calendars.identities.inputs.entra_users["entra_id"]
        elsewhere[lost] = positions(self.frame["entra_id"].iloc[lost], users)
        return self.places.owners(self.place, elsewhere)

    def find(self, entra_id: "pd.Series[str]", event_id: "pd.Series[str]") -> Rows:
        """The rows of events, by owner and id, in whichever calendar they stand; -1 where they are gone."""
        return positions(in_mailbox(entra_id, event_id), self.in_mailbox)


@dataclass(frozen=True, eq=False)
class EmplyEvents:
    """Emply's events, a row each, of either origin."""

    places: Places
    answers: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        """How many events."""
        return len(self.given)

    @property
    def outlook(self) -> OutlookEvents:
        """Outlook's side."""
        return outlook_events(self.places)

    @property
    def recorded(self) -> "RecordedPairs":
        """The recorded pairs."""
        return recorded_pairs(self.places)

    @property
    def given(self) -> pd.DataFrame:
        """`emply_events` as they were read."""
        return self.places.inputs.emply_events

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The columns of `emply_events`; all-day events have dates, too where Outlook alone says that they are (E0)."""
        given = self.given.assign(**{name: written(self.given[name]) for name in ("title", "show_as", "change_key")})
        unset = given["is_all_day"].isna().to_numpy(dtype=bool) & np.append(self.outlook.all_day, False)[self.there]
        all_day = given["is_all_day"].fillna(False).to_numpy(dtype=bool) | unset
        return with_dates(given, all_day, self.person, self.places.calendars.identities)

    @cached_property
    def own(self) -> Mask:
        """Those that were made in Emply."""
        return is_text(self.given["origin"], "emply")

    @cached_property
    def external_id(self) -> "pd.Series[str]":
        """The ids of the Outlook events that they name."""
        return trimmed(self.given["external_id"]).reset_index(drop=True)

    @cached_property
    def place(self) -> Rows:
        """Their calendars."""
        return positions(self.given["calendar_id"], self.places.frame["calendar_id"])

    @cached_property
    def synchronised(self) -> Mask:
        """Whose calendars are kept in step."""
        return is_among(self.given["calendar_id"], self.places.synchronised["calendar_id"])

    @cached_property
    def owner_id(self) -> "pd.Series[str]":
        """The Entra ids of those whose calendars they are in, whether these come from Entra or not."""
        identities, of = self.places.calendars.identities, self.places.inputs.emply_calendars
        user = take(of["user_id"], positions(self.given["calendar_id"], of["calendar_id"]))
        by_login = take(identities.frame["entra_id"], positions(user, identities.frame["emply_user_id"]))
        return self.places.owner_ids(self.place).fillna(by_login)

    @cached_property
    def here(self) -> Rows:
        """The rows of the Outlook events that they are, as far as these are in the same calendar; -1 for none."""
        return positions(on_calendar(self.place, self.external_id), self.outlook.key)

    @cached_property
    def there(self) -> Rows:
        """The rows of the Outlook events that they are, or are paired with; -1 for none."""
        return self.outlook.find(self.places.owner_ids(self.place), self.outlook_id)

    @cached_property
    def within(self) -> Mask:
        """Which are in the window."""
        return is_within(self.frame, self.places.inputs).to_numpy(dtype=bool)

    @cached_property
    def person(self) -> Rows:
        """Whose they are, -1: nobody's whose calendars come from Entra."""
        elsewhere = np.full(len(self), -1, dtype=np.int64)
        lost, here = np.flatnonzero(self.place < 0), self.places.calendars.of_emply
        row = positions(self.given["calendar_id"].iloc[lost], here.frame["calendar_id"])
        elsewhere[lost] = np.append(here.person, -1)[row]
        return self.places.owners(self.place, elsewhere)

    @cached_property
    def recorded_row(self) -> Rows:
        """The recorded pairs of which they are an end, -1 for none."""
        return np.where(self.own, positions(self.given["event_id"], self.recorded.frame["emply_event_id"]), -1)

    @cached_property
    def outlook_id(self) -> "pd.Series[str]":
        """The Outlook events that they are paired with: recorded for this owner, or named by the event itself."""
        row, recorded = self.recorded_row, self.recorded
        external = take(recorded.frame["external_id"], row).where(row >= 0, self.external_id)
        whose = take(recorded.frame["entra_id"], row)
        return external.where((row < 0) | (whose == self.places.owner_ids(self.place)).to_numpy(dtype=bool))

    @cached_property
    def differences(self) -> "Differences":
        """What differs in Outlook of those whose pair is there."""
        rows = np.flatnonzero(self.own & (self.there >= 0))
        ours, theirs = content_of(self.frame, rows), content_of(self.outlook.frame, self.there[rows])
        return Differences(rows, {name: differs(ours[name], theirs[name]) for name in CONTENT})


@dataclass(frozen=True, eq=False)
class RecordedPairs:
    """The recorded pairs of an event of Emply's and one of Outlook's, a row each."""

    places: Places
    answers: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        """How many pairs."""
        return len(self.frame)

    @property
    def outlook(self) -> OutlookEvents:
        """Outlook's side."""
        return outlook_events(self.places)

    @property
    def frame(self) -> pd.DataFrame:
        """emply_event_id, external_id, entra_id, calendar_external_id."""
        return self.places.inputs.state.event_pairs

    @cached_property
    def calendar_id(self) -> "pd.Series[str]":
        """Their recorded Entra calendars, under the ids that these have now (C1a)."""
        calendars, new = self.places.calendars, renewed(self.places.calendars)
        if not len(new):
            return self.frame["calendar_external_id"]
        before = take(as_one(calendars.of_emply.frame, "entra_id", "external_id"), new.emply)
        row = positions(as_one(self.frame, "entra_id", "calendar_external_id"), before)
        after = take(calendars.of_entra.frame["external_id"], np.append(new.entra, -1)[row])
        return after.fillna(self.frame["calendar_external_id"])

    @cached_property
    def recorded_place(self) -> "pd.Series[str]":
        """Owner and recorded calendar as one text."""
        return joined(self.frame["entra_id"], self.calendar_id)

    @cached_property
    def moved(self) -> Mask:
        """Whose recorded calendar is gone: they are where their events stand."""
        of = self.places.inputs.entra_calendars
        return ~is_among(self.recorded_place, as_one(of, "entra_id", "calendar_id"))

    @cached_property
    def place(self) -> Rows:
        """The calendars that must be enabled: the recorded ones; where these are gone, those where the events stand."""
        stands = np.append(self.outlook.place, -1)[self.there]
        return np.where(self.moved, stands, self.places.at_place(self.recorded_place))

    @cached_property
    def synchronised(self) -> Mask:
        """Whose calendars are kept in step."""
        stands = np.append(self.outlook.synchronised, False)[self.there]
        return np.where(self.moved, stands, self.places.in_synchronised(self.recorded_place))

    @cached_property
    def person(self) -> Rows:
        """Whose they are."""
        return positions(self.frame["entra_id"], self.places.inputs.entra_users["entra_id"])

    @cached_property
    def there(self) -> Rows:
        """The rows of their Outlook events, -1 where they are gone."""
        return self.outlook.find(self.frame["entra_id"], self.frame["external_id"])

    @cached_property
    def gone_from_emply(self) -> Mask:
        """Whose event in Emply is gone."""
        return ~is_among(self.frame["emply_event_id"], self.places.inputs.emply_events["event_id"])


@once
def paired(outlook: OutlookEvents) -> Mask:
    """Which of Outlook's events belong to a pair of the owner's, recorded or named by an event of Emply's own."""
    emply = emply_events(outlook.places)
    recorded = emply.recorded.frame
    known = [
        in_mailbox(recorded["entra_id"], recorded["external_id"]),
        in_mailbox(emply.owner_id[emply.own], emply.external_id[emply.own]),
    ]
    return is_among(outlook.in_mailbox, pd.concat(known, ignore_index=True))


@once
def held(outlook: OutlookEvents) -> Rows:
    """The rows of Emply's events that Outlook's are, -1 for none."""
    emply = emply_events(outlook.places)
    return positions(outlook.key, on_calendar(emply.place, emply.external_id))


def on_calendar(at: Rows, event_id: "pd.Series[str]") -> "pd.Series[str]":
    """Calendar and id of events as one text, missing where the calendar is none of the places."""
    return both(as_text(at), as_arrow(event_id)).where(at >= 0)


def in_mailbox(entra_id: "pd.Series[str]", event_id: "pd.Series[str]") -> "pd.Series[str]":
    """Owner and id of events as one text, missing where one of them is."""
    return both(as_arrow(entra_id), as_arrow(event_id))
