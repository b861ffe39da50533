"""The Emply client by other API descriptions: what an Emply cannot do, how key and changes travel, odd answers."""

import json
import logging
import traceback
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from entra_emply.connectors.emply.client import EmplyClient
from entra_emply.environment import Environment
from entra_emply.errors import EntraEmplyError, SettingsError, SourceUnreadable, TargetRefused
from tests.emply_api import V1, changed
from tests.fake_time import FakeTime
from tests.loopback import Loopback, Query, loopback

BEARER = {"query": None, "header": "Authorization", "prefix": "Bearer "}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    with loopback(tmp_path_factory.mktemp("tls")) as served:
        yield served


@pytest.fixture
def server(running: Loopback) -> Loopback:
    running.asked.clear()
    running.bodies.clear()
    running.headers.clear()
    return running


def _client(server: Loopback, folder: Path, variables: dict[str, str] | None = None, **sections: object) -> EmplyClient:
    described = {"EMPLY_API": changed(folder, V1, **sections)} if sections else {}
    return EmplyClient(Environment.load(server.environment | described | (variables or {})), FakeTime().timing())


# --- what this Emply cannot do ----------------------------------------------------------------------------------------


def test_what_is_null_cannot_be_done_and_says_so(server: Loopback, tmp_path: Path) -> None:
    client = _client(server, tmp_path, operations={"set_photo": None, "update_user": None})
    assert (client.can("set_photo"), client.can("get_user")) == (False, True)
    assert (client.cannot("photos"), client.cannot("users")) == (("set_photo",), ("update_user",))
    assert client.cannot("calendars") == ()
    assert "this Emply has no update_user (" in client.why_not("users")
    with pytest.raises(TargetRefused, match=r"update_user: this Emply has no update_user \(.*line \d+\)") as refused:
        client.update_user("u1", {"active": False})
    assert (refused.value.code, refused.value.transient, refused.value.uncertain) == ("not_offered", False, False)
    assert server.asked == []


def test_a_list_that_is_null_cannot_be_read(server: Loopback, tmp_path: Path) -> None:
    client = _client(server, tmp_path, operations={"list_calendars": None, "get_user": None})
    with pytest.raises(SourceUnreadable, match="emply_calendars could not be read: this Emply has no list_calendars"):
        client.calendars()
    with pytest.raises(SourceUnreadable, match="this Emply has no get_user"):
        client.user("u1")
    assert server.asked == []


def test_departments_that_there_are_none_of_are_no_departments(server: Loopback, tmp_path: Path) -> None:
    assert len(_client(server, tmp_path, operations={"list_departments": None}).departments().frame) == 0
    assert server.asked == []


def test_a_change_of_nothing_but_an_unknown_field_is_not_sent(server: Loopback, tmp_path: Path) -> None:
    client = _client(server, tmp_path, fields={"user": {"mobilePhone": None}})
    with pytest.raises(TargetRefused, match="this Emply has no field for it") as refused:
        client.update_user("u1", {"mobilePhone": "+45 1"})
    assert (refused.value.code, server.asked) == ("no_field", [])


# --- how it travels ---------------------------------------------------------------------------------------------------


def test_a_token_travels_in_its_header_and_not_in_the_address(server: Loopback, tmp_path: Path) -> None:
    server.reply = lambda *_: (200, [])
    _client(server, tmp_path, authentication=BEARER).roles()
    assert {headers["Authorization"] for headers in server.headers} == {"Bearer canary-key"}
    assert not any("canary-key" in query.values() for _, _, query in server.asked)


@pytest.mark.parametrize("name", ["page", "limit"])
def test_a_key_by_another_words_name_is_not_replaced_where_paging_is_found_out(
    server: Loopback, tmp_path: Path, name: str
) -> None:
    roles = [{"id": each, "title": each} for each in ("Çalışan", "Medarbejder", "Pracownik")]
    server.reply = lambda _method, _path, query: (200, roles) if query.get(name) == "canary-key" else (401, None)
    assert len(_client(server, tmp_path, authentication={"query": name}).roles().frame) == len(roles)


@pytest.mark.parametrize("key", ["two words", "tøken", "a\nb"])
def test_a_token_that_no_header_takes_is_refused_without_showing_it(server: Loopback, tmp_path: Path, key: str) -> None:
    with pytest.raises(SettingsError, match="EMPLY_API_KEY: expected a token") as error:
        _client(server, tmp_path, {"EMPLY_API_KEY": key}, authentication=BEARER)
    assert key not in str(error.value)


