"""M3b: who shares an address with whom, of those that no key matched."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import (
    Mask,
    Rows,
    equal_pairs,
    how_often,
    is_among,
    joined,
    positions,
    same_text,
    sort_order,
    take,
)
from entra_emply.reconciliation.entra_users import Addresses, EntraUsers
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.rule import Condition, Rule, Values
from entra_emply.reconciliation.rules.scope import SCOPE, a_few, called
from entra_emply.reconciliation.subjects import Subjects
from entra_emply.text import key

_NOBODY = -1
_ENOUGH = 2  # to tell one from several
_NO_ADDRESSES = Addresses(np.empty(0, np.int64), pd.Series(dtype="str"))


@dataclass(frozen=True, eq=False)
class Sharing(Subjects):
    """M3b: who shares an address with whom, of those that M1 to M3 left. A row each Entra user.

    needless: the Entra users who are linked or matched already. offered: the Emply users that M1 to M3 left, without
    those that are linked, their Entra end gone. entra_alone, emply_alone: whom M2 and M3 left alone.
    """

    users: EntraUsers
    needless: Mask
    offered: Mask
    entra_alone: Mask
    emply_alone: Mask

    def __len__(self) -> int:
        """How many Entra users."""
        return len(self.users)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """Who shares with whom, each pair once: row (of the Entra user), login (row of the Emply user), address.

        Not all of them: of an address that a thousand carry on both sides there are a million. Of every user the first
        few by id, enough to tell whether it shares with nobody, with one or with several, and which id is the least.
        """
        ours, theirs = self._counting
        if not len(ours):  # as in most companies
            return pd.DataFrame({"row": ours.row, "login": theirs.row, "address": ours.address})
        by_row, by_login = self._refusals
        mine, other = equal_pairs(ours.address, theirs.address, _ENOUGH + by_row[ours.row])
        again, me = equal_pairs(theirs.address, ours.address, _ENOUGH + by_login[theirs.row])
        return self._paired(ours, theirs, (np.append(mine, me), np.append(other, again)))

    @cached_property
    def counts(self) -> tuple[Rows, Rows]:
        """With how many each Entra user, and each Emply user, shares; of several not how many they are."""
        pairs = self.pairs
        logins = len(self.users.inputs.emply_users)
        return np.bincount(pairs["row"], minlength=len(self)), np.bincount(pairs["login"], minlength=logins)

    @cached_property
    def partner(self) -> Rows:
        """An Emply user that each Entra user shares with, -1 for none."""
        partner = np.full(len(self), _NOBODY, dtype=np.int64)
        partner[self.pairs["row"]] = self.pairs["login"]
        return partner

    def pairs_of(self, row: int | None = None, login: int | None = None) -> pd.DataFrame:
        """All the pairs of one Entra user, or of one Emply user."""
        ours, theirs = self._counting
        ours = ours if row is None else ours.where(ours.row == row)
        theirs = theirs if login is None else theirs.where(theirs.row == login)
        return self._paired(ours, theirs, equal_pairs(ours.address, theirs.address))

    def rivals_of(self, pairs: pd.DataFrame) -> Rows:
        """The other Entra users that share with the Emply users of one user's pairs."""
        ours, theirs = self._counting
        ours = ours.where(~np.isin(ours.row, pairs["row"]))
        theirs = theirs.where(np.isin(theirs.row, pairs["login"]))
        some = equal_pairs(ours.address, theirs.address, 1 + self._refusals[0][ours.row])
        return self._paired(ours, theirs, some)["row"].unique()

    @cached_property
    def _counting(self) -> tuple[Addresses, Addresses]:
        """The addresses that both sides have, of the Entra users who seek and of the Emply users offered, by id."""
        users, logins = self.users, np.flatnonzero(self.offered)
        seekers = np.flatnonzero(users.enabled & users.in_group & ~users.in_room & ~self.needless)
        if not len(seekers) or not len(logins):
            return _NO_ADDRESSES, _NO_ADDRESSES
        theirs, ours = _addresses_of_logins(users.inputs, logins), users.addresses_of(seekers)
        ours = ours.where(is_among(ours.address, theirs.address))
        if not len(ours):
            return _NO_ADDRESSES, _NO_ADDRESSES
        ours = ours.where(~self._is_anothers(ours))
        theirs = theirs.where(is_among(theirs.address, ours.address))
        return ours, theirs.at(sort_order(take(users.inputs.emply_users["emply_user_id"], theirs.row)))

    def _is_anothers(self, ours: Addresses) -> Mask:
        """Addresses that are the UPN or e-mail of another enabled Entra user: they do not count."""
        users = self.users
        own = users.owners_of(ours.address)
        own = own.where(users.enabled[own.row])
        names = (take(texts, ours.row) for texts in (users.upn, users.address))
        itself = np.logical_or.reduce([same_text(ours.address, each) for each in names])
        return how_often(ours.address, own.address) > itself

    def _paired(self, ours: Addresses, theirs: Addresses, rows: tuple[Rows, Rows]) -> pd.DataFrame:
        """Rows of both sides' addresses as pairs, each once, but for those of whom a person said that they are two."""
        mine, other = rows
        address = take(ours.address, mine)
        pairs = pd.DataFrame({"row": ours.row[mine], "login": theirs.row[other], "address": address})
        pairs = pairs.drop_duplicates(["row", "login"])
        return pairs[~self._refused(pairs)].reset_index(drop=True)

    def _refused(self, pairs: pd.DataFrame) -> Mask:
        refused, inputs = self.users.inputs.state.refused, self.users.inputs
        if refused.empty:
            return np.zeros(len(pairs), dtype=bool)
        ids = inputs.entra_users["entra_id"], inputs.emply_users["emply_user_id"]
        named = joined(take(ids[0], pairs["row"].to_numpy()), take(ids[1], pairs["login"].to_numpy()))
        return is_among(named, joined(refused["entra_id"], refused["emply_user_id"]))

    @cached_property
    def _refusals(self) -> tuple[Rows, Rows]:
        """In how many pairs that a person refused each Entra user, and each Emply user, is."""
        refused, inputs = self.users.inputs.state.refused, self.users.inputs
        entra, emply = inputs.entra_users["entra_id"], inputs.emply_users["emply_user_id"]
        return how_often(entra, refused["entra_id"]), how_often(emply, refused["emply_user_id"])


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
    mine, inputs = sharing.pairs_of(row), sharing.users.inputs
    names = called(inputs.emply_users.iloc[mine["login"]])
    rivals = inputs.entra_users["user_principal_name"].iloc[sharing.rivals_of(mine)]
    addresses, carriers = mine["address"].drop_duplicates(), a_few([*names, *rivals])
    return {"address": a_few(addresses), "logins": a_few(names), "carriers": carriers}


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
