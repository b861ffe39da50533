"""The neighbourhood of one person: of the frames of everybody, the rows of whoever is asked for and of all who share a
link, a key, an address or an employee with them. What the rules say of the person is the same in it as in the whole.

Only what counts people (the guards' limits, an emptied group) is not: that is taken from the plan as it was made.
"""

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd
from rapidfuzz import process
from rapidfuzz.distance import OSA

from entra_emply.reconciliation.arrays import Mask, Rows, exploded, is_among
from entra_emply.reconciliation.entra_users import addresses
from entra_emply.reconciliation.inputs import (
    DEPENDENT_COLUMNS,
    DEPENDENT_SOURCES,
    STATE_COLUMNS,
    UNREADABLE_COLUMNS,
    Inputs,
    SyncState,
)
from entra_emply.reconciliation.not_read import SOURCES_OF, UNREADABLE, together
from entra_emply.reconciliation.rules.sign_in_names import proxy_keys
from entra_emply.reconciliation.settings import Limit, Settings
from entra_emply.text import key, key_of

_MOST_NEAR = 5
_NO_LIMIT = Limit(min_count=sys.maxsize, percent=0)
_UNREADABLE = {
    "photo_unreadable": ("photos", "entra_id"),
    "mailbox_unreadable": ("mailboxes", "entra_id"),
    "source_unreadable": ("sources", "subject"),
}
"""What could not be read, by finding: its kind, and where its id stands."""


class Frames(Protocol):
    """The frames of one moment, readable in part. A frame of several is called `asset/frame`."""

    def columns(self, name: str, columns: Sequence[str]) -> pd.DataFrame:
        """All rows of some columns."""
        ...

    def rows(self, name: str, column: str, values: Collection[str]) -> pd.DataFrame:
        """The rows whose `column` holds one of `values`."""
        ...

    def whole(self, name: str) -> pd.DataFrame:
        """Every row of every column."""
        ...

    def has(self, name: str) -> bool:
        """Whether there is such a frame."""
        ...


@dataclass(frozen=True)
class Ids:
    """Some of the users and employees of both systems."""

    entra: frozenset[str]
    emply: frozenset[str]
    employees: frozenset[str]

    @property
    def ids(self) -> frozenset[str]:
        """All of them."""
        return self.entra | self.emply | self.employees

    def __bool__(self) -> bool:
        return bool(self.entra or self.emply or self.employees)


