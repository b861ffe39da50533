"""R: which roles a user has to have, and what is remembered of it (R9).

R8 (what the names mean) is in `mapping`, R3 (roles at creation) in `lifecycle`. People, groups and roles are numbers
here, and a set of (person, role) pairs is a sorted array of person × width + role: sets of millions of pairs cost a
sort, where lists of roles would cost minutes.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from assets.reconciliation.lifecycle import joiners
from assets.reconciliation.lookup import Mask, Rows, as_set, collected, exploded, positions, take
from assets.reconciliation.people import People, actions, findings, together


@dataclass(frozen=True)
class RoleChanges:
    """Whose roles have to change, and to what.

    changes: person, rule, reason, protected (R7: a holder of a protected role, to be left alone), sorted by person;
    before, after: the pairs of exactly these people; titles: the role ids that the role numbers stand for, sorted.
    """

    changes: pd.DataFrame
    before: Rows
    after: Rows
    titles: "pd.Series[str]"

    @property
    def actions(self) -> pd.DataFrame:
        """R6: the `emply.set_roles` of everybody whom R7 does not protect, drafted."""
        free = self.changes[~self.changes["protected"]]
        before, after = (self._lists(pairs, free["person"].to_numpy()) for pairs in (self.before, self.after))
        drafts = [
            actions(
                pd.Index(of["person"]),
                "emply.set_roles",
                str(rule),
                reason=of["reason"],
                before=before.loc[of["person"]],
                after=after.loc[of["person"]],
            )
            for rule, of in free.groupby("rule")
        ]
        return together([actions(pd.Index([], dtype="int64"), "emply.set_roles", "R6"), *drafts])

    @property
    def findings(self) -> pd.DataFrame:
        """R7: where R2-R6 would have acted on the holder of a protected role, drafted."""
        return findings(pd.Index(self.changes.loc[self.changes["protected"], "person"]), "protected_role", "R7")

    def given(self, roles: Collection[str]) -> Rows:
        """The people who get one of `roles` that they do not have."""
        width = max(len(self.titles), 1)
        added = np.setdiff1d(self.after, self.before, assume_unique=True)
        return added[np.isin(added % width, np.flatnonzero(self.titles.isin(roles)))] // width

    def _lists(self, pairs: Rows, people: Rows) -> pd.DataFrame:
        width = max(len(self.titles), 1)
        ours = pairs[np.isin(pairs // width, people)]
        lists = collected(np.searchsorted(people, ours // width), take(self.titles, ours % width), len(people))
        return pd.DataFrame({"roleIds": pd.Series(lists.to_pylist(), index=people, dtype=object)})


def role_changes(people: People) -> RoleChanges:
    """R1, R2, R4-R7 for everybody in scope and matched."""
    subject = people.reconcilable & ~people.has_employee  # R1
    numbers = _Numbers(people, subject)
    decided, after = _follow(numbers) if people.world.settings.synchronize_roles else _single_role(numbers)
    before = numbers.now[np.isin(numbers.now // numbers.width, decided["person"])]
    guarded = np.flatnonzero(numbers.titles.isin(people.mapping.protected_roles))
    holders = before[np.isin(before % numbers.width, guarded)] // numbers.width
    return RoleChanges(
        decided.assign(protected=np.isin(decided["person"], holders)), before, np.sort(after), numbers.titles
    )


class _Numbers:
    """The roles, groups and role states of the people whom R2 or R4 is about, as numbers."""

    def __init__(self, people: People, subject: Mask) -> None:
        self.people = people
        self.subject = subject

    @cached_property
    def _roles_in_emply(self) -> "tuple[Rows, pd.Series[str]]":
        return exploded(self.people.world.emply_users["role_ids"])

    @cached_property
    def titles(self) -> "pd.Series[str]":
        """Every role id that occurs anywhere, sorted: the number of a role is its row here."""
        occurring = [
            self.people.world.emply_roles["role_id"],
            self._roles_in_emply[1].drop_duplicates(),
            self.people.mapping.groups["role_id"],
            self.people.role_states["role_id"].drop_duplicates().dropna(),
        ]
        return pd.concat(occurring).drop_duplicates().sort_values(ignore_index=True)

    @property
    def width(self) -> int:
        return max(len(self.titles), 1)

    @cached_property
    def mapped(self) -> Rows:
        """The role of each configured group now, by priority."""
        return positions(self.people.mapping.groups["role_id"], self.titles)

    @cached_property
    def now(self) -> Rows:
        """`R`: the pairs that Emply has."""
        emply_row, role_id = self._roles_in_emply
        identities = self.people.identities
        person_of = np.full(len(self.people.world.emply_users), -1, dtype=np.int64)
        person_of[identities.loc[self.subject, "emply_row"]] = np.flatnonzero(self.subject)
        person = person_of[emply_row]
        return as_set(person[person >= 0] * self.width + positions(role_id, self.titles)[person >= 0])

    @cached_property
    def groups(self) -> pd.DataFrame:
        """Their configured groups: person, priority; and `then`, the role it was mapped to when last reconciled, or -1
        where the role state lacks it."""
        memberships = self.people.memberships
        ours = memberships[self.subject[memberships["entra_row"]]]
        person, priority = ours["entra_row"].to_numpy(), ours["priority"].to_numpy()
        states = self.people.role_states
        states = states[states["role_id"].notna() & self.subject[states["person"]]]
        group = positions(states["group_id"], self.people.mapping.groups["group_id"])
        count = max(len(self.people.mapping.groups), 1)
        remembered = pd.Series(
            positions(states["role_id"], self.titles)[group >= 0],
            index=(states["person"].to_numpy() * count + group)[group >= 0],
        ).sort_index()
        place = np.searchsorted(remembered.index, person * count + priority)
        place = np.minimum(place, max(len(remembered) - 1, 0))
        found = np.zeros(len(ours), dtype=bool)
        then = np.full(len(ours), -1, dtype=np.int64)
        if len(remembered):
            found = remembered.index.to_numpy()[place] == person * count + priority
            then[found] = remembered.to_numpy()[place][found]
        return pd.DataFrame({"person": person, "priority": priority, "then": then})

    @cached_property
    def wanted(self) -> Rows:
        """`D`: the pairs that their groups are mapped to."""
        return as_set(self.groups["person"].to_numpy() * self.width + self.mapped[self.groups["priority"]])


def _follow(numbers: _Numbers) -> tuple[pd.DataFrame, Rows]:
    """R4 and R5: replace what the mapping replaced, add what was joined; where a given role is missing, exactly `D`."""
    width, now = numbers.width, numbers.now
    person, then = (numbers.groups[column].to_numpy() for column in ("person", "then"))
    mapped = numbers.mapped[numbers.groups["priority"]]
    joined = then < 0
    replaced = ~joined & (then != mapped) & np.isin(person * width + then, now)
    lacking = np.setdiff1d(numbers.wanted, now, assume_unique=True) // width
    touched = as_set(np.concatenate([person[joined | replaced], lacking]))

    before = now[np.isin(now // width, touched)]
    wanted = numbers.wanted[np.isin(numbers.wanted // width, touched)]
    added = as_set((person * width + mapped)[joined | replaced])
    taken = np.setdiff1d(as_set((person * width + then)[replaced]), wanted, assume_unique=True)
    kept = as_set(np.concatenate([np.setdiff1d(before, taken, assume_unique=True), added]))  # R'
    reset = as_set(np.setdiff1d(wanted, kept, assume_unique=True) // width)  # D is not within R'
    after = np.concatenate([kept[~np.isin(kept // width, reset)], wanted[np.isin(wanted // width, reset)]])

    changed = as_set(np.setxor1d(before, after, assume_unique=True) // width)
    by_reset, by_mapping = np.isin(changed, reset), np.isin(changed, person[replaced])
    reasons = np.select([by_reset, by_mapping], ["roles_missing", "mapping_changed"], "group_joined")
    decided = pd.DataFrame({"person": changed, "rule": np.where(by_reset, "R5", "R4"), "reason": reasons})
    return decided, after[np.isin(after // width, changed)]


def _single_role(numbers: _Numbers) -> tuple[pd.DataFrame, Rows]:
    """R2: `synchronize_roles` off: who has no role at all gets the main group's."""
    without = numbers.subject.copy()
    without[numbers.now // numbers.width] = False
    person = np.flatnonzero(without)
    main = numbers.people.identities["main_group"].to_numpy()[person]
    decided = pd.DataFrame({"person": person, "rule": "R2", "reason": "roles_missing"})
    return decided, person * numbers.width + numbers.mapped[main]


def role_states(people: People, changes: RoleChanges) -> pd.DataFrame:
    """R9: entra_id, person, group_id, role_id (missing where R4 does not apply) of everybody whose role state changes.

    Whom R7 spoke of is left out here; whose role action is held or fails is left out by the plan and by applying.
    """
    spoken = np.isin(people.identities.index, changes.changes.loc[changes.changes["protected"], "person"])
    subject = (people.reconcilable | joiners(people)) & ~spoken
    follows = subject & ~people.has_employee & people.world.settings.synchronize_roles
    memberships = people.memberships[subject[people.memberships["entra_row"]]]
    person, priority = memberships["entra_row"].to_numpy(), memberships["priority"].to_numpy()
    group_id, role_id = (people.mapping.groups[column] for column in ("group_id", "role_id"))
    then = people.role_states[subject[people.role_states["person"]]]

    groups = pd.concat([group_id, then["group_id"].drop_duplicates()]).drop_duplicates().reset_index(drop=True)
    roles = pd.concat([role_id, then["role_id"].drop_duplicates().dropna()]).drop_duplicates().reset_index(drop=True)
    new_role = np.where(follows[person], positions(role_id, roles)[priority], -1)
    new = _state_keys(person, positions(group_id, groups)[priority], new_role, len(groups), len(roles))
    old = _state_keys(
        then["person"].to_numpy(), positions(then["group_id"], groups), positions(then["role_id"], roles),
        len(groups), len(roles),
    )  # fmt: skip
    changed = as_set(np.setxor1d(new, old, assume_unique=True) // (max(len(groups), 1) * (len(roles) + 1)))
    ours = np.isin(person, changed)
    return pd.DataFrame(
        {
            "entra_id": take(people.identities["entra_id"], person[ours]),
            "person": person[ours],
            "group_id": take(group_id, priority[ours]),
            "role_id": take(roles, new_role[ours]),
        }
    )


def _state_keys(person: Rows, group: Rows, role: Rows, groups: int, roles: int) -> Rows:
    return (person * max(groups, 1) + group) * (roles + 1) + role + 1
