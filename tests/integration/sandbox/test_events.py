from typing import Any

import pytest

from sandbox import Sandbox
from tests.integration.sandbox import diary
from tests.integration.sandbox.asking import Http

EVENTS = "users/zoë/calendars/own/events"
NEW: dict[str, Any] = {
    "subject": "Ferie",
    "start": {"dateTime": "2026-11-26T08:00:00", "timeZone": "UTC"},
    "end": {"dateTime": "2026-11-26T09:00:00", "timeZone": "UTC"},
    "showAs": "oof",
    "transactionId": "tx-1",
}


@pytest.fixture(autouse=True)
def _mailboxes(sandbox: Sandbox) -> None:
    sandbox.put_state(diary.scenario())


def stored(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    calendars = sandbox.state()["entra"]["calendars"]["zoë"]
    return {row["id"]: row for calendar in calendars for row in calendar["events"]}


def test_events_are_listed_with_their_series_unexpanded(graph: Http) -> None:
    rows = graph.rows(f"{EVENTS}?$top=2")

    assert [row["id"] for row in rows] == ["meeting", "holiday", "touching", "series"]
    assert rows[-1]["recurrence"]["pattern"]["type"] == "weekly"


@pytest.mark.parametrize("path", ["users/zoë/events", EVENTS])
@pytest.mark.parametrize("name", ["meeting", "series", "moved"])
def test_an_event_or_occurrence_is_found_by_id(graph: Http, path: str, name: str) -> None:
    assert graph.get(f"{path}/{name}").json()["id"] == name


@pytest.mark.parametrize("path", ["users/zoë/events/nothing", f"{EVENTS}/lunch", "users/zoë/calendars/x/events/lunch"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_unknown_event_is_404(graph: Http, method: str, path: str) -> None:
    answer = graph.ask(method, path, json={})

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ErrorItemNotFound")


def test_a_made_event_has_an_id_and_a_change_key(sandbox: Sandbox, graph: Http) -> None:
    answer = graph.post(EVENTS, NEW)

    made = answer.json()
    assert (answer.status_code, made["subject"], made["type"], made["showAs"]) == (
        201, "Ferie", "singleInstance", "oof",
    )  # fmt: skip
    assert (made["sensitivity"], made["isAllDay"]) == ("normal", False)
    assert stored(sandbox)[made["id"]]["changeKey"] == made["changeKey"]


def test_the_same_transaction_makes_nothing_again(sandbox: Sandbox, graph: Http) -> None:
    first, again = (graph.post(EVENTS, NEW) for _ in range(2))

    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert len(stored(sandbox)) == 6


def test_an_event_is_made_though_the_answer_is_lost_and_found_by_its_transaction(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults({"method": "POST", "path": "/events$", "times": 1, "fault": {"close": "after-commit"}})
    with pytest.raises(OSError, match="RemoteDisconnected"):
        graph.post(EVENTS, NEW)

    assert graph.post(EVENTS, NEW).status_code == 201
    assert len(stored(sandbox)) == 6


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"start": None}, "ErrorPropertyValidationFailure"),
        ({"start": {"dateTime": "2026-11-26T08:00:00", "timeZone": "Moon"}}, "ErrorPropertyValidationFailure"),
        ({"start": {"dateTime": "0001-01-01T00:00:00", "timeZone": "Asia/Tokyo"}}, "ErrorPropertyValidationFailure"),
        ({"end": {"dateTime": "2026-11-25", "timeZone": "UTC"}}, "ErrorCalendarEndDateIsEarlierThanStartDate"),
        ({"isAllDay": True}, "ErrorPropertyValidationFailure"),
        ({"showAs": "asleep"}, "RequestBodyRead"),
        ({"colour": "red"}, "RequestBodyRead"),
        ({"id": "mine"}, "RequestBodyRead"),
    ],
)
def test_an_event_that_cannot_be_is_refused(sandbox: Sandbox, graph: Http, changes: dict[str, Any], code: str) -> None:
    answer = graph.post(EVENTS, {**NEW, **changes})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert len(stored(sandbox)) == 5


def test_a_whole_day_is_from_midnight_to_midnight(graph: Http) -> None:
    days = {
        "start": {"dateTime": "2026-11-26T00:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2026-11-28T00:00:00", "timeZone": "UTC"},
    }

    assert graph.post(EVENTS, {**NEW, **days, "isAllDay": True}).status_code == 201


def test_an_event_of_the_first_year_says_its_year_in_four_digits(graph: Http) -> None:
    answer = graph.post(EVENTS, {**NEW, "start": {"dateTime": "0001-01-01T00:00:00", "timeZone": "UTC"}})

    assert answer.json()["start"] == {"dateTime": "0001-01-01T00:00:00.0000000", "timeZone": "UTC"}


def day(date: str, zone: str = "Europe/Copenhagen") -> dict[str, str]:
    return {"dateTime": date, "timeZone": zone}


