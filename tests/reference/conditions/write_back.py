"""The conditions of W."""

from collections import Counter

from tests.reference.conditions.case import Case
from tests.reference.conditions.common import Answer
from tests.reference.terms import Person, Row, as_address, get, key, status, trimmed
from tests.reference.write_back import entra_takes, every_address, in_verified_domain


def tenant_in_cloud(case: Case, _person: Person) -> Answer:
    organization = get(get(case.inputs.scenario, "entra", {}), "organization", {})
    return not get(organization, "onPremisesSyncEnabled", False)


def on_premises(_case: Case, person: Person) -> Answer:
    return bool(get(person.user or {}, "onPremisesSyncEnabled", False))


def not_on_premises(case: Case, person: Person) -> Answer:
    return not on_premises(case, person)


def create_on(case: Case, _person: Person) -> Answer:
    return case.inputs.write_back("create")


def update_on(case: Case, _person: Person) -> Answer:
    return case.inputs.write_back("update")


def delete_on(case: Case, _person: Person) -> Answer:
    return case.inputs.write_back("delete")


def would_be_written(case: Case, person: Person) -> Answer:
    """W2 or W3, with their switches on."""
    if person.left_alone:
        return False
    follows = _follows_employee(person) and bool(employee_differs(case, person))
    goes = _goes_with_employee(person) and bool(not_deleted_before(case, person))
    return (follows and case.inputs.write_back("update")) or (goes and case.inputs.write_back("delete"))


def _follows_employee(person: Person) -> bool:
    """W2: whom it is about."""
    led = person.matched and person.employee is not None and status(person.employee) != "archived"
    return led and not person.found_by_entra_email


def _goes_with_employee(person: Person) -> bool:
    """W3: whom it is about."""
    both = person.linked and person.user is not None and person.login is not None
    return both and status(person.employee) == "archived"


def employee_differs(case: Case, person: Person) -> Answer:
    return bool(_differing(case, person))


def _differing(case: Case, person: Person) -> list[str]:
    employee, user = person.employee or {}, person.user or {}
    departments = {row["id"]: row.get("title") for row in case.inputs.emply("departments")}
    first, last = trimmed(employee.get("firstName")), trimmed(employee.get("lastName"))
    wanted = {
        "givenName": first,
        "surname": last,
        "displayName": f"{first} {last}" if first is not None and last is not None else None,
        "jobTitle": trimmed(employee.get("jobTitle")),
        "department": trimmed(departments.get(employee.get("departmentId"))),
        "mobilePhone": trimmed(employee.get("mobilePhone")),
    }
    return [name for name, value in wanted.items() if value is not None and value != trimmed(user.get(name))]


def login_email_agrees(_case: Case, person: Person) -> Answer:
    """L12 does not speak."""
    return not person.found_by_entra_email


def not_deleted_before(case: Case, person: Person) -> Answer:
    if person.employee is None:
        return True
    both = (person.entra_id, person.employee["id"])
    return not any((row["entraId"], row["employeeId"]) == both for row in case.inputs.recorded("deletedUsers"))


# W1


def unknown_to_entra(case: Case, person: Person) -> Answer:
    known = [address for row in case.inputs.entra("users") for address in every_address(row)]
    known += [address for row in case.inputs.entra("groups") for address in every_address(row)]
    return not _own_addresses(person) & set(known)


def name_in_verified_domain(case: Case, person: Person) -> Answer:
    texts = [(person.login or {}).get(name) for name in ("username", "email")]
    return any(in_verified_domain(case.inputs, text) for text in texts)


def name_allowed(case: Case, person: Person) -> Answer:
    return _sign_in_name(case, person) is not None


def name_wanted_once(case: Case, person: Person) -> Answer:
    wanted = Counter(key(_sign_in_name(case, other)) for other in case.planned.logins if _is_wanted(case, other))
    return wanted[key(_sign_in_name(case, person))] == 1


def _is_wanted(case: Case, person: Person) -> bool:
    external = person.active and not person.left_alone and status(person.employee) != "archived"
    return external and bool(unknown_to_entra(case, person))


def name_not_deleted(case: Case, person: Person) -> Answer:
    name = key(_sign_in_name(case, person))
    return not {name, *_own_addresses(person)} & {
        address for row in case.inputs.entra("deletedUsers") for address in _of_deleted(row)
    }


def _of_deleted(user: Row) -> set[str]:
    upn = (key(user.get("userPrincipalName")) or "").removeprefix((key(user["id"]) or "").replace("-", ""))
    return every_address({**user, "userPrincipalName": upn})


def _own_addresses(person: Person) -> set[str]:
    login = person.login or {}
    return {address for address in (key(login.get("username")), key(login.get("email"))) if address is not None}


def _sign_in_name(case: Case, person: Person) -> str | None:
    texts = [(person.login or {}).get(name) for name in ("username", "email")]
    taken = [text for text in texts if in_verified_domain(case.inputs, text) and entra_takes(text)]
    return as_address(taken[0]) if taken else None


# W4


def kept_by_switch(case: Case, person: Person) -> Answer:
    return bool(_kept_by(case, person))


def _kept_by(case: Case, person: Person) -> list[str]:
    """The switches that are off, and would have something to do."""
    external = any(person is other for other in case.planned.logins) and _is_wanted(case, person)
    about = {
        "create_on": external,
        "update_on": _follows_employee(person) and bool(employee_differs(case, person)),
        "delete_on": _goes_with_employee(person) and bool(not_deleted_before(case, person)),
    }
    off = [name for name, concerned in about.items() if concerned and not case.inputs.write_back(name[:6])]
    return [] if person.left_alone else off


# What is compared


def different_fields(case: Case, person: Person) -> dict[str, object]:
    return {"differ": [(name, {}) for name in _differing(case, person)]}


CONDITIONS = {
    "tenant_in_cloud": tenant_in_cloud,
    "on_premises": on_premises,
    "not_on_premises": not_on_premises,
    "create_on": create_on,
    "update_on": update_on,
    "delete_on": delete_on,
    "would_be_written": would_be_written,
    "employee_differs": employee_differs,
    "login_email_agrees": login_email_agrees,
    "not_deleted_before": not_deleted_before,
    "unknown_to_entra": unknown_to_entra,
    "name_in_verified_domain": name_in_verified_domain,
    "name_allowed": name_allowed,
    "name_wanted_once": name_wanted_once,
    "name_not_deleted": name_not_deleted,
    "kept_by_switch": kept_by_switch,
}

COMPARED = {"employee_differs": different_fields}
