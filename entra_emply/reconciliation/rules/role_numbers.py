"""What R compares: the roles, groups and role states of people as numbers, and what R4 and R5 would make of them.

A set of (person, role) pairs is a sorted array of person × width + role: sets of millions of pairs cost a sort, where
lists of roles would cost minutes. Who is meant, and what is done, is decided by the rules of `roles`.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, among, as_set, marked, positions, take, take_flag
from entra_emply.reconciliation.identities import Identities


class Numbers:
    """The roles, groups and role states of the people whose roles Entra leads, as numbers; nobody else has any here."""

    def __init__(self, identities: Identities, subject: Mask) -> None:
        self.identities = identities
        self.subject = subject

    @cached_property
    def titles(self) -> "pd.Series[str]":
        """Every role id that occurs anywhere, sorted: the number of a role is its row here."""
        _, _, held = self.identities.roles_held
        occurring = [
            self.identities.inputs.emply_roles["role_id"],
            held,
            self.identities.mapping.groups["role_id"],
            self.identities.role_states.role_ids,
        ]
        return pd.concat(occurring).drop_duplicates().sort_values(ignore_index=True)

    @cached_property
    def width(self) -> int:
        """How many role numbers there are, at least 1."""
        return max(len(self.titles), 1)

    @cached_property
    def mapped(self) -> Rows:
        """The role of each configured group now, by priority."""
        return positions(self.identities.mapping.groups["role_id"], self.titles)

    @cached_property
    def now(self) -> Rows:
        """`R`: the pairs that Emply has."""
        emply_row, role, role_ids = self.identities.roles_held
        person = self.identities.person_of_login[emply_row]
        ours = take_flag(self.subject, person)
        return as_set(person[ours] * self.width + positions(role_ids, self.titles)[role[ours]])

    @cached_property
    def groups(self) -> pd.DataFrame:
        """Their configured groups: person, priority; and `then`, the role it was mapped to when last reconciled, or -1
        where the role state lacks it."""
        memberships = self.identities.memberships
        ours = memberships[self.subject[memberships["entra_row"]]]
        person, priority = ours["entra_row"].to_numpy(), ours["priority"].to_numpy()
        states = self.identities.role_states
        configured = positions(states.group_ids, self.identities.mapping.groups["group_id"])
        states = states.of((states.role >= 0) & self.subject[states.person] & (configured >= 0)[states.group])
        count = max(len(self.identities.mapping.groups), 1)
        remembered = states.person * count + configured[states.group]
        order = np.argsort(remembered, kind="stable")
        then = np.full(len(ours), -1, dtype=np.int64)
        known = among(person * count + priority, remembered[order])
        place = order[np.searchsorted(remembered[order], (person * count + priority)[known])]
        then[known] = positions(states.role_ids, self.titles)[states.role[place]]
        return pd.DataFrame({"person": person, "priority": priority, "then": then})

    @cached_property
    def wanted(self) -> Rows:
        """`D`: the pairs that their groups are mapped to."""
        return as_set(self.groups["person"].to_numpy() * self.width + self.mapped[self.groups["priority"]])

    @cached_property
    def outcome(self) -> "Outcome":
        """What R4 and R5 make of the roles."""
        return Outcome.of(self)

    def people(self, pairs: Rows) -> Mask:
        """Who has one of these pairs."""
        return marked(pairs // self.width, len(self.identities))

    def titles_of(self, pairs: Rows, person: int) -> list[str]:
        """What the roles of one person's pairs are called."""
        roles = take(self.titles, pairs[pairs // self.width == person] % self.width)
        return [self.identities.called(role) for role in roles]


@dataclass(frozen=True)
class Outcome:
    """Of everybody whom R4 touches or who lacks a role of their groups: pairs, and for each of `numbers.groups` whether
    it is new or its role is replaced.

    before: `R`; wanted: `D`; kept: `R'`. Pairs of others are left out, because nothing changes for them.
    """

    before: Rows
    wanted: Rows
    kept: Rows
    joined: Mask
    replaced: Mask

    @classmethod
    def of(cls, numbers: Numbers) -> "Outcome":
        """R4: replace what the mapping replaced, add what was joined."""
        width, now = numbers.width, numbers.now
        person, then = (numbers.groups[column].to_numpy() for column in ("person", "then"))
        mapped = numbers.mapped[numbers.groups["priority"]]
        joined = then < 0
        replaced = ~joined & (then != mapped)
        replaced[replaced] = among((person * width + then)[replaced], now)
        lacking = numbers.wanted[~among(numbers.wanted, now)] // width
        touched = as_set(np.concatenate([person[joined | replaced], lacking]))

        before = now[among(now // width, touched)]
        wanted = numbers.wanted[among(numbers.wanted // width, touched)]
        added = as_set((person * width + mapped)[joined | replaced])
        taken = as_set((person * width + then)[replaced])
        taken = taken[~among(taken, wanted)]
        kept = as_set(np.concatenate([before[~among(before, taken)], added]))
        return cls(before, wanted, kept, joined, replaced)

    @property
    def lacking(self) -> Rows:
        """What the groups give and Emply does not have."""
        return self.wanted[~among(self.wanted, self.before)]

    @property
    def taken_away(self) -> Rows:
        """What of it R4 does not give either."""
        return self.wanted[~among(self.wanted, self.kept)]
