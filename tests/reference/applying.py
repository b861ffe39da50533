"""What happens to a world when a plan of it is applied: a stand-in for both systems and the ledger, without any HTTP.

It refuses what the real ones refuse (an address in use), so that properties of plan after plan can be tested purely.
"""

import copy
from datetime import datetime
from typing import Any

Row = dict[str, Any]


def applied(scenario: Row, settings: Row, state: Row, now: datetime, plan: Row) -> tuple[Row, Row]:
    """The scenario and the sync state after everything of `plan` that is not held was applied at `now`."""
    del settings
    scenario, state = copy.deepcopy(scenario), copy.deepcopy(state)
    failed: set[str] = set()
    for action in plan["actions"]:
        if not action["held_by"] and not _apply(scenario.setdefault("emply", {}), state, action, now):
            failed.add(action["entra_id"])
    _remember(state, plan, failed)
    return scenario, state


def _apply(emply: Row, state: Row, action: Row, now: datetime) -> bool:
    logins = {row["id"]: row for row in emply.setdefault("users", [])}
    entra_id, login_id, at = action["entra_id"], action["emply_user_id"], now.isoformat()
    if action["kind"] == "link_user":
        _link(state, entra_id, login_id)
        return True
    if action["kind"] == "create_user":
        login_id = f"made-{entra_id}"
        if _in_use(emply, action["after"], login_id):
            return False
        emply["users"].append({"id": login_id, **action["after"]})
        _link(state, entra_id, login_id)
        state.setdefault("grants", []).append({"entraId": entra_id, "at": at, "approved": True})
        return True
    if _in_use(emply, action["after"], login_id):
        return False
    logins[login_id].update(action["after"])
    if action["kind"] == "deactivate_user":
        state.setdefault("deactivations", []).append({"emplyUserId": login_id, "at": at, "approved": True})
    if action["kind"] == "activate_user":
        _forget(state, "deactivations", [login_id])
        state.setdefault("grants", []).append({"entraId": entra_id, "at": at, "approved": True})
    return True


def _in_use(emply: Row, fields: Row, login_id: str) -> bool:
    return any(
        fields.get(name) and (row.get(name) or "").strip().casefold() == fields[name].strip().casefold()
        for row in emply["users"]
        for name in ("username", "email")
        if row["id"] != login_id
    )


def _link(state: Row, entra_id: str, login_id: str) -> None:
    old = [row for row in state.get("links", []) if entra_id == row["entraId"] or login_id == row["emplyUserId"]]
    _forget(state, "roleStates", [row["emplyUserId"] for row in old])
    state["links"] = [row for row in state.get("links", []) if row not in old]
    state["links"].append({"entraId": entra_id, "emplyUserId": login_id})


def _forget(state: Row, what: str, logins: list[str]) -> None:
    state[what] = [row for row in state.get(what, []) if row["emplyUserId"] not in logins]


def _remember(state: Row, plan: Row, failed: set[str]) -> None:
    logins = {row["entraId"]: row["emplyUserId"] for row in state.get("links", [])}
    for person in plan["roleStates"]:
        if person["entraId"] in failed or person["entraId"] not in logins:
            continue
        login_id = logins[person["entraId"]]
        _forget(state, "roleStates", [login_id])
        for group_id, role_id in person["groups"].items():
            state["roleStates"].append({"emplyUserId": login_id, "groupId": group_id, "roleId": role_id})
    _forget(state, "deactivations", plan["endedDeactivations"])
    names = {row["groupName"]: row for row in [*state.get("groupIds", []), *plan["groupIds"]]}
    counts = {row["groupId"]: row for row in [*state.get("groupCounts", []), *plan["groupCounts"]]}
    state |= {"groupIds": list(names.values()), "groupCounts": list(counts.values())}
    state["holds"] = [
        {"action": identity(action), "guards": action["own_guards"]}
        for action in plan["actions"]
        if action["own_guards"]
    ]
    state["approvals"] = []


def identity(action: Row) -> list[Any]:
    """What an action is, whoever holds it."""
    return [action[name] for name in ("target", "kind", "entra_id", "emply_user_id", "before", "after")]
