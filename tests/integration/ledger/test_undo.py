"""Undo: what was applied is asked to be restored, planned, approved and applied, with its cause in the history."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, event

from entra_emply import clock
from entra_emply.errors import PlanRefused
from entra_emply.ledger import approvals, history, undo_requests
from entra_emply.ledger.ledger import Ledger
from entra_emply.ledger.which import Which
from entra_emply.reconciliation.plan import Plan
from entra_emply.reconciliation.undoable import Undoable, undoable
from sandbox import Sandbox
from tests.integration.conftest import Rows
from tests.integration.ledger.installation import Installation
from tests.integration.ledger.staff import is_active, leave
from tests.integration.ledger.systems import Systems, kinds, make_scenario
from tests.postgres import Server

BY = {"by": "Kaya Öztürk", "reason": "the wrong group"}
ENDINGS = "SELECT ending, why FROM undo_requests ORDER BY request_no"


def what(systems: Systems, plan: Plan) -> Undoable:
    """What of a plan can be undone now."""
    applied = systems.ledger.read(undo_requests.applied, plan.plan_id[:8])
    return undoable(systems.inputs(), applied, systems.ledger.read(undo_requests.open_of, applied["emply_user_id"]))


def ask(systems: Systems, plan: Plan) -> int:
    return systems.ledger.write(undo_requests.ask, what(systems, plan).possible, **BY)


def applied(systems: Systems) -> Plan:
    plan = systems.plan()
    assert systems.apply(plan).count("applied") > 0
    return plan


@pytest.fixture
def deactivated(staff: Systems) -> Plan:
    """Ada left the group and lost her login; then the settings no longer have the group (L8)."""
    staff.members("g-staff").remove("ada")
    plan = applied(staff)
    assert not is_active(staff, "ada")
    staff.settings["groups"] = [each for each in staff.settings["groups"] if each["group"] != "Çalışanlar"]
    return plan


@pytest.fixture
def taken(staff: Systems) -> Plan:
    """Somebody took Ada's role Employee away in Emply, so that R5 took Manager, too."""
    staff.login("ada")["roleIds"] = ["r-Manager"]
    return applied(staff)


def test_a_deactivated_login_is_active_again_once_it_is_approved(staff: Systems, deactivated: Plan, rows: Rows) -> None:
    assert ask(staff, deactivated) == 1
    held = staff.plan()
    assert (kinds(held), set(held.actions["held_by"])) == ({"activate_user": 1}, {"G8"})
    assert staff.apply(held).held == 1
    assert not is_active(staff, "ada")
    staff.ledger.write(approvals.approve, held.plan_id, by="Łucja", reason="yes")
    staff.sync()
    assert is_active(staff, "ada")
    assert rows(ENDINGS) == [("applied", None)]
    assert rows("SELECT emply_user_id FROM deactivations") == []
    assert all(staff.plan().actions.empty for _ in range(2))


def test_a_role_that_was_taken_stays_as_an_extra_role(staff: Systems, taken: Plan) -> None:
    assert staff.login("ada")["roleIds"] == ["r-Employee"]
    assert ask(staff, taken) == 1
    staff.ledger.write(approvals.approve, staff.plan().plan_id, by="Łucja", reason="yes")
    staff.sync()
    assert sorted(staff.login("ada")["roleIds"]) == ["r-Employee", "r-Manager"]
    assert all(staff.plan().actions.empty for _ in range(2))


def test_it_is_in_the_history_with_who_asked_for_it_and_why(staff: Systems, taken: Plan) -> None:
    ask(staff, taken)
    staff.ledger.write(approvals.approve, staff.plan().plan_id, by="Łucja", reason="yes")
    staff.sync()
    told = [(row["event"], row["by"], row["why"], row["code"]) for row in staff.ledger.read(history.told, "ada")][:4]
    assert told == [
        ("applied", None, None, None),
        ("approved", "Łucja", "yes", "applied"),
        ("planned", None, None, None),
        ("undo asked", *BY.values(), "applied"),
    ]
    planned = staff.ledger.read(history.told, "ada")[2]
    assert planned["rule"] == "U1"
    assert planned["reason"] == f"undoes plan {taken.plan_id[:12]}, asked for by Kaya Öztürk: the wrong group"


def test_what_is_changed_meanwhile_is_not_undone_and_said(staff: Systems, taken: Plan, rows: Rows) -> None:
    ask(staff, taken)
    staff.login("ada")["roleIds"] = ["r-Employee", "r-HR"]
    assert staff.plan().actions.empty
    assert rows(ENDINGS) == [("stopped", "it was changed since, and stays as it is")]
    assert [row["why"] for row in what(staff, taken).refused] == ["it was changed since, and stays as it is"]
    assert staff.ledger.read(history.told, "ada")[0]["code"] == "it was changed since, and stays as it is"


