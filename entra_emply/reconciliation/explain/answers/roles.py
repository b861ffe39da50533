"""Answers about roles and the groups that give them."""

from entra_emply.reconciliation.explain.facts import Facts, Row
from entra_emply.reconciliation.explain.statement import first_of, listed


def several_groups(facts: Facts) -> str | None:
    """Can this user be in several groups?"""
    if facts.entra is None:
        return None
    if not facts.groups:
        return "Yes, but this user is in no configured group, and gets no role from any."
    names = listed([group.name for group in facts.groups])
    then = first_of(
        (not facts.in_scope or facts.left_alone, f"no role comes from there, because {facts.not_reconciled}"),
        (facts.employee is not None and facts.login is not None, "the roles stay as they are, because of the employee"),
        (facts.settings.synchronize_roles, "synchronize_roles is on, so each group gives its role"),
    ) or "synchronize_roles is off, so only the main group gives its role"  # fmt: skip
    return f"Yes. This user is in {names}; {then}."


def single_role(facts: Facts) -> str | None:
    """Why does this user not have the expected roles, but only a single one?"""
    if facts.entra is None:
        return None
    wanted, has = listed(facts.wanted_roles), listed(facts.roles)
    names = listed([group.name for group in facts.groups])
    main = f"{facts.main.role} of {facts.main.name}" if facts.main else "none"
    off = (
        f"synchronize_roles is off: a user gets a single role, that of the main group ({main}), with the login. "
        f"Switch it on to give all roles of the groups ({wanted})."
    )
    employee = (
        f"The user has an employee, and then roles are not synchronised: the user keeps {has}. Only active or not "
        "active follows Entra."
    )
    giving = facts.action("R2", "R4", "R5") or facts.action("L1")
    protected = f"The user holds the protected role {listed(facts.protected_held)}, so the roles are left as they are."
    return first_of(
        (not facts.in_scope, f"The user gets no role from groups, because {facts.out_of_scope}."),
        (facts.left_alone, "The user is left alone, because more than one user carries the same address."),
        (facts.employee is not None and facts.login is not None, employee),
        (not facts.settings.synchronize_roles, off),
        (facts.finding("protected_role"), protected),
        (giving, f"The user is to get them {facts.fate(giving) if giving else ''}: {wanted}."),
        (facts.login is None, "There is no login yet to give roles to."),
    ) or (
        f"Of the configured groups, {listed([group.name for group in facts.configured])}, the user is in {names}, "
        f"for which they get {wanted}; they have {has}. For another role they must be in a group that gives it."
    )


def after_first_sync(facts: Facts) -> str | None:
    """What happens to the roles after the first sync? (The vendor's Ray Ross and Megan Jordan)"""
    if not facts.reconcilable:
        return None
    has = listed(facts.roles)
    if facts.employee is not None:
        return f"The user has an employee, so the roles ({has}) are not synchronised; only active or not active is."
    change = facts.action(kind="set_roles")
    if change is not None:
        return _changed(facts, change)
    if facts.finding("protected_role"):
        return "The user holds a protected role, so the roles stay although they would change."
    if not facts.settings.synchronize_roles:
        return "synchronize_roles is off, so the roles of existing users stay as they are."
    extra = f" What comes from no group stays: {listed(facts.extra_roles)}." if facts.extra_roles else ""
    return f"The roles match the groups and do not change: {has}.{extra}"


def _changed(facts: Facts, change: Row) -> str:
    before, after = (facts.titles(change[side]["roleIds"]) for side in ("before", "after"))
    gone = listed([role for role in before if role not in after], "nothing")
    why = {
        "mapping_changed": "A group is mapped to another role now, and the role follows.",
        "group_joined": "The user joined a configured group and gets the role of that group.",
        "roles_missing": f"A role of the groups was taken away in Emply, so exactly theirs are set; what goes: {gone}.",
    }
    by_rule = {
        "R2": "The user has no role at all, so they get the main group's.",
        "U1": "Somebody asked that the roles which were taken are given back.",
    }
    said = by_rule.get(change["rule"]) or why[change["reason"]]
    return f"{said} The roles become {listed(after)} {facts.fate(change)}."


def removed_from_group(facts: Facts) -> str | None:
    """What happens when this user is removed from the group?"""
    leaving = facts.action("L7")
    if leaving:
        found = "found there under deactivated users"
        return f"The user was removed, so they are deactivated in Emply {facts.fate(leaving)} and {found}."
    if not facts.matched:
        return None
    others = facts.action(kind="deactivate_user")
    if not facts.groups:
        state = "still active" if facts.active else "deactivated"
        becomes = f"to be deactivated {facts.fate(others)}" if others else state
        return f"The user is in no configured group; the login is {becomes}."
    names = listed([group.name for group in facts.groups])
    return (
        f"The user is in {names}. Removed from one of several, they keep their roles; removed from all, they are "
        "deactivated in Emply and found there under deactivated users."
    )


def group_taken_out(facts: Facts) -> str | None:
    """What happens when a group is taken out of the integration?"""
    if facts.finding("unmanaged"):
        return "The user's groups were taken out of the settings: the login stays as it is and is not updated any more."
    if not facts.groups or (facts.login is None and not facts.action("L1")):
        return None
    given = listed([f"{group.role} of {group.name}" for group in facts.groups])
    return f"The login and its roles stay; roles of a group that is taken out are no longer updated. Here: {given}."
