"""What has to be read beyond the lists: of which people, calendars and events a plan may speak. Pure; nothing is read.

More may be read than a plan uses: who waits for an approval is only known once the plan is made.
"""

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import is_among
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.rules import calendars, events, photos
from entra_emply.reconciliation.rules.calendar_subjects import Calendars
from entra_emply.text import trimmed


def photos_of(identities: Identities) -> list[str]:
    """P1: the Entra ids of the people whose photos count."""
    return photos.people_to_read(identities).tolist()


def mailboxes_of(identities: Identities) -> list[str]:
    """C1, C5: the Entra ids of the people whose mailboxes count, rooms included."""
    return calendars.people_to_read(identities).tolist()


def emply_calendars_with_events(inputs: Inputs) -> list[str]:
    """The ids of Emply's calendars that came from Entra, or were detached from one (C1)."""
    here, recorded = inputs.emply_calendars, inputs.state.calendars
    theirs = trimmed(here["external_id"]).notna() | is_among(here["calendar_id"], recorded["calendar_id"])
    return here.loc[theirs, "calendar_id"].tolist()


def events_of(identities: Identities) -> tuple[pd.DataFrame, pd.DataFrame]:
    """E: the Entra calendars whose events count (entra_id, calendar_id), and the paired events (these and event_id),
    which count out of the window as well, unless Emply has them and out of it too."""
    found = Calendars(identities, np.zeros(len(identities), dtype=bool))
    places, inputs = events.places_to_read(found), identities.inputs
    within = events.is_within(inputs.emply_events, inputs)
    pairs = inputs.state.event_pairs.rename(columns={"calendar_external_id": "calendar_id", "external_id": "event_id"})
    pairs = pairs[~is_among(pairs["emply_event_id"], inputs.emply_events.loc[~within, "event_id"])]
    own = inputs.emply_events[within & (inputs.emply_events["origin"] == "emply")].dropna(subset="external_id")
    named = found.of_emply.frame.merge(own[["calendar_id", "external_id"]], on="calendar_id", suffixes=("", "_event"))
    named = named[["entra_id", "external_id", "external_id_event"]].set_axis(
        ["entra_id", "calendar_id", "event_id"], axis=1
    )
    paired = pd.concat([pairs[["entra_id", "calendar_id", "event_id"]], named]).drop_duplicates()
    return places, paired.merge(places, on=["entra_id", "calendar_id"]).astype("str")
