"""G, explained: what of this person waits for a human being, and why."""

from collections.abc import Iterator

from entra_emply.reconciliation.explain.facts import Facts
from entra_emply.reconciliation.explain.statement import Statement, decided, listed, might_have, no_part
from entra_emply.reconciliation.report.wording import GUARDS

_GUARDED = {
    "G1": ("emply.deactivate_user", "entra.delete_user"),
    "G2": ("emply.set_roles",),
    "G3": ("ledger.link_user", "emply.deactivate_user", "entra.delete_user", "emply.create_user", "emply.set_roles"),
    "G4": ("emply.deactivate_user",),
    "G6": ("emply.remove_calendar", "emply.detach_calendar", "entra.delete_event"),
    "G7": ("emply.create_user", "emply.activate_user", "entra.create_user"),
}


def statements(facts: Facts) -> Iterator[Statement]:
    """G1 to G7, in order."""
    for rule, kinds in sorted({**_GUARDED, "G5": ()}.items()):
        if rule == "G5":
            yield no_part("G5", "Both systems were read completely: else there would be no plan.")
            continue
        held = [row["kind"] for row in facts.actions if rule in row["held_by"]]
        watched = [
            row["kind"] for row in facts.actions if f"{row['target']}.{row['kind']}" in kinds and row["rule"] != "C6"
        ]
        if held:
            yield decided(rule, f"Held until somebody approves it: {listed(sorted(set(held)))}; {_why(rule)}.")
        elif watched:
            yield might_have(rule, f"It watches {listed(sorted(set(watched)))}, and does not hold it.")
        else:
            yield no_part(rule, "Nothing that it watches is planned for this person.")


def _why(rule: str) -> str:
    return GUARDS.get(rule, "a guard says so")