def test_no_token_in_errors_and_logs(server: Loopback, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.reply = lambda *_: (500, {"error": {"code": "canary-key"}})
    client = _client(server, tmp_path, authentication=BEARER)
    for call in (client.users, lambda: client.create_user({"username": "x"})):
        with pytest.raises(EntraEmplyError) as error:
            call()
        assert "canary-key" not in "".join(traceback.format_exception(error.value)) + caplog.text


@pytest.mark.parametrize(
    ("url", "variable", "path"),
    [
        ("https://api.emply.com/v1/{customer}", "/v9", "/v9/contoso/roles"),
        ("https://{customer}.emply.example/api", "/v9", "/v9/roles"),
    ],
)
def test_the_address_is_emply_url_or_the_descriptions(
    server: Loopback, tmp_path: Path, url: str, variable: str, path: str
) -> None:
    server.reply = lambda *_: (200, [])
    base = server.url.removesuffix("/v1")
    _client(server, tmp_path, {"EMPLY_URL": base + variable}, url=url).roles()
    assert {asked for _, asked, _ in server.asked} == {path}


def test_without_emply_url_the_address_is_the_descriptions(server: Loopback, tmp_path: Path) -> None:
    server.reply = lambda *_: (200, [])
    _client(server, tmp_path, {"EMPLY_URL": ""}, url=f"{server.url}/{{customer}}/hr").roles()
    assert {asked for _, asked, _ in server.asked} == {"/v1/contoso/hr/roles"}


def test_a_change_has_the_content_type_of_the_description(server: Loopback, tmp_path: Path) -> None:
    server.reply = lambda *_: (200, {})
    patch = {"method": "PATCH", "path": "users/{id}", "access": "users", "content_type": "application/json-patch+json"}
    names = {"user": {"lastName": "family/name"}}
    names["user"]["lastName"] = '"family/name"'
    _client(server, tmp_path, operations={"update_user": patch}, fields=names).update_user("u1", {"lastName": "Öz"})
    assert server.headers[0]["Content-Type"] == "application/json-patch+json"
    assert json.loads(server.bodies[0]) == [{"op": "replace", "path": "/family~1name", "value": "Öz"}]


def test_put_sends_the_whole_object_as_emply_has_it(server: Loopback, tmp_path: Path) -> None:
    user = {"uuid": "u1", "surname": "Holm", "theirs": {"a": 1}}
    server.reply = lambda *_: (200, user)
    put = {"method": "PUT", "path": "users/{id}", "access": "users"}
    client = _client(
        server, tmp_path, operations={"update_user": put}, fields={"user": {"id": "uuid", "lastName": "surname"}}
    )
    client.update_user("u1", {"lastName": "Berg"})
    assert [method for method, _, _ in server.asked] == ["GET", "PUT"]
    assert json.loads(server.bodies[-1]) == user | {"surname": "Berg"}


def test_put_sends_back_what_is_odd_in_an_object_as_it_came(server: Loopback, tmp_path: Path) -> None:
    user = {"id": "u1", "lastName": "Holm", "notes": "half a \ud83d"}
    server.reply = lambda *_: (200, json.dumps(user).encode())
    put = {"method": "PUT", "path": "users/{id}", "access": "users"}
    _client(server, tmp_path, operations={"update_user": put}).update_user("u1", {"lastName": "Berg"})
    assert json.loads(server.bodies[-1]) == user | {"lastName": "Berg"}


def test_an_object_that_is_nested_too_deeply_is_not_written(server: Loopback, tmp_path: Path) -> None:
    server.reply = lambda *_: (200, b'{"id": "u1", "notes": ' + b"[" * 1000 + b"]" * 1000 + b"}")
    put = {"method": "PUT", "path": "users/{id}", "access": "users"}
    with pytest.raises(TargetRefused, match="nested too deeply"):
        _client(server, tmp_path, operations={"update_user": put}).update_user("u1", {"lastName": "Berg"})
    assert [method for method, _, _ in server.asked] == ["GET"]


@pytest.mark.parametrize("identity", ["", ".", ".."])
def test_an_id_that_leads_to_another_address_is_not_asked_for(server: Loopback, tmp_path: Path, identity: str) -> None:
    client = _client(server, tmp_path)
    with pytest.raises(TargetRefused):
        client.delete_event(identity)
    with pytest.raises(SourceUnreadable):
        client.user(identity)
    assert server.asked == []


@pytest.mark.parametrize("location", ["\xff\xfe", "http://[::1", "https://elsewhere.example/"])
def test_a_redirect_is_not_followed_wherever_it_leads(server: Loopback, tmp_path: Path, location: str) -> None:
    server.reply = lambda *_: (302, b"", {"Location": location})
    client = _client(server, tmp_path)
    with pytest.raises(SourceUnreadable, match="answered 302"):
        client.user("u1")
    with pytest.raises(TargetRefused, match="answered 302"):
        client.update_user("u1", {"active": False})
    assert len(server.asked) == 2


def test_errors_are_read_by_the_description(server: Loopback, tmp_path: Path) -> None:
    server.reply = lambda *_: (404, {"problem": {"kind": "unknown_entity"}})
    errors = {"code": "problem.kind", "not_found": ["unknown_entity"]}
    assert _client(server, tmp_path, errors=errors).user("u1") is None
    with pytest.raises(SourceUnreadable, match="answered 404:"):
        _client(server, tmp_path).user("u1")


@pytest.mark.parametrize(
    ("body", "status"),
    [({"error": {"code": "not_found"}}, 404), ({"error": {"code": "no_route"}}, None), (b"<html>", None), (b"", None)],
)
def test_a_write_is_told_that_its_object_is_gone_by_emply_alone(
    server: Loopback, tmp_path: Path, body: object, status: int | None
) -> None:
    """Outlook's event is deleted where Emply's is gone (E2): a gateway's 404 must not do that."""
    server.reply = lambda *_: (404, body)
    with pytest.raises(TargetRefused, match="answered 404") as refused:
        _client(server, tmp_path).update_event("e1", {"title": "Øl"})
    assert (refused.value.status, refused.value.uncertain) == (status, False)


def test_the_id_of_what_is_made_is_read_by_the_description(server: Loopback, tmp_path: Path) -> None:
    server.reply = lambda *_: (201, {"uuid": "new"})
    assert _client(server, tmp_path, fields={"user": {"id": "uuid"}}).create_user({"username": "zoë"}) == "new"


def test_rows_are_read_by_the_description(server: Loopback, tmp_path: Path) -> None:
    def reply(_method: str, _path: str, query: Query) -> tuple[int, object]:
        rows = [{"uuid": f"u{n}", "name": {"last": "Şahin"}, "roles": [{"id": "r1"}]} for n in range(1200)]
        return 200, rows[int(query["skip"]) :][: int(query["take"])]

    server.reply = reply
    fields = {"user": {"id": "uuid", "lastName": {"read": "name.last", "write": "lastName"},
                       "roleIds": {"read": "roles[].id", "write": "roles"}}}  # fmt: skip
    frame = _client(server, tmp_path, fields=fields).users().frame
    assert frame.iloc[0][["emply_user_id", "last_name"]].to_list() == ["u0", "Şahin"]
    assert (len(frame), list(frame["role_ids"].iloc[7])) == (1200, ["r1"])


# --- odd answers ------------------------------------------------------------------------------------------------------

EVENT = {"id": "e1", "start": "2026-11-22T09:00:00Z", "end": "2026-11-22T10:00:00Z"}
ODD: dict[str, tuple[str, bytes, str]] = {
    "a text where a list belongs": ("users", b'[{"id": "u1", "roleIds": "admin"}]', "role_ids is not a list of texts"),
    "a list where a text belongs": ("users", b'[{"id": "u1", "email": ["a"]}]', "email is not a text"),
    "a lone surrogate": ("users", b'[{"id": "u1", "lastName": "\\ud800"}]', "last_name is out of range"),
    "a lone surrogate in a list": ("users", b'[{"id": "u1", "roleIds": ["\\udfff"]}]', "role_ids is out of range"),
    "NUL": ("users", b'[{"id": "u1", "lastName": "a\\u0000b"}]', "last_name has a NUL"),
    "NUL in a list": ("users", b'[{"id": "u1", "roleIds": ["a\\u0000b"]}]', "role_ids has a NUL"),
    "a number that is too long": (
        "employees",
        b'[{"id": "u1", "number": 99999999999999999999}]',
        "number is not a whole number",
    ),
}
NO_LIST = {"a text": (b'"nothing"', "a page is not a list"), "null": (b"null", "a page is not a list"),
           "half a character, cut off": (b'[{"id": "\\ud800', "no JSON")}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_an_odd_answer_makes_the_source_unreadable_and_names_the_row(
    server: Loopback, tmp_path: Path, name: str
) -> None:
    source, body, said = ODD[name]
    server.reply = lambda *_: (200, body)
    with pytest.raises(SourceUnreadable) as error:
        getattr(_client(server, tmp_path), source)()
    assert f"{said} in 1 row (ids u1)" in str(error.value)


@pytest.mark.parametrize("name", NO_LIST)
def test_an_answer_that_is_no_list_is_no_list(server: Loopback, tmp_path: Path, name: str) -> None:
    body, said = NO_LIST[name]
    server.reply = lambda *_: (200, body)
    with pytest.raises(SourceUnreadable, match=said):
        _client(server, tmp_path).roles()


@pytest.mark.parametrize("body", [[], [{"id": "r1"}], None, "items", 5])
def test_an_answer_that_is_not_the_object_of_the_description_is_no_list(
    server: Loopback, tmp_path: Path, body: object
) -> None:
    server.reply = lambda *_: (200, body)
    with pytest.raises(SourceUnreadable, match="a page is not a list"):
        _client(server, tmp_path, lists={"rows": "items"}).roles()


@pytest.mark.parametrize("rows", ["[::0]", "[?contains(id, `1`)]", "[?'a' < `1`]"])
def test_an_expression_that_fails_on_an_answer_finds_no_list(server: Loopback, tmp_path: Path, rows: str) -> None:
    server.reply = lambda *_: (200, [{"id": "r1"}])
    with pytest.raises(SourceUnreadable, match="a page is not a list"):
        _client(server, tmp_path, lists={"rows": rows}).roles()


ODD_NOW: dict[str, object] = {
    "null": None,
    "a text": "u1",
    "no id": {"externalId": "x"},
    "an id that is a number": {"id": 5},
    "an empty id": {"id": ""},
    "an id of half a character": {"id": "\ud800"},
    "an id with NUL": {"id": "a\0"},
}


@pytest.mark.parametrize("name", ODD_NOW)
def test_an_odd_row_of_a_list_is_nothing_to_act_on(server: Loopback, tmp_path: Path, name: str) -> None:
    body = json.dumps([ODD_NOW[name]]).encode()
    server.reply = lambda *_: (200, body)
    client = _client(server, tmp_path)
    for read in (client.list_calendars, partial(client.calendar_events, "c1"), partial(client.find_user, "zoë", None)):
        with pytest.raises(SourceUnreadable):
            read()


@pytest.mark.parametrize(
    "odd",
    [{"roleIds": [None, "r1"]}, {"roleIds": [{"id": "r1"}]}, {"roleIds": "r1"}, {"active": "false"}, {"email": ["a"]}],
)
def test_an_odd_user_is_nothing_to_act_on(server: Loopback, tmp_path: Path, odd: dict[str, object]) -> None:
    server.reply = lambda *_: (200, {"id": "u1"} | odd)
    with pytest.raises(SourceUnreadable, match=r"in 1 row \(ids u1\)"):
        _client(server, tmp_path).user("u1")


@pytest.mark.parametrize("made", ["", "\ud800", "a\0", 5, None])
def test_an_id_that_cannot_be_kept_leaves_a_creation_uncertain(server: Loopback, tmp_path: Path, made: object) -> None:
    server.reply = lambda *_: (201, json.dumps({"id": made}).encode())
    with pytest.raises(TargetRefused, match="names no id") as refused:
        _client(server, tmp_path).create_user({"username": "zoë"})
    assert refused.value.uncertain


@pytest.mark.parametrize(
    "time",
    ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-02:00", "2026-13-45T99:99:99Z", "2026-02-30T10:00:00Z",
     "0000-01-01T00:00:00Z", "soon", "", 5, True, {"at": 1}, "２０２６-11-22T09:00:00Z"],
)  # fmt: skip
@pytest.mark.parametrize("side", ["start", "end"])
def test_a_time_that_is_none_makes_events_unreadable_and_names_the_event(
    server: Loopback, tmp_path: Path, side: str, time: object
) -> None:
    server.reply = lambda *_: (200, [EVENT | {side: time}])
    with pytest.raises(SourceUnreadable, match=rf"{side} is not a time in 1 row \(ids e1\)"):
        _client(server, tmp_path).events(["c1"])


@pytest.mark.parametrize(
    ("written", "read"),
    [("2026-02-28T10:00:00.1234567Z", "2026-02-28T10:00:00Z"), ("2028-02-29T10:00:00Z", "2028-02-29T10:00:00Z"),
     ("2026-11-30T23:30:00-01:00", "2026-12-01T00:30:00Z"), ("0800-01-31T10:00:00Z", "0800-01-31T10:00:00Z")],
)  # fmt: skip
def test_a_time_is_read_to_the_second_in_utc(server: Loopback, tmp_path: Path, written: str, read: str) -> None:
    server.reply = lambda *_: (200, [EVENT | {"start": written}])
    assert _client(server, tmp_path).events(["c1"]).frame["start"].to_list() == [read]
