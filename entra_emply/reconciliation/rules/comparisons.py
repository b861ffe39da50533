"""M1 to M4 in their order: the links that hold, then who is compared with whom, and who is left alone. `join` makes the
people of both systems from it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, is_text, marked, positions, take
from entra_emply.reconciliation.employees import Employees
from entra_emply.reconciliation.entra_users import Addresses, EntraUsers
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.rule import Rule
from entra_emply.reconciliation.rules.comparison import M2, M3, Comparison, left_alone_by, matches
from entra_emply.reconciliation.rules.sharing import M3b, Sharing
from entra_emply.reconciliation.subjects import once

_NOBODY = -1


@dataclass(frozen=True)
class Comparisons:
    """M1 to M4: the links that hold, then who is compared, by sign-in name, by e-mail, by any address."""

    users: EntraUsers
    links: pd.DataFrame
    by_name: Comparison
    by_email: Comparison
    by_address: Sharing

    @classmethod
    def of(cls, users: EntraUsers, emply: pd.DataFrame) -> "Comparisons":
        """Of these users; `emply` has the username, email and archived of every Emply user."""
        links, logins = _links(users.inputs), len(emply)
        whole = links[links["entra_row"] != _NOBODY]
        linked, free = marked(whole["entra_row"].to_numpy(), len(users)), ~emply["archived"].to_numpy(dtype=bool)
        free &= ~marked(whole["emply_row"].to_numpy(), logins)
        nobody = np.zeros(len(users), dtype=bool), np.zeros(logins, dtype=bool)
        by_name = Comparison(users, users.upn, emply["username"], linked, free, *nobody)
        needless, free = _without(by_name, M2, linked, free)
        alone = left_alone_by(M2, by_name)
        others = _other_members(users, needless)
        by_email = Comparison(users, users.address, emply["email"], needless, free, *alone, others)
        needless, free = _without(by_email, M3, needless, free)
        entra, emply_users = left_alone_by(M3, by_email)
        alone = alone[0] | entra, alone[1] | emply_users
        free &= ~marked(links["emply_row"].to_numpy(), logins)  # of a link whose Entra end is gone, too
        return cls(users, links, by_name, by_email, Sharing(users, needless, free, *alone))

    @property
    def asked(self) -> "tuple[tuple[Rule[Any], Comparison | Sharing], ...]":
        """The rules that compare, each with what it compares."""
        return (M2, self.by_name), (M3, self.by_email), (M3b, self.by_address)

    @property
    def alone(self) -> tuple[Mask, Mask]:
        """M4: whom of both systems M2 and M3 left alone."""
        return self.by_address.entra_alone, self.by_address.emply_alone

    @property
    def matches(self) -> "dict[str, tuple[Rows, Rows]]":
        """The rows of Entra users and Emply users that belong together, by how."""
        whole = self.links[self.links["entra_row"] != _NOBODY]
        shared = np.flatnonzero(M3b.acts(self.by_address))
        return {
            "link": (whole["entra_row"].to_numpy(), whole["emply_row"].to_numpy()),
            "username": matches(M2, self.by_name),
            "email": matches(M3, self.by_email),
            "address": (shared, self.by_address.partner[shared]),
        }


def _other_members(users: EntraUsers, needless: Mask) -> Addresses:
    """M4: the enabled Members who take no part and have a Guest's e-mail as UPN or e-mail."""
    in_scope, kinds = users.in_group & ~users.in_room, users.inputs.entra_users["user_type"]
    guest = is_text(kinds, "Guest") & users.enabled & in_scope & ~needless
    own = users.owners_of(take(users.address, np.flatnonzero(guest)))
    return own.where((users.enabled & is_text(kinds, "Member") & (~in_scope | needless))[own.row])


def _without(comparison: Comparison, rule: Rule[Comparison], needless: Mask, free: Mask) -> tuple[Mask, Mask]:
    """Who is matched by now, and which Emply users are free, after this comparison."""
    rows, taken = matches(rule, comparison)
    return needless | marked(rows, len(needless)), free & ~marked(taken, len(free))


@once
def comparisons(identities: Identities) -> Comparisons:
    """How the people were compared: for explaining a join that is known."""
    emply = emply_side(identities.inputs, Employees.of(identities.inputs))
    return Comparisons.of(identities.entra_users, emply)


def not_clear(identities: Identities, person: int) -> str | None:
    """M4: the sign-in name or the e-mail for which a person is left alone."""
    compared, emply_row = comparisons(identities), int(identities.frame["emply_row"].iloc[person])
    for rule, comparison in ((M2, compared.by_name), (M3, compared.by_email)):
        entra, emply = left_alone_by(rule, comparison)
        if identities.in_entra[person] and entra[person]:
            return str(comparison.entra_keys.iloc[person])
        if emply_row >= 0 and emply[emply_row]:
            return str(comparison.emply_keys.iloc[emply_row])
    return None


def emply_side(inputs: Inputs, employees: Employees) -> pd.DataFrame:
    """The Emply users with what matching needs; `archived`: their own employee is, so no newcomer gets the login."""
    users = inputs.emply_users
    emply = pd.DataFrame(inputs.login_keys)
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
    there = found["emply_row"].to_numpy() != _NOBODY
    return found if there.all() else found[there]
