"""Emply: who may call, by the key of v1 or by an access token of API2, and for what.

A token is a JWT: `access` has for each area a list of `read`, `write` and `delete`, `exp` is when it ends (a year at
most). The key's access is in the sandbox's settings, where "write" includes deleting.
"""

import hmac
import secrets
import time

import jwt

from sandbox.emply.errors import EmplyError
from sandbox.exchange import Request, Row
from sandbox.settings import AREAS, Settings

_LONGEST = 365 * 24 * 3600
_INCLUDED = {"read": ("read",), "write": ("read", "write", "delete")}


class AccessTokens:
    """Gives out tokens, and says what the credential of a request is good for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._key = secrets.token_bytes(32)

    def credential(self) -> str:
        """What a client is to call with: the key, or a token with the access that the settings give to the key."""
        return (
            self._settings.api_key if self._settings.emply_auth == "key" else self.issue(self._of_settings(), _LONGEST)
        )

    def issue(self, access: Row, lifetime: float) -> str:
        """A token with this access for so many seconds."""
        now = int(time.time())
        claims = {"sub": "entra-emply", "customer": self._settings.customer, "access": access}
        return jwt.encode({**claims, "iat": now, "exp": int(now + lifetime)}, self._key, algorithm="HS256")

    def asked(self, document: object) -> Row:
        """A token as a document asks for it: `{"access": {area: […]}, "seconds": 60}`, each of which may be left out.

        Raises `ValueError` for what is no such document.
        """
        if not isinstance(document, dict) or document.keys() - {"access", "seconds"}:
            raise ValueError('expected an object of "access" and "seconds"')
        access, seconds = document.get("access", self._of_settings()), document.get("seconds", _LONGEST)
        if not isinstance(access, dict) or access.keys() - set(AREAS) or not isinstance(seconds, int | float):
            raise ValueError(f'"access" is by area ({", ".join(AREAS)}), "seconds" a number')
        return {"token": self.issue(access, seconds)}

    def check(self, request: Request, area: str, access: str) -> None:
        """Raise `EmplyError` 403 where the credential of a request, which is good, does not have this access."""
        granted = self._of_settings() if self._settings.emply_auth == "key" else self._claims(request)["access"]
        if access not in granted.get(area, ()):
            raise EmplyError(403, f"The credential's access does not let it {access} {area}.")

    def authenticate(self, request: Request) -> None:
        """Raise `EmplyError` 401 where the credential of a request is unknown, not active or no longer good."""
        settings = self._settings
        if settings.emply_auth == "bearer":
            self._claims(request)
        elif not hmac.compare_digest(request.query.get("apiKey", "").encode(), settings.api_key.encode()):
            raise EmplyError(401)
        if not settings.api_key_active:
            raise EmplyError(401)

    def _claims(self, request: Request) -> Row:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            claims: Row = jwt.decode(token if scheme.lower() == "bearer" else "", self._key, algorithms=["HS256"])
        except jwt.ExpiredSignatureError:
            raise EmplyError(401, "The access token has expired.", code="token_expired") from None
        except jwt.InvalidTokenError:
            raise EmplyError(401, "The access token is unknown or not active.") from None
        return claims

    def _of_settings(self) -> dict[str, list[str]]:
        return {area: list(_INCLUDED.get(granted, ())) for area, granted in self._settings.areas.items()}
