"""M3b: who shares an address with whom, of those that no key matched."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, equal_pairs, is_among, joined, marked, positions, take
from entra_emply.reconciliation.entra_users import Addresses, EntraUsers
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.rule import Condition, Rule, Values
from entra_emply.reconciliation.rules.scope import SCOPE, called
from entra_emply.text import key

_NOBODY = -1


@dataclass(frozen=True, eq=False)
class Sharing:
    """M3b: who shares an address with whom, of those that M1 to M3 left. A row each Entra user.

    needless: the Entra users who are linked or matched already. offered: the Emply users that M1 to M3 left, without
    those that are linked, their Entra end gone. entra_alone, emply_alone: whom M2 and M3 left alone.
    """

    users: EntraUsers
    needless: Mask
    offered: Mask
    entra_alone: Mask
    emply_alone: Mask
    answers: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        """How many Entra users."""
        return len(self.users)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """Who shares with whom, each pair once: row (of the Entra user), login (row of the Emply user), address."""
        users, logins = self.users, np.flatnonzero(self.offered)
        seekers = np.flatnonzero(users.enabled & users.in_group & ~users.in_room & ~self.needless)
        nobody = pd.DataFrame({"row": seekers[:0], "login": logins[:0], "address": pd.Series(dtype="str")})
        if not len(seekers) or not len(logins):
            return nobody
        theirs = _addresses_of_logins(users.inputs, logins)
        ours = users.addresses_of(seekers)
        ours = ours.where(is_among(ours.address, theirs.address))
        if not len(ours):
            return nobody
        ours = ours.where(~self._is_anothers(ours))
        mine, other = equal_pairs(ours.address, theirs.address)
        shared = pd.DataFrame({"row": ours.row[mine], "login": theirs.row[other], "address": take(ours.address, mine)})
        shared = shared.drop_duplicates(["row", "login"])
        return shared[~self._refused(shared)].reset_index(drop=True)

    @cached_property
    def counts(self) -> tuple[Rows, Rows]:
        """With how many each Entra user, and each Emply user, shares."""
        pairs = self.pairs
        logins = len(self.users.inputs.emply_users)
        return np.bincount(pairs["row"], minlength=len(self)), np.bincount(pairs["login"], minlength=logins)

    @cached_property
    def partner(self) -> Rows:
        """An Emply user that each Entra user shares with, -1 for none."""
        partner = np.full(len(self), _NOBODY, dtype=np.int64)
        partner[self.pairs["row"]] = self.pairs["login"]
        return partner

    def _is_anothers(self, ours: Addresses) -> Mask:
        """Addresses that are the UPN or e-mail of another enabled Entra user: they do not count."""
        own = self.users.owners_of(ours.address)
        own = own.where(self.users.enabled[own.row])
        mine, owner = equal_pairs(ours.address, own.address)
        return marked(mine[ours.row[mine] != own.row[owner]], len(ours))

    def _refused(self, pairs: pd.DataFrame) -> Mask:
        """Pairs of which a person said that they are not the same one."""
        refused, inputs = self.users.inputs.state.refused, self.users.inputs
        if refused.empty:
            return np.zeros(len(pairs), dtype=bool)
        ids = inputs.entra_users["entra_id"], inputs.emply_users["emply_user_id"]
        named = joined(take(ids[0], pairs["row"].to_numpy()), take(ids[1], pairs["login"].to_numpy()))
        return is_among(named, joined(refused["entra_id"], refused["emply_user_id"]))


def _addresses_of_logins(inputs: Inputs, rows: Rows) -> Addresses:
    """M3b: the username, the e-mail, and the e-mail of the employee whose id it carries, of these Emply users."""
    own, employees = inputs.login_keys, inputs.emply_employees
    employee = positions(take(inputs.emply_users["employee_id"], rows), employees["employee_id"])
    carried = key(take(employees["email"], employee))
    return Addresses.of((rows, take(own["username"], rows)), (rows, take(own["email"], rows)), (rows, carried))


def _shares(sharing: Sharing, rows: Rows) -> Mask:
    return sharing.counts[0][rows] > 0


def _shares_with_one(sharing: Sharing, rows: Rows) -> Mask:
    by_row, by_login = sharing.counts
    return (by_row[rows] == 1) & (by_login[sharing.partner[rows]] == 1)


def _both_clear(sharing: Sharing, rows: Rows) -> Mask:
    return ~sharing.entra_alone[rows] & ~sharing.emply_alone[sharing.partner[rows]]


def _sharers(sharing: Sharing, row: int) -> Values:
    pairs, inputs = sharing.pairs, sharing.users.inputs
    mine = pairs[pairs["row"] == row]
    names = called(inputs.emply_users.iloc[mine["login"]])
    others = pairs[pairs["login"].isin(mine["login"]) & (pairs["row"] != row)]
    rivals = inputs.entra_users["user_principal_name"].iloc[others["row"].drop_duplicates()]
    return {"address": mine["address"].tolist(), "logins": [*names], "carriers": [*names, *rivals.dropna()]}


M3b = Rule[Sharing](
    "M3b",
    (),
    (
        *(condition.on(lambda sharing: sharing.users) for condition in SCOPE),
        Condition("not_matched_by_key", lambda sharing, rows: ~sharing.needless[rows]),
        Condition("shares_address", _shares, _sharers),
        Condition("shares_with_one", _shares_with_one, _sharers),
        Condition("both_clear", _both_clear, _sharers),
    ),
)
