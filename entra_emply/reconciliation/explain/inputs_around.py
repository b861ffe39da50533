"""The inputs of a neighbourhood, read of the frames of one moment: what planning its people needs, and no more."""

import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

import pandas as pd

from entra_emply.reconciliation.explain.neighbourhood import FrameReader, Ids
from entra_emply.reconciliation.inputs import (
    DEPENDENT_SOURCES,
    STATE_COLUMNS,
    UNREADABLE_COLUMNS,
    Inputs,
    SyncState,
)
from entra_emply.reconciliation.settings import Limit, Settings
from entra_emply.reconciliation.unreadable_frame import SOURCES_OF, UNREADABLE, merged

_NO_LIMIT = Limit(min_count=sys.maxsize, percent=0)
_UNREADABLE = {
    "photo_unreadable": ("photos", "entra_id"),
    "mailbox_unreadable": ("mailboxes", "entra_id"),
    "source_unreadable": ("sources", "subject"),
}
"""What could not be read, by finding: its kind, and where its id stands."""


_FOLLOWING = {name: f"{asset}/{name}" for asset, names in DEPENDENT_SOURCES.items() for name in names}
_OF_USERS = ("entra_assigned", "entra_photos", "entra_mailboxes", "entra_calendars", "entra_events", "entra_cursors")
_WHOLE = ("entra_deleted_users", "entra_application")
_NOTHING = pd.DataFrame()


def inputs_around(frames: FrameReader, settings: Settings, who: Ids) -> Inputs:
    """The inputs of these people alone; groups, roles and departments are all there, because settings name them. What
    was not read is empty."""
    entra, emply = who.entra, who.emply
    state = {
        name: _of(frames, f"sync_state/{name}", columns, who)
        for name, columns in STATE_COLUMNS.items()
        if frames.has(f"sync_state/{name}")
    }
    return Inputs(
        entra_tenant=frames.whole("entra_tenant"),
        entra_users=frames.rows("entra_users", "entra_id", entra),
        entra_groups=frames.whole("entra_groups"),
        entra_group_members=_members(frames, entra),
        emply_users=frames.rows("emply_users", "emply_user_id", emply),
        emply_employees=frames.rows("emply_employees", "employee_id", who.employees),
        emply_roles=frames.whole("emply_roles"),
        emply_departments=frames.whole("emply_departments"),
        state=SyncState.from_frames({**state, "clock": frames.whole("sync_state/clock")}),
        settings=settings,
        member_read_hidden=True,  # or there would be no plan (R8)
        **merged([_following(frames, who, state), {UNREADABLE: _not_read(frames, who)}]),
    )


def _members(frames: FrameReader, entra: Collection[str]) -> pd.DataFrame:
    """The groups of these people, and the groups that are members of groups (S)."""
    name = "entra_group_members/members"
    parts = [frames.rows(name, "member_id", entra), frames.rows(name, "member_type", frozenset({"group"}))]
    return pd.concat(parts, ignore_index=True)


def uncounted(inputs: Inputs) -> Inputs:
    """The same inputs without the guards that count people (G1, G2, G4, G5b, G6, G7): of few they say nothing."""
    counting = ("max_deactivations", "max_role_changes", "max_grants", "max_unreadable")
    guards = inputs.settings.guards.model_copy(update=dict.fromkeys(counting, _NO_LIMIT))
    state = replace(inputs.state, group_counts=inputs.state.group_counts[:0])
    return replace(inputs, settings=inputs.settings.model_copy(update={"guards": guards}), state=state)


def as_read(inputs: Inputs, findings: Iterable[Mapping[str, object]]) -> Inputs:
    """The same inputs, with the sources that a plan's findings say to be left out: G5b counts everybody.

    What was not read stays so, also where the plan has no finding of it: of people whom no rule considers, or of a
    source whose key is refused with the switch off.
    """
    named = ((_UNREADABLE.get(str(row["code"])), row) for row in findings)
    told = [(of[0], str(row[of[1]]), str(row["object"])) for of, row in named if of is not None]
    as_told = pd.DataFrame(told, columns=list(UNREADABLE_COLUMNS)).astype(UNREADABLE_COLUMNS)
    unreadable = pd.concat([as_told, inputs.unreadable]).drop_duplicates(["kind", "id"], ignore_index=True)
    guards = inputs.settings.guards.model_copy(update={"max_unreadable": _NO_LIMIT})
    return replace(inputs, unreadable=unreadable, settings=inputs.settings.model_copy(update={"guards": guards}))


def _following(frames: FrameReader, who: Ids, state: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """What is read of some people only, as far as it was: photos, mailboxes, calendars, events. A room's calendar in
    Emply has no user: the ledger or its mailbox says whose it is. A recorded pair's event counts wherever it is now."""
    recorded, pairs = (state.get(name, _NOTHING) for name in ("calendars", "event_pairs"))
    found = {
        name: frames.rows(stored, "entra_id", who.entra) if name in _OF_USERS else frames.whole(stored)
        for name, stored in _FOLLOWING.items()
        if name in (*_OF_USERS, *_WHOLE) and frames.has(stored)
    }
    if frames.has(_FOLLOWING["emply_calendars"]):
        theirs = found.get("entra_calendars", _NOTHING).get("calendar_id", ())
        wanted = {"user_id": who.emply, "calendar_id": recorded.get("calendar_id", ()), "external_id": theirs}
        found["emply_calendars"] = _any_of(frames, _FOLLOWING["emply_calendars"], wanted, ["calendar_id"])
    if frames.has(_FOLLOWING["emply_events"]):
        here = found.get("emply_calendars", _NOTHING).get("calendar_id", ())
        wanted = {"calendar_id": here, "event_id": pairs.get("emply_event_id", ())}
        found["emply_events"] = _any_of(frames, _FOLLOWING["emply_events"], wanted, ["calendar_id", "event_id"])
    return found


def named_near(around: Ids, findings: Iterable[Mapping[str, object]]) -> Ids:
    """Those around, and whom the findings about nearly matching addresses name: near is who was compared with all."""
    near = [row for row in findings if row["code"] == "email_nearly_matches"]
    entra, emply, employees = (
        frozenset(str(row[name]) for row in near if row[name]) for name in ("entra_id", "emply_user_id", "employee_id")
    )
    return Ids(around.entra | entra, around.emply | emply, around.employees | employees)


def _not_read(frames: FrameReader, who: Ids) -> pd.DataFrame:
    """What could not be read: sources altogether, and of these people."""
    stored = [f"{asset}/{UNREADABLE}" for asset in DEPENDENT_SOURCES]
    rows = merged([{UNREADABLE: frames.whole(name)} for name in stored if frames.has(name)])[UNREADABLE]
    return rows[(rows["kind"] == SOURCES_OF) | rows["id"].isin(who.entra)].reset_index(drop=True)


def _any_of(frames: FrameReader, name: str, wanted: Mapping[str, Iterable[str]], identity: list[str]) -> pd.DataFrame:
    """The rows that have one of the values wanted in one of the columns, each once."""
    parts = [frames.rows(name, column, frozenset(values)) for column, values in wanted.items()]
    return pd.concat(parts).drop_duplicates(identity, ignore_index=True)


def _of(frames: FrameReader, name: str, columns: Collection[str], who: Ids) -> pd.DataFrame:
    """A frame of the sync state as far as it is about these people, or about nobody."""
    for column, ids in (("emply_user_id", who.emply), ("entra_id", who.entra)):
        if column in columns:
            return frames.rows(name, column, ids)
    return frames.whole(name)
