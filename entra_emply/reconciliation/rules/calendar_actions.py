"""C: the actions that are drafted of what `calendars` decides."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Rows, take
from entra_emply.reconciliation.drafts import NO_ACTIONS, Drafts, actions, together
from entra_emply.reconciliation.rules.calendar_subjects import Calendars
from entra_emply.reconciliation.rules.calendars import C4, C6, added, attached, comes_enabled, keeps_events, renewed
from entra_emply.reconciliation.rules.kept_calendars import C3, kept, renamed, unshared
from entra_emply.text import written

_NAMES = {"kind": "kind", "user_id": "userId", "external_id": "externalId", "name": "name"}


def actions_of(calendars: Calendars) -> Drafts:
    """C1, C1a, C3, C4, C5, C6, drafted. Removals come before additions (`kinds`)."""
    drafts = (_endings, _additions, _attachments, _renewals, _updates)
    return together([NO_ACTIONS, *(draft for each in drafts for draft in each(calendars))])


def _endings(calendars: Calendars) -> Iterator[Drafts]:
    """C4, C6: a calendar that holds events of Emply's own is detached, any other removed."""
    here, keeps = calendars.of_emply, keeps_events(calendars.of_emply)
    for rule in (C4, C6):
        removed, freed = (np.flatnonzero(rule.acts(here) & mask) for mask in (~keeps, keeps))
        if len(removed):
            before = _texts(here.frame, removed, "kind", "external_id", "name")
            yield _drafts(here.frame, removed, "emply.remove_calendar", rule.name, before=before)
        if len(freed):
            before = _texts(here.frame, freed, "kind", "external_id", "name")
            after = {"kind": before["kind"], "externalId": None}
            yield _drafts(here.frame, freed, "emply.detach_calendar", rule.name, before=before, after=after)


def _additions(calendars: Calendars) -> Iterator[Drafts]:
    entra = calendars.of_entra
    share = calendars.identities.inputs.settings.always_share_dates_and_titles
    for rule, rows in _by_rule(calendars, added(calendars)):
        first = comes_enabled(entra)[rows]
        flags = {"isDefault": first, "enabled": first, "canDisable": ~first, "shareDatesAndTitles": share}
        after = _texts(entra.frame, rows, "kind", "user_id", "external_id", "name") | flags
        yield _drafts(entra.frame, rows, "emply.add_calendar", rule, after=after)


def _attachments(calendars: Calendars) -> Iterator[Drafts]:
    entra, again = calendars.of_entra.frame, attached(calendars)
    for rule, rows in _by_rule(calendars, again.entra):
        own = again.emply[np.searchsorted(again.entra, rows)]
        own_name = written(take(calendars.identities.inputs.emply_calendars["name"], own))
        after = _texts(entra, rows, "kind", "external_id", "name")
        before = {"kind": after["kind"], "externalId": None}
        after["name"] = after["name"].fillna(own_name)
        yield _drafts(entra, rows, "emply.attach_calendar", rule, before=before, after=after)


def _renewals(calendars: Calendars) -> Iterator[Drafts]:
    """C1a: the same calendar with a new id."""
    here, new = calendars.of_emply.frame, renewed(calendars)
    if len(new):
        before = _texts(here, new.emply, "kind", "external_id")
        after = before | _texts(calendars.of_entra.frame, new.entra, "external_id", "name")
        after["name"] = after["name"].fillna(take(here["name"], new.emply))
        yield _drafts(here, new.emply, "emply.attach_calendar", "C1a", before=before, after=after)


def _updates(calendars: Calendars) -> Iterator[Drafts]:
    """C3: the changed fields alone."""
    of = kept(calendars)
    rows = np.flatnonzero(C3.acts(of))
    if len(rows):
        shared = of.frame["share_dates_and_titles"].take(rows)
        before = _texts(of.frame, rows, "kind", "external_id", "name") | {"shareDatesAndTitles": shared}
        after = before | {"name": take(of.frame["name_after"], rows), "shareDatesAndTitles": True}
        only = {"name": renamed(of)[rows], "shareDatesAndTitles": unshared(of)[rows]}
        yield _drafts(of.frame, rows, "emply.update_calendar", "C3", before=before, after=after, only=only)


def _by_rule(calendars: Calendars, rows: Rows) -> Iterator[tuple[str, Rows]]:
    """C1 for people's calendars, C5 for rooms'."""
    of_room = calendars.of_entra.of_room[rows]
    return ((rule, of) for rule, of in (("C1", rows[~of_room]), ("C5", rows[of_room])) if len(of))


def _texts(of: pd.DataFrame, rows: Rows, *columns: str) -> dict[str, Any]:
    return {_NAMES[column]: take(of[column], rows) for column in columns}


def _drafts(of: pd.DataFrame, rows: Rows, kind: str, rule: str, **sides: Any) -> Drafts:  # noqa: ANN401 (of `actions`)
    person = of["person"].to_numpy(dtype=np.int64)[rows]
    entra_id, login = take(of["entra_id"], rows), take(of["user_id"], rows)
    return actions(person, kind, rule, entra_id=entra_id, emply_user_id=login, **sides)
