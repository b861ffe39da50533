"""Actions and events as lists show them: who, what changes in names, why, what holds them, where they stand."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from entra_emply.reconciliation.arrays import records
from entra_emply.reconciliation.report.wording import Row, action_rows, because, fields, why

Shown = dict[str, Any]


def actions_shown(frame: pd.DataFrame, names: Mapping[str, str]) -> list[Shown]:
    """The rows of `PlanActions.now`, to be listed."""
    states, why_held = zip(frame["state"], frame["code"], frame["own_guards"], strict=True), because(frame)
    return [
        action_shown(row, names)
        | {"state": state, "code": _text(code), "own": bool(own), "held": why_held.get(row["action_id"], {})}
        for row, (state, code, own) in zip(action_rows(frame), states, strict=True)
    ]


def action_shown(row: Row, names: Mapping[str, str]) -> Shown:
    """One action as `plan --json` has it, to be listed."""
    return {
        "id": row["action_id"],
        "who": row["subject"] or "(no address)",
        "person": row["entra_id"] or row["emply_user_id"],
        "name": f"{row['target']}.{row['kind']}",
        "rule": row["rule"],
        "fields": fields(row, names),
        "why": why(row),
    }


def refused_shown(rows: Iterable[Row], names: Mapping[str, str]) -> list[Shown]:
    """Actions that cannot be undone, to be listed as they were applied, with why."""
    return [
        {
            "who": row["subject"] or "(no address)",
            "name": row["kind"],
            "fields": fields(row, names),
            "why": row["why"],
        }
        for row in rows
    ]


def undos_shown(asked: pd.DataFrame, names: Mapping[str, str]) -> list[Shown]:
    """Requests to undo (`undo_requests.asked`), to be listed: what each restores, by whom it was asked for, and why."""
    return [
        {
            "id": row["action_id"],
            "who": row["subject"] if isinstance(row["subject"], str) else "(no address)",
            "person": row["entra_id"],
            "name": f"{row['target']}.{row['kind']}",
            "fields": fields({"before": row["before"], "after": row["after"]}, names),
            **{str(name): row[name] for name in ("by", "reason", "at", "approved", "undone_plan_id")},
        }
        for row in asked.to_dict("records")
    ]


def events_shown(events: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> list[Shown]:
    """The events of one person's history, to be listed."""
    return [
        {
            **{name: event[name] for name in ("at", "event", "plan_id", "kind", "by", "code")},
            "said": event["why"],
            "fields": fields({"before": event["before"], "after": event["after"]}, names),
            "why": why(event),
            "held": event["held_because"],
        }
        for event in events
    ]


def differences_shown(frame: pd.DataFrame, names: Mapping[str, str]) -> list[Shown]:
    """The rows of `difference`, to be listed: what each plan does, empty where it does nothing."""
    return [
        {
            "who": row["subject"] or "(no address)",
            "person": row["entra_id"] or row["emply_user_id"],
            "name": f"{row['target']}.{row['kind']}",
            "this": _side(row, "this", names),
            "other": _side(row, "other", names),
        }
        for row in records(frame)
    ]


def _side(row: Mapping[str, Any], side: str, names: Mapping[str, str]) -> Shown | None:
    if row[f"action_id_{side}"] is None:
        return None
    before, after = (
        None if row[f"{name}_{side}"] is None else json.loads(row[f"{name}_{side}"]) for name in ("before", "after")
    )
    action = {"before": before, "after": after, "rule": row[f"rule_{side}"], "reason": row[f"reason_{side}"]}
    held = str(row[f"held_by_{side}"] or "").split()
    return {"fields": fields(action, names), "why": why(action), "held": held}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
