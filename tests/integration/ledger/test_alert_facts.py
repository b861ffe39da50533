"""What the ledger knows that somebody may have to be told of: after real runs, at a stopped clock."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from entra_emply import clock
from entra_emply.ledger import alert_facts, approvals, credentials, plans
from entra_emply.ledger.alert_facts import AlertFacts
from entra_emply.ledger.ledger import Ledger
from entra_emply.reconciliation.findings import FINDING_COLUMNS
from tests.integration.conftest import Begin
from tests.integration.ledger.fakes.faults import refused
from tests.integration.ledger.planned import make
from tests.integration.ledger.systems import Systems, make_scenario

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HALF_AN_HOUR, DAY = timedelta(minutes=30), timedelta(days=1)
NOBODY_LEAVES = {"max_deactivations": {"min_count": 0, "percent": 0}}


def in_step(ledger: Ledger) -> Systems:
    """Three people, linked and in step since Monday."""
    people = {"ipek": ["g-staff"], "søren": ["g-staff"], "łukasz": ["g-staff"], "zofia": []}
    everybody = Systems(ledger, make_scenario(people, without_login=("zofia",)))
    with clock.frozen(MONDAY):
        everybody.sync()
    return everybody


@pytest.fixture
def systems(begin: Begin) -> Systems:
    return begin(in_step)


def facts(ledger: Ledger, at: datetime, *, names: bool = False) -> AlertFacts:
    return ledger.read(alert_facts.facts, at, names=names)


def test_an_empty_ledger_knows_nothing(ledger: Ledger) -> None:
    assert facts(ledger, MONDAY) == AlertFacts(MONDAY)


def test_the_last_success_is_the_end_of_the_last_plan_that_was_applied(systems: Systems) -> None:
    systems.ledger.write(plans.belongs_to, "tenant", "contoso")
    with clock.frozen(MONDAY + DAY):
        systems.plan()  # and nobody applies it
    assert facts(systems.ledger, MONDAY + DAY).last_success == MONDAY


# Held


def test_what_is_held_counts_from_the_first_plan_that_held_it(systems: Systems) -> None:
    systems.settings["guards"] = NOBODY_LEAVES
    systems.person("ipek")["accountEnabled"] = False
    for runs in range(3):
        with clock.frozen(MONDAY + (runs + 1) * HALF_AN_HOUR):
            systems.sync()
    (batch,) = facts(systems.ledger, MONDAY + DAY).held
    assert (batch.kind, batch.count, batch.detail) == ("emply.deactivate_user", 1, "G1")
    assert batch.at == MONDAY + HALF_AN_HOUR


def test_what_is_held_besides_counts_from_its_own_plan(systems: Systems) -> None:
    systems.settings["guards"] = NOBODY_LEAVES
    for runs, leaver in enumerate(["ipek", "søren"], 1):
        systems.person(leaver)["accountEnabled"] = False
        with clock.frozen(MONDAY + runs * HALF_AN_HOUR):
            systems.sync()
    assert [batch.count for batch in facts(systems.ledger, MONDAY + DAY).held] == [1, 1]


def test_what_was_approved_waits_no_more_but_its_approval_ends(systems: Systems) -> None:
    systems.settings["guards"] = NOBODY_LEAVES
    systems.person("ipek")["accountEnabled"] = False
    with clock.frozen(MONDAY + HALF_AN_HOUR):
        plan = systems.plan()
        systems.ledger.write(approvals.approve, plan.plan_id, by="Åse", reason="left")
    found = facts(systems.ledger, MONDAY + 2 * HALF_AN_HOUR)
    assert found.held == ()
    assert [(lapse.count, lapse.ends_at) for lapse in found.lapsing] == [(1, MONDAY + HALF_AN_HOUR + 3 * DAY)]
    with clock.frozen(MONDAY + 2 * HALF_AN_HOUR):
        systems.sync()
    assert facts(systems.ledger, MONDAY + 3 * HALF_AN_HOUR).lapsing == ()


def test_addresses_are_read_only_where_names_are_asked_for(systems: Systems) -> None:
    systems.settings["guards"] = NOBODY_LEAVES
    systems.person("łukasz")["accountEnabled"] = False
    with clock.frozen(MONDAY + HALF_AN_HOUR):
        systems.plan()
    (silent,) = facts(systems.ledger, MONDAY + DAY).held
    (telling,) = facts(systems.ledger, MONDAY + DAY, names=True).held
    assert (silent.who, telling.who) == ((), (systems.person("łukasz")["mail"].casefold(),))


# Failures


def test_an_action_is_failing_with_its_third_failure_and_then_in_quarantine(systems: Systems) -> None:
    systems.person("ipek")["accountEnabled"] = False
    systems.emply.faults = [refused] * 8
    counts = []
    for runs in range(1, 9):
        with clock.frozen(MONDAY + runs * HALF_AN_HOUR):
            systems.sync()
        found = facts(systems.ledger, MONDAY + runs * HALF_AN_HOUR)
        counts.append((sum(each.count for each in found.failing), sum(each.count for each in found.quarantined)))
    assert counts == [(0, 0)] * 2 + [(1, 0)] * 5 + [(0, 1)]
    (batch,) = facts(systems.ledger, MONDAY + DAY).quarantined
    assert (batch.kind, batch.detail, batch.at) == ("emply.deactivate_user", "invalid", MONDAY + 8 * HALF_AN_HOUR)


# Findings


def record(systems: Systems, at: datetime, *codes: tuple[str, str]) -> None:
    """A run whose plan has these findings: code and severity."""
    rows = [dict.fromkeys(FINDING_COLUMNS) | {"code": code, "severity": severity, "entra_id": "e-1", "object": "503",
             "subject": "æble@contoso.com"} for code, severity in codes]  # fmt: skip
    frame = pd.DataFrame(rows, columns=FINDING_COLUMNS).astype("str")
    with clock.frozen(at):
        plan = make()
        object.__setattr__(plan, "findings", frame)
        systems.record_plan(plan, systems.state())


def test_an_error_counts_from_its_first_plan_until_it_is_put_right(systems: Systems) -> None:
    error = ("ambiguous_match", "error")
    record(systems, MONDAY + HALF_AN_HOUR, error, ("needs_group", "info"))
    record(systems, MONDAY + 2 * HALF_AN_HOUR, error)
    (batch,) = facts(systems.ledger, MONDAY + DAY).errors
    assert (batch.kind, batch.count, batch.at) == ("ambiguous_match", 1, MONDAY + HALF_AN_HOUR)
    record(systems, MONDAY + 3 * HALF_AN_HOUR)
    assert facts(systems.ledger, MONDAY + DAY).errors == ()
    record(systems, MONDAY + 4 * HALF_AN_HOUR, error)
    assert facts(systems.ledger, MONDAY + DAY).errors[0].at == MONDAY + 4 * HALF_AN_HOUR


@pytest.mark.parametrize("code", ["photo_unreadable", "mailbox_unreadable", "source_unreadable"])
def test_what_was_not_read_counts_from_the_third_plan_without_it(systems: Systems, code: str) -> None:
    for runs in (1, 2):
        record(systems, MONDAY + runs * HALF_AN_HOUR, (code, "error"))
    assert facts(systems.ledger, MONDAY + DAY).left_out == ()
    for runs in (3, 4):
        record(systems, MONDAY + runs * HALF_AN_HOUR, (code, "error"))
    found = facts(systems.ledger, MONDAY + DAY)
    assert [(batch.kind, batch.detail, batch.at) for batch in found.left_out] == [
        (code, "503", MONDAY + 3 * HALF_AN_HOUR)
    ]
    assert found.errors == ()


def test_a_part_that_was_read_once_between_begins_to_count_again(systems: Systems) -> None:
    part = ("source_unreadable", "error")
    for runs, codes in enumerate([[part], [part], [], [part], [part]], 1):
        record(systems, MONDAY + runs * HALF_AN_HOUR, *codes)
    assert facts(systems.ledger, MONDAY + DAY).left_out == ()


# Credentials


def test_a_credential_keeps_its_end_until_it_is_looked_up_again(ledger: Ledger) -> None:
    ends = MONDAY + 14 * DAY
    ledger.write(credentials.record, {"entra: client secret": ends, "emply: token": None}, MONDAY)
    ledger.write(credentials.record, {"emply: token": None}, MONDAY + DAY)
    assert facts(ledger, MONDAY + DAY).ends == (("entra: client secret", ends),)
    assert ledger.read(credentials.looked_at) == MONDAY + DAY
    ledger.write(credentials.record, {"entra: client secret": None}, MONDAY + 2 * DAY)
    assert facts(ledger, MONDAY + DAY).ends == ()


# The week


def test_the_week_counts_people_and_how_long_they_waited(systems: Systems) -> None:
    with clock.frozen(MONDAY):
        systems.ledger.write(plans.belongs_to, "tenant", "contoso")
    systems.settings["guards"] = NOBODY_LEAVES
    systems.members("g-staff").append("zofia")
    systems.person("ipek")["accountEnabled"] = False
    with clock.frozen(MONDAY + HALF_AN_HOUR):
        plan = systems.sync()
        assert plan is not None
    with clock.frozen(MONDAY + DAY):
        newest = systems.ledger.read(plans.newest_plan)
        assert newest is not None
        systems.ledger.write(approvals.approve, newest.plan_id, by="Åse", reason="left")
        systems.sync()
    assert facts(systems.ledger, MONDAY + 6 * DAY).week is None  # it is not over
    week = facts(systems.ledger, MONDAY + 7 * DAY).week
    assert week is not None
    assert (week.first, week.joiners, week.back, week.movers, week.leavers) == (MONDAY.date(), 1, 0, 0, 1)
    assert week.to_login is not None
    assert week.to_lock is not None
    assert week.to_login.longest == timedelta(0)
    assert week.to_lock.longest == week.to_lock.median == DAY - HALF_AN_HOUR


def test_a_week_before_the_installation_is_not_told_of(systems: Systems) -> None:
    with clock.frozen(MONDAY):
        systems.ledger.write(plans.belongs_to, "tenant", "contoso")
    assert facts(systems.ledger, MONDAY + DAY).week is None
