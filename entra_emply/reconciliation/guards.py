"""G: what is held until a person approves it. Which reads are believed (G5) is `full_read`.

Held or not is decided over the whole plan. Guards never change an action: they say who must look first.
"""

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, as_set, is_among, positions, take, take_flag
from entra_emply.reconciliation.identities import Identities, once
from entra_emply.reconciliation.rules.lifecycle import given_at_creation
from entra_emply.reconciliation.rules.roles import RoleChanges

GUARDS = ["G1", "G2", "G3", "G4", "G6", "G7"]
_RECENTLY = timedelta(hours=24)


def own_guards(identities: Identities, actions: pd.DataFrame, changes: RoleChanges) -> pd.DataFrame:
    """Which guards hold each action by itself: a column of flags for each of GUARDS, index as `actions`.

    `actions` has action_id, person, kind, rule, reason: all of a plan but those of C and E. What the newest plan held
    stays held by the same guards; what a person approved is held by none.
    """
    held = _with_earlier(
        identities,
        actions,
        {
            "G1": _too_many_deactivations(identities, actions),
            "G2": _too_many_role_changes(identities, actions),
            "G3": _protected(identities, actions, changes),
            "G4": _group_emptied(identities, actions),
            "G7": _too_many_grants(identities, actions),
        },
    )
    # W3: deleting a user and deactivating its login are held as one, and freed only when both are approved.
    pairs = actions.loc[actions["rule"] == "W3", "person"]
    held.loc[pairs.index] = held.loc[pairs.index].groupby(pairs).transform("any")
    approved = pd.Series(_approved(identities, actions), index=actions.index)
    approved[pairs.index] = approved[pairs.index].groupby(pairs).transform("all")
    held[approved] = False
    return held


def calendar_guards(identities: Identities, actions: pd.DataFrame) -> pd.DataFrame:
    """The same for the actions of C and E: G6. C6 is never held."""
    held = _with_earlier(identities, actions, {"G6": _too_many_removals(identities, actions)})
    held[_approved(identities, actions) | (actions["rule"] == "C6")] = False
    return held


def _with_earlier(identities: Identities, actions: pd.DataFrame, guards: Mapping[str, Mask]) -> pd.DataFrame:
    """What these guards hold, and what was held before: it stays so, by those guards and any that join."""
    nobody = np.zeros(len(actions), dtype=bool)
    held = pd.DataFrame({guard: guards.get(guard, nobody) for guard in GUARDS}, index=actions.index)
    holds = identities.inputs.state.holds
    if holds.empty:
        return held
    before = " " + take(holds["guards"], positions(actions["action_id"], holds["action_id"])) + " "
    for guard in GUARDS:
        held[guard] |= before.str.contains(f" {guard} ", regex=False, na=False).to_numpy(dtype=bool)
    return held


def _approved(identities: Identities, actions: pd.DataFrame) -> Mask:
    approvals = identities.inputs.state.approvals
    return is_among(actions["action_id"], approvals.loc[approvals["expires_at"] > identities.inputs.now, "action_id"])


def waiting(identities: Identities, actions: pd.DataFrame) -> Mask:
    """C8: the people whose link or deactivation is held."""
    of = actions["kind"].isin(["link_user", "deactivate_user"]) & (actions["held_by"] != "")
    return identities.frame.index.isin(actions.loc[of, "person"])


def behind_held_link(actions: pd.DataFrame, held: pd.DataFrame) -> Mask:
    """G3: with a held link every other action of that person waits, free again as soon as the link is."""
    links = (actions["kind"] == "link_user") & held.any(axis=1)
    return (actions["person"].isin(actions.loc[links, "person"]) & ~links).to_numpy(dtype=bool)


@once
def standing_deactivations(identities: Identities) -> pd.DataFrame:
    """Recorded deactivations (emply_user_id, at, approved) that nobody has undone in Emply."""
    users = identities.inputs.emply_users
    deactivations = identities.inputs.state.deactivations
    return deactivations[~take_flag(users["active"], positions(deactivations["emply_user_id"], users["emply_user_id"]))]


def _too_many_deactivations(identities: Identities, actions: pd.DataFrame) -> Mask:
    """G1."""
    deactivations = actions["kind"].isin(["deactivate_user", "delete_user"]).to_numpy(dtype=bool)
    concerned = identities.frame.loc[actions.loc[deactivations, "person"], "emply_user_id"]
    recent = _recent_deactivations(identities)
    together = pd.concat([concerned, recent.loc[~recent["approved"], "emply_user_id"]]).nunique()
    return deactivations & (together > _deactivations_allowed(identities))


