"""What a plan does to Entra's users, applied to a scenario and a sync state."""

from collections import Counter
from datetime import datetime

from tests.reference.terms import Inputs, Mapping, Row, email_of_entra_user, key


def apply_to_users(scenario: Row, state: Row, action: Row, now: datetime) -> None:
    entra = scenario["entra"]
    users = {row["id"]: row for row in entra.setdefault("users", [])}
    if action["kind"] == "create_user":
        entra_id = f"made-{action['emply_user_id']}"
        entra["users"].append({"id": entra_id, **action["after"]})
        state.setdefault("grants", []).append({"entraId": entra_id, "at": now.isoformat(), "approved": True})
    elif action["kind"] == "update_user":
        users[action["entra_id"]].update(action["after"])
    else:
        employee = _employee(scenario, state, action, now)
        gone = users[action["entra_id"]]
        entra["users"].remove(gone)
        for group in entra.get("groups", []):
            group["members"] = [member for member in group.get("members", []) if member != gone["id"]]
        upn = gone["id"].replace("-", "") + (gone.get("userPrincipalName") or "")
        entra.setdefault("deletedUsers", []).append({"id": gone["id"], "userPrincipalName": upn})
        state.setdefault("deletedUsers", []).append({"entraId": gone["id"], "employeeId": employee})


def _employee(scenario: Row, state: Row, action: Row, now: datetime) -> str | None:
    """Whose archiving deleted the user: the plan does not say it."""
    inputs = Inputs(scenario, {}, state, now, Mapping(), Counter())
    (login,) = [row for row in inputs.emply("users") if row["id"] == action["emply_user_id"]]
    (user,) = [row for row in inputs.entra("users") if row["id"] == action["entra_id"]]
    employee = inputs.best_employee(login.get("employeeId"), key(login.get("email")) or email_of_entra_user(user))
    return employee["id"] if employee is not None else None
