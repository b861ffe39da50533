"""Whose ledger it is, and what is recorded: reads, plans, and the sync state that the next run begins with."""

from dataclasses import replace
from datetime import timedelta

import pandas as pd
import pytest

from entra_emply import clock
from entra_emply.connectors.reads import Certificate
from entra_emply.errors import LedgerError
from entra_emply.ledger import approvals, certificates, plans, sync_state
from entra_emply.ledger.ledger import Ledger
from entra_emply.ledger.which import Which
from entra_emply.reconciliation.completeness import Counted
from entra_emply.reconciliation.findings import FINDING_COLUMNS
from entra_emply.reconciliation.inputs import SyncState
from entra_emply.reconciliation.plan import Plan, make_plan
from tests.integration.conftest import Begin, Rows
from tests.integration.ledger.in_step import certificate, held_plan, in_step, record
from tests.integration.ledger.systems import Systems


@pytest.fixture
def systems(begin: Begin) -> Systems:
    return begin(in_step)


@pytest.fixture
def held(systems: Systems) -> Plan:
    return held_plan(systems)


# Whose ledger it is


def test_a_ledger_belongs_to_its_first_tenant_and_customer(ledger: Ledger) -> None:
    ledger.write(plans.belongs_to, "tenant", "contoso")
    ledger.write(plans.belongs_to, "tenant", "contoso")
    for stranger in (("another", "contoso"), ("tenant", "another")):
        with pytest.raises(LedgerError, match="belongs to the"):
            ledger.write(plans.belongs_to, *stranger)


def test_a_plan_is_recorded_however_many_findings_it_has(systems: Systems, rows: Rows) -> None:
    """Findings of everybody: addresses that others have, or pictures that Graph refuses."""
    inputs = systems.inputs()
    plan = make_plan(inputs)
    for count in (10_000, 9_000):
        ids = [f"p{number}" for number in range(count)]
        findings = pd.DataFrame({"code": "address_taken", "severity": "error", "entra_id": ids, "object": None})
        systems.record_plan(replace(plan, findings=findings.reindex(columns=FINDING_COLUMNS)), inputs.state)
        assert rows("SELECT count(*), max(whose) FROM standing_findings") == [(count, max(ids))]


# Reads


def test_only_a_read_that_a_plan_was_made_of_becomes_the_baseline(systems: Systems) -> None:
    systems.ledger.write(certificates.record, "refused", certificate("emply_users", 10))
    assert systems.ledger.read(certificates.baselines) == {}
    for run, rows in (("first", 100), ("second", 90)):
        systems.ledger.write(certificates.record, run, certificate("emply_users", rows))
        record(systems, systems.inputs(), run)
    systems.ledger.write(certificates.record, "refused later", certificate("emply_users", 20))
    assert systems.ledger.read(certificates.baselines) == {"emply_users": Counted(90)}


def test_a_backfill_accepts_no_read(systems: Systems) -> None:
    systems.ledger.write(certificates.record, "backfill", certificate("emply_users", 10))
    record(systems, systems.inputs(), "backfill", origin="backfill")
    assert systems.ledger.read(certificates.baselines) == {}


def test_a_read_that_no_plan_was_made_of_is_not_accepted_until_a_later_one_is(systems: Systems) -> None:
    assert systems.ledger.read(certificates.not_accepted) == frozenset()
    systems.ledger.write(certificates.record, "first", certificate("emply_users", 100))
    record(systems, systems.inputs(), "first")
    assert systems.ledger.read(certificates.not_accepted) == frozenset()
    systems.ledger.write(certificates.record, "refused", certificate("emply_users", 20))
    assert systems.ledger.read(certificates.not_accepted) == {"emply_users"}
    systems.ledger.write(certificates.record, "next", certificate("emply_users", 99))
    record(systems, systems.inputs(), "next")
    assert systems.ledger.read(certificates.not_accepted) == frozenset()


def test_a_source_read_again_in_one_run_is_recorded_as_read_last(ledger: Ledger, rows: Rows) -> None:
    ledger.write(certificates.record, "run", certificate("emply_users", 10))
    ledger.write(certificates.record, "run", certificate("emply_users", 11))
    assert rows("SELECT rows FROM read_certificates") == [(11,)]


