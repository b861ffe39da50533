import base64
from typing import Any
from urllib.parse import quote

import pytest

from sandbox import Sandbox
from tests.integration.sandbox.asking import Http

OUTLOOK_ID = "AAMkAG/i+x=="
CUSTOMER: dict[str, list[dict[str, Any]]] = {
    "users": [{"id": "e1", "username": "søren", "photoEtag": None}],
    "calendars": [
        {"id": "k1", "userId": "e1", "externalId": "c1", "kind": "user", "name": "Kalender", "enabled": True},
        {"id": "k2", "userId": None, "externalId": "c2", "kind": "room", "name": "Łódź"},
    ],
    "events": [
        {"id": "v1", "calendarId": "k1", "externalId": OUTLOOK_ID, "origin": "outlook", "title": "Møde",
         "start": "2026-11-22T10:00:00Z", "end": "2026-11-22T11:00:00Z", "changeKey": "1"},
        {"id": "v2", "calendarId": "k1", "externalId": None, "origin": "emply", "title": "Ferie",
         "start": "2026-11-25T00:00:00Z", "end": "2026-11-27T00:00:00Z"},
        {"id": "v3", "calendarId": "k2", "externalId": "o3", "start": "2026-11-22T10:00:00Z",
         "end": "2026-11-22T11:00:00Z"},
    ],
}  # fmt: skip
TIMES = {"start": "2026-11-24T08:00:00Z", "end": "2026-11-24T09:00:00Z"}


@pytest.fixture(autouse=True)
def _customer(sandbox: Sandbox) -> None:
    sandbox.put_state({"emply": CUSTOMER})


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


def events(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in sandbox.state()["emply"]["events"]}


def put_event(emply: Http, external: str, **fields: object) -> Any:  # noqa: ANN401 - a response
    return emply.ask("PUT", f"calendars/k1/events/{quote(external, safe='')}", json={**TIMES, **fields})


def test_calendars_are_a_list_in_pages(emply: Http) -> None:
    assert emply.get("calendars").json() == CUSTOMER["calendars"]
    assert ids(emply.get("calendars", params={"skip": 1, "take": 1}).json()) == ["k2"]


def test_a_created_calendar_has_an_id_and_every_field(sandbox: Sandbox, emply: Http) -> None:
    answer = emply.post("calendars", {"userId": "e1", "externalId": "c9", "name": "Çalışma", "enabled": True})

    assert answer.status_code == 201
    assert (answer.json()["kind"], answer.json()["canDisable"], answer.json()["enabled"]) == ("user", True, True)
    assert sandbox.state()["emply"]["calendars"][-1] == answer.json()


def test_a_rooms_calendar_has_no_user(emply: Http) -> None:
    assert emply.post("calendars", {"kind": "room", "name": "Warszawa 1", "userId": None}).status_code == 201


@pytest.mark.parametrize(
    ("fields", "bad"),
    [
        ({"userId": "e1"}, ["name"]),
        ({"userId": "e9", "name": "x"}, ["userId"]),
        ({"name": "x"}, ["userId"]),
        ({"userId": "e1", "kind": "room", "name": "x"}, ["userId"]),
        ({"userId": "e1", "kind": "car", "name": "x"}, ["kind"]),
        ({"userId": "e1", "name": "x", "enabled": "yes", "externalId": 1}, ["enabled", "externalId"]),
    ],
)
def test_a_calendar_with_bad_values_is_422(emply: Http, fields: dict[str, Any], bad: list[str]) -> None:
    answer = emply.post("calendars", fields)

    assert (answer.status_code, sorted(answer.json()["error"]["fields"])) == (422, bad)


def test_a_change_of_a_calendar_touches_only_the_given_fields(sandbox: Sandbox, emply: Http) -> None:
    answer = emply.ask("PATCH", "calendars/k1", json={"name": "Ny", "shareDatesAndTitles": True})

    expected = {**CUSTOMER["calendars"][0], "name": "Ny", "shareDatesAndTitles": True}
    assert (answer.status_code, answer.json()) == (200, expected)
    assert sandbox.state()["emply"]["calendars"][0] == expected


