"""Recording reads and plans, what a person approves and releases, and what is forgotten with time."""

from datetime import timedelta

import pandas as pd
import pytest

from entra_emply import clock
from entra_emply.connectors.frames import Certificate
from entra_emply.errors import LedgerError, PlanRefused
from entra_emply.ledger.ledger import Ledger
from entra_emply.ledger.plans import Origin
from entra_emply.reconciliation.completeness import Counted
from entra_emply.reconciliation.inputs import Inputs, SyncState
from entra_emply.reconciliation.plan import Plan, make_plan
from tests.integration.conftest import Begin, Rows
from tests.integration.ledger.fakes import refused
from tests.integration.ledger.systems import Systems, kinds, make_scenario

STAFF = ["g-staff"]
NOBODY_LEAVES = {"max_deactivations": {"min_count": 0, "percent": 0}}
NOBODY_COMES = {"max_grants": {"min_count": 0, "percent": 0}}


def in_step(ledger: Ledger) -> Systems:
    """Four people, linked and in step; from now on every leaver and every newcomer is held."""
    people = {"ipek": ["g-staff", "g-hr"], "søren": STAFF, "łukasz": STAFF, "ada": STAFF, "zofia": [], "ole": []}
    everybody = Systems(ledger, make_scenario(people, without_login=("zofia", "ole")))
    everybody.sync()
    everybody.settings["guards"] = NOBODY_LEAVES | NOBODY_COMES
    return everybody


@pytest.fixture
def systems(begin: Begin) -> Systems:
    return begin(in_step)


@pytest.fixture
def held(systems: Systems) -> Plan:
    """A plan that holds two deactivations (one of them in HR) and two creations."""
    for leaver in ("ipek", "ada"):
        systems.person(leaver)["accountEnabled"] = False
    systems.members("g-staff").extend(["zofia", "ole"])
    systems.person("ole")["mail"] = "Ole@Fabrikam.com"
    plan = systems.plan()
    assert kinds(plan) == {"deactivate_user": 2, "create_user": 2}
    return plan


# Whose ledger it is


def test_a_ledger_belongs_to_its_first_tenant_and_customer(ledger: Ledger) -> None:
    ledger.belongs_to("tenant", "contoso")
    ledger.belongs_to("tenant", "contoso")
    for stranger in (("another", "contoso"), ("tenant", "another")):
        with pytest.raises(LedgerError, match="belongs to the"):
            ledger.belongs_to(*stranger)


# Reads


def test_only_a_read_that_a_plan_was_made_of_becomes_the_baseline(systems: Systems) -> None:
    systems.ledger.record_certificate("refused", _certificate("emply_users", 10))
    assert systems.ledger.baselines() == {}
    for run, rows in (("first", 100), ("second", 90)):
        systems.ledger.record_certificate(run, _certificate("emply_users", rows))
        _record(systems, systems.inputs(), run)
    systems.ledger.record_certificate("refused later", _certificate("emply_users", 20))
    assert systems.ledger.baselines() == {"emply_users": Counted(90)}


def test_a_backfill_accepts_no_read(systems: Systems) -> None:
    systems.ledger.record_certificate("backfill", _certificate("emply_users", 10))
    _record(systems, systems.inputs(), "backfill", origin="backfill")
    assert systems.ledger.baselines() == {}


def test_a_read_that_no_plan_was_made_of_is_not_accepted_until_a_later_one_is(systems: Systems) -> None:
    assert systems.ledger.not_accepted() == frozenset()
    systems.ledger.record_certificate("first", _certificate("emply_users", 100))
    _record(systems, systems.inputs(), "first")
    assert systems.ledger.not_accepted() == frozenset()
    systems.ledger.record_certificate("refused", _certificate("emply_users", 20))
    assert systems.ledger.not_accepted() == {"emply_users"}
    systems.ledger.record_certificate("next", _certificate("emply_users", 99))
    _record(systems, systems.inputs(), "next")
    assert systems.ledger.not_accepted() == frozenset()


def test_a_source_read_again_in_one_run_is_recorded_as_read_last(ledger: Ledger, rows: Rows) -> None:
    ledger.record_certificate("run", _certificate("emply_users", 10))
    ledger.record_certificate("run", _certificate("emply_users", 11))
    assert rows("SELECT rows FROM read_certificates") == [(11,)]


