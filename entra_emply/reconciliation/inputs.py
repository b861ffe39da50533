"""What a plan is computed from, and nothing else: the frames of both sides, the sync state, the settings and the time.

The frames' columns are described by their pandera models (`connectors.entra.frames`, `connectors.emply.frames`); the
sync state's are described here, because the rules define it (rules.md, "Terms") and the ledger keeps it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, cached_property, partial
from typing import Any

import pandas as pd
import pyarrow as pa

from entra_emply.reconciliation.arrays import Rows, positions
from entra_emply.reconciliation.settings import Settings
from entra_emply.text import key

SOURCES = (
    "entra_tenant",
    "entra_users",
    "entra_groups",
    "entra_group_members",
    "emply_users",
    "emply_employees",
    "emply_roles",
    "emply_departments",
)
"""The lists, which every run reads whole: the names of their frames and of their assets.

This tuple and `DEPENDENT_SOURCES` are the one list of sources. How each is read is in `extraction.sources` and
`extraction.dependent_reads`; the assets are made of those.
"""

DEPENDENT_SOURCES: Mapping[str, tuple[str, ...]] = {
    "entra_deleted_users": ("entra_deleted_users",),
    "entra_app": ("entra_application", "entra_assigned"),
    "entra_photos": ("entra_photos",),
    "entra_calendars": ("entra_mailboxes", "entra_calendars"),
    "emply_calendars": ("emply_calendars",),
    "emply_events": ("emply_events",),
    "entra_events": ("entra_events", "entra_cursors"),
}
"""What is read where the settings or the people found so far ask for it (`read_scope`), in the order of reading: the
names of its frames by asset. What was not asked for is empty."""

_TEXT, _TEXTS = "str", pd.ArrowDtype(pa.list_(pa.string()))
DEPENDENT_COLUMNS: Mapping[str, Mapping[str, Any]] = {
    "entra_deleted_users": {
        **dict.fromkeys(("entra_id", "user_principal_name", "mail"), _TEXT),
        **dict.fromkeys(("other_mails", "proxy_addresses"), _TEXTS),
    },
    "entra_application": {"service_principal_id": _TEXT, "assignment_required": "bool"},
    "entra_assigned": {"entra_id": _TEXT},
    "entra_photos": dict.fromkeys(("entra_id", "etag"), _TEXT),
    "entra_mailboxes": {"entra_id": _TEXT, "available": "bool"},
    "entra_calendars": {
        **dict.fromkeys(("entra_id", "calendar_id", "name"), _TEXT),
        **dict.fromkeys(("can_edit", "is_default"), "bool"),
    },
    "entra_events": {
        **dict.fromkeys(("entra_id", "calendar_id", "event_id", "title", "start", "end"), _TEXT),
        "is_all_day": "boolean",
        **dict.fromkeys(("show_as", "sensitivity", "change_key"), _TEXT),
        **dict.fromkeys(("cancelled", "declined"), "bool"),
    },
    "entra_cursors": dict.fromkeys(("entra_id", "calendar_id", "window_start", "window_end", "delta_link"), _TEXT),
    "emply_calendars": {
        **dict.fromkeys(("calendar_id", "user_id", "external_id", "kind", "name"), _TEXT),
        **dict.fromkeys(("is_default", "enabled", "can_disable"), "bool"),
        "share_dates_and_titles": "boolean",
    },
    "emply_events": {
        **dict.fromkeys(("event_id", "calendar_id", "external_id", "origin", "title", "start", "end"), _TEXT),
        "is_all_day": "boolean",
        **dict.fromkeys(("show_as", "change_key"), _TEXT),
    },
}
"""The columns and types of these frames, as their models have them: for an empty one without importing a model."""

UTC_TIME = "datetime64[us, UTC]"

STATE_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "links": {"entra_id": "str", "emply_user_id": "str"},
    "role_states": {"emply_user_id": "str", "group_id": "str", "role_id": "str"},
    "group_ids": {"group_name": "str", "group_id": "str"},
    "deactivations": {"emply_user_id": "str", "at": UTC_TIME, "approved": "bool"},
    "grants": {"entra_id": "str", "at": UTC_TIME, "approved": "bool"},
    "group_counts": {"group_id": "str", "members": "int64"},
    "photo_etags": {"emply_user_id": "str", "etag": "str"},
    "calendars": {"calendar_id": "str", "entra_id": "str", "external_id": "str", "detached": "bool"},
    "event_pairs": {
        "emply_event_id": "str",
        "external_id": "str",
        "entra_id": "str",
        "calendar_external_id": "str",
    },
    "deleted_users": {"entra_id": "str", "employee_id": "str"},
    "refused": {"entra_id": "str", "emply_user_id": "str"},
    "undos": dict.fromkeys(("action_id", "kind", "entra_id", "emply_user_id", "before", "after", "cause"), "str"),
    "holds": {"action_id": "str", "guards": "str"},
    "approvals": {"action_id": "str", "expires_at": UTC_TIME},
}

_NEWER_COLUMNS: Mapping[str, Mapping[str, object]] = {
    "entra_groups": {"hidden": False, "mail": None, "proxy_addresses": []},
    "entra_deleted_users": {"mail": None, "other_mails": [], "proxy_addresses": []},
    "entra_events": {"cancelled": False, "declined": False},
}
"""What frames stored by version 0.1.0 lack, and what counts instead where a past day is planned or explained: no group
is hidden or has an address, a deleted user has no other address, and every event takes place."""

UNREADABLE_COLUMNS = {"kind": "str", "id": "str", "code": "str"}


@dataclass(frozen=True)
class SyncState:
    """What the ledger remembers, read in one transaction.

    links: one row a link. role_states: one row a group of a linked user when last reconciled; `role_id` is the role
    that group was mapped to then, missing where R4 did not apply. group_ids: the id recorded for a group's name (R8).
    deactivations: made by the pipeline and not undone by it. grants: users created or activated by the pipeline in the
    last 24 hours. group_counts: each group's last member count above zero (G4). photo_etags: of the photo that a link
    was given last (P1). calendars: Emply's that were made or attached for an Entra user (C5), or detached from one
    (C1). event_pairs: Emply's events that were made in Outlook, with the mailbox and the calendar (E2). deleted_users:
    whom W3 has deleted for an employee. refused: pairs that a person said are not the same person (M3b). undos: open
    requests to undo, each the action that it asks for, `before` and `after` as JSON text (U). holds: actions of the
    newest plan held and not approved, `guards` separated by blanks. approvals: valid and unused.
    `read_at` is the plan's time; `epoch` tells whether anything was applied since.
    """

    links: pd.DataFrame
    role_states: pd.DataFrame
    group_ids: pd.DataFrame
    deactivations: pd.DataFrame
    grants: pd.DataFrame
    group_counts: pd.DataFrame
    photo_etags: pd.DataFrame
    calendars: pd.DataFrame
    event_pairs: pd.DataFrame
    deleted_users: pd.DataFrame
    refused: pd.DataFrame
    undos: pd.DataFrame
    holds: pd.DataFrame
    approvals: pd.DataFrame
    read_at: datetime
    epoch: int = 0

    @classmethod
    def of(cls, frames: Mapping[str, pd.DataFrame], read_at: datetime, epoch: int = 0) -> "SyncState":
        """The state with these frames, each brought to its columns and types; absent ones are empty."""
        return cls(
            **{name: _typed(frames.get(name), columns) for name, columns in STATE_COLUMNS.items()},
            read_at=read_at,
            epoch=epoch,
        )

    def frames(self) -> dict[str, pd.DataFrame]:
        """The frames by name, `clock` (one row: read_at, epoch) included: what is stored of a run."""
        stamp = pd.DataFrame({"read_at": pd.to_datetime([self.read_at], utc=True).as_unit("us"), "epoch": [self.epoch]})
        return {name: getattr(self, name) for name in STATE_COLUMNS} | {"clock": stamp}

    @classmethod
    def from_frames(cls, frames: Mapping[str, pd.DataFrame]) -> "SyncState":
        """The inverse of `frames`."""
        stamp = frames["clock"].iloc[0]
        return cls.of(frames, read_at=stamp["read_at"].to_pydatetime(), epoch=int(stamp["epoch"]))


def _filled(default: object, index: pd.Index) -> pd.Series:
    """A column of one value."""
    dtype = _TEXTS if default == [] else _TEXT if default is None else "bool"
    return pd.Series([default] * len(index), index=index, dtype=dtype)


def _without_rows(name: str) -> pd.DataFrame:
    return _typed(None, DEPENDENT_COLUMNS[name])


@dataclass(frozen=True)
class Inputs:
    """Everything a plan depends on: the plan is a pure function of it.

    unreadable: what could not be read (P5, C7, G5b): `kind` is photos, mailboxes or sources, `id` the user's or the
    source's, `code` what the service said. member_read_hidden: whether the app may see hidden members (S).
    """

    entra_tenant: pd.DataFrame
    entra_users: pd.DataFrame
    entra_groups: pd.DataFrame
    entra_group_members: pd.DataFrame
    emply_users: pd.DataFrame
    emply_employees: pd.DataFrame
    emply_roles: pd.DataFrame
    emply_departments: pd.DataFrame
    state: SyncState
    settings: Settings
    entra_deleted_users: pd.DataFrame = field(default_factory=partial(_without_rows, "entra_deleted_users"))
    entra_application: pd.DataFrame = field(default_factory=partial(_without_rows, "entra_application"))
    entra_assigned: pd.DataFrame = field(default_factory=partial(_without_rows, "entra_assigned"))
    entra_photos: pd.DataFrame = field(default_factory=partial(_without_rows, "entra_photos"))
    entra_mailboxes: pd.DataFrame = field(default_factory=partial(_without_rows, "entra_mailboxes"))
    entra_calendars: pd.DataFrame = field(default_factory=partial(_without_rows, "entra_calendars"))
    entra_events: pd.DataFrame = field(default_factory=partial(_without_rows, "entra_events"))
    entra_cursors: pd.DataFrame = field(default_factory=partial(_without_rows, "entra_cursors"))
    emply_calendars: pd.DataFrame = field(default_factory=partial(_without_rows, "emply_calendars"))
    emply_events: pd.DataFrame = field(default_factory=partial(_without_rows, "emply_events"))
    unreadable: pd.DataFrame = field(default_factory=lambda: _typed(None, UNREADABLE_COLUMNS))
    member_read_hidden: bool = False

    def __post_init__(self) -> None:
        """Frames of an earlier version get the columns that they lack."""
        for name, defaults in _NEWER_COLUMNS.items():
            frame: pd.DataFrame = getattr(self, name)
            lacking = {column: default for column, default in defaults.items() if column not in frame}
            if lacking:
                made = {column: _filled(default, frame.index) for column, default in lacking.items()}
                object.__setattr__(self, name, frame.assign(**made))

    def with_frames(self, frames: Mapping[str, pd.DataFrame]) -> "Inputs":
        """The same inputs with these frames, by name."""
        given: dict[str, Any] = dict(frames)
        return replace(self, **given)

    @cached_property
    def member_rows(self) -> Rows:
        """Whose each row of `entra_group_members` is: a row of `entra_users`, -1 for what is no user there."""
        members = self.entra_group_members
        rows = positions(members["member_id"], self.entra_users["entra_id"])
        rows[(members["member_type"] != "user").to_numpy(dtype=bool)] = -1
        return rows

    @cached_property
    def login_keys(self) -> "Mapping[str, pd.Series[str]]":
        """The usernames and the e-mails of `emply_users` as they are compared."""
        return {column: key(self.emply_users[column]) for column in ("username", "email")}

    @cached_property
    def names(self) -> dict[str, str]:
        """What ids are called: roles, departments and groups."""
        return names_in(self.emply_roles, self.emply_departments, self.entra_groups)

    @property
    def now(self) -> datetime:
        """The plan's time, aware, UTC: when the sync state was read, so that stored inputs plan the same for ever."""
        return self.state.read_at


