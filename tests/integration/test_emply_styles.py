"""The Emply client in every style and with both credentials: lists of any length, writes as each style has them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from entra_emply.connectors.emply.client import EmplyClient
from entra_emply.connectors.throttle import Timing
from entra_emply.environment import Environment
from entra_emply.errors import SourceUnreadable, TargetRefused
from sandbox import Sandbox
from tests.emply_api import API2, V1, changed
from tests.fake_time import FakeTime

STYLES, CREDENTIALS = ("skip_take", "whole"), ("key", "bearer")
SIZES = [0, 1, 2, 49, 500, 900, 1001]
BEARER = {"query": None, "header": "Authorization", "prefix": "Bearer "}


@pytest.fixture(scope="module", params=[(style, auth) for style in STYLES for auth in CREDENTIALS], ids="-".join)
def kind(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param


@pytest.fixture(scope="module")
def server(kind: tuple[str, str]) -> Iterator[Sandbox]:
    style, auth = kind
    with Sandbox(emply_style=style, emply_auth=auth, emply_per_second=100_000) as sandbox:
        yield sandbox


@pytest.fixture
def client(server: Sandbox, kind: tuple[str, str], tmp_path: Path) -> Iterator[EmplyClient]:
    """A client whose description says how this sandbox is changed and how its key travels, and not how it lists."""
    server.reset()
    server.put_state(SCENARIO)
    made = EmplyClient(Environment.load(server.environment | {"EMPLY_API": _described(kind, tmp_path)}), _timing())
    yield made
    made.close()


def _described(kind: tuple[str, str], folder: Path) -> str:
    style, auth = kind
    how = BEARER if auth == "bearer" else {"query": "apiKey", "header": None, "prefix": ""}
    return changed(folder, API2 if style == "whole" else V1, authentication=how)


def _timing() -> Timing:
    return FakeTime().timing()


def _users(count: int) -> list[dict[str, Any]]:
    return [{"id": f"u{n:04}", "username": f"Łucja-{n}", "roleIds": ["r1"], "active": True} for n in range(count)]


def _event(n: int, calendar: str = "c1") -> dict[str, Any]:
    return {"id": f"e{n:04}", "calendarId": calendar, "externalId": None, "origin": "emply", "title": "Møde",
            "start": "2026-11-22T09:00:00Z", "end": "2026-11-22T10:00:00Z", "isAllDay": False}  # fmt: skip


SCENARIO: dict[str, Any] = {"emply": {
    "users": _users(2),
    "roles": [{"id": "r1", "title": "Çalışan"}],
    "departments": [{"id": "d1", "title": "København"}],
    "calendars": [{"id": name, "userId": "u0000", "kind": "user", "externalId": f"x-{name}", "name": "Kalender",
                   "isDefault": True, "enabled": False, "canDisable": False, "shareDatesAndTitles": False}
                  for name in ("c0", "c1")],
    "events": [_event(1)],
}}  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
def test_a_list_of_any_length_is_read_whole(server: Sandbox, client: EmplyClient, size: int) -> None:
    server.put_state({"emply": {"users": _users(size)}})
    assert list(client.users().frame["emply_user_id"]) == [f"u{n:04}" for n in range(size)]


@pytest.mark.parametrize("size", SIZES)
def test_how_a_list_pages_costs_one_request_at_the_most(server: Sandbox, client: EmplyClient, size: int) -> None:
    server.put_state({"emply": {"users": _users(size)}})
    client.users()
    first = len(server.requests())
    server.clear_requests()
    client.users()
    assert first - len(server.requests()) <= 1


@pytest.mark.parametrize("size", SIZES)
def test_events_of_many_calendars_are_read_whole(server: Sandbox, client: EmplyClient, size: int) -> None:
    events = [_event(n, calendar) | {"id": f"{calendar}-{n}"} for calendar in ("c0", "c1") for n in range(size)]
    server.put_state({"emply": SCENARIO["emply"] | {"events": events}})
    assert len(client.events(["c0", "c1"]).frame) == 2 * size


def test_titles_are_read_however_they_are_written(client: EmplyClient) -> None:
    assert client.roles().frame["title"].tolist() == ["Çalışan"]
    assert client.departments().frame["title"].tolist() == ["København"]


def test_a_change_of_a_user_leaves_all_else(server: Sandbox, client: EmplyClient) -> None:
    before = server.state()["emply"]["users"][0]
    client.update_user("u0000", {"lastName": "Øz"})
    assert server.state()["emply"]["users"][0] == before | {"lastName": "Øz"} | _nulls(server)


def _nulls(server: Sandbox) -> dict[str, Any]:
    """What a whole object that lacks a field is given by the sandbox."""
    row = server.state()["emply"]["users"][0]
    return {name: row[name] for name in row if row[name] is None}


def test_a_change_of_a_calendar_leaves_all_else(server: Sandbox, client: EmplyClient) -> None:
    before = {row["id"]: row for row in server.state()["emply"]["calendars"]}
    client.update_calendar("c1", {"enabled": True})
    after = {row["id"]: row for row in server.state()["emply"]["calendars"]}
    assert after == before | {"c1": before["c1"] | {"enabled": True}}


def test_a_change_of_an_event_leaves_all_else(server: Sandbox, client: EmplyClient) -> None:
    before = server.state()["emply"]["events"][0]
    client.update_event("e0001", {"externalId": "AAMk=="})
    after = server.state()["emply"]["events"][0]
    assert {name: after[name] for name in before} == before | {"externalId": "AAMk=="}


@pytest.mark.parametrize("change", ["user", "calendar", "event"])
def test_what_is_gone_is_answered_with_404(client: EmplyClient, change: str) -> None:
    with pytest.raises(TargetRefused) as refused:
        {
            "user": lambda: client.update_user("gone", {"lastName": "Øz"}),
            "calendar": lambda: client.update_calendar("gone", {"enabled": True}),
            "event": lambda: client.update_event("gone", {"externalId": "x"}),
        }[change]()
    assert (refused.value.status, refused.value.code, refused.value.uncertain) == (404, "not_found", False)


def test_an_event_that_no_list_shows_is_not_taken_for_gone(
    server: Sandbox, kind: tuple[str, str], client: EmplyClient
) -> None:
    if kind[0] == "skip_take":
        client.update_event("e0001", {"externalId": "x"})  # PATCH needs no list
        return
    server.put_faults({"method": "GET", "path": "/events$", "fault": {"empty_page": True}})
    with pytest.raises(TargetRefused) as refused:
        client.update_event("e0001", {"externalId": "x"})
    assert (refused.value.status, refused.value.code) == (None, "not_listed")
    assert server.state()["emply"]["events"][0]["externalId"] is None


def test_an_event_is_found_where_another_calendar_is_removed_meanwhile(
    server: Sandbox, kind: tuple[str, str], client: EmplyClient
) -> None:
    """The same run removes calendars of other people while it changes events."""
    gone = {"status": 404, "body": {"code": "not_found"}}
    server.put_faults({"method": "GET", "path": "/calendars/c0/events$", "fault": gone})
    client.update_event("e0001", {"externalId": "x"})
    assert server.state()["emply"]["events"][0]["externalId"] == "x"
    asked = [entry["path"] for entry in server.requests() if entry["status"] == 404]
    assert [path.rpartition("/calendars/")[2] for path in asked] == (["c0/events"] if kind[0] == "whole" else [])


def test_an_event_is_not_looked_for_past_a_calendar_that_something_in_between_says_is_gone(
    server: Sandbox, kind: tuple[str, str], client: EmplyClient
) -> None:
    if kind[0] == "skip_take":
        client.update_event("e0001", {"externalId": "x"})  # PATCH needs no list
        return
    server.put_faults({"method": "GET", "path": "/calendars/c0/events$", "fault": {"status": 404, "body": "<html>"}})
    with pytest.raises(SourceUnreadable, match="emply_events could not be read: Emply answered 404"):
        client.update_event("e0001", {"externalId": "x"})
    assert server.state()["emply"]["events"][0]["externalId"] is None


def test_how_a_list_pages_is_not_found_out_again_for_a_change(
    server: Sandbox, kind: tuple[str, str], client: EmplyClient
) -> None:
    """It takes two requests with the same answer, and other changes are made meanwhile."""
    client.list_calendars()
    server.clear_requests()
    client.update_calendar("c1", {"enabled": True})
    asked = [entry["path"] for entry in server.requests() if entry["method"] == "GET"]
    assert [path.rpartition("/")[2] for path in asked] == (["calendars"] if kind[0] == "whole" else [])


def test_an_event_is_found_after_its_calendar_was_removed(server: Sandbox, client: EmplyClient) -> None:
    client.update_event("e0001", {"externalId": "x"})
    state = server.state()
    state["emply"]["events"][0]["calendarId"] = "c0"
    state["emply"]["calendars"] = [row for row in state["emply"]["calendars"] if row["id"] == "c0"]
    server.put_state(state)
    client.update_event("e0001", {"externalId": "y"})
    assert server.state()["emply"]["events"][0]["externalId"] == "y"


def test_one_user_and_nobody(client: EmplyClient) -> None:
    assert (client.user("u0001") or {})["username"] == "Łucja-1"
    assert client.user("nobody") is None
