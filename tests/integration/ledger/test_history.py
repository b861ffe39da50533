"""What the ledger tells of the past: planned, approved, applied, by whom and when; and the status of actions now."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from entra_emply import clock
from entra_emply.errors import PlanRefused
from entra_emply.ledger import action_status, approvals, history, plans, sync_state
from entra_emply.ledger.history import Only, Person
from entra_emply.ledger.ledger import Ledger
from entra_emply.reconciliation.plan import Plan
from tests.integration.conftest import Begin, Rows
from tests.integration.ledger.fakes.faults import refused
from tests.integration.ledger.systems import Systems, make_scenario
from tests.postgres import Server

STAFF = ["g-staff"]
NOBODY_LEAVES = {"max_deactivations": {"min_count": 0, "percent": 0}}


def in_step(ledger: Ledger) -> Systems:
    """Two people, linked and in step; from now on every leaver is held."""
    everybody = Systems(ledger, make_scenario({"søren": STAFF, "łukasz": STAFF, "zofia": []}, without_login=("zofia",)))
    everybody.sync()
    everybody.settings["guards"] = NOBODY_LEAVES
    return everybody


@pytest.fixture
def systems(begin: Begin) -> Systems:
    return begin(in_step)


def told(systems: Systems, asked: str | None = None) -> list[str]:
    """The history in short lines, newest first."""
    rows = systems.ledger.read(history.told, asked)
    if asked is None:
        return [f"{row['event']} {row['count']} {row['kind']} {row['by'] or ''}".strip() for row in rows]
    return [f"{row['event']} {row['kind']} {row['by'] or row['code'] or ''}".strip() for row in rows]


def approve(systems: Systems, plan_id: str) -> None:
    assert systems.ledger.write(approvals.approve, plan_id, by="Ada", reason="left last week")


def test_of_a_person_everything_is_told_newest_first(systems: Systems) -> None:
    systems.person("søren")["accountEnabled"] = False
    plan = systems.plan()
    systems.apply(plan)
    approve(systems, plan.plan_id)
    systems.sync()
    assert told(systems, "søren@contoso.com") == [
        "applied emply.deactivate_user",
        "approved emply.deactivate_user Ada",
        "planned emply.deactivate_user",
        "applied ledger.link_user",
        "planned ledger.link_user",
    ]
    newest = systems.ledger.read(history.told, "søren@contoso.com")[1]
    assert (newest["why"], newest["code"]) == ("left last week", "applied")


def test_what_is_held_for_many_plans_was_planned_once(systems: Systems) -> None:
    systems.person("søren")["accountEnabled"] = False
    for _ in range(3):
        systems.sync()
    events = [
        row for row in systems.ledger.read(history.told, "søren@contoso.com") if row["kind"] == "emply.deactivate_user"
    ]
    assert [(row["event"], row["held_by"]) for row in events] == [("planned", "G1")]


def test_what_comes_again_is_planned_again(systems: Systems) -> None:
    for enabled in (False, True, False):
        systems.person("søren")["accountEnabled"] = enabled
        systems.sync()
    planned = [line for line in told(systems, "søren@contoso.com") if line == "planned emply.deactivate_user"]
    assert len(planned) == 2


@pytest.mark.parametrize("asked", ["łukasz", "emply-łukasz", " ŁUKASZ@contoso.com", "renamed@contoso.com"])
def test_a_person_is_known_by_either_id_and_by_every_address_it_had(systems: Systems, asked: str) -> None:
    systems.person("łukasz")["mail"] = "renamed@contoso.com"
    systems.person("łukasz")["givenName"] = "Łucjan"
    systems.sync()
    assert "applied emply.update_user" in told(systems, asked)
    assert "applied ledger.link_user" in told(systems, asked)


def test_a_created_login_is_found_by_the_id_that_emply_gave_it(systems: Systems) -> None:
    systems.members("g-staff").append("zofia")
    systems.sync()
    created = systems.login("zofia")["id"]
    assert told(systems, created) == ["applied emply.create_user", "planned emply.create_user"]


def test_of_everybody_events_are_counted_by_plan_and_kind(systems: Systems) -> None:
    assert told(systems) == ["applied 2 ledger.link_user", "planned 2 ledger.link_user"]
    assert len(systems.ledger.read(history.told, limit=1)) == 1


def test_the_newest_events_of_everybody_are_the_first_of_all(systems: Systems) -> None:
    systems.person("łukasz")["givenName"] = "Łucjan"
    systems.emply.faults = [refused]
    for enabled in (False, False, True, False):
        systems.person("søren")["accountEnabled"] = enabled
        systems.sync()
    approve(systems, systems.plan().plan_id)
    systems.sync()
    everything = systems.ledger.read(history.told)
    assert {row["event"] for row in everything} == {"planned", "applied", "failed", "approved"}
    for limit in range(1, len(everything) + 2):
        assert systems.ledger.read(history.told, limit=limit) == everything[:limit]


MANY_PLANS = """
INSERT INTO plans (plan_id, run_id, day, origin, mapping_version, created_at, read_at, epoch, configured_groups,
                   room_groups, nested_groups)
