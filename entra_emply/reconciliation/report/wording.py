"""A plan in words: what an action changes, why, and what holds it. For whatever shows a plan; decides nothing."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any

import orjson
import pandas as pd

from entra_emply.printing import SHORT_ID
from entra_emply.reconciliation.arrays import records
from entra_emply.reconciliation.findings import NOT_READ
from entra_emply.reconciliation.plan import Plan
from entra_emply.reconciliation.words.actions import REASONS
from entra_emply.reconciliation.words.fields import field_name, field_text
from entra_emply.reconciliation.words.guards import GUARDS, HELD_BECAUSE
from entra_emply.text import key_of

Row = Mapping[str, Any]
Because = Mapping[str, Mapping[str, str]]
"""By id of an action, each guard that holds it and why."""

ACTION_KEYS = ["action_id", "target", "kind", "rule", "entra_id", "emply_user_id", "subject", "before", "after"]
ACTION_KEYS += ["reason", "held_by"]
"""What `plan --json` says of an action; a plan's other columns are for applying it."""
_OPAQUE = frozenset({"kind", "userId", "externalId", "calendarExternalId", "changeKey", "emplyEventId"})
"""Ids and marks of calendars and events: shown only where nothing else changes."""


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


def part_of(
    document: Row,
    *,
    person: str | None = None,
    kind: str | None = None,
    held: bool = False,
    among: Collection[str] | None = None,
) -> dict[str, Any]:
    """The document with those of its actions that fit everything that is set, and the findings of the `person` (the
    subject, or an id); its id, status and summary stay those of the whole plan.

    kind: "set_roles" or "emply.set_roles". among: ids of actions. Findings have no kind, are never held, and no action:
    each of the three leaves them out.
    """

    def is_theirs(row: Row) -> bool:
        ids = (row["entra_id"], row["emply_user_id"], row.get("employee_id"))
        return person is None or key_of(row["subject"] or "") == key_of(person) or person in ids

    def fits(action: Row) -> bool:
        named = (None, action["kind"], f"{action['target']}.{action['kind']}")
        listed = among is None or action["action_id"] in among
        return listed and is_theirs(action) and kind in named and bool(action["held_by"] or not held)

    found = (
        [] if kind is not None or held or among is not None else [row for row in document["findings"] if is_theirs(row)]
    )
    return {**document, "actions": [row for row in document["actions"] if fits(row)], "findings": found}


def held_by_guard(actions: pd.DataFrame) -> dict[str, int]:
    """How many actions each guard holds; none of those that hold nothing."""
    held = actions.loc[actions["held_by"] != "", "held_by"].str.split(" ").explode()
    return {str(guard): int(count) for guard, count in held.value_counts().sort_index().items()}


def because(actions: pd.DataFrame) -> Because:
    """By id of the held actions: each guard that holds it, and why."""
    held = actions[actions["held_by"] != ""]
    texts = zip(held["action_id"], held["held_by"], held["held_because"], strict=True)
    return {str(action_id): held_because(guards.split(), causes.split()) for action_id, guards, causes in texts}


def causes_counted(actions: pd.DataFrame) -> Counter[tuple[str, str]]:
    """Each guard with each cause for which it holds some of the actions, and how many it holds for it."""
    counted = Counter[tuple[str, str]]()
    held = actions[actions["held_by"] != ""]
    alike = held.groupby(["held_by", "held_because"], sort=False).size().reset_index(name="number")
    for guards, causes, number in zip(alike["held_by"], alike["held_because"], alike["number"], strict=True):
        counted.update(dict.fromkeys(held_because(guards.split(), causes.split()).items(), int(number)))
    return counted


def held_because(guards: Sequence[str], causes: Sequence[str]) -> dict[str, str]:
    """By guard, why it holds an action; of a plan that was recorded without its causes, what the guard is for."""
    pairs = zip_longest(guards, causes, fillvalue="")
    return {guard: HELD_BECAUSE.get(cause) or GUARDS[guard] for guard, cause in pairs}


def changes(action: Row, names: Mapping[str, str]) -> list[str]:
    """What an action changes, one text a field: "roles: Employee, HR → Employee"."""
    return [f"{name}: {old} → {new}" if old else f"{name}: {new}" for name, old, new in fields(action, names)]


def fields(action: Row, names: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """The fields that an action changes, to be read: name, value before, value after; ids by what they are called.

    The value before is empty where the action says nothing of it: of what it makes, and of a field that it writes
    whatever is there. A field of which it says nothing after stays as it is.
    """
    before, after = action["before"], action["after"]
    of_both = [name for name in {**(before or {}), **(after or {})} if after is None or name in after]
    changed = [name for name in of_both if (before or {}).get(name) != (after or {}).get(name)]
    changed = [name for name in changed if name not in _OPAQUE] or changed
    return [_photo(before) if name == "etag" else _field(name, before, after, names) for name in changed]


def how_to_approve(plan_id: str | None, new: int = 0) -> str:
    """What lets held actions go: approving the recorded plan of this id (None: there is none that holds them); `new`
    are held by no recorded plan yet.
    """
    them = "it" if new == 1 else "them"
    if plan_id is None:
        return f"entra-emply sync records {them}, and prints the id of the plan to approve"
    command = f"entra-emply approve {plan_id[:SHORT_ID]} --by NAME --reason TEXT"
    return f"{command}; {new} of them only after the next entra-emply sync, which records {them}" if new else command


def why(action: Row) -> str:
    """The rule and its reason in a sentence."""
    return f"{action['rule']}: {REASONS.get((action['rule'], action['reason']), action['reason'] or '')}"


def about(finding: Row) -> str:
    """Whom or what a finding is about: the subject, or the id of what has none."""
    return finding["subject"] or (finding["code"] not in NOT_READ and finding["object"]) or "(no address)"


def answer(finding: Row) -> str:
    """What the service answered where that is the finding (P5, C7, G5b), else nothing."""
    return finding["object"] or "" if finding["code"] in NOT_READ else ""


def about_with_answer(finding: Row) -> str:
    """ "megan@contoso.com (503 ErrorMailboxMoveInProgress)"."""
    said = answer(finding)
    return f"{about(finding)} ({said})" if said else about(finding)


def rows(frame: pd.DataFrame, columns: list[str] | None = None) -> list[dict[str, Any]]:
    """The rows of a plan's frame as JSON has them: null for missing, `before` and `after` as objects."""
    made = records(frame if columns is None else frame[columns])
    for row in made:
        row |= {name: orjson.loads(row[name]) for name in ("before", "after") if row.get(name) is not None}
    return made


def _field(name: str, before: Row | None, after: Row | None, names: Mapping[str, str]) -> tuple[str, str, str]:
    old = _value(name, before[name], names) if before is not None and name in before else ""
    return field_name(name), old, _value(name, (after or {}).get(name), names)


def _photo(before: Row | None) -> tuple[str, str, str]:
    """P1 writes the photo that Entra has; its etag says nothing to a reader."""
    recorded = (before or {}).get("etag")
    return field_name("etag"), "none" if recorded is None else "an earlier one", "the one in Entra"


def _value(field: str, value: object, names: Mapping[str, str]) -> str:
    if value is None or value == []:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(sorted((names.get(str(each), str(each)) for each in value), key=str.casefold))
    return names.get(str(value)) or field_text(field, str(value))
