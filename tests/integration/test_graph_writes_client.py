"""What the Graph client writes, against the sandbox: sent once, refused with Graph's own code, and no word of anybody's
out."""

import logging
import string
import traceback
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import Mock

import pytest

from entra_emply.connectors.entra import writes
from entra_emply.connectors.entra.client import GraphClient
from entra_emply.environment import Environment
from entra_emply.errors import CredentialsError, TargetRefused
from sandbox import Sandbox
from tests.fake_time import FakeTime

CANARY = "Fyringssamtale med Søren"
Row = dict[str, Any]
ZONE = "Europe/Copenhagen"
EVENT: Row = {
    "emplyEventId": "e1", "calendarExternalId": "own", "title": CANARY, "start": "2026-11-22T10:30:00Z",
    "end": "2026-11-22T11:00:00Z", "isAllDay": False, "showAs": "oof", "transactionId": "t-1",
}  # fmt: skip
USER: Row = {
    "accountEnabled": True, "displayName": "Łucja Święcicka", "givenName": "Łucja", "surname": "Święcicka",
    "jobTitle": None, "mobilePhone": None, "mailNickname": "lucja", "userPrincipalName": "lucja@contoso.com",
}  # fmt: skip
DIRECTORY: Row = {
    "users": [
        {"id": "zoe", "userPrincipalName": "zoe@contoso.com", "displayName": "Zoë"},
        {"id": "hybrid", "userPrincipalName": "hybrid@contoso.com", "onPremisesSyncEnabled": True},
    ],
    "calendars": {
        "zoe": [
            {"id": "own", "isDefaultCalendar": True, "canEdit": True, "events": [
                {"id": "meeting", "subject": "Møde", "start": "2026-11-05T09:00:00Z", "end": "2026-11-05T10:00:00Z"},
            ]},
            {"id": "team", "canEdit": False, "events": []},
        ]
    },
}  # fmt: skip

Write = Callable[[GraphClient], object]
WRITES: dict[str, tuple[str, str, Write]] = {
    "create_event": ("POST", "/events$", lambda client: client.writes.create_event("zoe", "own", EVENT, ZONE)),
    "update_event": (
        "PATCH",
        "/events/meeting$",
        lambda client: client.writes.update_event("zoe", "meeting", {"title": CANARY}, ZONE),
    ),
    "delete_event": ("DELETE", "/events/meeting$", lambda client: client.writes.delete_event("zoe", "meeting")),
    "create_user": ("POST", "/users$", lambda client: client.writes.create_user(USER)),
    "update_user": ("PATCH", "/users/zoe$", lambda client: client.writes.update_user("zoe", {"jobTitle": CANARY})),
    "delete_user": ("DELETE", "/users/zoe$", lambda client: client.writes.delete_user("zoe")),
}


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def server(running: Sandbox) -> Sandbox:
    """A tenant with one mailbox of two calendars and one event; the log, faults and settings are fresh."""
    running.put_state({"entra": DIRECTORY})
    running.reset()
    return running


@pytest.fixture
def client(server: Sandbox) -> Iterator[GraphClient]:
    made = GraphClient(Environment.load(server.environment), FakeTime().timing())
    yield made
    made.close()


def _written(server: Sandbox) -> list[str]:
    paths = [(entry["method"], entry["path"]) for entry in server.requests()]
    return [method for method, path in paths if method != "GET" and path.startswith("/v1.0/")]


def _events(server: Sandbox) -> list[Row]:
    rows: list[Row] = server.state()["entra"]["calendars"]["zoe"][0]["events"]
    return rows


def _users(server: Sandbox) -> dict[str, Row]:
    return {row["id"]: row for row in server.state()["entra"]["users"]}


def _refusal(write: Write, client: GraphClient) -> TargetRefused:
    with pytest.raises(TargetRefused) as refused:
        write(client)
    return refused.value


# --- what is written --------------------------------------------------------------------------------------------------


