"""Whole runs while one object, or a whole source that only some rules need, cannot be read (P5, C7, G5b).

The leaver of the same run is locked out, nothing of what was not read is touched in either system, a finding says what
it was, and the next healthy run goes on.
"""

from collections.abc import Iterator
from itertools import product

import pytest
import yaml

from entra_emply import provisioning
from entra_emply.ledger.ledger import Ledger
from sandbox import Sandbox
from tests.campaigns import with_campaign
from tests.integration.ledger.runs_in_sandbox import Row, RunsInSandbox
from tests.mailbox_scenario import SETTINGS, in_outlook, mailbox_scenario, meeting, row

CODE = {"error": {"code": "ErrorOfItsOwn", "message": "Noget gik galt"}}
FAULTS: dict[str, tuple[Row, str]] = {
    "400": ({"status": 400, "body": CODE}, "400 ErrorOfItsOwn"),
    "401": ({"status": 401, "body": CODE}, "401 ErrorOfItsOwn"),
    "403": ({"status": 403, "body": CODE}, "403 ErrorOfItsOwn"),
    "404 with a code": ({"status": 404, "body": CODE}, "404 ErrorOfItsOwn"),
    "404 without one": ({"status": 404, "body": ""}, "404"),
    "429": ({"status": 429, "body": CODE, "headers": {"Retry-After": "1"}}, "429 ErrorOfItsOwn"),
    "500": ({"status": 500, "body": CODE}, "500 ErrorOfItsOwn"),
    "503": ({"status": 503, "body": CODE}, "503 ErrorOfItsOwn"),
    "not JSON": ({"odd": "not_json"}, "no_answer"),
    "cut off": ({"odd": "cut_off"}, "no_answer"),
}
OF_CAGLA = {"photo": "users/cagla/photo$", "calendars": "users/cagla/calendars$", "events": "cagla-own/calendarView"}
OF_EVERYBODY = {"photos": "/photo$", "calendars": "/v1.0/users/[^/]*/calendars$", "events": "/calendarView"}
SOURCES = {
    "entra_deleted_users": "deletedItems/microsoft.graph.user$",
    "entra_app": "servicePrincipals/emply",
    "emply_calendars": "/emply/.*/calendars$",
    "emply_events": "/emply/.*/events$",
}
FEW = {"max_unreadable": {"min_count": 0, "percent": 0}}
LASTING = ("401", "429", "500", "503", "not JSON", "cut off")
"""Answers that count against `max_unreadable`: they say nothing about one person (G5b)."""
PLACES = OF_CAGLA | {f"everybody's {name}": path for name, path in OF_EVERYBODY.items()} | SOURCES
CASES = [case for case in product(PLACES, FAULTS) if case[0] != "photo" or case[1][:3] != "404"]
SHARE = CASES[::11]
"""Each place and nearly each answer, once or twice."""


@pytest.fixture
def runs(ledger: Ledger, sandbox: Sandbox) -> Iterator[RunsInSandbox]:
    """In step. Since then Søren left, and Çağla has a new photo and a new meeting."""
    scenario = mailbox_scenario()
    scenario["entra"]["servicePrincipals"] = [{"id": "emply", "appRoleAssignmentRequired": False}]
    settings = yaml.safe_load(SETTINGS) | {
        "entra_write_back": {"create": True, "update": False, "delete": False},
        "sso": {"service_principal_id": "emply"},
    }
    made = RunsInSandbox(ledger, sandbox, scenario, settings)
    made.run()
    made.run()
    with made.edited() as state:
        row(state["entra"]["users"], "soren")["accountEnabled"] = False
        state["entra"]["photos"]["cagla"]["mediaEtag"] = '"foto-2"'
        in_outlook(state, "cagla")["events"].append(meeting("izin", "İzin", 7))
    yield made
    made.close()


def test_a_calendar_whose_adding_was_not_answered_is_added_once_though_reads_lag(
    runs: RunsInSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provisioning, "_PAUSES", (0.0, 1.0))
    with runs.edited() as state:
        state["entra"]["calendars"]["cagla"].append({"id": "koşu", "name": "Koşu", "canEdit": True, "events": []})
    calendars = "/emply/.*/calendars$"
    runs.sandbox.put_faults(
        {"method": "POST", "path": calendars, "times": 1, "fault": {"close": "after-commit"}},
        {"method": "GET", "path": calendars, "fault": {"stale_ms": 500}},
    )
    runs.run()
    assert [each["name"] for each in runs.sandbox.state()["emply"]["calendars"]].count("Koşu") == 1


def mailboxes(state: Row, of_cagla: bool) -> Row:
    """What both systems have of calendars and events, of Çağla alone or of everybody."""
    outlook, calendars, events = state["entra"]["calendars"], state["emply"]["calendars"], state["emply"]["events"]
    if of_cagla:
        outlook = outlook["cagla"]
        calendars = [each for each in calendars if each["userId"] == "login-cagla"]
        events = [each for each in events if each["calendarId"] in {calendar["id"] for calendar in calendars}]
    return {"outlook": outlook, "calendars": calendars, "events": events}


def photo(state: Row) -> str:
    return str(row(state["emply"]["users"], "login-cagla")["photoEtag"])


def expected_finding(place: str, fault: str) -> tuple[str, str]:
    """The code of the finding, and the source that it names ("" for a person's own)."""
    if place in SOURCES:
        return "source_unreadable", place
    kind, source = ("photo", "entra_photos") if place.endswith(("photo", "photos")) else ("mailbox", "entra_calendars")
    too_many = place not in OF_CAGLA and fault in LASTING
    return ("source_unreadable", source) if too_many else (f"{kind}_unreadable", "")


@pytest.mark.parametrize(("place", "fault"), with_campaign(CASES, SHARE))
def test_a_leaver_does_not_wait_and_nothing_unread_is_touched(runs: RunsInSandbox, place: str, fault: str) -> None:
    answer, code = FAULTS[fault]
    before = runs.sandbox.state()
    runs.sandbox.put_faults({"path": PLACES[place], "fault": answer})
    made = runs.planned(**({} if place in OF_CAGLA else {"guards": FEW}))
    runs.runs.apply(made.plan)
    during = runs.sandbox.state()

    assert row(during["emply"]["users"], "login-soren")["active"] is False
    of_photos, of_mailboxes = "photo" in place, place not in ("entra_deleted_users", "entra_app")
    if of_photos:
        assert photo(during) == photo(before)
    elif of_mailboxes:
        assert mailboxes(during, place in OF_CAGLA) == mailboxes(before, place in OF_CAGLA)
    told = made.plan.findings[made.plan.findings["code"].str.endswith("unreadable")]
    name, source = expected_finding(place, fault)
    if not (of_photos and fault.startswith("404")):  # then there is no photo, which is an answer (P5)
        assert name in set(told["code"])
        mine = told[told["code"] == name]
        assert {text.split()[0] for text in mine["object"]} == {code.split()[0]}
        assert not source or mine["subject"].tolist() == [source]

    runs.sandbox.put_faults()
    runs.run()
    after = runs.sandbox.state()
    assert photo(after) == '"foto-2"'
    assert "İzin" in {event["title"] for event in after["emply"]["events"]}
    assert runs.run() == []
