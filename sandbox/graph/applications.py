"""Graph: service principals (enterprise applications) with who is assigned to them, and the app's own registration.

The registration is the one that the sandbox's settings describe: it tells until when secret and certificate are good.
"""

import hashlib
from collections.abc import Iterable
from uuid import NAMESPACE_OID, uuid5

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from sandbox import moments
from sandbox.exchange import Answer, Row
from sandbox.graph.call import Call, Route
from sandbox.graph.errors import not_found
from sandbox.graph.odata import check_select, matcher
from sandbox.graph.paging import ODATA_JSON, Kind, collection, entity

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
_REGISTRATION = (
    "id", "deletedDateTime", "appId", "createdDateTime", "displayName", "description", "identifierUris", "notes",
    "publisherDomain", "signInAudience", "tags", "keyCredentials", "passwordCredentials", "appRoles",
)  # fmt: skip
APPLICATION = Kind(
    "application", frozenset(_REGISTRATION), _REGISTRATION,
    frozenset({"identifierUris", "tags", "keyCredentials", "passwordCredentials", "appRoles"}),
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


def _registrations(call: Call) -> Answer:
    options, row = call.options, _registration(call)
    check_select(options.select, APPLICATION.known, APPLICATION.name)
    test = options.filter and matcher(options.filter, APPLICATION.known, APPLICATION.name, eventual=options.eventual)
    rows = [row] if not test or test(row) else []
    body = {"@odata.context": f"{call.root}/$metadata#applications", "value": APPLICATION.project(rows, options.select)}
    return Answer(200, orjson.dumps(body), content_type=ODATA_JSON)


def _registered(call: Call) -> Answer:
    """The registration, by its object id or by the client's id."""
    ((key, name),) = call.variables.items()
    row = _registration(call)
    if name.lower() != row["appId" if key == "appId" else "id"]:
        raise not_found(name)
    return entity(call, APPLICATION, row, "applications")


def _registration(call: Call) -> Row:
    settings = call.settings
    secret = {
        "keyId": str(uuid5(NAMESPACE_OID, "secret")), "displayName": "entra-emply", "hint": settings.client_secret[:3],
        "startDateTime": None, "endDateTime": settings.secret_ends, "secretText": None,
    }  # fmt: skip
    return {
        "id": str(uuid5(NAMESPACE_OID, settings.client_id)), "appId": settings.client_id, "displayName": "entra-emply",
        "signInAudience": "AzureADMyOrg", "passwordCredentials": [secret],
        "keyCredentials": _keys(settings.certificate),
    }  # fmt: skip


def _keys(certificate: str | None) -> list[Row]:
    if certificate is None:
        return []
    read = x509.load_pem_x509_certificate(certificate.encode())
    return [{
        "keyId": str(uuid5(NAMESPACE_OID, certificate)), "type": "AsymmetricX509Cert", "usage": "Verify",
        "displayName": read.subject.rfc4514_string(), "key": None,
        "customKeyIdentifier": read.fingerprint(hashes.SHA1()).hex().upper(),  # noqa: S303 - Entra's own name for it
        "startDateTime": moments.written(read.not_valid_before_utc),
        "endDateTime": moments.written(read.not_valid_after_utc),
    }]  # fmt: skip


ROUTES = (
    Route("GET", "applications", _registrations),
    Route("GET", "applications/{application}", _registered),
    Route("GET", "applications/(appId)/{appId}", _registered),
    Route("GET", "servicePrincipals", _list),
    Route("GET", "servicePrincipals/{principal}", _one),
    Route("GET", "servicePrincipals/{principal}/appRoleAssignedTo", _assigned),
)
