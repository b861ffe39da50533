"""Who is in which group, directly or through nested groups: pure functions over the tenant. No HTTP."""

from collections.abc import Iterator, Sequence

from sandbox.exchange import Row
from sandbox.state import Entra


def members_of(entra: Entra, group: str) -> list[Row]:
    """The direct members of a group.

    A member is given in a scenario by the id of a user or group, or as an object with `id` and `@odata.type` (a
    device, a contact). Ids of nobody are passed over: who leaves the directory leaves its groups.
    """
    users, groups = entra["users"], entra["groups"]
    found: dict[str, Row] = {}
    for member in groups[group].get("members") or ():
        if isinstance(member, dict):
            found[member["id"]] = member
        elif row := users.get(member) or groups.get(member):
            found[member] = row
    return list(found.values())


def all_members_of(entra: Entra, group: str) -> list[Row]:
    """The members of a group and of all groups in it, once each; the group itself only where it is nested in itself."""
    found: dict[str, Row] = {}
    waiting = [group]
    while waiting:
        for row in members_of(entra, waiting.pop()):
            if row["id"] not in found:
                found[row["id"]] = row
                if row["id"] in entra["groups"]:
                    waiting.append(row["id"])
    return list(found.values())


def groups_of(entra: Entra, member: str) -> Sequence[Row]:
    """The groups somebody is a direct member of."""

    def every() -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for name, group in _pairs(entra):
            found.setdefault(name, []).append(entra["groups"][group])
        return found

    return entra.memo("groups by member", every).get(member, [])


def _pairs(entra: Entra) -> Iterator[tuple[str, str]]:
    for group in entra["groups"]:
        for row in members_of(entra, group):
            yield row["id"], group
