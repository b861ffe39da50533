"""E: events between Outlook and Emply, on the calendars that C keeps. Times are text in UTC to the second (E3).

Outlook leads its own events (E1), Emply its own (E2): an event of Emply's that was made in Outlook is one of a pair,
and a pair is never imported. What is asked about are `event_subjects`.
"""

from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, among, positions, same_text, take
from entra_emply.reconciliation.drafts import NOBODY, Drafts, actions, together
from entra_emply.reconciliation.rule import Condition, Rule, Values, any_of, any_row
from entra_emply.reconciliation.rules.calendar_owners import synchronised
from entra_emply.reconciliation.rules.calendar_subjects import Calendars
from entra_emply.reconciliation.rules.event_subjects import (
    CONTENT,
    EmplyEvents,
    Events,
    OutlookEvents,
    RecordedPairs,
    is_within,
    on_calendar,
    window,
)
from entra_emply.text import trimmed

__all__ = ["actions_of", "ended_pairs", "is_within", "window"]

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

# --- conditions -------------------------------------------------------------------------------------------------------


def _window(of: Any, _row: int) -> Values:  # noqa: ANN401 (of any of the subjects)
    start, end = window(of.events.inputs.now, of.events.inputs.settings.calendar_window)
    return {"start": start[:10], "end": end[:10]}


def _is_new(outlook: OutlookEvents, rows: Rows) -> Mask:
    return outlook.held[rows] < 0


def _has_another_key(outlook: OutlookEvents, rows: Rows) -> Mask:
    theirs = trimmed(outlook.frame["change_key"].iloc[rows]).reset_index(drop=True)
    ours = trimmed(take(outlook.events.emply.frame["change_key"], outlook.held[rows]))
    return ~same_text(theirs, ours)


def _is_gone(emply: EmplyEvents, rows: Rows) -> Mask:
    """In the window, where this calendar in Outlook has none in the window that takes place."""
    outlook = emply.events.outlook
    row = positions(on_calendar(emply.place[rows], emply.external_id.iloc[rows]), outlook.key)
    return emply.within[rows] & ~np.append(outlook.within & outlook.takes_place, False)[row]


def _differences(emply: EmplyEvents, rows: Rows) -> Mask:
    differ = emply.differences
    return among(rows, differ.index[differ[CONTENT].any(axis=1)].to_numpy(dtype=np.int64))


def _is_there(emply: EmplyEvents, rows: Rows) -> Mask:
    return among(rows, emply.differences.index.to_numpy(dtype=np.int64))


def _either_within(emply: EmplyEvents, rows: Rows) -> Mask:
    return emply.within[rows] | emply.events.outlook.within[emply.there[rows]]


def _is_private(outlook: OutlookEvents, rows: Rows) -> Mask:
    return (trimmed(outlook.frame["sensitivity"].iloc[rows]).fillna("normal") != "normal").to_numpy(dtype=bool)


def _pair_within(pairs: RecordedPairs, rows: Rows) -> Mask:
    return np.append(pairs.events.outlook.within, False)[pairs.there[rows]]


def _pair_may_be_written(of: EmplyEvents | RecordedPairs, rows: Rows) -> Mask:
    return np.append(of.events.outlook.may_be_written, False)[of.there[rows]]


_SYNCHRONISED: Condition[Any] = synchronised.of(lambda of: of.events.calendars, lambda of: of.person)
_ENABLED = Condition[Any]("calendar_enabled", lambda of, rows: of.events.open_at(of.place[rows]))
_DISABLED = _ENABLED.negated("calendar_disabled")
_ON_CALENDAR = Condition[Any]("on_synchronised_calendar", lambda of, rows: of.place[rows] >= 0)
_WITHIN = Condition[Any]("in_window", lambda of, rows: of.within[rows], _window)


def _of_emply(emply: EmplyEvents, rows: Rows) -> Mask:
    return emply.own[rows]


