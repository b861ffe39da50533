import time
from datetime import UTC, datetime, timedelta

import jwt
import msal
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from requests import Session

from sandbox import Sandbox
from tests.integration.sandbox.asking import Http, token_form

SCOPE = ["https://graph.microsoft.com/.default"]


def application(sandbox: Sandbox, session: Session, **changes: object) -> msal.ConfidentialClientApplication:
    environment = sandbox.environment
    settings = {
        "client_id": environment["ENTRA_CLIENT_ID"],
        "client_credential": environment["ENTRA_CLIENT_SECRET"],
        "authority": f"{environment['ENTRA_AUTHORITY']}/{environment['ENTRA_TENANT_ID']}",
        **changes,
    }
    return msal.ConfidentialClientApplication(**settings, instance_discovery=False, http_client=session)


def test_msal_gets_a_token_with_the_secret(sandbox: Sandbox, entra: Http) -> None:
    assert "access_token" in application(sandbox, entra.session).acquire_token_for_client(SCOPE)


def test_msal_gets_a_token_by_the_domain_instead_of_the_tenant_id(sandbox: Sandbox, entra: Http) -> None:
    app = application(sandbox, entra.session, authority=f"{sandbox.url}/contoso.com")

    assert "access_token" in app.acquire_token_for_client(SCOPE)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"client_secret": "wrong"}, (401, "invalid_client", 7000215)),
        ({"client_secret": ""}, (401, "invalid_client", 7000218)),
        ({"client_id": "somebody else"}, (400, "unauthorized_client", 700016)),
        ({"grant_type": "password"}, (400, "unsupported_grant_type", 70003)),
        ({"scope": "User.Read"}, (400, "invalid_scope", 1002012)),
        ({"scope": "https://vault.azure.net/.default"}, (400, "invalid_resource", 500011)),
        ({"scope": ""}, (400, "invalid_request", 900144)),
    ],
)
def test_refusals_are_those_of_entra(
    sandbox: Sandbox, entra: Http, changes: dict[str, str], refusal: tuple[int, str, int]
) -> None:
    answer = entra.ask("POST", "oauth2/v2.0/token", data={**token_form(sandbox), **changes})

    status, error, number = refusal
    assert (answer.status_code, answer.json()["error"], answer.json()["error_codes"]) == (status, error, [number])
    assert answer.json()["error_description"].startswith(f"AADSTS{number}: ")


def test_an_expired_secret_says_so(sandbox: Sandbox, entra: Http) -> None:
    sandbox.change_settings(secret_expired=True)

    answer = application(sandbox, entra.session).acquire_token_for_client(SCOPE)

    assert answer["error_codes"] == [7000222]


def test_an_unknown_tenant_says_so(sandbox: Sandbox, entra: Http) -> None:
    answer = entra.get(f"{sandbox.url}/fabrikam.com/v2.0/.well-known/openid-configuration")

    assert (answer.status_code, answer.json()["error_codes"]) == (400, [90002])


def test_a_token_ends(sandbox: Sandbox, graph: Http, entra: Http) -> None:
    sandbox.change_settings(token_lifetime=-1)
    late = application(sandbox, entra.session).acquire_token_for_client(SCOPE)["access_token"]

    answer = graph.get("users", headers={"Authorization": f"Bearer {late}"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
    assert "expired" in answer.json()["error"]["message"]


def test_a_token_tells_the_permissions(sandbox: Sandbox, entra: Http) -> None:
    sandbox.change_settings(permissions=["User.Read.All"])

    text = application(sandbox, entra.session).acquire_token_for_client(SCOPE)["access_token"]

    assert jwt.decode(text, options={"verify_signature": False})["roles"] == ["User.Read.All"]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Bearer " + jwt.encode({"exp": 9e9}, "x" * 32)])
def test_graph_refuses_a_token_that_is_not_entras(graph: Http, header: str) -> None:
    answer = graph.get("users", headers={"Authorization": header})

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


@pytest.fixture(scope="module")
def certificate() -> tuple[str, str]:
    """A private key and its certificate, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app")])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), signed.public_bytes(serialization.Encoding.PEM).decode()


def test_msal_gets_a_token_with_a_registered_certificate(
    sandbox: Sandbox, entra: Http, certificate: tuple[str, str]
) -> None:
    private, public = certificate
    sandbox.change_settings(certificate=public)
    app = application(sandbox, entra.session, client_credential={"private_key": private, "public_certificate": public})

    assert "access_token" in app.acquire_token_for_client(SCOPE)


def test_an_unregistered_certificate_is_refused(sandbox: Sandbox, entra: Http, certificate: tuple[str, str]) -> None:
    private, public = certificate
    app = application(sandbox, entra.session, client_credential={"private_key": private, "public_certificate": public})

    assert app.acquire_token_for_client(SCOPE)["error_codes"] == [700027]


@pytest.mark.parametrize(("wrong", "number"), [({"exp": 1}, 700024), ({"aud": "https://elsewhere"}, 700023)])
def test_an_assertion_must_be_for_here_and_now(
    sandbox: Sandbox, entra: Http, certificate: tuple[str, str], wrong: dict[str, object], number: int
) -> None:
    private, public = certificate
    sandbox.change_settings(certificate=public)
    client = sandbox.environment["ENTRA_CLIENT_ID"]
    x5t = x509.load_pem_x509_certificate(public.encode()).fingerprint(hashes.SHA256())
    claims = {"iss": client, "sub": client, "aud": f"{entra.base}/oauth2/v2.0/token", "exp": time.time() + 60}
    form = {key: text for key, text in token_form(sandbox).items() if key != "client_secret"}
    form["client_assertion"] = jwt.encode(
        {**claims, **wrong}, private, "PS256", {"x5t#S256": jwt.utils.base64url_encode(x5t).decode()}
    )

    assert entra.ask("POST", "oauth2/v2.0/token", data=form).json()["error_codes"] == [number]
