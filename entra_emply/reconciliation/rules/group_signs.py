"""S: the signs about groups whose members are read. Not here: groups that were renamed (`groups`, R8)."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from entra_emply.errors import SettingsError
from entra_emply.reconciliation.arrays import Mask, Rows, is_among, is_text, rows_of, stacked, take
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.rule import Condition, Rule
from entra_emply.reconciliation.rules.scope import setting, switch
from entra_emply.reconciliation.subjects import Subjects


@dataclass(frozen=True, eq=False)
class ReadGroups(Subjects):
    """The groups whose members are read, a row each: the configured ones in settings order, the room groups, and with
    `nested_groups` the groups within."""

    identities: Identities

    def __len__(self) -> int:
        """How many groups."""
        return len(self.ids)

    @cached_property
    def ids(self) -> "pd.Series[str]":
        """Their ids."""
        mapping = self.identities.mapping
        of_settings = stacked(mapping.groups["group_id"], pd.Series(mapping.rooms, dtype="str"))
        if not self.identities.inputs.settings.nested_groups:
            return of_settings
        inside = self._within(of_settings)
        return pd.concat([of_settings, inside[~is_among(inside, of_settings)]], ignore_index=True)

    @property
    def configured(self) -> Mask:
        """Which are configured groups."""
        return np.arange(len(self)) < len(self.identities.mapping.groups)

    def of(self, person: int) -> Rows:
        """The groups that a person is in. Of a group within one of them that is not known."""
        members, entra_id = self.identities.inputs.entra_group_members, self.identities.frame["entra_id"]
        mine = members.loc[is_among(members["member_id"], entra_id.iloc[[person]]), "group_id"]
        return np.flatnonzero(is_among(self.ids, mine))

    def named(self, row: int) -> str:
        """What a group is called."""
        identity = str(self.ids.iloc[row])
        return self.identities.inputs.names.get(identity, "a group without a name")

    def _within(self, groups: "pd.Series[str]") -> "pd.Series[str]":
        """The groups that are members of these."""
        members = self.identities.inputs.entra_group_members
        inside = members[(members["member_type"] == "group") & is_among(members["group_id"], groups)]
        return inside["member_id"].drop_duplicates()


def _known_as(name: str, column: str) -> Condition[ReadGroups]:
    """A condition that this flag of the groups is set."""

    def holds(groups: ReadGroups, rows: Rows) -> Mask:
        known = groups.identities.inputs.entra_groups
        flagged = take(known["group_id"], np.flatnonzero(known[column].to_numpy(dtype=bool)))
        return is_among(take(groups.ids, rows), flagged)

    return Condition(name, holds, lambda groups, row: {column: bool(holds(groups, np.array([row]))[0])})


def _has_group(groups: ReadGroups, rows: Rows) -> Mask:
    members = groups.identities.inputs.entra_group_members
    return is_among(take(groups.ids, rows), take(members["group_id"], rows_of(members["member_type"], "group")))


def _tenant_has_guests(groups: ReadGroups, rows: Rows) -> Mask:
    return np.full(len(rows), is_text(groups.identities.inputs.entra_users["user_type"], "Guest").any())


in_configured_group = Condition[ReadGroups]("in_configured_group", lambda groups, rows: groups.configured[rows])
in_read_group = Condition[ReadGroups]("in_read_group", lambda _, rows: np.ones(len(rows), dtype=bool))
nested_groups_off = setting("nested_groups_on", "nested_groups").negated("nested_groups_off")
members_visible = switch(
    "members_visible", lambda identities: identities.inputs.member_read_hidden, "member_read_hidden"
)
dynamic, members_hidden = _known_as("dynamic", "dynamic"), _known_as("members_hidden", "hidden")

DYNAMIC = Rule[ReadGroups](
    "dynamic_group_guests",
    (in_configured_group, dynamic),
    (Condition("tenant_has_guests", _tenant_has_guests),),
)
NESTED = Rule[ReadGroups](
    "nested_group_ignored",
    (in_read_group, Condition("has_group_as_member", _has_group)),
    (nested_groups_off.on(lambda groups: groups.identities),),
)
HIDDEN = Rule[ReadGroups](
    "hidden_membership",
    (in_read_group, members_hidden),
    (members_visible.on(lambda groups: groups.identities),),
)


def about_groups(identities: Identities) -> "dict[str, pd.Series[str]]":
    """`dynamic_group_guests`, `nested_group_ignored` and `hidden_membership`: the ids of groups, by code."""
    groups = ReadGroups(identities)
    return {rule.name: groups.ids[rule.acts(groups)] for rule in (DYNAMIC, NESTED, HIDDEN)}


def require_visible_members(identities: Identities) -> None:
    """Raise SettingsError (R8) where Graph hides the members of a group: it shows such a group as empty."""
    groups = ReadGroups(identities)
    unseen = [groups.named(int(row)) for row in np.flatnonzero(HIDDEN.fails_at(groups, members_visible.name))]
    if unseen:
        raise SettingsError(
            "settings: without the permission Member.Read.Hidden Graph shows groups of hidden membership as empty "
            f"({', '.join(unseen)}): grant it to the application, or take the groups out of the settings"
        )
