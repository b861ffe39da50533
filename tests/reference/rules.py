"""One plan, from one scenario: the letters in order. Each letter has its module; X is here."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

from tests.reference.attributes import plan_attributes
from tests.reference.calendars import Owners, plan_calendars, switched_off
from tests.reference.events import plan_events
from tests.reference.guards import action_id, hold, hold_calendars
from tests.reference.lifecycle import plan_lifecycle
from tests.reference.mapping import resolve
from tests.reference.matching import ambiguous_match, everybody_of, linked_only, links
from tests.reference.photos import find_unread_photos, plan_photo
from tests.reference.planned import Planned
from tests.reference.roles import new_role_state, plan_roles
from tests.reference.signs import check_hidden_groups, find_signs
from tests.reference.terms import ConfigurationError, Inputs, Mapping, Person, Row, get, trimmed
from tests.reference.undo import RULES, plan_undos
from tests.reference.write_back import check_tenant, create_users, plan_write_back

__all__ = ["ConfigurationError", "plan"]

LETTERS = (plan_lifecycle, plan_roles, plan_attributes, plan_write_back, plan_photo)


def plan(
    scenario: Row,
    settings: Row,
    state: Row,
    now: datetime,
    unreadable: Row | None = None,
    member_read_hidden: bool = False,
    *,
    trace: Counter[str] | None = None,
) -> Row:
    """The plan of a scenario: `{"actions", "findings", "roleStates", "endedPairs"}`, each sorted.

    `scenario`, `settings`, `unreadable` and `member_read_hidden` are those of the interfaces (plan --offline); `state`
    is the sync state, which sync.py makes of their `sync`; `now` is aware. `trace` counts which rules spoke. What the
    page leaves to the implementation (severity, message, remedy) is not given; `reason` is null where it names none.
    Raises ConfigurationError (R8, W0).
    """
    inputs = Inputs(scenario, settings, state, now, Mapping(), Counter() if trace is None else trace)
    inputs.unreadable, inputs.member_read_hidden = unreadable or {}, member_read_hidden
    planned = Planned()
    states: list[Row] = []
    ended_pairs: list[str] = []
    if get(settings, "enabled", True):
        states, ended_pairs = fill(inputs, planned)
    else:  # X, before everything else
        inputs.trace["X"] += 1
        linked = linked_only(inputs)
        switched_off(inputs, Owners(inputs, [*linked.people, *linked.external]), planned)
        inputs.trace["X C6"] += bool(planned.actions)
    planned.trace(inputs.trace)
    return {
        "actions": sorted(_once_each(row for _, row in planned.actions), key=_order("kind")),
        "findings": sorted((row for _, row in planned.findings), key=_order("code", "object")),
        "roleStates": states,
        "endedPairs": ended_pairs,
    }


def _once_each(actions: Iterable[Row]) -> list[Row]:
    """Two calendars or events of one id make one action."""
    found: dict[str, Row] = {}
    for row in actions:
        found.setdefault(action_id(row), row)
    return list(found.values())


def fill(inputs: Inputs, planned: Planned) -> tuple[list[Row], list[str]]:
    """Fill the plan; the role states and the pairs that are forgotten are given back."""
    inputs.mapping = resolve(inputs.scenario, inputs.settings, inputs.state)
    check_tenant(inputs)
    check_hidden_groups(inputs)
    planned.findings += [(None, _group_renamed(group)) for group in inputs.mapping.renamed]
    everybody = everybody_of(inputs)
    planned.people, planned.logins = everybody.people, [*everybody.external, *everybody.alone]
    for person in everybody.people:
        if person.left_alone:
            planned.add(person, ([], ambiguous_match(inputs, person)))
            continue
        planned.add(person, (links(inputs, person), []))
    decided_people = [person for person in everybody.people if not person.left_alone]
    for letter in LETTERS:  # A2 asks who is created
        for person in decided_people:
            planned.add(person, letter(inputs, person, planned))
    plan_undos(inputs, everybody.people, planned, lambda changed: _again(inputs, changed))
    find_unread_photos(inputs, planned)
    create_users(inputs, everybody.external, planned)
    hold(inputs, everybody.people, planned)
    decided = len(planned.actions)
    calendars = plan_calendars(inputs, everybody, planned)  # C8 asks what is held
    ended_pairs = plan_events(inputs, calendars, planned)
    hold_calendars(inputs, planned.actions[decided:])
    find_signs(inputs, everybody.people, planned)
    return _role_states(inputs, everybody.people, planned), ended_pairs


def _again(inputs: Inputs, scenario: Row) -> Row:
    """The plan of another scenario, with no request to undo."""
    state = {**inputs.state, "undos": []}
    return plan(scenario, inputs.settings, state, inputs.now, inputs.unreadable, inputs.member_read_hidden)


def _group_renamed(group: Row) -> Row:
    return {
        "code": "group_renamed",
        "rule": "R8",
        "entra_id": None,
        "emply_user_id": None,
        "employee_id": None,
        "subject": trimmed(group.get("displayName")),
        "object": group["id"],
    }


def _role_states(inputs: Inputs, people: list[Person], planned: Planned) -> list[Row]:
    """R9: the role states once everything that is not held was applied."""
    states = []
    for person in people:
        created = bool(planned.of(person, "create_user"))
        of_roles = planned.of(person, "link_user", "create_user", "set_roles")
        held = any(row["held_by"] for row in of_roles if row["rule"] not in RULES.values())
        if (person.matched or created) and not held and not planned.told(person, "protected_role"):  # R7
            inputs.trace["R9"] += 1
            states.append({"entraId": person.entra_id, "groups": new_role_state(inputs, person)})
    return sorted(states, key=lambda row: row["entraId"])


def _order(*columns: str) -> Callable[[Row], list[str]]:
    def order(row: Row) -> list[str]:
        return [str(row[name] or "") for name in (*columns, "entra_id", "emply_user_id")]

    return order
