"""E, explained: which events go from Outlook to Emply, and which the other way."""

from collections import Counter
from collections.abc import Iterator, Sequence

from entra_emply.reconciliation.explain.calendars import why_none
from entra_emply.reconciliation.explain.facts import Facts, Row
from entra_emply.reconciliation.explain.statement import Statement, decided, listed, might_have, no_part

_SAID = {
    ("emply", "upsert_event"): "to write to Emply",
    ("emply", "delete_event"): "to take out of Emply",
    ("entra", "create_event"): "to create in Outlook",
    ("entra", "update_event"): "to update in Outlook",
    ("entra", "delete_event"): "to delete in Outlook",
}


def statements(facts: Facts) -> Iterator[Statement]:
    """E1 to E3, in order."""
    window = facts.settings.calendar_window
    span = f"from {window.days_back} days back to {window.days_ahead} days ahead"
    idle = {
        "E1": f"Emply has every Outlook event {span} as it is ({facts.mailbox.events} were read).",
        "E2": f"Outlook has every event made in Emply {span} ({facts.mailbox.own} are known).",
    }
    for rule, same in idle.items():
        rows = list(facts.planned(rule))
        if rows:
            yield decided(rule, f"Events {span}: {_counted(rows)}.")
        elif why_none(facts):
            yield no_part(rule, f"Events are not synchronised: {why_none(facts)}.")
        else:
            yield might_have(rule, same)
    private = [row for row in facts.planned("E1") if (row["after"] or {}).get("title") == "Private"]
    if private:
        yield decided("E3", f"{len(private)} event(s) are not of normal sensitivity and show as Private in Emply.")
    else:
        yield no_part("E3", "No event to write is private.")


def _counted(rows: Sequence[Row]) -> str:
    counts = Counter((row["target"], row["kind"]) for row in rows)
    return listed([f"{count} {_SAID[kind]}" for kind, count in counts.items()])
