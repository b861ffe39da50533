"""Answers about logins: how they come to be, whom they belong to, and how they end."""

from assets.reconciliation.explain import matching
from assets.reconciliation.explain.facts import Facts
from assets.reconciliation.explain.statement import first_of, listed


def employees_first(facts: Facts) -> str | None:
    """Must the employee exist before the user?"""
    if facts.entra is None and facts.login is None:
        return "There is only the employee. A user of Entra with the same e-mail will be connected to it."
    if facts.employee is not None:
        return f"The employee ({facts.status}) has the same e-mail or carries this login, so the two are connected."
    near = next(iter(facts.near), None)
    hint = f" An employee has nearly the same: {near['email'] or 'one without e-mail'}." if near else ""
    return (
        f"No employee has the e-mail {facts.subject}. The integration never makes employees: create the employee with "
        f"exactly this e-mail, and the two are connected at the next run.{hint}"
    )


def connected(facts: Facts) -> str | None:
    """How is the Entra user connected to the profile in Emply?"""
    if facts.entra is None:
        return None
    if facts.matched:
        return f"They are connected. {matching.counterpart(facts)}"
    if facts.action("L1"):
        return "There is no profile yet: a login is made with the same e-mail, and the two are connected by that."
    why = f" The Entra user must also be in scope, but {facts.out_of_scope}." if facts.out_of_scope else ""
    others = listed([matching.named(other) for other in facts.candidates], "")
    missed = f" Not taken: {others}." if others else ""
    identical = f"Both e-mails must be identical; in Entra it is {facts.address or 'missing'}."
    return f"They are not connected. {identical}{why}{missed}"


def made_by_hand(facts: Facts) -> str | None:
    """Can the login be made by hand, and is it synchronised then?"""
    if facts.login is None:
        return "A login made by hand with the same username or e-mail would be connected to the Entra user by itself."
    if facts.external:
        return "This login is external: it belongs to no Entra user, and the integration leaves it as it is."
    if facts.left_alone:
        return "A login is connected by the same username or e-mail, but here more than one user carries it."
    return f"Yes, it is synchronised. {matching.counterpart(facts)}"


def outside_groups(facts: Facts) -> str | None:
    """Can there be a user in Emply who is in no group of Entra?"""
    if not facts.external:
        return None
    if facts.action("W1"):
        then = "It will be created in Entra, because entra_write_back.create is on; switch that off to avoid it."
    elif facts.settings.entra_write_back.create:
        then = "It is not created in Entra; rule W1 says why."
    else:
        then = "It is not created in Entra, because entra_write_back.create is off."
    return f"Yes, this is such a user: external, and left as it is. {then}"


def deleted(facts: Facts) -> str | None:
    """How do the rules for deletion work?"""
    if facts.login is None:
        return None
    if facts.gone:
        return "The user was removed from Entra, so the login in Emply is deactivated, not deleted."
    if facts.action("W3"):
        return "The employee is archived, so the Entra user is moved to the deleted users and the login is deactivated."
    switched, kept = ("on", "moved to the deleted users") if facts.settings.entra_write_back.delete else ("off", "kept")
    return (
        "When the user is removed from Entra, the login in Emply is deactivated. When the employee is archived, the "
        f"Entra user is {kept} (entra_write_back.delete is {switched})."
    )


def still_active(facts: Facts) -> str | None:
    """The user was deleted in Entra: why is it still active in Emply?"""
    if facts.login is None and facts.employee is None:
        return None
    parts = []
    if facts.finding("leaver_without_resignation_date"):
        parts.append(
            "The employee is still under Active because no resignation date is entered. Enter it in Emply: the "
            "employee then moves to Pending, and to Archived when the date is reached."
        )
    waiting = facts.action(kind="deactivate_user")
    if waiting and waiting["held_by"]:
        parts.append(f"The deactivation of the login is held by {listed(list(waiting['held_by']))} until approved.")
    elif waiting:
        parts.append("The deactivation of the login is planned.")
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
    if facts.settings.sso.service_principal_id is None:
        return "Yes, if the application for single sign-on lets guests in; it is not looked at (sso is not set)."
    if facts.finding("sso_not_assigned"):
        return "Not yet: neither this guest nor one of its groups is assigned to the application for single sign-on."
    return "Yes: this guest is assigned to the application for single sign-on, or it requires no assignment."
