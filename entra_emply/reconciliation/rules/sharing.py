"""M3b: who shares an address with whom, of those that no key matched."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, equal_pairs, is_among, joined, marked, positions, take
from entra_emply.reconciliation.entra_users import EntraUsers
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
        if not len(seekers) or not len(logins):
            return pd.DataFrame({"row": seekers[:0], "login": logins[:0], "address": pd.Series(dtype="str")})
        theirs = _addresses_of_logins(users.inputs, logins)
        ours = users.addresses_of(seekers)
        ours = ours[is_among(ours["address"], theirs["address"])]
        ours = ours[~self._is_anothers(ours)]
        mine, other = equal_pairs(ours["address"], theirs["address"])
        shared = ours.iloc[mine].assign(login=theirs["login"].to_numpy()[other]).drop_duplicates(["row", "login"])
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

    def _is_anothers(self, ours: pd.DataFrame) -> Mask:
        """Addresses (row, address) that are the UPN or e-mail of another enabled Entra user: they do not count."""
        own = self.users.owners_of(ours["address"])
        own = own[self.users.enabled[own["row"]]]
        mine, owner = equal_pairs(ours["address"], own["address"])
        others = ours["row"].to_numpy()[mine] != own["row"].to_numpy()[owner]
        return marked(mine[others], len(ours))

    def _refused(self, pairs: pd.DataFrame) -> Mask:
        """Pairs of which a person said that they are not the same one."""
        refused, inputs = self.users.inputs.state.refused, self.users.inputs
        if refused.empty:
            return np.zeros(len(pairs), dtype=bool)
        ids = inputs.entra_users["entra_id"], inputs.emply_users["emply_user_id"]
        named = joined(take(ids[0], pairs["row"].to_numpy()), take(ids[1], pairs["login"].to_numpy()))
        return is_among(named, joined(refused["entra_id"], refused["emply_user_id"]))


def _addresses_of_logins(inputs: Inputs, rows: Rows) -> pd.DataFrame:
    """M3b: the username, the e-mail, and the e-mail of the employee whose id it carries: login, address; unique."""
    logins, employees = inputs.emply_users.iloc[rows], inputs.emply_employees
    carried = take(employees["email"], positions(logins["employee_id"], employees["employee_id"]))
    written = (logins["username"], logins["email"], carried)
    parts = [pd.DataFrame({"login": rows, "address": key(each).array}) for each in written]
    return pd.concat(parts, ignore_index=True).dropna().drop_duplicates(ignore_index=True)


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
    return {"address": mine["address"].tolist(), "carriers": [*names, *rivals.dropna()]}


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
