"""R8: what the names in the settings mean in this tenant and this Emply. Everything after this works with ids."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from assets.errors import SettingsError
from assets.reconciliation.settings import Settings
from assets.text import trimmed

_GROUP_COLUMNS = ["group_id", "role_id", "department_id", "language", "time_zone", "currency"]
_RECORDED, _RENAMED = ["group_name", "group_id"], ["group_id", "display_name"]


@dataclass(frozen=True)
class GroupIds:
    """The groups of the settings, resolved.

    ids: in settings order, room groups included, None where a group is unknown (only with the integration off).
    recorded: group_name, group_id: every name that was resolved, to be remembered.
    renamed: group_id, display_name: groups that no longer carry the name of the settings.
    """

    ids: tuple[str | None, ...]
    recorded: pd.DataFrame
    renamed: pd.DataFrame


@dataclass(frozen=True)
class Mapping:
    """The settings in ids.

    groups: one row a configured group, in order of priority, indexed 0…: group_id, role_id, department_id, language,
    time_zone, currency (all but the first two may be missing). rooms: ids of the room groups.
    protected_roles: role ids.
    """

    groups: pd.DataFrame
    rooms: tuple[str, ...]
    protected_roles: tuple[str, ...]
    resolved: GroupIds


def resolve_groups(settings: Settings, entra_groups: pd.DataFrame, group_ids: pd.DataFrame) -> GroupIds:
    """The ids of the settings' groups: an object id, else the id recorded for the name, else the one group so named.

    Raises SettingsError for a group that does not exist, exists twice by that name, was deleted (and maybe made anew)
    since its id was recorded, or is meant by two entries. With the integration off (X) nothing is raised.
    """
    known = pd.Series(trimmed(entra_groups["display_name"]).array, index=entra_groups["group_id"])
    recorded = dict(zip(group_ids["group_name"], group_ids["group_id"], strict=True))
    ids: list[str | None] = []
    for group in settings.groups:
        try:
            ids.append(_group_id(group.group, known, recorded))
        except SettingsError:
            if settings.enabled:
                raise
            ids.append(None)
    repeated = {name for name, found in _named(settings, ids) if found is not None and ids.count(found) > 1}
    if repeated and settings.enabled:
        raise SettingsError(f"settings: {_quoted(repeated)} are the same group of Entra: keep one of the entries")
    by_name = [(name, found) for name, found in _named(settings, ids) if found is not None and found != name]
    names = pd.DataFrame(by_name, columns=_RECORDED, dtype="str")
    current = known.reindex(names["group_id"]).to_numpy()
    renamed = names.loc[names["group_name"].to_numpy() != current, ["group_id"]]
    return GroupIds(tuple(ids), names, renamed.assign(display_name=known.reindex(renamed["group_id"]).to_numpy()))


def resolve(
    settings: Settings,
    entra_groups: pd.DataFrame,
    emply_roles: pd.DataFrame,
    emply_departments: pd.DataFrame,
    group_ids: pd.DataFrame,
) -> Mapping:
    """The whole mapping in ids. Raises SettingsError (R8) naming the group, role or department that is wrong."""
    resolved = resolve_groups(settings, entra_groups, group_ids)
    roles = pd.Series(emply_roles["role_id"].array, index=trimmed(emply_roles["title"]))
    departments = pd.Series(emply_departments["department_id"].array, index=trimmed(emply_departments["title"]))
    rows = [
        {
            "group_id": group_id,
            "role_id": _one("role", group.default_role, roles),
            "department_id": _one("department", group.default_department, departments),
            "language": group.language,
            "time_zone": group.time_zone,
            "currency": group.currency,
        }
        for group, group_id in zip(settings.groups, resolved.ids, strict=True)
    ]
    groups = pd.DataFrame(rows, columns=_GROUP_COLUMNS, dtype="str")
    is_room = np.array([group.meeting_rooms for group in settings.groups], dtype=bool)
    return Mapping(
        groups=groups[~is_room].reset_index(drop=True),
        rooms=tuple(groups.loc[is_room, "group_id"]),
        protected_roles=tuple(str(_one("role", title, roles)) for title in settings.protected_roles),
        resolved=resolved,
    )


def _group_id(name: str, known: "pd.Series[str]", recorded: dict[str, str]) -> str:
    if name in known.index:
        return name
    if name in recorded:
        if recorded[name] in known.index:
            return recorded[name]
        raise SettingsError(
            f"settings: the group {name!r} that was synchronised until now is gone from Entra; "
            "a new group of that name is another group: give its object id, or take the entry out"
        )
    found = known.index[known.to_numpy() == name]
    if len(found) == 1:
        return str(found[0])
    if len(found):
        raise SettingsError(f"settings: {len(found)} groups of Entra are called {name!r}: give the object id of one")
    raise SettingsError(f"settings: there is no group {name!r} in Entra")


def _one(what: str, title: str | None, ids: "pd.Series[str]") -> str | None:
    """The id of the role or department of this title."""
    if title is None:
        return None
    found = ids[ids.index == title]
    if len(found) == 1:
        return str(found.iloc[0])
    if len(found):
        raise SettingsError(f"settings: {len(found)} {what}s of Emply are called {title!r}: rename one of them")
    raise SettingsError(f"settings: there is no {what} {title!r} in Emply")


def _named(settings: Settings, ids: list[str | None]) -> list[tuple[str, str | None]]:
    return [(group.group, group_id) for group, group_id in zip(settings.groups, ids, strict=True)]


def _quoted(names: set[str]) -> str:
    return " and ".join(repr(name) for name in sorted(names))


def require_cloud(settings: Settings, entra_tenant: pd.DataFrame) -> None:
    """W0: raise SettingsError where a hybrid tenant is to be written back to."""
    switches = [name for name, on in settings.entra_write_back.model_dump().items() if on]
    if switches and entra_tenant["on_premises_sync_enabled"].any():
        raise SettingsError(
            f"settings: entra_write_back.{switches[0]} is on, but the tenant is mastered on-premises (hybrid), where "
            "Entra cannot be changed (W0): turn entra_write_back off"
        )


def require_application(settings: Settings, application: pd.DataFrame) -> None:
    """R8: raise SettingsError where the enterprise application of `sso` does not exist."""
    wanted = settings.sso.service_principal_id
    if wanted is not None and wanted not in set(application["service_principal_id"]):
        raise SettingsError(f"settings: sso.service_principal_id: there is no enterprise application {wanted} in Entra")


def nothing_configured() -> Mapping:
    """The mapping with the integration off (X): names mean nothing then."""
    groups = pd.DataFrame(columns=_GROUP_COLUMNS, dtype="str")
    recorded, renamed = (pd.DataFrame(columns=names, dtype="str") for names in (_RECORDED, _RENAMED))
    return Mapping(groups, (), (), GroupIds((), recorded, renamed))


def groups_to_read(settings: Settings, entra_groups: pd.DataFrame, group_ids: pd.DataFrame) -> list[str]:
    """The ids of the groups (room groups included) whose members a plan needs. Raises SettingsError (R8)."""
    return [group_id for group_id in resolve_groups(settings, entra_groups, group_ids).ids if group_id is not None]


def may_be_empty(settings: Settings) -> frozenset[str]:
    """The sources whose first read may be empty (G5): departments and members, where the settings name no department,
    no group."""
    asked = {"emply_departments": any(group.default_department for group in settings.groups)}
    asked["entra_group_members"] = bool(settings.groups)
    return frozenset(source for source, named in asked.items() if not named)
