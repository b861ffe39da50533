"""Entra's sign-in: the OpenID configuration and the token endpoint for an app's own credentials. No Graph.

People sign in by `authorize`; this module takes what they come back with to the token endpoint.
"""

import base64
import hmac
import re
import secrets
import time
from urllib.parse import parse_qsl

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from sandbox.authorize import Authorization
from sandbox.exchange import Answer, Request, Row, json_answer
from sandbox.federation import check_federated
from sandbox.oauth import SignInError, need, refused, unknown_application
from sandbox.settings import Settings
from sandbox.state import State

AUDIENCE = "https://graph.microsoft.com"
_GRAPH_ID = "00000003-0000-0000-c000-000000000000"
_PATH = re.compile(
    r"/([^/]+)/(v2\.0/\.well-known/openid-configuration|oauth2/v2\.0/(?:token|authorize)|discovery/v2\.0/keys)/?"
)
_CACHED_TOKENS = 1000


class AccessTokenError(Exception):
    """An access token that Graph does not take; the message is Graph's."""


class SignIn:
    """Gives out access tokens and says what one is good for."""

    def __init__(self, settings: Settings, state: State) -> None:
        self._settings = settings
        self._state = state
        self._key = secrets.token_bytes(32)
        self._seen: dict[str, Row] = {}
        self._authorization = Authorization(settings, state)

    @staticmethod
    def serves(path: str) -> bool:
        """Whether this path is one of Entra's."""
        return _PATH.fullmatch(path) is not None

    def answer(self, request: Request) -> Answer:
        """Answer a request for one of Entra's paths."""
        match = _PATH.fullmatch(request.path)
        assert match is not None, "the app asks only for paths that `serves` takes"  # noqa: S101
        try:
            self._check_tenant(match[1])
            if match[2].endswith("authorize"):
                return self._authorization.answer(request)
            if match[2].startswith("oauth2"):
                return json_answer(200, self._token(request), {"Cache-Control": "no-store, no-cache"})
        except SignInError as refusal:
            return refused(refusal)
        if match[2].startswith("discovery"):
            return json_answer(200, self._authorization.keys())
        return json_answer(200, self._configuration(request.host, match[1]))

    def claims(self, authorization: str | None) -> Row:
        """The claims of a request's `Authorization` header; raises `AccessTokenError`."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise AccessTokenError("Access token is empty.")
        claims = self._seen.get(token) or self._decode(token)
        if claims["exp"] <= time.time():
            raise AccessTokenError("Lifetime validation failed, the token is expired.")
        return claims

    def _decode(self, token: str) -> Row:
        try:
            claims: Row = jwt.decode(
                token, self._key, algorithms=["HS256"], audience=AUDIENCE, options={"verify_exp": False}
            )
        except jwt.DecodeError as error:
            if isinstance(error, jwt.InvalidSignatureError):
                raise AccessTokenError("Access token validation failure. Invalid signature.") from None
            raise AccessTokenError("IDX14100: JWT is not well formed, there are no dots (.).") from None
        except jwt.InvalidTokenError:
            raise AccessTokenError("Access token validation failure. Invalid audience.") from None
        if len(self._seen) >= _CACHED_TOKENS:
            self._seen.clear()
        self._seen[token] = claims
        return claims

    def _check_tenant(self, tenant: str) -> None:
        organization = self._state.entra.organization
        domains = {str(domain.get("name", "")).lower() for domain in organization.get("verifiedDomains") or []}
        if tenant.lower() not in {self._settings.tenant_id.lower(), str(organization["id"]).lower(), *domains}:
            raise SignInError(
                400, "invalid_request", 90002,
                f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into "
                "the correct cloud. Check with your subscription administrator, this may happen if there are no active "
                "subscriptions for the tenant.",
            )  # fmt: skip

    def _configuration(self, host: str, tenant: str) -> Row:
        base = f"https://{host}/{tenant}"
        return {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
            "msgraph_host": "graph.microsoft.com",
        }

    def _token(self, request: Request) -> Row:
        form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        need(form, "grant_type")
        if form["grant_type"] not in ("client_credentials", "authorization_code"):
            raise SignInError(
                400,
                "unsupported_grant_type",
                70003,
                f"The app requested an unsupported grant type '{form['grant_type']}'.",
            )
        _basic(request.headers.get("authorization", ""), form)
        need(form, "client_id")
        if form["client_id"] != self._settings.client_id:
            raise unknown_application(form["client_id"], self._state.entra.organization.get("displayName"))
        by_code = form["grant_type"] == "authorization_code"
        if not by_code:
            _check_scope(form, request.host)
        if "client_assertion" in form:
            self._check_assertion(form, request.host)
        else:
            self._check_secret(form)
        if by_code:
            return self._authorization.redeem(form, f"https://{request.host}/{request.segments[0]}/v2.0")
        lifetime = self._settings.token_lifetime
        return {
            "token_type": "Bearer",
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
            "access_token": self._issue(lifetime),
        }

    def _issue(self, lifetime: int) -> str:
        now, tenant = int(time.time()), self._state.entra.organization["id"]
        return jwt.encode(
            {
                "aud": AUDIENCE, "iss": f"https://sts.windows.net/{tenant}/", "iat": now, "nbf": now,
                "exp": now + lifetime, "appid": self._settings.client_id, "idtyp": "app", "tid": tenant,
                "roles": self._settings.permissions, "uti": secrets.token_urlsafe(16), "ver": "1.0",
            },
            self._key, algorithm="HS256",
        )  # fmt: skip

    def _check_secret(self, form: dict[str, str]) -> None:
        client = self._settings.client_id
        if not form.get("client_secret"):
            raise SignInError(
                401,
                "invalid_client",
                7000218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            )
        if not hmac.compare_digest(form["client_secret"].encode(), self._settings.client_secret.encode()):
            raise SignInError(
                401,
                "invalid_client",
                7000215,
                "Invalid client secret provided. Ensure the secret being sent in the request is the "
                "client secret value, not the client secret ID, for a secret added to app "
                f"'{client}'.",
            )
        if self._settings.secret_expired:
            raise SignInError(
                401,
                "invalid_client",
                7000222,
                f"The provided client secret keys for app '{client}' are expired. Visit the Azure "
                "portal to create new keys for your app.",
            )

    def _check_assertion(self, form: dict[str, str], host: str) -> None:
        try:
            header = jwt.get_unverified_header(form["client_assertion"])
        except jwt.InvalidTokenError:
            raise SignInError(400, "invalid_request", 50027, "JWT token is invalid or malformed.") from None
        used = str(header.get("x5t#S256") or header.get("x5t") or "").rstrip("=")
        if not used:
            check_federated(form["client_assertion"], self._settings.federated)
            return
        if self._settings.certificate is None:
            raise _bad_certificate("The key was not found", used)
        certificate = x509.load_pem_x509_certificate(self._settings.certificate.encode())
        if used not in _thumbprints(certificate):
            raise _bad_certificate("The key was not found", used)
        audience = [
            f"https://{host}/{tenant}/{end}" for tenant in self._tenant_names() for end in ("oauth2/v2.0/token", "v2.0")
        ]
        try:
            jwt.decode(
                form["client_assertion"],
                certificate.public_key(),  # type: ignore[arg-type]  # RSA, by the algorithms
                algorithms=["RS256", "PS256"],
                audience=audience,
                issuer=self._settings.client_id,
                subject=self._settings.client_id,
                options={"require": ["exp", "aud", "iss", "sub"]},
            )
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
            raise SignInError(
                401, "invalid_client", 700024, "Client assertion is not within its valid time range."
            ) from None
        except jwt.InvalidSignatureError:
            raise _bad_certificate("The key used is invalid", used) from None
        except (jwt.InvalidTokenError, TypeError):
            raise SignInError(
                401, "invalid_client", 700023, "Client assertion audience claim does not match Realm issuer."
            ) from None

    def _tenant_names(self) -> list[str]:
        organization = self._state.entra.organization
        return [
            self._settings.tenant_id,
            organization["id"],
            *(domain["name"] for domain in organization.get("verifiedDomains") or [] if "name" in domain),
        ]


def _basic(authorization: str, form: dict[str, str]) -> None:
    """Take the client's id and secret from a Basic header, where there is one."""
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() == "basic":
        name, _, secret = base64.b64decode(text + "==").decode("utf-8", "replace").partition(":")
        form.update({"client_id": name, "client_secret": secret})


