"""The conditions of R. What R4 and R5 come to is computed here from the page, not taken from `reference.roles`."""

from tests.reference.conditions.case import Case
from tests.reference.conditions.common import Answer
from tests.reference.conditions.lifecycle import gets_login
from tests.reference.terms import Group, Person


def roles_by_groups(person: Person) -> set[str]:
    """R4's R': what the user has, with the roles of new groups and of groups that are mapped to another role."""
    outcome = set(person.role_ids)
    for group in person.groups:
        how = _of_group(person, group)
        if how in ("group_joined", "group_replaced"):
            outcome.add(group.role_id)
        if how == "group_replaced" and _then(person, group) not in _wanted(person):
            outcome.discard(_then(person, group) or "")
    return outcome


def _then(person: Person, group: Group) -> str | None:
    """The role that the group gave at the last reconciliation."""
    return (person.role_state or {}).get(group.id)


def _of_group(person: Person, group: Group) -> str:
    old = _then(person, group)
    if old is None:
        return "group_joined"
    if old == group.role_id:
        return "group_unchanged"
    return "group_replaced" if old in person.role_ids else "group_not_replaced"


def _wanted(person: Person) -> set[str]:
    return {group.role_id for group in person.groups}


def has_no_role(_case: Case, person: Person) -> Answer:
    return not person.role_ids


def group_changed(_case: Case, person: Person) -> Answer:
    return any(_of_group(person, group) in ("group_joined", "group_replaced") for group in person.groups)


def role_taken_away(_case: Case, person: Person) -> Answer:
    """R5: the groups' roles are not all among those that R4 comes to."""
    return not _wanted(person) <= roles_by_groups(person)


def no_role_taken_away(case: Case, person: Person) -> Answer:
    return not role_taken_away(case, person)


def role_missing(_case: Case, person: Person) -> Answer:
    return not _wanted(person) <= person.role_ids


def outcome_differs(_case: Case, person: Person) -> Answer:
    return roles_by_groups(person) != person.role_ids


def holds_protected(case: Case, person: Person) -> Answer:
    return bool(person.role_ids & case.inputs.mapping.protected_role_ids)


def holds_none_protected(case: Case, person: Person) -> Answer:
    return not holds_protected(case, person)


def would_change(case: Case, person: Person) -> Answer:
    if not case.inputs.switch("synchronize_roles"):
        return not person.role_ids
    by_groups = roles_by_groups(person)
    outcome = by_groups if role_taken_away(case, person) is False else _wanted(person)
    return outcome != person.role_ids


def protection_silent(case: Case, person: Person) -> Answer:
    """R9: R7 does not speak."""
    if not person.matched or person.employee is not None:
        return True
    return not (holds_protected(case, person) and would_change(case, person))


# What is compared


def roles_of(case: Case, person: Person) -> dict[str, object]:
    return {"roles": sorted(map(case.role, person.role_ids))}


def protected_roles(case: Case, person: Person) -> dict[str, object]:
    protected = case.inputs.mapping.protected_role_ids
    held = sorted(map(case.role, person.role_ids & protected))
    return {"held": held, "protected": sorted(map(case.role, protected))}


def wanted_roles(case: Case, person: Person) -> dict[str, object]:
    """What the groups give, what of it is missing, what of that R4 does not give, and what else there is."""
    wanted = _wanted(person)
    missing = wanted - person.role_ids
    return {
        "wanted": sorted(map(case.role, wanted)),
        "missing": sorted(map(case.role, missing)),
        "taken_away": sorted(map(case.role, wanted - roles_by_groups(person))),
        "extra": sorted(map(case.role, person.role_ids - wanted)),
        "lost": sorted(
            map(case.role, {_then(person, group) or "" for group in person.groups} - person.role_ids - {""})
        ),
    }


def _how_new(person: Person, group: Group) -> str:
    """Nothing was reconciled of the user, no role of this group was, or the group is new."""
    if person.role_state is None:
        return "group_first"
    return "group_unmapped" if group.id in person.role_state else "group_joined"


def each_group(case: Case, person: Person) -> dict[str, object]:
    """R4: what each group is to the user."""
    told = []
    for group in person.groups:
        how, old = _of_group(person, group), _then(person, group)
        if how == "group_joined":
            how = _how_new(person, group)
        values = {"group": case.group(group.id), "role": case.role(group.role_id)}
        values |= {"old": case.role(old)} if old is not None and how.endswith("replaced") else {}
        told.append((how, values))
    return {"groups": told}


CONDITIONS = {
    "gets_login": gets_login,
    "has_no_role": has_no_role,
    "group_changed": group_changed,
    "no_role_taken_away": no_role_taken_away,
    "role_taken_away": role_taken_away,
    "role_missing": role_missing,
    "outcome_differs": outcome_differs,
    "protected_role": holds_protected,
    "no_protected_role": holds_none_protected,
    "roles_would_change": would_change,
    "protection_silent": protection_silent,
}

COMPARED = {
    **dict.fromkeys(("has_no_role", "roles_would_change"), roles_of),
    **dict.fromkeys(("protected_role", "no_protected_role"), protected_roles),
    **dict.fromkeys(("no_role_taken_away", "role_taken_away", "role_missing"), wanted_roles),
    **dict.fromkeys(("group_changed", "outcome_differs"), each_group),
}
