"""X, explained: the integration as a whole."""

from collections.abc import Iterator

from entra_emply.reconciliation.explain.facts import Facts
from entra_emply.reconciliation.explain.statement import Statement, decided, no_part


def statements(facts: Facts) -> Iterator[Statement]:
    """X alone."""
    if facts.settings.enabled:
        yield no_part("X", "The integration is switched on.")
    else:
        yield decided(
            "X",
            "The integration is switched off (enabled: false): nothing is planned, except that calendars that came "
            "from Outlook leave Emply. Links and what was reconciled stay remembered.",
        )
