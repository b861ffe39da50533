"""L: creation, activation and deactivation of Emply users."""

from tests.reference.matching import is_leavers_login, share_address
from tests.reference.planned import Found, Planned
from tests.reference.terms import (
    Inputs,
    Person,
    Row,
    action,
    as_address,
    email_as_written,
    email_of_entra_user,
    finding,
    get,
    is_guest,
    key,
    own_addresses,
    status,
    written,
)
from tests.reference.write_back import is_deleted


def plan_lifecycle(inputs: Inputs, person: Person, planned: Planned) -> Found:
    """The actions and findings of L for one person that is not left alone."""
    if person.in_scope and person.login is None:
        actions, findings = _unmatched(inputs, person, planned.people)
    elif person.in_scope:
        actions, findings = _matched(inputs, person)
    else:
        actions, findings = _leaver(inputs, person)
    if person.matched and person.found_by_entra_email:
        findings.append(finding(person, "login_email_differs", "L12"))
    created_or_matched = person.matched or any(row["kind"] == "create_user" for row in actions)
    if created_or_matched and person.employee is None:
        findings.append(finding(person, "user_without_employee", "L9"))
    if person.has_duplicate_employees and (person.in_scope or person.linked):
        findings.append(finding(person, "duplicate_employee", "Terms"))  # the page gives it no rule
    return actions, findings


def _unmatched(inputs: Inputs, person: Person, others: list[Person]) -> Found:
    assert person.user is not None
    if status(person.employee) == "archived":
        return [], [finding(person, "employee_archived_in_group", "L3")]
    if email_of_entra_user(person.user) is None:
        return [], [finding(person, "guest_without_mail" if is_guest(person.user) else "no_email", "L2")]
    taken = [login["id"] for login in inputs.emply("users") if takes_address(inputs, person, login, others)]
    if taken:
        return [], [{**finding(person, "address_taken", "L1a"), "object": min(taken)}]
    return [action(person, "emply.create_user", "L1", before=None, after=_new_user(inputs, person))], []


def takes_address(inputs: Inputs, person: Person, login: Row, others: list[Person]) -> bool:
    """L1a: an Emply user carries the UPN or the e-mail, or shares an address as in M3b."""
    user = person.user or {}
    if own_addresses(user) & {key(login.get("username")), key(login.get("email"))}:
        return True
    matched = any(other.login_id == login["id"] and other.matched_by is not None for other in others)
    shares = not matched and not is_leavers_login(inputs, login) and share_address(inputs, user, login)
    inputs.trace["L1a shares"] += shares
    return shares


def _new_user(inputs: Inputs, person: Person) -> Row:
    assert person.user is not None
    main = person.groups[0]
    # R3: with or without employee.
    roles = {group.role_id for group in person.groups} if inputs.switch("synchronize_roles") else {main.role_id}
    inputs.trace["R3"] += 1
    return {
        "username": as_address(person.user.get("userPrincipalName")),
        "email": email_as_written(person.user),
        "firstName": written(person.user.get("givenName")),
        "lastName": written(person.user.get("surname")),
        "jobTitle": written(person.user.get("jobTitle")),
        "mobilePhone": written(person.user.get("mobilePhone")),
        "roleIds": sorted(roles),
        "departmentId": main.department_id,
        "language": main.language,
        "timeZone": main.time_zone,
        "currency": main.currency,
        "employeeId": person.employee["id"] if person.employee is not None else None,
        "active": True,
    }


def _matched(inputs: Inputs, person: Person) -> Found:
    if status(person.employee) == "archived":
        return [], [finding(person, "employee_archived_in_group", "L11")]
    if person.active:
        return [], []
    deactivated = {row["emplyUserId"] for row in inputs.recorded("deactivations")}
    if person.login_id in deactivated or get(inputs.settings, "reactivate", "ours") == "all":
        return [action(person, "emply.activate_user", "L4", before={"active": False}, after={"active": True})], []
    return [], [finding(person, "deactivated_in_emply", "L4")]


def _leaver(inputs: Inputs, person: Person) -> Found:
    """Linked and not in scope: L5 to L8, and L10."""
    state = person.role_state
    if person.user is None:
        rule, reason = "L5", "deleted_in_entra"
    elif not person.enabled:
        rule, reason = "L6", "account_disabled"
    elif person.is_room:
        rule, reason = "L7a", "is_room"
    elif state is None or any(group.id in state for group in inputs.mapping.groups):
        rule, reason = "L7", "removed_from_group"
    else:
        return [], [finding(person, "unmanaged", "L8")]
    actions: list[Row] = []
    findings: list[Row] = []
    if is_deleted(inputs, person):
        inputs.trace[f"W3 instead of {rule}"] += 1
    elif person.active:
        deactivation = action(person, "emply.deactivate_user", rule, before={"active": True}, after={"active": False})
        actions.append({**deactivation, "reason": reason})
    else:
        inputs.trace["deactivated already"] += 1
    if rule in {"L5", "L6", "L7"} and _still_employed(person.employee):
        findings.append(finding(person, "leaver_without_resignation_date", "L10"))
    return actions, findings


def _still_employed(employee: Row | None) -> bool:
    """L10: nothing says that the employee leaves."""
    return employee is not None and status(employee) == "active" and written(employee.get("resignationDate")) is None
