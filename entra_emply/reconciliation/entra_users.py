"""What the terms of rules.md say of Entra users: e-mail, groups, main group, in scope. Nothing is matched here."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import (
    Mask,
    Rows,
    codes,
    different_pairs,
    exploded,
    is_among,
    is_text,
    positions,
    stacked,
    take,
)
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.mapping import GroupMapping
from entra_emply.reconciliation.subjects import Subjects, once
from entra_emply.text import key

_NO_GROUP = -1
_GUEST = "#ext#"


def memberships(inputs: Inputs, mapping: GroupMapping) -> pd.DataFrame:
    """The configured groups of every Entra user: `entra_row`, `priority` (row of `mapping.groups`), sorted, unique."""
    entra_row = inputs.member_rows
    priority = positions(inputs.entra_group_members["group_id"], mapping.groups["group_id"])
    known = (entra_row >= 0) & (priority >= 0)
    entra_row, priority = different_pairs(entra_row[known], priority[known])
    return pd.DataFrame({"entra_row": entra_row, "priority": priority})


def addresses(users: pd.DataFrame, upn: "pd.Series[str]") -> "pd.Series[str]":
    """The e-mails of Entra users (rules.md, "Terms"), which have mail and user_type; `upn` are their sign-in names."""
    own_name = upn.where(is_text(users["user_type"], "Member") & ~upn.str.contains(_GUEST, regex=False, na=False))
    return key(users["mail"]).fillna(own_name)


@dataclass(frozen=True)
class Addresses:
    """Addresses and whose they are, a row each; none twice of the same one."""

    row: Rows
    address: "pd.Series[str]"

    @classmethod
    def of(cls, *parts: "tuple[Rows, pd.Series[str]]") -> "Addresses":
        """Rows and their addresses, missing ones left out."""
        rows, address = np.concatenate([rows for rows, _ in parts]), stacked(*(texts for _, texts in parts))
        (number,) = codes(address)
        pairs = rows * (len(address) + 1) + number
        _, first = np.unique(pairs, return_index=True)
        kept = np.sort(first[number[first] >= 0])
        return cls(rows[kept], take(address, kept))

    def __len__(self) -> int:
        """How many addresses."""
        return len(self.row)

    def where(self, mask: Mask) -> "Addresses":
        """Those for which `mask` is true."""
        return self.at(np.flatnonzero(mask))

    def at(self, places: Rows) -> "Addresses":
        """Those at these places, in this order."""
        return Addresses(self.row[places], take(self.address, places))


@dataclass(frozen=True)
class EntraUsers(Subjects):
    """The Entra users, a row each as in their frame, with what decides whether they are in scope."""

    inputs: Inputs
    mapping: GroupMapping

    def __len__(self) -> int:
        """How many Entra users."""
        return len(self.inputs.entra_users)

    @cached_property
    def upn(self) -> "pd.Series[str]":
        """The keys of their sign-in names."""
        return key(self.inputs.entra_users["user_principal_name"])

    @cached_property
    def address(self) -> "pd.Series[str]":
        """Their e-mails (rules.md, "Terms"); missing for who has none."""
        return addresses(self.inputs.entra_users, self.upn)

    def owners_of(self, addresses: "pd.Series[str]") -> Addresses:
        """Which Entra users have one of these as UPN or e-mail."""
        rows = [np.flatnonzero(is_among(own, addresses)) for own in (self.upn, self.address)]
        return Addresses.of((rows[0], take(self.upn, rows[0])), (rows[1], take(self.address, rows[1])))

    def addresses_of(self, rows: Rows) -> Addresses:
        """Every address of the users at `rows` (rules.md, "addresses")."""
        users = self.inputs.entra_users
        name = take(self.upn, rows)
        parts = [
            (rows, name.where(~name.str.contains(_GUEST, regex=False, na=False))),
            (rows, key(take(users["mail"], rows))),
        ]
        for column, only in (("other_mails", ""), ("proxy_addresses", "smtp:")):
            at, written = exploded(users[column].take(rows))
            if len(at):
                address = key(written)
                address = key(address.where(address.str.startswith(only, na=False)).str.removeprefix(only))
                parts.append((rows[at], address))
        return Addresses.of(*parts)

    @cached_property
    def main_group(self) -> Rows:
        """The first of their configured groups, a row of `mapping.groups`; -1 for none."""
        main_group = np.full(len(self), _NO_GROUP, dtype=np.int64)
        of = memberships(self.inputs, self.mapping)
        main_group[of["entra_row"].to_numpy()[::-1]] = of["priority"].to_numpy()[::-1]  # the first of each comes last
        return main_group

    @cached_property
    def in_entra(self) -> Mask:
        """All of them are there."""
        return np.ones(len(self), dtype=bool)

    @cached_property
    def enabled(self) -> Mask:
        """The account is enabled."""
        return self.inputs.entra_users["account_enabled"].to_numpy(dtype=bool)

    @cached_property
    def in_group(self) -> Mask:
        """A member of a configured group."""
        return self.main_group != _NO_GROUP

    @cached_property
    def in_room(self) -> Mask:
        """A member of a room group."""
        members = self.inputs.entra_group_members
        rooms = pd.Series(self.mapping.rooms, dtype="str")
        in_rooms = np.flatnonzero(is_among(members["group_id"], rooms))
        return is_among(self.inputs.entra_users["entra_id"], take(members["member_id"], in_rooms))

    @cached_property
    def configured_groups(self) -> list[str]:
        """The names of the configured groups, in settings order."""
        return [self.inputs.names.get(group, group) for group in self.mapping.groups["group_id"]]

    def groups_of(self, row: int) -> list[str]:
        """The names of one user's configured groups, in settings order."""
        mine = self._groups_of(row)
        groups = self.mapping.groups["group_id"]
        return [self.inputs.names.get(group, group) for group in groups if group in mine]

    def rooms_of(self, row: int) -> list[str]:
        """The names of the room groups that one user is in."""
        mine = self._groups_of(row)
        return [self.inputs.names.get(room, room) for room in self.mapping.rooms if room in mine]

    @once
    def _groups_of(self, row: int) -> set[str]:
        """Asked once a user: an explanation asks for each of its rules."""
        members, user = self.inputs.entra_group_members, self.inputs.entra_users["entra_id"].iloc[row]
        return set(members.loc[members["member_id"] == user, "group_id"])
