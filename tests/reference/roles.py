"""R: the roles of Emply users. R3, at creation, is in lifecycle.py; R8 in mapping.py."""

from tests.reference.planned import Found, Planned
from tests.reference.terms import Inputs, Person, action, finding


def plan_roles(inputs: Inputs, person: Person, planned: Planned) -> Found:
    """The `set_roles` and the finding of R for one person."""
    del planned
    if not person.matched:
        return [], []
    if person.employee is not None:  # R1
        inputs.trace["R1"] += 1
        return [], []
    rule, reason, outcome = _decide(inputs, person)
    if outcome == person.role_ids:
        return [], []
    if person.role_ids & inputs.mapping.protected_role_ids:  # R7
        inputs.trace["R7"] += 1
        return [], [finding(person, "protected_role", "R7")]
    inputs.trace[rule] += 1
    inputs.trace[f"R6 {rule} {reason}"] += 1
    before, after = {"roleIds": sorted(person.role_ids)}, {"roleIds": sorted(outcome)}
    return [{**action(person, "emply.set_roles", rule, before=before, after=after), "reason": reason}], []


def _decide(inputs: Inputs, person: Person) -> tuple[str, str, set[str]]:
    """Rule, reason and the roles that the person should have."""
    roles = person.role_ids
    if not inputs.switch("synchronize_roles"):  # R2
        return "R2", "roles_missing", roles or {person.groups[0].role_id}
    state = person.role_state or {}
    wanted = {group.role_id for group in person.groups}  # D
    changed = set(roles)  # R'
    replaced = False
    for group in person.groups:  # R4
        old = state.get(group.id)
        # A group that is in the state without a role was not mapped then: the state lacks it, in R4's sense.
        if old is None:
            changed.add(group.role_id)
        elif old != group.role_id and old in roles:
            replaced = True  # "a replacement took part", even one that adds and takes nothing
            changed.add(group.role_id)
            if old not in wanted:
                changed.discard(old)
    if wanted <= changed:  # R5
        return "R4", "mapping_changed" if replaced else "group_joined", changed
    return "R5", "roles_missing", wanted


def new_role_state(inputs: Inputs, person: Person) -> dict[str, str | None]:
    """R9: what the role state becomes."""
    if inputs.switch("synchronize_roles") and person.employee is None:
        return {group.id: group.role_id for group in person.groups}
    return {group.id: None for group in person.groups}
