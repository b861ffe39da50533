"""Signing in to Entra as an application, with msal and errors that say what an operator should do. Not here: Graph."""

import base64
import re
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import msal
import orjson
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import pkcs12

from entra_emply import clock
from entra_emply.connectors.answer import RequestFailed
from entra_emply.connectors.http import Service
from entra_emply.connectors.throttle import Timing
from entra_emply.environment import EntraEnvironment
from entra_emply.errors import CredentialsError, SettingsError

_FEDERATED = "ENTRA_FEDERATED_TOKEN_FILE"
_NO_FEDERATION = "that no federated credential of the application names: compare the two in Entra"
_WHAT_TO_DO = {
    7000215: "the client secret is wrong: check ENTRA_CLIENT_SECRET (the secret's value, not its id)",
    7000222: "the client secret has expired: make a new one in Entra and set ENTRA_CLIENT_SECRET",
    700016: "the tenant does not know this application: check ENTRA_CLIENT_ID and ENTRA_TENANT_ID",
    700024: "the certificate's signature or the federated token is out of its time: check this machine's clock, the "
    "certificate's dates, and what writes the token",
    700027: "the certificate is not the one registered for this application: check ENTRA_CLIENT_CERTIFICATE",
    50027: f"{_FEDERATED} holds no token (a JWT)",
    700211: f"the token in {_FEDERATED} is of an issuer {_NO_FEDERATION}",
    700212: f"the token in {_FEDERATED} is for another audience than that {_NO_FEDERATION}",
    700213: f"the token in {_FEDERATED} is of a subject {_NO_FEDERATION}",
    70021: f"the token in {_FEDERATED} is one {_NO_FEDERATION}",
    7000112: "the application is disabled in the tenant: enable it in Entra",
    90002: "there is no such tenant: check ENTRA_TENANT_ID",
    500011: "this cloud has no such Graph: check that ENTRA_AUTHORITY and GRAPH_URL are of one cloud",
}
_NOT_UNDERSTOOD = (AttributeError, LookupError, RuntimeError, TypeError, ValueError, msal.exceptions.MsalError)
"""What msal raises of an answer that is none of Entra's."""
_NOT_ENTRA = "check ENTRA_TENANT_ID and ENTRA_AUTHORITY, and whether a proxy answers in Entra's place"
_NO_IDENTITY = (
    "there is no managed identity here: ENTRA_MANAGED_IDENTITY works only on Azure's machines; elsewhere set "
    "ENTRA_CLIENT_SECRET, ENTRA_CLIENT_CERTIFICATE or ENTRA_FEDERATED_TOKEN_FILE"
)
_JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")
_AADSTS = re.compile(r"AADSTS(\d{2,9})")
_LONGEST_MARGIN = 300.0


class SignIn:
    """Tokens for Graph, shared by all threads.

    A token is replaced five minutes before it expires, or after half of its lifetime if that is later.
    """

    def __init__(self, environment: EntraEnvironment, timing: Timing | None = None) -> None:
        self._environment = environment
        self._timing = timing or Timing()
        self.service = Service(
            "Entra", ca_bundle=environment.ca_bundle, threads=1, timing=timing, variable="ENTRA_AUTHORITY"
        )
        self._lock = threading.Lock()
        self._token: str | None = None
        self._good_until = 0.0

    def token(self, *, instead_of: str | None = None) -> str:
        """An access token, other than `instead_of`, which Graph refused.

        Raises CredentialsError, SettingsError where the certificate or the token file cannot be used, and RequestFailed
        where Entra does not answer.
        """
        with self._lock:
            stale = self._token is None or self._timing.monotonic() >= self._good_until
            if self._token is None or stale or self._token == instead_of:
                self._token = self._acquire()
            return self._token

    @property
    def permissions(self) -> frozenset[str]:
        """The application permissions that the current token names; none where it cannot be decoded."""
        try:
            payload = str(self._token).split(".")[1]
            claims = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
            return frozenset(map(str, claims["roles"]))
        except (LookupError, TypeError, ValueError):
            return frozenset()

    def _acquire(self) -> str:
        """A new token, never one from a cache: each call makes a new msal application."""
        by_identity = self._environment.managed_identity is not None
        http, why = _ServiceForMsal(self.service), None
        try:
            result = (_by_identity if by_identity else _by_application)(self._environment, http)
        except msal.ManagedIdentityError:
            why = "Azure gives this machine no such identity: check ENTRA_MANAGED_IDENTITY"
        except _NOT_UNDERSTOOD:
            why = _NO_IDENTITY if by_identity else f"signing in to Entra failed ({http.last_answer}): {_NOT_ENTRA}"
        except RequestFailed as failure:
            if by_identity:
                failure.args = (f"{failure}: {_NO_IDENTITY}",)
            raise
        if why:
            raise CredentialsError(why)
        if result.get("error") == "temporarily_unavailable":
            raise RequestFailed("Entra: temporarily unavailable", transient=True)
        if not _is_token(result.get("access_token")):
            raise _refused(result, http.last_answer)
        lifetime = float(result.get("expires_in") or 0)
        self._good_until = self._timing.monotonic() + max(lifetime - _LONGEST_MARGIN, lifetime / 2)
        return str(result["access_token"])


