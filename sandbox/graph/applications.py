"""Graph: service principals (enterprise applications), and who is assigned to them."""

import hashlib
from collections.abc import Iterable

from sandbox.exchange import Answer, Row
from sandbox.graph.call import Call, Route
from sandbox.graph.errors import not_found
from sandbox.graph.paging import Kind, collection, entity

_READERS = frozenset({"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All",
                      "Directory.ReadWrite.All"})  # fmt: skip
_SHOWN = (
    "id", "deletedDateTime", "accountEnabled", "alternativeNames", "appDisplayName", "appDescription", "appId",
    "applicationTemplateId", "appOwnerOrganizationId", "appRoleAssignmentRequired", "createdDateTime", "description",
    "disabledByMicrosoftStatus", "displayName", "homepage", "loginUrl", "logoutUrl", "notes",
    "notificationEmailAddresses", "preferredSingleSignOnMode", "replyUrls", "servicePrincipalNames",
    "servicePrincipalType", "signInAudience", "tags", "appRoles", "oauth2PermissionScopes",
)  # fmt: skip
SERVICE_PRINCIPAL = Kind(
    "servicePrincipal", frozenset(_SHOWN), _SHOWN,
    frozenset({"alternativeNames", "notificationEmailAddresses", "replyUrls", "servicePrincipalNames", "tags",
               "appRoles", "oauth2PermissionScopes"}),
)  # fmt: skip
_ASSIGNMENT = (
    "id", "deletedDateTime", "appRoleId", "createdDateTime", "principalDisplayName", "principalId", "principalType",
    "resourceDisplayName", "resourceId",
)  # fmt: skip
ASSIGNMENT = Kind("appRoleAssignment", frozenset(_ASSIGNMENT), _ASSIGNMENT, frozenset())
_DEFAULT_ROLE = "00000000-0000-0000-0000-000000000000"


def _list(call: Call) -> Answer:
    return collection(call, "servicePrincipals", [SERVICE_PRINCIPAL], call.entra["servicePrincipals"].values)


def _one(call: Call) -> Answer:
    return entity(call, SERVICE_PRINCIPAL, _principal(call), "servicePrincipals")


def _assigned(call: Call) -> Answer:
    principal = _principal(call)
    context = f"servicePrincipals('{principal['id']}')/appRoleAssignedTo"
    return collection(call, context, [ASSIGNMENT], lambda: _assignments(call, principal))


def _principal(call: Call) -> Row:
    name, principals = call.variables["principal"], call.entra["servicePrincipals"]
    row = principals.get(name) or principals.get(name.lower())
    if row is None:
        raise not_found(name)
    return row


def _assignments(call: Call, principal: Row) -> Iterable[Row]:
    """The assignments of the scenario, each with an id of its own; who left the directory lost them."""
    tables = {"User": call.entra["users"], "Group": call.entra["groups"]}
    for given in principal.get("appRoleAssignedTo") or ():
        holder = tables.get(given.get("principalType", ""), {given["principalId"]: {}}).get(given["principalId"])
        if holder is not None:
            own = hashlib.sha256(f"{principal['id']} {given['principalId']}".encode()).hexdigest()[:32]
            yield {
                "id": own, "appRoleId": _DEFAULT_ROLE, "principalDisplayName": holder.get("displayName"),
                "resourceDisplayName": principal.get("displayName"), "resourceId": principal["id"], **given,
            }  # fmt: skip


ROUTES = (
    Route("GET", "servicePrincipals", _list, _READERS),
    Route("GET", "servicePrincipals/{principal}", _one, _READERS),
    Route("GET", "servicePrincipals/{principal}/appRoleAssignedTo", _assigned, _READERS),
)
