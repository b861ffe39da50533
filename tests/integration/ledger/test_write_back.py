"""Applying W: Entra users made once, changed, and deleted only for an employee who is archived."""

from collections.abc import Callable

import pytest

from entra_emply import clock
from entra_emply.provisioning.apply import settle
from tests.integration.ledger.company import Company
from tests.integration.ledger.conftest import Rows
from tests.integration.ledger.fakes import Fault, Row, lost_after, lost_before, refused
from tests.integration.ledger.office import OUTCOMES
from tests.integration.ledger.planned import action, plan, results

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


def test_a_created_entra_user_is_a_grant_to_one_more_person(office: Company, rows: Rows) -> None:
    assert results(office, creating(), creating("çağla")) == [("create_user", "applied")] * 2
    made = office.scenario["entra"]["users"][-2]
    assert (made["userPrincipalName"], made["accountEnabled"], "jobTitle" in made) == ("zofia@contoso.com", True, False)
    assert rows("SELECT count(DISTINCT entra_id), bool_or(approved) FROM grants") == [(2, False)]
    assert made["id"] in office.state().grants["entra_id"].tolist()


def test_an_approved_creation_is_an_approved_grant(office: Company, rows: Rows) -> None:
    held = plan(office, creating() | {"held_by": "G7", "own_guards": "G7"})
    office.ledger.approve(held.plan_id, by="Kaya", reason="hired")
    results(office, creating())
    assert rows("SELECT approved FROM grants") == [(True,)]
    assert rows("SELECT ending FROM approvals") == [("applied",)]


@pytest.mark.parametrize("fault", [lost_after, lost_before])
def test_after_a_lost_answer_the_user_is_looked_for_before_it_is_made_again(
    office: Company, rows: Rows, fault: Fault
) -> None:
    office.graph.faults = [fault]
    assert results(office, creating()) == [("create_user", "applied")]
    assert [kind for kind, _ in office.graph.written] == ["create user"]
    assert "user" in office.graph.reads
    assert rows("SELECT count(*) FROM grants") == [(1,)]


def test_a_user_that_came_through_late_is_not_made_twice(office: Company) -> None:
    late: list[Callable[[], object]] = []
    office.graph.faults = [lambda make: (late.append(make), lost_before(make)), lambda make: (late[0](), make())]
    assert results(office, creating()) == [("create_user", "applied")]
    assert len(office.graph.written) == 1


def test_a_name_that_somebody_else_took_meanwhile_is_a_failure(office: Company, rows: Rows) -> None:
    taken = {"id": "another", "userPrincipalName": "zofia@contoso.com", "displayName": "Zofia Another"}
    office.scenario["entra"]["users"].append(taken)
    office.graph.faults = [lost_before]
    assert results(office, creating()) == [("create_user", "failed")]
    assert rows("SELECT code FROM failures") == [("ObjectConflict",)]
    assert rows("SELECT count(*) FROM grants") == [(0,)]


def test_a_conflict_without_a_lost_answer_is_a_failure_even_where_the_user_looks_the_same(office: Company) -> None:
    results(office, creating())
    assert results(office, creating()) == [("create_user", "failed")]


@pytest.mark.parametrize(("when", "result"), [("changed", "applied"), ("changing", "interrupted")])
@pytest.mark.parametrize("kind", ["create_user", "update_user", "delete_user"])
def test_after_a_death_it_is_found_out_whether_it_was_done(
    office: Company, rows: Rows, kind: str, when: str, result: str
) -> None:
    office.login("søren")["active"] = False
    made = plan(office, {"create_user": creating, "update_user": updating, "delete_user": deleting}[kind]())

    def die() -> None:
        raise KeyboardInterrupt

    setattr(office.graph, when, die)
    with pytest.raises(KeyboardInterrupt):
        office.apply(made)
    assert settle(office.ledger, graph=office.graph, emply=office.emply)
    assert rows(OUTCOMES)[-1] == (kind, result, None)
    remembered = (rows("SELECT count(*) FROM grants"), rows(DELETED))
    done = result == "applied"
    assert remembered == (
        [(int(done and kind == "create_user"),)],
        [("søren", "søren-file")] if done and kind == "delete_user" else [],
    )


# Changing


def test_what_the_employee_says_is_written_to_entra(office: Company) -> None:
    assert results(office, updating()) == [("update_user", "applied")]
    assert office.person("ada")["jobTitle"] == "Mühendis"
    assert office.graph.written == [("update user", "ada")]


@pytest.mark.parametrize("fault", [lost_after, lost_before])
def test_a_change_whose_answer_was_lost_is_made_once(office: Company, fault: Fault) -> None:
    office.graph.faults = [fault]
    assert results(office, updating()) == [("update_user", "applied")]
    assert len(office.graph.written) == 1


def test_a_user_that_became_hybrid_meanwhile_is_refused_by_graph(office: Company) -> None:
    office.person("ada")["onPremisesSyncEnabled"] = True
    assert results(office, updating()) == [("update_user", "failed")]


# Deleting