def _by_identity(environment: EntraEnvironment, http: "_ServiceForMsal") -> dict[str, Any]:
    identity = (
        msal.SystemAssignedManagedIdentity()
        if str(environment.managed_identity).casefold() == "system"
        else msal.UserAssignedManagedIdentity(client_id=environment.managed_identity)
    )
    client = msal.ManagedIdentityClient(identity, http_client=http)
    result: dict[str, Any] = client.acquire_token_for_client(resource=environment.graph)
    return result


def _by_application(environment: EntraEnvironment, http: "_ServiceForMsal") -> dict[str, Any]:
    application = _application(environment, http)
    result: dict[str, Any] = application.acquire_token_for_client([f"{environment.graph}/.default"])
    return result


def _application(environment: EntraEnvironment, http: "_ServiceForMsal") -> msal.ConfidentialClientApplication:
    return msal.ConfidentialClientApplication(
        environment.client_id,
        authority=f"{environment.authority}/{environment.tenant_id}",
        client_credential=_credential(environment),
        # Discovery would ask the public cloud about the authority, which the operator has set.
        instance_discovery=False,
        http_client=http,
    )


class Application:
    """The application as people sign in to it: the authorization code with PKCE. No token is kept."""

    def __init__(self, environment: EntraEnvironment) -> None:
        self._environment = environment
        self._service = Service("Entra", ca_bundle=environment.ca_bundle, threads=1, variable="ENTRA_AUTHORITY")

    def begin(self, back: str) -> dict[str, Any]:
        """A sign-in that was begun: `auth_uri` is where the browser goes, the rest is for `finish`. The browser posts
        what it comes back with, so that no log of addresses has it.

        Raises CredentialsError, SettingsError, and RequestFailed where Entra does not answer.
        """
        how = {"redirect_uri": back, "response_mode": "form_post"}
        return self._asked(lambda application: application.initiate_auth_code_flow([], **how))

    def finish(self, begun: dict[str, Any], answer: dict[str, str]) -> dict[str, Any]:
        """The claims of the id token, of what the browser came back with. Raises as `begin`."""
        result = self._asked(lambda application: application.acquire_token_by_auth_code_flow(begun, answer))
        claims = result.get("id_token_claims")
        if not isinstance(claims, dict):
            raise _refused(result, "the browser came back")
        return claims

    def _asked(self, what: Callable[[msal.ConfidentialClientApplication], dict[str, Any]]) -> dict[str, Any]:
        http = _ServiceForMsal(self._service)
        try:
            return what(_application(self._environment, http))
        except _NOT_UNDERSTOOD:
            pass
        raise CredentialsError(f"signing in to Entra failed ({http.last_answer}): begin again, or {_NOT_ENTRA}")


def _is_token(value: object) -> bool:
    """Whether it can be sent in a header."""
    return isinstance(value, str) and value.isascii() and value.isprintable() and value.strip() != ""


def _refused(result: Mapping[str, Any], last_answer: str) -> CredentialsError:
    """The error for a refused sign-in. It has only Entra's code, or else the last answer: the text may name people."""
    codes = result.get("error_codes") or _AADSTS.findall(str(result.get("error_description", "")))
    code = int(codes[0]) if isinstance(codes, list) and codes and str(codes[0]).isdecimal() else None
    if code is None:
        return CredentialsError(f"Entra refuses to sign in ({last_answer} without a code): {_NOT_ENTRA}")
    known = _WHAT_TO_DO.get(code, "look the code up in Entra's documentation")
    return CredentialsError(f"Entra refuses to sign in (AADSTS{code}): {known}")


