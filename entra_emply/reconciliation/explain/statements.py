"""Every rule once, in the order of rules.md: what it does for one person. The conditions are the rules' own."""

from collections.abc import Iterator

from entra_emply.reconciliation.explain import by_rows
from entra_emply.reconciliation.explain.facts import Facts
from entra_emply.reconciliation.explain.statement import (
    Statement,
    because,
    no_part,
    statement,
    statement_of_several,
    unasked,
)
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.rule import Rule
from entra_emply.reconciliation.rules import attributes, groups, lifecycle, photos, role_states, roles, write_back
from entra_emply.reconciliation.rules.comparisons import comparisons
from entra_emply.reconciliation.rules.conditions import in_emply
from entra_emply.reconciliation.rules.matching import M1, M4, M5, M6
from entra_emply.reconciliation.rules.scope import in_entra
from entra_emply.reconciliation.words import RULES

_OF_USERS = (in_entra, in_emply)
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
    yield from (_of_person(rule, facts) for rule in roles.RULES)
    yield _renamed(facts)
    yield _of_person(role_states.R9, facts)
    yield from (_of_person(rule, facts) for rule in attributes.RULES)
    yield from _photos(facts)
    yield from by_rows.calendars(facts)
    yield from by_rows.events(facts)
    yield from (_of_person(rule, facts) for rule in write_back.RULES)
    yield from by_rows.signs(facts)
    yield from by_rows.held(facts)


def _of_person(rule: Rule[Identities], facts: Facts) -> Statement:
    """A rule about people. An employee whom nobody belongs to is no row of it: there is no user in either system."""
    if facts.row is None:
        missing = next((each for each in rule.conditions if each in _OF_USERS), rule.conditions[0])
        return unasked(rule, missing.name)
    return statement(rule, facts.identities, facts.row)


def _renamed(facts: Facts) -> Statement:
    """R8: of each group that the person is in."""
    none = no_part(groups.R8.name, because(RULES[groups.R8.name].does_not, []))
    rows = [] if facts.row is None else groups.of_person(facts.identities, facts.row).tolist()
    return statement_of_several(groups.R8, groups.named_groups(facts.identities), rows, none)


def _photos(facts: Facts) -> Iterator[Statement]:
    """P1 to P5. P3 forbids, so nothing is asked for it."""
    yield from (_of_person(rule, facts) for rule in (photos.P1, photos.P2))
    yield no_part("P3", because(RULES["P3"].does_not, []))
    yield from (_of_person(rule, facts) for rule in (photos.P4, photos.P5))


def _matching(facts: Facts) -> Iterator[Statement]:
    """M1 to M6. The three comparisons have a row for each Entra user."""
    yield _of_person(M1, facts)
    for rule, comparison in comparisons(facts.identities).asked:
        if facts.row is not None and facts.row < len(comparison):
            yield statement(rule, comparison, facts.row)
        else:
            yield unasked(rule, in_entra.name)
    yield from (_of_person(rule, facts) for rule in (M4, M5, M6))
