"""The conditions of S and X about people. S speaks of people left alone, too."""

from tests.reference.conditions.case import Case
from tests.reference.conditions.common import Answer
from tests.reference.terms import Person, Row, get, is_guest, trimmed


def integration_off(case: Case, _person: Person) -> Answer:
    return not get(case.inputs.settings, "enabled", True)


def application_set(case: Case, _person: Person) -> Answer:
    return _application_id(case) is not None


def assignment_required(case: Case, _person: Person) -> Answer:
    return bool(get(_application(case), "appRoleAssignmentRequired", False))


def not_assigned(case: Case, person: Person) -> Answer:
    assigned = {row["principalId"] for row in get(_application(case), "appRoleAssignedTo", [])}
    mine = {group["id"] for group in case.inputs.entra("groups") if person.entra_id in get(group, "members", [])}
    return not assigned & {person.entra_id, *mine}


def _application_id(case: Case) -> str | None:
    return trimmed(get(get(case.inputs.settings, "sso", {}), "service_principal_id"))


def _application(case: Case) -> Row:
    wanted = _application_id(case)
    return next((row for row in case.inputs.entra("servicePrincipals") if row["id"] == wanted), {})


def several_roles(_case: Case, person: Person) -> Answer:
    return len({group.role_id for group in person.groups}) > 1


def tenant_has_guests(case: Case, _person: Person) -> Answer:
    return any(map(is_guest, case.inputs.entra("users")))


def nested_groups_off(case: Case, _person: Person) -> Answer:
    return not case.inputs.switch("nested_groups")


# What is compared


def groups_and_roles(case: Case, person: Person) -> dict[str, object]:
    roles = dict.fromkeys(case.role(group.role_id) for group in person.groups)
    return {"groups": [case.group(group.id) for group in person.groups], "roles": [*roles]}


CONDITIONS = {
    "integration_off": integration_off,
    "application_set": application_set,
    "assignment_required": assignment_required,
    "not_assigned": not_assigned,
    "several_roles": several_roles,
    "tenant_has_guests": tenant_has_guests,
    "nested_groups_off": nested_groups_off,
}

COMPARED = {"several_roles": groups_and_roles}
