"""R8: groups of the settings that were renamed in Entra. What the names mean, and which are wrong, is in `mapping`."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, is_among
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.mapping import GroupIds
from entra_emply.reconciliation.rule import Condition, Rule, Values
from entra_emply.reconciliation.subjects import Subjects, once


@dataclass(frozen=True, eq=False)
class NamedGroups(Subjects):
    """The groups that the settings name, room groups included, a row each; not those that they give the id of."""

    resolved: GroupIds

    def __len__(self) -> int:
        """How many groups."""
        return len(self.resolved.recorded)

    @property
    def group_id(self) -> "pd.Series[str]":
        """Their ids."""
        return self.resolved.recorded["group_id"]


def _renamed(groups: NamedGroups, rows: Rows) -> Mask:
    return is_among(groups.group_id.iloc[rows], groups.resolved.renamed["group_id"])


def _names(groups: NamedGroups, row: int) -> Values:
    name, group_id = groups.resolved.recorded.iloc[row][["group_name", "group_id"]]
    renamed = groups.resolved.renamed.set_index("group_id")["display_name"]
    now = renamed.get(group_id, name)
    return {"group": name, "now": now if isinstance(now, str) else None}


renamed = Condition("renamed", _renamed, _names)

R8 = Rule[NamedGroups]("R8", (), (renamed,))


@once
def named_groups(identities: Identities) -> NamedGroups:
    """The groups of the settings in force."""
    return NamedGroups(identities.mapping.resolved)


def of_person(identities: Identities, person: int) -> Rows:
    """The rows of the groups that the person is in, room groups included."""
    members, entra_id = identities.inputs.entra_group_members, identities.value("entra_id", person)
    mine = members.loc[(members["member_id"] == entra_id).to_numpy(dtype=bool), "group_id"]
    return np.flatnonzero(is_among(named_groups(identities).group_id, mine))
