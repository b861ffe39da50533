"""C: the actions that are drafted of what `calendars` decides."""

import numpy as np
import pandas as pd

from entra_emply.reconciliation.drafts import Drafts, actions, together
from entra_emply.reconciliation.rules.calendar_subjects import Calendars
from entra_emply.reconciliation.rules.calendars import (
    C4,
    C6,
    added,
    attached,
    comes_enabled,
    keeps_events,
    renewed,
    with_owner,
)
from entra_emply.reconciliation.rules.kept_calendars import C3, kept, renamed, unshared


def actions_of(calendars: Calendars) -> Drafts:
    """C1, C1a, C3, C4, C5, C6, drafted. Removals come before additions (`kinds`)."""
    drafts = [_additions(calendars), _attachments(calendars), _renewals(calendars), *_updates(calendars)]
    return together([*_endings(calendars), *drafts])


def _endings(calendars: Calendars) -> list[Drafts]:
    """C4, C6: a calendar that holds events of Emply's own is detached, any other removed."""
    here, drafts = calendars.of_emply, []
    for rule in (C4, C6):
        goes, keeps = rule.acts(here), keeps_events(here)
        removed = here.frame[goes & ~keeps]
        freed = here.frame[goes & keeps].assign(external_id_after=None).astype({"external_id_after": "str"})
        before, after = ["kind", "external_id", "name"], ["kind", "external_id_after"]
        drafts.append(_drafts(removed, "emply.remove_calendar", rule.name, before=before))
        drafts.append(_drafts(freed, "emply.detach_calendar", rule.name, before=before, after=after))
    return drafts


def _additions(calendars: Calendars) -> Drafts:
    new = added(calendars)
    first = comes_enabled(new)
    new = new.assign(
        is_default=first,
        enabled=first,
        can_disable=~first,
        share_dates_and_titles=calendars.identities.inputs.settings.always_share_dates_and_titles,
    )
    columns = [
        "kind",
        "user_id",
        "external_id",
        "name",
        "is_default",
        "enabled",
        "can_disable",
        "share_dates_and_titles",
    ]
    return _by_kind(with_owner(calendars.identities, new), "emply.add_calendar", after=columns)


def _attachments(calendars: Calendars) -> Drafts:
    again = with_owner(calendars.identities, attached(calendars)).assign(external_id_before=None)
    again = again.astype({"external_id_before": "str"})
    again = again.assign(name=again["name"].fillna(again["name_here"]))
    return _by_kind(
        again, "emply.attach_calendar", before=["kind", "external_id_before"], after=["kind", "external_id", "name"]
    )


def _renewals(calendars: Calendars) -> Drafts:
    """C1a: the same calendar with a new id."""
    before, after = ["kind", "external_id"], ["kind", "external_id_after", "name_after"]
    return _drafts(renewed(calendars), "emply.attach_calendar", "C1a", before=before, after=after)


def _updates(calendars: Calendars) -> list[Drafts]:
    """C3: the changed fields alone."""
    of = kept(calendars)
    acts, name, share = C3.acts(of), renamed(of), unshared(of)
    here = of.frame.assign(share_after=True)
    drafts = []
    for also_name, also_share in ((True, True), (True, False), (False, True)):
        rows = here[acts & (name == also_name) & (share == also_share)]
        changed = ["name"] * also_name + ["share_dates_and_titles"] * also_share
        becomes = ["name_after"] * also_name + ["share_after"] * also_share
        identity = ["kind", "external_id"]
        drafts.append(
            _drafts(rows, "emply.update_calendar", "C3", before=[*identity, *changed], after=[*identity, *becomes])
        )
    return drafts


_NAMES = {
    "kind": "kind",
    "user_id": "userId",
    "external_id": "externalId",
    "external_id_before": "externalId",
    "external_id_after": "externalId",
    "name": "name",
    "name_after": "name",
    "is_default": "isDefault",
    "enabled": "enabled",
    "can_disable": "canDisable",
    "share_dates_and_titles": "shareDatesAndTitles",
    "share_after": "shareDatesAndTitles",
}


def _by_kind(of: pd.DataFrame, kind: str, *, before: list[str] | None = None, after: list[str]) -> Drafts:
    """C1 for people's calendars, C5 for rooms'."""
    rooms = of["of_room"].astype(bool)
    return together(
        [
            _drafts(rows, kind, rule, before=before, after=after)
            for rows, rule in ((of[~rooms], "C1"), (of[rooms], "C5"))
        ]
    )


def _drafts(
    of: pd.DataFrame, kind: str, rule: str, *, before: list[str] | None = None, after: list[str] | None = None
) -> Drafts:
    then, now = ({_NAMES[name]: of[name] for name in columns} if columns else None for columns in (before, after))
    return actions(
        of["person"].to_numpy(dtype=np.int64),
        kind,
        rule,
        before=then,
        after=now,
        entra_id=of["entra_id"],
        emply_user_id=of["user_id"],
    )
