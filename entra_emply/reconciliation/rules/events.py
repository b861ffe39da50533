"""E: events between Outlook and Emply, on the calendars that C keeps. Times are text in UTC to the second (E3).

Outlook leads its own events (E1), Emply its own (E2): an event of Emply's that was made in Outlook is one of a pair,
and a pair is never imported.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, is_among, positions, same_text, take, take_flag
from entra_emply.reconciliation.identities import actions, together
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.rules.calendars import Calendars, as_one, with_ids, with_owner
from entra_emply.reconciliation.settings import CalendarWindow
from entra_emply.text import trimmed

_PRIVATE = "Private"
_NAMES = {
    "external_id": "externalId",
    "calendar_external_id": "calendarExternalId",
    "emply_event_id": "emplyEventId",
    "title": "title",
    "start": "start",
    "end": "end",
    "is_all_day": "isAllDay",
    "show_as": "showAs",
    "change_key": "changeKey",
}
_CONTENT = ["title", "start", "end", "is_all_day", "show_as"]


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


def places_to_read(found: Calendars) -> pd.DataFrame:
    """The Entra calendars whose events E may ask for: entra_id, calendar_id."""
    places = _places(found)
    return places.loc[places["enabled"], ["entra_id", "external_id"]].rename(columns={"external_id": "calendar_id"})


def actions_of(found: Calendars) -> pd.DataFrame:
    """E1 and E2, drafted."""
    both = _Both(found)
    if both.places.empty:
        return actions(pd.Index([], dtype="int64"), "emply.delete_event", "E1")
    return together([_deletions(both), *_imports(both), _creations(both), *_updates(both), _withdrawals(both)])


def ended_pairs(found: Calendars) -> pd.DataFrame:
    """E2: recorded pairs (emply_event_id) of enabled calendars with both ends gone, to be forgotten."""
    remembered = found.identities.inputs.state.event_pairs
    if remembered.empty:
        return remembered[["emply_event_id"]]
    both = _Both(found)
    pairs = both.recorded
    gone = ~is_among(pairs["emply_event_id"], both.ours["event_id"]) & (both.their_row(pairs) < 0)
    on_open = take_flag(both.places["enabled"], pairs["at"])
    return pairs.loc[gone & on_open, ["emply_event_id"]].reset_index(drop=True)


@dataclass(frozen=True)
class _Both:
    """The events of both sides, each with where it is: `at` is the row of its calendar among `places`, -1 elsewhere."""

    found: Calendars

    @cached_property
    def places(self) -> pd.DataFrame:
        """Calendars that stay or come: person, entra_id, user_id, external_id, calendar_id, enabled. Those whose events
        were not read are left out: unknown is not empty."""
        places, read = _places(self.found), self.found.identities.inputs.entra_cursors
        known = is_among(as_one(places, "entra_id", "external_id"), as_one(read, "entra_id", "calendar_id"))
        return places[known | ~places["enabled"].to_numpy()].reset_index(drop=True)

    @cached_property
    def ours(self) -> pd.DataFrame:
        """Emply's events: the columns of `emply_events`, at, open, within."""
        events = self.found.identities.inputs.emply_events
        at = positions(events["calendar_id"], self.places["calendar_id"])
        return self._placed(events.assign(external_id=trimmed(events["external_id"])), at)

    @cached_property
    def theirs(self) -> pd.DataFrame:
        """Outlook's events: the columns of `entra_events`, at, open, within."""
        events = self.found.identities.inputs.entra_events
        of = as_one(self.places, "entra_id", "external_id")
        return self._placed(events, positions(as_one(events, "entra_id", "calendar_id"), of))

    @cached_property
    def recorded(self) -> pd.DataFrame:
        """The recorded pairs: emply_event_id, external_id, entra_id, calendar_external_id, at."""
        pairs = self.found.identities.inputs.state.event_pairs
        of = as_one(self.places, "entra_id", "external_id")
        return pairs.assign(at=positions(as_one(pairs, "entra_id", "calendar_external_id"), of))

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """Emply's own events with an Outlook event: our_row, at, external_id; recorded for this calendar, or named by
        the event itself."""
        ours, recorded = self.ours, self.recorded
        row = positions(ours["event_id"], recorded["emply_event_id"])
        external = take(recorded["external_id"], row).where(row >= 0, ours["external_id"].array)
        elsewhere = (row >= 0) & (np.append(recorded["at"], -1)[row] != ours["at"].to_numpy())
        own = (ours["origin"] == "emply").to_numpy() & external.notna().to_numpy() & ~elsewhere
        return pd.DataFrame(
            {"our_row": np.flatnonzero(own), "at": ours.loc[own, "at"].array, "external_id": external[own].array}
        )

    @property
    def paired(self) -> "pd.Series[str]":
        """The Outlook events that belong to a pair, by calendar and id."""
        own = self.ours[self.ours["origin"] == "emply"]
        known = [self.recorded[["at", "external_id"]], own[["at", "external_id"]]]
        together = pd.concat(known, ignore_index=True)
        return _calendar_and_event(together["at"], together["external_id"])

    def their_row(self, of: pd.DataFrame) -> Rows:
        """The row of the Outlook event of each row of `of` (at, external_id), -1 where it is gone."""
        theirs = _calendar_and_event(self.theirs["at"], self.theirs["event_id"])
        return positions(_calendar_and_event(of["at"], of["external_id"]), theirs)

    def of_places(self, at: "pd.Series[int]") -> pd.DataFrame:
        """Whose and where, for drafts: person, entra_id, user_id, calendar_external_id, one row each of `at`."""
        columns = ["person", "entra_id", "user_id", "external_id"]
        return self.places.loc[at, columns].rename(columns={"external_id": "calendar_external_id"})

    def _placed(self, events: pd.DataFrame, at: Rows) -> pd.DataFrame:
        within = is_within(events, self.found.identities.inputs)
        return events.assign(at=at, open=take_flag(self.places["enabled"], at), within=within).reset_index(drop=True)


