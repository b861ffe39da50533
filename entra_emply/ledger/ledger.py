"""The ledger as other packages see it: each method is one transaction over the functions of this package.

Applying a plan is not a method here: it takes many transactions, which are in `provisioning.apply`.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from entra_emply.ledger import (
    action_status,
    alert_facts,
    approvals,
    audit,
    credentials,
    migrate,
    outbox,
    overview,
    plans,
    retention,
    sync_state,
    undo_requests,
)
from entra_emply.ledger.action_status import ActionFailure, ActionStatus
from entra_emply.ledger.alert_facts import AlertFacts
from entra_emply.ledger.approvals import Wanted
from entra_emply.ledger.audit import Did
from entra_emply.ledger.database import Database, LockedSession
from entra_emply.ledger.history import (
    EVERYTHING,
    Event,
    Only,
    Person,
    action_named,
    chosen,
    known_as,
    of_everybody,
    of_person,
)
from entra_emply.ledger.outbox import Alert, Claimed
from entra_emply.ledger.plans import Origin, RecordedPlan
from entra_emply.ledger.sync_state import LinkRow
from entra_emply.ledger.which import ANY, Which
from entra_emply.reconciliation.completeness import Counted
from entra_emply.reconciliation.inputs import SyncState
from entra_emply.reconciliation.plan import Plan

if TYPE_CHECKING:
    from entra_emply.connectors.reads import Certificate


class Ledger:
    """Plans, approvals, attempts and the sync state, in the schema `entra_emply` of a PostgreSQL database.

    Every method raises LedgerError where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url: str) -> "Ledger":
        """The ledger at this address (postgresql://…). It connects when it is first used.

        Raises SettingsError for an address of another kind.
        """
        return cls(Database(url))

    def close(self) -> None:
        """Close the pooled connections."""
        self._database.engine.dispose()

    def migrate(self) -> None:
        """Create the schema, or bring it to this version. Raises LedgerError for one that a newer version wrote."""
        with self._database.writing() as connection:
            migrate.migrate(connection)

    def exists(self) -> bool:
        """Whether the schema was created."""
        with self._database.reading() as connection:
            return migrate.exists(connection)

    def fits(self) -> bool:
        """Whether the schema is of this version. Raises LedgerError for one that a newer version wrote."""
        with self._database.reading() as connection:
            return migrate.fits(connection)

    def locked(self, *, seconds: int) -> AbstractContextManager[LockedSession | None]:
        """The lock of applying (see `Database.locked`)."""
        return self._database.locked(seconds=seconds)

    def belongs_to(self, tenant_id: str, customer: str) -> None:
        """Record the tenant and customer of this ledger the first time. Raises LedgerError for any other pair later."""
        with self._database.writing() as connection:
            plans.belongs_to(connection, tenant_id, customer)

    def read_state(self, now: datetime) -> SyncState:
        """The sync state of one moment, `now`; empty where the schema does not exist."""
        with self._database.reading() as connection:
            return sync_state.read_state(connection, now)

    def record_certificate(self, run_id: str, certificate: "Certificate") -> None:
        """Record one complete read of a run."""
        with self._database.writing() as connection:
            plans.record_certificate(connection, run_id, certificate)

    def reads_of(self, run_id: str) -> dict[str, Counted]:
        """The complete reads of a run, by source."""
        with self._database.reading() as connection:
            return plans.reads_of(connection, run_id)

    def baselines(self) -> dict[str, Counted]:
        """The last accepted read by source (G5); empty where the schema does not exist."""
        with self._database.reading() as connection:
            return plans.baselines(connection) if migrate.exists(connection) else {}

    def not_accepted(self) -> frozenset[str]:
        """The sources whose last read no plan was made of; none where the schema does not exist."""
        with self._database.reading() as connection:
            return plans.not_accepted(connection) if migrate.exists(connection) else frozenset()

    def record_mapping(self, version: str, document: str) -> None:
        """Record the settings of a mapping version the first time it is used."""
        with self._database.writing() as connection:
            plans.record_mapping(connection, version, document)

    def record_plan(
        self, plan: Plan, *, run_id: str, day: date, origin: Origin, mapping_version: str, state: SyncState
    ) -> int:
        """Record a run's plan and its role states and counts; returns its number (see `plans.record_plan`)."""
        with self._database.writing() as connection:
            return plans.record_plan(
                connection, plan, run_id=run_id, day=day, origin=origin, mapping_version=mapping_version, state=state
            )

    def newest_plan(self) -> RecordedPlan | None:
        """The newest plan that was made to be applied."""
        with self._database.reading() as connection:
            return plans.newest_plan(connection)

    def approve(self, plan_id: str, which: Which = ANY, *, by: str, reason: str) -> list[str]:
        """Approve held actions of the newest plan; the ids of those not held any more (see `approvals.approve`)."""
        with self._database.writing() as connection:
            return approvals.approve(connection, plan_id, which, by=by, reason=reason)

    def would_approve(self, plan_id: str, which: Which = ANY) -> Wanted:
        """What `approve` would do now, given the same (see `approvals.would_approve`)."""
        with self._database.reading() as connection:
            return approvals.would_approve(connection, plan_id, which)

    def refuse(self, plan_id: str, *, person: str, by: str, reason: str) -> None:
        """Record that a held link by another address is not the same person (see `approvals.refuse`)."""
        with self._database.writing() as connection:
            approvals.refuse(connection, plan_id, person=person, by=by, reason=reason)

    def applied(self, named: str) -> pd.DataFrame:
        """What was applied of a plan, or the one action of this id (see `undo_requests.applied`)."""
        with self._database.reading() as connection:
            return undo_requests.applied(connection, named)

    def changed_since(self, since: datetime, logins: Collection[str]) -> list[tuple[str, dict[str, Any]]]:
        """What was applied to these logins since then (see `undo_requests.changed_since`)."""
        with self._database.reading() as connection:
            return undo_requests.changed_since(connection, since, logins)

    def undos_of(self, logins: Collection[str]) -> set[tuple[str, str]]:
        """The open requests to undo of these logins: emply_user_id, kind."""
        with self._database.reading() as connection:
            return undo_requests.open_of(connection, logins)

    def ask_to_undo(self, wanted: Sequence[Mapping[str, Any]], *, by: str, reason: str) -> int:
        """Record requests to undo; how many (see `undo_requests.ask`)."""
        with self._database.writing() as connection:
            return undo_requests.ask(connection, wanted, by=by, reason=reason)

    def undos_asked(self, named: str = "") -> pd.DataFrame:
        """The open requests to undo something of a plan, or all (see `undo_requests.asked`)."""
        with self._database.reading() as connection:
            return undo_requests.asked(connection, named)

    def withdraw_undos(self, action_ids: Collection[str], *, by: str, reason: str) -> int:
        """Withdraw requests to undo; how many (see `undo_requests.withdraw`)."""
        with self._database.writing() as connection:
            return undo_requests.withdraw(connection, action_ids, by=by, reason=reason)

    def undos_withdrawn(self) -> frozenset[str]:
        """The ids of actions of which the last request to undo was withdrawn."""
        with self._database.reading() as connection:
            return frozenset(connection.scalars(approvals.withdrawn()))

    def understood(self, which: Which) -> Which:
        """The same with the id of the group, which may be given by its name (see `approvals.understood`)."""
        with self._database.reading() as connection:
            return approvals.understood(connection, which)

    def release(self, named: str, by: str) -> str:
        """Let a quarantined action be tried again; its id (see `approvals.release`)."""
        with self._database.writing() as connection:
            return approvals.release(connection, named, by)

    def action_named(self, named: str) -> Event | None:
        """Whom the action is about whose id begins so (see `history.action_named`)."""
        with self._database.reading() as connection:
            return action_named(connection, named)

    def history(self, asked: str | None = None, limit: int | None = None, only: Only = EVERYTHING) -> list[Event]:
        """What happened to a person (an address or an id), or with one action (its id); newest first. Of everybody the
        events are counted, unless `only` chooses some of them.
        """
        with self._database.reading() as connection:
            if asked is None and only == EVERYTHING:
                return of_everybody(connection, limit)
            return chosen(connection, asked, only, limit)

    def known_as(self, asked: str) -> Person:
        """The person whom plans named by this address or id."""
        with self._database.reading() as connection:
            return known_as(connection, asked)

    def history_of(self, who: Person) -> list[Event]:
        """What happened to a person whose ids are known; newest first."""
        with self._database.reading() as connection:
            return of_person(connection, who)

    def action_status(self, run_id: str, action_ids: Collection[str]) -> ActionStatus:
        """The status of these actions of a run's plan."""
        with self._database.reading() as connection:
            return action_status.action_status(connection, run_id, action_ids)

    def failures_of(self, plan_id: str) -> list[ActionFailure]:
        """What applying a plan did not get done, in the plan's order: failed, waiting and quarantined actions."""
        with self._database.reading() as connection:
            return action_status.failures_of(connection, plan_id)

    def plans_made(self, limit: int) -> list[RecordedPlan]:
        """The newest plans, those of backfills included; the newest first."""
        with self._database.reading() as connection:
            return overview.plans_made(connection, limit)

    def plans_since(self, since: datetime) -> list[RecordedPlan]:
        """The plans that were made to be applied since then; the newest first."""
        with self._database.reading() as connection:
            return overview.plans_since(connection, since)

    def plan_numbered(self, plan_no: int) -> RecordedPlan | None:
        """The plan of this number."""
        with self._database.reading() as connection:
            return overview.plan_numbered(connection, plan_no)

    def actions_of(self, plan_no: int) -> pd.DataFrame:
        """The actions of a plan (see `overview.actions_of`)."""
        with self._database.reading() as connection:
            return overview.actions_of(connection, plan_no)

    def outcomes_of(self, plan_no: int) -> pd.DataFrame:
        """What came of a plan's actions (see `overview.outcomes_of`)."""
        with self._database.reading() as connection:
            return overview.outcomes_of(connection, plan_no)

    def approvals_now(self) -> pd.DataFrame:
        """The valid approvals (see `overview.approvals_now`)."""
        with self._database.reading() as connection:
            return overview.approvals_now(connection)

    def failures_now(self) -> pd.DataFrame:
        """The actions that failed and were not done since (see `overview.failures_now`)."""
        with self._database.reading() as connection:
            return overview.failures_now(connection)

    def counts_of(self, plan_nos: Collection[int]) -> pd.DataFrame:
        """The numbers of plans' actions by kind (see `overview.counts_of`)."""
        with self._database.reading() as connection:
            return overview.counts_of(connection, plan_nos)

    def versions_of_mapping(self) -> pd.DataFrame:
        """The versions of the settings (see `overview.versions_of_mapping`)."""
        with self._database.reading() as connection:
            return overview.versions_of_mapping(connection)

    def record_audit(self, *, by: str, did: Did, about: str) -> None:
        """Add a line to the console's audit trail (see `audit.record`)."""
        with self._database.writing() as connection:
            audit.record(connection, by=by, did=did, about=about)

    def links_of(self, entra_ids: Collection[str], emply_user_ids: Collection[str]) -> list[LinkRow]:
        """The links of these users: entra_id, emply_user_id, matched_by, at."""
        with self._database.reading() as connection:
            return sync_state.links_of(connection, entra_ids, emply_user_ids)

    def alert_facts(self, now: datetime, *, names: bool) -> AlertFacts:
        """What somebody may have to be told of; with the addresses of people where `names`."""
        with self._database.reading() as connection:
            return alert_facts.facts(connection, now, names=names)

    def put_alerts(self, due: Sequence[Alert], receivers: Sequence[str], now: datetime) -> int:
        """Put alerts into the outbox for these receivers; the number of those that are new in it."""
        with self._database.writing() as connection:
            return outbox.put(connection, due, receivers, now)

    def claim_alert(self, receiver: str, now: datetime) -> Claimed | None:
        """Claim the oldest alert that this receiver is to be sent now (see `outbox.claim`)."""
        with self._database.writing() as connection:
            return outbox.claim(connection, receiver, now)

    def alert_sent(self, claimed: Claimed, now: datetime) -> None:
        """Record that the receiver took the alert."""
        with self._database.writing() as connection:
            outbox.sent(connection, claimed, now)

    def alerts_waiting(self, receivers: Sequence[str]) -> int:
        """The number of alerts that these receivers have not taken yet."""
        with self._database.reading() as connection:
            return outbox.waiting(connection, receivers)

    def credentials_looked_at(self) -> datetime | None:
        """When the ends of the credentials were last looked up; None where they never were."""
        with self._database.reading() as connection:
            return credentials.looked_at(connection)

    def record_credentials(self, ends: Mapping[str, datetime | None], now: datetime) -> None:
        """Record until when the credentials are good (see `credentials.record`)."""
        with self._database.writing() as connection:
            credentials.record(connection, ends, now)

    def prune(self, before: datetime) -> None:
        """Delete what is older than `before` (see `retention`)."""
        with self._database.writing() as connection:
            retention.prune(connection, before)
