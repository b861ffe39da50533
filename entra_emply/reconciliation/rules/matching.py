"""M: one Entra user, one Emply user. The join of both systems: `identities`, one row a person.

Who is matched, who is left alone, who is external; whose employee is whose (rules.md, "Terms" and M1-M6). What follows
from it is for the other rules.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, as_set, codes, is_among, marked, positions, take, take_rows
from entra_emply.reconciliation.employees import Employees
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.mapping import Mapping
from entra_emply.text import key

_MATCHED_BY = pd.Series(["link", "username", "email"], dtype="str")
_NOBODY = -1


def memberships(inputs: Inputs, mapping: Mapping) -> pd.DataFrame:
    """The configured groups of every Entra user: `entra_row`, `priority` (row of `mapping.groups`), sorted, unique."""
    entra_row = inputs.member_rows
    priority = positions(inputs.entra_group_members["group_id"], mapping.groups["group_id"])
    known = (entra_row >= 0) & (priority >= 0)
    width = max(len(mapping.groups), 1)
    pairs = as_set(entra_row[known] * width + priority[known])
    return pd.DataFrame({"entra_row": pairs // width, "priority": pairs % width})


def addresses(users: pd.DataFrame) -> "pd.Series[str]":
    """The e-mails of Entra users (rules.md, "Terms"); `users` has mail, user_principal_name and user_type."""
    upn = key(users["user_principal_name"])
    own_name = upn.where((users["user_type"] == "Member") & ~upn.str.contains("#ext#", regex=False, na=False))
    return key(users["mail"]).fillna(own_name)


def join(inputs: Inputs, mapping: Mapping) -> pd.DataFrame:
    """Every person once: the Entra users in their frame's order, then the Emply users that belong to none of them.

    Columns: entra_id (kept where the linked Entra user is gone), emply_user_id, employee_id; entra_row, emply_row,
    employee_row (rows of the frames, -1 for none); matched_by (link, username, email or missing), replaces_link (of a
    link whose Entra user is gone); left_alone (M4); in_scope, enabled, in_room; main_group (row of `mapping.groups`,
    -1 for none); address (e-mail of the Entra user), subject (the person's e-mail), employees (how many carry the
    person's e-mail). Index 0….
    """
    entra = _entra_side(inputs, mapping)
    employees = Employees.of(inputs)
    emply = _emply_side(inputs, employees)
    matches = _Matches(len(entra), len(emply))
    links = _links(inputs)
    _keep_links(matches, links)  # M1
    free = entra["in_scope"].to_numpy(dtype=bool) & (matches.emply_row == _NOBODY)
    emply_free = ~emply["archived"].to_numpy(dtype=bool)
    emply_free[matches.taken] = False
    left = _match(matches, "username", entra["upn"], emply["username"], free, emply_free)  # M2
    _match(matches, "email", entra["address"], emply["email"], free, emply_free, left)  # M3
    identities = _one_row_each(inputs, entra, matches, links)
    return _with_employee(inputs, identities, entra, emply, employees)


class _Matches:
    """Who belongs together so far: filled by M1, then M2, then M3."""

    def __init__(self, entra: int, emply: int) -> None:
        self.emply_row = np.full(entra, _NOBODY, dtype=np.int64)
        self.matched_by = np.full(entra, _NOBODY, dtype=np.int64)  # a row of _MATCHED_BY
        self.entra_alone = np.zeros(entra, dtype=bool)
        self.emply_alone = np.zeros(emply, dtype=bool)

    @property
    def taken(self) -> Rows:
        """Rows of the Emply users that belong to somebody."""
        return self.emply_row[self.emply_row != _NOBODY]


@dataclass(frozen=True)
class _LeftAlone:
    """Who a rule left alone: they go on counting as carriers in the next one (M4)."""

    entra: Mask
    emply: Mask


def _entra_side(inputs: Inputs, mapping: Mapping) -> pd.DataFrame:
    """The Entra users with what matching needs; rows as in `entra_users`."""
    users = inputs.entra_users
    groups = memberships(inputs, mapping)
    main_group = np.full(len(users), _NOBODY, dtype=np.int64)
    first = groups.drop_duplicates("entra_row")
    main_group[first["entra_row"]] = first["priority"]
    members = inputs.entra_group_members
    in_rooms = members.loc[is_among(members["group_id"], pd.Series(mapping.rooms, dtype="str")), "member_id"]
    enabled = users["account_enabled"].to_numpy(dtype=bool)
    in_room = is_among(users["entra_id"], in_rooms)
    return pd.DataFrame(
        {
            "upn": key(users["user_principal_name"]),
            "address": addresses(users),
            "main_group": main_group,
            "in_room": in_room,
            "enabled": enabled,
            "in_scope": enabled & (main_group != _NOBODY) & ~in_room,
        }
    )


def _emply_side(inputs: Inputs, employees: Employees) -> pd.DataFrame:
    """The Emply users with what matching needs; `archived`: their own employee is, so no newcomer gets the login."""
    users = inputs.emply_users
    emply = pd.DataFrame({"username": key(users["username"]), "email": key(users["email"])})
    row, carriers = employees.of_people(users["employee_id"], emply["email"])
    return emply.assign(employee_row=row, employees=carriers, archived=employees.archived(row))


def _links(inputs: Inputs) -> pd.DataFrame:
    """The recorded links whose Emply user exists: entra_id, entra_row (-1: gone), emply_row."""
    links = inputs.state.links
    found = pd.DataFrame(
        {
            "entra_id": links["entra_id"],
            "entra_row": positions(links["entra_id"], inputs.entra_users["entra_id"]),
            "emply_row": positions(links["emply_user_id"], inputs.emply_users["emply_user_id"]),
        }
    )
    return found[found["emply_row"] != _NOBODY]


def _keep_links(matches: _Matches, links: pd.DataFrame) -> None:
    """M1: a link holds while both ends exist."""
    whole = links[links["entra_row"] != _NOBODY]
    matches.emply_row[whole["entra_row"]] = whole["emply_row"]
    matches.matched_by[whole["entra_row"]] = _how("link")


def _match(
    matches: _Matches,
    how: str,
    entra_keys: "pd.Series[str]",
    emply_keys: "pd.Series[str]",
    entra_free: Mask,
    emply_free: Mask,
    left: _LeftAlone | None = None,
) -> _LeftAlone:
    """M2 and M3 with M4: match the free ones of equal keys, leave alone whoever carries an ambiguous one.

    `entra_free` and `emply_free` lose who is matched and keep who is left alone.
    """
    entra_rows, emply_rows = np.flatnonzero(entra_free), np.flatnonzero(emply_free)
    entra_code, emply_code = codes(entra_keys.iloc[entra_rows], emply_keys.iloc[emply_rows])
    entra_rows, entra_code = entra_rows[entra_code >= 0], entra_code[entra_code >= 0]
    emply_rows, emply_code = emply_rows[emply_code >= 0], emply_code[emply_code >= 0]
    size = max(entra_code.max(initial=-1), emply_code.max(initial=-1)) + 1
    entra_count, emply_count = np.bincount(entra_code, minlength=size), np.bincount(emply_code, minlength=size)
    ambiguous = (entra_count > 1) | (emply_count > 1)
    if left is not None:
        ambiguous[entra_code[left.entra[entra_rows]]] = True
        ambiguous[emply_code[left.emply[emply_rows]]] = True
    ambiguous &= entra_count > 0
    alone = _LeftAlone(np.zeros(len(entra_free), dtype=bool), np.zeros(len(emply_free), dtype=bool))
    alone.entra[entra_rows[ambiguous[entra_code]]] = True
    alone.emply[emply_rows[ambiguous[emply_code]]] = True
    matches.entra_alone |= alone.entra
    matches.emply_alone |= alone.emply

    single = (entra_count == 1) & (emply_count == 1) & ~ambiguous
    holder = np.full(size, _NOBODY, dtype=np.int64)
    holder[emply_code] = emply_rows
    matched = single[entra_code]
    matches.emply_row[entra_rows[matched]] = holder[entra_code[matched]]
    matches.matched_by[entra_rows[matched]] = _how(how)
    entra_free[entra_rows[matched]] = False
    emply_free[holder[entra_code[matched]]] = False
    return alone


def _one_row_each(inputs: Inputs, entra: pd.DataFrame, matches: _Matches, links: pd.DataFrame) -> pd.DataFrame:
    """Entra users with their Emply users, then the other Emply users; those of a gone Entra user stay linked (L5)."""
    gone = links[links["entra_row"] == _NOBODY]
    gone_id = pd.Series(pd.NA, index=range(len(inputs.emply_users)), dtype="str")
    gone_id.iloc[gone["emply_row"].to_numpy(dtype=np.int64)] = gone["entra_id"].to_numpy()
    rest = np.flatnonzero(~marked(matches.taken, len(inputs.emply_users)))
    anew = matches.matched_by > _how("link")
    orphans = gone_id.iloc[rest]
    persons = pd.DataFrame(
        {
            "entra_id": inputs.entra_users["entra_id"],
            "emply_row": matches.emply_row,
            "entra_row": np.arange(len(entra)),
            "matched_by": take(_MATCHED_BY, matches.matched_by),
            "replaces_link": anew & take(gone_id, matches.emply_row).notna().to_numpy(),
            "left_alone": matches.entra_alone,
        }
    ).join(entra[["in_scope", "enabled", "in_room", "main_group", "address"]])
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
    identities = pd.concat([persons, logins], ignore_index=True)
    return identities.assign(emply_user_id=take(inputs.emply_users["emply_user_id"], identities["emply_row"]))


def _how(name: str) -> int:
    return _MATCHED_BY.tolist().index(name)


def _with_employee(
    inputs: Inputs, identities: pd.DataFrame, entra: pd.DataFrame, emply: pd.DataFrame, employees: Employees
) -> pd.DataFrame:
    """Each person's employee and subject (rules.md, "employee of a person")."""
    emply_row = identities["emply_row"].to_numpy()
    emply_email = take(emply["email"], emply_row)
    names = take(entra["upn"], identities["entra_row"]).fillna(take(emply["username"], emply_row))
    identities["subject"] = identities["address"].fillna(emply_email).fillna(names)
    rows, carriers = take_rows(emply["employee_row"], emply_row), take_rows(emply["employees"], emply_row, absent=0)
    by_entra = emply_email.isna().to_numpy()
    carried = take(inputs.emply_users["employee_id"], emply_row[by_entra])
    rows[by_entra], carriers[by_entra] = employees.of_people(carried, identities.loc[by_entra, "address"])
    identities["employee_row"] = rows
    identities["employees"] = carriers
    identities["employee_id"] = take(inputs.emply_employees["employee_id"], rows)
    return identities[IDENTITY_COLUMNS]


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
