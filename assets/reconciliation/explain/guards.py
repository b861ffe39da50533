"""G, explained: what of this person waits for a human being, and why."""

from collections.abc import Iterator

from assets.reconciliation.explain.facts import Facts
from assets.reconciliation.explain.statement import Statement, decided, listed, might_have, no_part
from assets.reconciliation.wording import GUARDS

_GUARDED = {
    "G1": ("deactivate_user", "delete_user"),
    "G2": ("set_roles",),
    "G3": ("link_user", "deactivate_user", "delete_user", "create_user", "set_roles"),
    "G4": ("deactivate_user",),
    "G6": ("remove_calendar", "detach_calendar", "delete_event"),
    "G7": ("create_user", "activate_user"),
}


def statements(facts: Facts) -> Iterator[Statement]:
    """G1 to G7, in order."""
    for rule, kinds in sorted({**_GUARDED, "G5": ()}.items()):
        if rule == "G5":
            yield no_part("G5", "Both systems were read completely: else there would be no plan.")
            continue
        held = [row["kind"] for row in facts.actions if rule in row["held_by"]]
        watched = [row["kind"] for row in facts.actions if row["kind"] in kinds]
        if held:
            yield decided(rule, f"Held until somebody approves it: {listed(sorted(set(held)))}; {_why(rule)}.")
        elif watched:
            yield might_have(rule, f"It watches {listed(sorted(set(watched)))}, and does not hold it.")
        else:
            yield no_part(rule, "Nothing that it watches is planned for this person.")


def _why(rule: str) -> str:
    return GUARDS.get(rule, "a guard says so")
