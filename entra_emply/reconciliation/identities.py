"""The people of both systems as the rules see them.

A rule asks `Identities` for columns of one side or the other, person by person, and drafts actions or findings about
some of the people (`drafts`). No rule is decided here; who is matched with whom is `rules.matching`.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import (
    Mask,
    Rows,
    encoded,
    exploded,
    is_among,
    is_text,
    positions,
    take,
    take_flag,
    take_numbers,
)
from entra_emply.reconciliation.entra_users import EntraUsers, memberships
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.mapping import GroupMapping
from entra_emply.reconciliation.subjects import Subjects
from entra_emply.text import address_of, key_of

Side = Literal["entra", "emply", "employee"]


@dataclass(frozen=True)
class Identities(Subjects):
    """The join of both systems (`frame`, one row a person, index 0…), what it was made of, and the mapping in force."""

    inputs: Inputs
    mapping: GroupMapping
    frame: pd.DataFrame

    def __len__(self) -> int:
        """How many people."""
        return len(self.frame)

    def entra(self, column: str, of: "pd.Index[int] | None" = None) -> "pd.Series[str]":
        """A text column of the people's Entra users, missing for who has none; of all, or of the people `of`."""
        return _of_rows(self.inputs.entra_users[column], self.entra_row, of)

    def emply(self, column: str, of: "pd.Index[int] | None" = None) -> "pd.Series[str]":
        """A text column of the people's Emply users, missing for who has none."""
        return _of_rows(self.inputs.emply_users[column], self.emply_row, of)

    def employee(self, column: str, of: "pd.Index[int] | None" = None) -> "pd.Series[str]":
        """A text column of the people's employees, missing for who has none."""
        return _of_rows(self.inputs.emply_employees[column], self.employee_row, of)

    @cached_property
    def entra_row(self) -> Rows:
        """The rows of the people's Entra users, -1 for none."""
        return self.frame["entra_row"].to_numpy(dtype=np.int64)

    @cached_property
    def emply_row(self) -> Rows:
        """The rows of the people's Emply users, -1 for none."""
        return self.frame["emply_row"].to_numpy(dtype=np.int64)

    @cached_property
    def person_of_login(self) -> Rows:
        """Whose Emply's users are, by the rows of these."""
        persons = np.full(len(self.inputs.emply_users), -1, dtype=np.int64)
        persons[self.emply_row[self.in_emply]] = np.flatnonzero(self.in_emply)
        return persons

    @cached_property
    def employee_row(self) -> Rows:
        """The rows of the people's employees, -1 for none."""
        return self.frame["employee_row"].to_numpy(dtype=np.int64)

    @cached_property
    def in_entra(self) -> Mask:
        """The Entra user exists."""
        return self.entra_row >= 0

    @cached_property
    def in_emply(self) -> Mask:
        """The Emply user exists."""
        return self.emply_row >= 0

    @cached_property
    def matched(self) -> Mask:
        """Linked, or matched in this plan; the Entra user exists."""
        return self.frame["matched_by"].notna().to_numpy(dtype=bool) & self.in_entra & ~self.left_alone

    @cached_property
    def linked(self) -> Mask:
        """Linked before this plan, whether the Entra user still exists (M1) or not (L5)."""
        return is_text(self.frame["matched_by"], "link")

    @cached_property
    def left_alone(self) -> Mask:
        """M4: no action, and hardly a finding."""
        return self.frame["left_alone"].to_numpy(dtype=bool)

    @cached_property
    def in_scope(self) -> Mask:
        """rules.md, "in scope"."""
        return self.frame["in_scope"].to_numpy(dtype=bool)

    @cached_property
    def enabled(self) -> Mask:
        """The account of the Entra user is enabled."""
        return self.frame["enabled"].to_numpy(dtype=bool)

    @cached_property
    def in_group(self) -> Mask:
        """The Entra user is a member of a configured group."""
        return (self.frame["main_group"] >= 0).to_numpy(dtype=bool)

    @cached_property
    def in_room(self) -> Mask:
        """The Entra user is a member of a room group."""
        return self.frame["in_room"].to_numpy(dtype=bool)

    @cached_property
    def has_email(self) -> Mask:
        """The Entra user has an e-mail (rules.md, "Terms")."""
        return self.frame["address"].notna().to_numpy(dtype=bool)

    @cached_property
    def active(self) -> Mask:
        """The Emply user is active (before this plan)."""
        return take_flag(self.inputs.emply_users["active"], self.frame["emply_row"])

    @cached_property
    def has_employee(self) -> Mask:
        """The person has an employee, of any status."""
        return self.employee_row >= 0

    @cached_property
    def employee_archived(self) -> Mask:
        """The person's employee is archived."""
        return is_text(self.employee("status"), "archived")

    @cached_property
    def reconcilable(self) -> Mask:
        """In scope and matched: whom L4, R and A are about."""
        return self.in_scope & self.matched

    @cached_property
    def memberships(self) -> pd.DataFrame:
        """`entra_row`, `priority`: as the row of an Entra user is that of its person, also `person`, `priority`."""
        return memberships(self.inputs, self.mapping)

    @cached_property
    def role_states(self) -> "RoleStates":
        """The role states of linked people."""
        states = self.inputs.state.role_states
        row = positions(states["emply_user_id"], self.inputs.emply_users["emply_user_id"])
        person = take_numbers(self.person_of_login, row)
        group, group_ids = encoded(states["group_id"])
        role, role_ids = encoded(states["role_id"])
        everybody = RoleStates(person, group, role, group_ids, role_ids)
        return everybody.of(take_flag(self.linked, person))

    @cached_property
    def roles_held(self) -> "tuple[Rows, Rows, pd.Series[str]]":
        """The roles that Emply's users have: rows of `emply_users`, numbers of roles, and the ids of these numbers."""
        emply_row, role_id = exploded(self.inputs.emply_users["role_ids"])
        return emply_row, *encoded(role_id)

    def where(self, mask: Mask) -> "pd.Index[int]":
        """The people for whom `mask` is true."""
        return pd.Index(np.flatnonzero(mask))  # index 0…: a label is a place

    # One person, for explaining

    def value(self, column: str, person: int) -> str | None:
        """A text of the join for one person."""
        return _text(self.frame[column].iloc[person])

    def text(self, side: Side, column: str, person: int) -> str | None:
        """A text of one person's Entra user, Emply user or employee."""
        frame, rows = {
            "entra": (self.inputs.entra_users, self.entra_row),
            "emply": (self.inputs.emply_users, self.emply_row),
            "employee": (self.inputs.emply_employees, self.employee_row),
        }[side]
        row = int(rows[person])
        return _text(frame[column].iloc[row]) if row >= 0 else None

    def login_of(self, person: int) -> str | None:
        """What the person's login is called: username, else e-mail."""
        names = (self.text("emply", column, person) for column in ("username", "email"))
        return next((address_of(name) for name in names if name and address_of(name)), None)

    def email_of_employee(self, person: int) -> str | None:
        """The e-mail by which an employee is the person's: the login's, else the Entra user's."""
        own = self.text("emply", "email", person)
        return (own and key_of(own)) or self.value("address", person)

    def called(self, identity: str) -> str:
        """The name of a group or a role, of one that is gone the name by which it was recorded; else the id."""
        name = self.inputs.names.get(identity)
        if name is not None:
            return name
        recorded = self.inputs.state.group_ids
        return next(iter(recorded.loc[recorded["group_id"] == identity, "group_name"]), identity)

    def groups_of(self, row: int) -> list[str]:
        """The names of the person's configured groups, in settings order."""
        return self.entra_users.groups_of(row) if self.in_entra[row] else []

    def rooms_of(self, row: int) -> list[str]:
        """The names of the room groups that the person is in."""
        return self.entra_users.rooms_of(row) if self.in_entra[row] else []

    @property
    def configured_groups(self) -> list[str]:
        """The names of the configured groups, in settings order."""
        return self.entra_users.configured_groups

    @cached_property
    def entra_users(self) -> EntraUsers:
        """The Entra users by themselves; the row of an Entra user is that of its person."""
        return EntraUsers(self.inputs, self.mapping)


@dataclass(frozen=True)
class RoleStates:
    """What is remembered of R9, row by row: person, group, role (-1 where R4 did not apply), all as numbers.

    `group_ids` and `role_ids` are the ids that the numbers stand for.
    """

    person: Rows
    group: Rows
    role: Rows
    group_ids: "pd.Series[str]"
    role_ids: "pd.Series[str]"

    def of(self, rows: Mask) -> "RoleStates":
        """These rows alone."""
        return replace(self, person=self.person[rows], group=self.group[rows], role=self.role[rows])

    def in_groups(self, groups: "pd.Series[str]") -> Rows:
        """The people, some of them repeatedly, with one of these groups."""
        return self.person[is_among(self.group_ids, groups)[self.group]]


def _of_rows(values: "pd.Series[str]", rows: Rows, of: "pd.Index[int] | None") -> "pd.Series[str]":
    return take(values, rows) if of is None else take(values, rows[of], of)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
