"""Applying: what each kind does to Emply and to the ledger, what is looked at again before, what a refusal leads to."""

from collections.abc import Callable
from datetime import timedelta
from unittest.mock import Mock

import pytest

from entra_emply import clock
from entra_emply.errors import CredentialsError, LedgerError, PlanRefused, SourceUnreadable
from entra_emply.ledger.ledger import Ledger
from entra_emply.provisioning.apply import apply, settle
from entra_emply.reconciliation.plan import Plan
from tests.integration.ledger.conftest import Rows
from tests.integration.ledger.fakes import Emply, Fault, lost_after, lost_before, no_access, refused
from tests.integration.ledger.systems import Systems, kinds, make_scenario

OUTCOMES = (
    "SELECT kind, result, code FROM outcomes JOIN attempts USING (attempt_no) JOIN actions USING (plan_no, action_id)"
    " ORDER BY attempt_no"
)


@pytest.fixture
def systems(ledger: Ledger) -> Systems:
    """Four people, all linked and in step."""
    staff = ["g-staff"]
    everybody = Systems(
        ledger, make_scenario({"ipek": ["g-staff", "g-hr"], "søren": staff, "łukasz": staff, "ada": staff})
    )
    everybody.sync()
    return everybody


# What each kind does


@pytest.mark.usefixtures("systems")
def test_the_first_run_links_and_remembers_the_groups(rows: Rows) -> None:
    assert rows("SELECT entra_id, emply_user_id, matched_by FROM links ORDER BY 1") == [
        (name, f"emply-{name}", "username") for name in ("ada", "ipek", "søren", "łukasz")
    ]
    assert rows("SELECT group_id, role_id FROM role_states WHERE emply_user_id = 'emply-ipek' ORDER BY 1") == [
        ("g-hr", "r-HR"),
        ("g-staff", "r-Employee"),
    ]


def test_the_second_run_has_nothing_to_do_and_raises_no_epoch(systems: Systems, rows: Rows) -> None:
    before = rows("SELECT epoch, runs FROM counters")
    plan = systems.plan()
    report = systems.apply(plan)
    assert (kinds(plan), report.results) == ({}, {})
    assert rows("SELECT epoch, runs - 1 FROM counters") == before
    assert systems.emply.written == []


def test_a_newcomer_is_created_linked_granted_and_remembered(systems: Systems, rows: Rows) -> None:
    _hire(systems, "zofia")
    report = systems.sync()
    assert report.count("applied") == 1
    made = systems.login("zofia")
    assert (made["roleIds"], made["active"]) == (["r-Employee"], True)
    assert rows("SELECT emply_user_id, matched_by FROM links WHERE entra_id = 'zofia'") == [(made["id"], "created")]
    assert rows("SELECT approved FROM grants WHERE entra_id = 'zofia'") == [(False,)]
    assert rows(f"SELECT group_id FROM role_states WHERE emply_user_id = '{made['id']}'") == [("g-staff",)]
    assert kinds(systems.plan()) == {}


@pytest.mark.parametrize("how", ["deleted", "disabled", "removed", "room"])
def test_a_leaver_is_deactivated_and_the_ledger_knows_whose_doing_it_was(
    systems: Systems, rows: Rows, how: str
) -> None:
    _leave(systems, how)
    assert systems.sync().count("applied") == 1
    assert _active(systems, "ada") is False
    assert rows("SELECT emply_user_id, approved FROM deactivations") == [("emply-ada", False)]
    assert kinds(systems.plan()) == {}


def test_who_comes_back_is_activated_and_no_longer_deactivated_by_the_pipeline(systems: Systems, rows: Rows) -> None:
    systems.person("ada")["accountEnabled"] = False
    systems.sync()
    systems.person("ada")["accountEnabled"] = True
    assert systems.sync().results.keys() == {"emply.activate_user"}
    assert _active(systems, "ada") is True
    assert rows("SELECT count(*) FROM deactivations") == [(0,)]
    assert rows("SELECT entra_id FROM grants") == [("ada",)]


def test_a_joined_group_gives_its_role_and_is_remembered(systems: Systems, rows: Rows) -> None:
    systems.members("g-hr").append("ada")
    systems.sync()
    assert systems.login("ada")["roleIds"] == ["r-Employee", "r-HR"]
    assert rows("SELECT group_id FROM role_states WHERE emply_user_id = 'emply-ada' ORDER BY 1") == [
        ("g-hr",),
        ("g-staff",),
    ]


def test_a_name_follows_entra(systems: Systems) -> None:
    systems.person("søren")["surname"] = "Åkjær"
    systems.sync()
    assert systems.login("søren")["lastName"] == "Åkjær"


