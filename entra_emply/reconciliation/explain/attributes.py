"""A, explained: which fields follow Entra, and which do not."""

from collections.abc import Iterator

from entra_emply.reconciliation.explain.facts import Facts, Row
from entra_emply.reconciliation.explain.statement import Statement, decided, listed, might_have, no_part

_FOLLOWING = {
    "firstName": ("given_name", "first name"),
    "lastName": ("surname", "last name"),
    "jobTitle": ("job_title", "job title"),
    "mobilePhone": ("mobile_phone", "mobile phone"),
}
_FILLED = {"email": "e-mail", "username": "username"}


def statements(facts: Facts) -> Iterator[Statement]:
    """A1 to A4, in order."""
    action = facts.action("A1", "A2")
    changed = list(action["after"]) if action else []
    yield _following(facts, [name for name in changed if name in _FOLLOWING])
    yield _filled(facts, [name for name in changed if name in _FILLED])
    yield _employee(facts)
    yield _one_action(action)


def _following(facts: Facts, changed: list[str]) -> Statement:
    if changed:
        return decided("A1", f"Entra leads, so these follow it: {listed([_FOLLOWING[name][1] for name in changed])}.")
    if not _ours(facts) or facts.entra is None:
        return no_part("A1", _not_ours(facts))
    empty = [label for column, label in _FOLLOWING.values() if not (facts.entra[column] or "").strip()]
    kept = f" Where Entra has no value, Emply's stays: {listed(empty)}." if empty else ""
    return might_have("A1", f"First name, last name, job title and mobile phone equal Entra's.{kept}")


def _filled(facts: Facts, changed: list[str]) -> Statement:
    if changed:
        return decided("A2", f"Emply has none yet, so these are filled: {listed([_FILLED[name] for name in changed])}.")
    if facts.finding("address_taken", "A2"):
        return decided("A2", "Emply has no e-mail or username, but another Emply user carries the one to fill in.")
    if not _ours(facts):
        return no_part("A2", _not_ours(facts))
    return might_have("A2", "E-mail and username are filled only where Emply has none; there is nothing to fill.")


def _employee(facts: Facts) -> Statement:
    if facts.reconcilable and facts.employee is not None:
        return decided(
            "A3",
            "There is an employee, and the employee controls the user: changes of master data are made on the "
            "employee's profile in Emply.",
        )
    return no_part("A3", "There is no employee, or the user is not in scope.")


def _one_action(action: Row | None) -> Statement:
    if action:
        changes = [
            f"{name} from {action['before'][name] or 'nothing'} to {value}" for name, value in action["after"].items()
        ]
        return decided("A4", f"One change of the fields: {listed(changes)}.")
    return no_part("A4", "No field changes.")


def _ours(facts: Facts) -> bool:
    return facts.reconcilable and facts.employee is None


def _not_ours(facts: Facts) -> str:
    if facts.reconcilable:
        return "The employee controls the fields (A3)."
    if facts.left_alone:
        return "The user is left alone (M4)."
    return f"Fields are left as they are: {facts.out_of_scope or 'the user has no login yet'}."
