"""An Emply that has the events of all calendars in one list: what is read is the same, by fewer requests."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from entra_emply.connectors.emply.client import EmplyClient
from entra_emply.doctor import emply as doctor
from entra_emply.doctor import openapi
from entra_emply.environment import Environment
from entra_emply.errors import SourceUnreadable
from entra_emply.reconciliation.settings import Settings
from sandbox import Sandbox
from tests.emply_api import API2, V1, changed
from tests.fake_time import FakeTime
from tests.integration.sandbox.asking import Http
from tests.waiting import PATIENCE

ALL = {"method": "GET", "path": "events", "access": "calendars"}
CALENDARS = ["k1", "k2", "k3"]
EVENTS = {"k1": 700, "k2": 0, "k3": 1, "somebody else's": 2}


def _event(calendar: str, n: int) -> dict[str, Any]:
    return {
        "id": f"{calendar}-{n:03}", "calendarId": calendar, "externalId": f"AA{n}", "origin": "outlook",
        "title": "Møde", "start": "2026-11-24T10:00:00Z", "end": "2026-11-24T11:00:00Z",
    }  # fmt: skip


SCENARIO = {
    "emply": {
        "users": [{"id": "zoë", "username": "zoe", "active": True}],
        "calendars": [{"id": name, "userId": "zoë", "externalId": f"ext-{name}"} for name in EVENTS],
        "events": [_event(calendar, n) for calendar, count in EVENTS.items() for n in range(count)],
    }
}


@pytest.fixture(params=[("skip_take", "key", V1), ("whole", "bearer", API2)], ids=["v1", "api2"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sandbox]:
    """With `EMPLY_API` that names a description with `list_all_events`."""
    style, auth, text = request.param
    described = changed(tmp_path, text, operations={"list_all_events": ALL})
    with Sandbox(SCENARIO, emply_style=style, emply_auth=auth, emply_events="all") as sandbox:
        sandbox.environment["EMPLY_API"] = described
        sandbox.environment["ORDINARY"] = "v1" if text == V1 else "api2"
        yield sandbox


def _client(server: Sandbox, api: str) -> EmplyClient:
    return EmplyClient(Environment.load(server.environment | {"EMPLY_API": api}), FakeTime().timing())


@pytest.fixture
def client(server: Sandbox) -> Iterator[EmplyClient]:
    made = _client(server, server.environment["EMPLY_API"])
    yield made
    made.close()


def test_the_events_are_those_that_are_read_calendar_by_calendar(server: Sandbox, client: EmplyClient) -> None:
    each = _client(server, server.environment["ORDINARY"])
    one, other = client.events(CALENDARS), each.events(CALENDARS)
    each.close()
    assert one.frame.equals(other.frame)
    assert one.certificate.sha256 == other.certificate.sha256
    assert len(one.frame) == one.certificate.rows == 701


def test_one_list_is_asked_for_whatever_the_calendars_are(server: Sandbox, client: EmplyClient) -> None:
    client.events(CALENDARS)
    assert {entry["path"].rpartition("/")[2] for entry in server.requests()} == {"events"}
    assert not any("calendars" in entry["path"] for entry in server.requests())


def test_no_calendars_are_no_request(server: Sandbox, client: EmplyClient) -> None:
    assert len(client.events([]).frame) == 0
    assert server.requests() == []


def test_a_calendar_is_still_read_alone_before_it_is_taken_away(server: Sandbox, client: EmplyClient) -> None:
    assert len(client.calendar_events("k3")) == 1
    assert all("/calendars/k3/events" in entry["path"] for entry in server.requests())


def test_an_event_that_does_not_say_whose_it_is_makes_the_list_unreadable(server: Sandbox, client: EmplyClient) -> None:
    nobodys = [{**_event("k1", n), "calendarId": None} for n in range(2)]
    server.put_faults({"path": "/events$", "fault": {"status": 200, "body": nobodys}})
    with pytest.raises(SourceUnreadable, match=r"calendar_id is not a text in 2 rows \(ids k1-000, k1-001\)"):
        client.events(CALENDARS)


def test_the_doctor_tries_it(server: Sandbox) -> None:
    environment = Environment.load(server.environment)
    said = {check.name: (check.status, check.said) for check in doctor.checks(environment.emply, Settings())}
    assert said["emply: list_all_events"][0] == "ok"


def test_the_openapi_document_has_it_only_where_it_is_served(server: Sandbox, tmp_path: Path) -> None:
    with Http(server, server.url).session as session:
        document = session.get(f"{server.url}/emply/openapi.json", timeout=PATIENCE).content
        server.change_settings(emply_events="by_calendar")
        without = session.get(f"{server.url}/emply/openapi.json", timeout=PATIENCE).content
    (tmp_path / "with.json").write_bytes(document)
    (tmp_path / "without.json").write_bytes(without)
    named = server.environment["EMPLY_API"]
    assert [c for c in openapi.checks(named, tmp_path / "with.json") if c.status == "failed"] == []
    (wrong,) = [c for c in openapi.checks(named, tmp_path / "without.json") if c.status == "failed"]
    assert wrong.name == "openapi: list_all_events"


def test_a_document_whose_events_have_no_calendar_fits_where_there_is_no_list_of_all(
    server: Sandbox, tmp_path: Path
) -> None:
    with Http(server, server.url).session as session:
        document = session.get(f"{server.url}/emply/openapi.json", timeout=PATIENCE).json()
    del document["components"]["schemas"]["Event"]["properties"]["calendarId"]
    path = tmp_path / "document.json"
    path.write_text(json.dumps(document))
    ordinary = list(openapi.checks(server.environment["ORDINARY"], path))
    assert [c.said for c in ordinary if c.status == "failed"] == []