def test_whose_a_calendar_is_cannot_be_changed(emply: Http) -> None:
    assert list(emply.ask("PATCH", "calendars/k1", json={"userId": "e1"}).json()["error"]["fields"]) == ["userId"]


def test_a_detached_calendar_keeps_only_emplys_own_events(sandbox: Sandbox, emply: Http) -> None:
    emply.ask("PATCH", "calendars/k1", json={"externalId": None})

    assert sandbox.state()["emply"]["calendars"][0]["externalId"] is None
    assert set(events(sandbox)) == {"v2", "v3"}


def test_a_removed_calendar_takes_its_events_with_it(sandbox: Sandbox, emply: Http) -> None:
    assert emply.ask("DELETE", "calendars/k1").status_code == 204

    assert ids(sandbox.state()["emply"]["calendars"]) == ["k2"]
    assert set(events(sandbox)) == {"v3"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["v1", "v2"]),
        ({"from": "2026-11-22T10:30:00Z", "to": "2026-11-22T10:40:00Z"}, ["v1"]),
        ({"from": "2026-11-22T11:00:00Z"}, ["v2"]),
        ({"to": "2026-11-22T10:00:00Z"}, []),
        ({"from": "2026-11-22T11:30:00+01:00", "to": "2026-11-25T01:00:00+01:00"}, ["v1"]),
        ({"skip": "1", "take": "1"}, ["v2"]),
    ],
)
def test_events_are_those_that_overlap_the_window(emply: Http, query: dict[str, str], found: list[str]) -> None:
    assert ids(emply.get("calendars/k1/events", params=query).json()) == found


@pytest.mark.parametrize("query", [{"from": "yesterday"}, {"to": ""}])
def test_a_window_that_cannot_be_is_422(emply: Http, query: dict[str, str]) -> None:
    answer = emply.get("calendars/k1/events", params=query)

    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, list(query))


def test_an_event_is_created_under_its_id_in_outlook_whatever_letters_that_has(sandbox: Sandbox, emply: Http) -> None:
    answer = put_event(emply, "AA/B+C==", title="Spotkanie", isAllDay=False, showAs="tentative", changeKey="7")

    made = answer.json()
    assert (answer.status_code, made["externalId"], made["origin"], made["calendarId"]) == (
        201, "AA/B+C==", "outlook", "k1",
    )  # fmt: skip
    assert events(sandbox)[made["id"]] == made


def test_a_put_event_is_replaced_and_keeps_its_id(sandbox: Sandbox, emply: Http) -> None:
    answer = put_event(emply, OUTLOOK_ID, title="Flyttet", changeKey="2")

    assert (answer.status_code, answer.json()["id"]) == (200, "v1")
    assert len(events(sandbox)) == 3
    assert events(sandbox)["v1"]["start"] == TIMES["start"]


def test_the_same_id_in_outlook_is_another_event_in_another_calendar(sandbox: Sandbox, emply: Http) -> None:
    assert put_event(emply, "o3").status_code == 201
    assert len(events(sandbox)) == 4


def test_times_are_kept_in_utc_to_the_second(emply: Http) -> None:
    answer = put_event(emply, "o1", start="2026-11-24T08:00:00.123+01:00", end="2026-11-24T09:00:00Z")

    assert (answer.json()["start"], answer.json()["end"]) == ("2026-11-24T07:00:00Z", "2026-11-24T09:00:00Z")


def test_a_time_of_the_first_year_says_its_year_in_four_digits(emply: Http) -> None:
    assert put_event(emply, "o1", start="0001-01-01T00:00:00Z").json()["start"] == "0001-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("fields", "bad"),
    [
        ({"start": None}, ["start"]),
        ({"start": "soon"}, ["start"]),
        ({"start": "0001-01-01T00:00:00+01:00"}, ["start"]),  # in UTC before year 1
        ({"end": "2026-11-24T07:00:00Z"}, ["end"]),
        ({"showAs": "asleep", "isAllDay": 1}, ["isAllDay", "showAs"]),
        ({"origin": "emply"}, ["origin"]),
    ],
)
def test_an_event_with_bad_values_is_422(emply: Http, fields: dict[str, Any], bad: list[str]) -> None:
    answer = put_event(emply, "o1", **fields)

    assert (answer.status_code, sorted(answer.json()["error"]["fields"])) == (422, bad)


