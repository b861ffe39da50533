"""W: what goes back to Entra. What W3 spares L6, L7 and L7a, lifecycle.py asks here."""

import re
from collections import Counter

from tests.reference.planned import Found, Planned
from tests.reference.terms import (
    ConfigurationError,
    Inputs,
    Person,
    Row,
    action,
    as_address,
    finding,
    get,
    key,
    status,
    trimmed,
    written,
)
from tests.reference.unread import source_unreadable


def check_tenant(inputs: Inputs) -> None:
    """W0: a hybrid tenant has no write-back."""
    organization = get(get(inputs.scenario, "entra", {}), "organization", {})
    if get(organization, "onPremisesSyncEnabled", False) and any(
        map(inputs.write_back, ("create", "update", "delete"))
    ):
        inputs.trace["W0"] += 1
        raise ConfigurationError("write-back is switched on in a hybrid tenant")


def plan_write_back(inputs: Inputs, person: Person, planned: Planned) -> Found:
    """W2 and W3 for one person that is not left alone."""
    del planned
    actions = _update(inputs, person) + (_delete(inputs, person) if wants_deletion(inputs, person) else [])
    if actions and _is_hybrid(person):
        return [], [finding(person, "hybrid_read_only", "W0")]
    return actions, []


def is_deleted(inputs: Inputs, person: Person) -> bool:
    """W3 acts on this person."""
    return wants_deletion(inputs, person) and not _is_hybrid(person)


def wants_deletion(inputs: Inputs, person: Person) -> bool:
    """W3, but for W0: linked before this plan, both ends exist, the employee is archived; once for the two."""
    if not inputs.write_back("delete") or not person.linked or person.user is None or person.login is None:
        return False
    if person.employee is None or status(person.employee) != "archived":
        return False
    for row in inputs.recorded("deletedUsers"):
        if row["entraId"] == person.entra_id and row["employeeId"] == person.employee["id"]:
            inputs.trace["W3 once"] += 1
            return False
    return True


def _is_hybrid(person: Person) -> bool:
    return bool(get(person.user or {}, "onPremisesSyncEnabled", False))


def _delete(inputs: Inputs, person: Person) -> list[Row]:
    assert person.user is not None
    before = {"userPrincipalName": written(person.user.get("userPrincipalName"))}
    actions = [action(person, "entra.delete_user", "W3", before=before, after=None)]
    if person.active:
        row = action(person, "emply.deactivate_user", "W3", before={"active": True}, after={"active": False})
        actions.append({**row, "reason": "deleted_in_entra"})
    else:
        inputs.trace["W3 without deactivation"] += 1
    return actions


def _update(inputs: Inputs, person: Person) -> list[Row]:
    """W2: six fields follow the employee, each only where it has a value."""
    employee = person.employee
    if not inputs.write_back("update") or not person.matched or employee is None or status(employee) == "archived":
        return []
    if person.found_by_entra_email:  # L12
        inputs.trace["W2 not where L12 speaks"] += 1
        return []
    assert person.user is not None
    both_names = trimmed(employee.get("firstName")) is not None and trimmed(employee.get("lastName")) is not None
    wanted = {
        "givenName": employee.get("firstName"),
        "surname": employee.get("lastName"),
        "displayName": _full_name(employee) if both_names else None,
        "jobTitle": employee.get("jobTitle"),
        "department": _department(inputs, employee),
        "mobilePhone": employee.get("mobilePhone"),
    }
    before: Row = {}
    after: Row = {}
    for field, value in wanted.items():
        if trimmed(value) is not None and trimmed(value) != trimmed(person.user.get(field)):
            before[field], after[field] = written(person.user.get(field)), value
            inputs.trace[f"W2 {field}"] += 1
    return [action(person, "entra.update_user", "W2", before=before, after=after)] if after else []


def _department(inputs: Inputs, employee: Row) -> str | None:
    titles = [row.get("title") for row in inputs.emply("departments") if row["id"] == employee.get("departmentId")]
    return titles[0] if titles else None


def _full_name(row: Row) -> str | None:
    return " ".join(filter(None, (trimmed(row.get("firstName")), trimmed(row.get("lastName"))))) or None


