"""Graph: users and the groups each is a member of. Photos and calendars have modules of their own."""

from collections.abc import Callable, Iterable
from typing import Any, cast

import orjson

from sandbox.exchange import Answer, Row
from sandbox.graph.call import Call, Route
from sandbox.graph.errors import bad_request, not_found
from sandbox.graph.kinds import GROUP, USER, typed
from sandbox.graph.membership import all_groups_of, groups_of
from sandbox.graph.paging import ODATA_JSON, collection, count, entity, need_advanced
from sandbox.state import Entra

_MOST_GROUPS = 20


def find(entra: Entra, name: str) -> Row:
    """The user of an id or a user principal name; raises `GraphError` 404."""
    users = entra["users"]
    if name in users:
        return users[name]

    row = users.get(by_principal_name(entra).get(name.casefold(), name.lower()))
    if row is None:
        raise not_found(name)
    return row


def by_principal_name(entra: Entra) -> dict[str, str]:
    """The ids of users by their principal names, case folded."""

    def every() -> dict[str, str]:
        rows = entra["users"].values()
        return {str(row["userPrincipalName"]).casefold(): row["id"] for row in rows if row.get("userPrincipalName")}

    return entra.memo("users by userPrincipalName", every, of=("users",))


def keep_names(entra: Entra, names: dict[str, str]) -> None:
    """Go on with this index, which somebody who wrote a user kept up to date."""
    entra.memo("users by userPrincipalName", lambda: names, of=("users",))


def _list(call: Call) -> Answer:
    return collection(call, "users", [USER], call.entra["users"].values)


def _count(call: Call) -> Answer:
    return count(call, call.entra["users"].values())


def _one(call: Call) -> Answer:
    return entity(call, USER, find(call.entra, call.variables["user"]), "users")


def _member_of(call: Call) -> Answer:
    return collection(call, "directoryObjects", [GROUP, USER], _groups(call), typed(call))


def _groups_only(call: Call) -> Answer:
    return collection(call, "groups", [GROUP], _groups(call))


def _transitive_groups_only(call: Call) -> Answer:
    need_advanced(call)
    return _groups_only(call)


def _groups(call: Call) -> Callable[[], Iterable[Row]]:
    """The groups that the path asks for: of `memberOf` the direct ones, of `transitiveMemberOf` all."""
    user = find(call.entra, call.variables["user"])
    read = all_groups_of if call.segments[2].lower() == "transitivememberof" else groups_of
    return lambda: read(call.entra, user["id"], hidden=call.sees_hidden)


def _check_groups(call: Call) -> Answer:
    """Of the groups in the body those that the user is a member of, directly or not."""
    user = find(call.entra, call.variables["user"])
    try:
        asked = cast("Any", call.request.json())["groupIds"]
    except (ValueError, TypeError, KeyError):
        asked = None
    if not isinstance(asked, list) or not all(isinstance(name, str) for name in asked):
        raise bad_request("Unable to read JSON request payload.")
    if len(asked) > _MOST_GROUPS:
        raise bad_request(f"The number of groupIds exceeds the maximum of {_MOST_GROUPS}.")
    held = {row["id"] for row in all_groups_of(call.entra, user["id"], hidden=call.sees_hidden)}
    body = {"@odata.context": f"{call.root}/$metadata#Collection(Edm.String)", "value": [n for n in asked if n in held]}
    return Answer(200, orjson.dumps(body), content_type=ODATA_JSON)


ROUTES = (
    Route("GET", "users", _list),
    Route("GET", "users/$count", _count),
    Route("GET", "users/{user}", _one),
    Route("GET", "users/{user}/memberOf", _member_of),
    Route("GET", "users/{user}/memberOf/microsoft.graph.group", _groups_only),
    Route("GET", "users/{user}/transitiveMemberOf", _member_of),
    Route("GET", "users/{user}/transitiveMemberOf/microsoft.graph.group", _transitive_groups_only),
    Route("POST", "users/{user}/checkMemberGroups", _check_groups),
)
