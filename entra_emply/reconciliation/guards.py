"""G: what is held until a person approves it. Which reads are believed (G5) is `completeness`.

Held or not is decided over the whole plan. Guards never change an action: they say who must look first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, as_set, encoded, is_among, positions, take, take_flag
from entra_emply.reconciliation.identities import Identities, once
from entra_emply.reconciliation.kinds import UNDO_RULES
from entra_emply.reconciliation.rule import Condition, Rule, Values, any_of
from entra_emply.reconciliation.rules.lifecycle import given_at_creation
from entra_emply.reconciliation.rules.roles import RoleChanges
from entra_emply.reconciliation.rules.undo import giving

GUARDS = ["G1", "G2", "G3", "G4", "G6", "G7", "G8"]
COUNTS = {"guard": "str", "group_id": "str", "counted": "Int64", "allowed": "Int64", "of": "Int64"}
_RECENTLY = timedelta(hours=24)


@dataclass(frozen=True, eq=False)
class PlannedActions:
    """Actions of a plan, a row each, as the guards look at them.

    frame: action_id, person (row), target, kind, rule, reason, entra_id, emply_user_id; indexed 0…. changes: the role
    changes of the plan. told: what was counted for this plan (COUNTS), where these are some of its actions only, and
    held_by, what the plan says of them; counting them again would be counting some.
    """

    identities: Identities
    frame: pd.DataFrame
    changes: RoleChanges | None = None
    told: pd.DataFrame | None = None
    held_by: "pd.Series[str] | None" = None
    answers: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        """How many actions."""
        return len(self.frame)

    @cached_property
    def person(self) -> Rows:
        """Whom each is about, -1: nobody of the join."""
        return self.frame["person"].to_numpy(dtype=np.int64)

    @cached_property
    def held_before(self) -> "pd.Series[str]":
        """The guards that the newest plan held each by, separated and surrounded by blanks."""
        holds = self.identities.inputs.state.holds
        if holds.empty:
            return pd.Series("", index=self.frame.index, dtype="str")
        guards = take(holds["guards"], positions(self.frame["action_id"], holds["action_id"]))
        return " " + guards.fillna("") + " "

    @cached_property
    def approved(self) -> Mask:
        """Which a person has approved."""
        approvals = self.identities.inputs.state.approvals
        valid = approvals.loc[approvals["expires_at"] > self.identities.inputs.now, "action_id"]
        return is_among(self.frame["action_id"], valid)

    @cached_property
    def as_one(self) -> Rows:
        """W3: a number for the two actions on one person that are held as one, -1 for others."""
        return np.where((self.frame["rule"] == "W3").to_numpy(dtype=bool), self.person, -1)

    def is_kind(self, *kinds: str) -> Mask:
        """Which are of one of these kinds."""
        numbers, known = self._kinds
        return np.isin(numbers, [number for number, kind in enumerate(known) if kind in kinds])

    @cached_property
    def _kinds(self) -> tuple[Rows, list[str]]:
        """The kinds as numbers, and what they are."""
        numbers, known = encoded(self.frame["kind"])
        return numbers, known.tolist()

    @cached_property
    def in_entra(self) -> Mask:
        """Which change Entra."""
        return (self.frame["target"] == "entra").to_numpy(dtype=bool)

    @cached_property
    def of_c6(self) -> Mask:
        """Which are C6's."""
        return (self.frame["rule"] == "C6").to_numpy(dtype=bool)

    @cached_property
    def of_undo(self) -> Mask:
        """Which restore what was applied before."""
        return self.frame["rule"].isin(UNDO_RULES).to_numpy(dtype=bool)

    def named(self, row: int) -> str:
        """The kind of an action."""
        return f"{self.frame['target'].iloc[row]}.{self.frame['kind'].iloc[row]}"


# --- what is counted --------------------------------------------------------------------------------------------------


def _counted_deactivations(actions: PlannedActions) -> tuple[int, int, int]:
    identities, recent = actions.identities, _recent_deactivations(actions.identities)
    rows = np.flatnonzero(deactivates.holds(actions, np.arange(len(actions))))
    concerned = identities.frame["emply_user_id"].iloc[actions.person[rows]]
    counted = pd.concat([concerned, recent.loc[~recent["approved"], "emply_user_id"]]).nunique()
    return int(counted), *_deactivations_allowed(identities)


