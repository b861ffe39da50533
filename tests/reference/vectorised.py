"""The pipeline's own rules behind the reference's interface: scenario, settings and state in, plan out."""

import json
from datetime import datetime
from typing import Any

import pandas as pd

from entra_emply.errors import SettingsError
from entra_emply.offline import plan as offline
from entra_emply.offline.example import example_of
from entra_emply.reconciliation.arrays import records
from entra_emply.reconciliation.inputs import Inputs, SyncState
from entra_emply.reconciliation.plan import Plan, make_plan
from tests.reference.guards import action_id
from tests.reference.terms import ConfigurationError

Row = dict[str, Any]

STATE_FRAMES = {
    "links": ("links", {"entraId": "entra_id", "emplyUserId": "emply_user_id"}),
    "roleStates": ("role_states", {"emplyUserId": "emply_user_id", "groupId": "group_id", "roleId": "role_id"}),
    "groupIds": ("group_ids", {"groupName": "group_name", "groupId": "group_id"}),
    "deactivations": ("deactivations", {"emplyUserId": "emply_user_id"}),
    "grants": ("grants", {"entraId": "entra_id"}),
    "groupCounts": ("group_counts", {"groupId": "group_id"}),
    "photoEtags": ("photo_etags", {"emplyUserId": "emply_user_id"}),
    "eventPairs": (
        "event_pairs",
        {
            "emplyEventId": "emply_event_id",
            "externalId": "external_id",
            "entraId": "entra_id",
            "calendarExternalId": "calendar_external_id",
        },
    ),
    "calendars": ("calendars", {"calendarId": "calendar_id", "entraId": "entra_id", "externalId": "external_id"}),
    "refused": ("refused", {"entraId": "entra_id", "emplyUserId": "emply_user_id"}),
    "deletedUsers": ("deleted_users", {"entraId": "entra_id", "employeeId": "employee_id"}),
}


def plan(
    scenario: Row,
    settings: Row,
    state: Row,
    now: datetime,
    unreadable: Row | None = None,
    member_read_hidden: bool = False,
) -> Row:
    """As `tests.reference.rules.plan`; `roleStates` holds only the people whose state changes."""
    try:
        made = make_plan(inputs_of(scenario, settings, state, now, unreadable, member_read_hidden))
    except SettingsError as error:
        raise ConfigurationError(str(error)) from None
    unworded = set(made.findings.loc[made.findings["message"].isna(), "code"])
    assert not unworded, f"findings.CATALOGUE lacks {unworded}"
    rows = json_rows(made.actions)
    lists = ("held_by", "held_because", "own_guards")
    return {
        "actions": [{**row, **{name: (row[name] or "").split() for name in lists}} for row in rows],
        "findings": json_rows(made.findings),
        "roleStates": _role_states(made),
        "groupIds": [{"groupName": r["group_name"], "groupId": r["group_id"]} for r in json_rows(made.group_ids)],
        "groupCounts": [{"groupId": r["group_id"], "members": r["members"]} for r in json_rows(made.group_counts)],
        "endedDeactivations": list(made.ended_deactivations["emply_user_id"]),
        "endedPairs": list(made.ended_pairs["emply_event_id"]),
    }


def inputs_of(
    scenario: Row,
    settings: Row,
    state: Row,
    now: datetime,
    unreadable: Row | None = None,
    member_read_hidden: bool = False,
) -> Inputs:
    """The frames of a scenario as the clients would read it, with the sync state given."""
    frames = {
        name: pd.DataFrame(state.get(key, [])).rename(columns=columns)
        for key, (name, columns) in STATE_FRAMES.items()
        if state.get(key)
    }
    for name in ("deactivations", "grants"):
        if name in frames:
            frames[name]["at"] = pd.to_datetime(frames[name]["at"], utc=True)
    holds = [(row["action"], " ".join(row["guards"])) for row in state.get("holds", [])]
    approvals = [(row["action"], row["expiresAt"]) for row in state.get("approvals", [])]
    frames["undos"] = pd.DataFrame([_undo(row) for row in state.get("undos", [])])
    frames["holds"] = pd.DataFrame(holds, columns=["action_id", "guards"])
    frames["approvals"] = pd.DataFrame(approvals, columns=["action_id", "expires_at"])
    frames["approvals"]["expires_at"] = pd.to_datetime(frames["approvals"]["expires_at"], utc=True)
    example = _example(scenario, settings) | {
        "unreadable": unreadable or {},
        "member_read_hidden": member_read_hidden,
    }
    return offline.inputs_of(example_of(example), SyncState.of(frames, read_at=now))


