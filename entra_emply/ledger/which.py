"""The choice of actions that approving, undoing and the console share: the same words choose the same actions."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Self

import pandas as pd
import pyarrow.compute as pc

from entra_emply.reconciliation.arrays import has_word
from entra_emply.text import as_arrow, as_column, key, key_of


@dataclass(frozen=True)
class Which:
    """Actions that fit everything that is given; None is any.

    kind: "set_roles" or "emply.set_roles". domain: of the subject. group: its id; what the ledger is asked may also
    give its name in the settings (`approvals.understood`). person: the subject, or an id of either system.
    """

    kind: str | None = None
    domain: str | None = None
    group: str | None = None
    person: str | None = None
    action_ids: Collection[str] | None = None

    @classmethod
    def of(cls, form: Mapping[str, str]) -> Self:
        """Of a form, where any is left empty. Ids are not typed."""
        return cls(**{name: form.get(name) or None for name in cls().typed})

    @property
    def typed(self) -> dict[str, str | None]:
        """What somebody types or chooses by name: all but the ids."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "action_ids"}

    def fits(self, actions: pd.DataFrame) -> "pd.Series[bool]":
        """Which of these actions fit: a row each, with target, and a column for whatever is given."""
        fits = pd.Series(True, index=actions.index)
        if self.kind is not None:
            fits &= (actions["kind"] == self.kind) | (actions["target"] + "." + actions["kind"] == self.kind)
        if self.domain is not None:
            fits &= domains(actions["subject"]) == key_of(self.domain).removeprefix("@")
        if self.group is not None:
            fits &= has_word(actions["groups"], self.group)
        if self.person is not None:
            addressed = key(actions["subject"]) == key_of(self.person)
            fits &= addressed | (actions["entra_id"] == self.person) | (actions["emply_user_id"] == self.person)
        if self.action_ids is not None:
            fits &= actions["action_id"].isin(list(self.action_ids))
        return fits


ANY = Which()


def domains(addresses: "pd.Series[str]") -> "pd.Series[str]":
    """What stands behind the last @ of each, as domains are compared; missing where there is none."""
    found = pc.extract_regex(as_arrow(key(addresses)), "@(?P<domain>[^@]*)$")
    return as_column(pc.struct_field(found, "domain"), addresses.index)
