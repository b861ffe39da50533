"""What the rules of E are asked about: Outlook's events, each with its calendar. No rule is decided here.

Not here: which of them Emply has (`emply_events`).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, as_text, both, is_among, positions, take_flag
from entra_emply.reconciliation.rules.calendar_subjects import as_one
from entra_emply.reconciliation.rules.days import with_dates
from entra_emply.reconciliation.rules.event_places import Places
from entra_emply.reconciliation.rules.event_window import is_within
from entra_emply.reconciliation.subjects import Subjects, once
from entra_emply.text import as_arrow, written


@once
def outlook_events(places: Places) -> "OutlookEvents":
    """Outlook's events."""
    return OutlookEvents(places)


@dataclass(frozen=True, eq=False)
class OutlookEvents(Subjects):
    """Outlook's events, a row each."""

    places: Places

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


def on_calendar(at: Rows, event_id: "pd.Series[str]") -> "pd.Series[str]":
    """Calendar and id of events as one text, missing where the calendar is none of the places."""
    return both(as_text(at), as_arrow(event_id)).where(at >= 0)


def in_mailbox(entra_id: "pd.Series[str]", event_id: "pd.Series[str]") -> "pd.Series[str]":
    """Owner and id of events as one text, missing where one of them is."""
    return both(as_arrow(entra_id), as_arrow(event_id))
