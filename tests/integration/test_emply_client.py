"""The Emply client against the sandbox: lists read whole or not at all, writes sent once, a key that never gets out."""

import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from entra_emply.connectors.emply.client import EmplyClient
from entra_emply.connectors.reads import Read
from entra_emply.environment import Environment
from entra_emply.errors import CredentialsError, EntraEmplyError, SourceUnreadable, TargetRefused
from sandbox import Sandbox
from tests.emply_api import changed
from tests.fake_time import FakeTime
from tests.integration.faults import PASSES, STAYS

PEOPLE = 1200
CANARY = "canary.person@contoso.example"
SCENARIO: dict[str, Any] = {
    "emply": {
        "users": [
            {"id": f"user-{n:04}", "username": f"Kullanıcı-{n}", "email": CANARY if n == 7 else None,
             "active": n % 2 == 0, "roleIds": ["role-1"]}
            for n in range(PEOPLE)
        ],
        "employees": [{"id": f"emp-{n:04}", "number": n, "firstName": "Łucja"} for n in range(PEOPLE)],
        "roles": [{"id": "role-1", "title": "Çalışan"}, {"id": "role-2", "title": "HR"}],
        "departments": [{"id": "dep-1", "title": "København"}],
    }
}  # fmt: skip
LISTS: dict[str, tuple[str, Callable[[EmplyClient], Read], int]] = {
    "users": (r"/users$", EmplyClient.users, PEOPLE),
    "employees": (r"/employees$", EmplyClient.employees, PEOPLE),
    "roles": (r"/roles$", EmplyClient.roles, 2),
    "departments": (r"/departments$", EmplyClient.departments, 1),
}


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def server(shared_sandbox: Sandbox) -> Sandbox:
    """A customer with 1,200 users and as many employees: three pages each; the log, faults and settings are fresh."""
    shared_sandbox.put_state(SCENARIO)
    shared_sandbox.reset()
    shared_sandbox.change_settings(emply_per_second=100_000)
    return shared_sandbox


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def client(server: Sandbox, time: FakeTime) -> Iterator[EmplyClient]:
    yield from _client(server, time)


def _client(server: Sandbox, time: FakeTime, **changed: str) -> Iterator[EmplyClient]:
    made = EmplyClient(Environment.load({**server.environment, **changed}), time.timing())
    yield made
    made.close()


# --- what is read -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_read_whole(client: EmplyClient, name: str) -> None:
    _, read, rows = LISTS[name]
    done = read(client)
    assert (len(done.frame), done.certificate.rows, done.certificate.source) == (rows, rows, f"emply_{name}")


def test_deactivated_users_are_read_too(client: EmplyClient) -> None:
    assert client.users().frame["active"].sum() == PEOPLE // 2


@pytest.mark.parametrize("size", [0, 1, 2, 499, 500, 501, 999, 1000, 1001])
def test_lists_of_any_length_are_read_whole(server: Sandbox, client: EmplyClient, size: int) -> None:
    server.put_state({"emply": {"users": SCENARIO["emply"]["users"][:size]}})
    assert list(client.users().frame["emply_user_id"]) == [f"user-{n:04}" for n in range(size)]


def test_one_user_and_nobody(client: EmplyClient) -> None:
    user = client.user("user-0007")
    assert user is not None
    assert user["email"] == CANARY
    assert client.user("nobody") is None


def test_a_user_is_found_by_username_or_else_by_email(client: EmplyClient) -> None:
    for username, email in (("kullanıcı-7", None), ("unknown", CANARY.upper()), (None, f" {CANARY}")):
        found = client.find_user(username, email)
        assert found is not None
        assert found["id"] == "user-0007"
    assert client.find_user("unknown", "unknown@contoso.example") is None
    assert client.find_user(None, None) is None


# --- trouble while reading --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", PASSES)
@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("skip", [0, 1])
def test_trouble_that_passes_changes_nothing(
    server: Sandbox, client: EmplyClient, name: str, fault: str, skip: int
) -> None:
    path, read, rows = LISTS[name]
    server.put_faults({"path": path, "skip": skip, "times": 1, "fault": PASSES[fault]})
    assert len(read(client).frame) == rows


def test_an_empty_page_in_the_middle_is_never_the_end(server: Sandbox, client: EmplyClient) -> None:
    server.put_faults({"path": "/users$", "skip": 1, "fault": {"empty_page": True}})
    with pytest.raises(SourceUnreadable, match="emply_users could not be read: the list changed while it was read"):
        client.users()


def test_a_row_that_goes_between_two_pages_is_noticed(server: Sandbox, client: EmplyClient) -> None:
    users = SCENARIO["emply"]["users"]
    second = {"path": "/users$", "skip": 1, "times": 1, "fault": {"status": 200, "body": users[500:1000]}}
    server.put_faults(second)  # what skip=499 brings when one of the first rows has gone
    assert len(client.users().frame) == PEOPLE
    assert len([entry for entry in server.requests() if entry["path"].endswith("/users")]) == 2 + 4


