"""S: signs that only a person can act on. They speak of people left alone (M4) as well."""

from tests.reference.planned import Planned
from tests.reference.terms import (
    ConfigurationError,
    Inputs,
    Person,
    Row,
    email_of_entra_user,
    finding,
    get,
    key,
    status,
    trimmed,
)


def find_signs(inputs: Inputs, people: list[Person], planned: Planned) -> None:
    signs = [row for group in inputs.mapping.groups for row in _of_group(inputs, group.id)]
    planned.findings += [(None, row) for row in signs]
    assigned = _assigned_users(inputs)
    theirs = {person.employee["id"] for person in people if person.in_scope and person.employee is not None}
    others = [row for row in inputs.emply("employees") if row["id"] not in theirs]
    for person in people:
        if not person.in_scope:
            continue
        findings = []
        if assigned is not None and person.entra_id not in assigned:
            findings.append(finding(person, "sso_not_assigned", "S"))
        if not inputs.switch("synchronize_roles") and person.employee is None and _has_several_roles(person):
            findings.append(finding(person, "multiple_groups_single_role", "S"))
        if inputs.switch("synchronize_calendars") and planned.may_have_calendars(person):
            findings += _not_editable(inputs, person)
        if person.employee is None:
            findings += [
                {**finding(person, "email_nearly_matches", "S"), "employee_id": row["id"]}
                for row in others
                if status(row) in {"active", "pending"} and _is_near(inputs, person.user or {}, row)
            ]
        planned.findings += [(person, row) for row in findings]


def _assigned_users(inputs: Inputs) -> set[str] | None:
    """The users that may sign on; None: everybody may, or nobody asks. Raises ConfigurationError (R8)."""
    wanted = trimmed(get(get(inputs.settings, "sso", {}), "service_principal_id"))
    if wanted is None:
        return None
    found = [row for row in inputs.entra("servicePrincipals") if row["id"] == wanted]
    if not found:
        raise ConfigurationError(f"sso application does not exist: {wanted}")
    if not get(found[0], "appRoleAssignmentRequired", False):
        return None
    assigned = {row["principalId"] for row in get(found[0], "appRoleAssignedTo", [])}
    # Direct members of any group, whatever `nested_groups` says.
    members = [get(group, "members", []) for group in inputs.entra("groups") if group["id"] in assigned]
    return assigned.union(*members)


def _of_group(inputs: Inputs, group_id: str) -> list[Row]:
    groups = {row["id"]: row for row in inputs.entra("groups")}
    group, codes = groups[group_id], []
    guests = [user for user in inputs.entra("users") if get(user, "userType", "Member") == "Guest"]
    if "DynamicMembership" in get(group, "groupTypes", []) and guests:
        codes.append("dynamic_group_guests")
    if not inputs.switch("nested_groups") and set(get(group, "members", [])) & set(groups):
        codes.append("nested_group_ignored")
    return [
        {
            "code": code,
            "rule": "S",
            "entra_id": None,
            "emply_user_id": None,
            "employee_id": None,
            "subject": trimmed(group.get("displayName")),
            "object": group_id,
        }
        for code in codes
    ]


def _has_several_roles(person: Person) -> bool:
    return len({group.role_id for group in person.groups}) > 1


def _not_editable(inputs: Inputs, person: Person) -> list[Row]:
    return [
        {**finding(person, "calendar_not_editable", "S"), "object": calendar["id"]}
        for calendar in inputs.of_user("calendars", person.entra_id) or []
        if not get(calendar, "canEdit", False)
    ]


def _is_near(inputs: Inputs, user: Row, employee: Row) -> bool:
    theirs, its = email_of_entra_user(user), key(employee.get("email"))
    names = [key(user.get("givenName")), key(user.get("surname"))]
    same_name = None not in names and names == [key(employee.get("firstName")), key(employee.get("lastName"))]
    one_edit = theirs is not None and its is not None and at_most_one_edit(theirs, its)
    inputs.trace["S same name"] += same_name
    inputs.trace["S one edit"] += one_edit
    return same_name or one_edit


def at_most_one_edit(one: str, other: str) -> bool:
    """Insert, delete, replace, or swap of neighbours."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    first = next((at for at, letter in enumerate(short) if letter != long[at]), len(short))
    if len(long) - len(short) == 1:
        return short[first:] == long[first + 1 :]
    if len(long) != len(short):
        return False
    swapped = long[:first] + long[first + 1 : first + 2] + long[first : first + 1] + long[first + 2 :]
    return short[first + 1 :] == long[first + 1 :] or short == swapped
