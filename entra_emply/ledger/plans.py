"""Recording what a run planned. Not here: what it read (`certificates`), approving (`approvals`) and claiming a plan
(`claims`).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    bindparam,
    delete,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from entra_emply import clock
from entra_emply.errors import LedgerError
from entra_emply.ledger import standing_findings
from entra_emply.ledger.database import copy_in
from entra_emply.ledger.tables import (
    actions,
    approvals,
    counters,
    deactivations,
    event_pairs,
    failures,
    group_counts,
    group_ids,
    installation,
    mapping_versions,
    plan_role_states,
    plans,
    read_certificates,
    undo_requests,
)
from entra_emply.reconciliation.arrays import records
from entra_emply.reconciliation.inputs import SyncState
from entra_emply.reconciliation.plan import ACTION_COLUMNS, Plan

Origin = Literal["sync", "backfill"]


@dataclass(frozen=True)
class RecordedPlan:
    """A plan as the ledger knows it, without its actions. `ending`: done, stopped or interrupted; None before."""

    plan_no: int
    plan_id: str
    run_id: str
    day: date
    origin: Origin
    mapping_version: str
    created_at: datetime
    read_at: datetime
    epoch: int
    configured_groups: tuple[str, ...]
    room_groups: tuple[str, ...]
    nested_groups: bool
    window_start: str | None
    window_end: str | None
    claimed_at: datetime | None
    finished_at: datetime | None
    ending: str | None


def belongs_to(connection: Connection, tenant_id: str, customer: str) -> None:
    """Record the ledger's tenant and customer the first time. Raises LedgerError for any other pair later."""
    row = {"tenant_id": tenant_id, "customer": customer, "recorded_at": clock.now()}
    connection.execute(insert(installation).values(row).on_conflict_do_nothing())
    wrong = wrong_owner(connection, tenant_id, customer)
    if wrong is not None:
        raise LedgerError(wrong)


def wrong_owner(connection: Connection, tenant_id: str | None, customer: str) -> str | None:
    """Why this is not the ledger of this tenant and customer, in words; None where it is, or no owner is recorded.

    The tenant is compared unless it is None.
    """
    owner = connection.execute(select(installation)).one_or_none()
    if owner is None:
        return None
    for what, recorded, given in (("tenant", owner.tenant_id, tenant_id), ("customer", owner.customer, customer)):
        if given is not None and given != recorded:
            return f"the ledger belongs to the {what} {recorded}, not to {given}: each pair needs a database of its own"
    return None


def record_mapping(connection: Connection, version: str, document: str) -> None:
    """Record the settings of a mapping version the first time it is used."""
    row = {"version": version, "document": document, "first_seen_at": clock.now()}
    connection.execute(insert(mapping_versions).values(row).on_conflict_do_nothing())


def record_plan(
    connection: Connection,
    plan: Plan,
    *,
    run_id: str,
    day: date,
    origin: Origin,
    mapping_version: str,
    state: SyncState,
) -> int:
    """Record a plan, and for a plan that is made to be applied its changes to the sync state. Returns its number.

    A run records one plan; recording it again returns the same number. Raises LedgerError for a second, other plan.
    """
    one_at_a_time(connection)
    before = connection.execute(select(plans.c.plan_no, plans.c.plan_id).where(plans.c.run_id == run_id)).one_or_none()
    if before is not None:
        if before.plan_id != plan.plan_id:
            raise LedgerError(f"run {run_id} has recorded another plan already: start a new run")
        return int(before.plan_no)
    made = {"run_id": run_id, "day": day, "origin": origin, "mapping_version": mapping_version}
    row = made | _described(plan, state)
    plan_no = int(connection.execute(insert(plans).values(row).returning(plans.c.plan_no)).scalar_one())
    copy_in(connection, actions, plan.actions[ACTION_COLUMNS].assign(plan_no=plan_no))
    if origin == "sync":
        copy_in(connection, plan_role_states, plan.role_states.assign(plan_no=plan_no))
        _change_sync_state(connection, plan, plan_no, state)
        standing_findings.record(connection, plan.findings, plan_no)
        accepted = update(read_certificates).where(read_certificates.c.run_id == run_id)
        connection.execute(accepted.values(accepted_at=clock.now()))
    return plan_no


def _described(plan: Plan, state: SyncState) -> dict[str, object]:
    """The columns of `plans` that applying needs."""
    window_start, window_end = plan.window or (None, None)
    return {
        "plan_id": plan.plan_id,
        "created_at": clock.now(),
        "read_at": state.read_at,
        "epoch": state.epoch,
        "configured_groups": list(plan.configured_groups),
        "room_groups": list(plan.room_groups),
        "nested_groups": plan.nested_groups,
        "window_start": window_start,
        "window_end": window_end,
    }


