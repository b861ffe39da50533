"""The Emply client's calendars, events, photos and employees against the sandbox: read whole, written once."""

import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from entra_emply.connectors.emply.client import EmplyClient
from entra_emply.connectors.reads import Read
from entra_emply.environment import Environment
from entra_emply.errors import CredentialsError, SourceUnreadable, TargetRefused
from sandbox import Sandbox
from tests.fake_time import FakeTime
from tests.integration.faults import PASSES, STAYS

CANARY = "Fyringssamtale med Søren"
CALENDARS = [f"cal-{n:03}" for n in range(12)]
EVENTS = {name: n * 100 for n, name in enumerate(CALENDARS)}  # up to 1,100, three pages
Row = dict[str, Any]


def _event(calendar: str, n: int) -> Row:
    day = f"{1990 + n % 60}-11-22"
    return {
        "id": f"{calendar}-{n:04}", "calendarId": calendar, "externalId": f"AAMk/{n}==", "origin": "outlook",
        "title": CANARY, "start": f"{day}T09:00:00Z", "end": f"{day}T10:00:00Z", "changeKey": f"k{n}",
    }  # fmt: skip


SCENARIO: Row = {
    "emply": {
        "users": [{"id": "zoë", "username": "zoe", "active": True}],
        "employees": [{"id": "emp-1", "number": 1, "firstName": "Łucja", "status": "archived"}],
        "calendars": [
            {"id": name, "userId": "zoë", "externalId": f"ext-{name}", "kind": "user", "name": "Çalışma",
             "isDefault": name == "cal-000", "enabled": True, "canDisable": False}
            for name in CALENDARS
        ],
        "events": [_event(name, n) for name, count in EVENTS.items() for n in range(count)],
    }
}  # fmt: skip


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def server(shared_sandbox: Sandbox) -> Sandbox:
    """A customer with twelve calendars and 6,600 events; the log, faults and settings are fresh."""
    shared_sandbox.put_state(SCENARIO)
    shared_sandbox.reset()
    shared_sandbox.change_settings(emply_per_second=100_000)
    return shared_sandbox


@pytest.fixture
def client(server: Sandbox) -> Iterator[EmplyClient]:
    made = EmplyClient(Environment.load(server.environment), FakeTime().timing())
    yield made
    made.close()


READS: dict[str, tuple[str, Callable[[EmplyClient], Read], int]] = {
    "calendars": (r"/calendars$", EmplyClient.calendars, len(CALENDARS)),
    "events": (r"/cal-011/events$", lambda client: client.events(CALENDARS), sum(EVENTS.values())),
}


# --- what is read -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READS)
def test_a_list_is_read_whole(client: EmplyClient, name: str) -> None:
    _, read, rows = READS[name]
    done = read(client)
    assert (len(done.frame), done.certificate.rows, done.certificate.source) == (rows, rows, f"emply_{name}")


def test_events_are_all_there_are_whenever_they_are(client: EmplyClient) -> None:
    frame = client.events(["cal-001", "cal-000", "cal-001"]).frame
    assert len(frame) == 100
    said = frame.drop(columns=["is_all_day", "show_as"]).iloc[59]
    assert said.to_dict() == {
        "event_id": "cal-001-0059", "calendar_id": "cal-001", "external_id": "AAMk/59==", "origin": "outlook",
        "title": CANARY, "start": "2049-11-22T09:00:00Z", "end": "2049-11-22T10:00:00Z", "change_key": "k59",
    }  # fmt: skip
    assert frame[["is_all_day", "show_as"]].isna().all(axis=None)  # what Emply does not say is missing


def test_events_of_no_calendars_are_none(server: Sandbox, client: EmplyClient) -> None:
    assert len(client.events([]).frame) == 0
    assert server.requests() == []


def test_the_same_events_have_the_same_hash_in_whatever_order_they_are_read(client: EmplyClient) -> None:
    one, other = client.events(CALENDARS[:5]), client.events(reversed(CALENDARS[:5]))
    assert one.certificate.sha256 == other.certificate.sha256 != client.events(CALENDARS[:4]).certificate.sha256


def test_rows_as_they_are_now(client: EmplyClient) -> None:
    assert [row["id"] for row in client.list_calendars()] == CALENDARS
    assert [row["id"] for row in client.calendar_events("cal-001")] == [f"cal-001-{n:04}" for n in range(100)]
    assert (client.employee("emp-1") or {})["status"] == "archived"
    assert client.employee("nobody") is None


# --- trouble while reading --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", PASSES)
@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("skip", [0, 1])
def test_trouble_that_passes_changes_nothing(
    server: Sandbox, client: EmplyClient, name: str, fault: str, skip: int
) -> None:
    path, read, rows = READS[name]
    server.put_faults({"path": path, "skip": skip, "times": 1, "fault": PASSES[fault]})
    assert len(read(client).frame) == rows