def create_users(inputs: Inputs, external: list[Person], planned: Planned) -> None:
    """W1, for the external Emply users."""
    if not inputs.write_back("create"):
        return
    code = inputs.not_read("entra_deleted_users")
    if code is not None:
        planned.findings.append((None, source_unreadable(inputs, "entra_deleted_users", code)))
        return
    known = _known_addresses(inputs)
    wanted: list[tuple[Person, str]] = []
    for person in external:
        login = person.login or {}
        if not person.active or status(person.employee) == "archived":
            continue
        if is_known(login, known):
            inputs.trace["W1 known in Entra"] += 1
            continue
        upn = _principal_name(inputs, login)
        if upn is not None:
            wanted.append((person, upn))
        else:
            verified = any(in_verified_domain(inputs, login.get(name)) for name in ("username", "email"))
            planned.add(person, ([], [finding(person, "upn_not_allowed" if verified else "domain_not_verified", "W1")]))
    _create(inputs, wanted, planned)


def _create(inputs: Inputs, wanted: list[tuple[Person, str]], planned: Planned) -> None:
    times = Counter(key(upn) for _, upn in wanted)
    deleted = {address for row in inputs.entra("deletedUsers") for address in _of_deleted(row)}
    for person, upn in wanted:
        login = person.login or {}
        findings = [finding(person, "duplicate_upn", "W1")] if times[key(upn)] > 1 else []
        if key(upn) in deleted or is_known(login, deleted):
            inputs.trace["W1 restorable by another address"] += key(upn) not in deleted
            findings.append(finding(person, "restorable_user", "W1"))
        if findings:
            planned.add(person, ([], findings))
        else:
            row = action(person, "entra.create_user", "W1", before=None, after=_new_user(login, upn))
            planned.add(person, ([row], [finding(person, "needs_group", "W1")]))


def is_known(login: Row, addresses: set[str]) -> bool:
    """The username or the e-mail is among the addresses."""
    return bool({key(login.get("username")), key(login.get("email"))} & addresses)


def _known_addresses(inputs: Inputs) -> set[str]:
    """Every address of every Entra user, in scope or not, and of every group."""
    return {address for kind in ("users", "groups") for row in inputs.entra(kind) for address in every_address(row)}


def every_address(row: Row) -> set[str]:
    """W1: UPN in any form, mail, otherMails and proxyAddresses of a user or a group; without `smtp:`."""
    found = {key(row.get("userPrincipalName")), key(row.get("mail")), *map(key, get(row, "otherMails", []))}
    found |= {key((key(proxy) or "").removeprefix("smtp:")) for proxy in get(row, "proxyAddresses", [])}
    return {address for address in found if address is not None}


def _principal_name(inputs: Inputs, login: Row) -> str | None:
    """The UPN: the username if that is an address in a verified domain that Entra takes, else the e-mail if that is."""
    for name in ("username", "email"):
        if in_verified_domain(inputs, login.get(name)) and entra_takes(login.get(name)):
            inputs.trace[f"W1 by {name}"] += 1
            return as_address(login.get(name))
    return None


def in_verified_domain(inputs: Inputs, text: str | None) -> bool:
    organization = get(get(inputs.scenario, "entra", {}), "organization", {})
    verified = {key(domain.get("name")) for domain in get(organization, "verifiedDomains", [])} - {None}
    local, _, domain = (key(text) or "").rpartition("@")
    return bool(local) and "@" not in local and domain in verified


def entra_takes(text: str | None) -> bool:
    """What is before the @, and the length in all."""
    upn = as_address(text) or ""
    local = upn.rpartition("@")[0]
    allowed = re.fullmatch(r"[A-Za-z0-9'._!#^~-]{1,64}", local) is not None
    dots = local.startswith(".") or local.endswith(".")
    return allowed and not dots and "#ext#" not in local.casefold() and len(upn) <= 113


def _of_deleted(user: Row) -> set[str]:
    """A deleted user's addresses; Graph puts the object id before a deleted UPN."""
    upn, object_id = key(user.get("userPrincipalName")), (key(user["id"]) or "").replace("-", "")
    return every_address({**user, "userPrincipalName": upn.removeprefix(object_id) if upn is not None else None})


def _new_user(login: Row, upn: str) -> Row:
    return {
        "accountEnabled": True,
        "displayName": _full_name(login) or upn,
        "givenName": written(login.get("firstName")),
        "surname": written(login.get("lastName")),
        "jobTitle": written(login.get("jobTitle")),
        "mobilePhone": written(login.get("mobilePhone")),
        "mailNickname": upn.partition("@")[0],
        "userPrincipalName": upn,
    }
