"""What has to be read beyond the lists: of which people, calendars and events a plan may speak. Pure; nothing is read.

More may be read than a plan uses: who waits for an approval is only known once the plan is made.
"""

import numpy as np
import pandas as pd

from assets.errors import SourceUnreadable
from assets.reconciliation import calendars, events, photos
from assets.reconciliation.lookup import is_among
from assets.reconciliation.people import People
from assets.reconciliation.world import World
from assets.text import trimmed

_A_FEW = 3
"""So many may be gone at any time: somebody took them away."""


def photos_of(people: People) -> list[str]:
    """P1: the Entra ids of the people whose photos count."""
    return photos.people_to_read(people).tolist()


def mailboxes_of(people: People) -> list[str]:
    """C1, C5: the Entra ids of the people whose mailboxes count, rooms included."""
    return calendars.people_to_read(people).tolist()


def emply_calendars_with_events(world: World) -> list[str]:
    """The ids of Emply's calendars that came from Entra, or were detached from one (C1)."""
    here, recorded = world.emply_calendars, world.state.calendars
    theirs = trimmed(here["external_id"]).notna() | is_among(here["calendar_id"], recorded["calendar_id"])
    return here.loc[theirs, "calendar_id"].tolist()


def events_of(people: People) -> tuple[pd.DataFrame, pd.DataFrame]:
    """E: the Entra calendars whose events count (entra_id, calendar_id), and the paired events (these and event_id),
    which count out of the window as well."""
    found = calendars.calendars(people, np.zeros(len(people.identities), dtype=bool))
    places, world = events.places_to_read(found), people.world
    pairs = world.state.event_pairs.rename(columns={"calendar_external_id": "calendar_id", "external_id": "event_id"})
    own = world.emply_events[world.emply_events["origin"] == "emply"].dropna(subset="external_id")
    named = found.here.merge(own[["calendar_id", "external_id"]], on="calendar_id", suffixes=("", "_event"))
    named = named[["entra_id", "external_id", "external_id_event"]].set_axis(
        ["entra_id", "calendar_id", "event_id"], axis=1
    )
    paired = pd.concat([pairs[["entra_id", "calendar_id", "event_id"]], named]).drop_duplicates()
    return places, paired.merge(places, on=["entra_id", "calendar_id"]).astype("str")


def require_recorded_calendars(world: World, emply_calendars: pd.DataFrame) -> None:
    """G5 for Emply's calendars: most of those that the pipeline made must still be there, or they would be made again.

    (Their number alone does not tell: switching the integration off takes all of them away.) Raises SourceUnreadable.
    """
    _require(world, "emply_calendars", world.state.calendars["calendar_id"], emply_calendars["calendar_id"])


def require_recorded_events(world: World, emply_events: pd.DataFrame) -> None:
    """G5 for Emply's events: most of those that were made in Outlook must still be there, or Outlook's would go (E2).

    Of the calendars that are read, by what the ledger recorded of them. Raises SourceUnreadable.
    """
    pairs, here = world.state.event_pairs, world.emply_calendars
    read = pairs[is_among(pairs["calendar_external_id"], here["external_id"])]
    _require(world, "emply_events", read["emply_event_id"], emply_events["event_id"])


def _require(world: World, source: str, recorded: "pd.Series[str]", read: "pd.Series[str]") -> None:
    there = int(is_among(recorded, read).sum())
    percent = world.settings.guards.min_rows_percent
    if len(recorded) - there > _A_FEW and there * 100 < percent * len(recorded):
        raise SourceUnreadable(
            source,
            f"{there} of the {len(recorded)} that the ledger has recorded are there, less than {percent:g} % (G5); "
            f"if that is right: sync --accept-shrink {source}",
        )
