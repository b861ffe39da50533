"""G: what is held. G5 and G6 are not here."""

from datetime import timedelta
from math import ceil

from tests.reference.terms import Person, Row, World, get, moment

GRANTS = ("create_user", "activate_user")


def identity(row: Row) -> list[object]:
    """What an approval and a hold are recorded for."""
    return [row["target"], row["kind"], row["entra_id"], row["emply_user_id"], row["before"], row["after"]]


def hold(world: World, everybody: list[Person], planned: list[tuple[Person, Row]]) -> None:
    """Fill `held_by` of every action."""
    actions = [row for _, row in planned]
    g1, g2, g7 = _too_many_leave(world, actions), _too_many_roles(world, everybody, actions), _too_many(world, actions)
    emptied = _emptied_groups(world)
    for person, row in planned:
        own: set[str] = set()
        if row["kind"] == "deactivate_user" and g1:
            own.add("G1")
        if row["kind"] == "set_roles" and g2:
            own.add("G2")
        if row["kind"] in GRANTS and g7:
            own.add("G7")
        if _touches_protected(world, person, row):
            own.add("G3")
        if row["reason"] == "removed_from_group" and _concerns(person, emptied):
            own.add("G4")
        row["held_by"] = sorted(_with_history(world, row, own))
        for guard in row["held_by"]:
            world.trace[guard] += 1
    _inherit(world, planned)


def _with_history(world: World, row: Row, own: set[str]) -> set[str]:
    """What was held once stays held, until a person approves it."""
    for hold_ in world.recorded("holds"):
        if hold_["action"] == identity(row):
            world.trace["sticky"] += not set(hold_["guards"]) <= own
            own = own | set(hold_["guards"])
    for approval in world.recorded("approvals"):
        if approval["action"] == identity(row) and moment(approval["expiresAt"]) > world.now:
            world.trace["approved"] += bool(own)
            return set()
    return own


def _inherit(world: World, planned: list[tuple[Person, Row]]) -> None:
    """G3: with a held link every other action of that person, free again as soon as the link is."""
    for person, link in planned:
        if link["kind"] == "link_user" and link["held_by"]:
            for other, row in planned:
                if other is person and row is not link:
                    row["held_by"] = sorted({*row["held_by"], "G3"})
                    world.trace["G3 with a held link"] += 1


def _touches_protected(world: World, person: Person, row: Row) -> bool:
    protected = world.mapping.protected_role_ids
    if row["kind"] in {"deactivate_user", "link_user"} and person.role_ids & protected:
        world.trace[f"G3 {row['kind']}"] += 1
        return True
    if row["kind"] == "link_user" and person.replaces_link:
        world.trace["G3 replaces link"] += 1
        return True
    if row["kind"] in {"create_user", "set_roles"}:
        given = set(row["after"]["roleIds"]) - set((row["before"] or {}).get("roleIds", []))
        world.trace[f"G3 {row['kind']}"] += bool(given & protected)
        return bool(given & protected)
    return False


def _limit(world: World, name: str, min_count: int, percent: int, population: int) -> int:
    min_count_, percent_ = world.guard(name, min_count, percent)
    return max(min_count_, ceil(percent_ * population / 100))


def _recent(world: World, kind: str) -> list[Row]:
    day = timedelta(hours=24)
    return [row for row in world.recorded(kind) if moment(row["at"]) > world.now - day]


def _too_many_leave(world: World, actions: list[Row]) -> bool:
    """G1, by Emply user."""
    active = {login["id"]: bool(get(login, "active", True)) for login in world.emply("users")}
    # A deactivation stands until the Emply user is active again; one that is gone altogether still counts.
    standing = [row for row in _recent(world, "deactivations") if not active.get(row["emplyUserId"], False)]
    recent = {row["emplyUserId"] for row in standing}
    unapproved = {row["emplyUserId"] for row in standing if not row["approved"]}
    linked = {link["emplyUserId"] for link in world.recorded("links")} & set(active)
    population = [login_id for login_id in linked if active[login_id] or login_id in recent]
    leaving = {row["emply_user_id"] for row in actions if row["kind"] == "deactivate_user"}
    return len(leaving | unapproved) > _limit(world, "max_deactivations", 5, 5, len(population))


def _too_many_roles(world: World, everybody: list[Person], actions: list[Row]) -> bool:
    """G2."""
    population = [person for person in everybody if person.matched]
    changed = [row for row in actions if row["kind"] == "set_roles"]
    return len(changed) > _limit(world, "max_role_changes", 20, 25, len(population))


def _too_many(world: World, actions: list[Row]) -> bool:
    """G7, by Entra user."""
    recent = {row["entraId"] for row in _recent(world, "grants") if not row["approved"]}
    granted = {row["entra_id"] for row in actions if row["kind"] in GRANTS}
    return len(granted | recent) > _limit(world, "max_grants", 20, 10, len(world.emply("users")))


def _concerns(person: Person, emptied: set[str]) -> bool:
    """G4: the person was in an emptied group when last reconciled, or nobody knows where it was."""
    return bool(emptied) and (person.role_state is None or bool(emptied & set(person.role_state)))


def _emptied_groups(world: World) -> set[str]:
    """G4: the configured groups without a member that had some."""
    users = {user["id"] for user in world.entra("users")}
    counted = {row["groupId"] for row in world.recorded("groupCounts") if row["members"]}
    return {group.id for group in world.mapping.groups if group.id in counted and not world.members(group.id) & users}
