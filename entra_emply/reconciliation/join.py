"""The join of both systems: every person once. Who belongs together is decided by `rules.matching`."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import (
    Mask,
    Rows,
    is_among,
    marked,
    positions,
    repeated,
    stacked,
    take,
    take_numbers,
)
from entra_emply.reconciliation.employees import Employees
from entra_emply.reconciliation.entra_users import EntraUsers
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.mapping import GroupMapping
from entra_emply.reconciliation.rules.comparisons import Comparisons, emply_side

_MATCHED_BY = pd.Series(["link", "username", "email", "address"], dtype="str")
_NOBODY = -1


def join(inputs: Inputs, mapping: GroupMapping) -> pd.DataFrame:
    """Every person once: the Entra users in their frame's order, then the Emply users that belong to none of them.

    Columns: entra_id (kept where the linked Entra user is gone), emply_user_id, employee_id; entra_row, emply_row,
    employee_row (rows of the frames, -1 for none); matched_by (link, username, email, address or missing),
    replaces_link (of a link whose Entra user is gone); left_alone (M4); in_scope, enabled, in_room; main_group (row of
    `mapping.groups`, -1 for none); address (e-mail of the Entra user), subject (the person's e-mail), employees (how
    many carry the e-mail that an employee of the person has), employee_by_entra_email (L12), shares_with
    (M3b: the least id of the Emply users that share an address and are nobody's). Index 0….
    """
    users, employees = EntraUsers(inputs, mapping), Employees.of(inputs)
    emply = emply_side(inputs, employees)
    made = _Matches.of(Comparisons.of(users, emply))
    return _with_employee(inputs, _one_row_each(users, made), users, emply, employees)


@dataclass(frozen=True)
class _Matches:
    """Who belongs together in the end: by rows of both frames."""

    emply_row: Rows
    matched_by: Rows  # a row of _MATCHED_BY
    entra_alone: Mask
    emply_alone: Mask
    links: pd.DataFrame
    shares_with: "pd.Series[str]"

    @classmethod
    def of(cls, compared: Comparisons) -> "_Matches":
        """What the comparisons came to."""
        emply_row = np.full(len(compared.users), _NOBODY, dtype=np.int64)
        matched_by = emply_row.copy()
        for how, (rows, taken) in compared.matches.items():
            emply_row[rows], matched_by[rows] = taken, _how(how)
        return cls(emply_row, matched_by, *compared.alone, compared.links, _least_partner(compared))


def _least_partner(compared: Comparisons) -> "pd.Series[str]":
    """M3b: the least id of the Emply users that each Entra user shares an address with; missing for none."""
    pairs = compared.by_address.pairs
    if pairs.empty:
        return repeated(None, len(compared.users))
    ids = compared.users.inputs.emply_users["emply_user_id"].iloc[pairs["login"]]
    least = pd.Series(ids.array, index=pairs["row"].array, dtype="str").groupby(level=0).min()
    return least.reindex(range(len(compared.users))).astype("str")


def _one_row_each(users: EntraUsers, matches: _Matches) -> dict[str, Any]:
    """Entra users with their Emply users, then the other Emply users; those of a gone Entra user stay linked (L5)."""
    inputs = users.inputs
    taken = matches.emply_row[matches.emply_row != _NOBODY]
    gone = matches.links[matches.links["entra_row"] == _NOBODY]
    gone_id = pd.Series(pd.NA, index=range(len(inputs.emply_users)), dtype="str")
    gone_id.iloc[gone["emply_row"].to_numpy(dtype=np.int64)] = gone["entra_id"].to_numpy()
    rest = np.flatnonzero(~marked(taken, len(inputs.emply_users)))
    in_plan = matches.matched_by > _how("link")
    orphans = take(gone_id, rest)
    linked = np.where(orphans.notna(), _how("link"), _NOBODY)
    emply_row, nobody = np.concatenate([matches.emply_row, rest]), np.full(len(rest), _NOBODY, dtype=np.int64)
    no, none = np.zeros(len(rest), dtype=bool), repeated(None, len(rest))
    return {
        "entra_id": stacked(inputs.entra_users["entra_id"], orphans),
        "emply_row": emply_row,
        "entra_row": np.concatenate([np.arange(len(users)), nobody]),
        "matched_by": take(_MATCHED_BY, np.concatenate([matches.matched_by, linked])),
        "replaces_link": np.concatenate([in_plan & take(gone_id, matches.emply_row).notna().to_numpy(), no]),
        "left_alone": np.concatenate([matches.entra_alone, matches.emply_alone[rest]]),
        "in_scope": np.concatenate([users.enabled & users.in_group & ~users.in_room, no]),
        "enabled": np.concatenate([users.enabled, no]),
        "in_room": np.concatenate([users.in_room, no]),
        "main_group": np.concatenate([users.main_group, nobody]),
        "address": stacked(users.address, none),
        "shares_with": stacked(matches.shares_with, none),
        "emply_user_id": take(inputs.emply_users["emply_user_id"], emply_row),
    }


def _how(name: str) -> int:
    return _MATCHED_BY.tolist().index(name)


def _with_employee(
    inputs: Inputs, people: dict[str, Any], users: EntraUsers, emply: pd.DataFrame, employees: Employees
) -> pd.DataFrame:
    """Each person's employee and subject (rules.md, "employee of a person")."""
    emply_row, address = people["emply_row"], people["address"]
    emply_email = take(emply["email"], emply_row)
    names = take(users.upn, people["entra_row"]).fillna(take(emply["username"], emply_row))
    rows = take_numbers(emply["employee_row"], emply_row)
    carriers = take_numbers(emply["employees"], emply_row, absent=0)
    by_entra = emply_email.isna().to_numpy()
    asked = np.flatnonzero(by_entra)
    carried = take(inputs.emply_users["employee_id"], emply_row[asked])
    rows[asked], carriers[asked] = employees.of_people(carried, take(address, asked))
    renamed = ~by_entra & (rows < 0) & address.notna().to_numpy()
    rows[renamed], carriers[renamed] = _by_entra_email(inputs, address[renamed], users, emply, employees)
    found = people | {
        "subject": address.fillna(emply_email).fillna(names),
        "employee_row": rows,
        "employees": carriers,
        "employee_id": take(inputs.emply_employees["employee_id"], rows),
        "employee_by_entra_email": renamed & (rows >= 0),
    }
    columns = ((name, found[name]) for name in IDENTITY_COLUMNS)
    return pd.DataFrame({name: of.array if isinstance(of, pd.Series) else of for name, of in columns}, copy=False)


def _by_entra_email(
    inputs: Inputs, address: "pd.Series[str]", users: EntraUsers, emply: pd.DataFrame, employees: Employees
) -> tuple[Rows, Rows]:
    """The employees of people whose Emply user's own e-mail finds nobody, by their Entra user's; and how many.

    Only those that are nobody else's: no other Emply user carries the id or the e-mail, no other enabled Entra user has
    the e-mail. The row of an Entra user is that of its person.
    """
    rows, many = np.full(len(address), _NOBODY, dtype=np.int64), np.zeros(len(address), dtype=np.int64)
    known = np.flatnonzero(is_among(address, employees.email))
    if not len(known):
        return rows, many
    asked = address.iloc[known]
    carriers = users.address[users.enabled & is_among(users.address, asked)].value_counts()
    itself = users.enabled[asked.index].astype(np.int64)
    shared = is_among(asked, emply["email"]) | (asked.map(carriers).fillna(0).to_numpy() > itself)
    free = employees.unclaimed(inputs.emply_users["employee_id"])
    found, number = free.of_people(pd.Series(index=asked.index, dtype="str"), asked.where(~shared))
    rows[known] = positions(take(free.employee_id, found), employees.employee_id)
    many[known] = np.where(found >= 0, number, 0)
    return rows, many


IDENTITY_COLUMNS = [
    "entra_id",
    "emply_user_id",
    "employee_id",
    "subject",
    "address",
    "matched_by",
    "replaces_link",
    "left_alone",
    "in_scope",
    "enabled",
    "in_room",
    "main_group",
    "employees",
    "employee_by_entra_email",
    "shares_with",
    "entra_row",
    "emply_row",
    "employee_row",
]