class Directory:
    """Everybody's ids and keys, and nothing else of them."""

    def __init__(self, frames: Frames) -> None:
        users = frames.columns("entra_users", ["entra_id", "user_principal_name", "mail", "user_type"])
        upn = key(users["user_principal_name"])
        self.entra = pd.DataFrame({"id": users["entra_id"], "upn": upn, "address": addresses(users, upn)})
        logins = frames.columns("emply_users", ["emply_user_id", "username", "email", "employee_id"])
        self.emply = pd.DataFrame(
            {
                "id": logins["emply_user_id"],
                "username": key(logins["username"]),
                "email": key(logins["email"]),
                "employee": logins["employee_id"],
            }
        )
        self._a_guest = frozenset(users.loc[users["user_type"] == "Guest", "entra_id"].iloc[:1])
        self._frames = frames
        employees = frames.columns("emply_employees", ["employee_id", "email"])
        self.employees = pd.DataFrame({"id": employees["employee_id"], "email": key(employees["email"])})
        self.links = frames.whole("sync_state/links")

    def carriers(self, *asked: str) -> Ids:
        """Who has one of these ids, carries it as sign-in name, username or e-mail, or has such an employee's login."""
        wanted = _texts({key_of(text) for text in asked} - {""})
        ids = _texts({form for text in asked for form in (text.strip(), text.strip().lower())})
        employee = is_among(self.employees["id"], ids) | is_among(self.employees["email"], wanted)
        employee_ids = self.employees.loc[employee, "id"]
        entra = is_among(self.entra["id"], ids) | _carry(self.entra, ("upn", "address"), wanted)
        emply = is_among(self.emply["id"], ids) | _carry(self.emply, ("username", "email"), wanted)
        emply |= is_among(self.emply["employee"], employee_ids)
        linked = self.links.loc[is_among(self.links["entra_id"], ids), "emply_user_id"]
        found = self._ids(entra, emply | is_among(self.emply["id"], linked), employee)
        return found or self._ids(self._known_as(wanted), emply, employee)

    def texts_of(self, who: Ids) -> set[str]:
        """Every id, name and address by which these people may be found in Entra."""
        logins = self.emply[is_among(self.emply["id"], _texts(who.emply))]
        users = self.entra[is_among(self.entra["id"], _texts(who.entra))]
        employees = self.employees[is_among(self.employees["id"], _texts(who.employees))]
        linked = self.links[is_among(self.links["emply_user_id"], logins["id"])]
        columns = [logins["username"], logins["email"], users["upn"], users["address"], employees["email"]]
        return set(pd.concat([*columns, linked["entra_id"]]).dropna())

    def near(self, asked: str) -> list[str]:
        """Addresses and names one edit (insert, delete, replace, swap of neighbours) away from what was asked."""
        columns = [self.entra["upn"], self.entra["address"], *(self.emply[name] for name in ("username", "email"))]
        every = pd.concat([*columns, self.employees["email"]]).dropna()
        wanted = key_of(asked)
        close = every[(every.str.len() - len(wanted)).abs() <= 1].drop_duplicates().tolist()
        found = process.extract(wanted, close, scorer=OSA.distance, score_cutoff=1, limit=_MOST_NEAR)
        return sorted(text for text, _, _ in found)

    def around(self, who: Ids) -> Ids:
        """`who`, and everybody who shares a link, a key, an address or an employee with them, and so on; also whoever
        stands in the way of a user that W1 would make of their logins, and a guest, if the tenant has any (S)."""
        entra = is_among(self.entra["id"], _texts(who.entra))
        emply = is_among(self.emply["id"], _texts(who.emply))
        emply |= self._wanting_the_same_name(emply)
        reached = -1
        while reached < (reached := int(entra.sum() + emply.sum())):
            entra, emply = self._sharing(*self._wider(entra, emply))
        entra, emply = self._crosswise(entra, emply)
        entra |= self._known_as(self._names_of_unlinked(emply))
        logins, users = self.emply[emply], self.entra[entra]
        carried = pd.concat([logins["employee"], _texts(who.employees)])
        emails = pd.concat([logins["email"], users["address"]])
        employee = is_among(self.employees["id"], carried) | is_among(self.employees["email"], emails)
        emply = emply | is_among(self.emply["employee"], self.employees.loc[employee, "id"])
        ids = self._ids(entra, emply, employee)
        return replace(ids, entra=ids.entra | self._a_guest)

    def _wider(self, entra: Mask, emply: Mask) -> tuple[Mask, Mask]:
        """One step along links and along the keys that M2 and M3 compare."""
        users, logins, links = self.entra[entra], self.emply[emply], self.links
        names = pd.concat([users["upn"], logins["username"]])
        emails = pd.concat([users["address"], logins["email"]])
        linked = links[is_among(links["entra_id"], users["id"]) | is_among(links["emply_user_id"], logins["id"])]
        return (
            entra
            | is_among(self.entra["upn"], names)
            | is_among(self.entra["address"], emails)
            | is_among(self.entra["id"], linked["entra_id"]),
            emply
            | is_among(self.emply["username"], names)
            | is_among(self.emply["email"], emails)
            | is_among(self.emply["id"], linked["emply_user_id"]),
        )

    def _crosswise(self, entra: Mask, emply: Mask) -> tuple[Mask, Mask]:
        """One step more along equal texts in different places, which match nobody but are worth telling."""
        theirs = pd.concat([self.entra.loc[entra, name] for name in ("upn", "address")])
        ours = pd.concat([self.emply.loc[emply, name] for name in ("username", "email")])
        return entra | _carry(self.entra, ("upn", "address"), ours), emply | _carry(
            self.emply, ("username", "email"), theirs
        )

    def _wanting_the_same_name(self, emply: Mask) -> Mask:
        """The logins that carry, in whichever place, what these carry: W1 would give both the same sign-in name."""
        return _carry(self.emply, ("username", "email"), self._names_of_unlinked(emply))

    def _names_of_unlinked(self, emply: Mask) -> "pd.Series[str]":
        """What the logins that nobody is linked to carry."""
        logins = self.emply[emply & ~is_among(self.emply["id"], self.links["emply_user_id"])]
        return pd.concat([logins["username"], logins["email"]]).dropna()

    def _sharing(self, entra: Mask, emply: Mask) -> tuple[Mask, Mask]:
        """One step along any address of those whom nobody is linked to (M3b), and whose own address it is."""
        free = entra & ~is_among(self.entra["id"], self.links["entra_id"])
        names = self._names_of_unlinked(emply)
        if not free.any() and names.empty:
            return entra, emply
        row, address = self._aliases
        theirs = pd.concat([address[free[row]], self.entra.loc[free, "upn"], self.entra.loc[free, "address"]]).dropna()
        emply = emply | _carry(self.emply, ("username", "email"), theirs)
        emply |= is_among(self.emply["employee"], self.employees.loc[is_among(self.employees["email"], theirs), "id"])
        carried = is_among(self.employees["id"], self.emply.loc[emply, "employee"])
        ours = pd.concat([self._names_of_unlinked(emply), self.employees.loc[carried, "email"].dropna()])
        owners = _carry(self.entra, ("upn", "address"), pd.concat([theirs, ours]))
        return entra | owners | self._known_as(ours), emply

    def _known_as(self, texts: "pd.Series[str]") -> Mask:
        """The Entra users who have one of these as another address."""
        known = np.zeros(len(self.entra), dtype=bool)
        if not texts.empty:
            row, address = self._aliases
            known[row[is_among(address, texts)]] = True
        return known

    @cached_property
    def _aliases(self) -> "tuple[Rows, pd.Series[str]]":
        """The other addresses of Entra users, by row. They are many, so they are read when asked for."""
        users = self._frames.columns("entra_users", ["entra_id", "other_mails", "proxy_addresses"])
        parts = [exploded(users[name]) for name in users.columns.drop("entra_id")]  # an earlier version has none
        rows = [np.zeros(0, dtype=np.int64), *(row for row, _ in parts)]
        written = pd.concat([pd.Series(dtype="str"), *(texts for _, texts in parts)], ignore_index=True)
        return np.concatenate(rows), proxy_keys(written)

    def _ids(self, entra: Mask, emply: Mask, employee: Mask) -> Ids:
        frames = ((self.entra, entra), (self.emply, emply), (self.employees, employee))
        return Ids(*(frozenset(frame.loc[mask, "id"]) for frame, mask in frames))


