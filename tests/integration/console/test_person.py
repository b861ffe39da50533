"""Person: found by three letters, explained in short, with a timeline; and everybody looked up leaves a line."""

import re

import pytest

from entra_emply.ledger import approvals, plans
from entra_emply.ledger.which import Which
from tests.integration.conftest import Rows
from tests.integration.console.house import Browser, House, text_of


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("luk", ["łukasz@contoso.com", "zofia@contoso.com"]),
        ("ŁUK", ["łukasz@contoso.com", "zofia@contoso.com"]),
        ("zolc", ["zofia@contoso.com"]),
        ("zolc lu", ["zofia@contoso.com"]),
        ("søren@con", ["søren@contoso.com"]),
    ],
)
def test_letters_of_a_name_or_an_address_find_people_also_without_accents(
    ada: Browser, typed: str, found: list[str]
) -> None:
    """(łukasz@ is the address of Søren Ågård here, and zofia@ that of Łukasz Żółć.)"""
    ada.get("/people")
    said = text_of(ada.post("/people", who=typed))
    assert re.findall(r"\S+@\S+", said) == found
    assert f"{len(found)} {'person' if len(found) == 1 else 'people'} found." in said


@pytest.mark.parametrize("typed", ["xyzzy", "emply-"])
def test_nobody_of_that_name_is_said(ada: Browser, typed: str) -> None:
    ada.get("/people")
    assert "Nobody in Entra or Emply has that name or address" in text_of(ada.post("/people", who=typed))


def test_htmx_gets_only_the_list(ada: Browser) -> None:
    ada.get("/people")
    answer = ada.client.post("/people", data=ada.hidden | {"who": "ray"}, headers={"HX-Request": "true"})
    assert "<html" not in answer.text
    assert "ray@contoso.com" in answer.text


def test_a_person_is_told_what_is_what_is_planned_and_why(ada: Browser) -> None:
    said = text_of(ada.get("/people/søren"))
    for part in (
        "Current state",
        "The Entra user søren@contoso.com is a disabled member",
        "held − Deactivate".replace("− ", ""),
        "Active: yes → no",
        "Held by G1: more people would lose access within 24 hours than max_deactivations allows",
        "Look at it and approve it",
        "What needs attention",
        "Timeline",
    ):
        assert part in said
    assert "entra-emply approve" not in said


def test_the_timeline_has_who_approved_and_why(house: House) -> None:
    plan = house.ledger.read(plans.newest_plan)
    assert plan is not None
    house.ledger.write(
        approvals.approve, plan.plan_id, Which(person="søren@contoso.com"), by="Ada Öz", reason="left on Friday"
    )
    house.run()
    said = text_of(house.signed_in().get("/people/søren"))
    timeline = said[said.index("Timeline") :]
    order = [
        timeline.index(part) for part in ("applied Deactivate", "approved Deactivate", "by Ada Öz", "left on Friday")
    ]
    assert order == sorted(order)
    assert "matched by" in timeline.lower()


def test_why_not_is_answered(ada: Browser) -> None:
    ada.get("/people/ray")
    said = text_of(ada.post("/people/ray/why-not", wish="role", role="HR", calendar=""))
    assert "The user would get the role HR if the user is in HR, which gives HR." in said
    assert "configured groups that give HR (HR) → the user is in HR, which gives HR" in said


def test_a_wish_without_a_name_is_asked_for(ada: Browser) -> None:
    ada.get("/people/ray")
    assert "for a calendar type its name" in text_of(ada.post("/people/ray/why-not", wish="calendar", calendar=" "))


def test_who_is_in_neither_system_any_more_is_known_by_the_ledger(house: House) -> None:
    house.systems.delete("zofia")
    house.systems.scenario["emply"]["users"] = [
        user for user in house.systems.scenario["emply"]["users"] if user["id"] != "emply-zofia"
    ]
    house.run()
    browser = house.signed_in()
    browser.get("/people")
    browser.post("/people", who="zofia@contoso.com")
    assert "The ledger knows what was done about them in the past" in browser.page
    assert "What the ledger knows" in text_of(browser.get("/people/zofia"))


def test_everybody_looked_up_leaves_a_line_without_content(ada: Browser, rows: Rows) -> None:
    ada.get("/people/søren")
    assert rows("SELECT by, did, about FROM console_audit") == [("ada", "looked_up", "søren")]


def test_searching_too_often_has_to_wait(ada: Browser) -> None:
    ada.get("/people")
    form = ada.hidden | {"who": "ray"}
    statuses = [ada.client.post("/people", data=form).status_code for _ in range(130)]
    assert statuses[:120] == [200] * 120
    assert set(statuses[120:]) == {429}
