"""The conditions about a group, which is known by the name that the product compares."""

from collections.abc import Mapping
from typing import Any

from tests.reference.conditions.case import Case
from tests.reference.conditions.common import Answer
from tests.reference.signs import has_group_as_member
from tests.reference.terms import Person, Row, get, trimmed

Values = Mapping[str, Any]


def in_configured_group(case: Case, person: Person, values: Values) -> Answer:
    mine = _groups_of(case, person)
    return bool(mine) and _is_one_of(mine, values)


def dynamic(case: Case, person: Person, values: Values) -> Answer:
    return _any(case, person, values, lambda group: "DynamicMembership" in get(group, "groupTypes", []))


def has_group_within(case: Case, person: Person, values: Values) -> Answer:
    return _any(case, person, values, lambda group: has_group_as_member(case.inputs, group))


def renamed(case: Case, _person: Person, values: Values) -> Answer:
    """R8: by the name in the settings and the name in Entra."""
    if not values:
        return False
    return trimmed(values["now"]) in {trimmed(group.get("displayName")) for group in case.inputs.mapping.renamed}


def _groups_of(case: Case, person: Person) -> list[Row]:
    """The configured groups and the room groups that the user is in."""
    ids = [group.id for group in case.inputs.mapping.groups] + case.inputs.mapping.room_group_ids
    mine = {each for each in ids if person.entra_id in case.inputs.members(each)}
    return [group for group in case.inputs.entra("groups") if group["id"] in mine]


def _any(case: Case, person: Person, values: Values, holds: Any) -> Answer:  # noqa: ANN401 (of a group)
    named = [group for group in _groups_of(case, person) if _is_one_of([group], values)]
    return any(map(holds, named))


def _is_one_of(groups: list[Row], values: Values) -> bool:
    return any(trimmed(values.get("object")) == trimmed(group.get("displayName")) for group in groups)


ABOUT_GROUPS = {
    "in_configured_group": in_configured_group,
    "dynamic": dynamic,
    "has_group_as_member": has_group_within,
    "renamed": renamed,
}
