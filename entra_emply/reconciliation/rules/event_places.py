"""The calendars in which E looks at events: those that are kept in step after the plan.

Not here: the events themselves (`outlook_events`, `emply_events`, `recorded_pairs`), when they count (`event_window`),
and which are read (`event_reads`).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import (
    Mask,
    Rows,
    is_among,
    positions,
    repeated,
    stacked,
    take,
    take_flag,
    take_numbers,
)
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.rules.calendar_subjects import Calendars, as_one
from entra_emply.reconciliation.rules.calendars import C2, added, attached, comes_enabled, wanted_still
from entra_emply.reconciliation.rules.kept_calendars import new_ids
from entra_emply.reconciliation.subjects import Subjects, once


@once
def places_of(calendars: Calendars) -> "Places":
    """The calendars whose events count."""
    return Places(calendars)


@dataclass(frozen=True, eq=False)
class Places(Subjects):
    """The calendars whose events count, a row each. `place` is an event's row here, -1 where its calendar is none."""

    calendars: Calendars

    def __len__(self) -> int:
        """How many calendars."""
        return len(self.frame)

    @property
    def inputs(self) -> Inputs:
        """What everything is computed from."""
        return self.calendars.identities.inputs

    @cached_property
    def synchronised(self) -> pd.DataFrame:
        """The calendars that are kept in step after the plan, whether their events were read or not."""
        return _synchronised(self.calendars)

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
        return np.where(at >= 0, take_numbers(self.frame["person"], at), elsewhere)

    def owner_ids(self, at: Rows) -> "pd.Series[str]":
        """The Entra ids of those whose calendars they are."""
        return take(self.frame["entra_id"], at)

    def calendar_ids(self, at: Rows) -> "pd.Series[str]":
        """The Entra ids of the calendars."""
        return take(self.frame["external_id"], at)


def _synchronised(calendars: Calendars) -> pd.DataFrame:
    """The calendars that stay (under the ids that they get), are attached or added: person, entra_id, user_id,
    external_id, calendar_id, enabled.
    """
    here, entra, there = calendars.of_emply, calendars.of_entra, calendars.identities.inputs.emply_calendars
    again, new = attached(calendars), added(calendars)
    stays = np.flatnonzero(wanted_still.holds(here, np.arange(len(here))))
    comes = np.concatenate([again.entra, new])
    texts = {
        name: stacked(take(of, stays), take(entra.frame[name], comes))
        for name, of in (
            ("entra_id", here.frame["entra_id"]),
            ("user_id", here.frame["user_id"]),
            ("external_id", new_ids(calendars)),
        )
    }
    ids = (take(here.frame["calendar_id"], stays), take(there["calendar_id"], again.emply), repeated(None, len(new)))
    enabled = (~C2.acts(here)[stays], there["enabled"].to_numpy(dtype=bool)[again.emply], comes_enabled(entra)[new])
    return pd.DataFrame(
        {
            "person": np.concatenate([here.person[stays], entra.person[comes]]),
            **{name: column.array for name, column in texts.items()},
            "calendar_id": stacked(*ids).array,
            "enabled": np.concatenate(enabled),
        },
        copy=False,
    )
