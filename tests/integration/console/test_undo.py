"""Undo in the console: seen before it is asked for, asked for as it was seen, and only by an approver."""

from collections.abc import Callable

import pytest
from sqlalchemy import make_url

from entra_emply.reconciliation.plan import Plan
from tests.integration.console.house import House, text_of
from tests.postgres import Server

Rows = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture
def rows(server: Server, empty: House) -> Rows:
    """A look into the ledger's tables."""
    database = str(make_url(empty.url).database)
    return lambda query: server.execute(f"SET search_path = entra_emply; {query}", database)


@pytest.fixture
def taken(empty: House) -> Plan:
    """Somebody took Ray's role Employee away, so that R5 took Manager, too; and Zofia's account was disabled."""
    empty.run()
    empty.systems.login("ray")["roleIds"] = ["r-Manager"]
    empty.systems.person("zofia")["accountEnabled"] = False
    return empty.run()


def test_what_can_be_undone_and_what_not_is_shown_and_then_asked_for(empty: House, taken: Plan, rows: Rows) -> None:
    ada = empty.signed_in()
    assert "Undo 2 applied actions" in text_of(ada.get("/plan"))
    said = text_of(ada.post("/plan/undo/confirm"))
    assert "Undo 1 action for 1 person?" in said
    assert "Roles: Employee → Employee, Manager" in said
    assert "L6 would do the same again: first enable the account in Entra" in said
    assert "1 undo asked for" in text_of(ada.post("/plan/undo", reason="was right before"))
    assert rows("SELECT by, reason, undone_plan_id FROM undo_requests") == [("ada", "was right before", taken.plan_id)]
    assert rows("SELECT did, about FROM console_audit") == [("undid", taken.plan_id)]
    held = empty.run()
    assert held.actions["rule"].tolist() == ["U1"]
    said = text_of(ada.get("/plan"))
    assert "undoes plan" in said
    assert "asked for by ada: was right before" in said
    assert "G8: undoes what was applied before" in said
    assert "undo asked for" in text_of(ada.get("/people/ray"))


@pytest.mark.usefixtures("taken")
def test_a_filter_chooses_what_is_undone(empty: House) -> None:
    ada = empty.signed_in()
    ada.get("/plan?rule=L6")
    assert "Nothing can be undone" in text_of(ada.post("/plan/undo/confirm", rule="L6"))


@pytest.mark.usefixtures("taken")
def test_a_reader_cannot_ask_for_an_undo(empty: House, rows: Rows) -> None:
    reader = empty.signed_in(approver=False)
    assert "Undo" not in text_of(reader.get("/plan"))
    for path in ("/plan/undo/confirm", "/plan/undo"):
        answer = reader.post(path, reason="r")
        assert answer.status_code == 403
        assert "For approvers only" in text_of(answer)
    assert rows("SELECT count(*) FROM undo_requests") == [(0,)]


@pytest.mark.usefixtures("taken")
def test_what_changed_since_it_was_shown_is_not_asked_for(empty: House, rows: Rows) -> None:
    ada = empty.signed_in()
    ada.get("/plan")
    ada.post("/plan/undo/confirm")
    empty.systems.login("ray")["roleIds"] = ["r-Employee", "r-HR"]
    empty.run()
    assert "what can be undone changed meanwhile" in text_of(ada.post("/plan/undo", reason="r"))
    assert rows("SELECT count(*) FROM undo_requests") == [(0,)]