def test_what_is_changed_after_the_approval_is_superseded(staff: Systems, taken: Plan) -> None:
    ask(staff, taken)
    staff.ledger.write(approvals.approve, staff.plan().plan_id, by="Łucja", reason="yes")
    plan = staff.plan()
    staff.login("ada")["roleIds"] = ["r-Employee", "r-HR"]
    assert staff.apply(plan).count("superseded") == 1
    assert staff.login("ada")["roleIds"] == ["r-Employee", "r-HR"]


def test_what_a_rule_would_do_again_is_refused_with_what_to_change_first(staff: Systems) -> None:
    back = leave(staff, "disabled")
    plan = applied(staff)
    assert [row["why"] for row in what(staff, plan).refused] == [
        "L6 would do the same again: first enable the account in Entra"
    ]
    assert ask(staff, plan) == 0
    back()
    assert [row["why"] for row in what(staff, plan).refused] == ["L4 restores it by itself at the next run"]


def test_a_cause_that_comes_back_before_the_approval_ends_the_request(
    staff: Systems, deactivated: Plan, rows: Rows
) -> None:
    ask(staff, deactivated)
    staff.person("ada")["accountEnabled"] = False
    assert staff.plan().actions.empty
    assert rows(ENDINGS) == [("stopped", "L6 would do the same again: first enable the account in Entra")]


def test_a_login_has_one_request_at_a_time(staff: Systems, taken: Plan) -> None:
    wanted = what(staff, taken).possible
    assert [staff.ledger.write(undo_requests.ask, wanted, **BY) for _ in range(2)] == [1, 0]
    assert [row["why"] for row in what(staff, taken).refused] == ["an undo of it is asked for already"]


