"""`history`: what was planned, approved and done, in words. It only reads. Not here: the queries (`ledger.history`)."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from entra_emply.environment import Environment
from entra_emply.ledger.history import Event, Only, told
from entra_emply.ledger.installed import existing_ledger
from entra_emply.person.history_table import history_table
from entra_emply.person.names import names_of_last_run
from entra_emply.printing import line
from entra_emply.reconciliation.report.wording import changes, held_because, why

_SHOWN = 100
"""The most events to print; --json prints all."""


def history(environment: Environment, asked: str | None, only: Only, *, whole: bool) -> list[Event]:
    """The events that `only` chooses, of a person or an action (`asked`) or of everybody, newest first; of everybody
    without a choice they are counted. All of them, if the `whole` history is asked for, else what is shown.

    Raises SettingsError if there is no ledger, PlanRefused for an unknown kind.
    """
    with existing_ledger(environment) as ledger:
        events = ledger.read(told, asked, None if whole else _SHOWN + 1, only)
    one_by_one = bool(events) and "action_id" in events[0]
    return in_words(events, names_of_last_run(environment)) if one_by_one else events


def in_words(events: Sequence[Event], names: Mapping[str, str]) -> list[Event]:
    """Events of actions, each with its `changes` (before → after in names), why it is planned (`because`) and held
    (`held_because`, by guard).
    """
    return [
        {
            **event,
            "changes": changes(event, names),
            "because": why(event),
            "held_because": held_because(event["held_by"].split(), event["held_because"].split()),
        }
        for event in events
    ]


def show_history(events: Sequence[Event], console: Console) -> None:
    """Print the newest events; above them whom they are about, where that is one person."""
    if not events:
        console.print("The ledger has no such events.")
        return
    subjects = {event.get("subject") for event in events}
    if len(subjects) == 1 and (subject := subjects.pop()):
        line(console, Text(str(subject), "bold"))
    console.print(history_table(events[:_SHOWN]))
    if len(events) > _SHOWN:
        console.print("… and more (--json shows all)", style="dim")
