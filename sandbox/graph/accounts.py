"""Graph: accounts made, changed, deleted and restored. What an account is otherwise read for is `users`.

A deleted user goes to `deletedUsers` with the id before the principal name, which is free again, and with the groups
that were left (`memberOf`): restoring brings the user back into them. Passwords are checked, and kept nowhere.
"""

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sandbox import moments
from sandbox.exchange import Answer, Row
from sandbox.graph.call import Call, Route
from sandbox.graph.errors import GraphError, bad_request, not_found
from sandbox.graph.kinds import USER
from sandbox.graph.paging import entity
from sandbox.graph.users import by_principal_name, find, keep_names
from sandbox.state import Entra

_REQUIRED = ("accountEnabled", "displayName", "mailNickname", "passwordProfile", "userPrincipalName")
_LONGEST = {
    "displayName": 256, "givenName": 64, "surname": 64, "jobTitle": 128, "department": 64, "mobilePhone": 64,
    "officeLocation": 128, "companyName": 64, "employeeId": 16, "employeeType": 64, "city": 128, "country": 128,
    "state": 128, "streetAddress": 1024, "postalCode": 40, "usageLocation": 2, "mail": 256, "preferredLanguage": 64,
    "userType": 64, "passwordPolicies": 256,
}  # fmt: skip
_PRINCIPAL_NAME = re.compile(r"(?=.{1,113}$)[A-Za-z0-9'._!#^~-]{1,64}(?<!\.)@([A-Za-z0-9.-]+)")
_NICKNAME = re.compile(r"[!#$%&'*+./0-9=?A-Za-z^_`{|}~-]{1,64}")
_PASSWORD, _KINDS_OF_LETTERS = range(8, 257), 3
Valid = Callable[[object], bool]
_MASTERED = (
    "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently "
    "undergoing migration."
)


def _create(call: Call) -> Answer:
    given = _given(call)
    for name in _REQUIRED:
        if given.get(name) is None:
            raise bad_request(f"A value is required for property '{name}' of resource 'User'.")
    _check_principal_name(call.entra, given["userPrincipalName"], None)
    row = {"id": str(uuid.uuid4()), "userType": "Member", "createdDateTime": _now(), **_kept(given)}
    call.state.before_change()
    _put(call.entra, row)
    return entity(call, USER, row, "users", status=201)


def _change(call: Call) -> Answer:
    before = find(call.entra, call.variables["user"])
    given = _given(call)
    _check_cloud(before)
    for name in _REQUIRED:
        if name in given and given[name] is None:
            raise _invalid(name)
    if "userPrincipalName" in given:
        _check_principal_name(call.entra, given["userPrincipalName"], before["id"])
    call.state.before_change()
    _put(call.entra, {**before, **_kept(given)}, before)
    return Answer(204)


def _delete(call: Call) -> Answer:
    entra, row = call.entra, find(call.entra, call.variables["user"])
    _check_cloud(row)
    call.state.before_change()
    name = row["id"]
    left = [group for group in entra["groups"].values() if name in map(_id, group.get("members") or ())]
    for group in left:
        entra.put("groups", {**group, "members": [one for one in group["members"] if _id(one) != name]})
    names = by_principal_name(entra)
    names.pop(_name(row), None)
    entra.remove("users", name)
    keep_names(entra, names)
    entra.put("deletedUsers", {
        **row, "userPrincipalName": f"{name.replace('-', '')}{row.get('userPrincipalName') or ''}",
        "deletedDateTime": _now(), "memberOf": [group["id"] for group in left],
    })  # fmt: skip
    return Answer(204)


def _restore(call: Call) -> Answer:
    entra, name = call.entra, call.variables["object"]
    deleted = entra["deletedUsers"].get(name) or entra["deletedUsers"].get(name.lower())
    if deleted is None:
        raise not_found(name)
    row = {key: value for key, value in deleted.items() if key not in ("deletedDateTime", "memberOf")}
    row["userPrincipalName"] = str(row.get("userPrincipalName") or "").removeprefix(row["id"].replace("-", ""))
    _check_free(entra, row["userPrincipalName"], row["id"])
    call.state.before_change()
    entra.remove("deletedUsers", row["id"])
    _put(entra, row)
    for group in [entra["groups"][group] for group in deleted.get("memberOf") or () if group in entra["groups"]]:
        entra.put("groups", {**group, "members": [*(group.get("members") or ()), row["id"]]})
    return entity(call, USER, USER.typed(row), "directoryObjects")