_FOLLOWING = {name: f"{asset}/{name}" for asset, names in DEPENDENT_SOURCES.items() for name in names}
_OF_USERS = ("entra_assigned", "entra_photos", "entra_mailboxes", "entra_calendars", "entra_events", "entra_cursors")
_WHOLE = ("entra_deleted_users", "entra_application")
UNREAD = pd.DataFrame()
"""In place of a frame that was not read: nothing is known of it, and no rule can ask it."""


def inputs_around(frames: Frames, settings: Settings, who: Ids, unread: pd.DataFrame | None = None) -> Inputs:
    """The inputs of these people alone; groups, roles and departments are all there, because settings name them.

    What was not read is `unread`; without that, an empty frame of its model, which takes a while to import.
    """
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
        **together([_following(frames, who, state, unread), {UNREADABLE: _not_read(frames, who)}]),
    )


def _members(frames: Frames, entra: Collection[str]) -> pd.DataFrame:
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


def _following(
    frames: Frames, who: Ids, state: Mapping[str, pd.DataFrame], unread: pd.DataFrame | None
) -> dict[str, pd.DataFrame]:
    """What is read of some people only, as far as it was: photos, mailboxes, calendars, events. A room's calendar in
    Emply has no user: the ledger or its mailbox says whose it is. A recorded pair's event counts wherever it is now."""
    recorded, pairs = (state.get(name, UNREAD) for name in ("calendars", "event_pairs"))
    found = {} if unread is None else {name: _without_rows(columns) for name, columns in DEPENDENT_COLUMNS.items()}
    found |= {
        name: frames.rows(stored, "entra_id", who.entra) if name in _OF_USERS else frames.whole(stored)
        for name, stored in _FOLLOWING.items()
        if name in (*_OF_USERS, *_WHOLE) and frames.has(stored)
    }
    if frames.has(_FOLLOWING["emply_calendars"]):
        theirs = found.get("entra_calendars", UNREAD).get("calendar_id", ())
        wanted = {"user_id": who.emply, "calendar_id": recorded.get("calendar_id", ()), "external_id": theirs}
        found["emply_calendars"] = _any_of(frames, _FOLLOWING["emply_calendars"], wanted, ["calendar_id"])
    if frames.has(_FOLLOWING["emply_events"]):
        here = found.get("emply_calendars", UNREAD).get("calendar_id", ())
        wanted = {"calendar_id": here, "event_id": pairs.get("emply_event_id", ())}
        found["emply_events"] = _any_of(frames, _FOLLOWING["emply_events"], wanted, ["calendar_id", "event_id"])
    return found