def test_an_event_is_made_in_graphs_words(server: Sandbox, client: GraphClient) -> None:
    made = client.writes.create_event("zoe", "own", EVENT, ZONE)
    (row,) = [row for row in _events(server) if row["id"] == made]
    when = {"dateTime": "2026-11-22T10:30:00", "timeZone": "UTC"}
    assert (row["subject"], row["start"], row["isAllDay"], row["showAs"]) == (CANARY, when, False, "oof")
    found = client.events.event("zoe", made)
    assert found is not None
    assert {name: found[name] for name in ("title", "start", "end", "isAllDay", "showAs", "transactionId")} == {
        name: EVENT[name] for name in ("title", "start", "end", "isAllDay", "showAs", "transactionId")
    }


DAY = {"isAllDay": True, "start": "2026-11-22T00:00:00Z", "end": "2026-11-23T00:00:00Z"}


def test_e0_an_event_of_whole_days_begins_and_ends_at_midnight_of_its_owners_zone(
    server: Sandbox, client: GraphClient
) -> None:
    made = client.writes.create_event("zoe", "own", EVENT | DAY, ZONE)
    client.writes.update_event("zoe", "meeting", DAY, "America/New_York")
    times = {row["id"]: (row["start"], row["end"]) for row in _events(server)}
    for event_id, zone in ((made, ZONE), ("meeting", "America/New_York")):
        days = ("2026-11-22T00:00:00", "2026-11-23T00:00:00")
        assert times[event_id] == tuple({"dateTime": day, "timeZone": zone} for day in days)
    found = client.events.event("zoe", made)
    assert found is not None
    assert {name: found[name] for name in DAY} == DAY


def test_e0_any_other_event_has_its_times_in_utc(server: Sandbox, client: GraphClient) -> None:
    times = {"isAllDay": False, "start": "2026-11-22T00:00:00Z", "end": "2026-11-23T00:00:00Z"}
    client.writes.update_event("zoe", "meeting", times, ZONE)
    (row,) = _events(server)
    assert (row["start"]["timeZone"], row["end"]["timeZone"]) == ("UTC", "UTC")


def test_a_creation_that_is_repeated_makes_nothing_new(server: Sandbox, client: GraphClient) -> None:
    assert client.writes.create_event("zoe", "own", EVENT, ZONE) == client.writes.create_event(
        "zoe", "own", EVENT, ZONE
    )
    assert len(_events(server)) == 2


def test_what_an_event_does_not_say_is_not_sent(client: GraphClient) -> None:
    made = client.writes.create_event("zoe", "own", EVENT | {"title": None, "showAs": None}, ZONE)
    assert (client.events.event("zoe", made) or {})["showAs"] == "busy"


def test_only_the_given_fields_of_an_event_change(server: Sandbox, client: GraphClient) -> None:
    client.writes.update_event(
        "zoe", "meeting", {"emplyEventId": "e", "externalId": "meeting", "end": "2026-11-05T12:00:00Z"}, ZONE
    )
    found = client.events.event("zoe", "meeting")
    assert found is not None
    assert (found["title"], found["start"], found["end"]) == ("Møde", "2026-11-05T09:00:00Z", "2026-11-05T12:00:00Z")
    client.writes.delete_event("zoe", "meeting")
    assert _events(server) == []