def test_of_a_run_s_reads_the_parts_are_kept_as_well(ledger: Ledger) -> None:
    now, parts = clock.now(), {"g-staff/members": 7, "g-hr/members": 3}
    ledger.record_certificate("run", Certificate("entra_group_members", 2, 10, "0" * 64, now, now, parts))
    ledger.record_certificate("another", _certificate("emply_users", 1))
    assert ledger.reads_of("run") == {"entra_group_members": Counted(10, parts)}


def test_a_mapping_is_recorded_when_first_seen(ledger: Ledger, rows: Rows) -> None:
    ledger.record_mapping("v1", "groups: []")
    ledger.record_mapping("v1", "something else")
    assert rows("SELECT version, document FROM mapping_versions") == [("v1", "groups: []")]


# Plans


def test_a_run_records_one_plan_however_often_it_tries(systems: Systems) -> None:
    inputs = systems.inputs()
    assert _record(systems, inputs, "run") == _record(systems, inputs, "run")


def test_a_run_that_comes_with_another_plan_is_refused(systems: Systems) -> None:
    _record(systems, systems.inputs(), "run")
    systems.members("g-staff").append("zofia")
    with pytest.raises(LedgerError, match="another plan already"):
        _record(systems, systems.inputs(), "run")


def test_the_newest_plan_tells_what_applying_needs(systems: Systems) -> None:
    plan = systems.plan()
    newest = systems.ledger.newest_plan()
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
    expected, found = SyncState.of({}, read_at=now).frames(), ledger.read_state(now).frames()
    for name, frame in expected.items():
        pd.testing.assert_frame_equal(found[name], frame)


def test_grants_count_for_a_day(systems: Systems) -> None:
    systems.settings.pop("guards")
    systems.members("g-staff").append("zofia")
    systems.sync()
    now = clock.now()
    assert systems.ledger.read_state(now).grants["entra_id"].tolist() == ["zofia"]
    assert systems.ledger.read_state(now + timedelta(hours=24)).grants.empty


def test_what_is_held_and_not_approved_is_a_hold(systems: Systems, held: Plan) -> None:
    systems.ledger.approve(held.plan_id, kind="create_user", by="Kaya", reason="hired")
    state = systems.ledger.read_state(clock.now())
    assert set(state.holds["guards"]) == {"G1"}
    assert set(state.holds["action_id"]).isdisjoint(state.approvals["action_id"])
    assert len(state.holds) == len(state.approvals) == 2


def test_an_approval_that_expired_is_a_hold_again(systems: Systems, held: Plan) -> None:
    systems.ledger.approve(held.plan_id, by="Kaya", reason="hired")
    state = systems.ledger.read_state(clock.now() + timedelta(hours=72))
    assert (len(state.holds), len(state.approvals)) == (4, 0)


# Approving


@pytest.mark.parametrize(
    ("filters", "released"),
    [
        ({}, {"ipek", "ada", "zofia", "ole"}),
        ({"kind": "deactivate_user"}, {"ipek", "ada"}),
        ({"kind": "emply.create_user"}, {"zofia", "ole"}),
        ({"domain": "FABRIKAM.com"}, {"ole"}),
        ({"domain": "contoso.com", "kind": "create_user"}, {"zofia"}),
        ({"group": "g-hr"}, {"ipek"}),
        ({"person": " Ole@fabrikam.com "}, {"ole"}),
        ({"person": "ada"}, {"ada"}),
        ({"person": "emply-ada"}, {"ada"}),
        ({"group": "HR"}, {"ipek"}),
    ],
)
def test_who_is_approved(systems: Systems, held: Plan, filters: dict[str, str], released: set[str]) -> None:
    ids = systems.ledger.approve(held.plan_id, by="Kaya", reason="checked", **filters)
    assert set(held.actions.loc[held.actions["action_id"].isin(ids), "entra_id"]) == released


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"group": "Hr"}, "no plan knows a group 'Hr'"),
        ({"kind": "deactivate"}, "no kind 'deactivate': the kinds are emply.deactivate_user, "),
        ({"person": "nobody@contoso.com"}, "holds nothing that fits all these filters"),
        ({"domain": "contoso.com", "person": "ole"}, "holds nothing that fits all these filters"),
        *(({name: blank}, f"{name} is blank") for name in ("by", "reason", "person", "group") for blank in ("", " ")),
        ({"plan_id": ""}, "names no plan"),
        ({"plan_id": "  "}, "names no plan"),
    ],
)
def test_an_approval_of_nothing_is_refused(
    systems: Systems, held: Plan, rows: Rows, given: dict[str, str], said: str
) -> None:
    approval = {"plan_id": held.plan_id, "by": "Kaya", "reason": "checked"} | given
    with pytest.raises(PlanRefused, match=said):
        systems.ledger.approve(approval.pop("plan_id"), **approval)
    assert rows("SELECT * FROM approvals") == []


