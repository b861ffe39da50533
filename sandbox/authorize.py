"""Entra's sign-in of people: the authorization code with PKCE, and what a code is exchanged for. Apps' own is `entra`.

There is no page to fill in: at the browser sits whom the request's `login_hint` names, or the settings' `signed_in`,
by id or user principal name, and their application roles are those that the settings' `app_roles` give them.
"""

import base64
import hashlib
import hmac
import html
import secrets
import time
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from sandbox.exchange import Answer, Request, Row
from sandbox.oauth import SignInError, need, unknown_application
from sandbox.settings import Settings
from sandbox.state import State

_CODE_SECONDS, _TOKEN_SECONDS = 600, 3600
_KEY_ID = "sandbox"


@dataclass(frozen=True)
class _Granted:
    """What a code stands for."""

    user: Row
    redirect_uri: str
    challenge: str | None
    nonce: str | None
    scope: str
    until: float


class Authorization:
    """Signs people in, and exchanges codes, once each."""

    def __init__(self, settings: Settings, state: State) -> None:
        self._settings, self._state = settings, state
        self._granted: dict[str, _Granted] = {}

    def answer(self, request: Request) -> Answer:
        """Answer a browser; raises `SignInError` where it cannot even be sent back to the application."""
        asked = request.query
        for name in ("client_id", "redirect_uri", "response_type"):
            need(asked, name)
        if asked["client_id"] != self._settings.client_id:
            raise unknown_application(asked["client_id"], self._state.entra.organization.get("displayName"))
        if asked["redirect_uri"] not in self._settings.redirect_uris:
            raise SignInError(
                400, "invalid_request", 50011,
                f"The redirect URI '{asked['redirect_uri']}' specified in the request does not match the redirect URIs "
                f"configured for the application '{asked['client_id']}'.",
            )  # fmt: skip
        return _back(asked, {**self._outcome(asked), **({"state": asked["state"]} if "state" in asked else {})})

    def _outcome(self, asked: dict[str, str]) -> dict[str, str]:
        if asked["response_type"] != "code":
            return _error("unsupported_response_type", 700054, "The response_type is not enabled for the application.")
        if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
            return _error("invalid_request", 9002325, "Proof Key for Code Exchange is taken with S256.")
        user = self._at_the_browser(asked)
        if user is None:
            return _error("access_denied", 50034, "The user account does not exist in the directory.")
        if user.get("accountEnabled") is False:
            return _error("access_denied", 50057, "The user account is disabled.")
        code = secrets.token_urlsafe(32)
        self._granted[code] = _Granted(
            user, asked["redirect_uri"], asked.get("code_challenge"), asked.get("nonce"), asked.get("scope", ""),
            time.time() + _CODE_SECONDS,
        )  # fmt: skip
        return {"code": code, "session_state": secrets.token_hex(8)}

    def _at_the_browser(self, asked: dict[str, str]) -> Row | None:
        name = asked.get("login_hint") or self._settings.signed_in
        return next((row for row in self._state.entra["users"].values() if name and _is_called(row, name)), None)

    def redeem(self, form: dict[str, str], issuer: str) -> Row:
        """The tokens that a code is exchanged for; raises `SignInError`. The caller has checked the application."""
        need(form, "code")
        granted = self._granted.pop(form["code"], None)
        if granted is None or granted.until <= time.time():
            raise SignInError(
                400, "invalid_grant", 70008, "The provided authorization code is expired or was redeemed."
            )
        if form.get("redirect_uri") != granted.redirect_uri:
            raise SignInError(
                400, "invalid_grant", 500112, "The reply address does not match the one asked for before."
            )
        if granted.challenge and not hmac.compare_digest(_challenge(form.get("code_verifier", "")), granted.challenge):
            raise SignInError(
                400, "invalid_grant", 501481, "The Code_Verifier does not match the code_challenge supplied before."
            )
        tenant, user = self._state.entra.organization["id"], granted.user["id"]
        ids = base64.urlsafe_b64encode(f'{{"uid":"{user}","utid":"{tenant}"}}'.encode()).decode().rstrip("=")
        return {
            "token_type": "Bearer", "scope": granted.scope, "expires_in": _TOKEN_SECONDS,
            "access_token": secrets.token_urlsafe(48), "id_token": self._id_token(granted, issuer), "client_info": ids,
        }  # fmt: skip

    def _id_token(self, granted: _Granted, issuer: str) -> str:
        user, now = granted.user, int(time.time())
        roles = next((held for name, held in self._settings.app_roles.items() if _is_called(user, name)), [])
        claims = {
            "aud": self._settings.client_id, "iss": issuer, "iat": now, "nbf": now, "exp": now + _TOKEN_SECONDS,
            "oid": user["id"], "sub": hashlib.sha256(user["id"].encode()).hexdigest()[:32],
            "tid": self._state.entra.organization["id"], "name": user.get("displayName"),
            "preferred_username": user.get("userPrincipalName"), "ver": "2.0",
            **({"nonce": granted.nonce} if granted.nonce else {}), **({"roles": roles} if roles else {}),
        }  # fmt: skip
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": _KEY_ID})

    def keys(self) -> Row:
        """The key that id tokens are signed with, for those who check them."""
        public: Row = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": _KEY_ID, "use": "sig", "alg": "RS256"}]}

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _is_called(user: Row, name: str) -> bool:
    return name.casefold() in (user["id"].casefold(), str(user.get("userPrincipalName")).casefold())


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _error(error: str, number: int, text: str) -> dict[str, str]:
    return {"error": error, "error_description": f"AADSTS{number}: {text}"}


def _back(asked: dict[str, str], outcome: dict[str, str]) -> Answer:
    """Send the browser back to the application, by its address or by a form that it posts."""
    address = asked["redirect_uri"]
    if asked.get("response_mode", "query") != "form_post":
        joint = "&" if "?" in address else "?"
        return Answer(302, headers={"Location": f"{address}{joint}{urlencode(outcome)}", "Cache-Control": "no-store"})
    fields = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(value)}">' for name, value in outcome.items()
    )
    page = f'<form method="post" action="{html.escape(address)}">{fields}<button>Continue</button></form>'
    script = "<script>document.forms[0].submit()</script>"
    return Answer(200, f"<!DOCTYPE html>{page}{script}".encode(), content_type="text/html; charset=utf-8")
