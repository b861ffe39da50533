"""Applying: what each kind of action on users does to Emply and to the ledger."""

import pytest

from entra_emply.ledger import approvals
from tests.integration.conftest import Rows
from tests.integration.ledger.staff import hire, is_active, leave
from tests.integration.ledger.systems import Systems, kinds


@pytest.fixture
def systems(staff: Systems) -> Systems:
    return staff


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
    hire(systems, "zofia")
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
    leave(systems, how)
    assert systems.sync().count("applied") == 1
    assert is_active(systems, "ada") is False
    assert rows("SELECT emply_user_id, approved FROM deactivations") == [("emply-ada", False)]
    assert kinds(systems.plan()) == {}


def test_who_comes_back_is_activated_and_no_longer_deactivated_by_the_pipeline(systems: Systems, rows: Rows) -> None:
    systems.person("ada")["accountEnabled"] = False
    systems.sync()
    systems.person("ada")["accountEnabled"] = True
    assert systems.sync().results.keys() == {"emply.activate_user"}
    assert is_active(systems, "ada") is True
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
    systems.ledger.write(approvals.approve, plan.plan_id, by="Kaya", reason="the account was created again")
    systems.sync()
    assert rows("SELECT entra_id FROM links WHERE emply_user_id = 'emply-ada'") == [("ada-made-again",)]
    assert rows("SELECT count(*) FROM links") == [(4,)]
    assert rows("SELECT ending FROM approvals") == [("applied",)]


def test_switched_off_it_does_nothing_and_forgets_nothing(systems: Systems, rows: Rows) -> None:
    leave(systems, "deleted")
    systems.settings["enabled"] = False
    assert systems.sync().results == {}
    assert rows("SELECT count(*) FROM links") == [(4,)]
    assert rows("SELECT count(*) FROM role_states") == [(5,)]
