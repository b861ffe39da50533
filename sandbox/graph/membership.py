"""Who is in which group, directly or through nested groups: pure functions over the tenant. No HTTP.

A group whose `visibility` is HiddenMembership shows its members only where `hidden` is true: to apps with
`Member.Read.Hidden`. For all others it is a group without members.
"""

from collections.abc import Iterator, Sequence

from sandbox.exchange import Row
from sandbox.state import Entra

HIDDEN = "hiddenmembership"


def members_of(entra: Entra, group: str, *, hidden: bool) -> list[Row]:
    """The direct members of a group.

    A member is given in a scenario by the id of a user or group, or as an object with `id` and `@odata.type` (a
    device, a contact). Ids of nobody are passed over: who leaves the directory leaves its groups.
    """
    users, groups = entra["users"], entra["groups"]
    found: dict[str, Row] = {}
    if not hidden and str(groups[group].get("visibility")).lower() == HIDDEN:
        return []
    for member in groups[group].get("members") or ():
        if isinstance(member, dict):
            found[member["id"]] = member
        elif row := users.get(member) or groups.get(member):
            found[member] = row
    return list(found.values())


def all_members_of(entra: Entra, group: str, *, hidden: bool) -> list[Row]:
    """The members of a group and of all groups in it, once each; the group itself only where it is nested in itself."""
    found: dict[str, Row] = {}
    waiting = [group]
    while waiting:
        for row in members_of(entra, waiting.pop(), hidden=hidden):
            if row["id"] not in found:
                found[row["id"]] = row
                if row["id"] in entra["groups"]:
                    waiting.append(row["id"])
    return list(found.values())


def groups_of(entra: Entra, member: str, *, hidden: bool) -> Sequence[Row]:
    """The groups somebody is a direct member of."""

    def every() -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for name, group in _pairs(entra, hidden=hidden):
            found.setdefault(name, []).append(entra["groups"][group])
        return found

    return entra.memo(("groups by member", hidden), every).get(member, [])


def all_groups_of(entra: Entra, member: str, *, hidden: bool) -> Sequence[Row]:
    """The groups somebody is a member of, directly or because one of these groups is in another, once each."""
    found: dict[str, Row] = {}
    waiting = [member]
    while waiting:
        for row in groups_of(entra, waiting.pop(), hidden=hidden):
            if row["id"] not in found:
                found[row["id"]] = row
                waiting.append(row["id"])
    return list(found.values())


def _pairs(entra: Entra, *, hidden: bool) -> Iterator[tuple[str, str]]:
    for group in entra["groups"]:
        for row in members_of(entra, group, hidden=hidden):
            yield row["id"], group
