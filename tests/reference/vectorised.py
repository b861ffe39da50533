"""The pipeline's own rules behind the reference's interface: scenario, settings and state in, plan out."""

import json
from ast import literal_eval
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

import pandas as pd

from entra_emply.connectors.emply import calendar_frames
from entra_emply.connectors.emply import frames as emply
from entra_emply.connectors.entra import frames as entra
from entra_emply.connectors.entra import mailbox_frames
from entra_emply.errors import SettingsError
from entra_emply.reconciliation.inputs import Inputs, SyncState
from entra_emply.reconciliation.plan import Plan, make_plan
from entra_emply.reconciliation.settings import Guards, Settings
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
    del unreadable, member_read_hidden  # the product has no input for them yet
    try:
        inputs = inputs_of(scenario, settings, state, now)
        made = make_plan(inputs)
    except SettingsError as error:
        raise ConfigurationError(str(error)) from None
    rows = json_rows(made.actions)
    lists = ("held_by", "own_guards")
    return {
        "actions": [{**row, **{name: (row[name] or "").split() for name in lists}} for row in rows],
        "findings": json_rows(made.findings),
        "roleStates": _role_states(made),
        "groupIds": [{"groupName": r["group_name"], "groupId": r["group_id"]} for r in json_rows(made.group_ids)],
        "groupCounts": [{"groupId": r["group_id"], "members": r["members"]} for r in json_rows(made.group_counts)],
        "endedDeactivations": list(made.ended_deactivations["emply_user_id"]),
        "endedPairs": list(made.ended_pairs["emply_event_id"]),
    }


def inputs_of(scenario: Row, settings: Row, state: Row, now: datetime, *_: object) -> Inputs:
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
    frames["holds"] = pd.DataFrame(holds, columns=["action_id", "guards"])
    frames["approvals"] = pd.DataFrame(approvals, columns=["action_id", "expires_at"])
    frames["approvals"]["expires_at"] = pd.to_datetime(frames["approvals"]["expires_at"], utc=True)
    return _inputs(scenario, settings, SyncState.of(frames, read_at=now))


def json_rows(frame: pd.DataFrame) -> list[Row]:
    """The rows as plan --json has them: null for missing, `before` and `after` as objects."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [
        {name: json.loads(value) if name in ("before", "after") and value else value for name, value in row.items()}
        for row in rows
    ]


def _frame(read: Callable[[Any], pd.DataFrame], given: object) -> pd.DataFrame:
    """What a client makes of an answer; made once for the many scenarios in which it is the same."""
    return _read(read, repr(given))


@lru_cache(maxsize=2_000)
def _read(read: Callable[[Any], pd.DataFrame], given: str) -> pd.DataFrame:
    return read(literal_eval(given))


def _inputs(scenario: Row, settings: Row, state: SyncState) -> Inputs:
    tenant, customer = scenario.get("entra", {}), scenario.get("emply", {})
    groups = tenant.get("groups", [])
    nested = settings.get("nested_groups", False)
    types = {row["id"]: "#microsoft.graph.user" for row in tenant.get("users", [])}
    types |= {row["id"]: "#microsoft.graph.group" for row in groups}
    members = {
        group["id"]: [
            {"id": member, "@odata.type": types.get(member, "#microsoft.graph.user")}
            for member in _members(group, {row["id"]: row for row in groups}, nested=nested)
        ]
        for group in groups
    }
    return Inputs(
        entra_tenant=_frame(entra.tenant, [{"id": "tenant"} | tenant.get("organization", {})]),
        entra_users=_frame(entra.users, tenant.get("users", [])),
        entra_groups=_frame(entra.groups, groups),
        entra_group_members=_frame(entra.members, members),
        emply_users=_frame(emply.users, [{"roleIds": []} | row for row in customer.get("users", [])]),
        emply_employees=_frame(emply.employees, customer.get("employees", [])),
        emply_roles=_frame(emply.roles, customer.get("roles", [])),
        emply_departments=_frame(emply.departments, customer.get("departments", [])),
        state=state,
        settings=_settings(settings),
        **_application(tenant, settings),
        **_mailboxes(tenant),
        emply_calendars=_frame(calendar_frames.calendars, customer.get("calendars", [])),
        emply_events=_emply_events(customer),
    )


def _settings(given: Row) -> Settings:
    """Without the guards that the product does not have yet."""
    known = {name: value for name, value in given.items() if value is not None}
    if "guards" in known:
        known["guards"] = {name: limit for name, limit in known["guards"].items() if name in Guards.model_fields}
    return Settings.model_validate(known)


def _application(tenant: Row, settings: Row) -> dict[str, pd.DataFrame]:
    """The enterprise application of the settings, and everybody who is assigned, directly or by a group."""
    wanted = (settings.get("sso") or {}).get("service_principal_id")
    found = [row for row in tenant.get("servicePrincipals", []) if row["id"] == wanted]
    principals = [row["principalId"] for each in found for row in each.get("appRoleAssignedTo", [])]
    groups = {group["id"]: group.get("members", []) for group in tenant.get("groups", [])}
    assigned = [member for each in principals for member in groups.get(each, [each])]
    return {"entra_application": _frame(entra.application, found), "entra_assigned": _frame(entra.assigned, assigned)}


def _mailboxes(tenant: Row) -> dict[str, pd.DataFrame]:
    """What the clients would read of every user: photos, mailboxes, calendars, events."""
    calendars = {user: each for user, each in tenant.get("calendars", {}).items() if isinstance(each, list)}
    etags = {user: photo.get("mediaEtag") for user, photo in tenant.get("photos", {}).items()}
    of = {(user, row["id"]): row for user, each in calendars.items() for row in each}
    places = {place: row.get("events", []) for place, row in of.items() if not row.get("closed")}
    window = dict.fromkeys(("window_start", "window_end"), "")
    links = {place: "" if place in places else None for place in of}  # one that Graph lists and does not open has none
    return {
        "entra_deleted_users": _frame(entra.deleted_users, tenant.get("deletedUsers", [])),
        "entra_photos": _frame(mailbox_frames.photos, {user: etag for user, etag in etags.items() if etag}),
        "entra_mailboxes": _frame(
            mailbox_frames.mailboxes, {row["id"]: row["id"] in calendars for row in tenant.get("users", [])}
        ),
        "entra_calendars": _frame(mailbox_frames.calendars, calendars),
        "entra_events": _frame(mailbox_frames.events, places),
        "entra_cursors": _frame(
            mailbox_frames.cursors,
            [
                {"id": None, "entra_id": user, "calendar_id": calendar, "delta_link": link, **window}
                for (user, calendar), link in links.items()
            ],
        ),
    }


def _emply_events(customer: Row) -> pd.DataFrame:
    events: dict[str, list[Row]] = {}
    for row in customer.get("events", []):
        events.setdefault(row["calendarId"], []).append(row)
    return _frame(calendar_frames.events, events)


def _members(group: Row, groups: dict[str, Row], *, nested: bool) -> list[str]:
    """What `members` or `transitiveMembers` would list."""
    seen: dict[str, None] = {}
    queue = list(group.get("members", []))
    while queue:
        member = queue.pop(0)
        if member not in seen:
            seen[member] = None
            if nested and member in groups:
                queue += groups[member].get("members", [])
    return list(seen)


def _role_states(made: Plan) -> list[Row]:
    states: dict[str, Row] = {}
    for row in json_rows(made.role_states):
        states.setdefault(row["entra_id"], {})[row["group_id"]] = row["role_id"]
    return [{"entraId": entra_id, "groups": groups} for entra_id, groups in sorted(states.items())]
