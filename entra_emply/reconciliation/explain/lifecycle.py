"""L, explained: why the person gets a login, loses it, gets it back, or none of that."""

from collections.abc import Iterator

from entra_emply.reconciliation.explain.facts import Facts
from entra_emply.reconciliation.explain.matching import named
from entra_emply.reconciliation.explain.statement import Statement, decided, first_of, listed, might_have, no_part

_DEACTIVATED = "so the user is deactivated in Emply and found there under deactivated users; it is never deleted"


def statements(facts: Facts) -> Iterator[Statement]:
    """L1 to L11, in order."""
    yield from (_created(facts), _address_taken(facts), _no_email(facts), _archived_newcomer(facts))
    yield from (_activated(facts), _gone(facts), _disabled(facts), _removed(facts), _room(facts), _unmanaged(facts))
    yield from (_without_employee(facts), _without_resignation(facts), _archived(facts))


# Joiners


def _created(facts: Facts) -> Statement:
    action = facts.action("L1")
    if action:
        after = action["after"]
        roles = listed(facts.titles(after["roleIds"]))
        return decided("L1", f"Nobody in Emply has this address, so a login {after['username']} is made, with {roles}.")
    if facts.login is not None:
        return no_part("L1", "There is a login in Emply already.")
    if not facts.in_scope:
        return might_have("L1", f"No login is made, because {facts.out_of_scope}.")
    if facts.left_alone:
        return might_have("L1", "No login is made, because the address is carried by more than one user (M4).")
    return might_have("L1", "No login is made; L1a, L2 or L3 says why.")


def _address_taken(facts: Facts) -> Statement:
    if facts.finding("address_taken", "L1a"):
        carriers = listed([named(other) for other in facts.candidates])
        return decided(
            "L1a",
            f"An Emply user carries the username or the e-mail already, so no login is made: {carriers}.",
        )
    if facts.newcomer:
        return might_have("L1a", "Nobody in Emply carries the username or the e-mail.")
    return no_part("L1a", "It is about people who need a login.")


def _no_email(facts: Facts) -> Statement:
    if facts.finding("guest_without_mail", "L2"):
        return decided("L2", "The guest has no mail address in Entra, so no login can be made.")
    if facts.finding("no_email", "L2"):
        return decided("L2", "The user has no e-mail address in Entra, so no login can be made.")
    if facts.newcomer:
        return might_have("L2", f"The user has an e-mail address: {facts.address}.")
    return no_part("L2", "It is about people who need a login.")


def _archived_newcomer(facts: Facts) -> Statement:
    if facts.finding("employee_archived_in_group", "L3"):
        return decided("L3", "The employee is archived in Emply, so no login is made although Entra's group says so.")
    if facts.newcomer:
        return might_have("L3", f"The employee is {facts.status or 'not there'}, not archived.")
    return no_part("L3", "It is about people who need a login.")


def _activated(facts: Facts) -> Statement:
    if facts.action("L4"):
        return decided("L4", "The user is in scope again, so the login is activated.")
    if facts.finding("deactivated_in_emply", "L4"):
        return decided(
            "L4",
            "Somebody deactivated this login in Emply by hand; only logins that the pipeline deactivated itself are "
            "activated again (setting reactivate: ours).",
        )
    if facts.login is None or facts.active:
        return no_part("L4", "The login is active." if facts.login else "There is no login to activate.")
    why = first_of(
        (facts.left_alone, "the user is left alone (M4)"),
        (not facts.reconcilable, facts.out_of_scope or "it is not matched"),
        (facts.archived, "the employee is archived"),
    )
    return might_have("L4", f"The login is deactivated and stays so, because {why}.")


# Leavers


def _gone(facts: Facts) -> Statement:
    if facts.action("L5"):
        return decided("L5", f"The user was deleted in Entra, {_DEACTIVATED}.")
    if facts.gone:
        return might_have("L5", f"The user was deleted in Entra; {_already(facts)}.")
    if facts.external:
        return no_part("L5", "It is about logins that are linked to an Entra user; this one is not.")
    return no_part("L5", _there(facts) or "The Entra user exists.")


