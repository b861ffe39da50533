"""Graph: the organization, and what was deleted in the last thirty days."""

import orjson

from sandbox.exchange import Answer, Row
from sandbox.graph.call import Call, Route
from sandbox.graph.errors import not_found
from sandbox.graph.kinds import GROUP, ORGANIZATION, USER
from sandbox.graph.odata import check_select
from sandbox.graph.paging import ODATA_JSON, collection, entity
from sandbox.graph.permissions import READ_ORGANIZATION

_ALWAYS_SHOWN = frozenset({"id", "displayName", "verifiedDomains"})


def _organizations(call: Call) -> Answer:
    select = call.options.select
    check_select(select, ORGANIZATION.known, ORGANIZATION.name)
    suffix = f"({','.join(select)})" if select else ""
    body = {
        "@odata.context": f"{call.root}/$metadata#organization{suffix}",
        "value": ORGANIZATION.project([_shown(call)], select),
    }
    return Answer(200, orjson.dumps(body), content_type=ODATA_JSON)


def _organization(call: Call) -> Answer:
    if call.variables["organization"].lower() != call.entra.organization["id"].lower():
        raise not_found(call.variables["organization"])
    return entity(call, ORGANIZATION, _shown(call), "organization")


def _shown(call: Call) -> Row:
    """The organization; to an app that may only read users no more than its id, name and domains."""
    row = call.entra.organization
    if call.permissions.isdisjoint(READ_ORGANIZATION):
        return {name: value for name, value in row.items() if name in _ALWAYS_SHOWN}
    return row


def _deleted_users(call: Call) -> Answer:
    return collection(call, "users", [USER], call.entra["deletedUsers"].values)


def _deleted_groups(call: Call) -> Answer:
    return collection(call, "groups", [GROUP], list)


def _deleted(call: Call) -> Answer:
    name, deleted = call.variables["object"], call.entra["deletedUsers"]
    row = deleted.get(name) or deleted.get(name.lower())
    if row is None:
        raise not_found(name)
    return entity(call, USER, USER.typed(row), "directoryObjects")


ROUTES = (
    Route("GET", "organization", _organizations),
    Route("GET", "organization/{organization}", _organization),
    Route("GET", "directory/deletedItems/microsoft.graph.user", _deleted_users),
    Route("GET", "directory/deletedItems/microsoft.graph.group", _deleted_groups),
    Route("GET", "directory/deletedItems/{object}", _deleted),
)
