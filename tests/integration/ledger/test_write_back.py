"""Applying W: Entra users made once, changed, and deleted only for an employee who is archived."""

from collections.abc import Callable

import pytest

from entra_emply import clock
from entra_emply.ledger import approvals, sync_state
from entra_emply.ledger.which import Which
from entra_emply.provisioning.apply import settle
from tests.integration.conftest import Rows
from tests.integration.ledger.fakes.faults import Fault, comes_late, lost_after, lost_before, refused
from tests.integration.ledger.fakes.system import Row
from tests.integration.ledger.mailbox_systems import OUTCOMES
from tests.integration.ledger.planned import action, plan, results
from tests.integration.ledger.systems import Systems

HELD = {"held_by": "G1", "own_guards": "G1"}
DELETED = "SELECT entra_id, employee_id FROM deleted_users"


def creating(name: str = "zofia") -> Row:
    after = {
        "accountEnabled": True,
        "displayName": "Zofia Żółć",
        "givenName": "Zofia",
        "surname": "Żółć",
        "jobTitle": None,
        "mobilePhone": None,
        "mailNickname": name,
        "userPrincipalName": f"{name}@contoso.com",
    }
    return action("entra.create_user", "W1", None, None, after, emply_user_id=f"emply-{name}", subject=f"{name}@x")


def updating() -> Row:
    return action("entra.update_user", "W2", "ada", {"jobTitle": None}, {"jobTitle": "Mühendis"})


def deactivating(**more: str) -> Row:
    more = {"reason": "deleted_in_entra", "employee_id": "søren-file", **more}
    return action("emply.deactivate_user", "W3", "søren", {"active": True}, {"active": False}, **more)


def deleting(**more: str) -> Row:
    before = {"userPrincipalName": "søren@contoso.com"}
    return action("entra.delete_user", "W3", "søren", before, None, employee_id="søren-file", **more)


# Creating


def test_a_created_entra_user_is_a_grant_to_one_more_person(systems: Systems, rows: Rows) -> None:
    assert results(systems, creating(), creating("çağla")) == [("create_user", "applied")] * 2
    made = systems.scenario["entra"]["users"][-2]
    assert (made["userPrincipalName"], made["accountEnabled"], "jobTitle" in made) == ("zofia@contoso.com", True, False)
    assert rows("SELECT count(DISTINCT entra_id), bool_or(approved) FROM grants") == [(2, False)]
    assert made["id"] in systems.state().grants["entra_id"].tolist()


def test_an_approved_creation_is_an_approved_grant(systems: Systems, rows: Rows) -> None:
    held = plan(systems, creating() | {"held_by": "G7", "own_guards": "G7"})
    systems.ledger.write(approvals.approve, held.plan_id, by="Kaya", reason="hired")
    results(systems, creating())
    assert rows("SELECT approved FROM grants") == [(True,)]
    assert rows("SELECT ending FROM approvals") == [("applied",)]


@pytest.mark.parametrize("fault", [lost_after, lost_before])
def test_after_a_lost_answer_the_user_is_looked_for_before_it_is_made_again(
    systems: Systems, rows: Rows, fault: Fault
) -> None:
    systems.graph.faults = [fault]
    assert results(systems, creating()) == [("create_user", "applied")]
    assert [kind for kind, _ in systems.graph.written] == ["create user"]
    assert "user" in systems.graph.reads
    assert rows("SELECT count(*) FROM grants") == [(1,)]


def test_a_user_that_came_through_late_is_not_made_twice(systems: Systems) -> None:
    systems.graph.faults = comes_late()
    assert results(systems, creating()) == [("create_user", "applied")]
    assert len(systems.graph.written) == 1


