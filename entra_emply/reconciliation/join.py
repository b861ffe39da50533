"""The join of both systems: every person once. Who belongs together is decided by `rules.matching`."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, marked, take, take_rows
from entra_emply.reconciliation.employees import Employees
from entra_emply.reconciliation.entra_users import EntraUsers
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.mapping import Mapping
from entra_emply.reconciliation.rules.matching import M2, M3, Comparisons, emply_side, left_alone_by, matches

_MATCHED_BY = pd.Series(["link", "username", "email"], dtype="str")
_NOBODY = -1


def join(inputs: Inputs, mapping: Mapping) -> pd.DataFrame:
    """Every person once: the Entra users in their frame's order, then the Emply users that belong to none of them.

    Columns: entra_id (kept where the linked Entra user is gone), emply_user_id, employee_id; entra_row, emply_row,
    employee_row (rows of the frames, -1 for none); matched_by (link, username, email or missing), replaces_link (of a
    link whose Entra user is gone); left_alone (M4); in_scope, enabled, in_room; main_group (row of `mapping.groups`,
    -1 for none); address (e-mail of the Entra user), subject (the person's e-mail), employees (how many carry the
    person's e-mail). Index 0….
    """
    users, employees = EntraUsers(inputs, mapping), Employees.of(inputs)
    emply = emply_side(inputs, employees)
    made = _Matches.of(Comparisons.of(users, emply), len(emply))
    return _with_employee(inputs, _one_row_each(users, made), users, emply, employees)


@dataclass(frozen=True)
class _Matches:
    """Who belongs together in the end: by rows of both frames."""

    emply_row: Rows
    matched_by: Rows  # a row of _MATCHED_BY
    entra_alone: Mask
    emply_alone: Mask
    links: pd.DataFrame

    @classmethod
    def of(cls, compared: Comparisons, logins: int) -> "_Matches":
        """What the comparisons came to."""
        emply_row = np.full(len(compared.users), _NOBODY, dtype=np.int64)
        matched_by = emply_row.copy()
        whole = compared.links[compared.links["entra_row"] != _NOBODY]
        found = [(whole["entra_row"].to_numpy(), whole["emply_row"].to_numpy())]
        found += [matches(M2, compared.by_name), matches(M3, compared.by_address)]
        for how, (rows, taken) in enumerate(found):
            emply_row[rows], matched_by[rows] = taken, how
        entra_alone, emply_alone = np.zeros(len(compared.users), dtype=bool), np.zeros(logins, dtype=bool)
        for rule, comparison in ((M2, compared.by_name), (M3, compared.by_address)):
            entra, emply = left_alone_by(rule, comparison)
            entra_alone |= entra
            emply_alone |= emply
        return cls(emply_row, matched_by, entra_alone, emply_alone, compared.links)


def _one_row_each(users: EntraUsers, matches: _Matches) -> pd.DataFrame:
    """Entra users with their Emply users, then the other Emply users; those of a gone Entra user stay linked (L5)."""
    inputs = users.inputs
    taken = matches.emply_row[matches.emply_row != _NOBODY]
    gone = matches.links[matches.links["entra_row"] == _NOBODY]
    gone_id = pd.Series(pd.NA, index=range(len(inputs.emply_users)), dtype="str")
    gone_id.iloc[gone["emply_row"].to_numpy(dtype=np.int64)] = gone["entra_id"].to_numpy()
    rest = np.flatnonzero(~marked(taken, len(inputs.emply_users)))
    in_plan = matches.matched_by > _how("link")
    orphans = gone_id.iloc[rest]
    persons = pd.DataFrame(
        {
            "entra_id": inputs.entra_users["entra_id"],
            "emply_row": matches.emply_row,
            "entra_row": np.arange(len(users)),
            "matched_by": take(_MATCHED_BY, matches.matched_by),
            "replaces_link": in_plan & take(gone_id, matches.emply_row).notna().to_numpy(),
            "left_alone": matches.entra_alone,
            "in_scope": users.enabled & users.in_group & ~users.in_room,
            "enabled": users.enabled,
            "in_room": users.in_room,
            "main_group": users.main_group,
            "address": users.address,
        }
    )
    logins = pd.DataFrame(
        {
            "entra_id": orphans.array,
            "emply_row": rest,
            "entra_row": _NOBODY,
            "matched_by": pd.Series("link", index=orphans.index, dtype="str").where(orphans.notna()).array,
            "replaces_link": False,
            "left_alone": matches.emply_alone[rest],
            "in_scope": False,
            "enabled": False,
            "in_room": False,
            "main_group": _NOBODY,
            "address": pd.array([None] * len(rest), dtype="str"),
        }
    )
    people = pd.concat([persons, logins], ignore_index=True)
    return people.assign(emply_user_id=take(inputs.emply_users["emply_user_id"], people["emply_row"]))


def _how(name: str) -> int:
    return _MATCHED_BY.tolist().index(name)


def _with_employee(
    inputs: Inputs, people: pd.DataFrame, users: EntraUsers, emply: pd.DataFrame, employees: Employees
) -> pd.DataFrame:
    """Each person's employee and subject (rules.md, "employee of a person")."""
    emply_row = people["emply_row"].to_numpy()
    emply_email = take(emply["email"], emply_row)
    names = take(users.upn, people["entra_row"]).fillna(take(emply["username"], emply_row))
    people["subject"] = people["address"].fillna(emply_email).fillna(names)
    rows, carriers = take_rows(emply["employee_row"], emply_row), take_rows(emply["employees"], emply_row, absent=0)
    by_entra = emply_email.isna().to_numpy()
    carried = take(inputs.emply_users["employee_id"], emply_row[by_entra])
    rows[by_entra], carriers[by_entra] = employees.of_people(carried, people.loc[by_entra, "address"])
    people["employee_row"] = rows
    people["employees"] = carriers
    people["employee_id"] = take(inputs.emply_employees["employee_id"], rows)
    return people[IDENTITY_COLUMNS]


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
    "entra_row",
    "emply_row",
    "employee_row",
]