made_in_emply = Condition("made_in_emply", _of_emply)
made_in_outlook = made_in_emply.negated("made_in_outlook")
takes_place = Condition[OutlookEvents]("takes_place", lambda outlook, rows: outlook.takes_place[rows])
not_paired = Condition[OutlookEvents]("not_paired", lambda outlook, rows: ~outlook.paired[rows])
new_in_outlook = Condition("new_in_outlook", _is_new)
another_change_key = Condition("another_change_key", _has_another_key)
gone_in_outlook = Condition("gone_in_outlook", _is_gone, _window)
names_no_event = Condition[EmplyEvents](
    "names_no_outlook_event", lambda emply, rows: emply.external_id.iloc[rows].isna().to_numpy(dtype=bool)
)
no_pair = Condition[EmplyEvents]("no_recorded_pair", lambda emply, rows: emply.recorded_row[rows] < 0)
private = Condition("private", _is_private)
pair_may_be_written = Condition[Any]("pair_may_be_written", _pair_may_be_written)

# --- rules ------------------------------------------------------------------------------------------------------------


E1 = Rule[OutlookEvents](
    "E1",
    (_SYNCHRONISED,),
    (
        any_row("has_outlook_event"),
        _ON_CALENDAR,
        _ENABLED,
        _WITHIN,
        takes_place,
        not_paired,
        any_of("new_or_changed", new_in_outlook, another_change_key),
    ),
    how=(new_in_outlook,),
)
E1_GONE = Rule[EmplyEvents](
    "E1 gone",
    (_SYNCHRONISED,),
    (
        any_row("has_emply_event"),
        _ON_CALENDAR,
        made_in_outlook,
        any_of("leaves_emply", gone_in_outlook, _DISABLED),
    ),
)
E2 = Rule[EmplyEvents](
    "E2",
    (_SYNCHRONISED,),
    (any_row("has_emply_event"), _ON_CALENDAR, _ENABLED, made_in_emply, _WITHIN, names_no_event, no_pair),
)
E2_CHANGED = Rule[EmplyEvents](
    "E2 changed",
    (_SYNCHRONISED,),
    (
        any_row("has_emply_event"),
        _ON_CALENDAR,
        _ENABLED,
        Condition("pair_in_outlook", _is_there),
        pair_may_be_written,
        Condition("pair_in_window", _either_within, _window),
        Condition("own_fields_differ", _differences),
    ),
)
E2_GONE = Rule[RecordedPairs](
    "E2 gone",
    (_SYNCHRONISED,),
    (
        any_row("has_pair"),
        _ON_CALENDAR,
        _ENABLED,
        Condition("gone_in_emply", lambda pairs, rows: pairs.gone_from_emply[rows]),
        Condition("pair_there_in_window", _pair_within, _window),
        pair_may_be_written,
    ),
)
E3 = Rule[OutlookEvents]("E3", E1.conditions, (private,))

# --- what is done about it --------------------------------------------------------------------------------------------


def actions_of(calendars: Calendars) -> Drafts:
    """E1 and E2, drafted."""
    both = Events(calendars)
    if both.places.empty:
        return actions(NOBODY, "emply.delete_event", "E1")
    return together([_deletions(both), *_imports(both), _creations(both), *_updates(both), _withdrawals(both)])


def ended_pairs(calendars: Calendars) -> pd.DataFrame:
    """E2: recorded pairs (emply_event_id) of enabled calendars with both ends gone, to be forgotten."""
    remembered = calendars.identities.inputs.state.event_pairs
    if remembered.empty:
        return remembered[["emply_event_id"]]
    pairs = Events(calendars).recorded
    ended = E2_GONE.reaches(pairs, "pair_there_in_window") & (pairs.there < 0)
    return pairs.frame.loc[ended, ["emply_event_id"]].reset_index(drop=True)


