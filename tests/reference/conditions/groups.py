"""The conditions about a group, which is known by the name that the product compares.

Two groups may have one name: the answers are those of each of them, and one of them has to be the product's.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tests.reference.conditions.case import Case
from tests.reference.signs import has_group_as_member
from tests.reference.terms import Person, Row, get, trimmed

Values = Mapping[str, Any]
Answers = set[bool]


def in_configured_group(case: Case, person: Person, values: Values) -> Answers:
    return {bool(_named(case, person, values, [group.id for group in case.inputs.mapping.groups]))}


def in_read_group(case: Case, person: Person, values: Values) -> Answers:
    return {bool(_named(case, person, values, _ids(case)))}


def dynamic(case: Case, person: Person, values: Values) -> Answers:
    return _of_each(case, person, values, lambda group: "DynamicMembership" in get(group, "groupTypes", []))


def has_group_within(case: Case, person: Person, values: Values) -> Answers:
    return _of_each(case, person, values, lambda group: has_group_as_member(case.inputs, group))


def members_hidden(case: Case, person: Person, values: Values) -> Answers:
    return _of_each(case, person, values, lambda group: (trimmed(group.get("visibility")) or "").lower() == _HIDDEN)


def members_visible(case: Case, _person: Person, _values: Values) -> Answers:
    return {case.inputs.member_read_hidden}


def renamed(case: Case, _person: Person, values: Values) -> Answers:
    """R8: by the name in the settings and the name in Entra."""
    if not values:
        return {False}
    return {trimmed(values["now"]) in {trimmed(group.get("displayName")) for group in case.inputs.mapping.renamed}}


_HIDDEN = "hiddenmembership"


def _ids(case: Case) -> list[str]:
    return [group.id for group in case.inputs.mapping.groups] + case.inputs.mapping.room_group_ids


def _named(case: Case, person: Person, values: Values, ids: list[str]) -> list[Row]:
    """The groups of these that the user is in, of the name that is compared; all of them where none is."""
    mine = {each for each in ids if person.entra_id in case.inputs.members(each)}
    groups = [group for group in case.inputs.entra("groups") if group["id"] in mine]
    if "object" not in values:
        return groups
    return [group for group in groups if trimmed(values["object"]) in (trimmed(group.get("displayName")), group["id"])]


def _of_each(case: Case, person: Person, values: Values, holds: Callable[[Row], bool]) -> Answers:
    return {holds(group) for group in _named(case, person, values, _ids(case))}


ABOUT_GROUPS: dict[str, Callable[[Case, Person, Values], Answers]] = {
    "in_configured_group": in_configured_group,
    "in_read_group": in_read_group,
    "dynamic": dynamic,
    "has_group_as_member": has_group_within,
    "members_hidden": members_hidden,
    "members_visible": members_visible,
    "renamed": renamed,
}
