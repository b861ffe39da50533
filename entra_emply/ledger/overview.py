"""What pages show of the ledger: plans and their actions, counts of each run, failures, versions of the mapping.

Queries only; nothing is written. Frames have one row for each thing, missing is None. Not here: one person's history
(`history`), and the status of a few actions (`action_status`).
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, Text, and_, cast, func, select

from entra_emply import clock
from entra_emply.ledger.approvals import is_valid
from entra_emply.ledger.migrate import exists
from entra_emply.ledger.plans import RecordedPlan, recorded
from entra_emply.ledger.tables import (
    action_name,
    actions,
    approvals,
    attempts,
    counters,
    failures,
    mapping_versions,
    outcomes,
    plans,
)
from entra_emply.reconciliation.plan import ACTION_COLUMNS

_ACTION = [
    cast(column, Text).label(column.name) if column.name in ("before", "after") else column for column in actions.c
]


def plans_made(connection: Connection, limit: int) -> list[RecordedPlan]:
    """The newest plans, those of backfills included; the newest first."""
    if not exists(connection):
        return []
    return [recorded(row) for row in connection.execute(_newest_first().limit(limit)).mappings()]


def plans_since(connection: Connection, since: datetime) -> list[RecordedPlan]:
    """The plans that were made to be applied since then; the newest first."""
    if not exists(connection):
        return []
    made = _newest_first().where(plans.c.origin == "sync", plans.c.created_at >= since)
    return [recorded(row) for row in connection.execute(made).mappings()]


def plan_numbered(connection: Connection, plan_no: int) -> RecordedPlan | None:
    """The plan of this number."""
    row = connection.execute(select(plans).where(plans.c.plan_no == plan_no)).mappings().one_or_none()
    return None if row is None else recorded(row)


def actions_of(connection: Connection, plan_no: int) -> pd.DataFrame:
    """The actions of a plan in the order of applying: `plan.ACTION_COLUMNS`, as in a plan's own frame."""
    columns = [column for column in _ACTION if column.name in ACTION_COLUMNS]
    rows = connection.execute(select(*columns).where(actions.c.plan_no == plan_no).order_by(actions.c.position)).all()
    texts = dict.fromkeys((name for name in ACTION_COLUMNS if name != "position"), "str")
    return pd.DataFrame(rows, columns=[column.name for column in columns]).astype(texts | {"position": "int64"})


def outcomes_of(connection: Connection, plan_no: int) -> pd.DataFrame:
    """What came of a plan's actions: action_id, result, code of the last attempt of each."""
    query = (
        select(attempts.c.action_id, outcomes.c.result, outcomes.c.code)
        .join_from(attempts, outcomes)
        .where(attempts.c.plan_no == plan_no)
        .order_by(attempts.c.attempt_no)
    )
    return _frame(connection, query).drop_duplicates("action_id", keep="last", ignore_index=True)


def approvals_now(connection: Connection) -> pd.DataFrame:
    """The valid approvals: action_id, by, reason, at, expires_at."""
    columns = (approvals.c[name] for name in ("action_id", "by", "reason", "at", "expires_at"))
    return _frame(connection, select(*columns).where(is_valid(clock.now())))


def failures_now(connection: Connection) -> pd.DataFrame:
    """The actions that failed and were not done since: action_id, failures, code, at, quarantined_at, runs (until the
    next try), and of the last plan that had them ACTION_COLUMNS. Quarantined ones first, then the last failure first.
    """
    last = (
        select(func.max(actions.c.plan_no).label("plan_no"), actions.c.action_id)
        .where(actions.c.action_id.in_(select(failures.c.action_id)))
        .group_by(actions.c.action_id)
        .subquery()
    )
    about = [column for column in _ACTION if column.name in ACTION_COLUMNS and column.name != "action_id"]
    query = (
        select(failures, (failures.c.next_run - counters.c.runs).label("runs"), *about)
        .join_from(failures, counters, onclause=counters.c.one)
        .outerjoin(last, last.c.action_id == failures.c.action_id)
        .outerjoin(actions, and_(actions.c.plan_no == last.c.plan_no, actions.c.action_id == last.c.action_id))
        .order_by(failures.c.quarantined_at.is_(None), failures.c.at.desc(), failures.c.action_id)
    )
    return _frame(connection, query)


def counts_of(connection: Connection, plan_nos: Collection[int]) -> pd.DataFrame:
    """Of each of these plans and each kind: plan_no, kind, planned, held, applied, failed (numbers of actions)."""
    last = (
        select(attempts.c.plan_no, attempts.c.action_id, outcomes.c.result)
        .join_from(attempts, outcomes)
        .where(attempts.c.plan_no.in_(plan_nos))
        .subquery()
    )

    def counted(condition: Any) -> Any:  # noqa: ANN401 (columns)
        return func.count().filter(condition)

    query = (
        select(
            actions.c.plan_no,
            action_name.label("kind"),
            func.count().label("planned"),
            counted(and_(actions.c.held_by != "", last.c.result.is_(None))).label("held"),
            counted(last.c.result == "applied").label("applied"),
            counted(last.c.result == "failed").label("failed"),
        )
        .outerjoin(last, and_(last.c.plan_no == actions.c.plan_no, last.c.action_id == actions.c.action_id))
        .where(actions.c.plan_no.in_(plan_nos))
        .group_by(actions.c.plan_no, action_name)
    )
    return _frame(connection, query)


def versions_of_mapping(connection: Connection) -> pd.DataFrame:
    """The versions of the settings, the newest first: version, document, first_seen_at, last_used_at."""
    query = (
        select(
            mapping_versions.c.version,
            mapping_versions.c.document,
            mapping_versions.c.first_seen_at,
            func.max(plans.c.created_at).label("last_used_at"),
        )
        .outerjoin(plans, and_(plans.c.mapping_version == mapping_versions.c.version, plans.c.origin == "sync"))
        .group_by(mapping_versions.c.version)
        .order_by(mapping_versions.c.first_seen_at.desc())
    )
    return _frame(connection, query)


def _newest_first() -> Select[Any]:
    return select(plans).order_by(plans.c.plan_no.desc())


def _frame(connection: Connection, query: Select[Any]) -> pd.DataFrame:
    found = connection.execute(query)
    return pd.DataFrame(found.all(), columns=list(found.keys()), dtype=object)
