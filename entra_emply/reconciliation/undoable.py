"""What of applied actions can be undone, and why the rest cannot: pure, of the inputs as they are now.

Whether a request can be met is `rules.undo`; here the actions that were applied become requests.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import pandas as pd

from entra_emply.printing import SHORT_ID
from entra_emply.reconciliation.action_ids import action_ids
from entra_emply.reconciliation.clause import clause_of
from entra_emply.reconciliation.identify import identify
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.rules.undo import BY_KIND, Undoing, stopped
from entra_emply.reconciliation.words.undo import UNDOES

Row = dict[str, Any]

_ANOTHER_KIND = "only roles, fields and deactivated logins of Emply can be restored"
_NOTHING_LOST = {"set_roles": "it took no role away", "update_user": "Emply had no value before"}
_ASKED_ALREADY = "an undo of it is asked for already"
KINDS = frozenset({"set_roles", "update_user", "deactivate_user"})


@dataclass(frozen=True)
class Undoable:
    """possible: actions that restore what was applied, in the form of a plan's, with undone_plan_id and
    undone_action_id. refused: of what cannot be undone kind ("emply.set_roles"), subject, before, after and why.
    """

    possible: list[Row]
    refused: list[Row]


def undoable(inputs: Inputs, applied: pd.DataFrame, asked: Collection[tuple[str, str]]) -> Undoable:
    """What of `applied` (`ledger.undo_requests.applied`) can be undone. asked: the logins and kinds of open requests.

    Raises SettingsError (R8, W0).
    """
    rows = [part for row in applied.to_dict("records") for part in _parts({str(key): row[key] for key in row})]
    wanted = [row for row in rows if row["why"] is None]
    for row, why in zip(wanted, _judged(inputs, wanted, asked), strict=True):
        row["why"] = why
    refused = [row for row in rows if row["why"] is not None]
    return Undoable(_together([row for row in wanted if row["why"] is None]), [_told(row) for row in refused])


def _parts(applied: Mapping[str, Any]) -> Iterator[Row]:
    """Of an applied action what would restore each field that it changed; `why` not, where nothing would."""
    before, after = ({} if pd.isna(applied[side]) else orjson.loads(applied[side]) for side in ("before", "after"))
    about = {name: applied[name] for name in ("entra_id", "emply_user_id", "subject")}
    about = {name: None if pd.isna(value) else value for name, value in about.items()}
    named = {"undone": f"{applied['target']}.{applied['kind']}", "undone_plan_id": applied["plan_id"]}
    row: Row = about | named | {"undone_action_id": applied["action_id"], "why": None}
    if applied["target"] != "emply" or applied["kind"] not in KINDS:
        was = None if pd.isna(applied["before"]) else before
        yield row | {"kind": applied["kind"], "was": was, "before": after, "after": was, "why": _ANOTHER_KIND}
        return
    kind = "activate_user" if applied["kind"] == "deactivate_user" else applied["kind"]
    for name, value in after.items():
        old = before.get(name)
        restored = sorted({*value, *(old or [])}) if name == "roleIds" else old
        lost = restored is not None and restored != value
        why = None if lost else _NOTHING_LOST[kind]
        sides = {"was": {name: old}, "before": {name: value}, "after": {name: restored}}
        yield row | sides | {"kind": kind, "why": why}


def _judged(inputs: Inputs, wanted: list[Row], asked: Collection[tuple[str, str]]) -> list[str | None]:
    """Why each cannot be undone; None where it can."""
    looked = stopped(Undoing.of(identify(inputs), _frame(wanted)))
    reasons = [clause_of(looked[place]) if place in looked else None for place in range(len(wanted))]
    pairs = [(row["emply_user_id"], row["kind"]) for row in wanted]
    return [_ASKED_ALREADY if pair in asked else why for pair, why in zip(pairs, reasons, strict=True)]


def _frame(rows: list[Row]) -> pd.DataFrame:
    """Requests as `Undoing` has them."""
    columns = ["kind", "entra_id", "emply_user_id"]
    frame = pd.DataFrame([[row[name] for name in columns] for row in rows], columns=columns, dtype="str")
    for side in ("before", "after"):
        frame[side] = pd.Series([orjson.dumps(row[side]).decode() for row in rows], dtype="str")
    ids = action_ids(frame.assign(target="emply"))
    return frame.assign(action_id=ids, cause=pd.Series(index=frame.index, dtype="str"))


def _together(rows: list[Row]) -> list[Row]:
    """The fields of one action as one again, with the id of the action that restores them."""
    actions: dict[str, Row] = {}
    for row in rows:
        one = actions.setdefault(row["undone_action_id"], {**row, "before": {}, "after": {}})
        one["before"] |= row["before"]
        one["after"] |= row["after"]
    made = list(actions.values())
    for row, action_id in zip(made, _frame(made)["action_id"], strict=True):
        rule = BY_KIND[row["kind"]].name
        reason = UNDOES + row["undone_plan_id"][:SHORT_ID]
        row |= {"action_id": action_id, "target": "emply", "rule": rule, "reason": reason, "held_by": ["G8"]}
    return made


def _told(row: Row) -> Row:
    """What is said of an action that cannot be undone: as it was applied."""
    did = {"kind": row["undone"], "subject": row["subject"], "before": row["was"], "after": row["before"]}
    return did | {"why": row["why"]}
