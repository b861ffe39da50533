"""What E plans: events written to Emply and to Outlook, changed and taken away. Not here: which (`events`)."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Rows, take
from entra_emply.reconciliation.drafts import NO_ACTIONS, Drafts, actions, together
from entra_emply.reconciliation.rules.calendar_subjects import Calendars
from entra_emply.reconciliation.rules.emply_events import EmplyEvents, emply_events, in_emply
from entra_emply.reconciliation.rules.event_differences import CONTENT, content_of
from entra_emply.reconciliation.rules.event_places import places_of
from entra_emply.reconciliation.rules.events import E1, E1_GONE, E2, E2_CHANGED, E2_GONE, E3
from entra_emply.reconciliation.rules.outlook_events import OutlookEvents, outlook_events
from entra_emply.reconciliation.rules.recorded_pairs import RecordedPairs, recorded_pairs

_Subjects = OutlookEvents | EmplyEvents | RecordedPairs
_PRIVATE = "Private"
"""E3: the title of an event that is not for everybody."""


def actions_of(calendars: Calendars) -> Drafts:
    """E1 and E2, drafted."""
    places = places_of(calendars)
    if places.frame.empty:
        return NO_ACTIONS
    outlook, emply, pairs = outlook_events(places), emply_events(places), recorded_pairs(places)
    drafts = (_deletions(emply), _imports(outlook), _creations(emply), _updates(emply), _withdrawals(pairs))
    return together([NO_ACTIONS, *chain.from_iterable(drafts)])


def ended_pairs(calendars: Calendars) -> pd.DataFrame:
    """E2: recorded pairs (emply_event_id) of enabled calendars with both ends gone, to be forgotten."""
    remembered = calendars.identities.inputs.state.event_pairs
    if remembered.empty:
        return remembered[["emply_event_id"]]
    pairs = recorded_pairs(places_of(calendars))
    ended = E2_GONE.reaches(pairs, "pair_there_in_window") & (pairs.there < 0)
    return pairs.frame.loc[ended, ["emply_event_id"]].reset_index(drop=True)


def _imports(outlook: OutlookEvents) -> Iterator[Drafts]:
    """Events in the window that Emply lacks, or holds with another change key."""
    emply = emply_events(outlook.places)
    acts, known = E1.acts(outlook), in_emply(outlook)
    for rows in (np.flatnonzero(acts & (known < 0)), np.flatnonzero(acts & (known >= 0))):
        if not len(rows):
            continue
        at, ours = outlook.place[rows], known[rows]
        identity = {
            "externalId": take(outlook.frame["event_id"], rows),
            "calendarExternalId": outlook.places.calendar_ids(at),
        }
        content = _content(outlook.frame, rows)
        content["title"] = content["title"].where(~E3.acts(outlook)[rows], _PRIVATE)
        after = {**identity, **content, "changeKey": take(outlook.frame["change_key"], rows)}
        before = None if ours[0] < 0 else {**identity, "changeKey": take(emply.frame["change_key"], ours)}
        yield _drafts(outlook, rows, "emply.upsert_event", "E1", before=before, after=after)


def _deletions(emply: EmplyEvents) -> Iterator[Drafts]:
    """Events that Outlook does not have in the window; all of them on a calendar that is not enabled."""
    rows = np.flatnonzero(E1_GONE.acts(emply))
    if len(rows):
        at = emply.place[rows]
        before = {"externalId": take(emply.external_id, rows), "calendarExternalId": emply.places.calendar_ids(at)}
        yield _drafts(emply, rows, "emply.delete_event", "E1", before=before)


def _creations(emply: EmplyEvents) -> Iterator[Drafts]:
    """Events of Emply's own in the window that Outlook was never given."""
    rows = np.flatnonzero(E2.acts(emply))
    if len(rows):
        at, ours = emply.place[rows], emply.frame
        identity = {"emplyEventId": take(ours["event_id"], rows), "calendarExternalId": emply.places.calendar_ids(at)}
        yield _drafts(emply, rows, "entra.create_event", "E2", after={**identity, **_content(ours, rows)})


def _updates(emply: EmplyEvents) -> Iterator[Drafts]:
    """For its own events Emply leads: what is set there and differs in Outlook, either side in the window."""
    rows = np.flatnonzero(E2_CHANGED.acts(emply))
    if len(rows):
        theirs, there = emply.outlook.frame, emply.there[rows]
        identity = {
            "emplyEventId": take(emply.frame["event_id"], rows),
            "externalId": take(emply.outlook_id, rows),
            "calendarExternalId": take(theirs["calendar_id"], there),
        }
        before, after = identity | _content(theirs, there), identity | _content(emply.frame, rows)
        at = np.searchsorted(emply.differences.rows, rows)
        only = {CONTENT[name]: mask[at] for name, mask in emply.differences.fields.items()}
        yield _drafts(emply, rows, "entra.update_event", "E2", before=before, after=after, only=only)


def _withdrawals(pairs: RecordedPairs) -> Iterator[Drafts]:
    """Recorded pairs whose Emply event is gone while the Outlook event is there and in the window."""
    rows = np.flatnonzero(E2_GONE.acts(pairs))
    if len(rows):
        before = {
            "emplyEventId": take(pairs.frame["emply_event_id"], rows),
            "externalId": take(pairs.frame["external_id"], rows),
            "calendarExternalId": take(pairs.outlook.frame["calendar_id"], pairs.there[rows]),
        }
        yield _drafts(pairs, rows, "entra.delete_event", "E2", before=before)


def _content(events: pd.DataFrame, rows: Rows) -> dict[str, Any]:
    return {CONTENT[name]: column for name, column in content_of(events, rows).items()}


def _drafts(of: _Subjects, rows: Rows, kind: str, rule: str, **sides: Any) -> Drafts:  # noqa: ANN401 (of `actions`)
    """Of these rows, for the owners of their calendars."""
    places, at = of.places, of.place[rows]
    person = places.frame["person"].to_numpy(dtype=np.int64)[at]
    entra_id, login = places.owner_ids(at), take(places.frame["user_id"], at)
    return actions(person, kind, rule, entra_id=entra_id, emply_user_id=login, **sides)
