"""The conditions that the product names in its sentences, judged by the reference: one function a condition, a module a
letter.

They are written from rules.md and from the words of the condition (`entra_emply.reconciliation.words`), and share
nothing with the product's masks. A condition that the product words has a function here, or stands in `UNCHECKED` with
the reason.
"""

from collections.abc import Callable

from tests.reference.conditions import (
    attributes,
    calendars,
    common,
    lifecycle,
    matching,
    photos,
    roles,
    signs,
    unread,
    write_back,
)
from tests.reference.conditions.case import Case
from tests.reference.conditions.claims import CLAIMS
from tests.reference.conditions.common import Answer
from tests.reference.conditions.groups import ABOUT_GROUPS
from tests.reference.terms import Person

__all__ = ["ABOUT_GROUPS", "CLAIMS", "COMPARED", "CONDITIONS", "Answer", "Case"]

_LETTERS = (common, matching, lifecycle, roles, attributes, photos, calendars, unread, write_back, signs)

CONDITIONS: dict[str, Callable[[Case, Person], Answer]] = {
    name: asked for letter in _LETTERS for name, asked in letter.CONDITIONS.items()
}
COMPARED: dict[str, Callable[[Case, Person], dict[str, object]]] = {
    name: told for letter in _LETTERS for name, told in getattr(letter, "COMPARED", {}).items()
}
"""The values that a condition compares, by the names that the product gives them: those that are simple."""