def _counted_role_changes(actions: PlannedActions) -> tuple[int, int, int]:
    population = int(actions.identities.reconcilable.sum())
    counted = int(sets_roles.holds(actions, np.arange(len(actions))).sum())
    return counted, actions.identities.inputs.settings.guards.max_role_changes.of(population), population


def _counted_removals(actions: PlannedActions) -> tuple[int, int, int]:
    guarded = actions.frame[removes.holds(actions, np.arange(len(actions)))]
    owners = guarded["entra_id"].fillna(guarded["emply_user_id"])
    counted = owners.nunique() + owners.isna().sum()  # each calendar that is nobody's counts as one
    return int(counted), *_deactivations_allowed(actions.identities)


def _counted_grants(actions: PlannedActions) -> tuple[int, int, int]:
    identities = actions.identities
    rows = np.flatnonzero(grants.holds(actions, np.arange(len(actions))))
    who = identities.frame[["entra_id", "emply_user_id"]].iloc[actions.person[rows]]
    concerned = who["entra_id"].fillna(who["emply_user_id"])  # whom W1 creates is not in Entra yet
    recorded = identities.inputs.state.grants
    recent = (recorded["at"] > identities.inputs.now - _RECENTLY) & ~recorded["approved"]
    together = int(pd.concat([concerned, recorded.loc[recent, "entra_id"]]).nunique())
    population = len(identities.inputs.emply_users)
    return together, identities.inputs.settings.guards.max_grants.of(population), population


_COUNTING = {
    "G1": _counted_deactivations,
    "G2": _counted_role_changes,
    "G6": _counted_removals,
    "G7": _counted_grants,
}


def _count(guard: str, actions: PlannedActions) -> tuple[int, int, int] | None:
    """What a guard counted, what is allowed, of how many; None where nobody has told."""
    if ("count", guard) not in actions.answers:
        actions.answers["count", guard] = _told(guard, actions)
    known: tuple[int, int, int] | None = actions.answers["count", guard]
    return known


def _told(guard: str, actions: PlannedActions) -> tuple[int, int, int] | None:
    if actions.held_by is None:
        return _COUNTING[guard](actions)
    told = None if actions.told is None else actions.told[actions.told["guard"] == guard]
    if told is None or told.empty:
        return None
    return int(told["counted"].iloc[0]), int(told["allowed"].iloc[0]), int(told["of"].iloc[0])


def _said_held(guard: str, actions: PlannedActions, rows: Rows) -> Mask:
    """What the plan itself says, where nobody has told what was counted for it."""
    held = actions.held_by if actions.held_by is not None else pd.Series("", index=actions.frame.index)
    return (" " + held.iloc[rows] + " ").str.contains(f" {guard} ", regex=False).to_numpy(dtype=bool)


def _more(name: str, guard: str) -> Condition[PlannedActions]:
    """More than is allowed: the same answer for every action."""

    def holds(actions: PlannedActions, rows: Rows) -> Mask:
        count = _count(guard, actions)
        return _said_held(guard, actions, rows) if count is None else np.full(len(rows), count[0] > count[1])

    def compared(actions: PlannedActions, _row: int) -> Values:
        counted, allowed, of = _count(guard, actions) or (None, None, None)
        return {"counted": counted, "allowed": allowed, "of": of}

    return Condition(name, holds, compared)


@once
def standing_deactivations(identities: Identities) -> pd.DataFrame:
    """Recorded deactivations (emply_user_id, at, approved) that nobody has undone in Emply."""
    users = identities.inputs.emply_users
    deactivations = identities.inputs.state.deactivations
    return deactivations[~take_flag(users["active"], positions(deactivations["emply_user_id"], users["emply_user_id"]))]


def _recent_deactivations(identities: Identities) -> pd.DataFrame:
    standing = standing_deactivations(identities)
    return standing[standing["at"] > identities.inputs.now - _RECENTLY]


