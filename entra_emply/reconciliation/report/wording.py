"""A plan in words: what an action changes, why, and what holds it. For whatever shows a plan; decides nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
import pandas as pd

from entra_emply.reconciliation.arrays import records
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.plan import Plan
from entra_emply.text import key_of

Row = Mapping[str, Any]

ACTION_KEYS = ["action_id", "target", "kind", "rule", "entra_id", "emply_user_id", "subject", "before", "after"]
ACTION_KEYS += ["reason", "held_by"]
"""What `plan --json` says of an action; a plan's other columns are for applying it."""
_WHY = {
    ("M2", None): "the username in Emply equals the sign-in name in Entra",
    ("M3", None): "the e-mails are equal",
    ("M3b", None): "an address of the Entra user is the username or an e-mail of this login; nobody else shares one",
    ("L1", None): "is in a configured group, and nobody in Emply has this address",
    ("L4", None): "is back in scope, and may be reactivated",
    ("L5", "deleted_in_entra"): "the Entra user is gone",
    ("L6", "account_disabled"): "the Entra account is disabled",
    ("L7", "removed_from_group"): "is in no configured group any more",
    ("L7a", "is_room"): "is a meeting room",
    ("R2", "roles_missing"): "has no role at all; gets the main group's",
    ("R4", "mapping_changed"): "a group is mapped to another role now",
    ("R4", "group_joined"): "joined a configured group",
    ("R5", "roles_missing"): "a role given by a group was taken away in Emply; exactly the groups' roles again",
    ("A1", None): "the fields follow Entra",
    ("A2", None): "Emply has none yet",
    ("P1", None): "Entra has another picture than the one that was taken over last",
    ("C1", None): "the user may edit this calendar, and Emply does not have it",
    ("C1a", None): "the default calendar has a new id in Entra",
    ("C3", None): "the calendar's name or sharing differs",
    ("C4", None): "the calendar is gone in Entra, or is no longer this user's to edit",
    ("C5", None): "is the calendar of a meeting room",
    ("C6", None): "calendars are not synchronised",
    ("E1", None): "Outlook leads its events",
    ("E2", None): "Emply leads the events made in it",
    ("W1", None): "is active in Emply, and nobody in Entra carries one of its addresses",
    ("W2", None): "the employee leads these fields",
    ("W3", None): "the employee is archived",
    ("W3", "deleted_in_entra"): "the employee is archived, and the Entra user is deleted with this plan",
}
SHORT_ID = 12
"""So much of a plan's id is shown, and is enough to name it."""
_OPAQUE = frozenset({"kind", "userId", "externalId", "calendarExternalId", "changeKey", "emplyEventId"})
"""Ids and marks of calendars and events: shown only where nothing else changes."""
GUARDS = {
    "G1": "more deactivations than max_deactivations allows",
    "G2": "more role changes than max_role_changes allows",
    "G3": "a protected role, a link in place of another, or a link by another address",
    "G4": "a configured group is suddenly empty",
    "G6": "more people lose calendars or events than max_deactivations allows",
    "G7": "more new or reactivated logins than max_grants allows",
}
KINDS = {
    "emply.deactivate_user": ("-", "leavers: deactivate"),
    "ledger.link_user": ("~", "link to an existing Emply user"),
    "emply.create_user": ("+", "joiners: create a login"),
    "emply.activate_user": ("+", "activate"),
    "emply.set_roles": ("~", "movers: change roles"),
    "emply.update_user": ("~", "change fields"),
    "emply.set_photo": ("~", "take over a picture"),
    "emply.remove_calendar": ("-", "take a calendar out of Emply"),
    "emply.detach_calendar": ("-", "take Outlook's events out of a calendar"),
    "emply.add_calendar": ("+", "add a calendar"),
    "emply.attach_calendar": ("+", "join a calendar with Outlook again"),
    "emply.update_calendar": ("~", "change a calendar"),
    "emply.delete_event": ("-", "take an event out of Emply"),
    "emply.upsert_event": ("+", "write an event to Emply"),
    "entra.create_event": ("+", "create an event in Outlook"),
    "entra.update_event": ("~", "change an event in Outlook"),
    "entra.delete_event": ("-", "delete an event in Outlook"),
    "entra.create_user": ("+", "create a user in Entra"),
    "entra.update_user": ("~", "change fields in Entra"),
    "entra.delete_user": ("-", "delete a user in Entra"),
}
"""What each kind of action is called, and whether it adds (+), takes away (-) or changes (~)."""


