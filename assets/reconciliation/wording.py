"""A plan in words: what an action changes, why, and what holds it. For whatever shows a plan; decides nothing."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from assets.reconciliation.lookup import parsed
from assets.reconciliation.world import World

Row = Mapping[str, Any]

_WHY = {
    ("M2", None): "the username in Emply equals the sign-in name in Entra",
    ("M3", None): "the e-mails are equal",
    ("L1", None): "is in a configured group, and nobody in Emply has this address",
    ("L4", None): "is back in scope, and may be reactivated",
    ("L5", "deleted_in_entra"): "the Entra user is gone",
    ("L6", "account_disabled"): "the Entra account is disabled",
    ("L7", "removed_from_group"): "is in no configured group any more",
    ("L7a", "is_room"): "is a meeting room",
    ("R2", "roles_missing"): "has no role at all; gets the main group's",
    ("R4", "mapping_changed"): "a group is mapped to another role now",
    ("R4", "group_joined"): "joined a configured group",
    ("R5", "roles_missing"): "a role given by a group was taken away in Emply; exactly the groups' roles again",
    ("A1", None): "the fields follow Entra",
    ("A2", None): "Emply has none yet",
}
GUARDS = {
    "G1": "more deactivations than max_deactivations allows",
    "G2": "more role changes than max_role_changes allows",
    "G3": "a protected role, or a link in place of another",
    "G4": "a configured group is suddenly empty",
    "G7": "more new or reactivated logins than max_grants allows",
}


def names_of(world: World) -> dict[str, str]:
    """What ids are called: roles, departments and groups."""
    pairs = [
        (world.emply_roles["role_id"], world.emply_roles["title"]),
        (world.emply_departments["department_id"], world.emply_departments["title"]),
        (world.entra_groups["group_id"], world.entra_groups["display_name"]),
    ]
    return {str(key): str(name) for ids, titles in pairs for key, name in zip(ids, titles, strict=True)}


def changes(action: Row, names: Mapping[str, str]) -> list[str]:
    """What an action changes, one text a field: "roles: Employee, HR → Employee"."""
    before, after = action["before"] or {}, action["after"] or {}
    fields = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if action["before"] is None:
        return [f"{name}: {_value(after[name], names)}" for name in fields]
    return [f"{name}: {_value(before.get(name), names)} → {_value(after.get(name), names)}" for name in fields]


def why(action: Row) -> str:
    """The rule and its reason in a sentence."""
    return f"{action['rule']}: {_WHY.get((action['rule'], action['reason']), action['reason'] or '')}"


def rows(frame: pd.DataFrame, columns: list[str] | None = None) -> list[dict[str, Any]]:
    """The rows of a plan's frame as JSON has them: null for missing, `before` and `after` as objects."""
    columns = list(frame.columns) if columns is None else columns
    texts = frame[columns].astype(object).where(frame[columns].notna(), None)
    if "before" in columns:
        texts = texts.assign(before=pd.Series(parsed(frame["before"]), index=frame.index, dtype=object))
        texts = texts.assign(after=pd.Series(parsed(frame["after"]), index=frame.index, dtype=object))
    return [{str(key): value for key, value in row.items()} for row in texts.to_dict("records")]


def _value(value: object, names: Mapping[str, str]) -> str:
    if value is None or value == []:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(names.get(str(each), str(each)) for each in value)
    return names.get(str(value), str(value))
