"""R8: what the names in the settings mean in this tenant and this Emply. Everything after this works with ids."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from entra_emply.documents import Location, short
from entra_emply.errors import SettingsError
from entra_emply.reconciliation.arrays import is_among
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.settings import Settings
from entra_emply.text import trimmed

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
class GroupMapping:
    """The settings in ids.

    groups: one row a configured group, in order of priority, indexed 0…: group_id, role_id, department_id, language,
    time_zone, currency (all but the first two may be missing). rooms: ids of the room groups, room_time_zones theirs.
    protected_roles: role ids.
    """

    groups: pd.DataFrame
    rooms: tuple[str, ...]
    protected_roles: tuple[str, ...]
    resolved: GroupIds
    room_time_zones: tuple[str | None, ...] = ()


def resolve_groups(settings: Settings, entra_groups: pd.DataFrame, group_ids: pd.DataFrame) -> GroupIds:
    """The ids of the settings' groups: an object id, else the id recorded for the name, else the one group so named.

    Raises SettingsError for every group that does not exist, exists twice by that name, was deleted (and maybe made
    again) since its id was recorded, or is meant by two entries. With the integration off (X) nothing is raised.
    """
    wrong = _Wrong(settings)
    resolved = _groups(settings, entra_groups, group_ids, wrong)
    wrong.require_none()
    return resolved


def resolve(
    settings: Settings,
    entra_groups: pd.DataFrame,
    emply_roles: pd.DataFrame,
    emply_departments: pd.DataFrame,
    group_ids: pd.DataFrame,
) -> GroupMapping:
    """The whole mapping in ids. Raises SettingsError (R8) naming every group, role and department that is wrong."""
    wrong = _Wrong(settings)
    resolved = _groups(settings, entra_groups, group_ids, wrong)
    roles = _by_title(emply_roles["title"], emply_roles["role_id"])
    departments = _by_title(emply_departments["title"], emply_departments["department_id"])
    rows = [
        {
            "group_id": group_id,
            "role_id": wrong.or_id(_one, "role", group.default_role, roles, at=("groups", number, "default_role")),
            "department_id": wrong.or_id(
                _one, "department", group.default_department, departments, at=("groups", number, "default_department")
            ),
            "language": group.language,
            "time_zone": group.time_zone,
            "currency": group.currency,
        }
        for number, (group, group_id) in enumerate(zip(settings.groups, resolved.ids, strict=True))
    ]
    protected = [
        wrong.or_id(_one, "role", title, roles, at=("protected_roles", number))
        for number, title in enumerate(settings.protected_roles)
    ]
    wrong.require_none()
    groups = pd.DataFrame(rows, columns=_GROUP_COLUMNS, dtype="str")
    is_room = np.array([group.meeting_rooms for group in settings.groups], dtype=bool)
    return GroupMapping(
        groups=groups[~is_room].reset_index(drop=True),
        rooms=tuple(groups.loc[is_room, "group_id"]),
        protected_roles=tuple(map(str, protected)),
        resolved=resolved,
        room_time_zones=tuple(group.time_zone for group in settings.groups if group.meeting_rooms),
    )


class _Wrong:
    """Names that mean nothing, or two things: all are said at once, each with its line."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._said: list[str] = []

    def or_id(self, look_up: Callable[..., str | None], *what: object, at: Location) -> str | None:
        """What `look_up` finds; None where it raises SettingsError."""
        try:
            return look_up(*what)
        except SettingsError as error:
            self.say(str(error), at)
            return None

    def say(self, why: str, at: Location) -> None:
        """Keep what is wrong with the name there."""
        self._said.append(f"{self._settings.where(*at)}: {why}")

    def require_none(self) -> None:
        """Raise SettingsError where a name was wrong."""
        if self._said:
            raise SettingsError("; ".join(self._said))


def _groups(settings: Settings, entra_groups: pd.DataFrame, group_ids: pd.DataFrame, wrong: _Wrong) -> GroupIds:
    wrong = wrong if settings.enabled else _Wrong(settings)  # which nobody asks
    known = pd.Series(trimmed(entra_groups["display_name"]).array, index=entra_groups["group_id"])
    recorded = dict(zip(group_ids["group_name"], group_ids["group_id"], strict=True))
    names = [group.group for group in settings.groups]
    ids = [
        wrong.or_id(_group_id, name, known, recorded, at=("groups", number, "group"))
        for number, name in enumerate(names)
    ]
    for number, (name, found) in enumerate(zip(names, ids, strict=True)):
        if found is not None and found in ids[:number]:
            twins = f"{names[ids.index(found)]!r} and {name!r}"
            wrong.say(f"{twins} are the same group of Entra: keep one of the entries", ("groups", number, "group"))
    by_name = [(name, found) for name, found in zip(names, ids, strict=True) if found not in (None, name)]
    resolved = pd.DataFrame(by_name, columns=_RECORDED, dtype="str")
    renamed = [(found, known.get(found)) for name, found in by_name if known.get(found) != name]
    return GroupIds(tuple(ids), resolved, pd.DataFrame(renamed, columns=_RENAMED, dtype="str"))


