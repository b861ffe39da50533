"""What E has to know of Outlook: the calendars whose events count, and the events of pairs, wherever they stand (E0).

Decided before anything of it was read. No rule is decided here.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, is_among, joined
from entra_emply.reconciliation.rules.calendar_subjects import Calendars, as_one
from entra_emply.reconciliation.rules.emply_events import EmplyEvents, emply_events
from entra_emply.reconciliation.rules.event_places import places_of
from entra_emply.reconciliation.rules.event_window import is_within
from entra_emply.reconciliation.rules.recorded_pairs import RecordedPairs, recorded_pairs

_DATES_OFF = 2
"""Days, at most, that the dates of an all-day event may be from its instants: fourteen hours, and the day's end."""


def places_to_read(calendars: Calendars) -> pd.DataFrame:
    """The Entra calendars whose events E may ask for: entra_id, calendar_id."""
    of = places_of(calendars).synchronised
    return of.loc[of["enabled"], ["entra_id", "external_id"]].rename(columns={"external_id": "calendar_id"})


def pairs_to_read(calendars: Calendars, read: pd.DataFrame) -> pd.DataFrame:
    """The Outlook events of pairs that E may ask for: entra_id, event_id. read: `places_to_read`.

    They are those of enabled calendars. An event that Emply has out of the window matters only where Outlook may have
    it in the window and in a calendar that is not read.
    """
    places = places_of(_as_if_read(calendars, read))
    ours, recorded = emply_events(places), recorded_pairs(places)
    rows = np.flatnonzero(ours.own & places.open_at(ours.place) & (_near(ours) | _may_be_elsewhere(ours, read)))
    of_emply = pd.DataFrame(
        {"entra_id": ours.owner_id.take(rows).array, "event_id": ours.outlook_id.take(rows).array}, dtype="str"
    )
    gone = recorded.frame[recorded.gone_from_emply & (places.open_at(recorded.place) | _place_is_gone(recorded, read))]
    gone = gone[["entra_id", "external_id"]].rename(columns={"external_id": "event_id"})
    return pd.concat([of_emply, gone], ignore_index=True).dropna().drop_duplicates(ignore_index=True)


def _as_if_read(calendars: Calendars, read: pd.DataFrame) -> Calendars:
    """The calendars as they are once these were read, and no event was found."""
    inputs = calendars.identities.inputs
    cursors = read.reindex(columns=inputs.entra_cursors.columns, fill_value="").astype("str")
    found = inputs.with_frames({"entra_cursors": cursors, "entra_events": inputs.entra_events.head(0)})
    return replace(calendars, identities=replace(calendars.identities, inputs=found))


def _near(ours: EmplyEvents) -> Mask:
    """Which are in the window, or may be by the dates that Outlook says they have (E0)."""
    return is_within(ours.frame, ours.places.inputs, more_days=_DATES_OFF).to_numpy(dtype=bool)


def _may_be_elsewhere(ours: EmplyEvents, read: pd.DataFrame) -> Mask:
    """Whose owners have a calendar that may be written to and is not read."""
    there = ours.places.inputs.entra_calendars
    writable = (there["can_edit"] | there["is_default"]).to_numpy(dtype=bool)
    unread = writable & ~is_among(as_one(there, "entra_id", "calendar_id"), as_one(read, "entra_id", "calendar_id"))
    return is_among(ours.owner_id, there.loc[unread, "entra_id"])


def _place_is_gone(recorded: RecordedPairs, read: pd.DataFrame) -> Mask:
    """Whose recorded calendars are gone: their events may stand in another of the owner's."""
    named, there = joined(recorded.frame["entra_id"], recorded.calendar_id), recorded.places.inputs.entra_calendars
    gone = ~is_among(named, as_one(there, "entra_id", "calendar_id"))
    return gone & is_among(recorded.frame["entra_id"], read["entra_id"])