STAYING = STAYS | {
    "404": ({"status": 404}, "Emply answered 404 not_found"),
    "an object": ({"status": 200, "body": {"events": []}}, "a page is not a list"),
    "a row that is none": ({"status": 200, "body": ["x"]}, "is not an object"),
}


@pytest.mark.parametrize("fault", STAYING)
@pytest.mark.parametrize("name", READS)
def test_trouble_that_stays_makes_the_source_unreadable(
    server: Sandbox, client: EmplyClient, name: str, fault: str
) -> None:
    path, read, _ = READS[name]
    what, said = STAYING[fault]
    server.put_faults({"path": path, "fault": what})
    # Another calendar's thread may be the first that is not let through.
    with pytest.raises(SourceUnreadable, match=f"{said}|the wait that it asked for is not over"):
        read(client)


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 404, "body": "<html>"}, {"status": 200, "body": {}}])
def test_no_employee_is_taken_for_gone_because_of_trouble(server: Sandbox, client: EmplyClient, fault: Row) -> None:
    server.put_faults({"path": "emp-1", "fault": fault})
    with pytest.raises(SourceUnreadable):
        client.employee("emp-1")


# --- what is written --------------------------------------------------------------------------------------------------

CALENDAR: Row = {
    "kind": "user", "userId": "zoë", "externalId": "AAMkNew==", "name": "Zespół", "isDefault": False, "enabled": False,
    "canDisable": True, "shareDatesAndTitles": True,
}  # fmt: skip
EVENT: Row = {
    "externalId": "AAMk/1==", "calendarExternalId": "ext", "title": CANARY, "start": "2026-11-22T10:30:00Z",
    "end": "2026-11-22T11:00:00Z", "isAllDay": False, "showAs": "oof", "changeKey": "new",
}  # fmt: skip


def _row(server: Sandbox, table: str, name: str) -> Row | None:
    return next((row for row in server.state()["emply"][table] if row["id"] == name), None)


def _put(server: Sandbox, calendar: str, external_id: str) -> list[Row]:
    rows = server.state()["emply"]["events"]
    return [row for row in rows if (row["calendarId"], row.get("externalId")) == (calendar, external_id)]


def test_a_calendar_is_added_changed_and_removed(server: Sandbox, client: EmplyClient) -> None:
    made = client.add_calendar(CALENDAR)
    assert _row(server, "calendars", made) == {"id": made, **CALENDAR}
    client.update_calendar(made, {"kind": "user", "externalId": "AAMkNew==", "name": "Yeni"})
    assert (_row(server, "calendars", made) or {})["name"] == "Yeni"
    client.delete_calendar(made)
    assert _row(server, "calendars", made) is None


def test_a_rooms_calendar_is_nobodys(server: Sandbox, client: EmplyClient) -> None:
    made = client.add_calendar(CALENDAR | {"kind": "room", "userId": None})
    assert (_row(server, "calendars", made) or {})["userId"] is None


def test_outlooks_events_leave_a_calendar_that_is_detached(client: EmplyClient) -> None:
    client.update_calendar("cal-001", {"kind": "user", "externalId": None})
    assert client.calendar_events("cal-001") == []


def test_an_outlook_event_is_put_and_replaced_by_its_id(server: Sandbox, client: EmplyClient) -> None:
    client.put_event("cal-000", "AAMk/new==", EVENT)
    client.put_event("cal-000", "AAMk/new==", EVENT | {"title": None})
    (row,) = _put(server, "cal-000", "AAMk/new==")
    assert (row["origin"], row["title"], row["start"], row["changeKey"]) == ("outlook", None, EVENT["start"], "new")
    client.put_event("cal-001", "AAMk/7==", EVENT)
    assert [row["id"] for row in _put(server, "cal-001", "AAMk/7==")] == ["cal-001-0007"]


def test_an_event_is_changed_and_removed(server: Sandbox, client: EmplyClient) -> None:
    client.update_event("cal-001-0001", {"externalId": "AAMkOutlook==", "emplyEventId": "x"})
    assert (_row(server, "events", "cal-001-0001") or {})["externalId"] == "AAMkOutlook=="
    client.delete_event("cal-001-0001")
    assert _row(server, "events", "cal-001-0001") is None


def test_a_photo_is_set_with_its_etag(server: Sandbox, client: EmplyClient) -> None:
    client.set_photo("zoë", 'W/"7"', b"\xff\xd8\xff\xe0")
    assert (_row(server, "users", "zoë") or {})["photoEtag"] == 'W/"7"'


Write = Callable[[EmplyClient], object]
WRITES: dict[str, tuple[str, str, Write]] = {
    "set_photo": ("PUT", "/photo$", lambda client: client.set_photo("zoë", "e", b"x")),
    "add_calendar": ("POST", "/calendars$", lambda client: client.add_calendar(CALENDAR)),
    "update_calendar": (
        "PATCH", "/calendars/cal-001$", lambda client: client.update_calendar("cal-001", {"name": CANARY})),
    "delete_calendar": ("DELETE", "/calendars/cal-001$", lambda client: client.delete_calendar("cal-001")),
    "put_event": ("PUT", "/cal-001/events/", lambda client: client.put_event("cal-001", "AAMk/1==", EVENT)),
    "update_event": (
        "PATCH", "/events/cal-001-0001$", lambda client: client.update_event("cal-001-0001", {"title": CANARY})),
    "delete_event": ("DELETE", "/events/cal-001-0001$", lambda client: client.delete_event("cal-001-0001")),
}  # fmt: skip