def test_a_name_that_somebody_else_took_meanwhile_is_a_failure(systems: Systems, rows: Rows) -> None:
    taken = {"id": "another", "userPrincipalName": "zofia@contoso.com", "displayName": "Zofia Another"}
    systems.scenario["entra"]["users"].append(taken)
    systems.graph.faults = [lost_before]
    assert results(systems, creating()) == [("create_user", "failed")]
    assert rows("SELECT code FROM failures") == [("ObjectConflict",)]
    assert rows("SELECT count(*) FROM grants") == [(0,)]


def test_a_conflict_without_a_lost_answer_is_a_failure_even_where_the_user_looks_the_same(systems: Systems) -> None:
    results(systems, creating())
    assert results(systems, creating()) == [("create_user", "failed")]


@pytest.mark.parametrize(("when", "result"), [("changed", "applied"), ("changing", "interrupted")])
@pytest.mark.parametrize("kind", ["create_user", "update_user", "delete_user"])
def test_after_a_death_it_is_found_out_whether_it_was_done(
    systems: Systems, rows: Rows, kind: str, when: str, result: str
) -> None:
    systems.login("søren")["active"] = False
    made = plan(systems, {"create_user": creating, "update_user": updating, "delete_user": deleting}[kind]())

    def die() -> None:
        raise KeyboardInterrupt

    setattr(systems.graph, when, die)
    with pytest.raises(KeyboardInterrupt):
        systems.apply(made)
    assert settle(systems.ledger, graph=systems.graph, emply=systems.emply)
    assert rows(OUTCOMES)[-1] == (kind, result, None)
    remembered = (rows("SELECT count(*) FROM grants"), rows(DELETED))
    done = result == "applied"
    assert remembered == (
        [(int(done and kind == "create_user"),)],
        [("søren", "søren-file")] if done and kind == "delete_user" else [],
    )


# Changing


def test_what_the_employee_says_is_written_to_entra(systems: Systems) -> None:
    assert results(systems, updating()) == [("update_user", "applied")]
    assert systems.person("ada")["jobTitle"] == "Mühendis"
    assert systems.graph.written == [("update user", "ada")]


@pytest.mark.parametrize("fault", [lost_after, lost_before])
def test_a_change_whose_answer_was_lost_is_made_once(systems: Systems, fault: Fault) -> None:
    systems.graph.faults = [fault]
    assert results(systems, updating()) == [("update_user", "applied")]
    assert len(systems.graph.written) == 1


def test_a_user_that_became_hybrid_meanwhile_is_refused_by_graph(systems: Systems) -> None:
    systems.person("ada")["onPremisesSyncEnabled"] = True
    assert results(systems, updating()) == [("update_user", "failed")]


# Deleting


def test_an_archived_employee_loses_the_login_first_and_then_the_entra_user(systems: Systems, rows: Rows) -> None:
    assert results(systems, deleting(), deactivating()) == [("deactivate_user", "applied"), ("delete_user", "applied")]
    assert systems.scenario["writes"] == [("active", "emply-søren"), ("delete user", "søren")]
    assert rows("SELECT emply_user_id, approved FROM deactivations") == [("emply-søren", False)]
    assert rows(DELETED) == [("søren", "søren-file")]
    assert systems.state().deleted_users.to_dict("records") == [{"entra_id": "søren", "employee_id": "søren-file"}]


def test_who_cannot_log_in_already_is_deleted_alone(systems: Systems) -> None:
    systems.login("søren")["active"] = False
    assert results(systems, deleting()) == [("delete_user", "applied")]


def _active(systems: Systems) -> None:
    systems.scenario["emply"]["employees"][0]["status"] = "active"


def _no_file(systems: Systems) -> None:
    systems.scenario["emply"]["employees"].clear()


def _not_linked(systems: Systems) -> None:
    with systems.ledger._database.writing() as connection:
        connection.exec_driver_sql("UPDATE entra_emply.links SET entra_id = 'another' WHERE entra_id = 'søren'")


def _renamed(systems: Systems) -> None:
    systems.person("søren")["userPrincipalName"] = "søren.ågård@contoso.com"


def _hybrid(systems: Systems) -> None:
    systems.person("søren")["onPremisesSyncEnabled"] = True


