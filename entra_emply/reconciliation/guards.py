"""G: what is held until a person approves it. Which reads are believed (G5) is `completeness`, what is counted
`guard_counts`, and asking the guards of a whole plan is `holds`.

Guards never change an action: they say who must look first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from entra_emply.reconciliation.arrays import Mask, Rows, as_set, is_among
from entra_emply.reconciliation.guard_counts import emptied, more_than_allowed, said_held
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.planned_actions import (
    PlannedActions,
    deactivates,
    grants,
    removes,
    sets_roles,
    undoes,
)
from entra_emply.reconciliation.rule import Condition, Rule, Values, any_of
from entra_emply.reconciliation.rules.lifecycle import given_at_creation
from entra_emply.reconciliation.rules.roles import role_changes
from entra_emply.reconciliation.rules.undo import giving
from entra_emply.reconciliation.subjects import once

# --- conditions -------------------------------------------------------------------------------------------------------


def _all(actions: PlannedActions) -> Rows:
    return np.arange(len(actions))


def _of_people(name: str, people: Callable[[PlannedActions], Rows], *kinds: str) -> Condition[PlannedActions]:
    """Actions of these kinds on some of the people."""

    def holds(actions: PlannedActions, rows: Rows) -> Mask:
        mask = actions.is_kind(*kinds)[rows]
        if mask.any():
            mask[mask] = np.isin(actions.person[rows[mask]], people(actions))
        return mask

    return Condition(name, holds)


@once
def _holders(identities: Identities) -> Rows:
    """The people whose Emply user holds a protected role."""
    if not identities.mapping.protected_roles:
        return np.zeros(0, dtype=np.int64)
    emply_row, role, role_ids = identities.roles_held
    protected = as_set(emply_row[role_ids.isin(identities.mapping.protected_roles).to_numpy()[role]])
    return np.flatnonzero(identities.frame["emply_row"].isin(protected))


@once
def _receives_protected(actions: PlannedActions) -> Mask:
    """Which make a login with a protected role, or give it one."""
    identities = actions.identities
    if not identities.mapping.protected_roles:
        return np.zeros(len(actions), dtype=bool)
    given = given_at_creation(identities)
    created = given.loc[given["role_id"].isin(identities.mapping.protected_roles), "person"]
    changes = actions.is_kind("set_roles") & ~actions.of_undo
    if changes.any():
        changes &= np.isin(actions.person, role_changes(identities).given(identities.mapping.protected_roles))
    made = ~actions.in_entra & actions.is_kind("create_user")
    restored = giving(identities.inputs.state.undos, identities.mapping.protected_roles)
    return (
        (made & np.isin(actions.person, created))
        | changes
        | (actions.of_undo & is_among(actions.frame["action_id"], restored))
    )


def _group_emptied(actions: PlannedActions, rows: Rows) -> Mask:
    """They were in such a group when last reconciled, or it is not known where they were."""
    if actions.told is not None and actions.told.counts is None:
        return said_held("G4", actions, rows)
    empty = emptied(actions)
    if empty.empty:
        return np.zeros(len(rows), dtype=bool)
    states = actions.identities.role_states
    person = actions.person[rows]
    return np.isin(person, states.in_groups(empty)) | ~np.isin(person, states.person)


def _emptied_names(actions: PlannedActions, _row: int) -> Values:
    names = actions.identities.inputs.names
    return {"emptied": [names.get(group, "a group without a name") for group in emptied(actions)]}


def _leaves_group(actions: PlannedActions, rows: Rows) -> Mask:
    return actions.leaves_group[rows]


def _all_approved(actions: PlannedActions, rows: Rows) -> Mask:
    """W3: what is held as one is freed only when both are approved."""
    one, approved = actions.as_one, actions.approved.copy()
    waiting = one[(one >= 0) & ~approved]
    return approved[rows] & ~np.isin(one[rows], waiting)


def _behind_link(actions: PlannedActions, rows: Rows) -> Mask:
    """With a held link every other action of that person waits, free again as soon as the link is."""
    return _of_held_links(actions)[rows]


@once
def _held_by_itself(actions: PlannedActions) -> Mask:
    """Which G3 may have held by themselves. It held any other with the link of its person, whose release frees both."""
    by_kind = actions.is_kind("link_user", "deactivate_user", "delete_user", "create_user")
    matched = np.isin(actions.person, actions.person[actions.is_kind("link_user")])
    return by_kind | (actions.is_kind("set_roles") & ~matched)


@once
def _of_held_links(actions: PlannedActions) -> Mask:
    links = actions.is_kind("link_user")
    if not links.any():
        return links
    held = _protected.holds(actions, _all(actions))
    if not actions.identities.inputs.state.holds.empty:
        held |= (actions.held_before != "").to_numpy(dtype=bool)
    waiting_links = links & held & ~actions.approved
    return np.isin(actions.person, actions.person[waiting_links]) & ~links


has_action = Condition[PlannedActions]("has_action", lambda _, rows: np.ones(len(rows), dtype=bool))
not_c6 = Condition[PlannedActions]("not_c6", lambda actions, rows: ~actions.of_c6[rows])
leaves_group = Condition("leaves_group", _leaves_group)
touches_holder = _of_people(
    "touches_holder", lambda actions: _holders(actions.identities), "link_user", "deactivate_user", "delete_user"
)
gives_protected = Condition[PlannedActions]("gives_protected", lambda actions, rows: _receives_protected(actions)[rows])
replaces_link = _of_people(
    "replaces_link",
    lambda actions: np.flatnonzero(actions.identities.frame["replaces_link"].to_numpy(dtype=bool)),
    "link_user",
)
links_by_address = _of_people(
    "links_by_address",
    lambda actions: np.flatnonzero((actions.identities.frame["matched_by"] == "address").to_numpy(dtype=bool)),
    "link_user",
)
group_emptied = Condition("group_emptied", _group_emptied, _emptied_names)
not_approved = Condition("approved", _all_approved).negated("not_approved")
behind_link = Condition("behind_link", _behind_link)
still_waits = any_of("still_waits", not_approved, behind_link)
"""An approval has effect on an action whose person's link is held only once the link is free."""

