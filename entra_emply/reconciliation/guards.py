"""G: what is held until a person approves it. Which reads are believed (G5) is `full_read`.

Held or not is decided over the whole plan. Guards never change an action: they say who must look first.
"""

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, as_set, is_among, positions, take, take_flag
from entra_emply.reconciliation.identities import People, once
from entra_emply.reconciliation.rules.lifecycle import given_at_creation
from entra_emply.reconciliation.rules.roles import RoleChanges

GUARDS = ["G1", "G2", "G3", "G4", "G6", "G7"]
_RECENTLY = timedelta(hours=24)


def own_guards(people: People, actions: pd.DataFrame, changes: RoleChanges) -> pd.DataFrame:
    """Which guards hold each action by itself: a column of flags for each of GUARDS, index as `actions`.

    `actions` has action_id, person, kind, rule, reason: all of a plan but those of C and E. What the newest plan held
    stays held by the same guards; what a person approved is held by none.
    """
    held = _with_earlier(
        people,
        actions,
        {
            "G1": _too_many_deactivations(people, actions),
            "G2": _too_many_role_changes(people, actions),
            "G3": _protected(people, actions, changes),
            "G4": _group_emptied(people, actions),
            "G7": _too_many_grants(people, actions),
        },
    )
    # W3: deleting a user and deactivating its login are held as one, and freed only when both are approved.
    pairs = actions.loc[actions["rule"] == "W3", "person"]
    held.loc[pairs.index] = held.loc[pairs.index].groupby(pairs).transform("any")
    approved = pd.Series(_approved(people, actions), index=actions.index)
    approved[pairs.index] = approved[pairs.index].groupby(pairs).transform("all")
    held[approved] = False
    return held


def calendar_guards(people: People, actions: pd.DataFrame) -> pd.DataFrame:
    """The same for the actions of C and E: G6. C6 is never held."""
    held = _with_earlier(people, actions, {"G6": _too_many_removals(people, actions)})
    held[_approved(people, actions) | (actions["rule"] == "C6")] = False
    return held


def _with_earlier(people: People, actions: pd.DataFrame, guards: Mapping[str, Mask]) -> pd.DataFrame:
    """What these guards hold, and what was held before: it stays so, by those guards and any that join."""
    nobody = np.zeros(len(actions), dtype=bool)
    held = pd.DataFrame({guard: guards.get(guard, nobody) for guard in GUARDS}, index=actions.index)
    holds = people.world.state.holds
    if holds.empty:
        return held
    before = " " + take(holds["guards"], positions(actions["action_id"], holds["action_id"])) + " "
    for guard in GUARDS:
        held[guard] |= before.str.contains(f" {guard} ", regex=False, na=False).to_numpy(dtype=bool)
    return held


def _approved(people: People, actions: pd.DataFrame) -> Mask:
    approvals = people.world.state.approvals
    return is_among(actions["action_id"], approvals.loc[approvals["expires_at"] > people.world.now, "action_id"])


def waiting(people: People, actions: pd.DataFrame) -> Mask:
    """C8: the people whose link or deactivation is held."""
    of = actions["kind"].isin(["link_user", "deactivate_user"]) & (actions["held_by"] != "")
    return people.identities.index.isin(actions.loc[of, "person"])


def behind_held_link(actions: pd.DataFrame, held: pd.DataFrame) -> Mask:
    """G3: with a held link every other action of that person waits, free again as soon as the link is."""
    links = (actions["kind"] == "link_user") & held.any(axis=1)
    return (actions["person"].isin(actions.loc[links, "person"]) & ~links).to_numpy(dtype=bool)


@once
def standing_deactivations(people: People) -> pd.DataFrame:
    """Recorded deactivations (emply_user_id, at, approved) that nobody has undone in Emply."""
    users = people.world.emply_users
    deactivations = people.world.state.deactivations
    return deactivations[~take_flag(users["active"], positions(deactivations["emply_user_id"], users["emply_user_id"]))]


def _too_many_deactivations(people: People, actions: pd.DataFrame) -> Mask:
    """G1."""
    deactivations = actions["kind"].isin(["deactivate_user", "delete_user"]).to_numpy(dtype=bool)
    concerned = people.identities.loc[actions.loc[deactivations, "person"], "emply_user_id"]
    recent = _recent_deactivations(people)
    together = pd.concat([concerned, recent.loc[~recent["approved"], "emply_user_id"]]).nunique()
    return deactivations & (together > _deactivations_allowed(people))


