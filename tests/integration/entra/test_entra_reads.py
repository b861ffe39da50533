"""The Graph client against the sandbox: complete reads or none, and what each failure tells the operator."""

import logging
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from entra_emply.connectors.answer import RequestFailed
from entra_emply.connectors.entra import sign_in
from entra_emply.connectors.entra.client import GraphClient
from entra_emply.connectors.reads import Read
from entra_emply.environment import Environment
from entra_emply.errors import CredentialsError, EntraEmplyError, SettingsError, SourceUnreadable
from sandbox import Sandbox
from tests.certificates import Issuer, certificate
from tests.fake_time import FakeTime
from tests.integration.faults import PASSES_IN_GRAPH, STAYS_IN_GRAPH

PEOPLE = 1500
NAMES = ["Şükrü Öztürk", "Søren Ærøskøbing", "Łucja Święcicka", "Megan Jordan"]
CANARY = "canary.person@contoso.example"
GROUPS = {"group-1": PEOPLE, "group-2": 3, "group-3": 0}

USERS, MEMBERS, ORGANIZATION = r"/users$", r"/group-1/members$", r"/organization$"
Call = Callable[[GraphClient], Read]
LISTS: dict[str, tuple[str, Call]] = {
    "users": (USERS, lambda client: client.directory.users()),
    "groups": (r"/groups$", lambda client: client.directory.groups()),
    "tenant": (ORGANIZATION, lambda client: client.directory.tenant()),
    "members": (MEMBERS, lambda client: client.directory.members(list(GROUPS), transitive=False)),
    "transitive members": (
        r"transitiveMembers$",
        lambda client: client.directory.members(list(GROUPS), transitive=True),
    ),
}


def _user(n: int) -> dict[str, Any]:
    return {"id": f"user-{n:04}", "displayName": NAMES[n % 4], "mail": CANARY, "userPrincipalName": f"{n}.{CANARY}"}


SCENARIO: dict[str, Any] = {
    "entra": {
        "users": [_user(n) for n in range(PEOPLE)],
        "groups": [
            {
                "id": name,
                "displayName": "Ansatte på Ærø",
                "groupTypes": ["DynamicMembership"] if name == "group-2" else [],
                "members": [f"user-{n:04}" for n in range(size)] + (["group-2"] if name == "group-3" else []),
            }
            for name, size in GROUPS.items()
        ],
        "deletedUsers": [{"id": "gone-1", "userPrincipalName": "gone"}],
    }
}


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[Sandbox]:
    with Sandbox(SCENARIO) as sandbox:
        yield sandbox


@pytest.fixture
def server(shared_sandbox: Sandbox) -> Sandbox:
    """A tenant of 1,500 people, two pages of users; the log, faults and settings are fresh."""
    shared_sandbox.reset()
    return shared_sandbox


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def client(server: Sandbox, time: FakeTime) -> Iterator[GraphClient]:
    yield from _client(server, time)


def _client(server: Sandbox, time: FakeTime, **changed: str) -> Iterator[GraphClient]:
    made = GraphClient(Environment.load({**server.environment, **changed}), time.timing())
    yield made
    made.close()


def _asked(server: Sandbox, path: str = "/v1.0/") -> list[dict[str, Any]]:
    return [entry for entry in server.requests() if path in entry["path"]]


# --- what is read -----------------------------------------------------------------------------------------------------


def test_users_are_read_whole_in_pages_of_999(server: Sandbox, client: GraphClient) -> None:
    read = client.directory.users()
    assert list(read.frame["entra_id"]) == [f"user-{n:04}" for n in range(PEOPLE)]
    assert read.frame["display_name"][0] == "Şükrü Öztürk"
    assert (read.certificate.source, read.certificate.pages, read.certificate.rows) == ("entra_users", 2, PEOPLE)
    assert len(read.certificate.sha256) == 64
    assert read.certificate.started_at <= read.certificate.ended_at
    assert {"%24top=999", "$top=999"} & set(_asked(server)[0]["query"].split("&"))


def test_unchanged_pages_have_the_same_hash_and_others_another(client: GraphClient) -> None:
    first, second = client.directory.groups(), client.directory.groups()
    assert first.certificate.sha256 == second.certificate.sha256 != client.directory.users().certificate.sha256


