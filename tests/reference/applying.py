"""What happens to a scenario when a plan of it is applied: a stand-in for both systems and the ledger, without HTTP.

It refuses what the real ones refuse (an address in use), so that properties of plan after plan can be tested purely.
Calendars and events are in applying_calendars.py, Entra's users in applying_entra.py.
"""

import copy
from datetime import datetime
from typing import Any

from tests.reference.applying_calendars import CALENDARS
from tests.reference.applying_entra import apply_to_users
from tests.reference.guards import UNDO, action_id
from tests.reference.terms import key

Row = dict[str, Any]

ORDER = (
    *("emply.deactivate_user", "ledger.link_user", "emply.create_user", "emply.activate_user", "emply.set_roles"),
    *("emply.update_user", "emply.set_photo", "emply.remove_calendar", "emply.detach_calendar", "emply.add_calendar"),
    *("emply.attach_calendar", "emply.update_calendar", "emply.delete_event", "emply.upsert_event"),
    *("entra.create_event", "entra.update_event", "entra.delete_event"),
    *("entra.create_user", "entra.update_user", "entra.delete_user"),
)


def applied(scenario: Row, settings: Row, state: Row, now: datetime, plan: Row) -> tuple[Row, Row]:
    """The scenario and the sync state after everything of `plan` that is not held was applied at `now`."""
    del settings
    scenario, state = copy.deepcopy(scenario), copy.deepcopy(state)
    scenario.setdefault("entra", {})
    scenario.setdefault("emply", {})
    failed: set[str] = set()
    for action in sorted(plan["actions"], key=lambda row: ORDER.index(f"{row['target']}.{row['kind']}")):
        if not action["held_by"] and not _apply(scenario, state, action, now):
            failed.add(action["entra_id"])
    _remember(state, plan, failed)
    return scenario, state


def _apply(scenario: Row, state: Row, action: Row, now: datetime) -> bool:
    """False: refused."""
    if f"{action['target']}.{action['kind']}" in CALENDARS:
        CALENDARS[f"{action['target']}.{action['kind']}"](scenario, state, action)
        return True
    if action["target"] == "entra":
        apply_to_users(scenario, state, action, now)
        return True
    return _apply_to_logins(scenario["emply"], state, action, now)


def _apply_to_logins(emply: Row, state: Row, action: Row, now: datetime) -> bool:
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
    if action["kind"] == "set_photo":
        _forget(state, "photoEtags", [login_id])
        state["photoEtags"].append({"emplyUserId": login_id, "etag": action["after"]["etag"]})
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
        key(fields.get(name)) is not None and key(row.get(name)) == key(fields[name])
        for row in emply["users"]
        for name in ("username", "email")
        if row["id"] != login_id
    )


def _link(state: Row, entra_id: str, login_id: str) -> None:
    old = [row for row in state.get("links", []) if entra_id == row["entraId"] or login_id == row["emplyUserId"]]
    for what in ("roleStates", "photoEtags"):  # a new link starts without
        _forget(state, what, [row["emplyUserId"] for row in old])
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
    _forget(state, "deactivations", plan.get("endedDeactivations", []))
    pairs = [row for row in state.get("eventPairs", []) if row["emplyEventId"] not in plan["endedPairs"]]
    state["eventPairs"] = pairs
    names = {row["groupName"]: row for row in [*state.get("groupIds", []), *plan.get("groupIds", [])]}
    counts = {row["groupId"]: row for row in [*state.get("groupCounts", []), *plan.get("groupCounts", [])]}
    state |= {"groupIds": list(names.values()), "groupCounts": list(counts.values())}
    done = {action_id(row) for row in plan["actions"] if row["rule"] in UNDO and row["held_by"]}
    state["undos"] = [row for row in state.get("undos", []) if row["action"] in done]
    state["holds"] = [
        {"action": action_id(action), "guards": action["own_guards"]}
        for action in plan["actions"]
        if action["own_guards"]
    ]
    state["approvals"] = []
