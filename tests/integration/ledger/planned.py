"""Plans made by hand, action by action: applying does not depend on how a plan was made."""

import hashlib
import json
from collections.abc import Sequence

import pandas as pd

from entra_emply.reconciliation.findings import FINDING_COLUMNS
from entra_emply.reconciliation.kinds import ORDER
from entra_emply.reconciliation.plan import ACTION_COLUMNS, Plan
from tests.integration.ledger.fakes.system import Row
from tests.integration.ledger.systems import Systems

WINDOW = ("2026-10-23T00:00:00Z", "2027-05-22T00:00:00Z")


def action(
    name: str,
    rule: str,
    entra_id: str | None,
    before: Row | None,
    after: Row | None,
    /,
    **more: str | None,
) -> Row:
    """A row of a plan; the Emply user is the person's own where nothing else is said."""
    target, kind = name.split(".")
    row: Row = {
        "target": target,
        "kind": kind,
        "rule": rule,
        "entra_id": entra_id,
        "emply_user_id": f"emply-{entra_id}",
        "subject": f"{entra_id}@contoso.com",
        "before": None if before is None else json.dumps(before, ensure_ascii=False),
        "after": None if after is None else json.dumps(after, ensure_ascii=False),
        "reason": None,
        "held_by": "",
        "held_because": "",
        "own_guards": "",
        "groups": "",
        "employee_id": None,
        "time_zone": None,
        **more,
    }
    hashed = [str(row[part]) for part in ("target", "kind", "entra_id", "emply_user_id", "before", "after")]
    return {"action_id": hashlib.sha256("|".join(hashed).encode()).hexdigest(), **row}


def make(*rows: Row, ended_pairs: Sequence[str] = ()) -> Plan:
    """The plan of these actions."""
    ordered = sorted(rows, key=lambda row: ORDER.index(f"{row['target']}.{row['kind']}"))
    frame = pd.DataFrame(ordered, columns=ACTION_COLUMNS).astype(dict.fromkeys(ACTION_COLUMNS, "str"))
    nothing = pd.DataFrame(
        columns=["entra_id", "group_id", "role_id", "group_name", "members", "emply_user_id"], dtype="str"
    )
    return Plan(
        actions=frame.assign(position=range(len(frame))),
        findings=pd.DataFrame(columns=FINDING_COLUMNS, dtype="str"),
        role_states=nothing[["entra_id", "group_id", "role_id"]],
        group_ids=nothing[["group_name", "group_id"]],
        group_counts=nothing[["group_id", "members"]],
        ended_deactivations=nothing[["emply_user_id"]],
        ended_pairs=pd.DataFrame({"emply_event_id": list(ended_pairs)}, dtype="str"),
        configured_groups=("g-staff", "g-hr"),
        room_groups=("g-rooms",),
        window=WINDOW,
    )


def plan(systems: Systems, *rows: Row, ended_pairs: Sequence[str] = ()) -> Plan:
    """Record a plan of these actions as the newest."""
    return systems.record_plan(make(*rows, ended_pairs=ended_pairs), systems.state())


def results(systems: Systems, *rows: Row) -> list[tuple[str, str]]:
    """Apply a plan of these actions; what came of them, by kind, in the order of applying."""
    results = systems.apply(plan(systems, *rows)).results
    return [(name.split(".")[1], result) for name in results for result in sorted(results[name].elements())]