def _check_scope(form: dict[str, str], host: str) -> None:
    need(form, "scope")
    wanted = [scope for scope in form["scope"].split() if scope not in ("openid", "profile", "offline_access")]
    for scope in wanted:
        if not scope.endswith("/.default"):
            raise SignInError(
                400,
                "invalid_scope",
                1002012,
                f"The provided value for scope {scope} is not valid. Client credential flows must have "
                "a scope value with /.default suffixed to the resource identifier (application ID URI).",
            )
        resource = scope.removesuffix(".default").rstrip("/")
        if resource not in (AUDIENCE, f"https://{host}", _GRAPH_ID):
            raise SignInError(
                400, "invalid_resource", 500011, f"The resource principal named {resource} was not found in the tenant."
            )


def _thumbprints(certificate: x509.Certificate) -> set[str]:
    digests = (certificate.fingerprint(hashes.SHA1()), certificate.fingerprint(hashes.SHA256()))  # noqa: S303
    return {base64.urlsafe_b64encode(digest).decode().rstrip("=") for digest in digests}


def _bad_certificate(reason: str, used: str) -> SignInError:
    return SignInError(
        401,
        "invalid_client",
        700027,
        "The certificate with identifier used to sign the client assertion is not registered on application. "
        f"[Reason - {reason}., Thumbprint of key used by client: '{used}']",
    )