def test_a_plan_is_named_by_its_first_characters(systems: Systems, held: Plan) -> None:
    with pytest.raises(PlanRefused, match="names no plan"):
        systems.ledger.approve(held.plan_id[:5], by="Kaya", reason="checked")
    assert len(systems.ledger.approve(held.plan_id[:6], by="Kaya", reason="checked")) == 4


def test_one_action_is_approved_by_the_first_characters_of_its_id(systems: Systems, held: Plan) -> None:
    one = held.actions.loc[held.actions["entra_id"] == "ole", "action_id"].iloc[0]
    assert systems.ledger.approve(one[:12].upper(), by="Kaya", reason="hired") == [one]


@pytest.mark.parametrize("named", ["%%%%%%%%", "________", "0123456789ab"])
def test_an_id_of_nothing_held_approves_nothing(systems: Systems, held: Plan, rows: Rows, named: str) -> None:
    assert not held.actions["action_id"].str.startswith(named).any()
    with pytest.raises(PlanRefused, match="is not the newest plan"):
        systems.ledger.approve(named, by="Kaya", reason="hired")
    assert rows("SELECT * FROM approvals") == []


def test_an_id_of_an_applied_action_approves_nothing(systems: Systems, held: Plan, rows: Rows) -> None:
    (linked,) = rows("SELECT action_id FROM actions WHERE plan_no = 1 LIMIT 1")[0]
    with pytest.raises(PlanRefused, match="is not the newest plan"):
        systems.ledger.approve(linked, by="Kaya", reason="hired")
    assert held.plan_id != linked


def test_what_would_be_approved_is_what_is_approved_and_nothing_the_second_time(
    systems: Systems, held: Plan, rows: Rows
) -> None:
    wanted = systems.ledger.would_approve(held.plan_id, domain="contoso.com")
    assert rows("SELECT * FROM approvals") == []
    assert {row["subject"] for row in wanted.actions} == {"ada@contoso.com", "ipek@contoso.com", "zofia@contoso.com"}
    assert [row["action_id"] for row in wanted.actions] == wanted.approved
    released = systems.ledger.approve(held.plan_id, domain="contoso.com", by="Kaya", reason="checked")
    assert (released, wanted.again) == (wanted.released, False)
    second = systems.ledger.would_approve(held.plan_id, domain="contoso.com")
    assert (second.approved, second.released, second.again) == ([], [], True)


def test_what_was_approved_is_applied_by_the_next_run_and_the_approval_is_used_up(
    systems: Systems, held: Plan, rows: Rows
) -> None:
    assert systems.apply(held).held == 4
    systems.ledger.approve(held.plan_id, by="Kaya", reason="checked")
    assert systems.sync().count("applied") == 4
    assert rows("SELECT DISTINCT by, reason, ending FROM approvals") == [("Kaya", "checked", "applied")]
    assert (
        rows("SELECT DISTINCT approved FROM deactivations UNION ALL SELECT DISTINCT approved FROM grants")
        == [(True,)] * 2
    )


def test_what_is_approved_already_is_not_released_twice(systems: Systems, held: Plan, rows: Rows) -> None:
    systems.ledger.approve(held.plan_id, by="Kaya", reason="checked")
    assert systems.ledger.approve(held.plan_id, by="Kaya", reason="again") == []
    assert rows("SELECT DISTINCT reason FROM approvals") == [("checked",)]


