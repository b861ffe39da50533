"""U: what somebody asked to undo, request by request. Whether it lasts is seen by planning all of it again."""

import copy
from collections.abc import Callable

from tests.reference.planned import Planned
from tests.reference.terms import Inputs, Person, Row, action, get, trimmed

RULES = {"set_roles": "U1", "update_user": "U2", "activate_user": "U3"}
OF_LOGINS = ("set_roles", "update_user", "activate_user", "deactivate_user")
Again = Callable[[Row], Row]  # the plan of another scenario, with no request to undo


def plan_undos(inputs: Inputs, people: list[Person], planned: Planned, again: Again) -> None:
    """Add the requests that can be met; the letters of logins have spoken."""
    asked = [(request, _linked(people, request)) for request in inputs.recorded("undos")]
    standing = [(request, person) for request, person in asked if person is not None and _still_set(person, request)]
    then = again(_restored(inputs.scenario, [request for request, _ in standing])) if standing else {"actions": []}
    met = [
        (person, request)
        for request, person in standing
        if _allowed(inputs, person, request)
        and not _speaks([row for _, row in planned.actions], request)
        and not _speaks(then["actions"], request)
    ]
    for person, request in met:
        inputs.trace[RULES[request["kind"]]] += 1
        before, after = request["before"], request["after"]
        row = action(person, f"emply.{request['kind']}", RULES[request["kind"]], before=before, after=after)
        planned.actions.append((person, {**row, "reason": request["cause"]}))


def _linked(people: list[Person], request: Row) -> Person | None:
    found = [each for each in people if each.linked and each.login_id == request["emplyUserId"]]
    return next((each for each in found if each.entra_id == request["entraId"]), None)


def _still_set(person: Person, request: Row) -> bool:
    login = person.login or {}
    present = {**login, "active": get(login, "active", True), "roleIds": get(login, "roleIds", [])}
    return all(_plain(present.get(name)) == _plain(value) for name, value in request["before"].items())


def _plain(value: object) -> object:
    if isinstance(value, list):
        return sorted(set(value))
    return trimmed(value) if isinstance(value, str) else value


def _allowed(inputs: Inputs, person: Person, request: Row) -> bool:
    if request["kind"] == "activate_user":
        return (person.employee or {}).get("status") != "archived"
    if person.employee is not None:  # R1, A3
        return False
    if request["kind"] == "update_user":
        return True
    roles = {role["id"] for role in inputs.emply("roles")}
    protected = person.matched and bool(person.role_ids & inputs.mapping.protected_role_ids)  # R7
    return set(request["after"]["roleIds"]) <= roles and not protected


def _speaks(actions: list[Row], request: Row) -> bool:
    """A rule is about the same field of the same login."""
    return any(
        row["target"] == "emply"
        and row["kind"] in OF_LOGINS
        and row["rule"] not in RULES.values()
        and row["emply_user_id"] == request["emplyUserId"]
        and bool(set(row["after"]) & set(request["after"]))
        for row in actions
    )


def _restored(scenario: Row, requests: list[Row]) -> Row:
    scenario = copy.deepcopy(scenario)
    logins = {row["id"]: row for row in scenario["emply"]["users"]}
    for request in requests:
        logins[request["emplyUserId"]].update(request["after"])
    return scenario
