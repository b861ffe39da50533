"""Answers about logins: how they come to be, whom they belong to, and how they end."""

from entra_emply.reconciliation.explain import matching
from entra_emply.reconciliation.explain.facts import Facts, Row
from entra_emply.reconciliation.explain.statement import first_of, listed
from entra_emply.reconciliation.rules import signs, user_creation, write_back
from entra_emply.reconciliation.rules.conditions import not_left_alone
from entra_emply.text import key_of

_LEAVER = "The employee is archived: nobody gets a leaver's login, and none is made (L3)."


def employees_first(facts: Facts) -> str | None:
    """Must the employee exist before the user?"""
    if facts.rooms:
        return None
    if facts.employee is None:
        return _without_employee(facts)
    if facts.entra is None and facts.login is None:
        if facts.status == "archived":
            return "There is only the employee, who is archived: an Entra user with this e-mail gets no login (L3)."
        return "There is only the employee. A user of Entra with the same e-mail will be connected to this employee."
    return _with_employee(facts, facts.employee)


def _with_employee(facts: Facts, employee: Row) -> str:
    if facts.login is None:
        if facts.archived:
            return _LEAVER
        so = "so a login of this user is connected to the employee"
    else:
        so = "so the two are connected"
    named = facts.login is not None and facts.login["employee_id"] == employee["employee_id"]
    return f"The employee ({facts.status}) {'is named by the login' if named else 'has the same e-mail'}, {so}."


def _without_employee(facts: Facts) -> str:
    near = next(iter(facts.near), None)
    hint = _hint(near) if near else ""
    if facts.email is None:
        return f"The user has no e-mail address, so no employee can have the same: the user must get one first.{hint}"
    when = "at the next run" if facts.login is not None or facts.action("L1") else "once the user has a login"
    none = f"No employee has the e-mail {facts.email}."
    if any(key_of(each["email"] or "") == facts.address for each in facts.near):
        return (
            f"{none} The employee with the Entra user's e-mail {facts.address} does not count, because somebody else "
            "has that e-mail, too, or is connected to that employee. Give the employee and the login the same e-mail, "
            f"and the two are connected {when}."
        )
    return (
        f"{none} The integration never makes employees: create the employee with exactly this e-mail, and the two are "
        f"connected {when}.{hint}"
    )


def _hint(near: Row) -> str:
    if near["email"]:
        return f" An employee has nearly the same e-mail, or the same name: {near['email']}."
    return " An employee of the same name has no e-mail."


def connected(facts: Facts) -> str | None:
    """How is the Entra user connected to the profile in Emply?"""
    if facts.entra is None:
        return None
    linking, making = facts.action(kind="link_user"), facts.action("L1")
    if facts.matched and linking:
        return f"{matching.counterpart(facts)} This is to be recorded {facts.fate(linking)}."
    if facts.matched:
        return f"They are connected. {matching.counterpart(facts)}"
    if making:
        return f"By a login with the same e-mail, which the integration makes {facts.fate(making)}."
    if facts.rooms:
        return f"They are not connected, because {facts.out_of_scope}."
    return f"They are not connected. {_not_connected(facts)}"


def _not_connected(facts: Facts) -> str:
    """Why an Entra user has no login, and nobody makes one."""
    if facts.left_alone:
        return matching.counterpart(facts)
    if facts.newcomer and facts.archived:
        return _LEAVER
    why = f" The Entra user must also be in scope, but {facts.out_of_scope}." if facts.out_of_scope else ""
    others = listed([matching.named(other) for other in facts.candidates], "")
    missed = f" Not taken: {others}." if others else ""
    identical = f"Both e-mails must be identical; in Entra it is {facts.address or 'missing'}."
    return f"{identical}{why}{missed}"


def made_by_hand(facts: Facts) -> str | None:
    """Can the login be made by hand, and is it synchronised then?"""
    linking = facts.action(kind="link_user")
    if facts.left_alone:
        return "A login is connected by the same username or e-mail, but here more than one user carries the address."
    if facts.login is None:
        return _without_login(facts)
    if facts.external and facts.settings.enabled:
        return "This login is external: no Entra user has it, and the integration leaves it as it is."
    if linking and linking["held_by"]:
        return f"Yes, but not yet. {matching.counterpart(facts)} This is to be recorded {facts.fate(linking)}."
    if facts.not_reconciled:
        return f"The login is not synchronised now: {facts.not_reconciled}."
    only = " With an employee, only active or not active is." if facts.employee is not None else ""
    return f"Yes, it is synchronised. {matching.counterpart(facts)}{only}"


def _without_login(facts: Facts) -> str | None:
    """Whether a login made by hand would be connected to an Entra user without one (M2, M3)."""
    if facts.entra is None:
        return None
    making = facts.action("L1")
    if making:
        return f"There is no need to make one by hand: the integration does {facts.fate(making)}."
    if facts.archived:
        return "A login made by hand would be connected to nobody while the employee is archived (M1)."
    by_itself = "A login made by hand with the same username or e-mail would be connected to the Entra user by itself"
    return f"{by_itself}{f', but not as long as {facts.out_of_scope}' if facts.out_of_scope else ''}."