def _gone(systems: Systems) -> None:
    systems.delete("søren")


@pytest.mark.parametrize("change", [_active, _no_file, _not_linked])
def test_without_its_cause_neither_is_done(systems: Systems, rows: Rows, change: Callable[[Systems], None]) -> None:
    made = plan(systems, deleting(), deactivating())
    change(systems)
    assert systems.apply(made).count("superseded") == 2
    assert (systems.scenario["writes"], rows(DELETED)) == ([], [])


@pytest.mark.parametrize("change", [_renamed, _hybrid, _gone])
def test_an_entra_user_that_is_not_as_planned_is_not_deleted(
    systems: Systems, rows: Rows, change: Callable[[Systems], None]
) -> None:
    systems.login("søren")["active"] = False
    change(systems)
    assert results(systems, deleting()) == [("delete_user", "superseded")]
    assert rows(DELETED) == []


def test_while_the_login_could_not_be_taken_away_the_entra_user_stays(systems: Systems) -> None:
    systems.emply.faults = [refused]
    assert results(systems, deleting(), deactivating()) == [
        ("deactivate_user", "failed"),
        ("delete_user", "superseded"),
    ]
    assert results(systems, deleting(), deactivating()) == [("deactivate_user", "applied"), ("delete_user", "applied")]


def test_a_deactivation_by_w3_does_not_ask_whether_the_entra_user_is_gone(systems: Systems) -> None:
    assert results(systems, deactivating()) == [("deactivate_user", "applied")]
    assert "deleted_user" not in systems.graph.reads


@pytest.mark.parametrize("fault", [lost_after, lost_before])
def test_a_deletion_whose_answer_was_lost_is_made_once(systems: Systems, rows: Rows, fault: Fault) -> None:
    systems.login("søren")["active"] = False
    systems.graph.faults = [fault]
    assert results(systems, deleting()) == [("delete_user", "applied")]
    assert [kind for kind, _ in systems.graph.written] == ["delete user"]
    assert rows(DELETED) == [("søren", "søren-file")]


# Approving the two


@pytest.mark.parametrize("kind", ["entra.delete_user", "deactivate_user"])
def test_who_approves_one_half_approves_both(systems: Systems, rows: Rows, kind: str) -> None:
    other = action("emply.deactivate_user", "L6", "ada", {"active": True}, {"active": False}, **HELD)
    held = plan(systems, deleting(**HELD), deactivating(**HELD), other)
    freed = systems.ledger.write(approvals.approve, held.plan_id, Which(kind=kind), by="Kaya", reason="left")
    halves = held.actions.loc[held.actions["entra_id"] == "søren", "action_id"].tolist()
    assert set(halves) <= set(freed)
    assert (len(freed) == 2) == (kind == "entra.delete_user")
    assert set(systems.ledger.read(sync_state.read_state, clock.now()).approvals["action_id"]) == set(freed)
    results(systems, deleting(), deactivating())
    assert rows("SELECT emply_user_id, approved FROM deactivations") == [("emply-søren", True)]


def test_another_action_of_the_person_is_not_approved_with_the_two(systems: Systems) -> None:
    rename = action("emply.update_user", "A1", "søren", {"lastName": "Ågård"}, {"lastName": "Å"}, **HELD)
    held = plan(systems, deleting(**HELD), deactivating(**HELD), rename)
    freed = systems.ledger.write(approvals.approve, held.plan_id, Which(kind="delete_user"), by="Kaya", reason="left")
    assert len(freed) == 2


def test_a_failed_deletion_waits_longer_each_time(systems: Systems) -> None:
    systems.login("søren")["active"] = False
    reports = []
    for _ in range(3):
        systems.graph.faults = [refused]
        report = systems.apply(plan(systems, deleting()))
        reports.append((report.count("failed"), report.waiting))
    assert reports == [(1, 0), (1, 0), (0, 1)]