def test_an_archived_employee_loses_the_login_first_and_then_the_entra_user(office: Company, rows: Rows) -> None:
    assert results(office, deleting(), deactivating()) == [("deactivate_user", "applied"), ("delete_user", "applied")]
    assert office.scenario["writes"] == [("active", "emply-søren"), ("delete user", "søren")]
    assert rows("SELECT emply_user_id, approved FROM deactivations") == [("emply-søren", False)]
    assert rows(DELETED) == [("søren", "søren-file")]
    assert office.state().deleted_users.to_dict("records") == [{"entra_id": "søren", "employee_id": "søren-file"}]


def test_who_cannot_log_in_already_is_deleted_alone(office: Company) -> None:
    office.login("søren")["active"] = False
    assert results(office, deleting()) == [("delete_user", "applied")]


def _active(office: Company) -> None:
    office.scenario["emply"]["employees"][0]["status"] = "active"


def _no_file(office: Company) -> None:
    office.scenario["emply"]["employees"].clear()


def _not_linked(office: Company) -> None:
    with office.ledger._database.writing() as connection:
        connection.exec_driver_sql("UPDATE entra_emply.links SET entra_id = 'another' WHERE entra_id = 'søren'")


def _renamed(office: Company) -> None:
    office.person("søren")["userPrincipalName"] = "søren.ågård@contoso.com"


def _hybrid(office: Company) -> None:
    office.person("søren")["onPremisesSyncEnabled"] = True


def _gone(office: Company) -> None:
    office.delete("søren")


@pytest.mark.parametrize("change", [_active, _no_file, _not_linked])
def test_without_its_cause_neither_half_is_done(office: Company, rows: Rows, change: Callable[[Company], None]) -> None:
    made = plan(office, deleting(), deactivating())
    change(office)
    assert office.apply(made).count("superseded") == 2
    assert (office.scenario["writes"], rows(DELETED)) == ([], [])


@pytest.mark.parametrize("change", [_renamed, _hybrid, _gone])
def test_an_entra_user_that_is_not_as_planned_is_not_deleted(
    office: Company, rows: Rows, change: Callable[[Company], None]
) -> None:
    office.login("søren")["active"] = False
    change(office)
    assert results(office, deleting()) == [("delete_user", "superseded")]
    assert rows(DELETED) == []


def test_while_the_login_could_not_be_taken_away_the_entra_user_stays(office: Company) -> None:
    office.emply.faults = [refused]
    assert results(office, deleting(), deactivating()) == [("deactivate_user", "failed"), ("delete_user", "superseded")]
    assert results(office, deleting(), deactivating()) == [("deactivate_user", "applied"), ("delete_user", "applied")]


def test_a_deactivation_by_w3_does_not_ask_whether_the_entra_user_is_gone(office: Company) -> None:
    assert results(office, deactivating()) == [("deactivate_user", "applied")]
    assert "deleted_user" not in office.graph.reads


@pytest.mark.parametrize("fault", [lost_after, lost_before])
def test_a_deletion_whose_answer_was_lost_is_made_once(office: Company, rows: Rows, fault: Fault) -> None:
    office.login("søren")["active"] = False
    office.graph.faults = [fault]
    assert results(office, deleting()) == [("delete_user", "applied")]
    assert [kind for kind, _ in office.graph.written] == ["delete user"]
    assert rows(DELETED) == [("søren", "søren-file")]


# Approving the two


@pytest.mark.parametrize("kind", ["entra.delete_user", "deactivate_user"])
def test_who_approves_one_half_approves_both(office: Company, rows: Rows, kind: str) -> None:
    other = action("emply.deactivate_user", "L6", "ada", {"active": True}, {"active": False}, **HELD)
    held = plan(office, deleting(**HELD), deactivating(**HELD), other)
    released = office.ledger.approve(held.plan_id, kind=kind, by="Kaya", reason="left")
    halves = held.actions.loc[held.actions["entra_id"] == "søren", "action_id"].tolist()
    assert set(halves) <= set(released)
    assert (len(released) == 2) == (kind == "entra.delete_user")
    assert set(office.ledger.read_state(clock.now()).approvals["action_id"]) == set(released)
    results(office, deleting(), deactivating())
    assert rows("SELECT emply_user_id, approved FROM deactivations") == [("emply-søren", True)]


def test_another_action_of_the_person_is_not_approved_with_the_two(office: Company) -> None:
    rename = action("emply.update_user", "A1", "søren", {"lastName": "Ågård"}, {"lastName": "Å"}, **HELD)
    held = plan(office, deleting(**HELD), deactivating(**HELD), rename)
    released = office.ledger.approve(held.plan_id, kind="delete_user", by="Kaya", reason="left")
    assert len(released) == 2


def test_a_failed_deletion_waits_longer_each_time(office: Company) -> None:
    office.login("søren")["active"] = False
    reports = []
    for _ in range(3):
        office.graph.faults = [refused]
        report = office.apply(plan(office, deleting()))
        reports.append((report.count("failed"), report.waiting))
    assert reports == [(1, 0), (1, 0), (0, 1)]
