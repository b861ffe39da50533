"""`history`: what was planned, approved and done, from the ledger. It only reads."""

from collections.abc import Sequence

from rich.console import Console

from entra_emply.environment import Environment
from entra_emply.ledger.history import Event
from entra_emply.ledger.history_table import history_table
from entra_emply.ledger.installed import existing_ledger

_SHOWN = 100
"""The most events to print; --json prints all."""


def history(environment: Environment, asked: str | None) -> list[Event]:
    """The events of a person, or the counted events of everybody; newest first. Raises SettingsError if none exist."""
    with existing_ledger(environment) as ledger:
        return ledger.history(asked)


def show_history(events: Sequence[Event], console: Console) -> None:
    """Print the newest events."""
    if not events:
        console.print("The ledger has no such events.")
        return
    console.print(history_table(events[:_SHOWN]))
    if len(events) > _SHOWN:
        console.print(f"… and {len(events) - _SHOWN} more (--json shows all)", style="dim")
