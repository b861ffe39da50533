"""M: who is matched with whom, who is left alone, who is external. `join` makes the people of both systems from it."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, codes, equal_pairs, is_among, joined, marked, positions, take
from entra_emply.reconciliation.employees import Employees
from entra_emply.reconciliation.entra_users import EntraUsers
from entra_emply.reconciliation.identities import Identities, once
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.rule import Condition, Rule, Values
from entra_emply.reconciliation.rules.conditions import (
    EXTERNAL,
    SCOPE,
    called,
    in_entra,
    left_alone,
    linked,
    matched,
    not_linked,
)
from entra_emply.text import key

_NOBODY = -1

# --- M2, M3, M4: comparing keys ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Comparison:
    """One comparison of Entra users and Emply users by a key (M2, M3). A row each Entra user.

    entra_keys, emply_keys: what is compared, by rows of both frames. needless: the Entra users who are linked or
    matched already. emply_free: the Emply users who take part. entra_alone, emply_alone: whom the comparison before
    this one left alone; they go on counting as carriers (M4). members_of_others: keys of enabled Members who take no
    part, which a Guest must not carry (M4).
    """

    users: EntraUsers
    entra_keys: "pd.Series[str]"
    emply_keys: "pd.Series[str]"
    needless: Mask
    emply_free: Mask
    entra_alone: Mask
    emply_alone: Mask
    members_of_others: "pd.Series[str]" = field(default_factory=lambda: pd.Series(dtype="str"))
    answers: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        """How many Entra users."""
        return len(self.users)

    @cached_property
    def carried(self) -> "tuple[Rows, Rows]":
        """The key of each Entra user and Emply user that takes part, as numbers; -1 for others, and without a key."""
        users = self.users
        takes_part = users.enabled & users.in_group & ~users.in_room & ~self.needless
        numbers = codes(self.entra_keys.where(takes_part), self.emply_keys.where(self.emply_free))
        return numbers[0], numbers[1]

    @cached_property
    def counts(self) -> tuple[Rows, Rows]:
        """How many Entra users and how many Emply users carry each key."""
        entra, emply = self.carried
        size = max(entra.max(initial=-1), emply.max(initial=-1)) + 1
        return np.bincount(entra[entra >= 0], minlength=size), np.bincount(emply[emply >= 0], minlength=size)

    @cached_property
    def ambiguous(self) -> Mask:
        """M4: the keys that several carry, or somebody who was left alone, if an Entra user carries them at all."""
        (entra, emply), (by_entra, by_emply) = self.carried, self.counts
        several = (by_entra > 1) | (by_emply > 1)
        for numbers, alone in ((entra, self.entra_alone), (emply, self.emply_alone)):
            several[numbers[alone & (numbers >= 0)]] = True
        guest = (self.users.inputs.entra_users["user_type"] == "Guest").to_numpy(dtype=bool) & (entra >= 0)
        several[entra[guest & is_among(self.entra_keys, self.members_of_others)]] = True
        return several & (by_entra > 0)

    @cached_property
    def holder(self) -> Rows:
        """An Emply user that carries each key, -1 for none."""
        emply = self.carried[1]
        holder = np.full(len(self.counts[1]), _NOBODY, dtype=np.int64)
        known = np.flatnonzero(emply >= 0)
        holder[emply[known]] = known
        return holder


def _has_key(comparison: Comparison, rows: Rows) -> Mask:
    return comparison.carried[0][rows] >= 0


def _is_once(comparison: Comparison, rows: Rows) -> Mask:
    return ~comparison.ambiguous[comparison.carried[0][rows]]


def _is_in_emply(comparison: Comparison, rows: Rows) -> Mask:
    return comparison.counts[1][comparison.carried[0][rows]] > 0


def _key(comparison: Comparison, row: int) -> Values:
    value = comparison.entra_keys.iloc[row]
    return {"key": value if isinstance(value, str) else None}


def _carriers(comparison: Comparison, row: int) -> Values:
    """The key, and what everybody else is called who carries it."""
    entra, emply = comparison.carried
    inputs, number = comparison.users.inputs, entra[row]
    others = np.flatnonzero((entra == number) & (np.arange(len(entra)) != row))
    names = [
        *inputs.entra_users["user_principal_name"].iloc[others],
        *called(inputs.emply_users.iloc[np.flatnonzero(emply == number)]),
    ]
    return {**_key(comparison, row), "carriers": [name for name in names if isinstance(name, str)]}


def _conditions(key: str, *, after: str) -> tuple[Condition[Comparison], ...]:
    """Of M2 and M3, for the key of this name; `after`: what makes the comparison needless."""
    return (
        *(condition.on(lambda comparison: comparison.users) for condition in SCOPE),
        Condition(after, lambda comparison, rows: ~comparison.needless[rows]),
        Condition(f"has_{key}", _has_key, _key),
        Condition(f"{key}_once", _is_once, _carriers),
        Condition(f"{key}_in_emply", _is_in_emply, _key),
    )


M2 = Rule[Comparison]("M2", (), _conditions("sign_in_name", after="not_linked_yet"))
M3 = Rule[Comparison]("M3", (), _conditions("address", after="not_matched_yet"))
M1 = Rule[Identities]("M1", (linked,), (in_entra,))
M4 = Rule[Identities]("M4", (), (left_alone,))
M5 = Rule[Identities]("M5", (in_entra, matched), (not_linked,))
M6 = Rule[Identities]("M6", EXTERNAL[:1], EXTERNAL[1:])

RULES = (M1, M4, M5, M6)


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
        others = _keys_of_other_members(users, needless)
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


def _keys_of_other_members(users: EntraUsers, needless: Mask) -> "pd.Series[str]":
    """M4: of the Guests' e-mails, those that are a UPN or e-mail of an enabled Member who takes no part."""
    in_scope, kinds = users.in_group & ~users.in_room, users.inputs.entra_users["user_type"]
    guest = (kinds == "Guest").to_numpy(dtype=bool) & users.enabled & in_scope & ~needless
    member = (kinds == "Member").to_numpy(dtype=bool)
    own = users.owners_of(users.address[guest])
    return own.loc[(users.enabled & member & (~in_scope | needless))[own["row"]], "address"]


def _without(comparison: Comparison, rule: Rule[Comparison], needless: Mask, free: Mask) -> tuple[Mask, Mask]:
    """Who is matched by now, and which Emply users are free, after this comparison."""
    rows, taken = matches(rule, comparison)
    return needless | marked(rows, len(needless)), free & ~marked(taken, len(free))


def matches(rule: Rule[Comparison], comparison: Comparison) -> tuple[Rows, Rows]:
    """The rows of the Entra users and of the Emply users that the rule matches."""
    rows = np.flatnonzero(rule.acts(comparison))
    return rows, comparison.holder[comparison.carried[0][rows]]


def left_alone_by(rule: Rule[Comparison], comparison: Comparison) -> tuple[Mask, Mask]:
    """M4: whom the rule leaves alone of both systems."""
    entra, emply = rule.fails_at(comparison, rule.conditions[-2].name), comparison.carried[1]
    keys = marked(comparison.carried[0][entra], len(comparison.ambiguous) + 1)
    return entra, keys[emply] & (emply >= 0)


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
    return found[found["emply_row"] != _NOBODY]