def test_a_new_link_replaces_the_old_one_and_starts_without_role_state(systems: Systems, rows: Rows) -> None:
    account = systems.person("ada") | {"id": "ada-made-again"}
    systems.delete("ada")
    systems.scenario["entra"]["users"].append(account)
    systems.members("g-staff")[:] = ["ada-made-again" if who == "ada" else who for who in systems.members("g-staff")]
    plan = systems.plan()
    assert systems.apply(plan).held == 1
    systems.ledger.approve(plan.plan_id, by="Kaya", reason="the account was created again")
    systems.sync()
    assert rows("SELECT entra_id FROM links WHERE emply_user_id = 'emply-ada'") == [("ada-made-again",)]
    assert rows("SELECT count(*) FROM links") == [(4,)]
    assert rows("SELECT ending FROM approvals") == [("applied",)]


def test_switched_off_it_does_nothing_and_forgets_nothing(systems: Systems, rows: Rows) -> None:
    _leave(systems, "deleted")
    systems.settings["enabled"] = False
    assert systems.sync().results == {}
    assert rows("SELECT count(*) FROM links") == [(4,)]
    assert rows("SELECT count(*) FROM role_states") == [(5,)]


# What is looked at again before something is taken away


@pytest.mark.parametrize("how", ["deleted", "disabled", "removed", "room"])
def test_a_cause_that_ended_since_the_plan_takes_nothing_away(systems: Systems, rows: Rows, how: str) -> None:
    undo = _leave(systems, how)
    plan = systems.plan()
    undo()
    assert systems.apply(plan).count("superseded") == 1
    assert systems.emply.written == []
    assert rows(OUTCOMES)[-1] == ("deactivate_user", "superseded", None)


def test_a_user_in_deleted_items_is_gone_even_while_it_can_be_read(systems: Systems) -> None:
    deleted = systems.person("ada")
    systems.delete("ada")
    plan = systems.plan()
    systems.scenario["entra"]["users"].append(deleted)
    systems.scenario["entra"]["deletedUsers"].append(deleted)
    assert systems.apply(plan).count("applied") == 1


def test_a_member_through_a_nested_group_is_not_deactivated(systems: Systems) -> None:
    systems.settings["nested_groups"] = True
    systems.members("g-hr").append("g-inner")
    systems.members("g-staff").remove("ada")
    plan = systems.plan()
    systems.members("g-inner").append("ada")
    assert systems.apply(plan).count("superseded") == 1


def test_without_nested_groups_a_nested_membership_is_none(systems: Systems) -> None:
    systems.members("g-hr").append("g-inner")
    systems.members("g-inner").append("ada")
    systems.members("g-staff").remove("ada")
    assert systems.sync().count("applied") == 1


def test_somebody_deactivated_by_hand_since_the_plan_is_not_the_pipelines_doing(systems: Systems, rows: Rows) -> None:
    _leave(systems, "disabled")
    plan = systems.plan()
    systems.login("ada")["active"] = False
    assert systems.apply(plan).count("superseded") == 1
    assert rows("SELECT count(*) FROM deactivations") == [(0,)]


def test_roles_that_changed_since_the_plan_are_not_overwritten(systems: Systems, rows: Rows) -> None:
    systems.members("g-hr").append("ada")
    plan = systems.plan()
    systems.login("ada")["roleIds"] = ["r-Employee", "r-Manager"]
    assert systems.apply(plan).count("superseded") == 1
    assert systems.login("ada")["roleIds"] == ["r-Employee", "r-Manager"]
    assert rows("SELECT group_id FROM role_states WHERE emply_user_id = 'emply-ada'") == [("g-staff",)]


def test_a_cause_that_cannot_be_read_counts_as_a_failure(systems: Systems, rows: Rows) -> None:
    _leave(systems, "disabled")
    plan = systems.plan()
    systems.graph.unreadable = True
    assert systems.apply(plan).count("failed") == 1
    assert rows("SELECT code, failures FROM failures") == [("source_unreadable", 1)]


def test_the_groups_of_many_leavers_are_asked_for_in_few_requests(systems: Systems) -> None:
    """One a leaver, and the members of a group once, if leavers are in it at all."""
    systems.members("g-hr").append("g-inner")
    systems.members("g-inner").extend(["ada", "søren"])
    for name in ("ada", "søren", "łukasz"):
        systems.members("g-staff").remove(name)
    plan = systems.plan()
    systems.graph.reads.clear()
    assert systems.apply(plan).count("applied") == 3
    asked = [read for read in systems.graph.reads if read != "user"]
    assert sorted(asked) == ["all_groups_of", "all_groups_of", "all_groups_of", "direct_members g-hr"]


