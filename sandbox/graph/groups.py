"""Graph: groups and their members, direct and transitive."""

from collections.abc import Iterable

from sandbox.exchange import Answer, Row
from sandbox.graph.call import Call, Route
from sandbox.graph.errors import not_found
from sandbox.graph.kinds import GROUP, USER, typed
from sandbox.graph.membership import all_members_of, members_of
from sandbox.graph.paging import collection, count, entity, need_advanced


def _group(call: Call) -> Row:
    name, groups = call.variables["group"], call.entra["groups"]
    row = groups.get(name) or groups.get(name.lower())
    if row is None:
        raise not_found(name)
    return row


def _list(call: Call) -> Answer:
    return collection(call, "groups", [GROUP], call.entra["groups"].values)


def _count(call: Call) -> Answer:
    return count(call, call.entra["groups"].values())


def _one(call: Call) -> Answer:
    return entity(call, GROUP, _group(call), "groups")


def _members(call: Call) -> Iterable[Row]:
    read = all_members_of if call.segments[2].lower() == "transitivemembers" else members_of
    return read(call.entra, _group(call)["id"], hidden=call.sees_hidden)


def _all_kinds(call: Call) -> Answer:
    _group(call)
    return collection(call, "directoryObjects", [USER, GROUP], lambda: _members(call), typed(call))


def _users_only(call: Call) -> Answer:
    need_advanced(call)
    _group(call)
    return collection(call, "users", [USER], lambda: [r for r in _members(call) if r["id"] in call.entra["users"]])


def _groups_only(call: Call) -> Answer:
    need_advanced(call)
    _group(call)
    return collection(call, "groups", [GROUP], lambda: [r for r in _members(call) if r["id"] in call.entra["groups"]])


def _member_count(call: Call) -> Answer:
    return count(call, _members(call))


def _routes(name: str) -> Iterable[Route]:
    path = f"groups/{{group}}/{name}"
    yield Route("GET", path, _all_kinds)
    yield Route("GET", f"{path}/$count", _member_count)
    yield Route("GET", f"{path}/microsoft.graph.user", _users_only)
    yield Route("GET", f"{path}/microsoft.graph.group", _groups_only)


ROUTES = (
    Route("GET", "groups", _list),
    Route("GET", "groups/$count", _count),
    Route("GET", "groups/{group}", _one),
    *_routes("members"),
    *_routes("transitiveMembers"),
)