@pytest.mark.parametrize(
    "written",
    [
        {"userPrincipalName": "Şule@contoso.com"},
        {"mail": "şule@CONTOSO.com"},
        {"otherMails": ["şule@contoso.com"]},
        {"proxyAddresses": ["SMTP:post@contoso.com", "smtp:Şule@contoso.com"]},
    ],
)
def test_people_are_found_by_any_of_their_addresses_in_any_case(
    server: Sandbox, client: GraphClient, written: dict[str, Any]
) -> None:
    state = server.state()
    server.put_state({"entra": {"users": [{"id": "named", **written}, {"id": "o'hara", "mail": "else@contoso.com"}]}})
    found = client.directory.users_named(["şule@contoso.com", "o'hara", "nobody@contoso.com"]).frame
    server.put_state(state)
    assert sorted(found["entra_id"]) == ["named", "o'hara"]


def test_the_tenant_is_one_row(client: GraphClient) -> None:
    assert len(client.directory.tenant().frame) == 1


def test_groups_know_whether_a_rule_makes_their_members(client: GraphClient) -> None:
    frame = client.directory.groups().frame
    assert dict(zip(frame["group_id"], frame["dynamic"], strict=True)) == {
        "group-1": False, "group-2": True, "group-3": False,
    }  # fmt: skip


def test_members_of_all_groups_direct_and_transitive(client: GraphClient) -> None:
    direct = client.directory.members(list(GROUPS), transitive=False)
    assert direct.frame.groupby("group_id").size().to_dict() == {"group-1": PEOPLE, "group-2": 3, "group-3": 1}
    assert direct.frame.iloc[-1].to_list() == ["group-3", "group-2", "group"]
    assert direct.certificate.pages == 4
    nested = client.directory.members(["group-3"], transitive=True).frame
    assert sorted(nested["member_type"]) == ["group", "user", "user", "user"]


def test_members_of_no_groups_are_none(client: GraphClient) -> None:
    assert len(client.directory.members([], transitive=False).frame) == 0


def test_the_order_of_group_ids_does_not_matter(client: GraphClient) -> None:
    one = client.directory.members(["group-1", "group-2"], transitive=False)
    other = client.directory.members(["group-2", "group-1"], transitive=False)
    assert one.frame.equals(other.frame)
    assert one.certificate.sha256 == other.certificate.sha256


def test_single_objects(client: GraphClient) -> None:
    user = client.directory.user("user-0001")
    assert user is not None
    assert user["accountEnabled"] in (True, None)
    assert client.directory.user("nobody") is None
    assert client.directory.deleted_user("gone-1")
    assert not client.directory.deleted_user("user-0001")
    assert client.directory.all_groups_of("user-0001") == {"group-1", "group-2", "group-3"}
    assert client.directory.all_groups_of("nobody") == frozenset()
    assert len(client.directory.direct_members("group-1")) == PEOPLE
    assert client.directory.direct_members("group-3") == {"group-2"}
    assert client.directory.direct_members("nothing") == frozenset()


def test_only_reads_are_sent(server: Sandbox, client: GraphClient) -> None:
    for _, read in LISTS.values():
        read(client)
    assert {entry["method"] for entry in _asked(server)} == {"GET"}


# --- trouble that passes ----------------------------------------------------------------------------------------------

# The organization has no pages.
EVERY = [
    (name, fault) for name in LISTS for fault in PASSES_IN_GRAPH if (name, fault.split()[0]) != ("tenant", "empty")
]


@pytest.mark.parametrize(("name", "fault"), EVERY)
def test_trouble_that_passes_changes_nothing(server: Sandbox, client: GraphClient, name: str, fault: str) -> None:
    path, read = LISTS[name]
    healthy = read(client).frame
    server.put_faults({"path": path, "times": 1, "fault": PASSES_IN_GRAPH[fault]})
    assert read(client).frame.equals(healthy)


@pytest.mark.parametrize("times", [1, 2])
def test_an_empty_page_in_the_middle_is_not_the_end(server: Sandbox, client: GraphClient, times: int) -> None:
    server.put_faults({"path": USERS, "skip": 1, "times": times, "fault": {"empty_page": True}})
    assert len(client.directory.users().frame) == PEOPLE


@pytest.mark.parametrize(
    ("status", "code"), [(400, "Directory_ExpiredPageToken"), (410, "resyncRequired"), (410, "SyncStateNotFound")]
)
def test_an_expired_page_chain_begins_anew(server: Sandbox, client: GraphClient, status: int, code: str) -> None:
    body = {"error": {"code": code, "message": "expired"}}
    server.put_faults({"path": USERS, "skip": 1, "times": 1, "fault": {"status": status, "body": body}})
    read = client.directory.users()
    assert len(read.frame) == PEOPLE
    assert read.certificate.pages == 2
    assert len(_asked(server)) == 4