def test_many_requests_are_recorded_in_parts_and_in_order(ledger: Ledger, rows: Rows) -> None:
    """One statement of all of them takes five times as long."""
    about = {"kind": "set_roles", "before": {"roleIds": ["a"]}, "after": {"roleIds": []}, "undone_plan_id": "plan"}
    wanted = [
        {"action_id": str(no), "entra_id": str(no), "emply_user_id": str(no // 2), "undone_action_id": str(no)} | about
        for no in range(5000)
    ]
    sizes: list[int] = []

    def record(connection: Connection) -> int:
        event.listen(connection, "before_cursor_execute", lambda *about: sizes.append(len(about[3])))
        return undo_requests.ask(connection, wanted, **BY)

    assert ledger.write(record) == 2500
    recorded = rows("SELECT action_id, before FROM undo_requests ORDER BY request_no")
    assert recorded == [(str(no), {"roleIds": ["a"]}) for no in range(0, 5000, 2)]
    assert max(sizes) < 15_000, "values, of 55,000"


def test_what_nobody_approves_ends_after_72_hours(
    staff: Systems, taken: Plan, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(staff, taken)
    later = clock.now() + timedelta(hours=73)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert staff.plan().actions.empty
    assert rows(ENDINGS) == [("expired", None)]
    assert ask(staff, taken) == 1


# Withdrawn


TAKEN_BACK = {"by": "Łucja Żak", "reason": "HR took it away on purpose"}


def withdraw(systems: Systems, named: str = "") -> int:
    return systems.ledger.write(
        undo_requests.withdraw, systems.ledger.read(undo_requests.asked, named)["action_id"].tolist(), **TAKEN_BACK
    )


def test_a_request_that_is_withdrawn_is_planned_no_more(staff: Systems, taken: Plan, rows: Rows) -> None:
    ask(staff, taken)
    assert withdraw(staff) == 1
    assert staff.plan().actions.empty
    assert rows("SELECT ending, withdrawn_by, why FROM undo_requests") == [("withdrawn", *TAKEN_BACK.values())]
    assert ask(staff, taken) == 1  # it may be asked for again


def test_who_withdrew_it_and_why_is_in_the_history(staff: Systems, taken: Plan) -> None:
    ask(staff, taken)
    withdraw(staff)
    told = [(row["event"], row["by"], row["why"], row["code"]) for row in staff.ledger.read(history.told, "ada")][:2]
    assert told == [("undo withdrawn", *TAKEN_BACK.values(), None), ("undo asked", *BY.values(), "withdrawn")]
    counted = [(row["event"], row["by"], row["count"]) for row in staff.ledger.read(history.told)]
    assert ("undo withdrawn", "Łucja Żak", 1) in counted


def test_what_is_withdrawn_cannot_be_approved_in_the_plan_that_still_has_it(staff: Systems, taken: Plan) -> None:
    ask(staff, taken)
    held = staff.plan()
    withdraw(staff)
    with pytest.raises(PlanRefused, match="holds nothing"):
        staff.ledger.write(approvals.approve, held.plan_id, by="Ada", reason="yes")
    staff.apply(held)
    assert staff.login("ada")["roleIds"] == ["r-Employee"]


def test_what_is_asked_for_again_can_be_approved(staff: Systems, taken: Plan) -> None:
    ask(staff, taken)
    withdraw(staff)
    ask(staff, taken)
    staff.ledger.write(approvals.approve, staff.plan().plan_id, by="Łucja", reason="yes")
    staff.sync()
    assert sorted(staff.login("ada")["roleIds"]) == ["r-Employee", "r-Manager"]


def test_what_is_approved_or_done_or_was_never_asked_for_is_not_withdrawn(
    staff: Systems, taken: Plan, rows: Rows
) -> None:
    ask(staff, taken)
    (action,) = staff.ledger.read(undo_requests.asked)["action_id"]
    staff.ledger.write(approvals.approve, staff.plan().plan_id, by="Łucja", reason="yes")
    assert staff.ledger.read(undo_requests.asked)["approved"].tolist() == [True]
    with pytest.raises(PlanRefused, match="approved already"):
        staff.ledger.write(undo_requests.withdraw, [action], **TAKEN_BACK)
    staff.sync()
    for ids in ([action], ["another"], []):
        with pytest.raises(PlanRefused, match="no such request any more"):
            staff.ledger.write(undo_requests.withdraw, ids, **TAKEN_BACK)
    assert rows(ENDINGS) == [("applied", None)]


def test_a_request_is_found_by_the_plan_or_the_action_that_it_undoes_and_by_its_own_action(
    staff: Systems, taken: Plan
) -> None:
    ask(staff, taken)
    own = staff.plan().actions["action_id"].iloc[0]
    for named in (taken.plan_id[:12], taken.actions["action_id"].iloc[0][:12], own[:12]):
        assert staff.ledger.read(undo_requests.asked, named)["subject"].tolist() == ["ada@contoso.com"]
    assert staff.ledger.read(undo_requests.asked, "000000").empty
    with pytest.raises(PlanRefused, match="names no plan"):
        staff.ledger.read(undo_requests.asked, "000")


def test_what_is_older_than_30_days_is_not_undone(staff: Systems, taken: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    later = clock.now() + timedelta(days=31)
    monkeypatch.setattr(clock, "now", lambda: later)
    with pytest.raises(PlanRefused, match="applied more than 30 days ago"):
        staff.ledger.read(undo_requests.applied, taken.plan_id)


def test_a_plan_that_did_nothing_has_nothing_to_undo(staff: Systems, taken: Plan) -> None:
    for named, said in (("000000", "nothing of plan 000000 was applied"), (taken.plan_id[:3], "names no plan")):
        with pytest.raises(PlanRefused, match=said):
            staff.ledger.read(undo_requests.applied, named)


def test_one_action_is_named_by_its_id(staff: Systems, taken: Plan) -> None:
    found = staff.ledger.read(undo_requests.applied, taken.actions["action_id"].iloc[0][:10])
    assert found["action_id"].tolist() == taken.actions["action_id"].tolist()


@pytest.mark.usefixtures("taken")
def test_what_was_applied_since_a_time_is_told_in_its_order(ledger: Ledger) -> None:
    before = clock.now() - timedelta(minutes=1)
    assert ledger.read(undo_requests.changed_since, before, ["emply-ada"]) == [
        ("emply-ada", {"roleIds": ["r-Employee"]})
    ]
    assert ledger.read(undo_requests.changed_since, clock.now() + timedelta(minutes=1), ["emply-ada"]) == []
    assert timedelta(days=30) == undo_requests.WITHIN


def test_through_the_real_clients_a_deactivation_is_undone(sandbox: Sandbox, server: Server, database: str) -> None:
    """Over HTTP; the field that L6 and A1 would set again stays."""
    scenario = make_scenario({"ada": ["g-staff"], "søren": ["g-staff"]})
    sandbox.put_state(scenario)
    installation = Installation(server.url(database), sandbox)
    installation.sync()
    scenario["entra"]["groups"][0]["members"].remove("ada")
    sandbox.put_state(scenario)
    plan = installation.plan()
    installation.apply(plan.plan_id)
    assert _active(sandbox) == {"emply-ada": False, "emply-søren": True}
    groups = [group for group in installation.settings.groups if group.group != "Çalışanlar"]
    installation.settings = installation.settings.model_copy(update={"groups": groups})
    asked = undoable(installation.inputs(), installation.ledger.read(undo_requests.applied, plan.plan_id), set())
    installation.ledger.write(undo_requests.ask, asked.possible, **BY)
    held = installation.plan()
    installation.ledger.write(approvals.approve, held.plan_id, Which(person="ada"), by="Łucja", reason="yes")
    installation.sync()
    assert _active(sandbox)["emply-ada"] is True
    assert installation.plan().actions.empty
    installation.ledger.close()


def _active(sandbox: Sandbox) -> dict[str, bool]:
    return {user["id"]: user["active"] for user in sandbox.state()["emply"]["users"]}
