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

from entra_emply.reconciliation.arrays import Mask, Rows, among, as_set, collected, different, positions, take
from entra_emply.reconciliation.identities import Identities, actions, findings, together
from entra_emply.reconciliation.rules.lifecycle import joiners


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
        added = self.after[~among(self.after, self.before)]
        return added[np.isin(added % width, np.flatnonzero(self.titles.isin(roles)))] // width

    def _lists(self, pairs: Rows, identities: Rows) -> pd.DataFrame:
        width = max(len(self.titles), 1)
        ours = pairs[among(pairs // width, identities)]
        lists = collected(np.searchsorted(identities, ours // width), take(self.titles, ours % width), len(identities))
        return pd.DataFrame({"roleIds": pd.Series(lists.to_pylist(), index=identities, dtype=object)})


def role_changes(identities: Identities) -> RoleChanges:
    """R1, R2, R4-R7 for everybody in scope and matched."""
    subject = identities.reconcilable & ~identities.has_employee  # R1
    numbers = _Numbers(identities, subject)
    decided, after = _follow(numbers) if identities.inputs.settings.synchronize_roles else _single_role(numbers)
    before = numbers.now[among(numbers.now // numbers.width, decided["person"].to_numpy())]
    guarded = np.flatnonzero(numbers.titles.isin(identities.mapping.protected_roles))
    holders = before[np.isin(before % numbers.width, guarded)] // numbers.width
    return RoleChanges(
        decided.assign(protected=among(decided["person"].to_numpy(), holders)), before, after, numbers.titles
    )


class _Numbers:
    """The roles, groups and role states of the people whom R2 or R4 is about, as numbers."""

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
        return max(len(self.titles), 1)

    @cached_property
    def mapped(self) -> Rows:
        """The role of each configured group now, by priority."""
        return positions(self.identities.mapping.groups["role_id"], self.titles)

    @cached_property
    def now(self) -> Rows:
        """`R`: the pairs that Emply has."""
        emply_row, role, role_ids = self.identities.roles_held
        frame = self.identities.frame
        person_of = np.full(len(self.identities.inputs.emply_users), -1, dtype=np.int64)
        person_of[frame.loc[self.subject, "emply_row"]] = np.flatnonzero(self.subject)
        person = person_of[emply_row]
        ours = person >= 0
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


def _follow(numbers: _Numbers) -> tuple[pd.DataFrame, Rows]:
    """R4 and R5: replace what the mapping replaced, add what was joined; where a given role is missing, exactly `D`."""
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
    kept = as_set(np.concatenate([before[~among(before, taken)], added]))  # R'
    reset = as_set(wanted[~among(wanted, kept)] // width)  # D is not within R'
    after = as_set(np.concatenate([kept[~among(kept // width, reset)], wanted[among(wanted // width, reset)]]))

    changed = as_set(different(before, after) // width)
    by_reset, by_mapping = among(changed, reset), among(changed, as_set(person[replaced]))
    reasons = np.select([by_reset, by_mapping], ["roles_missing", "mapping_changed"], "group_joined")
    decided = pd.DataFrame({"person": changed, "rule": np.where(by_reset, "R5", "R4"), "reason": reasons})
    return decided, after[among(after // width, changed)]


def _single_role(numbers: _Numbers) -> tuple[pd.DataFrame, Rows]:
    """R2: `synchronize_roles` off: who has no role at all gets the main group's."""
    without = numbers.subject.copy()
    without[numbers.now // numbers.width] = False
    person = np.flatnonzero(without)
    main = numbers.identities.frame["main_group"].to_numpy()[person]
    decided = pd.DataFrame({"person": person, "rule": "R2", "reason": "roles_missing"})
    return decided, person * numbers.width + numbers.mapped[main]


def role_states(identities: Identities, changes: RoleChanges) -> pd.DataFrame:
    """R9: entra_id, person, group_id, role_id (missing where R4 does not apply) of everybody whose role state changes.

    Whom R7 spoke of is left out here; whose role action is held or fails is left out by the plan and by applying.
    """
    spoken = np.isin(identities.frame.index, changes.changes.loc[changes.changes["protected"], "person"])
    subject = (identities.reconcilable | joiners(identities)) & ~spoken
    follows = subject & ~identities.has_employee & identities.inputs.settings.synchronize_roles
    memberships = identities.memberships[subject[identities.memberships["entra_row"]]]
    person, priority = memberships["entra_row"].to_numpy(), memberships["priority"].to_numpy()
    group_id, role_id = (identities.mapping.groups[column] for column in ("group_id", "role_id"))
    then = identities.role_states.of(subject[identities.role_states.person])

    groups = pd.concat([group_id, then.group_ids]).drop_duplicates().reset_index(drop=True)
    roles = pd.concat([role_id, then.role_ids]).drop_duplicates().reset_index(drop=True)
    new_role = np.where(follows[person], positions(role_id, roles)[priority], -1)
    then_role = np.append(positions(then.role_ids, roles), -1)[then.role]
    new = _state_keys(person, positions(group_id, groups)[priority], new_role, len(groups), len(roles))
    old = _state_keys(then.person, positions(then.group_ids, groups)[then.group], then_role, len(groups), len(roles))
    changed = as_set(different(as_set(new), as_set(old)) // (max(len(groups), 1) * (len(roles) + 1)))
    ours = among(person, changed)
    return pd.DataFrame(
        {
            "entra_id": take(identities.frame["entra_id"], person[ours]),
            "person": person[ours],
            "group_id": take(group_id, priority[ours]),
            "role_id": take(roles, new_role[ours]),
        }
    )


def _state_keys(person: Rows, group: Rows, role: Rows, groups: int, roles: int) -> Rows:
    return (person * max(groups, 1) + group) * (roles + 1) + role + 1
