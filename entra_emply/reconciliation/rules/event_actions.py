"""What E plans: events written to Emply and to Outlook, changed and taken away. Not here: which (`events`)."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Rows, take
from entra_emply.reconciliation.drafts import NO_ACTIONS, Drafts, actions, together
from entra_emply.reconciliation.rules.calendar_subjects import Calendars
from entra_emply.reconciliation.rules.event_differences import CONTENT, content_of
from entra_emply.reconciliation.rules.event_subjects import Events, events_of
from entra_emply.reconciliation.rules.events import E1, E1_GONE, E2, E2_CHANGED, E2_GONE, E3

_PRIVATE = "Private"
"""E3: the title of an event that is not for everybody."""


def actions_of(calendars: Calendars) -> Drafts:
    """E1 and E2, drafted."""
    both = events_of(calendars)
    if both.places.empty:
        return NO_ACTIONS
    drafts = (_deletions, _imports, _creations, _updates, _withdrawals)
    return together([NO_ACTIONS, *(draft for each in drafts for draft in each(both))])


def ended_pairs(calendars: Calendars) -> pd.DataFrame:
    """E2: recorded pairs (emply_event_id) of enabled calendars with both ends gone, to be forgotten."""
    remembered = calendars.identities.inputs.state.event_pairs
    if remembered.empty:
        return remembered[["emply_event_id"]]
    pairs = events_of(calendars).recorded
    ended = E2_GONE.reaches(pairs, "pair_there_in_window") & (pairs.there < 0)
    return pairs.frame.loc[ended, ["emply_event_id"]].reset_index(drop=True)


def _imports(both: Events) -> Iterator[Drafts]:
    """Events in the window that Emply lacks, or holds with another change key."""
    outlook, acts = both.outlook, E1.acts(both.outlook)
    for rows in (np.flatnonzero(acts & (outlook.held < 0)), np.flatnonzero(acts & (outlook.held >= 0))):
        if not len(rows):
            continue
        at, held = outlook.place[rows], outlook.held[rows]
        identity = {"externalId": take(outlook.frame["event_id"], rows), "calendarExternalId": both.calendar_ids(at)}
        content = _content(outlook.frame, rows)
        content["title"] = content["title"].where(~E3.acts(outlook)[rows], _PRIVATE)
        after = {**identity, **content, "changeKey": take(outlook.frame["change_key"], rows)}
        before = None if held[0] < 0 else {**identity, "changeKey": take(both.emply.frame["change_key"], held)}
        yield _drafts(both, at, "emply.upsert_event", "E1", before=before, after=after)


def _deletions(both: Events) -> Iterator[Drafts]:
    """Events that Outlook does not have in the window; all of them on a calendar that is not enabled."""
    rows = np.flatnonzero(E1_GONE.acts(both.emply))
    if len(rows):
        at = both.emply.place[rows]
        before = {"externalId": take(both.emply.external_id, rows), "calendarExternalId": both.calendar_ids(at)}
        yield _drafts(both, at, "emply.delete_event", "E1", before=before)


def _creations(both: Events) -> Iterator[Drafts]:
    """Events of Emply's own in the window that Outlook was never given."""
    rows = np.flatnonzero(E2.acts(both.emply))
    if len(rows):
        at, ours = both.emply.place[rows], both.emply.frame
        identity = {"emplyEventId": take(ours["event_id"], rows), "calendarExternalId": both.calendar_ids(at)}
        yield _drafts(both, at, "entra.create_event", "E2", after={**identity, **_content(ours, rows)})


def _updates(both: Events) -> Iterator[Drafts]:
    """For its own events Emply leads: what is set there and differs in Outlook, either side in the window."""
    emply, rows = both.emply, np.flatnonzero(E2_CHANGED.acts(both.emply))
    if len(rows):
        theirs, there = both.outlook.frame, emply.there[rows]
        identity = {
            "emplyEventId": take(emply.frame["event_id"], rows),
            "externalId": take(emply.outlook_id, rows),
            "calendarExternalId": take(theirs["calendar_id"], there),
        }
        before, after = identity | _content(theirs, there), identity | _content(emply.frame, rows)
        at = np.searchsorted(emply.differences.rows, rows)
        only = {CONTENT[name]: mask[at] for name, mask in emply.differences.fields.items()}
        yield _drafts(both, emply.place[rows], "entra.update_event", "E2", before=before, after=after, only=only)


def _withdrawals(both: Events) -> Iterator[Drafts]:
    """Recorded pairs whose Emply event is gone while the Outlook event is there and in the window."""
    pairs, rows = both.recorded, np.flatnonzero(E2_GONE.acts(both.recorded))
    if len(rows):
        before = {
            "emplyEventId": take(pairs.frame["emply_event_id"], rows),
            "externalId": take(pairs.frame["external_id"], rows),
            "calendarExternalId": take(both.outlook.frame["calendar_id"], pairs.there[rows]),
        }
        yield _drafts(both, pairs.place[rows], "entra.delete_event", "E2", before=before)


def _content(events: pd.DataFrame, rows: Rows) -> dict[str, Any]:
    return {CONTENT[name]: column for name, column in content_of(events, rows).items()}


def _drafts(both: Events, at: Rows, kind: str, rule: str, **sides: Any) -> Drafts:  # noqa: ANN401 (of `actions`)
    """Of events on the calendars `at`."""
    person = both.places["person"].to_numpy(dtype=np.int64)[at]
    entra_id, login = both.owner_ids(at), take(both.places["user_id"], at)
    return actions(person, kind, rule, entra_id=entra_id, emply_user_id=login, **sides)