SELECT 'plan' || no, 'run' || no, now(), 'sync', 'm', now() + no * interval '1 minute', now(), 0, '{}', '{}', false
FROM generate_series(1, 100) no;
INSERT INTO actions (plan_no, action_id, position, target, kind, rule, held_by, held_because, own_guards, groups)
SELECT plan_no, plan_id || 'action' || no, no, 'emply', 'set_roles', 'R4', '', '', '', ''
FROM plans, generate_series(1, 100) no;
ANALYZE
"""


def test_of_everybody_not_many_more_plans_are_looked_at_than_are_told(ledger: Ledger, rows: Rows) -> None:
    rows(MANY_PLANS)
    few, read = ledger.read(_told_and_read, 40)
    everything, whole = ledger.read(_told_and_read, None)
    assert few == everything[:40]
    assert (len(everything), few[0]["plan_id"], few[0]["count"]) == (100, "plan100", 100)
    assert read < 0.7 * whole


def test_plans_of_the_same_actions_as_the_one_before_are_not_looked_at(ledger: Ledger, rows: Rows) -> None:
    rows(MANY_PLANS)
    _, whole = ledger.read(_told_and_read, None)
    rows("UPDATE plans SET plan_id = 'same'")
    first, read = ledger.read(_told_and_read, None)
    assert [row["count"] for row in first] == [100]
    assert read < 0.7 * whole


def _told_and_read(connection: Connection, limit: int | None) -> tuple[list[history.Event], int]:
    """The events of everybody, and how many rows of `actions` were read for them."""
    before = _read(connection)
    return history.of_everybody(connection, limit), _read(connection) - before


def _read(connection: Connection) -> int:
    """How many rows of `actions` this session has read."""
    read = "seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relid = 'entra_emply.actions'::regclass"
    return int(connection.execute(text(f"SELECT {read}")).scalar() or 0)


def quarantined(systems: Systems, rows: Rows) -> Plan:
    """The plan of a run that leaves alone what Emply refused eight times; six of them are recorded by hand."""
    for _ in range(3):
        systems.emply.faults = [refused]
        plan = systems.plan()
        report = systems.apply(plan)
        rows("UPDATE failures SET failures = 7, next_run = 0 WHERE quarantined_at IS NULL")
    assert report.quarantined == 1
    return plan


def test_a_release_is_told_with_who_let_it_go(systems: Systems, rows: Rows) -> None:
    systems.person("søren")["jobTitle"] = "Bogholder"
    quarantined(systems, rows)
    (failed,) = [
        row
        for row in systems.ledger.read(history.told, "søren")
        if row["event"] == "planned" and "update" in row["kind"]
    ]
    systems.ledger.write(approvals.release, failed["action_id"], "Ada")
    assert told(systems, "søren")[0] == "released emply.update_user Ada"


def chosen(systems: Systems, **only: Any) -> list[tuple[str, str]]:  # noqa: ANN401 (as many types as filters)
    return [
        (row["event"], row["subject"].split("@")[0]) for row in systems.ledger.read(history.told, only=Only(**only))
    ]


def test_what_failed_is_told_with_whom_it_is_about(systems: Systems) -> None:
    systems.person("søren")["givenName"] = "Sören"
    systems.person("łukasz")["accountEnabled"] = False
    systems.emply.faults = [refused]
    systems.sync()
    assert chosen(systems, failed=True) == [("failed", "søren")]
    (failed,) = systems.ledger.read(history.told, only=Only(failed=True))
    assert (failed["code"], failed["after"]) == ("invalid", {"firstName": "Sören"})


def test_what_was_held_is_told_with_who_approved_it(systems: Systems) -> None:
    systems.person("łukasz")["accountEnabled"] = False
    systems.person("søren")["givenName"] = "Sören"
    approve(systems, systems.plan().plan_id)
    assert chosen(systems, held=True) == [("approved", "łukasz"), ("planned", "łukasz")]


def test_a_kind_a_plan_and_a_time_choose_together(systems: Systems) -> None:
    first, before = systems.ledger.read(plans.newest_plan), clock.now()
    systems.person("søren")["givenName"] = "Sören"
    systems.sync()
    assert first is not None
    assert set(chosen(systems, plan=first.plan_id[:6])) == set(chosen(systems, kind="link_user"))
    assert chosen(systems, since=before) == chosen(systems, kind="emply.update_user")
    assert chosen(systems, kind="update_user", plan=first.plan_id) == []


def test_a_kind_that_there_is_not_is_refused(systems: Systems) -> None:
    with pytest.raises(PlanRefused, match="there is no kind 'roles'"):
        chosen(systems, kind="roles")


def test_an_action_is_told_by_the_first_characters_of_its_id(systems: Systems) -> None:
    systems.person("søren")["givenName"] = "Sören"
    plan = systems.plan()
    systems.apply(plan)
    (action_id,) = plan.actions["action_id"]
    assert told(systems, action_id[:12]) == ["applied emply.update_user", "planned emply.update_user"]
    assert (systems.ledger.read(history.action_named, action_id[:6]) or {})["entra_id"] == "søren"
    assert systems.ledger.read(history.action_named, action_id[:5]) is None
    assert systems.ledger.read(history.action_named, "%%%%%%") is None


def test_nobody_has_no_history_and_no_ledger_has_none(systems: Systems, server: Server) -> None:
    assert told(systems, "nobody@contoso.com") == []
    empty = Ledger.open(server.url(server.create()))
    assert (
        empty.read(history.told)
        == empty.read(history.told, "x")
        == empty.read(history.of_person, Person(frozenset(), frozenset()))
        == []
    )
    assert empty.read(action_status.action_status, "run", ["x"]).plan is None
    assert empty.read(sync_state.links_of, ["x"], []) == []
    assert empty.read(action_status.failures_of, "x") == []
    empty.close()


# The status of actions


def run_of(systems: Systems) -> str:
    newest = systems.ledger.read(plans.newest_plan)
    assert newest is not None
    return newest.run_id


def test_an_applied_action_stands_as_applied(systems: Systems) -> None:
    systems.person("søren")["givenName"] = "Sören"
    plan = systems.plan()
    systems.apply(plan)
    (action_id,) = plan.actions["action_id"]
    status = systems.ledger.read(action_status.action_status, run_of(systems), [action_id])
    assert status.newest
    assert (status.plan or {})["plan_id"] == plan.plan_id
    assert status.tried[action_id]["result"] == "applied"


def test_a_failed_action_tells_how_often_and_when_its_turn_comes(systems: Systems) -> None:
    systems.person("søren")["givenName"] = "Sören"
    systems.emply.faults = [refused]
    plan = systems.plan()
    systems.apply(plan)
    (action_id,) = plan.actions["action_id"]
    failed = systems.ledger.read(action_status.action_status, run_of(systems), [action_id]).failed[action_id]
    assert (failed["failures"], failed["code"], failed["quarantined_at"], failed["runs"]) == (1, "invalid", None, 1)


def test_an_approval_counts_while_it_is_valid(systems: Systems) -> None:
    systems.person("søren")["accountEnabled"] = False
    plan = systems.plan()
    approve(systems, plan.plan_id)
    (action_id,) = plan.actions["action_id"]
    assert (
        systems.ledger.read(action_status.action_status, run_of(systems), [action_id]).approved[action_id]["by"]
        == "Ada"
    )
    with clock.frozen(clock.now() + timedelta(hours=73)):
        assert systems.ledger.read(action_status.action_status, run_of(systems), [action_id]).approved == {}


def test_links_tell_how_and_since_when(systems: Systems) -> None:
    (link,) = systems.ledger.read(sync_state.links_of, ["søren"], [])
    assert (link["emply_user_id"], link["matched_by"]) == ("emply-søren", "username")
    assert [each["entra_id"] for each in systems.ledger.read(sync_state.links_of, [], ["emply-łukasz"])] == ["łukasz"]


# What a plan did not get done


def failed(systems: Systems, plan_id: str) -> list[tuple[str, str | None, str, str | None, int]]:
    found = systems.ledger.read(action_status.failures_of, plan_id)
    return [(each.kind, each.subject, each.status, each.code, each.failures) for each in found]


def test_a_failed_action_is_told_with_its_subject_and_the_code_of_the_service(systems: Systems) -> None:
    systems.person("søren")["givenName"] = "Sören"
    systems.person("łukasz")["givenName"] = "Łucjan"
    systems.emply.faults = [refused]
    plan = systems.plan()
    systems.apply(plan)
    (first, _) = plan.actions["subject"]
    assert failed(systems, plan.plan_id) == [("emply.update_user", first, "failed", "invalid", 1)]
    assert (
        systems.ledger.read(action_status.failures_of, plan.plan_id)[0].action_id == plan.actions["action_id"].iloc[0]
    )


def test_an_action_whose_turn_has_not_come_waits_with_its_last_code(systems: Systems) -> None:
    systems.person("søren")["givenName"] = "Sören"
    systems.emply.faults = [refused, refused]
    for _ in range(2):
        systems.sync()
    plan = systems.plan()
    assert systems.apply(plan).waiting == 1
    assert failed(systems, plan.plan_id) == [("emply.update_user", "søren@contoso.com", "waiting", "invalid", 2)]


def test_a_quarantined_action_is_told_until_it_is_released(systems: Systems, rows: Rows) -> None:
    systems.person("søren")["givenName"] = "Sören"
    plan = quarantined(systems, rows)
    assert failed(systems, plan.plan_id) == [("emply.update_user", "søren@contoso.com", "quarantined", "invalid", 8)]
    systems.ledger.write(
        approvals.release, systems.ledger.read(action_status.failures_of, plan.plan_id)[0].action_id, "Ada"
    )
    assert failed(systems, plan.plan_id) == []


def test_held_and_applied_actions_are_no_failures(systems: Systems) -> None:
    systems.person("søren")["accountEnabled"] = False
    systems.person("łukasz")["givenName"] = "Łucjan"
    plan = systems.plan()
    report = systems.apply(plan)
    assert (report.held, report.count("applied")) == (1, 1)
    assert failed(systems, plan.plan_id) == []


def test_a_failure_stays_with_its_plan_when_a_later_one_succeeds(systems: Systems) -> None:
    systems.person("søren")["givenName"] = "Sören"
    systems.emply.faults = [refused]
    plan = systems.plan()
    systems.apply(plan)
    systems.person("łukasz")["givenName"] = "Łucjan"
    later = systems.plan()
    systems.apply(later)
    assert failed(systems, plan.plan_id) == [("emply.update_user", "søren@contoso.com", "failed", "invalid", 0)]
    assert failed(systems, later.plan_id) == []


def test_of_the_same_plan_made_twice_the_one_applied_last_counts(systems: Systems) -> None:
    systems.person("søren")["givenName"] = "Sören"
    systems.emply.faults = [refused]
    plan = systems.plan()
    systems.apply(plan)
    again = systems.plan()
    systems.apply(again)
    assert again.plan_id == plan.plan_id
    assert failed(systems, plan.plan_id) == []


def test_a_plan_that_was_never_applied_has_no_failures(systems: Systems) -> None:
    systems.person("søren")["givenName"] = "Sören"
    assert failed(systems, systems.plan().plan_id) == []
    assert failed(systems, "unknown") == []
