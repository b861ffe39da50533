"""R: which roles a user has to have.

R8 (what the names mean) is in `groups`, R3 (roles at creation) in `lifecycle`, R9 (what is remembered) in
`role_states`, what is compared in `role_numbers`: a set of (person, role) pairs is an array of numbers.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import (
    Mask,
    Rows,
    among,
    as_set,
    collected,
    different,
    is_text,
    marked,
    take,
)
from entra_emply.reconciliation.drafts import Drafts, actions, findings, together
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.rule import Part, Rule, Values, all_hold
from entra_emply.reconciliation.rules.conditions import (
    ENTRA_LEADS,
    RECONCILABLE,
    roles_not_synchronized,
    roles_synchronized,
    with_employee,
    without_employee,
)
from entra_emply.reconciliation.rules.lifecycle import R3
from entra_emply.reconciliation.rules.role_numbers import Numbers
from entra_emply.reconciliation.rules.scope import flag
from entra_emply.reconciliation.subjects import once


@once
def numbers_of(identities: Identities) -> Numbers:
    """The numbers of everybody whose roles Entra leads."""
    return Numbers(identities, all_hold(ENTRA_LEADS, identities))


@once
def _with_a_role(identities: Identities) -> Mask:
    numbers = numbers_of(identities)
    return numbers.people(numbers.now)


@once
def _with_a_protected_role(identities: Identities) -> Mask:
    return numbers_of(identities).people(_protected_pairs(identities))


def _protected_pairs(identities: Identities) -> Rows:
    numbers = numbers_of(identities)
    guarded = np.flatnonzero(numbers.titles.isin(identities.mapping.protected_roles))
    return numbers.now[np.isin(numbers.now % numbers.width, guarded)]


def _in_changed_group(identities: Identities) -> Mask:
    """Some group is new since the last reconciliation, or its role replaces the one that it gave."""
    numbers = numbers_of(identities)
    return marked(
        numbers.groups["person"].to_numpy()[numbers.outcome.joined | numbers.outcome.replaced], len(identities)
    )


def _role_remapped(identities: Identities) -> Mask:
    numbers = numbers_of(identities)
    return marked(numbers.groups["person"].to_numpy()[numbers.outcome.replaced], len(identities))


def _lacking(identities: Identities) -> Mask:
    numbers = numbers_of(identities)
    return numbers.people(numbers.outcome.lacking)


def _taken_away(identities: Identities) -> Mask:
    numbers = numbers_of(identities)
    return numbers.people(numbers.outcome.taken_away)


def _different(identities: Identities) -> Mask:
    numbers = numbers_of(identities)
    return numbers.people(different(numbers.outcome.before, numbers.outcome.kept))


def _protection_silent(identities: Identities) -> Mask:
    return ~R7.acts(identities)


@once
def _would_change(identities: Identities) -> Mask:
    """R2, R4 or R5 would act on them, were it not for R7."""
    return np.logical_or.reduce([rule.reaches(identities, no_protected_role.name) for rule in _DECIDING])


# --- conditions of this letter ----------------------------------------------------------------------------------------


def _roles(identities: Identities, person: int) -> Values:
    row = int(identities.frame["emply_row"].iloc[person])
    held = identities.inputs.emply_users["role_ids"].iloc[row] if row >= 0 else ()
    return {"roles": [identities.called(role) for role in held]}


def _protected(identities: Identities, person: int) -> Values:
    held = numbers_of(identities).titles_of(_protected_pairs(identities), person)
    return {"held": held, "protected": [identities.called(role) for role in identities.mapping.protected_roles]}


def _main_group(identities: Identities, person: int) -> Values:
    main = identities.mapping.groups.iloc[int(identities.frame["main_group"].iloc[person])]
    return {"main_group": identities.called(main["group_id"]), "main_role": identities.called(main["role_id"])}


def _group_by_group(identities: Identities, person: int) -> Values:
    """What R4 makes of each group of the person, in settings order."""
    numbers = numbers_of(identities)
    mine = np.flatnonzero(numbers.groups["person"] == person)
    return {"groups": [_of_group(identities, numbers, int(row)) for row in mine]}


def _of_group(identities: Identities, numbers: Numbers, row: int) -> Part:
    group = identities.mapping.groups.iloc[int(numbers.groups["priority"].iloc[row])]
    then = int(numbers.groups["then"].iloc[row])
    called = {"group": identities.called(group["group_id"]), "role": identities.called(group["role_id"])}
    if then < 0:
        return Part(_how_new(identities, int(numbers.groups["person"].iloc[row]), group["group_id"]), called)
    old = str(numbers.titles.iloc[then])
    if old == group["role_id"]:
        return Part("group_unchanged", called)
    name = "group_replaced" if numbers.outcome.replaced[row] else "group_not_replaced"
    return Part(name, {**called, "old": identities.called(old)})


def _how_new(identities: Identities, person: int, group_id: str) -> str:
    """Why a group's role was not given before: nobody was reconciled, the role was not, or the group is new."""
    states = identities.role_states
    mine = states.group[states.person == person]
    if not (states.person == person).any():
        return "group_first"
    return "group_unmapped" if group_id in set(take(states.group_ids, mine).dropna()) else "group_joined"


def _missing(identities: Identities, person: int) -> Values:
    numbers = numbers_of(identities)
    pairs = {
        "wanted": numbers.wanted,
        "missing": numbers.outcome.lacking,
        "taken_away": numbers.outcome.taken_away,
        "extra": numbers.now[~among(numbers.now, numbers.wanted)],
    }
    return {name: numbers.titles_of(of, person) for name, of in {**pairs, "lost": _lost(numbers, person)}.items()}