def test_identical_repeats_are_merged(server: Sandbox, client: GraphClient) -> None:
    _answer_with(server, [_row(1), _row(2), _row(1)])
    assert len(client.directory.users().frame) == 2


def test_differing_repeats_begin_anew(server: Sandbox, client: GraphClient) -> None:
    _answer_with(server, [_row(1), _row(2), _row(1) | {"mail": "other@contoso.example"}], times=1)
    assert len(client.directory.users().frame) == PEOPLE


# --- trouble that stays -----------------------------------------------------------------------------------------------

STAYING = STAYS_IN_GRAPH | {
    "404": ({"status": 404}, "answered 404 Request_ResourceNotFound"),
    "400": ({"status": 400}, "answered 400 Request_BadRequest"),
    "another object": ({"status": 200, "body": {"users": []}}, "a page is not a list"),
    "a list": ({"status": 200, "body": []}, "a page is not an object"),
}


@pytest.mark.parametrize("fault", STAYING)
@pytest.mark.parametrize("name", LISTS)
def test_trouble_that_stays_makes_the_source_unreadable(
    server: Sandbox, client: GraphClient, name: str, fault: str
) -> None:
    path, read = LISTS[name]
    what, said = STAYING[fault]
    server.put_faults({"path": path, "fault": what})
    with pytest.raises(SourceUnreadable, match=said):
        read(client)


@pytest.mark.parametrize("fault", ["404", "500", "cut in half", "broken inside"])
def test_a_second_page_that_fails_leaves_no_half_list(server: Sandbox, client: GraphClient, fault: str) -> None:
    server.put_faults({"path": USERS, "skip": 1, "fault": STAYING[fault][0]})
    with pytest.raises(SourceUnreadable):
        client.directory.users()


def test_one_group_that_cannot_be_read_makes_all_members_unreadable(server: Sandbox, client: GraphClient) -> None:
    server.put_faults({"path": "group-2/members", "fault": {"status": 404}})
    with pytest.raises(SourceUnreadable, match="entra_group_members"):
        client.directory.members(list(GROUPS), transitive=False)


def test_a_circle_of_nextlinks_ends(server: Sandbox, client: GraphClient) -> None:
    server.put_faults({"path": USERS, "fault": {"empty_page": True}})
    with pytest.raises(SourceUnreadable, match="circle"):
        client.directory.users()


@pytest.mark.parametrize("link", ["https://elsewhere.example/v1.0/users", "http://localhost/v1.0/users", 7])
def test_a_nextlink_to_another_host_is_not_followed(server: Sandbox, client: GraphClient, link: object) -> None:
    body = {"value": [], "@odata.nextLink": link}
    server.put_faults({"path": USERS, "fault": {"status": 200, "body": body}})
    with pytest.raises(SourceUnreadable, match="another host"):
        client.directory.users()


def test_an_endlessly_expiring_chain_is_given_up(server: Sandbox, client: GraphClient) -> None:
    body = {"error": {"code": "Directory_ExpiredPageToken"}}
    server.put_faults(
        *({"path": USERS, "skip": skip, "times": 1, "fault": {"status": 400, "body": body}} for skip in (1, 2, 3))
    )
    with pytest.raises(SourceUnreadable, match="the list changed while it was read"):
        client.directory.users()


def test_rows_that_always_differ_are_given_up(server: Sandbox, client: GraphClient) -> None:
    _answer_with(server, [_row(1), _row(1) | {"mail": CANARY}])
    with pytest.raises(SourceUnreadable, match="the list changed while it was read"):
        client.directory.users()


def test_rows_of_the_wrong_type_are_refused_without_their_values(server: Sandbox, client: GraphClient) -> None:
    _answer_with(server, [{"id": "u-1", "mail": [CANARY]}, {"id": "u-2", "mail": None}])
    with pytest.raises(SourceUnreadable, match=r"mail is not a text in 1 row \(ids u-1\)") as error:
        client.directory.users()
    assert CANARY not in _everything(error.value)


@pytest.mark.parametrize("rows", [[{"mail": "x"}], [{"id": None}], [{"id": {}}], ["x"], [None], [{"id": ""}]])
def test_rows_without_an_id_are_refused(server: Sandbox, client: GraphClient, rows: list[Any]) -> None:
    _answer_with(server, rows)
    with pytest.raises(SourceUnreadable):
        client.directory.users()


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 404, "body": "<html>"}, {"status": 200, "body": {}}])
def test_nobody_is_taken_for_gone_because_of_trouble(
    server: Sandbox, client: GraphClient, fault: dict[str, Any]
) -> None:
    server.put_faults({"path": "user-0001", "fault": fault}, {"path": "deletedItems", "fault": fault})
    for look in (client.directory.user, client.directory.deleted_user, client.directory.all_groups_of):
        with pytest.raises(SourceUnreadable):
            look("user-0001")