@once
def _deactivations_allowed(identities: Identities) -> tuple[int, int]:
    """`max_deactivations` among the linked Emply users that are active, or were deactivated in the last 24 hours; and
    how many these are.
    """
    linked = identities.linked | identities.frame["replaces_link"].to_numpy(dtype=bool)
    recently = is_among(identities.frame["emply_user_id"], _recent_deactivations(identities)["emply_user_id"])
    population = int((linked & (identities.active | recently)).sum())
    return identities.inputs.settings.guards.max_deactivations.of(population), population


# --- conditions -------------------------------------------------------------------------------------------------------


def _removes(actions: PlannedActions, rows: Rows) -> Mask:
    events = actions.in_entra & actions.is_kind("delete_event")
    return ((actions.is_kind("remove_calendar", "detach_calendar") | events) & ~actions.of_c6)[rows]


def _all(actions: PlannedActions) -> Rows:
    return np.arange(len(actions))


def _kinds(name: str, *kinds: str) -> Condition[PlannedActions]:
    """Actions of these kinds, but for those of an undo, which a guard of their own holds."""
    return Condition(name, lambda actions, rows: (actions.is_kind(*kinds) & ~actions.of_undo)[rows])


def _of_people(name: str, people: Callable[[PlannedActions], Rows], *kinds: str) -> Condition[PlannedActions]:
    """Actions of these kinds on some of the people."""

    def holds(actions: PlannedActions, rows: Rows) -> Mask:
        mine = rows[actions.is_kind(*kinds)[rows]]
        return np.isin(rows, mine[np.isin(actions.person[mine], people(actions))])

    return Condition(name, holds)


@once
def _holders(identities: Identities) -> Rows:
    """The people whose Emply user holds a protected role."""
    emply_row, role, role_ids = identities.roles_held
    protected = as_set(emply_row[role_ids.isin(identities.mapping.protected_roles).to_numpy()[role]])
    return np.flatnonzero(identities.frame["emply_row"].isin(protected))


@once
def _receives_protected(actions: PlannedActions) -> Mask:
    """Which make a login with a protected role, or give it one."""
    identities = actions.identities
    given = given_at_creation(identities)
    created = given.loc[given["role_id"].isin(identities.mapping.protected_roles), "person"]
    none = np.zeros(0, dtype=np.int64)
    changed = none if actions.changes is None else actions.changes.given(identities.mapping.protected_roles)
    made = ~actions.in_entra & actions.is_kind("create_user")
    restored = giving(identities.inputs.state.undos, identities.mapping.protected_roles)
    return (
        (made & np.isin(actions.person, created))
        | (actions.is_kind("set_roles") & ~actions.of_undo & np.isin(actions.person, changed))
        | (actions.of_undo & is_among(actions.frame["action_id"], restored))
    )


@once
def _emptied(actions: PlannedActions) -> "pd.Series[str]":
    """The configured groups that are suddenly empty."""
    if actions.held_by is not None:
        told = actions.told
        return pd.Series(dtype="str") if told is None else told.loc[told["guard"] == "G4", "group_id"]
    identities = actions.identities
    groups = identities.mapping.groups["group_id"]
    empty, counts = groups[~groups.index.isin(identities.memberships["priority"])], identities.inputs.state.group_counts
    return empty[is_among(empty, counts.loc[counts["members"] > 0, "group_id"])]


def _group_emptied(actions: PlannedActions, rows: Rows) -> Mask:
    """They were in such a group when last reconciled, or it is not known where they were."""
    if actions.held_by is not None and actions.told is None:
        return _said_held("G4", actions, rows)
    emptied = _emptied(actions)
    if emptied.empty:
        return np.zeros(len(rows), dtype=bool)
    states = actions.identities.role_states
    person = actions.person[rows]
    return np.isin(person, states.in_groups(emptied)) | ~np.isin(person, states.person)


def _emptied_names(actions: PlannedActions, _row: int) -> Values:
    names = actions.identities.inputs.names
    return {"emptied": [names.get(group, "a group without a name") for group in _emptied(actions)]}


def _leaves_group(actions: PlannedActions, rows: Rows) -> Mask:
    return (actions.frame["reason"].iloc[rows] == "removed_from_group").to_numpy(dtype=bool)


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
    held = _protected.holds(actions, _all(actions)) | (actions.held_before.str.strip() != "").to_numpy(dtype=bool)
    waiting_links = links & held & ~actions.approved
    return np.isin(actions.person, actions.person[waiting_links]) & ~links


