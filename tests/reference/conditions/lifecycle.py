"""The conditions of L."""

from tests.reference.conditions.case import Case
from tests.reference.conditions.common import Answer
from tests.reference.lifecycle import takes_address
from tests.reference.terms import Person, email_of_entra_user, get, key, status, written
from tests.reference.write_back import is_deleted


def address_taken(case: Case, person: Person) -> Answer:
    others = case.planned.people
    return any(takes_address(case.inputs, person, login, others) for login in case.inputs.emply("users"))


def address_free(case: Case, person: Person) -> Answer:
    return not address_taken(case, person)


def may_activate(case: Case, person: Person) -> Answer:
    by_us = any(row["emplyUserId"] == person.login_id for row in case.inputs.recorded("deactivations"))
    return by_us or get(case.inputs.settings, "reactivate", "ours") == "all"


def was_in_configured_group(case: Case, person: Person) -> Answer:
    """L7: without role state, too."""
    state = person.role_state
    return state is None or any(group.id in state for group in case.inputs.mapping.groups)


def no_group_configured_any_more(case: Case, person: Person) -> Answer:
    return not was_in_configured_group(case, person)


def not_deleted_with_employee(case: Case, person: Person) -> Answer:
    return not is_deleted(case.inputs, person)


def gets_login(case: Case, person: Person) -> Answer:
    return any(row["rule"] == "L1" for row in case.planned.of(person, "create_user"))


def gets_or_has_login(case: Case, person: Person) -> Answer:
    return person.login is not None or bool(gets_login(case, person))


def leaves(case: Case, person: Person) -> Answer:
    """L5, L6 or L7 is about the person, whether or not there is something left to deactivate."""
    if not person.linked:
        return False
    if person.user is None or not person.enabled:
        return True
    out_of_groups = not person.groups and not person.is_room
    return out_of_groups and bool(was_in_configured_group(case, person))


def login_has_email(_case: Case, person: Person) -> Answer:
    return key((person.login or {}).get("email")) is not None


def employee_by_entra_email(_case: Case, person: Person) -> Answer:
    return person.found_by_entra_email


def employee_active(_case: Case, person: Person) -> Answer:
    return status(person.employee) == "active"


def no_resignation_date(_case: Case, person: Person) -> Answer:
    return written((person.employee or {}).get("resignationDate")) is None


# What is compared


def groups_then(case: Case, person: Person) -> dict[str, object]:
    return {"groups_then": sorted(case.group(group) for group in person.role_state or {})}


def both_emails(_case: Case, person: Person) -> dict[str, object]:
    login_email = key((person.login or {}).get("email"))
    return {"email": email_of_entra_user(person.user or {}), "login_email": login_email}


CONDITIONS = {
    "address_free": address_free,
    "address_taken": address_taken,
    "may_activate": may_activate,
    "was_in_configured_group": was_in_configured_group,
    "no_group_configured_any_more": no_group_configured_any_more,
    "not_deleted_with_employee": not_deleted_with_employee,
    "gets_or_has_login": gets_or_has_login,
    "leaves": leaves,
    "login_has_email": login_has_email,
    "employee_by_entra_email": employee_by_entra_email,
    "employee_active": employee_active,
    "no_resignation_date": no_resignation_date,
}

COMPARED = {
    **dict.fromkeys(("was_in_configured_group", "no_group_configured_any_more"), groups_then),
    **dict.fromkeys(("login_has_email", "employee_by_entra_email"), both_emails),
}
