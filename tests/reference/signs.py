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
    is_guest,
    key,
    status,
    trimmed,
)
from tests.reference.unread import source_unreadable


def find_signs(inputs: Inputs, people: list[Person], planned: Planned) -> None:
    planned.findings += [(None, row) for row in _of_groups(inputs)]
    assigned = _assigned_users(inputs, planned)
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
        if _calendars_are_judged(inputs, person, planned):
            findings += _not_editable(inputs, person)
        if person.employee is None:
            findings += [
                {**finding(person, "email_nearly_matches", "S"), "employee_id": row["id"]}
                for row in others
                if status(row) in {"active", "pending"} and _is_near(inputs, person.user or {}, row)
            ]
        planned.findings += [(person, row) for row in findings]


def _assigned_users(inputs: Inputs, planned: Planned) -> set[str] | None:
    """The users that may sign on; None: everybody may, or nobody asks. Raises ConfigurationError (R8)."""
    wanted = trimmed(get(get(inputs.settings, "sso", {}), "service_principal_id"))
    if wanted is None:
        return None
    code = inputs.not_read("entra_app")
    if code is not None:  # G5b: no R8 of it either
        planned.findings.append((None, source_unreadable(inputs, "entra_app", code)))
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


def check_hidden_groups(inputs: Inputs) -> None:
    """S: where the app may not see hidden members, Graph shows the group as empty, and no plan is made (R8)."""
    hidden = [group for group in _groups_that_are_read(inputs) if has_hidden_members(group)]
    if hidden and not inputs.member_read_hidden:
        raise ConfigurationError(f"Member.Read.Hidden is missing for the group {hidden[0].get('displayName')}")


def has_hidden_members(group: Row) -> bool:
    return (trimmed(group.get("visibility")) or "").casefold() == "hiddenmembership"


def _groups_of_the_settings(inputs: Inputs) -> list[Row]:
    """The configured groups and the room groups."""
    wanted = {*(group.id for group in inputs.mapping.groups), *inputs.mapping.room_group_ids}
    return [group for group in inputs.entra("groups") if group["id"] in wanted]


def _groups_that_are_read(inputs: Inputs) -> list[Row]:
    """With `nested_groups`, also those within."""
    wanted = {group["id"] for group in _groups_of_the_settings(inputs)}
    within = set().union(*map(inputs.members, wanted)) if inputs.switch("nested_groups") else set()
    return [group for group in inputs.entra("groups") if group["id"] in wanted | within]


def has_group_as_member(inputs: Inputs, group: Row) -> bool:
    return bool(set(get(group, "members", [])) & {row["id"] for row in inputs.entra("groups")})


def _of_groups(inputs: Inputs) -> list[Row]:
    configured = {group.id for group in inputs.mapping.groups}
    signs = [("hidden_membership", group) for group in _groups_that_are_read(inputs) if has_hidden_members(group)]
    for group in _groups_of_the_settings(inputs):
        if group["id"] in configured and "DynamicMembership" in get(group, "groupTypes", []):
            signs += [("dynamic_group_guests", group)] if any(map(is_guest, inputs.entra("users"))) else []
        if not inputs.switch("nested_groups") and has_group_as_member(inputs, group):
            signs.append(("nested_group_ignored", group))
    nobody = dict.fromkeys(("entra_id", "emply_user_id", "employee_id"))
    return [
        {"code": code, "rule": "S", **nobody, "subject": trimmed(group.get("displayName")), "object": group["id"]}
        for code, group in signs
    ]


def _calendars_are_judged(inputs: Inputs, person: Person, planned: Planned) -> bool:
    """What is not read is not judged (G5b)."""
    switched_on = inputs.switch("synchronize_calendars") and planned.may_have_calendars(person)
    return switched_on and "entra_calendars" not in planned.unread_sources


def _has_several_roles(person: Person) -> bool:
    return len({group.role_id for group in person.groups}) > 1


def _not_editable(inputs: Inputs, person: Person) -> list[Row]:
    return [
        {**finding(person, "calendar_not_editable", "S"), "object": calendar["id"]}
        for calendar in inputs.mailbox(person.entra_id) or []
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