def test_of_a_run_s_reads_the_parts_are_kept_as_well(ledger: Ledger) -> None:
    now, parts = clock.now(), {"g-staff/members": 7, "g-hr/members": 3}
    ledger.write(certificates.record, "run", Certificate("entra_group_members", 2, 10, "0" * 64, now, now, parts))
    ledger.write(certificates.record, "another", certificate("emply_users", 1))
    assert ledger.read(certificates.reads_of, "run") == {"entra_group_members": Counted(10, parts)}


def test_a_mapping_is_recorded_when_first_seen(ledger: Ledger, rows: Rows) -> None:
    ledger.write(plans.record_mapping, "v1", "groups: []")
    ledger.write(plans.record_mapping, "v1", "something else")
    assert rows("SELECT version, document FROM mapping_versions") == [("v1", "groups: []")]


# Plans


def test_a_run_records_one_plan_however_often_it_tries(systems: Systems) -> None:
    inputs = systems.inputs()
    assert record(systems, inputs, "run") == record(systems, inputs, "run")


def test_a_run_that_comes_with_another_plan_is_refused(systems: Systems) -> None:
    record(systems, systems.inputs(), "run")
    systems.members("g-staff").append("zofia")
    with pytest.raises(LedgerError, match="another plan already"):
        record(systems, systems.inputs(), "run")


def test_the_newest_plan_tells_what_applying_needs(systems: Systems) -> None:
    plan = systems.plan()
    newest = systems.ledger.read(plans.newest_plan)
    assert newest is not None
    assert (newest.plan_id, newest.origin, newest.nested_groups) == (plan.plan_id, "sync", False)
    assert (newest.configured_groups, newest.room_groups) == (("g-staff", "g-hr"), ("g-rooms",))


def test_before_and_after_are_kept_as_they_were_hashed(held: Plan, rows: Rows) -> None:
    stored = rows("SELECT action_id, before::text, after::text FROM actions WHERE plan_no = 2")
    planned = held.actions[["action_id", "before", "after"]].astype(object)
    expected = planned.where(planned.notna(), None).itertuples(index=False, name=None)
    assert sorted(stored, key=str) == sorted(expected, key=str)


def test_a_deactivation_that_somebody_undid_no_longer_stands(systems: Systems, rows: Rows) -> None:
    systems.settings.pop("guards")
    systems.person("ada")["accountEnabled"] = False
    systems.sync()
    systems.login("ada")["active"] = True
    systems.plan()
    assert rows("SELECT count(*) FROM deactivations") == [(0,)]


def test_a_deactivation_made_after_the_plans_reads_stands(systems: Systems, rows: Rows) -> None:
    systems.settings.pop("guards")
    systems.person("ada")["accountEnabled"] = False
    systems.sync()
    systems.login("ada")["active"] = True
    early = systems.inputs()
    systems.sync()
    systems.record(early)
    assert rows("SELECT emply_user_id FROM deactivations") == [("emply-ada",)]


# The sync state


def test_the_state_of_an_empty_ledger_is_the_empty_state(ledger: Ledger) -> None:
    now = clock.now()
    expected, found = SyncState.of({}, read_at=now).frames(), ledger.read(sync_state.read_state, now).frames()
    for name, frame in expected.items():
        pd.testing.assert_frame_equal(found[name], frame)


def test_grants_count_for_a_day(systems: Systems) -> None:
    systems.settings.pop("guards")
    systems.members("g-staff").append("zofia")
    systems.sync()
    now = clock.now()
    assert systems.ledger.read(sync_state.read_state, now).grants["entra_id"].tolist() == ["zofia"]
    assert systems.ledger.read(sync_state.read_state, now + timedelta(hours=24)).grants.empty


def test_what_is_held_and_not_approved_is_a_hold(systems: Systems, held: Plan) -> None:
    systems.ledger.write(approvals.approve, held.plan_id, Which(kind="create_user"), by="Kaya", reason="hired")
    state = systems.ledger.read(sync_state.read_state, clock.now())
    assert set(state.holds["guards"]) == {"G1"}
    assert set(state.holds["action_id"]).isdisjoint(state.approvals["action_id"])
    assert len(state.holds) == len(state.approvals) == 2


def test_an_approval_that_expired_is_a_hold_again(systems: Systems, held: Plan) -> None:
    systems.ledger.write(approvals.approve, held.plan_id, by="Kaya", reason="hired")
    state = systems.ledger.read(sync_state.read_state, clock.now() + timedelta(hours=72))
    assert (len(state.holds), len(state.approvals)) == (4, 0)
