"""Somebody of the made-up company, as both its sides know them."""

from dataclasses import dataclass, field
from typing import Literal

from sandbox.company.names import Office

Fate = Literal[
    "login", "joiner", "archived", "leaver", "unmanaged", "nested", "visitor", "no mail", "room",
    "twice", "taken", "deactivated", "administrator",
]  # fmt: skip
"""What became of a person in Emply, or why nothing did."""


@dataclass
class Person:
    """An Entra account (a room's, too) and what became of the person in Emply."""

    id: str
    office: Office
    first: str
    last: str
    name: str
    mail: str | None
    upn: str
    title: str
    mobile: str | None
    fate: Fate = "login"
    groups: list[str] = field(default_factory=list)

    @property
    def is_guest(self) -> bool:
        """Whether another company's account was invited."""
        return "#EXT#" in self.upn

    @property
    def enabled(self) -> bool:
        """Leavers' accounts are disabled; a room's always is: nobody signs in as a room."""
        return self.fate not in ("leaver", "room")
