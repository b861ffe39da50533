"""R, explained: why the person has, gets, keeps or loses which role."""

from collections.abc import Iterator

from entra_emply.reconciliation.explain.facts import Facts, Group
from entra_emply.reconciliation.explain.statement import Statement, decided, listed, might_have, no_part


def statements(facts: Facts) -> Iterator[Statement]:
    """R1 to R9, in order."""
    yield from (_employee(facts), _single(facts), _created(facts), _follow(facts), _reset(facts), _outcome(facts))
    yield from (_protected(facts), _names(facts), _remembered(facts))


def _follows(facts: Facts) -> bool:
    """Whether R4 to R6 are about this person."""
    return facts.reconcilable and facts.employee is None and facts.settings.synchronize_roles


def _employee(facts: Facts) -> Statement:
    if facts.reconcilable and facts.employee is not None:
        return decided(
            "R1",
            f"There is an employee ({facts.status}), so the roles in Emply ({listed(facts.roles)}) are never changed "
            "by the integration: only active or not active is.",
        )
    if facts.reconcilable:
        return no_part("R1", "There is no employee, so roles may follow the groups.")
    return no_part("R1", f"Roles are left as they are: {_not_ours(facts)}.")


def _single(facts: Facts) -> Statement:
    if facts.settings.synchronize_roles:
        return no_part("R2", "synchronize_roles is on, so all of the groups' roles count.")
    if facts.action("R2"):
        return decided("R2", f"synchronize_roles is off and the user has no role: it gets {_main_role(facts)}.")
    if facts.finding("protected_role", "R7"):
        return might_have("R2", "The user holds a protected role, so nothing is given (R7).")
    if not facts.reconcilable or facts.employee is not None:
        return no_part("R2", _left(facts))
    return might_have(
        "R2",
        f"synchronize_roles is off: roles come at creation only, and then a single one, {_main_role(facts)}. The user "
        f"has {listed(facts.roles)}.",
    )


def _created(facts: Facts) -> Statement:
    action = facts.action("L1")
    if action:
        how = "all roles of its groups" if facts.settings.synchronize_roles else "the main group's role alone"
        return decided("R3", f"At creation the login gets {how}: {listed(facts.titles(action['after']['roleIds']))}.")
    return no_part("R3", "No login is made in this plan.")


def _follow(facts: Facts) -> Statement:
    if not _follows(facts):
        return no_part("R4", _left(facts))
    told = " ".join(_of_group(facts, group) for group in facts.groups)
    if facts.action("R4"):
        return decided("R4", told)
    return might_have("R4", f"{told} So nothing is to be added or replaced.")


def _of_group(facts: Facts, group: Group) -> str:
    """What R4 makes of one group of the person."""
    then = (facts.role_state or {}).get(group.group_id)
    has = group.role_id in facts.role_ids
    if then is None:
        said = "has it already" if has else "gets it"
        return f"{group.name} is new since the last reconciliation and gives {group.role}: the user {said}."
    if then == group.role_id:
        return f"{group.name} gave {group.role} before and still does."
    old = facts.titles([then])[0]
    said = f"{old} is replaced" if then in facts.role_ids else f"the user does not have {old}, so nothing is replaced"
    return f"{group.name} gave {old} before and gives {group.role} now: {said}."


def _reset(facts: Facts) -> Statement:
    if not _follows(facts):
        return no_part("R5", _left(facts))
    missing, extra = facts.missing_roles, facts.extra_roles
    if facts.action("R5"):
        gone = f" What goes: {listed(extra)}." if extra else ""
        return decided(
            "R5",
            f"A role given by a group was taken away in Emply: {listed(missing)}. So the roles become exactly those of "
            f"the groups, {listed(facts.wanted_roles)}.{gone}",
        )
    if missing:
        return might_have("R5", f"Missing, but R4 or R7 speaks: {listed(missing)}.")
    stay = f" What no group gives stays: {listed(extra)}." if extra else ""
    return might_have("R5", f"The user has every role of its groups: {listed(facts.wanted_roles)}.{stay}")


def _outcome(facts: Facts) -> Statement:
    action = facts.action(kind="set_roles")
    if action:
        before, after = (listed(facts.titles(action[side]["roleIds"])) for side in ("before", "after"))
        return decided("R6", f"The roles change from {before} to {after}.")
    if facts.reconcilable:
        return might_have("R6", f"The roles stay as they are: {listed(facts.roles)}.")
    return no_part("R6", _left(facts))


def _protected(facts: Facts) -> Statement:
    held = listed(facts.protected_held)
    if facts.finding("protected_role", "R7"):
        return decided("R7", f"The user holds the protected role {held}, so its roles stay although they would change.")
    if facts.protected_held:
        return might_have("R7", f"The user holds the protected role {held}; nothing would change anyway.")
    return no_part("R7", "The user holds no protected role.")


def _names(facts: Facts) -> Statement:
    renamed = [str(row["subject"]) for row in facts.findings if row["code"] == "group_renamed"]
    if renamed:
        return decided("R8", f"The group {listed(renamed)} was renamed in Entra and goes on working by its id.")
    return no_part("R8", "All names in the settings are known.")


def _remembered(facts: Facts) -> Statement:
    joins = facts.action("L1") is not None
    if (facts.reconcilable or joins) and not facts.finding("protected_role", "R7"):
        groups = listed([group.name for group in facts.groups])
        return decided("R9", f"Once applied, these groups are remembered as reconciled: {groups}.")
    if facts.reconcilable:
        return might_have("R9", "What was remembered stays as it is, because R7 spoke.")
    return no_part("R9", "Nothing is remembered of who is not in scope or not matched.")


def _main_role(facts: Facts) -> str:
    return f"{facts.main.role}, the role of its main group {facts.main.name}" if facts.main else "none"


def _not_ours(facts: Facts) -> str:
    if facts.left_alone:
        return "the user is left alone (M4)"
    return facts.out_of_scope or "the user has no login yet"


def _left(facts: Facts) -> str:
    """Why R2 or R4 to R6 are not about this person."""
    if not facts.reconcilable:
        return f"It is not about this person: {_not_ours(facts)}."
    if facts.employee is not None:
        return "The employee controls the roles (R1)."
    return "synchronize_roles is off, so roles do not follow the groups (R2)."
