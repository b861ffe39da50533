"""What the ledger forgets with time, and what it keeps."""

from datetime import timedelta

import pytest

from entra_emply import clock
from entra_emply.ledger import approvals, certificates, retention
from entra_emply.ledger.which import Which
from entra_emply.reconciliation.completeness import Counted
from entra_emply.reconciliation.plan import Plan
from tests.integration.conftest import Begin, Rows
from tests.integration.ledger.in_step import certificate, held_plan, in_step, record
from tests.integration.ledger.systems import Systems


@pytest.fixture
def systems(begin: Begin) -> Systems:
    return begin(in_step)


@pytest.fixture
def held(systems: Systems) -> Plan:
    return held_plan(systems)


def test_old_plans_are_forgotten_with_all_that_was_tried_for_them(systems: Systems, rows: Rows) -> None:
    systems.settings.pop("guards")
    systems.members("g-staff").append("zofia")
    systems.sync()
    systems.plan()
    systems.ledger.write(retention.prune, clock.now() + timedelta(days=1))
    assert rows("SELECT plan_no FROM plans") == [(3,)]
    for table in ("attempts", "outcomes", "actions", "plan_role_states"):
        assert rows(f"SELECT count(*) FROM {table}") == [(0,)]
    assert rows("SELECT count(*) FROM links") == [(5,)]
    assert rows("SELECT count(*) FROM grants") == [(1,)]
    assert rows("SELECT count(*) FROM role_states") == [(6,)]


def test_the_newest_plan_and_what_is_younger_are_kept(systems: Systems, rows: Rows) -> None:
    systems.plan()
    systems.ledger.write(retention.prune, clock.now() - timedelta(days=1))
    assert rows("SELECT count(*) FROM plans") == [(2,)]
    systems.ledger.write(retention.prune, clock.now() + timedelta(days=1))
    assert rows("SELECT plan_no FROM plans") == [(2,)]


def test_a_plan_with_an_attempt_left_open_is_kept(systems: Systems, rows: Rows) -> None:
    systems.settings.pop("guards")
    systems.members("g-staff").append("zofia")
    inputs = systems.inputs()
    systems.record(inputs)
    tried = "INSERT INTO attempts (plan_no, action_id, started_at)"
    rows(f"{tried} SELECT plan_no, action_id, now() FROM actions WHERE plan_no = 2")
    systems.record(inputs)
    systems.ledger.write(retention.prune, clock.now() + timedelta(days=1))
    assert rows("SELECT count(*) FROM outcomes") == [(0,)]
    assert rows("SELECT plan_no FROM plans ORDER BY 1") == [(2,), (3,)]


def test_the_last_accepted_read_is_kept_however_old(systems: Systems) -> None:
    for run, rows in (("first", 100), ("second", 90)):
        systems.ledger.write(certificates.record, run, certificate("emply_users", rows))
        record(systems, systems.inputs(), run)
    systems.ledger.write(retention.prune, clock.now() + timedelta(days=1))
    assert systems.ledger.read(certificates.baselines) == {"emply_users": Counted(90)}


def test_approvals_used_long_ago_are_forgotten(systems: Systems, held: Plan, rows: Rows) -> None:
    systems.ledger.write(approvals.approve, held.plan_id, Which(person="ada"), by="Kaya", reason="left")
    systems.sync()
    systems.ledger.write(retention.prune, clock.now() + timedelta(hours=1))
    assert rows("SELECT count(*) FROM approvals") == [(0,)]
