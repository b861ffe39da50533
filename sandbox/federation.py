"""Entra's workload identity federation: a token of another issuer (Kubernetes, say) in place of a secret.

An application has federated credentials, each of which names an issuer, a subject and an audience; the issuer's key is
looked up at the issuer's address, for which the sandbox's settings have the key itself.
(learn.microsoft.com, "Workload identity federation")
"""

import jwt

from sandbox.exchange import Row
from sandbox.oauth import SignInError

AUDIENCE = "api://AzureADTokenExchange"


def check_federated(assertion: str, credential: Row | None) -> None:
    """Raise `SignInError` for a token that the federated credential (issuer, subject, key as PEM) does not name."""
    claims = jwt.decode(assertion, options={"verify_signature": False})
    expected = (("issuer", "iss", 700211), ("audience", "aud", 700212), ("subject", "sub", 700213))
    known = {"audience": AUDIENCE, **(credential or {})}
    for what, claim, number in expected:
        if not _has(claims.get(claim), known.get(what)):
            raise SignInError(
                401, "invalid_client", number,
                f"No matching federated identity record found for presented assertion {what} '{claims.get(claim)}'.",
            )  # fmt: skip
    try:
        jwt.decode(assertion, known["key"], algorithms=["RS256"], audience=AUDIENCE, options={"require": ["exp"]})
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
        raise SignInError(
            401, "invalid_client", 700024, "Client assertion is not within its valid time range."
        ) from None
    except jwt.InvalidTokenError:
        raise SignInError(401, "invalid_client", 50013, "Assertion failed signature validation.") from None


def _has(claim: object, value: object) -> bool:
    """Whether a claim is the value, or a list with it."""
    return value is not None and (claim == value or (isinstance(claim, list) and value in claim))