# --- rules ------------------------------------------------------------------------------------------------------------


def _before(guard: str) -> Condition[PlannedActions]:
    def holds(actions: PlannedActions, rows: Rows) -> Mask:
        if actions.identities.inputs.state.holds.empty:
            return np.zeros(len(rows), dtype=bool)
        held = actions.was_held_by(guard)[rows]
        return held & _held_by_itself(actions)[rows] if guard == "G3" else held

    return Condition("held_before", holds)


def _with_other(*holding: tuple[Condition[PlannedActions], ...]) -> Condition[PlannedActions]:
    """W3: deleting a user and deactivating its login are held as one. `holding`: what holds either."""

    def holds(actions: PlannedActions, rows: Rows) -> Mask:
        one, everything = actions.as_one, _all(actions)
        pairs = everything[one >= 0]
        if not len(pairs):
            return np.zeros(len(rows), dtype=bool)
        held = np.zeros(len(pairs), dtype=bool)
        for conditions in holding:
            held |= np.logical_and.reduce([each.holds(actions, pairs) for each in conditions])
        return np.isin(one[rows], one[pairs[held]]) & (one[rows] >= 0)

    return Condition("held_with_other", holds)


@dataclass(frozen=True)
class Guard:
    """What is held, and why.

    rule: acts on what the guard holds. own: the same, but for what only waits for the person's held link. causes: each
    is conditions that hold together; the first one that does is why an action is held, and its last condition names it.
    """

    rule: Rule[PlannedActions]
    own: Rule[PlannedActions]
    causes: tuple[tuple[Condition[PlannedActions], ...], ...]


def _guard(
    name: str,
    watched: Condition[PlannedActions],
    cause: Condition[PlannedActions] | None = None,
    *,
    with_link: bool = False,
) -> Guard:
    """A guard holds what it watches where its cause is given, and what was held by it before, until it is approved.

    with_link: it holds what waits for the person's held link, too.
    """
    because = () if cause is None else (cause,)
    before = _before(name)
    also = (before, _with_other((watched, *because), (before,)))

    def rule(*others: Condition[PlannedActions]) -> Rule[PlannedActions]:
        held = tuple(any_of(f"{each.name}_or_held", each, *also, *others) for each in because)
        concerns = any_of(f"{watched.name}_or_held", watched, *also, *others)
        return Rule(name, (has_action, not_c6, concerns), (*held, still_waits))

    alone = tuple((each,) for each in (*(watched.parts or (watched,)), *also))
    causes = alone if cause is None else ((watched, cause), *((each,) for each in also))
    own = rule()
    return Guard(rule(behind_link), own, (*causes, (behind_link,))) if with_link else Guard(own, own, causes)


_protected = any_of("protected", touches_holder, gives_protected, replaces_link, links_by_address)

GUARDS: Mapping[str, Guard] = {
    "G1": _guard("G1", deactivates, more_than_allowed("too_many_deactivations", "G1")),
    "G2": _guard("G2", sets_roles, more_than_allowed("too_many_role_changes", "G2")),
    "G3": _guard("G3", _protected, with_link=True),
    "G4": _guard("G4", leaves_group, group_emptied),
    "G6": _guard("G6", removes, more_than_allowed("too_many_removals", "G6")),
    "G7": _guard("G7", grants, more_than_allowed("too_many_grants", "G7")),
    "G8": _guard("G8", undoes),
}
RULES = tuple(guard.rule for guard in GUARDS.values())