# --- credentials ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("ENTRA_CLIENT_SECRET", "wrong", r"AADSTS7000215\): the client secret is wrong"),
        ("ENTRA_CLIENT_ID", "unknown", r"AADSTS700016\): the tenant does not know this application"),
        ("ENTRA_TENANT_ID", "unknown", "check ENTRA_TENANT_ID"),
    ],
)
def test_wrong_credentials_say_what_to_do(
    server: Sandbox, time: FakeTime, variable: str, value: str, said: str
) -> None:
    for client in _client(server, time, **{variable: value}):
        with pytest.raises(CredentialsError, match=said):
            client.directory.users()


def test_an_expired_secret_says_what_to_do(server: Sandbox, client: GraphClient) -> None:
    server.change_settings(secret_expired=True)
    with pytest.raises(CredentialsError, match=r"AADSTS7000222\): the client secret has expired"):
        client.directory.users()


@pytest.mark.parametrize(
    ("permission", "name"),
    [
        ("User.Read.All", "users"),
        ("GroupMember.Read.All", "groups"),
        ("GroupMember.Read.All", "members"),
        ("Organization.Read.All", "tenant"),
    ],
)
def test_a_missing_permission_is_named(server: Sandbox, client: GraphClient, permission: str, name: str) -> None:
    needed = {"User.Read.All", "GroupMember.Read.All", "Organization.Read.All"}
    server.change_settings(permissions=sorted(needed - {permission}))
    with pytest.raises(CredentialsError, match=permission):
        LISTS[name][1](client)


def test_three_permissions_are_enough(server: Sandbox, client: GraphClient) -> None:
    server.change_settings(permissions=["User.Read.All", "GroupMember.Read.All", "Organization.Read.All"])
    for _, read in LISTS.values():
        read(client)
    test_single_objects(client)


def test_a_token_serves_many_requests_and_is_replaced_before_it_expires(
    server: Sandbox, client: GraphClient, time: FakeTime
) -> None:
    client.directory.users()
    client.directory.groups()
    assert len(_asked(server, "/token")) == 1
    time.now += 3599 - 290
    client.directory.groups()
    assert len(_asked(server, "/token")) == 2


def test_a_refused_token_is_replaced_once(server: Sandbox, client: GraphClient) -> None:
    server.put_faults({"path": USERS, "fault": {"status": 401}})
    with pytest.raises(CredentialsError, match="refuses the token"):
        client.directory.users()
    assert len(_asked(server)) == 2
    assert len(_asked(server, "/token")) == 2


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 429}, {"close": "before"}, {"truncate": 0.5}])
def test_signing_in_survives_trouble_that_passes(server: Sandbox, client: GraphClient, fault: dict[str, Any]) -> None:
    server.put_faults({"path": "openid-configuration", "times": 2, "fault": fault})
    assert len(client.directory.groups().frame) == 3


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/token$", {"status": 403, "body": {"error": "forbidden"}}),
        ("/token$", {"status": 404, "body": {}}),
        ("/token$", {"status": 403, "body": "a proxy's page"}),
        ("openid-configuration", {"status": 404}),
    ],
)
def test_a_sign_in_that_is_not_answered_by_entra_says_where_to_look(
    server: Sandbox, client: GraphClient, path: str, fault: dict[str, Any]
) -> None:
    server.put_faults({"path": path, "fault": fault})
    with pytest.raises(CredentialsError, match=rf"answered {fault['status']}.*check ENTRA_TENANT_ID and"):
        client.directory.users()