@pytest.mark.parametrize(
    ("start", "end", "status"),
    [
        (day("2026-11-26T00:00:00"), day("2026-11-27T00:00:00"), 201),
        (day("2027-03-28T00:00:00"), day("2027-03-29T00:00:00"), 201),
        (day("2026-11-26T00:00:00", "America/New_York"), day("2026-11-27T00:00:00", "America/New_York"), 201),
        (day("2026-11-26T00:00:00"), day("2026-11-26T00:00:00"), 400),
        (day("2026-11-26T00:00:00"), day("2026-11-27T00:00:00", "UTC"), 400),
        (day("2026-11-25T23:00:00", "UTC"), day("2026-11-26T23:00:00", "UTC"), 400),
        (day("2026-11-26T00:00:00"), day("2026-11-27T00:00:01"), 400),
        (day("2026-11-26T00:00:00"), day("2026-11-26T12:00:00"), 400),
    ],
)
def test_a_whole_day_is_between_midnights_of_one_zone_a_day_apart(
    graph: Http, start: dict[str, str], end: dict[str, str], status: int
) -> None:
    answer = graph.post(EVENTS, {**NEW, "isAllDay": True, "start": start, "end": end})

    assert answer.status_code == status
    assert status == 201 or answer.json()["error"]["code"] == "ErrorPropertyValidationFailure"


def test_times_are_looked_at_only_where_they_change(sandbox: Sandbox, graph: Http) -> None:
    """An event from elsewhere may have times that Graph would not take, such as a day from 23:00 to 23:00 UTC."""
    odd = diary.event("odd", "25T23:00", "26T23:00", isAllDay=True)
    sandbox.put_state(diary.scenario(diary.calendar("own", odd, isDefaultCalendar=True)))

    assert graph.ask("PATCH", "users/zoë/events/odd", json={"subject": "Dzień"}).status_code == 200
    assert graph.ask("PATCH", "users/zoë/events/odd", json={"isAllDay": True}).status_code == 400


@pytest.mark.parametrize("body", [b"{", b"[]"])
def test_a_body_that_is_no_object_is_400(graph: Http, body: bytes) -> None:
    assert graph.ask("POST", EVENTS, data=body).status_code == 400


def test_a_change_touches_only_the_given_properties_and_the_change_key(sandbox: Sandbox, graph: Http) -> None:
    before = stored(sandbox)["meeting"]

    answer = graph.ask("PATCH", "users/zoë/events/meeting", json={"subject": "Zebranie"})

    after = stored(sandbox)["meeting"]
    assert (answer.status_code, answer.json()["subject"]) == (200, "Zebranie")
    assert {name for name in after if after[name] != before.get(name)} == {
        "subject", "changeKey", "lastModifiedDateTime",
    }  # fmt: skip


def test_each_write_has_another_change_key(graph: Http) -> None:
    keys = {graph.ask("PATCH", "users/zoë/events/meeting", json={"subject": "x"}).json()["changeKey"] for _ in range(3)}

    assert len(keys) == 3


def test_a_changed_occurrence_becomes_an_exception_of_its_series(sandbox: Sandbox, graph: Http) -> None:
    graph.ask("PATCH", "users/zoë/events/within", json={"subject": "Kun i dag"})

    assert graph.get("users/zoë/events/within").json()["type"] == "exception"
    assert stored(sandbox)["series"]["subject"] == "Series"


def test_a_deleted_event_is_gone(sandbox: Sandbox, graph: Http) -> None:
    assert graph.ask("DELETE", "users/zoë/events/meeting").status_code == 204

    assert "meeting" not in stored(sandbox)
    assert graph.ask("DELETE", "users/zoë/events/meeting").status_code == 404


def test_a_deleted_occurrence_leaves_its_series(sandbox: Sandbox, graph: Http) -> None:
    graph.ask("DELETE", "users/zoë/events/within")

    assert [row["id"] for row in stored(sandbox)["series"]["occurrences"]] == ["before", "moved"]


def test_the_transaction_of_an_event_cannot_be_changed(graph: Http) -> None:
    assert graph.ask("PATCH", "users/zoë/events/meeting", json={"transactionId": "x"}).status_code == 400


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "calendars/team/events"), ("PATCH", "events/lunch"), ("DELETE", "events/lunch")]
)
def test_a_calendar_that_is_not_editable_is_not_written(graph: Http, method: str, path: str) -> None:
    answer = graph.ask(method, f"users/zoë/{path}", json=NEW)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "ErrorAccessDenied")


def test_a_write_in_a_batch_needs_no_more_than_a_content_type(sandbox: Sandbox, graph: Http) -> None:
    item = {
        "id": "1", "method": "POST", "url": f"/{EVENTS}", "headers": {"Content-Type": "application/json"}, "body": NEW,
    }  # fmt: skip

    (answer,) = graph.post("$batch", {"requests": [item]}).json()["responses"]

    assert answer["status"] == 201
    assert answer["body"]["id"] in stored(sandbox)


def test_a_fault_reaches_one_item_of_a_batch_by_its_path(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults({"method": "DELETE", "path": "/events/meeting$", "times": 1, "fault": {"status": 503}})
    items = [{"id": name, "method": "DELETE", "url": f"/users/zoë/events/{name}"} for name in ("meeting", "holiday")]

    answers = {row["id"]: row["status"] for row in graph.post("$batch", {"requests": items}).json()["responses"]}

    assert answers == {"meeting": 503, "holiday": 204}


def test_a_stale_read_does_not_see_the_new_event(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults({"method": "GET", "path": "/events", "fault": {"stale_ms": 60_000}})

    made = graph.post(EVENTS, NEW).json()["id"]

    assert graph.get(f"users/zoë/events/{made}").status_code == 404
