"""The conditions that rules of several letters ask. They are read from the words alone: where neither the clause for
"holds" nor the one for "does not hold" would be true, the answer is None.
"""

from tests.reference.conditions.case import Case
from tests.reference.terms import Person, email_of_entra_user, get, key, status, written

Answer = bool | None
"""Whether the condition holds. None: neither of its clauses would be true."""


def integration_on(case: Case, _person: Person) -> Answer:
    return bool(get(case.inputs.settings, "enabled", True))


def roles_synchronized(case: Case, _person: Person) -> Answer:
    return case.inputs.switch("synchronize_roles")


def roles_not_synchronized(case: Case, _person: Person) -> Answer:
    return not case.inputs.switch("synchronize_roles")


def in_entra(_case: Case, person: Person) -> Answer:
    return person.user is not None


def gone_from_entra(case: Case, person: Person) -> Answer:
    return person.user is None if has_link(case, person) else None


def enabled(_case: Case, person: Person) -> Answer:
    return person.enabled if person.user is not None else None


def disabled(_case: Case, person: Person) -> Answer:
    return not person.enabled if person.user is not None else None


def in_group(_case: Case, person: Person) -> Answer:
    return bool(person.groups)


def in_no_group(_case: Case, person: Person) -> Answer:
    return not person.groups


def in_room(_case: Case, person: Person) -> Answer:
    return person.is_room


def not_in_room(_case: Case, person: Person) -> Answer:
    return not person.is_room


def in_emply(_case: Case, person: Person) -> Answer:
    return person.login is not None


def belongs(_case: Case, person: Person) -> Answer:
    """The login belongs to the user (Terms, "matched"); whether the user is in scope is asked apart."""
    return person.login is not None and (person.linked or person.matched_by is not None)


def unmatched(case: Case, person: Person) -> Answer:
    return not belongs(case, person)


def has_link(case: Case, person: Person) -> Answer:
    """M1: a link that holds, or whose Entra end is gone and that no new one replaces."""
    recorded = {row["emplyUserId"] for row in case.inputs.recorded("links")}
    return person.linked or (person.login_id in recorded and person.matched_by is None)


def has_no_link(case: Case, person: Person) -> Answer:
    return not has_link(case, person)


def left_alone(_case: Case, person: Person) -> Answer:
    return person.left_alone


def not_left_alone(_case: Case, person: Person) -> Answer:
    return not person.left_alone


def login_active(_case: Case, person: Person) -> Answer:
    return person.active if person.login is not None else None


def login_deactivated(_case: Case, person: Person) -> Answer:
    return not person.active if person.login is not None else None


def stays_active(case: Case, person: Person) -> Answer:
    """Terms, "active (C, E, P)"."""
    return case.planned.active(person)


def with_employee(_case: Case, person: Person) -> Answer:
    return person.employee is not None


def without_employee(_case: Case, person: Person) -> Answer:
    return person.employee is None


def employee_archived(_case: Case, person: Person) -> Answer:
    return status(person.employee) == "archived"


def employee_not_archived(_case: Case, person: Person) -> Answer:
    return status(person.employee) != "archived"


def has_email(_case: Case, person: Person) -> Answer:
    return email_of_entra_user(person.user or {}) is not None


def no_email(case: Case, person: Person) -> Answer:
    return not has_email(case, person)


# What is compared


def login_of(_case: Case, person: Person) -> dict[str, object]:
    """What the login is called: its username, else its e-mail."""
    login = person.login or {}
    return {"login": key(login.get("username")) or key(login.get("email"))}


def groups_of(case: Case, person: Person) -> dict[str, object]:
    configured = [case.group(group.id) for group in case.inputs.mapping.groups]
    return {"groups": [case.group(group.id) for group in person.groups], "configured": configured}


def rooms_of(case: Case, person: Person) -> dict[str, object]:
    ids = case.inputs.mapping.room_group_ids
    return {"rooms": [case.group(room) for room in ids if person.entra_id in case.inputs.members(room)]}


def employee_of(_case: Case, person: Person) -> dict[str, object]:
    """The status; and the e-mail by which the employee is looked for (Terms)."""
    return {"status": status(person.employee), "email": _employees_email(person)}


def email_of(_case: Case, person: Person) -> dict[str, object]:
    return {"email": email_of_entra_user(person.user or {})}


def _employees_email(person: Person) -> str | None:
    return key((person.login or {}).get("email")) or email_of_entra_user(person.user or {})


def resignation_date(_case: Case, person: Person) -> dict[str, object]:
    return {"resignation_date": written((person.employee or {}).get("resignationDate"))}


CONDITIONS = {
    "integration_on": integration_on,
    "roles_synchronized": roles_synchronized,
    "roles_not_synchronized": roles_not_synchronized,
    "in_entra": in_entra,
    "gone_from_entra": gone_from_entra,
    "enabled": enabled,
    "disabled": disabled,
    "in_group": in_group,
    "in_no_group": in_no_group,
    "in_room": in_room,
    "not_in_room": not_in_room,
    "in_emply": in_emply,
    "matched": belongs,
    "unmatched": unmatched,
    "linked": has_link,
    "left_alone": left_alone,
    "not_left_alone": not_left_alone,
    "login_active": login_active,
    "login_deactivated": login_deactivated,
    "stays_active": stays_active,
    "with_employee": with_employee,
    "without_employee": without_employee,
    "employee_archived": employee_archived,
    "employee_not_archived": employee_not_archived,
    "has_email": has_email,
    "no_email": no_email,
}

COMPARED = {
    **dict.fromkeys(("in_emply", "matched", "unmatched", "linked", "not_linked", "stays_active"), login_of),
    **dict.fromkeys(("login_active", "login_deactivated"), login_of),
    **dict.fromkeys(("in_group", "in_no_group"), groups_of),
    **dict.fromkeys(("in_room", "not_in_room"), rooms_of),
    **dict.fromkeys(("with_employee", "without_employee", "employee_archived"), employee_of),
    **dict.fromkeys(("employee_not_archived", "employee_active"), employee_of),
    **dict.fromkeys(("has_email", "no_email"), email_of),
    "no_resignation_date": resignation_date,
}