def names_in(emply_roles: pd.DataFrame, emply_departments: pd.DataFrame, entra_groups: pd.DataFrame) -> dict[str, str]:
    """What the ids of roles, departments and groups are called."""
    pairs = [
        (emply_roles["role_id"], emply_roles["title"]),
        (emply_departments["department_id"], emply_departments["title"]),
        (entra_groups["group_id"], entra_groups["display_name"]),
    ]
    named = {key: name for ids, titles in pairs for key, name in zip(ids, titles, strict=True)}
    return {key: name for key, name in named.items() if isinstance(name, str) and name.strip()}


def sees_hidden_members(entra_tenant: pd.DataFrame) -> bool:
    """Whether the application may see who is in groups with hidden membership (S), as the tenant's frame has it.

    A run of an earlier version did not look.
    """
    return "member_read_hidden" in entra_tenant and bool(entra_tenant["member_read_hidden"].any())


def _typed(frame: pd.DataFrame | None, columns: Mapping[str, str]) -> pd.DataFrame:
    if frame is None or frame.empty:
        return _no_rows(tuple(columns.items())).copy(deep=False)
    given = {
        name: frame[name] if name in frame else pd.Series(index=frame.index, dtype=kind)
        for name, kind in columns.items()
    }
    return pd.DataFrame({name: given[name].astype(kind).array for name, kind in columns.items()}, copy=False)  # type: ignore[call-overload]


@cache
def _no_rows(columns: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    return pd.DataFrame(columns=[name for name, _ in columns]).astype(dict(columns))
