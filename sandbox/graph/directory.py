"""Graph: the organization, and what was deleted in the last thirty days."""

import orjson

from sandbox.exchange import Answer
from sandbox.graph.call import Call, Route
from sandbox.graph.errors import not_found
from sandbox.graph.kinds import GROUP, GROUP_READERS, ORGANIZATION, USER, USER_READERS
from sandbox.graph.odata import check_select
from sandbox.graph.paging import ODATA_JSON, collection, entity

_ORGANIZATION_READERS = frozenset({"Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All",
                                   "Directory.ReadWrite.All"})  # fmt: skip


def _organizations(call: Call) -> Answer:
    select = call.options.select
    check_select(select, ORGANIZATION.known, ORGANIZATION.name)
    suffix = f"({','.join(select)})" if select else ""
    body = {
        "@odata.context": f"{call.root}/$metadata#organization{suffix}",
        "value": ORGANIZATION.project([call.entra.organization], select),
    }
    return Answer(200, orjson.dumps(body), content_type=ODATA_JSON)


def _organization(call: Call) -> Answer:
    if call.variables["organization"].lower() != call.entra.organization["id"].lower():
        raise not_found(call.variables["organization"])
    return entity(call, ORGANIZATION, call.entra.organization, "organization")


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
    Route("GET", "organization", _organizations, _ORGANIZATION_READERS),
    Route("GET", "organization/{organization}", _organization, _ORGANIZATION_READERS),
    Route("GET", "directory/deletedItems/microsoft.graph.user", _deleted_users, USER_READERS),
    Route("GET", "directory/deletedItems/microsoft.graph.group", _deleted_groups, GROUP_READERS),
    Route("GET", "directory/deletedItems/{object}", _deleted, USER_READERS),
)
