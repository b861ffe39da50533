"""Signing in to Entra as an application: msal, and what its errors mean to an operator."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msal
import requests

from assets.environment import EntraEnvironment
from assets.errors import CredentialsError, SettingsError
from assets.http import session

_WHAT_TO_DO = {
    7000215: "the client secret is wrong: check ENTRA_CLIENT_SECRET (the secret's value, not its id)",
    7000222: "the client secret has expired: make a new one in Entra and set ENTRA_CLIENT_SECRET",
    700016: "the tenant does not know this application: check ENTRA_CLIENT_ID and ENTRA_TENANT_ID",
    700027: "the certificate is not the one registered for this application: check ENTRA_CLIENT_CERTIFICATE",
    90002: "there is no such tenant: check ENTRA_TENANT_ID",
}
_PUBLIC_HOSTS = {"login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"}


class SignIn:
    """Tokens for Graph. msal keeps them and renews them before they expire."""

    def __init__(self, environment: EntraEnvironment) -> None:
        self._environment = environment
        host = urlsplit(environment.graph_url).hostname or ""
        # Tokens are for Graph itself, also where something on a private address stands in for it.
        self._resource = (
            environment.graph_url.removesuffix("/v1.0") if _is_graph(host) else "https://graph.microsoft.com"
        )
        self._app: Any = None

    def token(self, *, anew: bool = False) -> str:
        """An access token. Raises CredentialsError in words, SettingsError for a certificate that cannot be read."""
        if self._app is None or anew:
            self._app = self._application()
        try:
            if self._environment.managed_identity:
                result = self._app.acquire_token_for_client(resource=self._resource)
            else:
                result = self._app.acquire_token_for_client([f"{self._resource}/.default"])
        except requests.RequestException as error:
            raise CredentialsError(
                f"Entra does not answer ({type(error).__name__}): is ENTRA_AUTHORITY right, and the network up?"
            ) from None
        if "access_token" not in result:
            raise _refused(result)
        return str(result["access_token"])

    def _application(self) -> Any:  # noqa: ANN401 (msal has no types)
        environment = self._environment
        http = session(environment.ca_bundle)
        if environment.managed_identity:
            identity = (
                msal.SystemAssignedManagedIdentity()
                if environment.managed_identity == "system"
                else msal.UserAssignedManagedIdentity(client_id=environment.managed_identity)
            )
            return msal.ManagedIdentityClient(identity, http_client=http)
        try:
            return msal.ConfidentialClientApplication(
                environment.client_id,
                authority=f"{environment.authority}/{environment.tenant_id}",
                client_credential=environment.secret or _certificate(environment),
                instance_discovery=None if urlsplit(environment.authority).hostname in _PUBLIC_HOSTS else False,
                http_client=http,
            )
        except ValueError:
            raise CredentialsError(
                "Entra cannot be signed in to: check ENTRA_TENANT_ID and ENTRA_AUTHORITY"
                + (", and that ENTRA_CLIENT_CERTIFICATE holds certificate and key" if environment.certificate else "")
            ) from None
        except requests.RequestException as error:
            raise CredentialsError(
                f"Entra does not answer ({type(error).__name__}): is ENTRA_AUTHORITY right, and the network up?"
            ) from None


def _is_graph(host: str) -> bool:
    return host.startswith("graph.") or host.endswith("graph.chinacloudapi.cn")


def _refused(result: dict[str, Any]) -> CredentialsError:
    codes = result.get("error_codes") or []
    known = next((_WHAT_TO_DO[code] for code in codes if code in _WHAT_TO_DO), None)
    code = f"AADSTS{codes[0]}" if codes else str(result.get("error", "unknown error"))
    return CredentialsError(f"Entra refuses to sign in ({code}): {known or 'see the code in Entra’s documentation'}")


def _certificate(environment: EntraEnvironment) -> dict[str, str]:
    """msal's form of a PEM file (certificate and key) or a PFX file. Raises SettingsError."""
    path = Path(str(environment.certificate))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"ENTRA_CLIENT_CERTIFICATE cannot be read ({error.strerror})") from None
    if b"-----BEGIN" in content:
        form = {"private_key": content.decode(), "public_certificate": content.decode()}
    else:
        form = {"private_key_pfx_path": str(path)}
    password = environment.certificate_password
    return form | ({"passphrase": password} if password else {})
