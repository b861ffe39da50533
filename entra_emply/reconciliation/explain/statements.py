"""Every rule once, in the order of rules.md: what it does for one person. The conditions are the rules' own."""

from collections.abc import Iterator

from entra_emply.reconciliation.explain import attributes, by_rows, photos, roles, write_back
from entra_emply.reconciliation.explain.facts import Facts
from entra_emply.reconciliation.explain.statement import Statement, no_part, statement, unasked
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.rule import Rule
from entra_emply.reconciliation.rules import lifecycle
from entra_emply.reconciliation.rules.conditions import in_entra
from entra_emply.reconciliation.rules.matching import M1, M4, M5, M6, comparisons

_LETTERS = (
    *(letter.statements for letter in (roles, attributes, photos)),
    *(by_rows.calendars, by_rows.events, write_back.statements, by_rows.signs, by_rows.held),
)
_WITHOUT_INTEGRATION = ("X", "C6")


def statements(facts: Facts) -> Iterator[Statement]:
    """Every rule once, with its part in what happens to this person. With the integration off, only X and C6 speak."""
    for each in _statements(facts):
        silent = not facts.settings.enabled and each.rule not in _WITHOUT_INTEGRATION
        yield no_part(each.rule, "The integration is switched off.") if silent else each


def _statements(facts: Facts) -> Iterator[Statement]:
    yield from by_rows.switched_off(facts)
    yield from _matching(facts)
    yield from (_of_person(rule, facts) for rule in lifecycle.RULES)
    for letter in _LETTERS:
        yield from letter(facts)


def _of_person(rule: Rule[Identities], facts: Facts) -> Statement:
    """A rule about people. An employee whom nobody belongs to is no row of it."""
    if facts.row is None:
        return unasked(rule, rule.conditions[0].name)
    return statement(rule, facts.identities, facts.row)


def _matching(facts: Facts) -> Iterator[Statement]:
    """M1 to M6. Both comparisons have a row for each Entra user."""
    yield _of_person(M1, facts)
    for rule, comparison in comparisons(facts.identities).asked:
        if facts.row is not None and facts.row < len(comparison):
            yield statement(rule, comparison, facts.row)
        else:
            yield unasked(rule, in_entra.name)
    yield from (_of_person(rule, facts) for rule in (M4, M5, M6))
