"""A plan for people and programs: the JSON of `plan --json`, and text that reads like a good infrastructure plan.

Names and addresses are allowed here and nowhere else outside the ledger and the frames. Nothing is decided here.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import pandas as pd
from rich.console import Console
from rich.markup import escape

from assets.reconciliation.lookup import parsed
from assets.reconciliation.plan import Plan
from assets.reconciliation.world import World

Row = Mapping[str, Any]

_ACTION_KEYS = ["action_id", "target", "kind", "rule", "entra_id", "emply_user_id", "subject", "before", "after"]
_KINDS = {
    "ledger.link_user": ("~", "yellow", "link to an existing Emply user"),
    "emply.create_user": ("+", "green", "joiners: create a login"),
    "emply.activate_user": ("+", "green", "activate"),
    "emply.set_roles": ("~", "yellow", "movers: change roles"),
    "emply.update_user": ("~", "yellow", "change fields"),
    "emply.deactivate_user": ("-", "red", "leavers: deactivate"),
}
_WHY = {
    ("M2", None): "the username in Emply equals the sign-in name in Entra",
    ("M3", None): "the e-mails are equal",
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
}
GUARDS = {
    "G1": "more deactivations than max_deactivations allows",
    "G2": "more role changes than max_role_changes allows",
    "G3": "a protected role, or a link in place of another",
    "G4": "a configured group is suddenly empty",
    "G7": "more new or reactivated logins than max_grants allows",
}


def document(plan: Plan, created_at: datetime, mapping_version: str) -> dict[str, Any]:
    """The plan in the form of `plan --json`."""
    actions = _rows(plan.actions, [*_ACTION_KEYS, "reason", "held_by"])
    for action in actions:
        action["held_by"] = (action["held_by"] or "").split()
    kinds = (plan.actions["target"] + "." + plan.actions["kind"]).value_counts().sort_index()
    return {
        "plan_id": plan.plan_id,
        "created_at": f"{created_at:%Y-%m-%dT%H:%M:%SZ}",
        "mapping_version": mapping_version,
        "status": plan.status,
        "actions": actions,
        "findings": _rows(plan.findings, list(plan.findings.columns)),
        "summary": {str(kind): int(count) for kind, count in kinds.items()}
        | {"held": int((plan.actions["held_by"] != "").sum())},
    }


def names_of(world: World) -> dict[str, str]:
    """What ids are called: roles, departments and groups."""
    pairs = [
        (world.emply_roles["role_id"], world.emply_roles["title"]),
        (world.emply_departments["department_id"], world.emply_departments["title"]),
        (world.entra_groups["group_id"], world.entra_groups["display_name"]),
    ]
    return {str(key): str(name) for ids, titles in pairs for key, name in zip(ids, titles, strict=True)}


def show(plan: Row, names: Mapping[str, str], console: Console, limit: int = 40) -> None:
    """Print the plan (a `document`): by kind, before → after, why, what is held; findings; counts last.

    Of each kind at most `limit` rows are shown, the held ones first.
    """
    for kind, group in groupby(plan["actions"], key=lambda action: f"{action['target']}.{action['kind']}"):
        actions = sorted(group, key=lambda action: not action["held_by"])
        sign, colour, title = _KINDS.get(kind, ("~", "yellow", kind))
        console.print(f"\n[bold]{kind}[/bold]  {title} ({len(actions)})")
        for action in actions[:limit]:
            _show_action(action, sign, colour, names, console)
        if len(actions) > limit:
            console.print(f"  … and {len(actions) - limit} more (--json shows all)", style="dim")
    _show_findings(plan["findings"], console, limit)
    _show_counts(plan, console)


def changes(action: Row, names: Mapping[str, str]) -> list[str]:
    """What an action changes, one text a field: "roles: Employee, HR → Employee"."""
    before, after = action["before"] or {}, action["after"] or {}
    fields = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if action["before"] is None:
        return [f"{name}: {_value(after[name], names)}" for name in fields]
    return [f"{name}: {_value(before.get(name), names)} → {_value(after.get(name), names)}" for name in fields]


def why(action: Row) -> str:
    """The rule and its reason in a sentence."""
    return f"{action['rule']}: {_WHY.get((action['rule'], action['reason']), action['reason'] or '')}"


def _show_action(action: Row, sign: str, colour: str, names: Mapping[str, str], console: Console) -> None:
    console.print(f"  [{colour}]{sign}[/{colour}] {escape(action['subject'] or '(no address)')}", soft_wrap=True)
    for change in changes(action, names):
        console.print(f"      {escape(change)}", soft_wrap=True)
    console.print(f"      why   {escape(why(action))}", style="dim", soft_wrap=True)
    for guard in action["held_by"]:
        console.print(f"      [bold red]held[/bold red]  {guard}: {GUARDS.get(guard, '')}", soft_wrap=True)


def _show_findings(findings: Sequence[Row], console: Console, limit: int) -> None:
    if findings:
        console.print(f"\n[bold]findings[/bold]  what a person has to look at ({len(findings)})")
    for code, group in groupby(findings, key=lambda finding: finding["code"]):
        rows = list(group)
        console.print(f"  {rows[0]['severity']}: {code} ({len(rows)}), {rows[0]['rule']}: {rows[0]['message']}", soft_wrap=True)
        console.print(f"      do    {rows[0]['remedy']}", style="dim", soft_wrap=True)
        shown = ", ".join(str(row["subject"]) for row in rows[:limit])
        more = f" and {len(rows) - limit} more" if len(rows) > limit else ""
        console.print(f"      who   {escape(shown)}{more}", style="dim", soft_wrap=True)


def _show_counts(plan: Row, console: Console) -> None:
    counts = [f"{count} {kind}" for kind, count in plan["summary"].items() if kind != "held"]
    held = plan["summary"]["held"]
    console.print(f"\nPlan {plan['plan_id'][:12]} of {plan['created_at']}, mapping {plan['mapping_version']}")
    console.print(f"[bold]{', '.join(counts) or 'Nothing to do'}[/bold]; {len(plan['findings'])} findings", soft_wrap=True)
    if held:
        console.print(f"[bold red]{held} held[/bold red]: entra-emply approve {plan['plan_id'][:12]} --by NAME --reason TEXT", soft_wrap=True)


def _value(value: object, names: Mapping[str, str]) -> str:
    if value is None or value == []:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(names.get(str(each), str(each)) for each in value)
    return names.get(str(value), str(value))


def _rows(frame: pd.DataFrame, columns: list[str]) -> list[dict[str, Any]]:
    texts = frame[columns].astype(object).where(frame[columns].notna(), None)
    if "before" in columns:
        texts = texts.assign(before=pd.Series(parsed(frame["before"]), index=frame.index, dtype=object))
        texts = texts.assign(after=pd.Series(parsed(frame["after"]), index=frame.index, dtype=object))
    return [{str(key): value for key, value in row.items()} for row in texts.to_dict("records")]