def _places(found: Calendars) -> pd.DataFrame:
    """The calendars that stay, are attached or added: person, entra_id, user_id, external_id, calendar_id, enabled."""
    columns = ["person", "entra_id", "user_id", "external_id", "calendar_id", "enabled"]
    stays = found.here.loc[found.here["fate"] == "stays", columns]
    attached = with_owner(found.identities, found.attached)[columns]
    added = with_owner(found.identities, found.added).assign(calendar_id=_nothing(len(found.added)))
    added = added.assign(enabled=added["is_default"] | (added["kind"] == "room"))[columns]
    return pd.concat([stays, attached, added], ignore_index=True).astype({"enabled": "bool", "person": "int64"})


# --- E1: Outlook to Emply ---------------------------------------------------------------------------------------------


def _imports(both: _Both) -> list[pd.DataFrame]:
    """Events in the window that Emply lacks, or holds with another change key."""
    theirs = both.theirs
    theirs = theirs[
        theirs["open"]
        & theirs["within"]
        & ~is_among(_calendar_and_event(theirs["at"], theirs["event_id"]), both.paired)
    ]
    of = both.of_places(theirs["at"])
    wanted = theirs.drop(columns=["entra_id", "calendar_id"]).assign(
        external_id=theirs["event_id"],
        title=theirs["title"].where(theirs["sensitivity"] == "normal", _PRIVATE),
        **{name: of[name].array for name in of.columns},
    )
    here = _calendar_and_event(both.ours["at"], both.ours["external_id"])
    held = positions(_calendar_and_event(theirs["at"], theirs["event_id"]), here)
    then = take(both.ours["change_key"], held)
    wanted = wanted.assign(change_key_before=then.array)
    after = ["external_id", "calendar_external_id", *_CONTENT, "change_key"]
    known = wanted[(held >= 0) & ~same_text(trimmed(wanted["change_key"]), trimmed(wanted["change_key_before"]))]
    before = known.drop(columns="change_key").rename(columns={"change_key_before": "change_key"})
    return [
        _drafts(wanted[held < 0], "emply.upsert_event", "E1", after=wanted.loc[held < 0, after]),
        _drafts(
            known,
            "emply.upsert_event",
            "E1",
            before=before[["external_id", "calendar_external_id", "change_key"]],
            after=known[after],
        ),
    ]


def _deletions(both: _Both) -> pd.DataFrame:
    """Events that Outlook does not have in the window; all of them on a calendar that is not enabled."""
    ours = both.ours[(both.ours["origin"] == "outlook") & (both.ours["at"] >= 0)]
    there = both.theirs[both.theirs["within"]]
    missing = ~is_among(
        _calendar_and_event(ours["at"], ours["external_id"]), _calendar_and_event(there["at"], there["event_id"])
    )
    gone = ours[~ours["open"] | (ours["within"] & missing)]
    of = both.of_places(gone["at"]).assign(external_id=gone["external_id"].array)
    return _drafts(of, "emply.delete_event", "E1", before=of[["external_id", "calendar_external_id"]])


