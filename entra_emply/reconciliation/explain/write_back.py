"""W, explained: what Emply changes in Entra, and why it does not."""

from collections.abc import Iterator

from entra_emply.reconciliation.explain.facts import Facts
from entra_emply.reconciliation.explain.statement import Statement, decided, listed, might_have, no_part

_NOT_MADE = {
    "domain_not_verified": "neither its username nor its e-mail is in a verified domain of the tenant",
    "duplicate_upn": "another user of this plan would get the same sign-in name",
    "restorable_user": "a deleted Entra user carries this sign-in name: restore that one",
}


def statements(facts: Facts) -> Iterator[Statement]:
    """W0 to W4, in order."""
    yield from (_hybrid(facts), _create(facts), _update(facts), _delete(facts), _switches(facts))


def may_update(facts: Facts) -> bool:
    """Whether W2 is about this person, whatever the switch says."""
    return facts.reconcilable and facts.employee is not None and not facts.archived


def may_delete(facts: Facts) -> bool:
    """Whether W3 is about this person, whatever the switch says."""
    return facts.linked and facts.entra is not None and facts.archived and not facts.left_alone


def may_create(facts: Facts) -> bool:
    """Whether W1 is about this person, whatever the switch says."""
    return facts.external and facts.active and not facts.archived


def mastered_on_premises(facts: Facts) -> bool:
    """Whether the user is mastered in a directory outside Entra."""
    return facts.entra is not None and bool(facts.entra["on_premises_sync_enabled"])


def _hybrid(facts: Facts) -> Statement:
    if facts.hybrid_tenant:
        return might_have("W0", "The tenant is hybrid (mastered on-premises), so nothing is ever written to Entra.")
    if facts.finding("hybrid_read_only"):
        return decided("W0", "This user is mastered on-premises, so Entra is not written to: change it there.")
    if mastered_on_premises(facts):
        return might_have("W0", "This user is mastered on-premises; nothing would be written to it.")
    return no_part("W0", "Neither the tenant nor this user is mastered on-premises.")


def _create(facts: Facts) -> Statement:
    action = facts.action("W1")
    if action:
        return decided(
            "W1",
            f"The Emply user is in no way known in Entra, so {action['after']['userPrincipalName']} is created there. "
            "Groups are given by hand.",
        )
    why = next((why for code, why in _NOT_MADE.items() if facts.finding(code)), None)
    if why:
        return decided("W1", f"The user is not created in Entra: {why}.")
    if not may_create(facts):
        return no_part("W1", "It is about active logins in Emply that belong to no Entra user.")
    if not facts.settings.entra_write_back.create:
        return might_have("W1", "The external user is not created in Entra, because entra_write_back.create is off.")
    return might_have("W1", "The external user is not created: an Entra user carries its username or e-mail.")


def _update(facts: Facts) -> Statement:
    action = facts.action("W2")
    if action:
        return decided("W2", f"The employee leads, so Entra follows it: {listed(list(action['after']))}.")
    if not may_update(facts):
        return no_part("W2", "It is about users in scope with an employee that is not archived.")
    if not facts.settings.entra_write_back.update:
        return might_have("W2", "Entra does not follow the employee, because entra_write_back.update is off.")
    if facts.finding("hybrid_read_only"):
        return might_have("W2", "The user is mastered on-premises and never written to (W0).")
    return might_have("W2", "Entra has what the employee has.")


def _delete(facts: Facts) -> Statement:
    if facts.action("W3"):
        return decided(
            "W3",
            "The employee is archived, so the Entra user is moved to the deleted users, where it is kept for 30 days, "
            "and the login is deactivated.",
        )
    if not may_delete(facts):
        return no_part("W3", "It is about linked users whose employee is archived.")
    if not facts.settings.entra_write_back.delete:
        return might_have("W3", "The Entra user is not deleted, because entra_write_back.delete is off.")
    if facts.finding("hybrid_read_only"):
        return might_have("W3", "The user is mastered on-premises and never written to (W0).")
    return might_have("W3", "The Entra user was deleted for this employee before, and was restored by hand.")


def _switches(facts: Facts) -> Statement:
    switches = facts.settings.entra_write_back
    about = {
        "create": may_create(facts) and not switches.create,
        "update": may_update(facts) and not switches.update,
        "delete": may_delete(facts) and not switches.delete,
    }
    off = [f"entra_write_back.{name}" for name, concerned in about.items() if concerned]
    if off:
        return decided("W4", f"{listed(off)} is off, so nothing of it is planned.")
    return no_part("W4", "No switch that is off concerns this person.")
