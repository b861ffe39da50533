"""What the rules of E are asked about: Emply's events, each with its calendar and with what it is in Outlook; and, the
other way round, which of Outlook's events Emply has. No rule is decided here.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, is_among, is_text, positions, take, take_flag, take_numbers
from entra_emply.reconciliation.rules.days import with_dates
from entra_emply.reconciliation.rules.event_differences import CONTENT, Differences, content_of, differs
from entra_emply.reconciliation.rules.event_places import Places
from entra_emply.reconciliation.rules.event_window import is_within
from entra_emply.reconciliation.rules.outlook_events import OutlookEvents, in_mailbox, on_calendar, outlook_events
from entra_emply.reconciliation.rules.recorded_pairs import RecordedPairs, recorded_pairs
from entra_emply.reconciliation.subjects import Subjects, once
from entra_emply.text import trimmed, written


@once
def emply_events(places: Places) -> "EmplyEvents":
    """Emply's events."""
    return EmplyEvents(places)


@dataclass(frozen=True, eq=False)
class EmplyEvents(Subjects):
    """Emply's events, a row each, of either origin."""

    places: Places

    def __len__(self) -> int:
        """How many events."""
        return len(self.given)

    @property
    def outlook(self) -> OutlookEvents:
        """Outlook's side."""
        return outlook_events(self.places)

    @property
    def recorded(self) -> RecordedPairs:
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
        unset = given["is_all_day"].isna().to_numpy(dtype=bool) & take_flag(self.outlook.all_day, self.there)
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
        elsewhere[lost] = take_numbers(here.person, row)
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
    def differences(self) -> Differences:
        """What differs in Outlook of those whose pair is there."""
        rows = np.flatnonzero(self.own & (self.there >= 0))
        ours, theirs = content_of(self.frame, rows), content_of(self.outlook.frame, self.there[rows])
        return Differences(rows, {name: differs(ours[name], theirs[name]) for name in CONTENT})


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
def in_emply(outlook: OutlookEvents) -> Rows:
    """The rows of Emply's events that Outlook's are, -1 for none."""
    emply = emply_events(outlook.places)
    return positions(outlook.key, on_calendar(emply.place, emply.external_id))
