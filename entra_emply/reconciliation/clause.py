"""A condition that was looked at, as a clause: its words, with the values that were compared.

Sentences are made of clauses where something is said: by `explain`, the plan, `undo`.
"""

from collections.abc import Mapping

from entra_emply.reconciliation.rule import Looked
from entra_emply.reconciliation.words import CONDITIONS
from entra_emply.reconciliation.words.phrase import phrase

NUMBERED = {
    "are": ("is", "are"),
    "them": ("it", "them"),
    "they": ("it", "they"),
    "stay": ("stays", "stay"),
    "do": ("does", "do"),
    "go": ("goes", "go"),
    "take": ("takes", "take"),
    "give": ("gives", "give"),
    "change": ("changes", "change"),
    "undo": ("undoes", "undo"),
}
ROW: dict[str, object] = {name: f"\x00{name}\x00" for name in ("names", *NUMBERED)}
"""What stands for the names of rows until it is known how many there are."""


def clause_of(looked: Looked) -> str:
    """A condition that was looked at, as a clause."""
    words = CONDITIONS[looked.name]
    return phrase(words.holds if looked.holds else words.fails, as_told(looked.compared))


def as_told(values: Mapping[str, object]) -> dict[str, object]:
    """Values as words take them: a condition among them is its clause."""
    return ROW | {name: _as_words(each) for name, each in values.items()}


def _as_words(value: object) -> object:
    if isinstance(value, list):
        return [_as_words(each) for each in value]
    return clause_of(value) if isinstance(value, Looked) else value