@pytest.mark.parametrize("error", [ValueError(), RequestFailed("Entra: no answer", transient=True)])
def test_a_managed_identity_outside_azure_is_said_to_be(
    server: Sandbox, time: FakeTime, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(sign_in, "_by_identity", Mock(side_effect=error))
    for client in _client(server, time, ENTRA_CLIENT_SECRET="", ENTRA_MANAGED_IDENTITY="system"):
        with pytest.raises(EntraEmplyError, match="there is no managed identity here"):
            client.directory.users()


def test_a_certificate_that_has_expired_is_said_to_have(server: Sandbox, time: FakeTime, tmp_path: Path) -> None:
    file, _ = certificate(tmp_path, -timedelta(days=1))
    for client in _client(server, time, ENTRA_CLIENT_SECRET="", ENTRA_CLIENT_CERTIFICATE=str(file)):
        with pytest.raises(CredentialsError, match=r"expired on \d{4}-\d\d-\d\d: register a new one"):
            client.directory.users()


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer()


def test_a_federated_token_is_read_from_its_file_for_each_token(
    server: Sandbox, time: FakeTime, tmp_path: Path, issuer: Issuer
) -> None:
    """Kubernetes replaces it."""
    file = tmp_path / "token"
    file.write_text(issuer.token() + "\n")
    server.change_settings(federated=issuer.credential)
    for client in _client(server, time, ENTRA_CLIENT_SECRET="", AZURE_FEDERATED_TOKEN_FILE=str(file)):
        client.directory.groups()
        file.write_text(issuer.token(exp=1))
        time.now += 3599
        with pytest.raises(CredentialsError, match=r"AADSTS700024\): .*what writes the token"):
            client.directory.groups()
        file.write_text(issuer.token())
        client.directory.groups()


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"iss": "https://another.example"}, "AADSTS700211.*is of an issuer that no federated credential"),
        ({"aud": "api://other"}, "AADSTS700212.*another audience"),
        ({"sub": "system:serviceaccount:hr:other"}, "AADSTS700213.*is of a subject that no federated credential"),
    ],
)
def test_a_federated_token_that_entra_does_not_know_says_what_to_compare(
    server: Sandbox, time: FakeTime, tmp_path: Path, issuer: Issuer, claims: dict[str, str], said: str
) -> None:
    file = tmp_path / "token"
    file.write_text(issuer.token(**claims))
    server.change_settings(federated=issuer.credential)
    for client in _client(server, time, ENTRA_CLIENT_SECRET="", ENTRA_FEDERATED_TOKEN_FILE=str(file)):
        with pytest.raises(CredentialsError, match=said):
            client.directory.groups()


@pytest.mark.parametrize("content", [None, b"", b" \n", b"canary", b"canary.canary", b"\xff\xfe.a.b", b"a.b.c d.e.f"])
def test_a_wrong_federated_token_file_is_told_without_showing_it(
    server: Sandbox, time: FakeTime, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    said = "ENTRA_FEDERATED_TOKEN_FILE " + ("cannot be read" if content is None else "must hold one token")
    for client in _client(server, time, ENTRA_CLIENT_SECRET="", ENTRA_FEDERATED_TOKEN_FILE=str(file)):
        with pytest.raises(SettingsError, match=said) as error:
            client.directory.groups()
        assert "canary" not in str(error.value)


def test_entra_that_does_not_answer_is_no_mistake_of_the_credentials(server: Sandbox, client: GraphClient) -> None:
    server.put_faults({"path": "/token$", "fault": {"status": 503}})
    with pytest.raises(SourceUnreadable, match="Entra: answered 503"):
        client.directory.users()


def test_a_server_with_another_authoritys_certificate_is_not_trusted(server: Sandbox, time: FakeTime) -> None:
    with Sandbox() as other:
        for client in _client(server, time, CA_BUNDLE=other.environment["CA_BUNDLE"]):
            with pytest.raises(SourceUnreadable, match="CA_BUNDLE"):
                client.directory.users()


# --- what never gets out ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [*(what for what, _ in STAYING.values()), {"status": 403}, {"status": 401}])
def test_no_secret_and_nobody_in_errors_and_logs(
    server: Sandbox, client: GraphClient, caplog: pytest.LogCaptureFixture, fault: dict[str, Any]
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "uvicorn")  # the sandbox's own log: it serves in this process
    body = {"error": {"code": CANARY, "message": CANARY}}
    server.put_faults({"path": USERS, "fault": {"body": body, **fault} if fault.get("status", 0) > 399 else fault})
    client.directory.groups()
    with pytest.raises(EntraEmplyError) as error:
        client.directory.users()
    shown = _everything(error.value) + caplog.text
    token = client.headers()["Authorization"].removeprefix("Bearer ")
    for canary in (CANARY, server.environment["ENTRA_CLIENT_SECRET"], token):
        assert canary not in shown


def _everything(error: BaseException) -> str:
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    return shown + "".join(_everything(each) for each in (error.__cause__, error.__context__) if each)


def _row(n: int) -> dict[str, Any]:
    return {"id": f"u-{n}", "userPrincipalName": f"u{n}"}


def _answer_with(server: Sandbox, rows: list[Any], times: int | None = None) -> None:
    server.put_faults({"path": USERS, "times": times, "fault": {"status": 200, "body": {"value": rows}}})