def _credential(environment: EntraEnvironment) -> str | dict[str, Any]:
    """The secret, the federated token's file or the certificate, in msal's form."""
    if environment.federated_token_file is not None:
        return {"client_assertion": partial(_federated_token, environment.federated_token_file)}
    return environment.secret or _certificate(environment)


def _federated_token(path: str) -> str:
    """The token that Entra exchanges, as it is now: Kubernetes replaces it every hour or so.

    Raises SettingsError for an unusable file.
    """
    try:
        token = Path(path).read_text("ascii").strip()
    except OSError as error:
        raise SettingsError(f"{_FEDERATED} cannot be read ({error.strerror})") from None
    except ValueError:
        token = ""
    if _JWT.fullmatch(token) is None:
        raise SettingsError(f"{_FEDERATED} must hold one token (a JWT) and nothing else")
    return token


def certificate_end(environment: EntraEnvironment) -> datetime:
    """Until when the certificate is good. Raises SettingsError for an unusable file."""
    return _key_and_certificate(environment)[1].not_valid_after_utc


def _certificate(environment: EntraEnvironment) -> dict[str, str]:
    """The contents of a PEM file (certificate and key) or a PFX file, in msal's form.

    Raises SettingsError for an unusable file, CredentialsError for an expired certificate.
    """
    key, certificate = _key_and_certificate(environment)
    if certificate.not_valid_after_utc < clock.now():
        raise CredentialsError(
            f"the certificate of ENTRA_CLIENT_CERTIFICATE expired on {certificate.not_valid_after_utc:%Y-%m-%d}: "
            "register a new one in Entra, and set its path"
        )
    plain = serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return {
        "private_key": key.private_bytes(pem, form, plain).decode(),
        "public_certificate": certificate.public_bytes(pem).decode(),
    }


def _key_and_certificate(environment: EntraEnvironment) -> tuple[PrivateKeyTypes, x509.Certificate]:
    password = environment.certificate_password
    why = "must hold a certificate and its private key, and ENTRA_CLIENT_CERTIFICATE_PASSWORD must open it"
    try:
        content = Path(str(environment.certificate)).read_bytes()
        key, certificate = _opened(content, password.encode() if password else None)
    except OSError as error:
        key, certificate, why = None, None, f"cannot be read ({error.strerror})"
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key, certificate = None, None
    if key is None or certificate is None:
        raise SettingsError(f"ENTRA_CLIENT_CERTIFICATE {why}")
    return key, certificate


def _opened(content: bytes, password: bytes | None) -> tuple[PrivateKeyTypes | None, x509.Certificate | None]:
    if b"-----BEGIN" in content:
        key = serialization.load_pem_private_key(content, password)
        return key, x509.load_pem_x509_certificate(content)
    key_in_pfx, certificate, _ = pkcs12.load_key_and_certificates(content, password)
    return key_in_pfx, certificate


class _ServiceForMsal:
    """The HTTP layer in the form that msal needs, so that tokens have the same time limits, retries and waits."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.last_answer = "nothing was sent"

    def get(self, url: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None,
            **_: object) -> "_AnswerForMsal":  # fmt: skip
        return self._ask("GET", url, params=params, headers=headers)

    def post(self, url: str, *, params: Mapping[str, str] | None = None, data: Mapping[str, str] | None = None,
             headers: Mapping[str, str] | None = None, **_: object) -> "_AnswerForMsal":  # fmt: skip
        return self._ask("POST", url, params=params, form=data, headers=headers)

    def _ask(self, method: str, url: str, *, headers: Mapping[str, str] | None, **how: Any) -> "_AnswerForMsal":  # noqa: ANN401
        answer = self._service.request(method, url, headers=lambda: headers or {}, **how)
        self.last_answer = f"answered {answer.status}"
        return _AnswerForMsal(answer.status, answer.content.decode("utf-8", "replace"), dict(answer.headers))

    def close(self) -> None:
        """Do nothing: the connections belong to the service."""


class _AnswerForMsal:
    def __init__(self, status_code: int, text: str, headers: dict[str, str]) -> None:
        self.status_code, self.text, self.headers = status_code, text, headers

    def raise_for_status(self) -> None:
        """Raise a ValueError for an error status, as requests does."""
        if self.status_code >= 400:  # noqa: PLR2004
            raise ValueError(f"answered {self.status_code}")