STAYING = STAYS | {
    "404": ({"status": 404}, "Emply answered 404 not_found: are EMPLY_CUSTOMER and EMPLY_URL right"),
    "an object": ({"status": 200, "body": {"users": []}}, "a page is not a list"),
    "a row without an id": ({"status": 200, "body": [{"id": None}]}, "is missing in 1 row"),
    "a row that is none": ({"status": 200, "body": ["x"]}, "1 of 1 row is not an object"),
}


@pytest.mark.parametrize("fault", STAYING)
@pytest.mark.parametrize("name", LISTS)
def test_trouble_that_stays_makes_the_source_unreadable(
    server: Sandbox, client: EmplyClient, name: str, fault: str
) -> None:
    path, read, _ = LISTS[name]
    what, said = STAYING[fault]
    server.put_faults({"path": path, "fault": what})
    with pytest.raises(SourceUnreadable, match=said):
        read(client)


def test_where_skip_is_said_to_be_honoured_the_same_rows_for_ever_are_no_list(
    server: Sandbox, time: FakeTime, tmp_path: Path
) -> None:
    server.put_faults({"path": "/users$", "fault": {"status": 200, "body": [{"id": "a"}, {"id": "b"}]}})
    for client in _client(server, time, EMPLY_API=changed(tmp_path, lists={"style": "skip_take"})):
        with pytest.raises(SourceUnreadable, match="`skip` has no effect"):
            client.users()


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 404, "body": "<html>"}, {"status": 200, "body": {}}])
def test_nobody_is_taken_for_gone_because_of_trouble(
    server: Sandbox, client: EmplyClient, fault: dict[str, Any]
) -> None:
    server.put_faults({"path": "user-0007", "fault": fault})
    with pytest.raises(SourceUnreadable):
        client.user("user-0007")


def test_a_wrong_customer_is_no_missing_user(server: Sandbox, time: FakeTime) -> None:
    for client in _client(server, time, EMPLY_CUSTOMER="somebody-else"):
        with pytest.raises(SourceUnreadable, match="unknown_customer"):
            client.user("user-0007")


def test_the_client_keeps_below_what_emply_allows(server: Sandbox) -> None:
    server.change_settings(emply_per_second=50)
    client = EmplyClient(Environment.load(server.environment))
    for _ in range(8):
        client.users()
        client.roles()
    assert {entry["status"] for entry in server.requests()} == {200}
    client.close()


# --- credentials ------------------------------------------------------------------------------------------------------


def test_a_wrong_key_says_what_to_do(server: Sandbox, time: FakeTime) -> None:
    for client in _client(server, time, EMPLY_API_KEY="wrong"):
        with pytest.raises(CredentialsError, match="check EMPLY_API_KEY, and that the key is activated"):
            client.users()


def test_an_inactive_key_says_what_to_do(server: Sandbox, client: EmplyClient) -> None:
    server.change_settings(api_key_active=False)
    with pytest.raises(CredentialsError, match="check EMPLY_API_KEY, and that the key is activated"):
        client.employees()


@pytest.mark.parametrize("name", LISTS)
def test_a_missing_area_is_named(server: Sandbox, client: EmplyClient, name: str) -> None:
    server.change_settings(areas={area: "read" for area in LISTS if area != name})
    with pytest.raises(CredentialsError, match=f"lack the access {name}: read"):
        LISTS[name][1](client)


def test_reading_needs_no_right_to_write(server: Sandbox, client: EmplyClient) -> None:
    server.change_settings(areas=dict.fromkeys(LISTS, "read"))
    for _, read, _ in LISTS.values():
        read(client)
    with pytest.raises(CredentialsError, match="lack the access users: write"):
        client.update_user("user-0001", {"active": True})


# --- writes -----------------------------------------------------------------------------------------------------------

NEW = {"username": "ny.bruger@contoso.example", "firstName": "Søren", "roleIds": ["role-1"]}


def _users(server: Sandbox) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in server.state()["emply"]["users"]}


def _writes(server: Sandbox) -> list[str]:
    return [entry["method"] for entry in server.requests() if entry["method"] != "GET"]


def test_a_user_is_created_and_changed(server: Sandbox, client: EmplyClient) -> None:
    identity = client.create_user(NEW)
    client.update_user(identity, {"active": False, "roleIds": []})
    row = _users(server)[identity]
    assert (row["firstName"], row["active"], row["roleIds"]) == ("Søren", False, [])


def test_a_username_in_use_is_a_conflict_and_certainly_no_write(server: Sandbox, client: EmplyClient) -> None:
    with pytest.raises(TargetRefused) as refused:
        client.create_user({"username": "Kullanıcı-1"})
    error = refused.value
    assert (error.status, error.code, error.transient, error.uncertain) == (409, "username_in_use", False, False)
    assert len(_users(server)) == PEOPLE


def test_a_bad_value_is_refused_for_good(client: EmplyClient) -> None:
    with pytest.raises(TargetRefused) as refused:
        client.update_user("user-0001", {"roleIds": ["no-such-role"]})
    error = refused.value
    assert (error.status, error.code, error.transient, error.uncertain) == (422, "invalid", False, False)