def _imports(both: Events) -> list[Drafts]:
    """Events in the window that Emply lacks, or holds with another change key."""
    outlook, rows = both.outlook, np.flatnonzero(E1.acts(both.outlook))
    theirs = outlook.frame.iloc[rows].reset_index(drop=True)
    of = both.of_places(outlook.place[rows])
    hidden = E3.acts(outlook)[rows]
    wanted = theirs.drop(columns=["entra_id", "calendar_id"]).assign(
        external_id=theirs["event_id"],
        title=theirs["title"].where(~hidden, _PRIVATE),
        **{name: of[name].array for name in of.columns},
    )
    held = outlook.held[rows]
    wanted = wanted.assign(change_key_before=take(both.emply.frame["change_key"], held).array)
    after = ["external_id", "calendar_external_id", *CONTENT, "change_key"]
    known = wanted[held >= 0]
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


def _deletions(both: Events) -> Drafts:
    """Events that Outlook does not have in the window; all of them on a calendar that is not enabled."""
    rows = np.flatnonzero(E1_GONE.acts(both.emply))
    of = both.of_places(both.emply.place[rows]).assign(external_id=both.emply.external_id.iloc[rows].array)
    return _drafts(of, "emply.delete_event", "E1", before=of[["external_id", "calendar_external_id"]])


def _creations(both: Events) -> Drafts:
    """Events of Emply's own in the window that Outlook was never given."""
    rows = np.flatnonzero(E2.acts(both.emply))
    ours = both.emply.frame.iloc[rows]
    of = both.of_places(both.emply.place[rows])
    of = of.assign(emply_event_id=ours["event_id"].array, **{name: ours[name].array for name in CONTENT})
    after = of[["emply_event_id", "calendar_external_id", *CONTENT]]
    return _drafts(of, "entra.create_event", "E2", after=after)


def _updates(both: Events) -> list[Drafts]:
    """For its own events Emply leads: what is set there and differs in Outlook, either side in the window."""
    rows = np.flatnonzero(E2_CHANGED.acts(both.emply))
    changed = both.emply.differences.loc[rows].reset_index(drop=True)
    ours = both.emply.frame.iloc[rows].reset_index(drop=True)
    theirs = both.outlook.frame.iloc[changed["their_row"]].reset_index(drop=True)
    of = both.of_places(both.emply.place[rows]).reset_index(drop=True)
    of = of.assign(
        emply_event_id=ours["event_id"],
        external_id=both.emply.outlook_id.iloc[rows].array,
        calendar_external_id=theirs["calendar_id"],
    )
    drafts = [actions(NOBODY, "entra.update_event", "E2")]
    for _, alike in changed.groupby(CONTENT):
        names = [name for name in CONTENT if alike[name].iloc[0]]
        identity = of.loc[alike.index, ["emply_event_id", "external_id", "calendar_external_id"]]
        before, after = (identity.join(side.loc[alike.index, names]) for side in (theirs, ours))
        drafts.append(_drafts(of.loc[alike.index], "entra.update_event", "E2", before=before, after=after))
    return drafts


def _withdrawals(both: Events) -> Drafts:
    """Recorded pairs whose Emply event is gone while the Outlook event is there and in the window."""
    pairs, rows = both.recorded, np.flatnonzero(E2_GONE.acts(both.recorded))
    of = both.of_places(pairs.place[rows])
    of = of.assign(**{name: pairs.frame[name].iloc[rows].array for name in ("emply_event_id", "external_id")})
    of = of.assign(calendar_external_id=take(both.outlook.frame["calendar_id"], pairs.there[rows]).array)
    before = of[["emply_event_id", "external_id", "calendar_external_id"]]
    return _drafts(of, "entra.delete_event", "E2", before=before)


def _drafts(
    of: pd.DataFrame, kind: str, rule: str, *, before: pd.DataFrame | None = None, after: pd.DataFrame | None = None
) -> Drafts:
    then, now = (None if side is None else {_NAMES[str(name)]: side[name] for name in side} for side in (before, after))
    return actions(
        of["person"].to_numpy(dtype=np.int64),
        kind,
        rule,
        before=then,
        after=now,
        entra_id=of["entra_id"],
        emply_user_id=of["user_id"],
    )