def _group_id(name: str, known: "pd.Series[str]", recorded: dict[str, str]) -> str:
    if name in known.index:
        return name
    if name in recorded:
        if recorded[name] in known.index:
            return recorded[name]
        raise SettingsError(
            f"the group {name!r} that was synchronised until now is gone from Entra; "
            "a new group of that name is another group: give its object id, or take the entry out"
        )
    found = known.index[known.to_numpy() == name]
    if len(found) == 1:
        return str(found[0])
    if len(found):
        raise SettingsError(f"{len(found)} groups of Entra are called {name!r}: give the object id of one")
    raise SettingsError(f"there is no group {name!r} in Entra")


def _by_title(titles: "pd.Series[str]", ids: "pd.Series[str]") -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for title, identity in zip(trimmed(titles), ids, strict=True):
        found.setdefault(title, []).append(identity)
    return found


def _one(what: str, title: str | None, ids: dict[str, list[str]]) -> str | None:
    """The id of the role or department of this title."""
    if title is None:
        return None
    found = ids.get(title, [])
    if len(found) == 1:
        return found[0]
    if len(found):
        raise SettingsError(f"{len(found)} {what}s of Emply are called {title!r}: rename one of them")
    raise SettingsError(f"there is no {what} {title!r} in Emply")


def is_hybrid(entra_tenant: pd.DataFrame) -> bool:
    """W0: the tenant as a whole is mastered on-premises."""
    return bool(entra_tenant["on_premises_sync_enabled"].any())


def require_cloud(settings: Settings, entra_tenant: pd.DataFrame) -> None:
    """W0: raise SettingsError where a hybrid tenant is to be written back to."""
    switches = [name for name, on in settings.entra_write_back.model_dump().items() if on]
    if switches and is_hybrid(entra_tenant):
        raise SettingsError(
            f"settings: entra_write_back.{switches[0]} is on, but the tenant is mastered on-premises (hybrid), where "
            "Entra cannot be changed (W0): turn entra_write_back off"
        )


def require_application(settings: Settings, application: pd.DataFrame) -> None:
    """R8: raise SettingsError where the enterprise application of `sso` does not exist."""
    wanted = settings.sso.service_principal_id
    if wanted is not None and wanted not in set(application["service_principal_id"]):
        raise SettingsError(
            f"settings: sso.service_principal_id: there is no enterprise application {short(wanted)} in Entra"
        )


def nothing_configured() -> GroupMapping:
    """The mapping with the integration off (X): names mean nothing then."""
    groups = pd.DataFrame(columns=_GROUP_COLUMNS, dtype="str")
    recorded, renamed = (pd.DataFrame(columns=names, dtype="str") for names in (_RECORDED, _RENAMED))
    return GroupMapping(groups, (), (), GroupIds((), recorded, renamed))


def groups_to_read(settings: Settings, entra_groups: pd.DataFrame, group_ids: pd.DataFrame) -> list[str]:
    """The ids of the groups (room groups included) whose members a plan needs. Raises SettingsError (R8)."""
    return [group_id for group_id in resolve_groups(settings, entra_groups, group_ids).ids if group_id is not None]


def may_be_empty(settings: Settings) -> frozenset[str]:
    """The sources whose first read may be empty (G5): departments and members, where the settings name no department,
    no group."""
    asked = {"emply_departments": any(group.default_department for group in settings.groups)}
    asked["entra_group_members"] = bool(settings.groups)
    return frozenset(source for source, named in asked.items() if not named)


def mapping_of(inputs: Inputs) -> GroupMapping:
    """The settings of `inputs` in ids. Raises SettingsError (R8, W0)."""
    require_cloud(inputs.settings, inputs.entra_tenant)
    return resolve(
        inputs.settings, inputs.entra_groups, inputs.emply_roles, inputs.emply_departments, inputs.state.group_ids
    )


def require_groups_read(inputs: Inputs, groups_read: "pd.Series[str]") -> None:
    """Raise SettingsError where the settings name a group whose members were not read: unknown is not empty."""
    if not inputs.settings.enabled:
        return
    mapping = mapping_of(inputs)
    needed = pd.concat([mapping.groups["group_id"], pd.Series(mapping.rooms, dtype="str")], ignore_index=True)
    unread = int((~is_among(needed, groups_read)).sum())
    if unread:
        raise SettingsError(
            f"settings: the members of {unread} of the groups were not read when this day's sources were; "
            "only days since the groups are in the settings can be planned with them"
        )