def _too_many_removals(people: People, actions: pd.DataFrame) -> Mask:
    """G6."""
    removals = actions["kind"].isin(["remove_calendar", "detach_calendar"])
    removals |= (actions["target"] == "entra") & (actions["kind"] == "delete_event")
    guarded = (removals & (actions["rule"] != "C6")).to_numpy(dtype=bool)
    owners = actions.loc[guarded, "entra_id"].fillna(actions.loc[guarded, "emply_user_id"])
    return guarded & (owners.nunique(dropna=False) > _deactivations_allowed(people))


def _recent_deactivations(people: People) -> pd.DataFrame:
    standing = standing_deactivations(people)
    return standing[standing["at"] > people.world.now - _RECENTLY]


@once
def _deactivations_allowed(people: People) -> int:
    """`max_deactivations` among the linked Emply users that are active, or were deactivated in the last 24 hours."""
    linked = people.linked | people.identities["replaces_link"].to_numpy(dtype=bool)
    recently = is_among(people.identities["emply_user_id"], _recent_deactivations(people)["emply_user_id"])
    population = int((linked & (people.active | recently)).sum())
    return people.world.settings.guards.max_deactivations.of(population)


def _too_many_role_changes(people: People, actions: pd.DataFrame) -> Mask:
    """G2."""
    changes = (actions["kind"] == "set_roles").to_numpy(dtype=bool)
    population = int(people.reconcilable.sum())
    return changes & (changes.sum() > people.world.settings.guards.max_role_changes.of(population))


def _protected(people: People, actions: pd.DataFrame, changes: RoleChanges) -> Mask:
    """G3: what touches the login of a holder of a protected role, gives one, or replaces a link."""
    holders = _holders(people)
    links = actions["kind"] == "link_user"
    replaced = people.identities.loc[actions["person"], "replaces_link"].to_numpy(dtype=bool)
    guarded = (links | actions["kind"].isin(["deactivate_user", "delete_user"])) & actions["person"].isin(holders)
    given = given_at_creation(people)
    created = given.loc[given["role_id"].isin(people.mapping.protected_roles), "person"]
    logins = (actions["target"] == "emply") & (actions["kind"] == "create_user")
    receives = (logins & actions["person"].isin(created)) | (
        (actions["kind"] == "set_roles") & actions["person"].isin(changes.given(people.mapping.protected_roles))
    )
    return (guarded | receives | (links & replaced)).to_numpy(dtype=bool)


def _holders(people: People) -> "pd.Index[int]":
    """The people whose Emply user holds a protected role."""
    emply_row, role, role_ids = people.roles_held
    protected = as_set(emply_row[role_ids.isin(people.mapping.protected_roles).to_numpy()[role]])
    return people.identities.index[people.identities["emply_row"].isin(protected)]


def _group_emptied(people: People, actions: pd.DataFrame) -> Mask:
    """G4: a configured group is suddenly empty, and these people lose their login for having left it (or unknown)."""
    groups = people.mapping.groups["group_id"]
    empty = groups[~groups.index.isin(people.memberships["priority"])]
    emptied = empty[is_among(empty, people.world.state.group_counts["group_id"])]
    if emptied.empty:
        return np.zeros(len(actions), dtype=bool)
    states = people.role_states
    affected = actions["person"].isin(states.in_groups(emptied))
    stateless = ~actions["person"].isin(states.person)
    return ((actions["reason"] == "removed_from_group") & (affected | stateless)).to_numpy(dtype=bool)


def _too_many_grants(people: People, actions: pd.DataFrame) -> Mask:
    """G7."""
    grants = actions["kind"].isin(["create_user", "activate_user"]).to_numpy(dtype=bool)
    who = people.identities.loc[actions.loc[grants, "person"], ["entra_id", "emply_user_id"]]
    concerned = who["entra_id"].fillna(who["emply_user_id"])  # whom W1 creates is not in Entra yet
    recorded = people.world.state.grants
    recent = (recorded["at"] > people.world.now - _RECENTLY) & ~recorded["approved"]
    together = pd.concat([concerned, recorded.loc[recent, "entra_id"]]).nunique()
    return grants & (together > people.world.settings.guards.max_grants.of(len(people.world.emply_users)))