@pytest.mark.parametrize("code", ["403 Authorization_RequestDenied", "401 InvalidAuthenticationToken"])
def test_a_cause_that_graph_refuses_to_show_fails_its_action_alone(
    systems: Systems, rows: Rows, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    _leave(systems, "removed")
    _hire(systems, "zofia")
    monkeypatch.setattr(systems.graph, "all_groups_of", Mock(side_effect=CredentialsError("no", code=code)))
    report = systems.sync()
    assert (report.count("failed"), report.count("applied")) == (1, 1)
    assert rows("SELECT code FROM failures") == [(code,)]


def test_without_any_access_nothing_more_is_tried(systems: Systems, monkeypatch: pytest.MonkeyPatch) -> None:
    _leave(systems, "removed")
    _hire(systems, "zofia")
    monkeypatch.setattr(systems.graph, "user", Mock(side_effect=CredentialsError("the secret has expired")))
    with pytest.raises(CredentialsError, match="expired"):
        systems.sync()
    assert systems.emply.written == []


def test_nothing_is_applied_to_an_emply_whose_users_cannot_be_written(systems: Systems, rows: Rows) -> None:
    """And the plan is not claimed: with a corrected API description it can be applied."""
    _hire(systems, "zofia")
    plan = systems.plan()
    systems.emply.absent = {"users": "this Emply has no update_user (api.yaml, line 7)"}
    with pytest.raises(PlanRefused, match=r"this Emply has no update_user \(api.yaml, line 7\)"):
        systems.apply(plan)
    assert rows("SELECT claimed_at FROM plans ORDER BY plan_no DESC LIMIT 1") == [(None,)]
    systems.emply.absent.clear()
    assert systems.apply(plan).count("applied") == 1


# Lost answers


@pytest.mark.parametrize("fault", [lost_after, lost_before])
@pytest.mark.parametrize("change", ["create", "deactivate", "roles"])
def test_a_lost_answer_is_followed_by_a_look_and_the_write_is_made_once(
    systems: Systems, change: str, fault: Fault
) -> None:
    {
        "create": lambda: _hire(systems, "zofia"),
        "deactivate": lambda: _leave(systems, "disabled"),
        "roles": lambda: systems.members("g-hr").append("ada"),
    }[change]()
    systems.emply.faults = [fault]
    assert systems.sync().count("applied") == 1
    assert len(systems.emply.written) == 1
    assert kinds(systems.plan()) == {}


def test_a_create_that_came_through_late_is_not_made_twice(systems: Systems, rows: Rows) -> None:
    _hire(systems, "zofia")
    late = []
    # The answer is lost and nothing is to be seen; the second try finds the address taken by the first.
    systems.emply.faults = [lambda make: (late.append(make), lost_before(make)), lambda make: (late[0](), make())]
    assert systems.sync().count("applied") == 1
    assert len(systems.emply.written) == 1
    assert rows("SELECT matched_by FROM links WHERE entra_id = 'zofia'") == [("created",)]


def test_three_lost_answers_and_nothing_done_is_a_failure(systems: Systems, rows: Rows) -> None:
    _hire(systems, "zofia")
    systems.emply.faults = [lost_before] * 3
    assert systems.sync().count("failed") == 1
    assert rows("SELECT code FROM failures") == [("connection",)]


def test_roles_that_somebody_changed_while_an_answer_was_lost_are_not_overwritten(systems: Systems) -> None:
    systems.members("g-hr").append("ada")

    def lost_meanwhile(make: Callable[[], object]) -> None:
        systems.login("ada")["roleIds"] = ["r-Manager"]
        lost_before(make)

    systems.emply.faults = [lost_meanwhile]
    assert systems.sync().count("superseded") == 1
    assert systems.login("ada")["roleIds"] == ["r-Manager"]


def test_a_service_that_is_down_is_not_asked_for_ever(systems: Systems, rows: Rows) -> None:
    for number in range(8):
        _hire(systems, f"zofia-{number}")
    systems.emply.faults = [lost_before] * 3 * 8
    report = systems.sync()
    assert (report.count("failed"), report.untried, report.troubled) == (5, 3, True)
    assert rows("SELECT ending FROM plans ORDER BY plan_no DESC LIMIT 1") == [("stopped",)]
    systems.emply.faults.clear()
    assert systems.sync().count("applied") == 8


def test_a_target_that_will_not_say_is_asked_by_the_next_run(systems: Systems, rows: Rows) -> None:
    _hire(systems, "zofia")
    plan = systems.plan()

    def then_silent(make: Callable[[], object]) -> None:
        make()
        systems.emply.unreadable = True
        lost_before(make)

    systems.emply.faults = [then_silent]
    assert systems.apply(plan).count("unknown") == 1
    with pytest.raises(SourceUnreadable):
        systems.inputs()
    systems.emply.unreadable = False
    assert kinds(systems.plan()) == {}
    assert rows(OUTCOMES)[-1] == ("create_user", "applied", None)
    assert rows("SELECT matched_by FROM links WHERE entra_id = 'zofia'") == [("created",)]


# Refusals


def test_one_failure_stops_no_other(systems: Systems) -> None:
    for name in ("zofia", "jörg", "ole"):
        _hire(systems, name)
    systems.emply.faults = [None, refused, None]
    report = systems.sync()
    assert (report.count("applied"), report.count("failed")) == (2, 1)


def test_a_failed_creation_leaves_neither_link_nor_role_state(systems: Systems, rows: Rows) -> None:
    _hire(systems, "zofia")
    systems.emply.faults = [refused]
    systems.sync()
    assert rows("SELECT count(*) FROM links") == [(4,)]


def test_a_failed_role_change_keeps_the_old_role_state(systems: Systems, rows: Rows) -> None:
    systems.members("g-hr").append("ada")
    systems.emply.faults = [refused]
    systems.sync()
    assert rows("SELECT group_id FROM role_states WHERE emply_user_id = 'emply-ada'") == [("g-staff",)]
    systems.sync()
    assert rows("SELECT count(*) FROM role_states WHERE emply_user_id = 'emply-ada'") == [(2,)]


def test_refused_credentials_stop_everything_and_count_for_nobody(systems: Systems, rows: Rows) -> None:
    for name in ("zofia", "jörg", "ole"):
        _hire(systems, name)
    systems.emply.faults = [None, no_access]
    with pytest.raises(CredentialsError):
        systems.sync()
    assert len(systems.emply.written) == 1
    assert rows("SELECT ending FROM plans ORDER BY plan_no DESC LIMIT 1") == [("stopped",)]
    assert systems.sync().count("applied") == 2
    assert rows("SELECT count(*) FROM failures") == [(0,)]


def test_a_failed_creation_is_tried_again_after_1_2_4_4_runs_and_quarantined_after_eight(
    systems: Systems, rows: Rows
) -> None:
    _hire(systems, "zofia")
    tried = []
    for run in range(28):
        systems.emply.faults = [refused]
        report = systems.sync()
        if report.count("failed"):
            tried.append(run)
    assert tried == [0, 1, 3, 7, 11, 15, 19, 23]
    assert (report.quarantined, report.waiting) == (1, 0)
    [(action_id,)] = rows("SELECT action_id FROM failures WHERE quarantined_at IS NOT NULL")
    systems.ledger.release(str(action_id), by="Kaya")
    systems.emply.faults = []
    assert systems.sync().count("applied") == 1
    assert rows("SELECT count(*) FROM failures") == [(0,)]


def test_a_failed_deactivation_is_tried_at_every_run(systems: Systems) -> None:
    _leave(systems, "disabled")
    results = []
    for _ in range(9):
        systems.emply.faults = [refused]
        report = systems.sync()
        results.append((report.count("failed"), report.quarantined))
    assert results == [(1, 0)] * 8 + [(0, 1)]


@pytest.mark.parametrize("failures", [1, 8])
def test_the_failures_of_what_is_no_longer_planned_are_forgotten_but_not_its_quarantine(
    systems: Systems, rows: Rows, failures: int
) -> None:
    for _ in range(failures):
        _leave(systems, "disabled")
        systems.emply.faults = [refused]
        systems.sync()
    systems.person("ada")["accountEnabled"] = True
    systems.sync()
    assert rows("SELECT failures FROM failures") == ([] if failures == 1 else [(8,)])


def test_a_person_whose_turn_has_not_come_waits_and_keeps_his_role_state(systems: Systems, rows: Rows) -> None:
    systems.members("g-hr").append("ada")
    for _ in range(2):
        systems.emply.faults = [refused]
        systems.sync()
    assert systems.sync().waiting == 1
    assert rows("SELECT group_id FROM role_states WHERE emply_user_id = 'emply-ada'") == [("g-staff",)]


# Which plan may be applied


def test_a_plan_is_applied_once(systems: Systems) -> None:
    _hire(systems, "zofia")
    plan = systems.plan()
    systems.apply(plan)
    with pytest.raises(PlanRefused, match="already"):
        systems.apply(plan)
    assert len(systems.emply.written) == 1


def test_only_the_newest_plan_is_applied(systems: Systems) -> None:
    _hire(systems, "zofia")
    old = systems.plan()
    _hire(systems, "ole")
    systems.plan()
    _refused(systems, old, "not the newest")


def test_a_plan_older_than_an_hour_is_not_applied(systems: Systems) -> None:
    _hire(systems, "zofia")
    noon = clock.now().replace(hour=12, minute=0)
    with clock.frozen(noon):
        plan = systems.plan()
    with clock.frozen(noon + timedelta(minutes=61)):
        _refused(systems, plan, "older than an hour")


def test_a_plan_of_yesterday_is_not_applied(systems: Systems) -> None:
    _hire(systems, "zofia")
    midnight = clock.now().replace(hour=0, minute=0, second=0)
    with clock.frozen(midnight - timedelta(minutes=5)):
        plan = systems.plan()
    with clock.frozen(midnight + timedelta(minutes=5)):
        _refused(systems, plan, "not of today")


def test_a_backfilled_plan_is_for_reading_and_is_never_the_newest(systems: Systems) -> None:
    _hire(systems, "zofia")
    plan = systems.record(systems.inputs(), origin="backfill", day=clock.now() - timedelta(days=3))
    _refused(systems, plan, "past day")
    newest = systems.ledger.newest_plan()
    assert newest is not None
    assert newest.plan_id != plan.plan_id


def test_a_backfilled_twin_does_not_stand_in_the_way_of_the_same_plan_of_today(systems: Systems) -> None:
    _hire(systems, "zofia")
    inputs = systems.inputs()
    plan = systems.record(inputs)
    systems.record(inputs, origin="backfill", day=clock.now() - timedelta(days=3))
    assert systems.apply(plan).count("applied") == 1


def test_an_unknown_plan_is_refused(systems: Systems) -> None:
    with pytest.raises(PlanRefused, match="there is no plan"):
        apply(systems.ledger, "0" * 64, graph=systems.graph, emply=systems.emply)


def test_a_plan_whose_sources_were_read_before_another_plan_was_applied_is_refused(systems: Systems) -> None:
    _hire(systems, "zofia")
    early = systems.inputs()
    systems.sync()
    systems.emply.written.clear()
    _refused(systems, systems.record(early), "another run applied changes")


@pytest.mark.parametrize("which", ["tenant", "customer"])
def test_a_plan_of_another_tenant_or_customer_is_refused(systems: Systems, which: str) -> None:
    systems.ledger.belongs_to("tenant", "contoso")
    _hire(systems, "zofia")
    plan = systems.plan()
    if which == "tenant":
        systems.scenario["entra"]["organization"]["id"] = "another"
    else:
        systems.emply = Emply(systems.scenario, customer="another")
    _refused(systems, plan, f"belongs to the {which}")


def test_another_customers_emply_is_not_asked_what_became_of_a_killed_run(systems: Systems) -> None:
    systems.ledger.belongs_to("tenant", "contoso")
    systems.emply = Emply(systems.scenario, customer="another")
    with pytest.raises(LedgerError, match="belongs to the customer"):
        settle(systems.ledger, graph=systems.graph, emply=systems.emply)


def _refused(systems: Systems, plan: Plan, why: str) -> None:
    with pytest.raises(PlanRefused, match=why):
        systems.apply(plan)
    assert systems.emply.written == []


def _hire(systems: Systems, entra_id: str) -> None:
    upn = f"{entra_id}@contoso.com"
    person = {"id": entra_id, "userPrincipalName": upn, "mail": upn, "givenName": entra_id.title(), "surname": "Żółć"}
    systems.scenario["entra"]["users"].append(person)
    systems.members("g-staff").append(entra_id)


def _leave(systems: Systems, how: str) -> Callable[[], None]:
    """Ada leaves; what is returned brings her back."""
    ada, staff, rooms = systems.person("ada"), systems.members("g-staff"), systems.members("g-rooms")
    if how == "deleted":
        systems.delete("ada")
        return lambda: systems.scenario["entra"]["users"].append(ada)
    if how == "disabled":
        ada["accountEnabled"] = False
        return lambda: ada.update(accountEnabled=True)
    if how == "removed":
        staff.remove("ada")
        return lambda: staff.append("ada")
    rooms.append("ada")
    return lambda: rooms.remove("ada")


def _active(systems: Systems, entra_id: str) -> bool:
    return next(
        bool(user["active"]) for user in systems.scenario["emply"]["users"] if user["id"] == f"emply-{entra_id}"
    )
