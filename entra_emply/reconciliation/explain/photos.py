"""P, explained: whose profile picture comes from Entra."""

from collections.abc import Iterator

from entra_emply.reconciliation.explain.facts import Facts
from entra_emply.reconciliation.explain.statement import Statement, decided, might_have, no_part


def statements(facts: Facts) -> Iterator[Statement]:
    """P1 to P4, in order."""
    yield _set(facts)
    if facts.reconcilable and facts.employee is not None:
        yield decided(
            "P2",
            "The user is connected to an employee, who controls it: the picture of Entra is not taken over. Change it "
            "on the employee's profile in Emply.",
        )
    else:
        yield no_part("P2", "It is about users with an employee.")
    yield no_part("P3", "Pictures never go from Emply to Entra.")
    removed = facts.mailbox.recorded_photo is not None and facts.mailbox.photo is None
    if removed and _considered(facts) is None:
        yield decided("P4", "The picture was removed in Entra; the one in Emply stays.")
    else:
        yield no_part("P4", "No picture was removed in Entra.")


def _set(facts: Facts) -> Statement:
    if facts.action(kind="set_photo"):
        return decided("P1", "Entra has a new picture, and Emply gets it.")
    why = _considered(facts)
    if why:
        return no_part("P1", f"No picture is taken over from Entra: {why}.")
    if facts.mailbox.photo is None:
        return might_have("P1", "Entra has no picture of this user.")
    return might_have("P1", "Emply has the picture of Entra already.")


def _considered(facts: Facts) -> str | None:
    """Why the picture is not looked at; None where it is."""
    if not facts.settings.profile_pictures:
        return "profile_pictures is off"
    if facts.employee is not None:
        return "an employee controls the user (P2)"
    if not facts.reconcilable:
        return facts.not_reconciled
    return None if facts.becomes_active else "the login is not active"