def _without_rows(columns: Mapping[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns)).astype(dict(columns))


def named_near(around: Ids, findings: Iterable[Mapping[str, object]]) -> Ids:
    """Those around, and whom the findings about nearly matching addresses name: near is who was compared with all."""
    near = [row for row in findings if row["code"] == "email_nearly_matches"]
    entra, emply, employees = (
        frozenset(str(row[name]) for row in near if row[name]) for name in ("entra_id", "emply_user_id", "employee_id")
    )
    return Ids(around.entra | entra, around.emply | emply, around.employees | employees)


def _not_read(frames: Frames, who: Ids) -> pd.DataFrame:
    """What could not be read: sources altogether, and of these people."""
    stored = [f"{asset}/{UNREADABLE}" for asset in DEPENDENT_SOURCES]
    rows = together([{UNREADABLE: frames.whole(name)} for name in stored if frames.has(name)])[UNREADABLE]
    return rows[(rows["kind"] == SOURCES_OF) | rows["id"].isin(who.entra)].reset_index(drop=True)


def _any_of(frames: Frames, name: str, wanted: Mapping[str, Iterable[str]], identity: list[str]) -> pd.DataFrame:
    """The rows that have one of the values wanted in one of the columns, each once."""
    parts = [frames.rows(name, column, frozenset(values)) for column, values in wanted.items()]
    return pd.concat(parts).drop_duplicates(identity, ignore_index=True)


def _of(frames: Frames, name: str, columns: Collection[str], who: Ids) -> pd.DataFrame:
    """A frame of the sync state as far as it is about these people, or about nobody."""
    for column, ids in (("emply_user_id", who.emply), ("entra_id", who.entra)):
        if column in columns:
            return frames.rows(name, column, ids)
    return frames.whole(name)


def _carry(frame: pd.DataFrame, columns: Sequence[str], texts: "pd.Series[str]") -> Mask:
    return np.logical_or.reduce([is_among(frame[column], texts) for column in columns])


def _texts(values: Collection[str]) -> "pd.Series[str]":
    return pd.Series(sorted(values), dtype="str")