# --- E2: Emply to Outlook ---------------------------------------------------------------------------------------------


def _creations(both: _Both) -> pd.DataFrame:
    """Events of Emply's own in the window that Outlook was never given."""
    ours = both.ours
    new = ours["open"] & ours["within"] & (ours["origin"] == "emply") & ours["external_id"].isna()
    ours = ours[new & ~is_among(ours["event_id"], both.recorded["emply_event_id"])]
    of = both.of_places(ours["at"])
    of = of.assign(emply_event_id=ours["event_id"].array, **{name: ours[name].array for name in _CONTENT})
    after = of[["emply_event_id", "calendar_external_id", *_CONTENT]]
    return _drafts(of, "entra.create_event", "E2", after=after)


def _updates(both: _Both) -> list[pd.DataFrame]:
    """For its own events Emply leads: what is set there and differs in Outlook, either side in the window."""
    pairs = both.pairs[both.ours["open"].to_numpy()[both.pairs["our_row"]]].reset_index(drop=True)
    ours = both.ours.loc[pairs["our_row"]].reset_index(drop=True)
    of = both.of_places(ours["at"]).reset_index(drop=True)
    of = of.assign(emply_event_id=ours["event_id"], external_id=pairs["external_id"])
    row = both.their_row(pairs)
    theirs = both.theirs.take(np.maximum(row, 0)).reset_index(drop=True) if len(both.theirs) else both.theirs
    if theirs.empty:
        return [_drafts(of[:0], "entra.update_event", "E2", before=of[:0])]
    considered = (row >= 0) & (ours["within"] | theirs["within"]).to_numpy()
    changed = pd.DataFrame({name: considered & _differs(ours[name], theirs[name]) for name in _CONTENT})
    drafts = [_drafts(of[:0], "entra.update_event", "E2", before=of[:0])]
    for _, alike in changed[changed.any(axis=1)].groupby(_CONTENT):
        names = [name for name in _CONTENT if alike[name].iloc[0]]
        identity = of.loc[alike.index, ["emply_event_id", "external_id", "calendar_external_id"]]
        before, after = (identity.join(side.loc[alike.index, names]) for side in (theirs, ours))
        drafts.append(_drafts(of.loc[alike.index], "entra.update_event", "E2", before=before, after=after))
    return drafts


def _withdrawals(both: _Both) -> pd.DataFrame:
    """Recorded pairs whose Emply event is gone while the Outlook event is there and in the window."""
    pairs = both.recorded[~is_among(both.recorded["emply_event_id"], both.ours["event_id"])]
    within = take_flag(both.theirs["within"], both.their_row(pairs))
    gone = within & take_flag(both.places["enabled"], pairs["at"])
    of = both.of_places(pairs.loc[gone, "at"])
    of = of.assign(**{name: pairs.loc[gone, name].array for name in ("emply_event_id", "external_id")})
    before = of[["emply_event_id", "external_id", "calendar_external_id"]]
    return _drafts(of, "entra.delete_event", "E2", before=before)


def _drafts(
    of: pd.DataFrame, kind: str, rule: str, *, before: pd.DataFrame | None = None, after: pd.DataFrame | None = None
) -> pd.DataFrame:
    if of.empty:
        return actions(pd.Index([], dtype="int64"), kind, rule)
    then, now = (None if side is None else side.rename(columns=_NAMES) for side in (before, after))
    return with_ids(of, actions(pd.Index(of["person"]), kind, rule, before=then, after=now))


def _calendar_and_event(at: "pd.Series[int]", event_id: "pd.Series[str]") -> "pd.Series[str]":
    return (at.astype("str") + "\x1f" + event_id).where(at >= 0).astype("str")


def _differs(ours: "pd.Series[str]", theirs: "pd.Series[str]") -> Mask:
    """Set in Emply and not the same in Outlook; text is compared trimmed."""
    if ours.dtype == "boolean":
        return (ours.notna() & ~(ours == theirs).fillna(False)).to_numpy(dtype=bool)
    return (trimmed(ours).notna()).to_numpy(dtype=bool) & ~same_text(trimmed(ours), trimmed(theirs))


def _nothing(count: int) -> "pd.Series[str]":
    return pd.Series([None] * count, dtype="str")