def _refusal(write: Write, client: EmplyClient) -> tuple[int | None, str, bool, bool]:
    with pytest.raises(TargetRefused) as refused:
        write(client)
    error = refused.value
    return error.status, error.code, error.transient, error.uncertain


def _written(server: Sandbox) -> list[str]:
    return [entry["method"] for entry in server.requests() if entry["method"] != "GET"]


REFUSED: dict[str, tuple[Write, int, str]] = {
    "a photo of nobody": (lambda client: client.set_photo("nobody", "e", b"x"), 404, "not_found"),
    "a calendar of nobody": (lambda client: client.add_calendar(CALENDAR | {"userId": "nobody"}), 422, "invalid"),
    "a calendar without a name": (lambda client: client.add_calendar(CALENDAR | {"name": None}), 422, "invalid"),
    "a calendar that is gone": (lambda client: client.delete_calendar("gone"), 404, "not_found"),
    "an event in a calendar that is gone": (lambda client: client.put_event("gone", "x", EVENT), 404, "not_found"),
    "an event without a time": (
        lambda client: client.put_event("cal-001", "x", EVENT | {"start": None}), 422, "invalid"),
    "an event that is gone": (lambda client: client.delete_event("gone"), 404, "not_found"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_has_emplys_code_and_is_certain(server: Sandbox, client: EmplyClient, name: str) -> None:
    write, status, code = REFUSED[name]
    before = server.state()
    assert _refusal(write, client) == (status, code, False, False)
    assert server.state() == before


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("close", ["before", "after-commit", "mid-body"])
def test_a_write_whose_answer_is_lost_is_uncertain_and_not_repeated(
    server: Sandbox, client: EmplyClient, name: str, close: str
) -> None:
    method, path, write = WRITES[name]
    server.put_faults({"method": method, "path": path, "times": 1, "fault": {"close": close}})
    if close == "mid-body" and method == "DELETE":
        write(client)  # the answer has no body that could break off
    else:
        assert _refusal(write, client) == (None, "no_answer", True, True)
    assert _written(server) == [method]


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("status", [500, 503, 504])
def test_a_servers_error_on_a_write_is_uncertain_and_not_repeated(
    server: Sandbox, client: EmplyClient, name: str, status: int
) -> None:
    method, path, write = WRITES[name]
    server.put_faults({"method": method, "path": path, "times": 1, "fault": {"status": status}})
    assert _refusal(write, client) == (status, f"http_{status}", True, True)
    assert _written(server) == [method]


@pytest.mark.parametrize("name", WRITES)
def test_a_throttled_write_was_certainly_not_made_and_is_sent_again(
    server: Sandbox, client: EmplyClient, name: str
) -> None:
    method, path, write = WRITES[name]
    server.put_faults({"method": method, "path": path, "times": 2, "fault": {"status": 429}})
    write(client)
    assert _written(server) == [method] * 3
    server.put_faults({"method": method, "path": path, "fault": {"status": 429}})
    assert _refusal(write, client) == (429, "http_429", True, False)


@pytest.mark.parametrize("name", WRITES)
def test_a_missing_access_is_named(server: Sandbox, client: EmplyClient, name: str) -> None:
    access = "users: write" if name == "set_photo" else "calendars: write"
    server.change_settings(areas={"users": "read", "calendars": "read"})
    with pytest.raises(CredentialsError, match=f"refuses {name}: the key's roles lack the access {access}"):
        WRITES[name][2](client)


@pytest.mark.parametrize("fault", [{"status": 400}, {"status": 403}, {"status": 422}, {"status": 504},
                                   {"close": "before"}, {"truncate": 0.5}])  # fmt: skip
@pytest.mark.parametrize("name", WRITES)
def test_no_key_and_nobodys_words_in_errors_and_logs(
    server: Sandbox, client: EmplyClient, caplog: pytest.LogCaptureFixture, name: str, fault: Row
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "uvicorn")  # the sandbox's own log: it serves in this process
    method, path, write = WRITES[name]
    body = {"error": {"code": CANARY, "message": CANARY, "fields": {"title": CANARY}}}
    server.put_faults({"method": method, "path": path, "fault": {"body": body, **fault}})
    shown = ""
    try:
        write(client)
    except (TargetRefused, CredentialsError) as error:
        shown = _everything(error)
    for canary in (CANARY, server.environment["EMPLY_API_KEY"]):
        assert canary not in shown + caplog.text


def _everything(error: BaseException) -> str:
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    return shown + "".join(_everything(each) for each in (error.__cause__, error.__context__) if each)