has_action = Condition[PlannedActions]("has_action", lambda _, rows: np.ones(len(rows), dtype=bool))
not_c6 = Condition[PlannedActions]("not_c6", lambda actions, rows: ~actions.of_c6[rows])
deactivates = _kinds("deactivates", "deactivate_user", "delete_user")
sets_roles = _kinds("sets_roles", "set_roles")
removes = Condition("removes", _removes)
grants = _kinds("grants", "create_user", "activate_user")
undoes = Condition[PlannedActions]("undoes", lambda actions, rows: actions.of_undo[rows])
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
        before = actions.held_before.iloc[rows]
        held = before.str.contains(f" {guard} ", regex=False, na=False).to_numpy(dtype=bool)
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


def _guard(
    name: str,
    watched: Condition[PlannedActions],
    cause: Condition[PlannedActions] | None,
    behind: tuple[Condition[PlannedActions], ...] = (),
) -> Rule[PlannedActions]:
    """A guard holds what it watches where its cause is given, and what was held by it before, until it is approved."""
    before = _before(name)
    causes = () if cause is None else (cause,)
    also = (before, _with_other((watched, *causes), (before,)), *behind)
    held = tuple(any_of(f"{each.name}_or_held", each, *also) for each in causes)
    return Rule(name, (has_action, not_c6, any_of(f"{watched.name}_or_held", watched, *also)), (*held, still_waits))


_protected = any_of("protected", touches_holder, gives_protected, replaces_link, links_by_address)

G1 = _guard("G1", deactivates, _more("too_many_deactivations", "G1"))
G2 = _guard("G2", sets_roles, _more("too_many_role_changes", "G2"))
G3_OWN = _guard("G3", _protected, None)
G3 = _guard("G3", _protected, None, (behind_link,))
G4 = _guard("G4", leaves_group, group_emptied)
G6 = _guard("G6", removes, _more("too_many_removals", "G6"))
G7 = _guard("G7", grants, _more("too_many_grants", "G7"))
G8 = _guard("G8", undoes, None)

OWN: Mapping[str, Rule[PlannedActions]] = {"G1": G1, "G2": G2, "G3": G3_OWN, "G4": G4, "G6": G6, "G7": G7, "G8": G8}
"""What holds an action by itself."""
RULES = (G1, G2, G3, G4, G6, G7, G8)

# --- the plan ---------------------------------------------------------------------------------------------------------


def held(actions: PlannedActions) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Which guards hold each action by itself, and which hold it: columns of flags for each of GUARDS.

    What the newest plan held stays held by the same guards; what a person approved is held by none.
    """
    own = pd.DataFrame({guard: OWN[guard].acts(actions) for guard in GUARDS}, index=actions.frame.index)
    return own, own.assign(G3=G3.acts(actions))


def counts(*parts: PlannedActions) -> pd.DataFrame:
    """COUNTS: what the guards counted for a plan; G6 in the last of `parts`, those of C and E, the others in the first.

    Of G4 each group that is suddenly empty, with the members it had.
    """
    rows: list[dict[str, Any]] = []
    for guard, count in _COUNTING.items():
        counted, allowed, of = count(parts[-1 if guard == "G6" else 0])
        rows.append({"guard": guard, "group_id": None, "counted": counted, "allowed": allowed, "of": of})
    emptied = _emptied(parts[0])
    members = parts[0].identities.inputs.state.group_counts.set_index("group_id")["members"]
    rows += [
        {"guard": "G4", "group_id": group, "counted": 0, "allowed": None, "of": members[group]} for group in emptied
    ]
    return pd.DataFrame(rows, columns=list(COUNTS)).astype(COUNTS)


def waiting(identities: Identities, actions: pd.DataFrame) -> Mask:
    """C8: the people whose link, activation or deactivation is held. `actions`: person, kind, held_by ("" for none)."""
    of = actions["kind"].isin(["link_user", "activate_user", "deactivate_user"]) & (actions["held_by"] != "")
    mask: Mask = identities.frame.index.isin(actions.loc[of, "person"])
    return mask
