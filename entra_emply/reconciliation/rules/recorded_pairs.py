"""What the rules of E are asked about: the recorded pairs of an event of Emply's and one of Outlook's, each with its
calendar. No rule is decided here.

Not here: pairs that an event of Emply's own names by itself (`emply_events`).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, is_among, joined, positions, take, take_flag, take_numbers
from entra_emply.reconciliation.rules.calendar_subjects import as_one
from entra_emply.reconciliation.rules.calendars import renewed
from entra_emply.reconciliation.rules.event_places import Places
from entra_emply.reconciliation.rules.outlook_events import OutlookEvents, outlook_events
from entra_emply.reconciliation.subjects import Subjects, once


@once
def recorded_pairs(places: Places) -> "RecordedPairs":
    """The recorded pairs."""
    return RecordedPairs(places)


@dataclass(frozen=True, eq=False)
class RecordedPairs(Subjects):
    """The recorded pairs of an event of Emply's and one of Outlook's, a row each."""

    places: Places

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
        after = take(calendars.of_entra.frame["external_id"], take_numbers(new.entra, row))
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
        stands = take_numbers(self.outlook.place, self.there)
        return np.where(self.moved, stands, self.places.at_place(self.recorded_place))

    @cached_property
    def synchronised(self) -> Mask:
        """Whose calendars are kept in step."""
        stands = take_flag(self.outlook.synchronised, self.there)
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