def test_an_approval_is_used_up_when_its_action_leaves_the_newest_plan(
    systems: Systems, held: Plan, rows: Rows
) -> None:
    systems.ledger.approve(held.plan_id, person="ada", by="Kaya", reason="left")
    systems.person("ada")["accountEnabled"] = True
    systems.plan()
    assert rows("SELECT ending FROM approvals") == [("left",)]
    systems.person("ada")["accountEnabled"] = False
    assert "G1" in systems.plan().actions.set_index("entra_id").loc["ada", "held_by"]


def test_a_backfilled_plan_uses_up_no_approval(systems: Systems, held: Plan, rows: Rows) -> None:
    systems.ledger.approve(held.plan_id, person="ada", by="Kaya", reason="left")
    systems.person("ada")["accountEnabled"] = True
    systems.record(systems.inputs(), origin="backfill")
    assert rows("SELECT ending FROM approvals") == [(None,)]


def test_only_the_newest_plan_is_approved(systems: Systems, held: Plan) -> None:
    systems.person("ada")["accountEnabled"] = True
    systems.plan()
    with pytest.raises(PlanRefused, match="is not the newest plan"):
        systems.ledger.approve(held.plan_id, by="Kaya", reason="late")


def test_after_an_approval_expired_a_new_one_can_be_given(systems: Systems, held: Plan, rows: Rows) -> None:
    with clock.frozen(clock.now() - timedelta(hours=73)):
        systems.ledger.approve(held.plan_id, person="ada", by="Kaya", reason="early")
    assert len(systems.ledger.approve(held.plan_id, person="ada", by="Kaya", reason="again")) == 1
    assert rows("SELECT reason, ending FROM approvals ORDER BY approval_no") == [("early", "expired"), ("again", None)]


def test_a_held_link_releases_what_only_waits_for_it(systems: Systems, rows: Rows) -> None:
    administrator = {
        "id": "emply-zofia",
        "username": "zofia@contoso.com",
        "roleIds": ["r-Administrator"],
        "active": True,
    }
    systems.scenario["emply"]["users"].append(administrator)
    systems.members("g-staff").append("zofia")
    plan = systems.plan()
    assert set(plan.actions["kind"]) == {"link_user", "update_user"}
    with pytest.raises(PlanRefused, match="holds nothing that fits"):
        systems.ledger.approve(plan.plan_id, kind="update_user", by="Kaya", reason="no")
    released = systems.ledger.approve(plan.plan_id, kind="link_user", by="Kaya", reason="it is she")
    assert set(released) == set(plan.actions["action_id"])
    assert rows("SELECT count(*) FROM approvals") == [(1,)]
    assert systems.sync().count("applied") == 2


def test_approving_a_groups_emptying_forgets_its_count_and_no_other(systems: Systems, rows: Rows) -> None:
    systems.settings.pop("guards")
    systems.members("g-hr").clear()
    systems.members("g-staff").remove("ipek")
    plan = systems.plan()
    assert plan.actions.loc[plan.actions["entra_id"] == "ipek", "own_guards"].tolist() == ["G4"]
    systems.ledger.approve(plan.plan_id, group="g-staff", by="Kaya", reason="looked")
    assert rows("SELECT group_id FROM group_counts ORDER BY 1") == [("g-hr",), ("g-staff",)]
    systems.ledger.approve(plan.plan_id, group="g-hr", by="Kaya", reason="dissolved")
    assert rows("SELECT group_id FROM group_counts") == [("g-staff",)]
    assert systems.sync().count("applied") == 1


# Releasing


@pytest.mark.parametrize("failed", [0, 1])
def test_only_a_quarantined_action_can_be_released(systems: Systems, rows: Rows, failed: int) -> None:
    systems.settings.pop("guards")
    systems.members("g-staff").append("zofia")
    systems.emply.faults = [refused] * failed
    plan = systems.plan()
    systems.apply(plan)
    with pytest.raises(PlanRefused, match="not quarantined"):
        systems.ledger.release(plan.actions["action_id"].iloc[0], by="Kaya")
    assert rows("SELECT failures FROM failures") == [(1,)] * failed