@pytest.mark.parametrize("name", ["create_event", "update_event", "delete_event"])
def test_ids_are_the_immutable_ones(client: GraphClient, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    send = Mock(wraps=client.service._send)
    monkeypatch.setattr(client.service, "_send", send)
    WRITES[name][2](client)
    assert [sent.kwargs["headers"]["Prefer"] for sent in send.call_args_list] == ['IdType="ImmutableId"']


def test_a_user_is_made_changed_and_deleted(server: Sandbox, client: GraphClient) -> None:
    made = client.writes.create_user(USER)
    row = _users(server)[made]
    assert {name: row.get(name) for name in USER} == USER
    client.writes.update_user(made, {"jobTitle": "Kierowniczka", "mobilePhone": "+48 22"})
    assert (client.directory.user(made) or {})["jobTitle"] == "Kierowniczka"
    client.writes.delete_user(made)
    assert (
        client.directory.user(made),
        client.directory.deleted_user(made),
        client.directory.user("lucja@contoso.com"),
    ) == (None, True, None)


# --- refused ----------------------------------------------------------------------------------------------------------


def _said(error: TargetRefused) -> tuple[int | None, str, bool, bool]:
    return error.status, error.code, error.transient, error.uncertain


REFUSED: dict[str, tuple[Write, int, str]] = {
    "an event in a calendar that is gone": (
        lambda client: client.writes.create_event("zoe", "gone", EVENT, ZONE), 404, "ErrorItemNotFound"),
    "an event of nobody": (
        lambda client: client.writes.create_event("nobody", "own", EVENT, ZONE), 404, "ErrorInvalidUser"),
    "an event in a calendar that may not be edited": (
        lambda client: client.writes.create_event("zoe", "team", EVENT, ZONE), 403, "ErrorAccessDenied"),
    "an event that ends before it begins": (
        lambda client: client.writes.update_event("zoe", "meeting", {"end": "2020-01-01T00:00:00Z"}, ZONE), 400,
        "ErrorCalendarEndDateIsEarlierThanStartDate"),
    "an event that is gone": (lambda client: client.writes.delete_event("zoe", "gone"), 404, "ErrorItemNotFound"),
    "a name in use": (
        lambda client: client.writes.create_user(USER | {"userPrincipalName": "zoe@contoso.com"}), 400,
        "Request_BadRequest"),
    "a domain that is not verified": (
        lambda client: client.writes.create_user(USER | {"userPrincipalName": "x@elsewhere.example"}), 400,
        "Request_BadRequest"),
    "a user mastered on-premises": (
        lambda client: client.writes.update_user("hybrid", {"jobTitle": "x"}), 400, "Request_BadRequest"),
    "a user that is gone": (lambda client: client.writes.delete_user("nobody"), 404, "Request_ResourceNotFound"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_has_graphs_code_and_is_certain(server: Sandbox, client: GraphClient, name: str) -> None:
    write, status, code = REFUSED[name]
    before = server.state()
    assert _said(_refusal(write, client)) == (status, code, False, False)
    assert server.state() == before


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("status", [302, 400, 404, 409, 412, 422])
def test_any_refusal_is_for_good(server: Sandbox, client: GraphClient, name: str, status: int) -> None:
    method, path, write = WRITES[name]
    server.put_faults({"method": method, "path": path, "fault": {"status": status, "body": "<html>"}})
    assert _said(_refusal(write, client)) == (status, f"http_{status}", False, False)
    assert _written(server) == [method]


# --- lost and throttled -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("close", ["before", "after-commit", "mid-body"])
def test_a_write_whose_answer_is_lost_is_uncertain_and_not_repeated(
    server: Sandbox, client: GraphClient, name: str, close: str
) -> None:
    method, path, write = WRITES[name]
    server.put_faults({"method": method, "path": path, "times": 1, "fault": {"close": close}})
    if close == "mid-body" and name in {"delete_event", "update_user", "delete_user"}:
        write(client)  # their answers have no body that could break off
    else:
        assert _said(_refusal(write, client)) == (None, "no_answer", True, True)
    assert _written(server) == [method]


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_servers_error_on_a_write_is_uncertain_and_not_repeated(
    server: Sandbox, client: GraphClient, name: str, status: int
) -> None:
    method, path, write = WRITES[name]
    server.put_faults({"method": method, "path": path, "times": 1, "fault": {"status": status}})
    assert _said(_refusal(write, client)) == (status, f"http_{status}", True, True)
    assert _written(server) == [method]


@pytest.mark.parametrize("name", WRITES)
def test_a_page_in_place_of_an_answer_leaves_a_write_uncertain(server: Sandbox, client: GraphClient, name: str) -> None:
    """As a firewall or a sign-in page between the two answers, with 200."""
    method, path, write = WRITES[name]
    page = {"status": 200, "body": "\ufeff\n<html>Request Rejected</html>"}
    server.put_faults({"method": method, "path": path, "times": 1, "fault": page})
    assert _said(_refusal(write, client)) == (200, "a_page", True, True)
    assert _written(server) == [method]


@pytest.mark.parametrize("name", WRITES)
def test_an_empty_answer_that_is_not_graphs_leaves_a_write_uncertain(
    server: Sandbox, client: GraphClient, name: str
) -> None:
    """Where Graph has nothing to say it answers with 204."""
    method, path, write = WRITES[name]
    server.put_faults({"method": method, "path": path, "times": 1, "fault": {"status": 200, "body": ""}})
    assert _said(_refusal(write, client)) == (200, "empty", True, True)
    assert _written(server) == [method]


@pytest.mark.parametrize("name", WRITES)
def test_an_error_in_a_success_leaves_a_write_uncertain(server: Sandbox, client: GraphClient, name: str) -> None:
    method, path, write = WRITES[name]
    trouble = {"status": 200, "body": {"error": {"code": "Blocked", "message": "no"}}}
    server.put_faults({"method": method, "path": path, "times": 1, "fault": trouble})
    assert _said(_refusal(write, client)) == (200, "Blocked", True, True)


@pytest.mark.parametrize("name", WRITES)
def test_a_throttled_write_was_certainly_not_made_and_is_sent_again(
    server: Sandbox, client: GraphClient, name: str
) -> None:
    method, path, write = WRITES[name]
    fault = {"status": 429, "headers": {"Retry-After": "2"}}
    server.put_faults({"method": method, "path": path, "times": 2, "fault": fault})
    write(client)
    assert _written(server) == [method] * 3


@pytest.mark.parametrize("name", WRITES)
def test_a_service_that_stays_throttled_leaves_the_write_certainly_undone(
    server: Sandbox, client: GraphClient, name: str
) -> None:
    method, path, write = WRITES[name]
    before = server.state()
    server.put_faults({"method": method, "path": path, "fault": {"status": 429}})
    assert _said(_refusal(write, client)) == (429, "http_429", True, False)
    assert server.state() == before


@pytest.mark.parametrize("name", ["create_event", "create_user"])
@pytest.mark.parametrize("fault", [{"truncate": 0.5}, {"status": 201, "body": {}}, {"status": 201, "body": [1]}])
def test_a_creation_whose_answer_names_no_id_is_uncertain(
    server: Sandbox, client: GraphClient, name: str, fault: Row
) -> None:
    method, path, write = WRITES[name]
    server.put_faults({"method": method, "path": path, "fault": fault})
    assert _said(_refusal(write, client)) == (201, "no_id", True, True)
    assert _written(server) == [method]


def test_a_write_that_entra_gave_no_token_for_was_certainly_not_made(server: Sandbox, client: GraphClient) -> None:
    server.put_faults({"path": "/token$", "fault": {"status": 503}})
    assert _said(_refusal(WRITES["create_user"][2], client)) == (503, "http_503", True, False)
    assert _written(server) == []


# --- credentials ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITES)
def test_a_missing_permission_is_named(server: Sandbox, client: GraphClient, name: str) -> None:
    smallest = {"delete_user": "User.DeleteRestore.All"}
    permission = "Calendars.ReadWrite" if name.endswith("event") else smallest.get(name, "User.ReadWrite.All")
    server.change_settings(permissions=["User.Read.All", "Calendars.Read"])
    with pytest.raises(CredentialsError, match=f"refuses to {name}: the application lacks {permission}"):
        WRITES[name][2](client)
    assert _written(server) == [WRITES[name][0]]


@pytest.mark.parametrize("name", WRITES)
def test_a_refusal_in_spite_of_the_permission_is_about_this_object(
    server: Sandbox, client: GraphClient, name: str
) -> None:
    method, path, write = WRITES[name]
    server.put_faults({"method": method, "path": path, "fault": {"status": 403}})
    assert _said(_refusal(write, client)) == (403, "Authorization_RequestDenied", False, False)


@pytest.mark.parametrize("name", [name for name in WRITES if name.endswith("event")])
def test_a_mailbox_that_exchange_only_lets_read_is_about_this_mailbox(
    server: Sandbox, client: GraphClient, name: str
) -> None:
    server.change_settings(permissions=["User.Read.All"], exchange_roles=["Calendars.Read"])
    assert _said(_refusal(WRITES[name][2], client)) == (403, "ErrorAccessDenied", False, False)


@pytest.mark.parametrize("name", WRITES)
def test_a_refused_token_is_replaced_once(server: Sandbox, client: GraphClient, name: str) -> None:
    method, path, write = WRITES[name]
    server.put_faults({"method": method, "path": path, "times": 1, "fault": {"status": 401}})
    write(client)
    assert _written(server) == [method] * 2
    server.put_faults({"method": method, "path": path, "fault": {"status": 401}})
    with pytest.raises(CredentialsError, match="refuses the token"):
        write(client)


# --- what never gets out ----------------------------------------------------------------------------------------------


def test_passwords_are_strong_and_never_the_same() -> None:
    made = {writes._password() for _ in range(300)}
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation)
    assert len(made) == 300
    assert all(all(set(kind) & set(password) for kind in kinds) and len(password) == 40 for password in made)


@pytest.mark.parametrize("fault", [None, {"status": 400}, {"status": 403}, {"status": 401}, {"status": 504},
                                   {"status": 429}, {"close": "after-commit"}, {"truncate": 0.5}])  # fmt: skip
@pytest.mark.parametrize("name", ["create_user", "create_event"])
def test_no_password_and_nobodys_words_in_errors_and_logs(
    server: Sandbox, client: GraphClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, name: str,
    fault: Row | None,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "uvicorn")  # the sandbox's own log: it serves in this process
    monkeypatch.setattr(writes, "_password", lambda: "Canary-password-4711")
    method, path, write = WRITES[name]
    body = {"error": {"code": CANARY, "message": f"{CANARY} Canary-password-4711"}}
    server.put_faults(*([{"method": method, "path": path, "fault": {"body": body, **fault}}] if fault else []))
    shown = ""
    try:
        write(client)
    except (TargetRefused, CredentialsError) as error:
        shown = _everything(error)
    for canary in (CANARY, "Canary-password-4711", "Święcicka", "lucja@contoso.com"):
        assert canary not in shown + caplog.text


def test_a_password_is_for_the_first_sign_in_only(client: GraphClient, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = Mock(wraps=client._connection.ask)
    monkeypatch.setattr(client._connection, "ask", ask)
    client.writes.create_user(USER)
    sent = ask.call_args_list[0].kwargs["body"]
    assert sent["passwordProfile"].keys() == {"password", "forceChangePasswordNextSignIn"}
    assert sent["passwordProfile"]["forceChangePasswordNextSignIn"] is True
    assert None not in sent.values()


def _everything(error: BaseException) -> str:
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    return shown + "".join(_everything(each) for each in (error.__cause__, error.__context__) if each)


def test_users_are_written_at_the_pace_that_graph_allows(server: Sandbox) -> None:
    """3,000 in 150 s; events go by their mailboxes."""
    fake = FakeTime()
    client = GraphClient(Environment.load(server.environment), fake.timing())
    for number in range(60):
        client.writes.update_user("zoe", {"jobTitle": str(number)})
        client.writes.update_event("zoe", "meeting", {"title": str(number)}, "UTC")
    client.close()
    assert 2 < sum(fake.slept) <= 60 / 18
