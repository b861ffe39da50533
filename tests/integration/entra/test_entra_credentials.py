"""Credentials and permissions of Entra: what each mistake tells the operator, and how long a token serves."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from entra_emply.connectors.answer import RequestFailed
from entra_emply.connectors.entra import sign_in
from entra_emply.connectors.entra.client import GraphClient
from entra_emply.errors import CredentialsError, EntraEmplyError, SettingsError, SourceUnreadable
from sandbox import Sandbox
from tests.certificates import Issuer, certificate
from tests.fake_time import FakeTime
from tests.integration.entra.tenant import LISTS, USERS, asked, client_with


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
    with (
        client_with(server, time, **{variable: value}) as client,
        pytest.raises(CredentialsError, match=said),
    ):
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
    assert client.directory.user("user-0001")
    assert client.directory.deleted_user("gone-1")
    assert client.directory.all_groups_of("user-0001")
    assert client.directory.direct_members("group-1")


def test_a_token_serves_many_requests_and_is_replaced_before_it_expires(
    server: Sandbox, client: GraphClient, time: FakeTime
) -> None:
    client.directory.users()
    client.directory.groups()
    assert len(asked(server, "/token")) == 1
    time.now += 3599 - 290
    client.directory.groups()
    assert len(asked(server, "/token")) == 2


def test_a_refused_token_is_replaced_once(server: Sandbox, client: GraphClient) -> None:
    server.put_faults({"path": USERS, "fault": {"status": 401}})
    with pytest.raises(CredentialsError, match="refuses the token"):
        client.directory.users()
    assert len(asked(server)) == 2
    assert len(asked(server, "/token")) == 2


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
        ("/token$", {"status": 200, "body": []}),
        ("/token$", {"status": 400, "body": []}),
        ("/token$", {"status": 400, "body": {"error": "x", "error_codes": ["x"]}}),
        ("/token$", {"status": 200, "body": {"access_token": "a", "expires_in": None}}),
        ("/token$", {"status": 200, "body": {"access_token": "a", "expires_in": []}}),
        ("/token$", {"status": 200, "body": {"access_token": "a\nb", "expires_in": 3600}}),
        ("/token$", {"status": 200, "body": {"access_token": "", "expires_in": 3600}}),
        ("openid-configuration", {"status": 404}),
        ("openid-configuration", {"status": 302}),
        ("openid-configuration", {"status": 200, "body": {}}),
        ("openid-configuration", {"status": 200, "body": []}),
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
    with (
        client_with(server, time, ENTRA_CLIENT_SECRET="", ENTRA_MANAGED_IDENTITY="system") as client,
        pytest.raises(EntraEmplyError, match="there is no managed identity here"),
    ):
        client.directory.users()


def test_a_certificate_that_has_expired_is_said_to_have(server: Sandbox, time: FakeTime, tmp_path: Path) -> None:
    file, _ = certificate(tmp_path, -timedelta(days=1))
    with (
        client_with(server, time, ENTRA_CLIENT_SECRET="", ENTRA_CLIENT_CERTIFICATE=str(file)) as client,
        pytest.raises(CredentialsError, match=r"expired on \d{4}-\d\d-\d\d: register a new one"),
    ):
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
    with client_with(server, time, ENTRA_CLIENT_SECRET="", AZURE_FEDERATED_TOKEN_FILE=str(file)) as client:
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
    with (
        client_with(server, time, ENTRA_CLIENT_SECRET="", ENTRA_FEDERATED_TOKEN_FILE=str(file)) as client,
        pytest.raises(CredentialsError, match=said),
    ):
        client.directory.groups()


@pytest.mark.parametrize("content", [None, b"", b" \n", b"canary", b"canary.canary", b"\xff\xfe.a.b", b"a.b.c d.e.f"])
def test_a_wrong_federated_token_file_is_told_without_showing_it(
    server: Sandbox, time: FakeTime, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    said = "ENTRA_FEDERATED_TOKEN_FILE " + ("cannot be read" if content is None else "must hold one token")
    with client_with(server, time, ENTRA_CLIENT_SECRET="", ENTRA_FEDERATED_TOKEN_FILE=str(file)) as client:
        with pytest.raises(SettingsError, match=said) as error:
            client.directory.groups()
        assert "canary" not in str(error.value)


def test_entra_that_does_not_answer_is_no_mistake_of_the_credentials(server: Sandbox, client: GraphClient) -> None:
    server.put_faults({"path": "/token$", "fault": {"status": 503}})
    with pytest.raises(SourceUnreadable, match="Entra: answered 503"):
        client.directory.users()


def test_a_server_with_another_authoritys_certificate_is_not_trusted(server: Sandbox, time: FakeTime) -> None:
    with (
        Sandbox() as other,
        client_with(server, time, CA_BUNDLE=other.environment["CA_BUNDLE"]) as client,
        pytest.raises(SourceUnreadable, match="CA_BUNDLE"),
    ):
        client.directory.users()
