"""The conditions of A."""

from tests.reference.attributes import FOLLOWS, is_taken, wanted_addresses
from tests.reference.conditions.case import Case
from tests.reference.conditions.common import Answer
from tests.reference.terms import Person, trimmed


def fields_differ(_case: Case, person: Person) -> Answer:
    return bool(_differing(person))


def address_blank(_case: Case, person: Person) -> Answer:
    return bool(wanted_addresses(person))


def nobody_else_has(case: Case, person: Person) -> Answer:
    return not any(is_taken(case.inputs, person, value, case.planned) for value in wanted_addresses(person).values())


def fields_change(case: Case, person: Person) -> Answer:
    return bool(case.planned.of(person, "update_user"))


def _differing(person: Person) -> list[str]:
    return [name for name, (emply, entra) in _fields(person).items() if entra is not None and emply != entra]


def _fields(person: Person) -> dict[str, tuple[str | None, str | None]]:
    """What Emply has and what Entra has, by the name of the field in Emply."""
    login, user = person.login or {}, person.user or {}
    return {name: (trimmed(login.get(name)), trimmed(user.get(theirs))) for name, theirs in FOLLOWS.items()}


# What is compared


def fields(_case: Case, person: Person) -> dict[str, object]:
    known = {name: entra is not None for name, (_, entra) in _fields(person).items()}
    differ = _differing(person)
    return {
        "differ": [(name, {}) for name in differ],
        "equal": [(name, {}) for name in known if known[name] and name not in differ],
        "blank": [(name, {}) for name in known if not known[name]],
    }


CONDITIONS = {
    "fields_differ": fields_differ,
    "address_blank": address_blank,
    "nobody_else_has": nobody_else_has,
    "fields_change": fields_change,
}

COMPARED = {"fields_differ": fields}
