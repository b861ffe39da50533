"""R8: the names in the settings become ids, or the run fails. Its sso application is in signs.py."""

from tests.reference.terms import ConfigurationError, Group, Mapping, Row, get, trimmed, written


def resolve(scenario: Row, settings: Row, state: Row) -> Mapping:
    entra, emply = get(scenario, "entra", {}), get(scenario, "emply", {})
    roles, departments = get(emply, "roles", []), get(emply, "departments", [])
    mapping = Mapping()
    seen: set[str] = set()
    for entry in get(settings, "groups", []):
        group = _group(entry["group"], get(entra, "groups", []), get(state, "groupIds", []))
        if group["id"] in seen:
            raise ConfigurationError(f"two groups of the settings are one group: {entry['group']}")
        seen.add(group["id"])
        named = trimmed(entry["group"])
        if named not in {group["id"], trimmed(group.get("displayName"))}:
            mapping.renamed.append(group)
        role_id = department_id = None
        if trimmed(entry.get("default_role")) is not None:
            role_id = _by_title("role", entry["default_role"], roles)
        if trimmed(entry.get("default_department")) is not None:
            department_id = _by_title("department", entry["default_department"], departments)
        if get(entry, "meeting_rooms", False):
            mapping.room_group_ids.append(group["id"])
            mapping.room_time_zones[group["id"]] = written(entry.get("time_zone"))
            continue
        if role_id is None:
            raise ConfigurationError(f"group without default_role: {entry['group']}")
        mapping.groups.append(
            Group(
                id=group["id"],
                role_id=role_id,
                department_id=department_id,
                language=written(entry.get("language")),
                time_zone=written(entry.get("time_zone")),
                currency=written(entry.get("currency")),
            )
        )
    for title in get(settings, "protected_roles", []):
        mapping.protected_role_ids.add(_by_title("role", title, roles))
    return mapping


def _by_title(what: str, title: str, rows: list[Row]) -> str:
    found = [row["id"] for row in rows if trimmed(row.get("title")) == trimmed(title)]
    if len(found) != 1:
        raise ConfigurationError(f"{what} {'does not exist' if not found else 'exists twice'}: {title}")
    return found[0]


def _group(name: str, groups: list[Row], recorded: list[Row]) -> Row:
    """An entry names a group by its object id, or by its display name; a name is resolved once and its id recorded."""
    for group in groups:
        if group["id"] == trimmed(name):
            return group
    for row in recorded:
        if trimmed(row["groupName"]) == trimmed(name):
            for group in groups:
                if group["id"] == row["groupId"]:
                    return group
            raise ConfigurationError(f"group was deleted: {name}")
    found = [group for group in groups if trimmed(group.get("displayName")) == trimmed(name)]
    if len(found) != 1:
        raise ConfigurationError(f"group {'does not exist' if not found else 'exists twice'}: {name}")
    return found[0]
