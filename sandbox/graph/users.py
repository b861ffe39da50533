"""Graph: users and the groups each is a member of. Photos and calendars have modules of their own."""

from collections.abc import Iterable

from sandbox.exchange import Answer, Row
from sandbox.graph.call import Call, Route
from sandbox.graph.errors import not_found
from sandbox.graph.kinds import GROUP, GROUP_READERS, USER, USER_READERS, typed
from sandbox.graph.membership import groups_of
from sandbox.graph.paging import collection, count, entity
from sandbox.state import Entra

_MEMBERSHIP_READERS = USER_READERS | GROUP_READERS


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
    user = find(call.entra, call.variables["user"])

    def groups() -> Iterable[Row]:
        return groups_of(call.entra, user["id"])

    if len(call.segments) > len(("users", "{user}", "memberOf")):
        return collection(call, "groups", [GROUP], groups)
    return collection(call, "directoryObjects", [GROUP, USER], groups, typed(call))


ROUTES = (
    Route("GET", "users", _list, USER_READERS, units=2),
    Route("GET", "users/$count", _count, USER_READERS),
    Route("GET", "users/{user}", _one, USER_READERS),
    Route("GET", "users/{user}/memberOf", _member_of, _MEMBERSHIP_READERS),
    Route("GET", "users/{user}/memberOf/microsoft.graph.group", _member_of, _MEMBERSHIP_READERS),
)