def _disabled(facts: Facts) -> Statement:
    if facts.action("L6"):
        return decided("L6", f"The account is disabled in Entra, {_DEACTIVATED}.")
    if _there(facts):
        return no_part("L6", str(_there(facts)))
    if facts.identity["enabled"]:
        return no_part("L6", "The account is enabled in Entra.")
    return might_have("L6", f"The account is disabled in Entra; {_already(facts)}.")


def _removed(facts: Facts) -> Statement:
    if facts.action("L7"):
        return decided("L7", f"The user was removed from the configured groups in Entra, {_DEACTIVATED}.")
    if _there(facts):
        return no_part("L7", str(_there(facts)))
    if facts.groups:
        return no_part("L7", f"The user is in {listed([group.name for group in facts.groups])}.")
    if not facts.identity["enabled"] or facts.rooms:
        return no_part("L7", "Another rule speaks: the account is disabled, or it is a room.")
    if facts.finding("unmanaged"):
        return might_have("L7", "The user is in no configured group, but no group of its time is configured any more.")
    return might_have("L7", f"The user is in no configured group; {_already(facts)}.")


def _room(facts: Facts) -> Statement:
    if facts.action("L7a"):
        return decided("L7a", f"The user is in the room group {listed(facts.rooms)}, so it is deactivated in Emply.")
    if facts.rooms and not _there(facts):
        return might_have("L7a", f"The user is in the room group {listed(facts.rooms)}; {_already(facts)}.")
    return no_part("L7a", "The user is in no room group.")


def _unmanaged(facts: Facts) -> Statement:
    if facts.finding("unmanaged", "L8"):
        return decided(
            "L8",
            "The groups that gave this login were taken out of the settings. That is not a person taken out of a "
            "group: the login stays as it is.",
        )
    return no_part("L8", "A group of this person is configured, or it never had one.")


# Employees


def _without_employee(facts: Facts) -> Statement:
    if facts.finding("user_without_employee", "L9"):
        return decided(
            "L9",
            f"No employee in Emply has the e-mail {facts.subject}, so Entra leads this user. If the person is an "
            "employee, the employee must have exactly this e-mail.",
        )
    if facts.employee is not None:
        return no_part("L9", f"There is an employee ({facts.status}).")
    return no_part("L9", "It is about people in scope with a login.")


def _without_resignation(facts: Facts) -> Statement:
    if facts.finding("leaver_without_resignation_date", "L10"):
        return decided(
            "L10",
            "The person has left in Entra, but the employee is still Active in Emply without a resignation date. Enter "
            "the resignation date: then the employee becomes Pending, and Archived when the date is reached. The "
            "integration never changes employees.",
        )
    if facts.resigning and facts.out_of_scope and facts.linked:
        return might_have("L10", f"The employee is {facts.status}, and only an active one needs a resignation date.")
    return no_part("L10", "It is about leavers whose employee is still active.")


def _archived(facts: Facts) -> Statement:
    if facts.finding("employee_archived_in_group", "L11"):
        return decided("L11", "The employee is archived, but the user is still enabled and in a configured group.")
    return no_part("L11", "The employee is not archived, or the user is not in scope.")


def _there(facts: Facts) -> str | None:
    """Why L6 to L8 are not about this person; None where they are."""
    if facts.left_alone:
        return "The user is left alone (M4)."
    if facts.entra is None:
        return "There is no Entra user."
    return None if facts.linked else "It is about linked users."


def _already(facts: Facts) -> str:
    if facts.action("W3"):
        return "W3 deactivates it together with deleting the Entra user"
    if facts.left_alone:
        return "but it is left alone (M4)"
    return "the login is deactivated already" if not facts.active else "nothing is planned"