def _lost(numbers: Numbers, person: int) -> Rows:
    """What the person's groups gave when last reconciled, and the person does not have any more."""
    groups = numbers.groups[(numbers.groups["person"] == person) & (numbers.groups["then"] >= 0)]
    given = as_set(person * numbers.width + groups["then"].to_numpy(dtype=np.int64))
    return given[~among(given, numbers.now)]


has_no_role = flag("has_no_role", lambda identities: ~_with_a_role(identities), _roles)
group_changed = flag("group_changed", once(_in_changed_group), _group_by_group)
outcome_differs = flag("outcome_differs", once(_different), _group_by_group)
role_missing = flag("role_missing", once(_lacking), _missing)
role_taken_away = flag("role_taken_away", once(_taken_away), _missing)
no_role_taken_away = role_taken_away.negated("no_role_taken_away")
protected_role = flag("protected_role", _with_a_protected_role, _protected)
no_protected_role = protected_role.negated("no_protected_role")
roles_would_change = flag("roles_would_change", _would_change, _roles)
protection_silent = flag("protection_silent", _protection_silent, _protected)

# --- rules ------------------------------------------------------------------------------------------------------------


def _becomes(identities: Identities, person: int) -> Values:
    numbers, changes = numbers_of(identities), role_changes(identities)
    before, after = (numbers.titles_of(pairs, person) for pairs in (changes.before, changes.after))
    return {"before": before, "after": after}


_FOLLOWS = (roles_synchronized, *ENTRA_LEADS)

R1 = Rule("R1", (*RECONCILABLE, with_employee), (), told=_roles)
R2 = Rule("R2", (roles_not_synchronized, *ENTRA_LEADS), (has_no_role, no_protected_role), told=_main_group)
R4 = Rule("R4", _FOLLOWS, (group_changed, no_role_taken_away, outcome_differs, no_protected_role))
R5 = Rule("R5", _FOLLOWS, (role_missing, role_taken_away, no_protected_role), told=_becomes)
R6 = Rule("R6", RECONCILABLE, (without_employee, roles_would_change, no_protected_role), told=_becomes)
R7 = Rule("R7", (*ENTRA_LEADS, protected_role), (roles_would_change,), told=_becomes)

RULES = (R1, R2, R3, R4, R5, R6, R7)

_DECIDING = (R2, R4, R5)


@dataclass(frozen=True)
class RoleChanges:
    """Whose roles have to change, and to what.

    changes: person, rule, reason, acts (false where R7 keeps it from acting), sorted by person;
    before, after: the pairs of exactly these people; titles: the role ids that the role numbers stand for, sorted.
    """

    changes: pd.DataFrame
    before: Rows
    after: Rows
    titles: "pd.Series[str]"

    @property
    def actions(self) -> Drafts:
        """R6: the `emply.set_roles` of everybody for whom it acts, drafted."""
        return together(self._drafts(rule) for rule in ("R2", "R4", "R5"))

    def _drafts(self, rule: str) -> Drafts:
        rows = np.flatnonzero(self.changes["acts"].to_numpy(dtype=bool) & is_text(self.changes["rule"], rule))
        person, reason = self.changes["person"].to_numpy(dtype=np.int64)[rows], take(self.changes["reason"], rows)
        before, after = ({"roleIds": self._lists(pairs, person)} for pairs in (self.before, self.after))
        return actions(person, "emply.set_roles", rule, reason=reason, before=before, after=after)

    def given(self, roles: Collection[str]) -> Rows:
        """The people who get one of `roles` that they do not have."""
        width = max(len(self.titles), 1)
        added = self.after[~among(self.after, self.before)]
        return added[np.isin(added % width, np.flatnonzero(self.titles.isin(roles)))] // width

    def _lists(self, pairs: Rows, identities: Rows) -> list[list[str]]:
        width = max(len(self.titles), 1)
        ours = pairs[among(pairs // width, identities)]
        lists = collected(np.searchsorted(identities, ours // width), take(self.titles, ours % width), len(identities))
        return lists.to_pylist()


@once
def role_changes(identities: Identities) -> RoleChanges:
    """R1, R2, R4-R7 for everybody in scope and matched."""
    numbers = numbers_of(identities)
    single, follow, reset = (rule.reaches(identities, no_protected_role.name) for rule in _DECIDING)
    person = np.flatnonzero(single | follow | reset)
    by = [single[person], follow[person]]
    why = np.where(_role_remapped(identities)[person], "mapping_changed", "group_joined")
    changes = pd.DataFrame(
        {
            "person": person,
            "rule": np.select(by, ["R2", "R4"], "R5"),
            "reason": np.where(by[1], why, "roles_missing"),
            "acts": R6.acts(identities)[person],
        }
    )
    given = np.flatnonzero(single)
    main = given * numbers.width + numbers.mapped[identities.frame["main_group"].to_numpy()[given]]
    kept, wanted = numbers.outcome.kept, numbers.outcome.wanted
    after = [main, kept[follow[kept // numbers.width]], wanted[reset[wanted // numbers.width]]]
    before = numbers.now[among(numbers.now // numbers.width, person)]
    return RoleChanges(changes, before, as_set(np.concatenate(after)), numbers.titles)


def findings_of(identities: Identities) -> Drafts:
    """R7: where R2-R6 would have acted on the holder of a protected role, drafted."""
    return findings(identities.where(R7.acts(identities)), "protected_role", "R7")
