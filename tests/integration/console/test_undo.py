"""Undo in the console: seen before it is asked for, asked for as it was seen, and only by an approver."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import make_url

from entra_emply.ledger import approvals
from entra_emply.reconciliation.plan import Plan
from tests.integration.console.house import Browser, House, text_of
from tests.postgres import Server

Rows = Callable[[str], list[tuple[Any, ...]]]


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
    assert "1 undo requested" in text_of(ada.post("/plan/undo", reason="was right before"))
    assert rows("SELECT by, reason, undone_plan_id FROM undo_requests") == [("ada", "was right before", taken.plan_id)]
    assert rows("SELECT did, about FROM console_audit") == [("undid", taken.plan_id)]
    held = empty.run()
    assert held.actions["rule"].tolist() == ["U1"]
    said = text_of(ada.get("/plan"))
    assert "undoes plan" in said
    assert "asked for by ada: was right before" in said
    assert "G8: it undoes what was applied before" in said
    assert "undo asked for" in text_of(ada.get("/people/ray"))


@pytest.mark.usefixtures("taken")
def test_a_filter_chooses_what_is_undone(empty: House) -> None:
    ada = empty.signed_in()
    ada.get("/plan?rule=L6")
    assert "Nothing can be undone" in text_of(ada.post("/plan/undo/confirm", rule="L6"))


@pytest.mark.usefixtures("taken")
def test_a_reader_cannot_ask_for_an_undo(empty: House, rows: Rows) -> None:
    reader = empty.signed_in(approver=False)
    assert "applied actions …" not in text_of(reader.get("/plan"))
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


def asked_for(house: House) -> Browser:
    """The browser of an approver who asked to undo what can be."""
    ada = house.signed_in()
    ada.get("/plan")
    ada.post("/plan/undo/confirm")
    ada.post("/plan/undo", reason="was right before")
    return ada


def marked(browser: Browser) -> list[str]:
    """The requests that can be marked on the page."""
    return re.findall(r'type="checkbox" name="action" value="([^"]+)"', browser.page)


@pytest.mark.usefixtures("taken")
def test_what_was_asked_for_is_listed_and_withdrawn_by_who_is_signed_in(empty: House, rows: Rows) -> None:
    ada = asked_for(empty)
    assert "No undo is asked for" not in text_of(ada.get("/plan/undos"))
    assert "ada : was right before" in text_of(ada.get("/plan/undos"))
    assert "Roles: Employee → Employee, Manager" in text_of(ada.get("/plan/undos"))
    answer = ada.post("/plan/undo/withdraw", action=marked(ada), reason="HR took it on purpose")
    assert answer.headers["location"] == "/plan/undos"
    assert "No undo is asked for" in text_of(ada.get("/plan/undos"))
    ended = rows("SELECT ending, withdrawn_by, why FROM undo_requests")
    assert ended == [("withdrawn", "ada", "HR took it on purpose")]
    assert [did for (did,) in rows("SELECT did FROM console_audit ORDER BY audit_no")] == ["undid", "withdrew"]
    assert "undo withdrawn" in text_of(ada.get("/people/ray"))


@pytest.mark.usefixtures("taken")
def test_what_is_withdrawn_waits_for_nobody_in_the_plan_that_still_has_it(empty: House) -> None:
    ada = asked_for(empty)
    empty.run()
    assert "1 action for 1 person" in text_of(ada.get("/"))
    ada.get("/plan/undos")
    ada.post("/plan/undo/withdraw", action=marked(ada), reason="r")
    assert "Nothing waits for an approval" in text_of(ada.get("/"))
    assert "withdrawn" in text_of(ada.get("/plan"))
    assert "Approve" not in text_of(ada.get("/plan"))


@pytest.mark.usefixtures("taken")
def test_what_is_approved_cannot_be_withdrawn(empty: House, rows: Rows) -> None:
    ada = asked_for(empty)
    ada.get("/plan/undos")
    before = marked(ada)
    page = ada.page
    empty.ledger.write(approvals.approve, empty.run().plan_id, by="Łucja", reason="yes")
    ada.page = page
    assert "approved already" in text_of(ada.post("/plan/undo/withdraw", action=before, reason="r"))
    ada.get("/plan/undos")
    assert marked(ada) == []
    assert rows("SELECT ending FROM undo_requests") == [(None,)]


@pytest.mark.usefixtures("taken")
def test_nothing_marked_or_no_reason_withdraws_nothing(empty: House, rows: Rows) -> None:
    ada = asked_for(empty)
    ada.get("/plan/undos")
    ids = marked(ada)
    assert "Nothing is chosen" in text_of(ada.post("/plan/undo/withdraw", reason="r"))
    ada.get("/plan/undos")
    assert "Reason is blank" in text_of(ada.post("/plan/undo/withdraw", action=ids, reason=" "))
    assert rows("SELECT ending FROM undo_requests") == [(None,)]


@pytest.mark.usefixtures("taken")
def test_a_reader_sees_what_was_asked_for_and_withdraws_nothing(empty: House, rows: Rows) -> None:
    asked_for(empty)
    reader = empty.signed_in(approver=False)
    assert "Withdrawing needs the role Approver" in text_of(reader.get("/plan/undos"))
    assert reader.post("/plan/undo/withdraw", action=["x"], reason="r").status_code == 403
    assert rows("SELECT ending FROM undo_requests") == [(None,)]
