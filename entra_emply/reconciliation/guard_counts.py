"""What the guards count, over the whole plan and the last 24 hours, and how many the settings allow."""

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, has_word, how_many, is_among, positions, take, take_flag
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.planned_actions import PlannedActions, deactivates, grants, removes, sets_roles
from entra_emply.reconciliation.rule import Condition, Part, Values
from entra_emply.reconciliation.subjects import once

COUNTS = {"guard": "str", "group_id": "str", "counted": "Int64", "allowed": "Int64", "of": "Int64"}
_RECENTLY = timedelta(hours=24)


def _counted_deactivations(actions: PlannedActions) -> tuple[int, int, int]:
    identities, recent = actions.identities, _recent_deactivations(actions.identities)
    rows = np.flatnonzero(deactivates.holds(actions, np.arange(len(actions))))
    concerned = take(identities.frame["emply_user_id"], actions.person[rows])
    unapproved = take(recent["emply_user_id"], np.flatnonzero(~recent["approved"].to_numpy(dtype=bool)))
    return how_many(concerned, unapproved), *_deactivations_allowed(identities)


def _counted_role_changes(actions: PlannedActions) -> tuple[int, int, int]:
    population = int(actions.identities.reconcilable.sum())
    counted = int(sets_roles.holds(actions, np.arange(len(actions))).sum())
    return counted, actions.identities.inputs.settings.guards.max_role_changes.of(population), population


def _counted_removals(actions: PlannedActions) -> tuple[int, int, int]:
    rows = np.flatnonzero(removes.holds(actions, np.arange(len(actions))))
    owners = take(actions.frame["entra_id"], rows).fillna(take(actions.frame["emply_user_id"], rows))
    counted = how_many(owners) + int(owners.isna().sum())  # each calendar that is nobody's counts as one
    return counted, *_deactivations_allowed(actions.identities)


def _counted_grants(actions: PlannedActions) -> tuple[int, int, int]:
    identities = actions.identities
    rows = np.flatnonzero(grants.holds(actions, np.arange(len(actions))))
    who = (take(identities.frame[name], actions.person[rows]) for name in ("entra_id", "emply_user_id"))
    concerned = next(who).fillna(next(who))  # whom W1 creates is not in Entra yet
    recorded = identities.inputs.state.grants
    recent = np.zeros(0, dtype=bool)
    if len(recorded):
        recent = ((recorded["at"] > identities.inputs.now - _RECENTLY) & ~recorded["approved"]).to_numpy(dtype=bool)
    together = how_many(concerned, take(recorded["entra_id"], np.flatnonzero(recent)))
    population = len(identities.inputs.emply_users)
    return together, identities.inputs.settings.guards.max_grants.of(population), population


_COUNTING = {
    "G1": _counted_deactivations,
    "G2": _counted_role_changes,
    "G6": _counted_removals,
    "G7": _counted_grants,
}


@once
def _count(actions: PlannedActions, guard: str) -> tuple[int, int, int] | None:
    """What a guard counted, what is allowed, of how many; None where nobody has told."""
    if actions.told is None:
        return _COUNTING[guard](actions)
    kept = actions.told.counts
    if kept is None or not (kept["guard"] == guard).any():
        return None
    counted = kept[kept["guard"] == guard].iloc[0]
    return int(counted["counted"]), int(counted["allowed"]), int(counted["of"])


@once
def standing_deactivations(identities: Identities) -> pd.DataFrame:
    """Recorded deactivations (emply_user_id, at, approved) that nobody has undone in Emply."""
    users = identities.inputs.emply_users
    deactivations = identities.inputs.state.deactivations
    if deactivations.empty:
        return deactivations
    return deactivations[~take_flag(users["active"], positions(deactivations["emply_user_id"], users["emply_user_id"]))]


def _recent_deactivations(identities: Identities) -> pd.DataFrame:
    standing = standing_deactivations(identities)
    return standing if standing.empty else standing[standing["at"] > identities.inputs.now - _RECENTLY]


@once
def _deactivations_allowed(identities: Identities) -> tuple[int, int]:
    """`max_deactivations` among the linked Emply users that are active, or were deactivated in the last 24 hours; and
    how many these are.
    """
    linked = identities.linked | identities.frame["replaces_link"].to_numpy(dtype=bool)
    recently = is_among(identities.frame["emply_user_id"], _recent_deactivations(identities)["emply_user_id"])
    population = int((linked & (identities.active | recently)).sum())
    return identities.inputs.settings.guards.max_deactivations.of(population), population


@once
def emptied(actions: PlannedActions) -> "pd.Series[str]":
    """The configured groups that are suddenly empty."""
    if actions.told is not None:
        kept = actions.told.counts
        return pd.Series(dtype="str") if kept is None else kept.loc[kept["guard"] == "G4", "group_id"]
    identities = actions.identities
    groups = identities.mapping.groups["group_id"]
    empty, counts = groups[~groups.index.isin(identities.memberships["priority"])], identities.inputs.state.group_counts
    return empty[is_among(empty, counts.loc[counts["members"] > 0, "group_id"])]


def said_held(guard: str, actions: PlannedActions, rows: Rows) -> Mask:
    """What the plan itself says, where what was counted for it was not kept."""
    if actions.told is None:
        return np.zeros(len(rows), dtype=bool)
    return has_word(actions.told.held_by.iloc[rows], guard)


def more_than_allowed(name: str, guard: str) -> Condition[PlannedActions]:
    """More than is allowed: the same answer for every action."""

    def holds(actions: PlannedActions, rows: Rows) -> Mask:
        count = _count(actions, guard)
        return said_held(guard, actions, rows) if count is None else np.full(len(rows), count[0] > count[1])

    def compared(actions: PlannedActions, _row: int) -> Values:
        count = _count(actions, guard)
        if count is None:
            return {"counted": None, "allowed": None, "of": None, "counts": None}
        values = dict(zip(("counted", "allowed", "of"), count, strict=True))
        return {**values, "counts": Part("counts", values)}

    return Condition(name, holds, compared)


def counts(*parts: PlannedActions) -> pd.DataFrame:
    """COUNTS: what the guards counted for a plan; G6 in the last of `parts`, those of C and E, the others in the first.

    Of G4 each group that is suddenly empty, with the members it had.
    """
    rows: list[dict[str, Any]] = []
    for guard, count in _COUNTING.items():
        counted, allowed, of = count(parts[-1 if guard == "G6" else 0])
        rows.append({"guard": guard, "group_id": None, "counted": counted, "allowed": allowed, "of": of})
    empty = emptied(parts[0])
    recorded = parts[0].identities.inputs.state.group_counts
    members = dict(zip(recorded["group_id"], recorded["members"], strict=True)) if len(empty) else {}
    rows += [{"guard": "G4", "group_id": group, "counted": 0, "allowed": None, "of": members[group]} for group in empty]
    return pd.DataFrame({name: pd.array([row[name] for row in rows], dtype=kind) for name, kind in COUNTS.items()})  # type: ignore[call-overload]
