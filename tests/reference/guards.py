"""G: what is held. G5 is not here: it makes no plan."""

import json
from datetime import timedelta
from hashlib import sha256
from math import ceil

from tests.reference.planned import Planned
from tests.reference.terms import Inputs, Person, Row, get, moment

LEAVING = ("deactivate_user", "delete_user")
GRANTS = ("create_user", "activate_user")  # in Emply and in Entra
UNDO = ("U1", "U2", "U3")
LOSING = (("emply", "remove_calendar"), ("emply", "detach_calendar"), ("entra", "delete_event"))

Actions = list[tuple[Person, Row]]


def action_id(row: Row) -> str:
    """What an approval and a hold are recorded for: the interfaces' hash of what is done to whom."""
    what = [row["target"], row["kind"], row["entra_id"], row["emply_user_id"], row["before"], row["after"]]
    return sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


def hold(inputs: Inputs, people: list[Person], planned: Planned) -> None:
    """Fill `held_by` of every action but those of C and E, which wait for this."""
    actions = [row for _, row in planned.actions]
    g1, g2, g7 = _too_many_leave(inputs, actions), _too_many_roles(inputs, people, actions), _too_many(inputs, actions)
    emptied = _emptied_groups(inputs)
    for person, row in planned.actions:
        own = {"G8": "undoes"} if row["rule"] in UNDO else _counted(row["kind"], g1=g1, g2=g2, g7=g7)
        if protected := _touches_protected(inputs, person, row):
            own["G3"] = protected
        if row["reason"] == "removed_from_group" and _concerns(person, emptied):
            own["G4"] = "group_emptied"
        row["own_guards"] = own
    links = [(person, row) for person, row in planned.actions if row["kind"] == "link_user"]
    for _, row in links:
        _settle(inputs, [row])
    for person, together in _held_as_one(inputs, planned):
        if together[0]["kind"] != "link_user":
            _settle(inputs, together, link=next((row for other, row in links if other is person), None))
    _inherit(inputs, planned)


def _counted(kind: str, *, g1: bool, g2: bool, g7: bool) -> dict[str, str]:
    """The guards that hold every action of a kind, because they are too many."""
    too_many = {
        ("G1", "too_many_deactivations"): g1 and kind in LEAVING,
        ("G2", "too_many_role_changes"): g2 and kind == "set_roles",
        ("G7", "too_many_grants"): g7 and kind in GRANTS,
    }
    return dict(guard for guard, holds in too_many.items() if holds)


def hold_calendars(inputs: Inputs, actions: Actions) -> None:
    """G6, for the actions of C and E. C6 is never held."""
    losing = {id(row) for _, row in actions if (row["target"], row["kind"]) in LOSING and row["rule"] != "C6"}
    people = {person for person, row in actions if id(row) in losing}
    too_many = len(people) > _most_deactivations(inputs)
    for _, row in actions:
        if row["rule"] == "C6":
            inputs.trace["C6 never held"] += bool(_held_before(inputs, row))
        else:
            row["own_guards"] = {"G6": "too_many_removals"} if too_many and id(row) in losing else {}
            _settle(inputs, [row])


def _held_as_one(inputs: Inputs, planned: Planned) -> list[tuple[Person, list[Row]]]:
    """Each action alone; but W3's deletion together with its deactivation."""
    together: dict[object, tuple[Person, list[Row]]] = {}
    for person, row in planned.actions:
        together.setdefault(person if row["rule"] == "W3" else id(row), (person, []))[1].append(row)
    inputs.trace["W3 held as one"] += sum(len(rows) > 1 for _, rows in together.values())
    return list(together.values())


def _settle(inputs: Inputs, together: list[Row], *, link: Row | None = None) -> None:
    """What was held once stays held, until a person approves it: each of those that are held as one.

    An approval has no effect on what waits for a held `link` of the person.
    """
    behind_held_link = link is not None and bool(link["held_by"])
    own = {guard for row in together for guard in row["own_guards"]}
    held = {guard for row in together for guard in _held_before(inputs, row, link)}
    inputs.trace["sticky"] += not held <= own
    guards = own | held
    approved = [_is_approved(inputs, row) for row in together]
    inputs.trace["W3 half approved"] += any(approved) and not all(approved) and bool(guards)
    inputs.trace["approved behind a held link"] += any(approved) and behind_held_link
    if all(approved) and not behind_held_link:
        inputs.trace["approved"] += bool(guards)
        guards = set()
    for row in together:
        causes = {
            **dict.fromkeys(guards, "held_with_other"),
            **dict.fromkeys(_held_before(inputs, row, link), "held_before"),
            **row["own_guards"],
        }
        row["own_guards"] = sorted(guards)
        row["held_by"] = sorted(guards)
        row["held_because"] = [causes[guard] for guard in row["held_by"]]
        for guard in guards:
            inputs.trace[guard] += 1
            inputs.trace[f"{guard} {row['rule']} {row['kind']}"] += 1


def _held_before(inputs: Inputs, row: Row, link: Row | None = None) -> set[str]:
    """By which guards; but G3 that can only have come with the person's link goes with it."""
    guards = {
        guard for hold_ in inputs.recorded("holds") if hold_["action"] == action_id(row) for guard in hold_["guards"]
    }
    by_itself = row["kind"] in {*LEAVING, "link_user", "create_user"} or (row["kind"] == "set_roles" and link is None)
    return guards if by_itself else guards - {"G3"}