def test_a_quarantined_action_is_released_by_the_first_characters_of_its_id(systems: Systems, rows: Rows) -> None:
    systems.settings.pop("guards")
    systems.members("g-staff").append("zofia")
    systems.emply.faults = [refused]
    plan = systems.plan()
    systems.apply(plan)
    (action_id,) = rows("UPDATE failures SET failures = 8, quarantined_at = now() RETURNING action_id")[0]
    for named in (action_id[:5], "%%%%%%"):
        with pytest.raises(PlanRefused, match="not quarantined"):
            systems.ledger.release(named, "Kaya")
    assert systems.ledger.release(action_id[:6], "Kaya") == action_id
    assert rows("SELECT * FROM failures") == []


@pytest.mark.parametrize(("action", "by"), [("", "Kaya"), (" ", "Kaya"), ("81d0", " ")])
def test_releasing_nothing_or_by_nobody_is_refused(systems: Systems, action: str, by: str) -> None:
    with pytest.raises(PlanRefused, match="is blank"):
        systems.ledger.release(action, by)


# Forgetting


def test_old_plans_are_forgotten_with_all_that_was_tried_for_them(systems: Systems, rows: Rows) -> None:
    systems.settings.pop("guards")
    systems.members("g-staff").append("zofia")
    systems.sync()
    systems.plan()
    systems.ledger.prune(clock.now() + timedelta(days=1))
    assert rows("SELECT plan_no FROM plans") == [(3,)]
    for table in ("attempts", "outcomes", "actions", "plan_role_states"):
        assert rows(f"SELECT count(*) FROM {table}") == [(0,)]
    assert rows("SELECT count(*) FROM links") == [(5,)]
    assert rows("SELECT count(*) FROM grants") == [(1,)]
    assert rows("SELECT count(*) FROM role_states") == [(6,)]


def test_the_newest_plan_and_what_is_younger_are_kept(systems: Systems, rows: Rows) -> None:
    systems.plan()
    systems.ledger.prune(clock.now() - timedelta(days=1))
    assert rows("SELECT count(*) FROM plans") == [(2,)]
    systems.ledger.prune(clock.now() + timedelta(days=1))
    assert rows("SELECT plan_no FROM plans") == [(2,)]


def test_a_plan_with_an_attempt_left_open_is_kept(systems: Systems, rows: Rows) -> None:
    systems.settings.pop("guards")
    systems.members("g-staff").append("zofia")
    inputs = systems.inputs()
    systems.record(inputs)
    tried = "INSERT INTO attempts (plan_no, action_id, started_at)"
    rows(f"{tried} SELECT plan_no, action_id, now() FROM actions WHERE plan_no = 2")
    systems.record(inputs)
    systems.ledger.prune(clock.now() + timedelta(days=1))
    assert rows("SELECT count(*) FROM outcomes") == [(0,)]
    assert rows("SELECT plan_no FROM plans ORDER BY 1") == [(2,), (3,)]


def test_the_last_accepted_read_is_kept_however_old(systems: Systems) -> None:
    for run, rows in (("first", 100), ("second", 90)):
        systems.ledger.record_certificate(run, _certificate("emply_users", rows))
        _record(systems, systems.inputs(), run)
    systems.ledger.prune(clock.now() + timedelta(days=1))
    assert systems.ledger.baselines() == {"emply_users": Counted(90)}


def test_approvals_used_long_ago_are_forgotten(systems: Systems, held: Plan, rows: Rows) -> None:
    systems.ledger.approve(held.plan_id, person="ada", by="Kaya", reason="left")
    systems.sync()
    systems.ledger.prune(clock.now() + timedelta(hours=1))
    assert rows("SELECT count(*) FROM approvals") == [(0,)]


def _certificate(source: str, rows: int) -> Certificate:
    now = clock.now()
    return Certificate(source, 1, rows, "0" * 64, now, now)


def _record(systems: Systems, inputs: Inputs, run_id: str, origin: Origin = "sync") -> int:
    return systems.ledger.record_plan(
        make_plan(inputs),
        run_id=run_id,
        day=clock.now().date(),
        origin=origin,
        mapping_version="m1",
        state=inputs.state,
    )
