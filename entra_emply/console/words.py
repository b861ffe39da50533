"""What the console calls things: states, fields, kinds of actions, what to do about a service's refusal."""

import re
from typing import NamedTuple

from entra_emply.reconciliation.words.actions import KINDS

STATES = {
    "held": "held",
    "approved": "approved",
    "planned": "planned",
    "applied": "applied",
    "failed": "failed",
    "quarantined": "in quarantine",
    "superseded": "not needed any more",
    "interrupted": "interrupted",
    "open": "not finished",
    "new": "new",
    "refused": "refused",
    "released": "released",
    "undo asked": "undo asked for",
    "undo withdrawn": "undo withdrawn",
    "withdrawn": "withdrawn",
}


class Title(NamedTuple):
    """What a kind of action is called, and whether it adds, changes or takes away."""

    text: str
    effect: str


def kind_title(kind: str) -> Title:
    """A kind of action to be read: `emply.create_user` is Create a login."""
    sign, words = KINDS.get(kind, ("~", kind))
    text = words.rpartition(": ")[2]
    return Title(text[:1].upper() + text[1:], {"+": "add", "-": "take"}.get(sign, "change"))


_CODES = {
    r"no_answer|http_5\d\d|http_429|429|timeout|throttl|unavailable|source_unreadable": "The service could not be "
    "reached, or asked to wait. It is tried again by itself; look at Health if it goes on.",
    r"\b(http_)?40[13]\b|unauthorized|forbidden|denied|privileges": "This is not allowed. Either a permission is "
    "missing, which Health says, or the service protects this one, as an owner's login: make the change there by hand.",
    r"not_?found|http_404": "What should be changed is gone. The next run makes a new plan; if it "
    "stays, look at the person.",
    r"conflict|duplicate|exists|taken|unique|http_409": "Another object has the same name or address. Find out whose "
    "it is, and correct one of the two.",
    r"invalid|validation|required|bad_?request|http_4(00|22)": "The service does not accept a value. Compare it with "
    "what changes, and correct it where it comes from.",
}
"""By what a service's code says."""


def what_to_do(code: str | None) -> str:
    """What a person should do about a refusal with this code."""
    found = next((text for pattern, text in _CODES.items() if re.search(pattern, str(code), re.IGNORECASE)), None)
    return found or "Look the code up in the service's documentation, and correct what it names."