def example_from(
    scenario: Row,
    settings: Row,
    state: Row,
    now: datetime,
    unreadable: Row | None = None,
    member_read_hidden: bool = False,
) -> Row:
    """The same as an example of `plan --offline`, whose sync state has a shorter form."""
    return _example(scenario, settings) | {
        "sync": _sync(state, now),
        "now": now.isoformat(),
        "unreadable": unreadable or {},
        "member_read_hidden": member_read_hidden,
    }


def _example(scenario: Row, settings: Row) -> Row:
    return {
        "scenario": {system: scenario[system] for system in ("entra", "emply") if system in scenario},
        "settings": {name: value for name, value in settings.items() if value is not None},
    }


def _undo(row: Row) -> Row:
    """A request to undo, with the hash that its action has."""
    asked = {"target": "emply", "entra_id": row["entraId"], "emply_user_id": row["emplyUserId"], **row}
    texts = {side: json.dumps(row[side]) for side in ("before", "after")}
    return {**asked, **texts, "action_id": action_id(asked)}


def _sync(state: Row, now: datetime) -> Row:
    """The sync state in the short form of interfaces.md."""
    links, calendars = state.get("links", []), state.get("calendars", [])
    person = {row["emplyUserId"]: row["entraId"] for row in links}
    roles: Row = {}
    for row in state.get("roleStates", []):
        if row["emplyUserId"] in person:
            of = roles.setdefault(person[row["emplyUserId"]], {"groups": [], "mapping": {}})
            of["groups"].append(row["groupId"])
            of["mapping"][row["groupId"]] = row["roleId"]
    pair = ("externalId", "calendarExternalId")
    approvals = [row for row in state.get("approvals", []) if datetime.fromisoformat(row["expiresAt"]) > now]
    return {
        "links": {row["entraId"]: row["emplyUserId"] for row in links},
        "roles": roles,
        "group_ids": {row["groupName"]: row["groupId"] for row in state.get("groupIds", [])},
        "member_counts": {row["groupId"]: row["members"] for row in state.get("groupCounts", [])},
        "photos": {
            person[row["emplyUserId"]]: row["etag"]
            for row in state.get("photoEtags", [])
            if row["emplyUserId"] in person
        },
        "event_pairs": {row["emplyEventId"]: {name: row[name] for name in pair} for row in state.get("eventPairs", [])},
        "room_calendars": {row["externalId"]: row["entraId"] for row in calendars if not row["detached"]},
        "detached": {row["externalId"]: row["calendarId"] for row in calendars if row["detached"]},
        "deactivations": {row["emplyUserId"]: _done(row) for row in state.get("deactivations", [])},
        "recent_grants": {row["entraId"]: _done(row) for row in state.get("grants", [])},
        "deleted_for": [[row["entraId"], row["employeeId"]] for row in state.get("deletedUsers", [])],
        "refused": [[row["entraId"], row["emplyUserId"]] for row in state.get("refused", [])],
        "held": {row["action"]: row["guards"] for row in state.get("holds", [])},
        "approved": [row["action"] for row in approvals],
    }


def _done(row: Row) -> Row:
    return {"at": row["at"], "approved": row["approved"]}


def json_rows(frame: pd.DataFrame) -> list[Row]:
    """The rows as plan --json has them: null for missing, `before` and `after` as objects."""
    return [
        {name: json.loads(value) if name in ("before", "after") and value else value for name, value in row.items()}
        for row in records(frame)
    ]


def _role_states(made: Plan) -> list[Row]:
    states: dict[str, Row] = {}
    for row in json_rows(made.role_states):
        states.setdefault(row["entra_id"], {})[row["group_id"]] = row["role_id"]
    return [{"entraId": entra_id, "groups": groups} for entra_id, groups in sorted(states.items())]
