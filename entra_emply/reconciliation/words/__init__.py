"""The words of every rule and every condition: one catalogue, a module a letter of rules.md, put together here.

A condition has two clauses, for "holds" and for "does not hold"; a rule has a sentence for what it does and one for
what it does not do. An explanation takes both from here and joins them: "The login is not deactivated, because the
account is enabled in Entra." Nothing is decided here.
"""

from entra_emply.reconciliation.words import (
    attributes,
    calendars,
    common,
    events,
    guards,
    lifecycle,
    matching,
    photos,
    roles,
    signs,
    undo,
    wishes,
    write_back,
)
from entra_emply.reconciliation.words.phrase import ConditionWords, RuleWords, phrase

__all__ = ["CONDITIONS", "RULES", "ConditionWords", "RuleWords", "phrase"]

_LETTERS = (
    *(common, matching, lifecycle, roles, attributes, photos),
    *(calendars, events, write_back, signs, undo, guards, wishes),
)

CONDITIONS: dict[str, ConditionWords] = {name: words for each in _LETTERS for name, words in each.CONDITIONS.items()}
RULES: dict[str, RuleWords] = {name: words for each in _LETTERS for name, words in each.RULES.items()}