def document(plan: Plan, created_at: datetime, mapping_version: str) -> dict[str, Any]:
    """The plan in the form of `plan --json`."""
    return document_of(
        plan.actions, plan.findings, plan_id=plan.plan_id, created_at=created_at, mapping_version=mapping_version
    )


def document_of(
    actions: pd.DataFrame, findings: pd.DataFrame, *, plan_id: str, created_at: datetime, mapping_version: str
) -> dict[str, Any]:
    """The form of `plan --json`, of actions and findings of a plan, or of some of them."""
    kinds = (actions["target"] + "." + actions["kind"]).value_counts().sort_index()
    held = int((actions["held_by"] != "").sum())
    return {
        "plan_id": plan_id,
        "created_at": f"{created_at:%Y-%m-%dT%H:%M:%SZ}",
        "mapping_version": mapping_version,
        "status": "empty" if actions.empty else "held" if held else "ready",
        "actions": action_rows(actions),
        "findings": rows(findings, list(findings.columns)),
        "summary": {str(kind): int(count) for kind, count in kinds.items()} | {"held": held},
    }


def action_rows(actions: pd.DataFrame) -> list[dict[str, Any]]:
    """The actions as `plan --json` has them."""
    found = rows(actions, ACTION_KEYS)
    for action in found:
        action["held_by"] = (action["held_by"] or "").split()
    return found


def part_of(document: Row, *, person: str | None = None, kind: str | None = None, held: bool = False) -> dict[str, Any]:
    """The document with those of its actions that fit everything that is set, and the findings of the `person` (the
    subject, or an id); its id, status and summary stay those of the whole plan.

    kind: "set_roles" or "emply.set_roles". Findings have no kind and are never held: both leave them out.
    """

    def is_theirs(row: Row) -> bool:
        ids = (row["entra_id"], row["emply_user_id"], row.get("employee_id"))
        return person is None or key_of(row["subject"] or "") == key_of(person) or person in ids

    def fits(action: Row) -> bool:
        named = (None, action["kind"], f"{action['target']}.{action['kind']}")
        return is_theirs(action) and kind in named and bool(action["held_by"] or not held)

    found = [] if kind is not None or held else [row for row in document["findings"] if is_theirs(row)]
    return {**document, "actions": [row for row in document["actions"] if fits(row)], "findings": found}


def names_of(inputs: Inputs) -> dict[str, str]:
    """What ids are called: roles, departments and groups."""
    return inputs.names


def held_by_guard(actions: pd.DataFrame) -> dict[str, int]:
    """How many actions each guard holds; none of those that hold nothing."""
    held = actions.loc[actions["held_by"] != "", "held_by"].str.split(" ").explode()
    return {str(guard): int(count) for guard, count in held.value_counts().sort_index().items()}


def changes(action: Row, names: Mapping[str, str]) -> list[str]:
    """What an action changes, one text a field: "roleIds: Employee, HR → Employee"."""
    made = action["before"] is None
    return [f"{name}: {new}" if made else f"{name}: {old} → {new}" for name, old, new in fields(action, names)]


def fields(action: Row, names: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """The fields that an action changes, to be read: name, value before, value after; ids by what they are called."""
    before, after = action["before"] or {}, action["after"] or {}
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    changed = [name for name in changed if name not in _OPAQUE] or changed
    return [(name, _value(before.get(name), names), _value(after.get(name), names)) for name in changed]


def how_to_approve(plan_id: str | None, new: int = 0) -> str:
    """What lets held actions go: approving the recorded plan of this id (None: there is none that holds them); `new`
    are held by no recorded plan yet.
    """
    if plan_id is None:
        return "entra-emply sync records them, and prints the id of the plan to approve"
    command = f"entra-emply approve {plan_id[:SHORT_ID]} --by NAME --reason TEXT"
    return f"{command}; {new} of them only after the next entra-emply sync, which records them" if new else command


def why(action: Row) -> str:
    """The rule and its reason in a sentence."""
    return f"{action['rule']}: {_WHY.get((action['rule'], action['reason']), action['reason'] or '')}"


def rows(frame: pd.DataFrame, columns: list[str] | None = None) -> list[dict[str, Any]]:
    """The rows of a plan's frame as JSON has them: null for missing, `before` and `after` as objects."""
    made = records(frame if columns is None else frame[columns])
    for row in made:
        row |= {name: orjson.loads(row[name]) for name in ("before", "after") if row.get(name) is not None}
    return made


def _value(value: object, names: Mapping[str, str]) -> str:
    if value is None or value == []:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(names.get(str(each), str(each)) for each in value)
    return names.get(str(value), str(value))
