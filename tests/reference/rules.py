"""One plan, from one world: the letters in order. Each letter has its module; P, C, E, W and S are not here yet."""

from collections import Counter
from datetime import datetime

from tests.reference.attributes import plan_attributes
from tests.reference.guards import hold
from tests.reference.lifecycle import plan_lifecycle
from tests.reference.mapping import resolve
from tests.reference.matching import ambiguous_match, links, people
from tests.reference.roles import new_role_state, plan_roles
from tests.reference.terms import ConfigurationError, Mapping, Person, Row, World, get, trimmed

__all__ = ["ConfigurationError", "plan"]

LETTERS = (plan_lifecycle, plan_roles, plan_attributes)


def plan(scenario: Row, settings: Row, state: Row, now: datetime, trace: Counter[str] | None = None) -> Row:
    """The plan of a world: `{"actions", "findings", "roleStates"}`, each sorted.

    `scenario` and `settings` are those of the interfaces, `state` is the sync state, `now` is aware. `trace` counts
    which rules spoke. What the page leaves to the implementation (ids, severity, message, remedy) is not given, and
    `reason` is null where the page names none. Raises ConfigurationError (R8).
    """
    trace = Counter() if trace is None else trace
    if not get(settings, "enabled", True):  # X, before everything else
        trace["X"] += 1
        return {"actions": [], "findings": [], "roleStates": []}
    world = World(scenario, settings, state, now, Mapping(), trace)
    world.mapping = resolve(scenario, settings, state)
    findings = [_group_renamed(world, group) for group in world.mapping.renamed]
    planned: list[tuple[Person, Row]] = []
    everybody = people(world)
    keeps_role_state: list[Person] = []  # R7 spoke: R9 leaves these people's role state
    for person in everybody:
        if person.left_alone:
            findings += ambiguous_match(world, person)
            continue
        planned += [(person, row) for row in links(world, person)]
        for letter in LETTERS:
            actions, found = letter(world, person)
            planned += [(person, row) for row in actions]
            findings += found
            if any(row["code"] == "protected_role" for row in found):
                keeps_role_state.append(person)
    hold(world, everybody, planned)
    return {
        "actions": sorted((row for _, row in planned), key=_order("kind")),
        "findings": sorted(findings, key=_order("code", "object")),
        "roleStates": _role_states(world, everybody, planned, keeps_role_state),
    }


def _group_renamed(world: World, group: Row) -> Row:
    world.trace["R8 group_renamed"] += 1
    return {
        "code": "group_renamed",
        "rule": "R8",
        "entra_id": None,
        "emply_user_id": None,
        "employee_id": None,
        "subject": trimmed(group.get("displayName")),
        "object": group["id"],
    }


def _role_states(
    world: World, everybody: list[Person], planned: list[tuple[Person, Row]], keeps_role_state: list[Person]
) -> list[Row]:
    """R9: the role states once everything that is not held was applied."""
    states = []
    for person in everybody:
        rows = [row for owner, row in planned if owner is person]
        created = any(row["kind"] == "create_user" for row in rows)
        held = any(row["held_by"] for row in rows if row["kind"] in {"link_user", "create_user", "set_roles"})
        if (person.matched or created) and not held and person not in keeps_role_state:
            world.trace["R9"] += 1
            states.append({"entraId": person.entra_id, "groups": new_role_state(world, person)})
    return sorted(states, key=lambda row: row["entraId"])


def _order(*columns: str):  # noqa: ANN202
    def order(row: Row) -> list[str]:
        return [str(row[name] or "") for name in (*columns, "entra_id", "emply_user_id")]

    return order
