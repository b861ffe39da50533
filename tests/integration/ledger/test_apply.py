"""Applying: what each kind does to Emply and to the ledger, what is looked at again before, what a refusal leads to."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from entra_emply import clock
from entra_emply.errors import CredentialsError, LedgerError, PlanRefused, SourceUnreadable
from entra_emply.ledger.ledger import Ledger
from entra_emply.provisioning.apply import apply, settle
from entra_emply.reconciliation.plan import Plan
from tests.integration.ledger.company import Company, kinds, make_scenario
from tests.integration.ledger.conftest import Rows
from tests.integration.ledger.fakes import Emply, Fault, lost_after, lost_before, no_access, refused

OUTCOMES = (
    "SELECT kind, result, code FROM outcomes JOIN attempts USING (attempt_no) JOIN actions USING (plan_no, action_id)"
    " ORDER BY attempt_no"
)


@pytest.fixture
def company(ledger: Ledger) -> Company:
    """Four people, all linked and in step."""
    staff = ["g-staff"]
    everybody = Company(
        ledger, make_scenario({"ipek": ["g-staff", "g-hr"], "søren": staff, "łukasz": staff, "ada": staff})
    )
    everybody.sync()
    return everybody


# What each kind does


@pytest.mark.usefixtures("company")
def test_the_first_run_links_and_remembers_the_groups(rows: Rows) -> None:
    assert rows("SELECT entra_id, emply_user_id, matched_by FROM links ORDER BY 1") == [
        (name, f"emply-{name}", "username") for name in ("ada", "ipek", "søren", "łukasz")
    ]
    assert rows("SELECT group_id, role_id FROM role_states WHERE emply_user_id = 'emply-ipek' ORDER BY 1") == [
        ("g-hr", "r-HR"),
        ("g-staff", "r-Employee"),
    ]


def test_the_second_run_has_nothing_to_do_and_raises_no_epoch(company: Company, rows: Rows) -> None:
    before = rows("SELECT epoch, runs FROM counters")
    plan = company.plan()
    report = company.apply(plan)
    assert (kinds(plan), report.results) == ({}, {})
    assert rows("SELECT epoch, runs - 1 FROM counters") == before
    assert company.emply.written == []


def test_a_newcomer_is_created_linked_granted_and_remembered(company: Company, rows: Rows) -> None:
    _hire(company, "zofia")
    report = company.sync()
    assert report.count("applied") == 1
    made = company.login("zofia")
    assert (made["roleIds"], made["active"]) == (["r-Employee"], True)
    assert rows("SELECT emply_user_id, matched_by FROM links WHERE entra_id = 'zofia'") == [(made["id"], "created")]
    assert rows("SELECT approved FROM grants WHERE entra_id = 'zofia'") == [(False,)]
    assert rows(f"SELECT group_id FROM role_states WHERE emply_user_id = '{made['id']}'") == [("g-staff",)]
    assert kinds(company.plan()) == {}


@pytest.mark.parametrize("how", ["deleted", "disabled", "removed", "room"])
def test_a_leaver_is_deactivated_and_the_ledger_knows_whose_doing_it_was(
    company: Company, rows: Rows, how: str
) -> None:
    _leave(company, how)
    assert company.sync().count("applied") == 1
    assert _active(company, "ada") is False
    assert rows("SELECT emply_user_id, approved FROM deactivations") == [("emply-ada", False)]
    assert kinds(company.plan()) == {}


def test_who_comes_back_is_activated_and_no_longer_deactivated_by_the_pipeline(company: Company, rows: Rows) -> None:
    company.person("ada")["accountEnabled"] = False
    company.sync()
    company.person("ada")["accountEnabled"] = True
    assert company.sync().results.keys() == {"emply.activate_user"}
    assert _active(company, "ada") is True
    assert rows("SELECT count(*) FROM deactivations") == [(0,)]
    assert rows("SELECT entra_id FROM grants") == [("ada",)]


def test_a_joined_group_gives_its_role_and_is_remembered(company: Company, rows: Rows) -> None:
    company.members("g-hr").append("ada")
    company.sync()
    assert company.login("ada")["roleIds"] == ["r-Employee", "r-HR"]
    assert rows("SELECT group_id FROM role_states WHERE emply_user_id = 'emply-ada' ORDER BY 1") == [
        ("g-hr",),
        ("g-staff",),
    ]


def test_a_name_follows_entra(company: Company) -> None:
    company.person("søren")["surname"] = "Åkjær"
    company.sync()
    assert company.login("søren")["lastName"] == "Åkjær"


def test_a_new_link_replaces_the_old_one_and_starts_without_role_state(company: Company, rows: Rows) -> None:
    account = company.person("ada") | {"id": "ada-made-again"}
    company.delete("ada")
    company.scenario["entra"]["users"].append(account)
    company.members("g-staff")[:] = ["ada-made-again" if who == "ada" else who for who in company.members("g-staff")]
    plan = company.plan()
    assert company.apply(plan).held == 1
    company.ledger.approve(plan.plan_id, by="Kaya", reason="the account was created again")
    company.sync()
    assert rows("SELECT entra_id FROM links WHERE emply_user_id = 'emply-ada'") == [("ada-made-again",)]
    assert rows("SELECT count(*) FROM links") == [(4,)]
    assert rows("SELECT ending FROM approvals") == [("applied",)]


def test_switched_off_it_does_nothing_and_forgets_nothing(company: Company, rows: Rows) -> None:
    _leave(company, "deleted")
    company.settings["enabled"] = False
    assert company.sync().results == {}
    assert rows("SELECT count(*) FROM links") == [(4,)]
    assert rows("SELECT count(*) FROM role_states") == [(5,)]


# What is looked at again before something is taken away


@pytest.mark.parametrize("how", ["deleted", "disabled", "removed", "room"])
def test_a_cause_that_ended_since_the_plan_takes_nothing_away(company: Company, rows: Rows, how: str) -> None:
    undo = _leave(company, how)
    plan = company.plan()
    undo()
    assert company.apply(plan).count("superseded") == 1
    assert company.emply.written == []
    assert rows(OUTCOMES)[-1] == ("deactivate_user", "superseded", None)


def test_a_user_in_deleted_items_is_gone_even_while_it_can_be_read(company: Company) -> None:
    deleted = company.person("ada")
    company.delete("ada")
    plan = company.plan()
    company.scenario["entra"]["users"].append(deleted)
    company.scenario["entra"]["deletedUsers"].append(deleted)
    assert company.apply(plan).count("applied") == 1


def test_a_member_through_a_nested_group_is_not_deactivated(company: Company) -> None:
    company.settings["nested_groups"] = True
    company.members("g-hr").append("g-inner")
    company.members("g-staff").remove("ada")
    plan = company.plan()
    company.members("g-inner").append("ada")
    assert company.apply(plan).count("superseded") == 1


def test_without_nested_groups_a_nested_membership_is_none(company: Company) -> None:
    company.members("g-hr").append("g-inner")
    company.members("g-inner").append("ada")
    company.members("g-staff").remove("ada")
    assert company.sync().count("applied") == 1


def test_somebody_deactivated_by_hand_since_the_plan_is_not_the_pipelines_doing(company: Company, rows: Rows) -> None:
    _leave(company, "disabled")
    plan = company.plan()
    company.login("ada")["active"] = False
    assert company.apply(plan).count("superseded") == 1
    assert rows("SELECT count(*) FROM deactivations") == [(0,)]


def test_roles_that_changed_since_the_plan_are_not_overwritten(company: Company, rows: Rows) -> None:
    company.members("g-hr").append("ada")
    plan = company.plan()
    company.login("ada")["roleIds"] = ["r-Employee", "r-Manager"]
    assert company.apply(plan).count("superseded") == 1
    assert company.login("ada")["roleIds"] == ["r-Employee", "r-Manager"]
    assert rows("SELECT group_id FROM role_states WHERE emply_user_id = 'emply-ada'") == [("g-staff",)]


def test_a_cause_that_cannot_be_read_counts_as_a_failure(company: Company, rows: Rows) -> None:
    _leave(company, "disabled")
    plan = company.plan()
    company.graph.unreadable = True
    assert company.apply(plan).count("failed") == 1
    assert rows("SELECT code, failures FROM failures") == [("source_unreadable", 1)]


# Lost answers


@pytest.mark.parametrize("fault", [lost_after, lost_before])
@pytest.mark.parametrize("change", ["create", "deactivate", "roles"])
def test_a_lost_answer_is_followed_by_a_look_and_the_write_is_made_once(
    company: Company, change: str, fault: Fault
) -> None:
    {
        "create": lambda: _hire(company, "zofia"),
        "deactivate": lambda: _leave(company, "disabled"),
        "roles": lambda: company.members("g-hr").append("ada"),
    }[change]()
    company.emply.faults = [fault]
    assert company.sync().count("applied") == 1
    assert len(company.emply.written) == 1
    assert kinds(company.plan()) == {}


def test_a_create_that_came_through_late_is_not_made_twice(company: Company, rows: Rows) -> None:
    _hire(company, "zofia")
    late = []
    # The answer is lost and nothing is to be seen; the second try finds the address taken by the first.
    company.emply.faults = [lambda make: (late.append(make), lost_before(make)), lambda make: (late[0](), make())]
    assert company.sync().count("applied") == 1
    assert len(company.emply.written) == 1
    assert rows("SELECT matched_by FROM links WHERE entra_id = 'zofia'") == [("created",)]


def test_three_lost_answers_and_nothing_done_is_a_failure(company: Company, rows: Rows) -> None:
    _hire(company, "zofia")
    company.emply.faults = [lost_before] * 3
    assert company.sync().count("failed") == 1
    assert rows("SELECT code FROM failures") == [("connection",)]


def test_roles_that_somebody_changed_while_an_answer_was_lost_are_not_overwritten(company: Company) -> None:
    company.members("g-hr").append("ada")

    def lost_meanwhile(make: Callable[[], object]) -> None:
        company.login("ada")["roleIds"] = ["r-Manager"]
        lost_before(make)

    company.emply.faults = [lost_meanwhile]
    assert company.sync().count("superseded") == 1
    assert company.login("ada")["roleIds"] == ["r-Manager"]


def test_a_service_that_is_down_is_not_asked_for_ever(company: Company, rows: Rows) -> None:
    for number in range(8):
        _hire(company, f"zofia-{number}")
    company.emply.faults = [lost_before] * 3 * 8
    report = company.sync()
    assert (report.count("failed"), report.untried, report.troubled) == (5, 3, True)
    assert rows("SELECT ending FROM plans ORDER BY plan_no DESC LIMIT 1") == [("stopped",)]
    company.emply.faults.clear()
    assert company.sync().count("applied") == 8


def test_a_target_that_will_not_say_is_asked_by_the_next_run(company: Company, rows: Rows) -> None:
    _hire(company, "zofia")
    plan = company.plan()

    def then_silent(make: Callable[[], object]) -> None:
        make()
        company.emply.unreadable = True
        lost_before(make)

    company.emply.faults = [then_silent]
    assert company.apply(plan).count("unknown") == 1
    with pytest.raises(SourceUnreadable):
        company.world()
    company.emply.unreadable = False
    assert kinds(company.plan()) == {}
    assert rows(OUTCOMES)[-1] == ("create_user", "applied", None)
    assert rows("SELECT matched_by FROM links WHERE entra_id = 'zofia'") == [("created",)]


# Refusals


def test_one_failure_stops_no_other(company: Company) -> None:
    for name in ("zofia", "jörg", "ole"):
        _hire(company, name)
    company.emply.faults = [None, refused, None]
    report = company.sync()
    assert (report.count("applied"), report.count("failed")) == (2, 1)


def test_a_failed_creation_leaves_neither_link_nor_role_state(company: Company, rows: Rows) -> None:
    _hire(company, "zofia")
    company.emply.faults = [refused]
    company.sync()
    assert rows("SELECT count(*) FROM links") == [(4,)]


def test_a_failed_role_change_keeps_the_old_role_state(company: Company, rows: Rows) -> None:
    company.members("g-hr").append("ada")
    company.emply.faults = [refused]
    company.sync()
    assert rows("SELECT group_id FROM role_states WHERE emply_user_id = 'emply-ada'") == [("g-staff",)]
    company.sync()
    assert rows("SELECT count(*) FROM role_states WHERE emply_user_id = 'emply-ada'") == [(2,)]


def test_refused_credentials_stop_everything_and_count_for_nobody(company: Company, rows: Rows) -> None:
    for name in ("zofia", "jörg", "ole"):
        _hire(company, name)
    company.emply.faults = [None, no_access]
    with pytest.raises(CredentialsError):
        company.sync()
    assert len(company.emply.written) == 1
    assert rows("SELECT ending FROM plans ORDER BY plan_no DESC LIMIT 1") == [("stopped",)]
    assert company.sync().count("applied") == 2
    assert rows("SELECT count(*) FROM failures") == [(0,)]


def test_a_failed_creation_is_tried_again_after_1_2_4_4_runs_and_quarantined_after_eight(
    company: Company, rows: Rows
) -> None:
    _hire(company, "zofia")
    tried = []
    for run in range(28):
        company.emply.faults = [refused]
        report = company.sync()
        if report.count("failed"):
            tried.append(run)
    assert tried == [0, 1, 3, 7, 11, 15, 19, 23]
    assert (report.quarantined, report.waiting) == (1, 0)
    [(action_id,)] = rows("SELECT action_id FROM failures WHERE quarantined_at IS NOT NULL")
    company.ledger.release(str(action_id), by="Kaya")
    company.emply.faults = []
    assert company.sync().count("applied") == 1
    assert rows("SELECT count(*) FROM failures") == [(0,)]


def test_a_failed_deactivation_is_tried_at_every_run(company: Company) -> None:
    _leave(company, "disabled")
    results = []
    for _ in range(9):
        company.emply.faults = [refused]
        report = company.sync()
        results.append((report.count("failed"), report.quarantined))
    assert results == [(1, 0)] * 8 + [(0, 1)]


@pytest.mark.parametrize("failures", [1, 8])
def test_the_failures_of_what_is_no_longer_planned_are_forgotten_but_not_its_quarantine(
    company: Company, rows: Rows, failures: int
) -> None:
    for _ in range(failures):
        _leave(company, "disabled")
        company.emply.faults = [refused]
        company.sync()
    company.person("ada")["accountEnabled"] = True
    company.sync()
    assert rows("SELECT failures FROM failures") == ([] if failures == 1 else [(8,)])


def test_a_person_whose_turn_has_not_come_waits_and_keeps_his_role_state(company: Company, rows: Rows) -> None:
    company.members("g-hr").append("ada")
    for _ in range(2):
        company.emply.faults = [refused]
        company.sync()
    assert company.sync().waiting == 1
    assert rows("SELECT group_id FROM role_states WHERE emply_user_id = 'emply-ada'") == [("g-staff",)]


# Which plan may be applied


def test_a_plan_is_applied_once(company: Company) -> None:
    _hire(company, "zofia")
    plan = company.plan()
    company.apply(plan)
    with pytest.raises(PlanRefused, match="already"):
        company.apply(plan)
    assert len(company.emply.written) == 1


def test_only_the_newest_plan_is_applied(company: Company) -> None:
    _hire(company, "zofia")
    old = company.plan()
    _hire(company, "ole")
    company.plan()
    _refused(company, old, "not the newest")


def test_a_plan_older_than_an_hour_is_not_applied(company: Company) -> None:
    _hire(company, "zofia")
    noon = clock.now().replace(hour=12, minute=0)
    with clock.frozen(noon):
        plan = company.plan()
    with clock.frozen(noon + timedelta(minutes=61)):
        _refused(company, plan, "older than an hour")


def test_a_plan_of_yesterday_is_not_applied(company: Company) -> None:
    _hire(company, "zofia")
    midnight = clock.now().replace(hour=0, minute=0, second=0)
    with clock.frozen(midnight - timedelta(minutes=5)):
        plan = company.plan()
    with clock.frozen(midnight + timedelta(minutes=5)):
        _refused(company, plan, "not of today")


def test_a_backfilled_plan_is_for_reading_and_is_never_the_newest(company: Company) -> None:
    _hire(company, "zofia")
    plan = company.record(company.world(), origin="backfill", day=clock.now() - timedelta(days=3))
    _refused(company, plan, "past day")
    newest = company.ledger.newest_plan()
    assert newest is not None
    assert newest.plan_id != plan.plan_id


def test_a_backfilled_twin_does_not_stand_in_the_way_of_the_same_plan_of_today(company: Company) -> None:
    _hire(company, "zofia")
    world = company.world()
    plan = company.record(world)
    company.record(world, origin="backfill", day=clock.now() - timedelta(days=3))
    assert company.apply(plan).count("applied") == 1


def test_an_unknown_plan_is_refused(company: Company) -> None:
    with pytest.raises(PlanRefused, match="there is no plan"):
        apply(company.ledger, "0" * 64, graph=company.graph, emply=company.emply)


def test_a_plan_whose_sources_were_read_before_another_plan_was_applied_is_refused(company: Company) -> None:
    _hire(company, "zofia")
    early = company.world()
    company.sync()
    company.emply.written.clear()
    _refused(company, company.record(early), "another run applied changes")


@pytest.mark.parametrize("which", ["tenant", "customer"])
def test_a_plan_of_another_tenant_or_customer_is_refused(company: Company, which: str) -> None:
    company.ledger.belongs_to("tenant", "contoso")
    _hire(company, "zofia")
    plan = company.plan()
    if which == "tenant":
        company.scenario["entra"]["organization"]["id"] = "another"
    else:
        company.emply = Emply(company.scenario, customer="another")
    _refused(company, plan, f"belongs to the {which}")


def test_another_customers_emply_is_not_asked_what_became_of_a_killed_run(company: Company) -> None:
    company.ledger.belongs_to("tenant", "contoso")
    company.emply = Emply(company.scenario, customer="another")
    with pytest.raises(LedgerError, match="belongs to the customer"):
        settle(company.ledger, graph=company.graph, emply=company.emply)


def _refused(company: Company, plan: Plan, why: str) -> None:
    with pytest.raises(PlanRefused, match=why):
        company.apply(plan)
    assert company.emply.written == []


def _hire(company: Company, entra_id: str) -> None:
    upn = f"{entra_id}@contoso.com"
    person = {"id": entra_id, "userPrincipalName": upn, "mail": upn, "givenName": entra_id.title(), "surname": "Żółć"}
    company.scenario["entra"]["users"].append(person)
    company.members("g-staff").append(entra_id)


def _leave(company: Company, how: str) -> Callable[[], None]:
    """Ada leaves; what is returned brings her back."""
    ada, staff, rooms = company.person("ada"), company.members("g-staff"), company.members("g-rooms")
    if how == "deleted":
        company.delete("ada")
        return lambda: company.scenario["entra"]["users"].append(ada)
    if how == "disabled":
        ada["accountEnabled"] = False
        return lambda: ada.update(accountEnabled=True)
    if how == "removed":
        staff.remove("ada")
        return lambda: staff.append("ada")
    rooms.append("ada")
    return lambda: rooms.remove("ada")


def _active(company: Company, entra_id: str) -> bool:
    return next(
        bool(user["active"]) for user in company.scenario["emply"]["users"] if user["id"] == f"emply-{entra_id}"
    )