def _is_approved(inputs: Inputs, row: Row) -> bool:
    return any(
        approval["action"] == action_id(row) and moment(approval["expiresAt"]) > inputs.now
        for approval in inputs.recorded("approvals")
    )


def _inherit(inputs: Inputs, planned: Planned) -> None:
    """G3: with a held link every other action of that person, free again as soon as the link is."""
    for person, link in planned.actions:
        if link["kind"] == "link_user" and link["held_by"]:
            for other, row in planned.actions:
                if other is person and row is not link:
                    causes = {"G3": "behind_link", **dict(zip(row["held_by"], row["held_because"], strict=True))}
                    row["held_by"], row["held_because"] = sorted(causes), [causes[guard] for guard in sorted(causes)]
                    inputs.trace["G3 with a held link"] += 1


def _touches_protected(inputs: Inputs, person: Person, row: Row) -> str | None:
    """Why G3 holds the action; None where it does not."""
    protected = inputs.mapping.protected_role_ids
    if row["kind"] in {*LEAVING, "link_user"} and person.role_ids & protected:
        inputs.trace[f"G3 {row['kind']}"] += 1
        return "touches_holder"
    if row["kind"] == "link_user" and person.matched_by == "address":
        inputs.trace["G3 by another address"] += 1
        return "links_by_address"
    if row["kind"] == "link_user" and person.replaces_link:
        inputs.trace["G3 replaces link"] += 1
        return "replaces_link"
    if row["target"] == "emply" and row["kind"] in {"create_user", "set_roles"}:
        given = set(row["after"]["roleIds"]) - set((row["before"] or {}).get("roleIds", []))
        inputs.trace[f"G3 {row['kind']}"] += bool(given & protected)
        return "gives_protected" if given & protected else None
    return None


def limit(inputs: Inputs, name: str, min_count: int, percent: int, population: int) -> int:
    min_count_, percent_ = inputs.guard(name, min_count, percent)
    return max(min_count_, ceil(percent_ * population / 100))


def _recent(inputs: Inputs, kind: str) -> list[Row]:
    day = timedelta(hours=24)
    return [row for row in inputs.recorded(kind) if moment(row["at"]) > inputs.now - day]


def _recently_deactivated(inputs: Inputs) -> list[Row]:
    """A deactivation stands until the Emply user is active again; one that is gone altogether still counts."""
    active = {login["id"]: bool(get(login, "active", True)) for login in inputs.emply("users")}
    return [row for row in _recent(inputs, "deactivations") if not active.get(row["emplyUserId"], False)]


def _most_deactivations(inputs: Inputs) -> int:
    """What `max_deactivations` allows."""
    active = {login["id"]: bool(get(login, "active", True)) for login in inputs.emply("users")}
    recent = {row["emplyUserId"] for row in _recently_deactivated(inputs)}
    linked = {link["emplyUserId"] for link in inputs.recorded("links")} & set(active)
    population = [login_id for login_id in linked if active[login_id] or login_id in recent]
    return limit(inputs, "max_deactivations", 5, 5, len(population))


def _too_many_leave(inputs: Inputs, actions: list[Row]) -> bool:
    """G1, by Emply user: who is deleted in Entra has one."""
    unapproved = {row["emplyUserId"] for row in _recently_deactivated(inputs) if not row["approved"]}
    leaving = {row["emply_user_id"] for row in actions if row["kind"] in LEAVING}
    return len(leaving | unapproved) > _most_deactivations(inputs)


def _too_many_roles(inputs: Inputs, people: list[Person], actions: list[Row]) -> bool:
    """G2."""
    population = [person for person in people if person.matched]
    changed = [row for row in actions if row["kind"] == "set_roles" and row["rule"] not in UNDO]
    return len(changed) > limit(inputs, "max_role_changes", 20, 25, len(population))


def _too_many(inputs: Inputs, actions: list[Row]) -> bool:
    """G7, by Entra user; those who are to be made in Entra have only an Emply user."""
    recent = {row["entraId"] for row in _recent(inputs, "grants") if not row["approved"]}
    counted = [row for row in actions if row["kind"] in GRANTS and row["rule"] not in UNDO]
    granted = {row["entra_id"] or ("emply", row["emply_user_id"]) for row in counted}
    return len(granted | recent) > limit(inputs, "max_grants", 20, 10, len(inputs.emply("users")))


def _concerns(person: Person, emptied: set[str]) -> bool:
    """G4: the person was in an emptied group when last reconciled, or nobody knows where it was."""
    return bool(emptied) and (person.role_state is None or bool(emptied & set(person.role_state)))


def _emptied_groups(inputs: Inputs) -> set[str]:
    """G4: the configured groups without a member that had some."""
    users = {user["id"] for user in inputs.entra("users")}
    counted = {row["groupId"] for row in inputs.recorded("groupCounts") if row["members"]}
    return {group.id for group in inputs.mapping.groups if group.id in counted and not inputs.members(group.id) & users}