def test_an_event_of_emplys_own_is_never_replaced_by_outlooks(emply: Http) -> None:
    emply.ask("PATCH", "events/v2", json={"externalId": "o2"})

    assert put_event(emply, "o2").status_code == 409


def test_a_change_of_an_event_touches_only_the_given_fields(sandbox: Sandbox, emply: Http) -> None:
    answer = emply.ask("PATCH", "events/v2", json={"externalId": "o2"})

    assert (answer.status_code, answer.json()) == (200, {**CUSTOMER["events"][1], "externalId": "o2"})
    assert events(sandbox)["v2"] == answer.json()


def test_a_removed_event_is_gone(sandbox: Sandbox, emply: Http) -> None:
    assert emply.ask("DELETE", "events/v1").status_code == 204

    assert set(events(sandbox)) == {"v2", "v3"}
    assert ids(emply.get("calendars/k1/events").json()) == ["v2"]
    assert emply.ask("DELETE", "events/v1").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "calendars/k9"),
        ("DELETE", "calendars/k9"),
        ("GET", "calendars/k9/events"),
        ("PUT", "calendars/k9/events/o1"),
        ("PATCH", "events/v9"),
        ("PUT", "users/e9/photo"),
    ],
)
def test_what_is_not_there_is_404(emply: Http, method: str, path: str) -> None:
    assert emply.ask(method, path, json=TIMES).status_code == 404


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_key_that_may_only_read_calendars_cannot_write_them(sandbox: Sandbox, emply: Http, method: str) -> None:
    sandbox.change_settings(areas={"calendars": "read"})

    path = {"POST": "calendars", "DELETE": "events/v1"}[method]
    assert emply.ask(method, path, json={}).status_code == 403
    assert emply.get("calendars/k1/events").status_code == 200


def test_a_photo_sets_its_etag(sandbox: Sandbox, emply: Http) -> None:
    image = base64.b64encode(b"\x89PNG").decode()

    answer = emply.ask("PUT", "users/e1/photo", json={"etag": '"abc"', "contentBase64": image})

    assert (answer.status_code, answer.json()["photoEtag"]) == (200, '"abc"')
    assert sandbox.state()["emply"]["users"][0] == {**CUSTOMER["users"][0], "photoEtag": '"abc"'}


@pytest.mark.parametrize(
    ("photo", "bad"),
    [
        ({}, ["contentBase64", "etag"]),
        ({"etag": "1", "contentBase64": "?"}, ["contentBase64"]),
        ({"etag": "1", "contentBase64": ""}, ["contentBase64"]),
        ({"etag": 1, "contentBase64": "iVBORw=="}, ["etag"]),
    ],
)
def test_a_photo_that_cannot_be_is_422(emply: Http, photo: dict[str, Any], bad: list[str]) -> None:
    answer = emply.ask("PUT", "users/e1/photo", json=photo)

    assert (answer.status_code, sorted(answer.json()["error"]["fields"])) == (422, bad)


def test_a_fault_after_the_commit_leaves_the_event_behind(sandbox: Sandbox, emply: Http) -> None:
    sandbox.put_faults({"method": "PUT", "path": "/events/", "times": 1, "fault": {"close": "after-commit"}})

    with pytest.raises(OSError, match="RemoteDisconnected"):
        put_event(emply, "o1")
    assert put_event(emply, "o1").status_code == 200


def test_events_can_be_read_as_they_were_before_a_write(sandbox: Sandbox, emply: Http) -> None:
    sandbox.put_faults({"method": "GET", "path": "/events$", "fault": {"stale_ms": 60_000}})

    emply.ask("DELETE", "events/v1")

    assert ids(emply.get("calendars/k1/events").json()) == ["v1", "v2"]