def outside_groups(facts: Facts) -> str | None:
    """Can there be a user in Emply who is in no group of Entra?"""
    if not facts.external:
        return None
    creating = facts.action("W1")
    if creating:
        then = (
            f"The user is to be created in Entra {facts.fate(creating)}, because entra_write_back.create is on; switch "
            "that off to avoid it."
        )
    elif facts.settings.entra_write_back.create:
        why = facts.first_failed(*user_creation.W1.conditions) or "the last run did not plan it"
        then = f"The user is not created in Entra, because {why}."
    else:
        then = "The user is not created in Entra, because entra_write_back.create is off."
    return f"Yes, this is such a user: external, and left as it is. {then}"


def deleted(facts: Facts) -> str | None:
    """How do the rules for deletion work?"""
    if facts.login is None:
        return None
    leaving, deleting = facts.action(kind="deactivate_user"), facts.action(kind="delete_user")
    if facts.external:
        return "The login belongs to no Entra user, so nothing that happens in Entra deactivates it."
    if facts.left_alone:
        return (
            "As long as it is not clear whose the address is (M4), nothing that happens in Entra changes the login: "
            f"it stays {'active' if facts.active else 'deactivated'}."
        )
    if facts.gone:
        then = f" {facts.fate(leaving)}" if leaving else ""
        return f"The user was removed from Entra, so the login in Emply is deactivated, not deleted{then}."
    if deleting:
        login = "and the login is deactivated" if leaving else "the login is deactivated already"
        archived = "The employee is archived, so the Entra user is moved to the deleted users"
        return f"{archived}{' ' if leaving else '; '}{login} {facts.fate(deleting)}."
    return (
        "When the user is removed from Entra, the login in Emply is deactivated. When the employee is archived, "
        f"{_of_archived(facts)}."
    )


def _of_archived(facts: Facts) -> str:
    """What becomes of an Entra user whose employee is archived (W3)."""
    kept = "the Entra user is kept"
    return first_of(
        (not facts.settings.entra_write_back.delete, f"{kept} (entra_write_back.delete is off)"),
        (facts.holds(write_back.on_premises), f"{kept}, because the user is mastered on-premises (W0)"),
        (
            facts.holds(*write_back.W3.about) and not facts.holds(write_back.not_deleted_before),
            f"{kept}, who was deleted for this employee before and restored by hand",
        ),
    ) or "the Entra user is moved to the deleted users (entra_write_back.delete is on)"  # fmt: skip


def still_active(facts: Facts) -> str | None:
    """The user was deleted in Entra: why is the login still active in Emply?"""
    if facts.login is None and facts.employee is None:
        return None
    parts = []
    if facts.finding("leaver_without_resignation_date"):
        parts.append(
            "The employee is still under Active because no resignation date is entered. Enter it in Emply: the "
            "employee then moves to Pending, and to Archived when the date is reached."
        )
    leaving = facts.action(kind="deactivate_user")
    if leaving:
        parts.append(f"The login is to be deactivated {facts.fate(leaving)}.")
    if facts.external and facts.active:
        parts.append("The login belongs to no Entra user, so nothing that happens in Entra deactivates it.")
    if facts.gone and not facts.active:
        parts.append("The login is deactivated.")
    here = "The user exists in Entra." if facts.entra else "There is no such user in Entra."
    return " ".join(parts) or here


def guests(facts: Facts) -> str | None:
    """Can a guest (B2B) be synchronised?"""
    if not facts.guest:
        return None
    groups = listed([group.name for group in facts.groups])
    return first_of(
        (facts.left_alone, f"Yes, but this one is left alone: {facts.first_failed(not_left_alone)}."),
        (
            facts.finding("guest_without_mail"),
            "Yes, but this guest has no mail address in Entra, so no login can be made: fill it in.",
        ),
        (facts.in_scope, f"Yes. This guest is in {groups} and treated as any other user."),
    ) or (
        "Yes, with any e-mail address, once the guest is enabled and in a configured group. This one is not in scope: "
        f"{facts.out_of_scope}."
    )


def guest_sign_in(facts: Facts) -> str | None:
    """Can this guest use single sign-on?"""
    if not facts.guest:
        return None
    if facts.out_of_scope:
        return f"Single sign-on is looked at for people in scope only, and {facts.out_of_scope}."
    if facts.settings.sso.service_principal_id is None:
        return "Yes, if the application for single sign-on lets guests in; that is not looked at (sso is not set)."
    unread = facts.first_failed(signs.application_read)
    if unread:
        return f"That is not known, because {unread}."
    if facts.finding("sso_not_assigned"):
        return "Not yet: neither this guest nor one of their groups is assigned to the application for single sign-on."
    return "Yes: this guest is assigned to the application for single sign-on, or it requires no assignment."