def newest_plan_no() -> Select[int]:
    """The number of the newest plan that was made to be applied."""
    return select(func.max(plans.c.plan_no)).where(plans.c.origin == "sync")


def newest_plan(connection: Connection) -> RecordedPlan | None:
    """The newest plan that was made to be applied."""
    row = (
        connection.execute(select(plans).where(plans.c.plan_no == newest_plan_no().scalar_subquery()))
        .mappings()
        .one_or_none()
    )
    return None if row is None else recorded(row)


def plan_by_id(connection: Connection, plan_id: str) -> RecordedPlan | None:
    """The newest plan of this id that was made to be applied, else the newest that was backfilled."""
    newest_first = (
        select(plans).where(plans.c.plan_id == plan_id).order_by(plans.c.origin.desc(), plans.c.plan_no.desc())
    )
    row = connection.execute(newest_first.limit(1)).mappings().one_or_none()
    return None if row is None else recorded(row)


def group_id(connection: Connection, group: str) -> str | None:
    """The id of a configured group, given its name in the settings or its id; None for an unknown group."""
    named = connection.execute(select(group_ids.c.group_id).where(group_ids.c.group_name == group)).scalar_one_or_none()
    if named is not None:
        return str(named)
    plan = newest_plan(connection)
    return group if plan is not None and group in plan.configured_groups else None


def one_at_a_time(connection: Connection) -> None:
    """Keep other transactions from recording, approving or claiming a plan until this one ends."""
    connection.execute(select(counters).with_for_update())


def recorded(row: RowMapping) -> RecordedPlan:
    """A plan, of its row."""
    values: dict[str, Any] = {str(name): value for name, value in row.items()}
    groups = {name: tuple(values[name]) for name in ("configured_groups", "room_groups")}
    return RecordedPlan(**values | groups)


def _change_sync_state(connection: Connection, plan: Plan, plan_no: int, state: SyncState) -> None:
    """Record group ids and member counts; delete ended deactivations and event pairs.

    An action that is no longer planned loses its approval and its failures; a quarantined one stays quarantined. A
    request to undo that the plan cannot meet ends.
    """
    _upsert(connection, group_ids, plan.group_ids)
    _upsert(connection, group_counts, plan.group_counts.assign(plan_no=plan_no))
    # A deactivation by another run, since this plan's reads, is kept.
    connection.execute(
        delete(deactivations).where(
            deactivations.c.emply_user_id.in_(plan.ended_deactivations["emply_user_id"].tolist()),
            deactivations.c.at <= state.read_at,
        )
    )
    pairs = event_pairs.c.emply_event_id.in_(plan.ended_pairs["emply_event_id"].tolist())
    connection.execute(delete(event_pairs).where(pairs))
    end_expired_undos(connection, clock.now())
    _stop_undos(connection, plan.ended_undos)
    left = update(approvals).where(approvals.c.used_at.is_(None), ~_planned(plan_no, approvals))
    connection.execute(left.values(used_at=clock.now(), ending="left"))
    over = failures.c.quarantined_at.is_(None), ~_planned(plan_no, failures)
    connection.execute(delete(failures).where(*over))


def end_expired_undos(connection: Connection, now: datetime) -> None:
    """End the requests to undo that nobody approved in time."""
    over = update(undo_requests).where(undo_requests.c.ended_at.is_(None), undo_requests.c.expires_at <= now)
    connection.execute(over.values(ended_at=now, ending="expired"))


def _stop_undos(connection: Connection, ended: pd.DataFrame) -> None:
    """End the requests (action_id, why) that the plan cannot meet."""
    if ended.empty:
        return
    these = (undo_requests.c.ended_at.is_(None), undo_requests.c.action_id == bindparam("request"))
    stop = update(undo_requests).where(*these).values(ended_at=clock.now(), ending="stopped", why=bindparam("stopped"))
    told = zip(ended["action_id"], ended["why"], strict=True)
    connection.execute(stop, [{"request": action_id, "stopped": why} for action_id, why in told])


def _planned(plan_no: int, table: Table) -> ColumnElement[bool]:
    """Whether the action of a row is in the plan."""
    return exists().where(actions.c.plan_no == plan_no, actions.c.action_id == table.c.action_id)


def _upsert(connection: Connection, table: Table, frame: pd.DataFrame) -> None:
    if frame.empty:
        return
    new = insert(table)
    changed = {name: new.excluded[name] for name in frame.columns}
    statement = new.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed)
    connection.execute(statement, records(frame))