def _given(call: Call) -> dict[str, Any]:
    """The properties of the body; raises `GraphError` 400 for what a user cannot be given."""
    try:
        given = call.request.json()
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise bad_request("Unable to read JSON request payload.")
    given = {name: value for name, value in given.items() if not name.startswith("@")}
    for name, value in given.items():
        if name not in USER.known:
            raise bad_request(f"Property '{name}' does not exist as a declared property or extension property.")
        _check(name, value)
    return given


def _check(name: str, value: object) -> None:
    if name == "passwordProfile":
        _check_password(value)
        return
    valid = _VALID.get(name)
    if valid is None:
        raise bad_request(f"Property '{name}' is read-only and cannot be set.")
    if value is not None and not valid(value):
        raise _invalid(name)


def _matches(pattern: re.Pattern[str]) -> Valid:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _text(longest: int) -> Valid:
    """An empty text is refused as too long a one is: what is not there is null."""
    return lambda value: isinstance(value, str) and 1 <= len(value) <= longest


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


_VALID: dict[str, Valid] = {
    **{name: _text(longest) for name, longest in _LONGEST.items()},
    "mailNickname": _matches(_NICKNAME), "userPrincipalName": _matches(_PRINCIPAL_NAME), "accountEnabled": _flag,
    "showInAddressList": _flag, "businessPhones": _texts, "otherMails": _texts,
}  # fmt: skip


def _check_password(profile: object) -> None:
    password = profile.get("password") if isinstance(profile, dict) else None
    if password is None:
        raise bad_request("A value is required for property 'passwordProfile' of resource 'User'.")
    kinds = ("[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]")
    strong = isinstance(password, str) and len(password) in _PASSWORD
    if not strong or sum(bool(re.search(kind, password)) for kind in kinds) < _KINDS_OF_LETTERS:
        raise bad_request("The specified password does not comply with password complexity requirements. Please "
                          "provide a different password.")  # fmt: skip


def _check_principal_name(entra: Entra, name: str, user: str | None) -> None:
    """Raise `GraphError` 400 for a name in a domain that is not verified, or of somebody else."""
    domains = {str(domain.get("name")).lower() for domain in entra.organization.get("verifiedDomains") or ()}
    if name.rpartition("@")[2].lower() not in domains:
        raise _refused(
            "The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain "
            "names in your organization.",
            "InvalidValue",
        )
    _check_free(entra, name, user)


def _check_free(entra: Entra, name: str, user: str | None) -> None:
    """Raise `GraphError` 400 for a name that another user has, or a group as an address."""
    taken = (
        "userPrincipalName" if by_principal_name(entra).get(name.casefold(), user) != user
        else "proxyAddresses" if name.casefold() in _addresses_of_groups(entra)
        else None
    )  # fmt: skip
    if taken:
        raise _refused(
            f"Another object with the same value for property {taken} already exists.", "ObjectConflict", taken
        )


def _addresses_of_groups(entra: Entra) -> frozenset[str]:
    def every() -> frozenset[str]:
        held = [
            one for row in entra["groups"].values() for one in (row.get("mail"), *(row.get("proxyAddresses") or ()))
        ]
        return frozenset(re.sub("^smtp:", "", address.casefold()) for address in held if address)

    return entra.memo("addresses of groups", every, of=("groups",))


def _check_cloud(row: Row) -> None:
    if row.get("onPremisesSyncEnabled"):
        raise bad_request(_MASTERED)


def _refused(message: str, code: str, target: str = "userPrincipalName") -> GraphError:
    detail = {"code": code, "message": message, "target": target}
    return GraphError(400, "Request_BadRequest", message, details=[detail])


def _invalid(name: str) -> GraphError:
    return bad_request(f"Invalid value specified for property '{name}' of resource 'User'.")


def _put(entra: Entra, row: Row, before: Row | None = None) -> None:
    """Store a user; the index of names is kept up to date, or every write would cost a pass over all users."""
    names = by_principal_name(entra)
    names.pop(_name(before or {}), None)
    if name := _name(row):
        names[name] = row["id"]
    entra.put("users", row)
    keep_names(entra, names)


def _name(row: Row) -> str:
    return str(row.get("userPrincipalName") or "").casefold()


def _kept(given: Row) -> Row:
    return {name: value for name, value in given.items() if name != "passwordProfile"}


def _id(member: object) -> object:
    return member["id"] if isinstance(member, dict) else member


def _now() -> str:
    return moments.written(datetime.now(UTC))


ROUTES = (
    Route("POST", "users", _create),
    Route("PATCH", "users/{user}", _change),
    Route("DELETE", "users/{user}", _delete),
    Route("POST", "directory/deletedItems/{object}/restore", _restore),
)