def _too_many_removals(identities: Identities, actions: pd.DataFrame) -> Mask:
    """G6."""
    removals = actions["kind"].isin(["remove_calendar", "detach_calendar"])
    removals |= (actions["target"] == "entra") & (actions["kind"] == "delete_event")
    guarded = (removals & (actions["rule"] != "C6")).to_numpy(dtype=bool)
    owners = actions.loc[guarded, "entra_id"].fillna(actions.loc[guarded, "emply_user_id"])
    return guarded & (owners.nunique(dropna=False) > _deactivations_allowed(identities))


def _recent_deactivations(identities: Identities) -> pd.DataFrame:
    standing = standing_deactivations(identities)
    return standing[standing["at"] > identities.inputs.now - _RECENTLY]


@once
def _deactivations_allowed(identities: Identities) -> int:
    """`max_deactivations` among the linked Emply users that are active, or were deactivated in the last 24 hours."""
    linked = identities.linked | identities.frame["replaces_link"].to_numpy(dtype=bool)
    recently = is_among(identities.frame["emply_user_id"], _recent_deactivations(identities)["emply_user_id"])
    population = int((linked & (identities.active | recently)).sum())
    return identities.inputs.settings.guards.max_deactivations.of(population)


def _too_many_role_changes(identities: Identities, actions: pd.DataFrame) -> Mask:
    """G2."""
    changes = (actions["kind"] == "set_roles").to_numpy(dtype=bool)
    population = int(identities.reconcilable.sum())
    return changes & (changes.sum() > identities.inputs.settings.guards.max_role_changes.of(population))


def _protected(identities: Identities, actions: pd.DataFrame, changes: RoleChanges) -> Mask:
    """G3: touches a holder of a protected role, gives one, replaces a link, or links by another address (M3b)."""
    holders = _holders(identities)
    links = actions["kind"] == "link_user"
    replaced = identities.frame.loc[actions["person"], "replaces_link"].to_numpy(dtype=bool, copy=True)
    replaced |= (identities.frame.loc[actions["person"], "matched_by"] == "address").to_numpy(dtype=bool)  # M3b
    guarded = (links | actions["kind"].isin(["deactivate_user", "delete_user"])) & actions["person"].isin(holders)
    given = given_at_creation(identities)
    created = given.loc[given["role_id"].isin(identities.mapping.protected_roles), "person"]
    logins = (actions["target"] == "emply") & (actions["kind"] == "create_user")
    receives = (logins & actions["person"].isin(created)) | (
        (actions["kind"] == "set_roles") & actions["person"].isin(changes.given(identities.mapping.protected_roles))
    )
    return (guarded | receives | (links & replaced)).to_numpy(dtype=bool)


def _holders(identities: Identities) -> "pd.Index[int]":
    """The people whose Emply user holds a protected role."""
    emply_row, role, role_ids = identities.roles_held
    protected = as_set(emply_row[role_ids.isin(identities.mapping.protected_roles).to_numpy()[role]])
    return identities.frame.index[identities.frame["emply_row"].isin(protected)]


def _group_emptied(identities: Identities, actions: pd.DataFrame) -> Mask:
    """G4: a configured group is suddenly empty, and these people lose their login for having left it (or unknown)."""
    groups = identities.mapping.groups["group_id"]
    empty = groups[~groups.index.isin(identities.memberships["priority"])]
    emptied = empty[is_among(empty, identities.inputs.state.group_counts["group_id"])]
    if emptied.empty:
        return np.zeros(len(actions), dtype=bool)
    states = identities.role_states
    affected = actions["person"].isin(states.in_groups(emptied))
    stateless = ~actions["person"].isin(states.person)
    return ((actions["reason"] == "removed_from_group") & (affected | stateless)).to_numpy(dtype=bool)


def _too_many_grants(identities: Identities, actions: pd.DataFrame) -> Mask:
    """G7."""
    grants = actions["kind"].isin(["create_user", "activate_user"]).to_numpy(dtype=bool)
    who = identities.frame.loc[actions.loc[grants, "person"], ["entra_id", "emply_user_id"]]
    concerned = who["entra_id"].fillna(who["emply_user_id"])  # whom W1 creates is not in Entra yet
    recorded = identities.inputs.state.grants
    recent = (recorded["at"] > identities.inputs.now - _RECENTLY) & ~recorded["approved"]
    together = pd.concat([concerned, recorded.loc[recent, "entra_id"]]).nunique()
    return grants & (together > identities.inputs.settings.guards.max_grants.of(len(identities.inputs.emply_users)))
