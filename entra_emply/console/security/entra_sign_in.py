"""Signing in as a team: by Entra, with the authorization code and PKCE; who may do what are application roles.

The application is the pipeline's own, in the same tenant. Not here: the application's own sign-in (`connectors.entra`).
"""

import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from entra_emply.connectors.entra.sign_in import Application
from entra_emply.environment import EntraEnvironment
from entra_emply.errors import CredentialsError, SettingsError

READER, APPROVER = "Reader", "Approver"
"""The application roles, by their values. An approver may read, too."""

_BEGUN, _SECONDS = 1000, 600.0
_TRY_AGAIN = "the sign-in was not finished or took too long: begin again"


@dataclass(frozen=True)
class SignedIn:
    """Who came back from Entra; a person without a role may not do anything."""

    name: str
    reader: bool
    approver: bool


class EntraSignIn:
    """Sends people to Entra, and takes them back. back: the address of the console that Entra sends them back to."""

    def __init__(self, environment: EntraEnvironment, back: str) -> None:
        if environment.managed_identity is not None:
            raise SettingsError(
                "people cannot sign in to the console with a managed identity: set ENTRA_CLIENT_SECRET, "
                "ENTRA_CLIENT_CERTIFICATE or ENTRA_FEDERATED_TOKEN_FILE for it, or unset CONSOLE_URL"
            )
        self._tenant, self._back = environment.tenant_id, back
        self._application = Application(environment)
        self._begun: OrderedDict[str, tuple[float, dict[str, Any]]] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self) -> tuple[str, str]:
        """The address to send the browser to, and what the browser has to come back with in its cookie.

        Raises CredentialsError and RequestFailed where Entra cannot be asked.
        """
        browser = secrets.token_urlsafe(16)
        flow = self._application.begin(self._back)
        with self._lock:
            self._begun[browser] = (time.monotonic(), flow)
            while len(self._begun) > _BEGUN:
                self._begun.popitem(last=False)
        return str(flow["auth_uri"]), browser

    def finish(self, browser: str, answer: dict[str, str]) -> SignedIn:
        """Who it is, of Entra's answer; each sign-in can be finished once, by the browser that began it.

        Raises CredentialsError.
        """
        with self._lock:
            began, flow = self._begun.pop(browser, (0.0, {}))
        if not flow or time.monotonic() - began > _SECONDS:
            raise CredentialsError(_TRY_AGAIN)
        claims = self._application.finish(flow, answer)
        if claims.get("tid") != self._tenant or not claims.get("oid"):
            raise CredentialsError("Entra signed in somebody of another tenant")
        roles = claims.get("roles") or []
        approver = APPROVER in roles
        return SignedIn(_name(claims), approver or READER in roles, approver)


def _name(claims: dict[str, Any]) -> str:
    """The name with the sign-in name, which no two people share."""
    signed_in_as = str(claims.get("preferred_username") or claims["oid"])
    name = str(claims.get("name") or "").strip()
    return f"{name} ({signed_in_as})" if name else signed_in_as