@pytest.mark.parametrize("close", ["before", "after-commit", "mid-body"])
def test_a_creation_whose_answer_is_lost_is_uncertain_and_not_repeated(
    server: Sandbox, client: EmplyClient, close: str
) -> None:
    server.put_faults({"method": "POST", "path": "/users$", "times": 1, "fault": {"close": close}})
    with pytest.raises(TargetRefused) as refused:
        client.create_user(NEW)
    assert (refused.value.uncertain, refused.value.transient) == (True, True)
    assert _writes(server) == ["POST"]


@pytest.mark.parametrize("write", ["create", "update"])
def test_a_page_in_place_of_an_answer_leaves_a_write_uncertain(
    server: Sandbox, client: EmplyClient, write: str
) -> None:
    """As a firewall or a sign-in page between the two answers, with 200."""
    page = {"status": 200, "body": "<!doctype html><title>Request Rejected</title>"}
    server.put_faults({"path": "/users", "times": 1, "fault": page})
    with pytest.raises(TargetRefused) as refused:
        client.create_user(NEW) if write == "create" else client.update_user("user-0001", {"active": True})
    assert (refused.value.code, refused.value.uncertain, refused.value.transient) == ("a_page", True, True)
    assert len(_writes(server)) == 1


def test_an_error_in_a_success_leaves_a_write_uncertain(server: Sandbox, client: EmplyClient) -> None:
    trouble = {"status": 200, "body": {"error": {"code": "blocked", "message": "no"}}}
    server.put_faults({"path": "/users", "times": 1, "fault": trouble})
    with pytest.raises(TargetRefused) as refused:
        client.update_user("user-0001", {"active": True})
    assert (refused.value.code, refused.value.uncertain, refused.value.transient) == ("blocked", True, True)


@pytest.mark.parametrize(
    ("fault", "uncertain"), [({"status": 504}, True), ({"status": 500}, True), ({"truncate": 0.5}, True)]
)
@pytest.mark.parametrize("write", ["create", "update"])
def test_a_servers_error_on_a_write_is_uncertain_and_not_repeated(
    server: Sandbox, client: EmplyClient, fault: dict[str, Any], uncertain: bool, write: str
) -> None:
    server.put_faults(
        {"method": "POST" if write == "create" else "PATCH", "path": "/users", "times": 1, "fault": fault}
    )
    if (write, fault) == ("update", {"truncate": 0.5}):
        client.update_user("user-0001", {"active": True})  # what a change answers is of no use
        return
    with pytest.raises(TargetRefused) as refused:
        client.create_user(NEW) if write == "create" else client.update_user("user-0001", {"active": True})
    assert refused.value.uncertain is uncertain
    assert len(_writes(server)) == 1


def test_a_throttled_write_was_certainly_not_made_and_is_sent_again(server: Sandbox, client: EmplyClient) -> None:
    server.put_faults({"method": "POST", "path": "/users$", "times": 2, "fault": {"status": 429}})
    client.create_user(NEW)
    assert _writes(server) == ["POST", "POST", "POST"]
    assert len(_users(server)) == PEOPLE + 1


def test_a_service_that_stays_throttled_leaves_the_write_certainly_undone(server: Sandbox, client: EmplyClient) -> None:
    server.put_faults({"method": "POST", "path": "/users$", "fault": {"status": 429}})
    with pytest.raises(TargetRefused) as refused:
        client.create_user(NEW)
    assert (refused.value.status, refused.value.transient, refused.value.uncertain) == (429, True, False)


# --- what never gets out ----------------------------------------------------------------------------------------------

TROUBLE = [*(what for what, _ in STAYING.values()), {"status": 403}, {"status": 401}, {"status": 409}, {"status": 422}]


@pytest.mark.parametrize("fault", TROUBLE)
@pytest.mark.parametrize("call", [EmplyClient.users, lambda client: client.create_user(NEW | {"email": CANARY})])
def test_no_key_and_nobody_in_errors_and_logs(
    server: Sandbox, client: EmplyClient, caplog: pytest.LogCaptureFixture, fault: dict[str, Any],
    call: Callable[[EmplyClient], object],
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "uvicorn")  # the sandbox's own log: it serves in this process
    body = {"error": {"code": CANARY, "message": CANARY, "fields": {"email": CANARY}}}
    server.put_faults({"path": "/users$", "fault": {"body": body, **fault} if fault.get("status", 0) > 399 else fault})
    try:
        call(client)
    except EntraEmplyError as error:
        shown = _everything(error) + caplog.text
        for canary in (CANARY, NEW["username"], "Søren", server.environment["EMPLY_API_KEY"]):
            assert str(canary) not in shown
    else:
        assert call is not EmplyClient.users  # a creation may well succeed where only reading was troubled


def _everything(error: BaseException) -> str:
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    return shown + "".join(_everything(each) for each in (error.__cause__, error.__context__) if each)
