"""Applying: which plan may be applied, and of whom."""

from datetime import timedelta

import pytest

from entra_emply import clock
from entra_emply.errors import LedgerError, PlanRefused
from entra_emply.ledger import plans
from entra_emply.provisioning.apply import apply, settle
from entra_emply.reconciliation.plan import Plan
from tests.integration.ledger.fakes.emply import Emply
from tests.integration.ledger.staff import hire
from tests.integration.ledger.systems import Systems


@pytest.fixture
def systems(staff: Systems) -> Systems:
    return staff


def test_a_plan_is_applied_once(systems: Systems) -> None:
    hire(systems, "zofia")
    plan = systems.plan()
    systems.apply(plan)
    with pytest.raises(PlanRefused, match="already"):
        systems.apply(plan)
    assert len(systems.emply.written) == 1


def test_only_the_newest_plan_is_applied(systems: Systems) -> None:
    hire(systems, "zofia")
    old = systems.plan()
    hire(systems, "ole")
    systems.plan()
    _refused(systems, old, "not the newest")


def test_a_plan_older_than_an_hour_is_not_applied(systems: Systems) -> None:
    hire(systems, "zofia")
    noon = clock.now().replace(hour=12, minute=0)
    with clock.frozen(noon):
        plan = systems.plan()
    with clock.frozen(noon + timedelta(minutes=61)):
        _refused(systems, plan, "older than an hour")


def test_a_plan_of_yesterday_is_not_applied(systems: Systems) -> None:
    hire(systems, "zofia")
    midnight = clock.now().replace(hour=0, minute=0, second=0)
    with clock.frozen(midnight - timedelta(minutes=5)):
        plan = systems.plan()
    with clock.frozen(midnight + timedelta(minutes=5)):
        _refused(systems, plan, "not of today")


def test_a_backfilled_plan_is_for_reading_and_is_never_the_newest(systems: Systems) -> None:
    hire(systems, "zofia")
    plan = systems.record(systems.inputs(), origin="backfill", day=clock.now() - timedelta(days=3))
    _refused(systems, plan, "past day")
    newest = systems.ledger.read(plans.newest_plan)
    assert newest is not None
    assert newest.plan_id != plan.plan_id


def test_a_backfilled_twin_does_not_stand_in_the_way_of_the_same_plan_of_today(systems: Systems) -> None:
    hire(systems, "zofia")
    inputs = systems.inputs()
    plan = systems.record(inputs)
    systems.record(inputs, origin="backfill", day=clock.now() - timedelta(days=3))
    assert systems.apply(plan).count("applied") == 1


def test_an_unknown_plan_is_refused(systems: Systems) -> None:
    with pytest.raises(PlanRefused, match="there is no plan"):
        apply(systems.ledger, "0" * 64, graph=systems.graph, emply=systems.emply)


def test_a_plan_whose_sources_were_read_before_another_plan_was_applied_is_refused(systems: Systems) -> None:
    hire(systems, "zofia")
    early = systems.inputs()
    systems.sync()
    systems.emply.written.clear()
    _refused(systems, systems.record(early), "another run applied changes")


@pytest.mark.parametrize("which", ["tenant", "customer"])
def test_a_plan_of_another_tenant_or_customer_is_refused(systems: Systems, which: str) -> None:
    systems.ledger.write(plans.belongs_to, "tenant", "contoso")
    hire(systems, "zofia")
    plan = systems.plan()
    if which == "tenant":
        systems.scenario["entra"]["organization"]["id"] = "another"
    else:
        systems.emply = Emply(systems.scenario, customer="another")
    _refused(systems, plan, f"belongs to the {which}")


def test_another_customers_emply_is_not_asked_what_became_of_a_killed_run(systems: Systems) -> None:
    systems.ledger.write(plans.belongs_to, "tenant", "contoso")
    systems.emply = Emply(systems.scenario, customer="another")
    with pytest.raises(LedgerError, match="belongs to the customer"):
        settle(systems.ledger, graph=systems.graph, emply=systems.emply)


def _refused(systems: Systems, plan: Plan, why: str) -> None:
    with pytest.raises(PlanRefused, match=why):
        systems.apply(plan)
    assert systems.emply.written == []
