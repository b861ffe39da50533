"""Until when the credentials are good, where that can be known: for `doctor`, and for alerts. Only reads are sent."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from entra_emply.connectors.answer import RequestFailed
from entra_emply.connectors.entra.connection import OK, Connection
from entra_emply.connectors.entra.permissions import APPLICATIONS
from entra_emply.connectors.entra.sign_in import certificate_end
from entra_emply.doctor.checks import Check, good_until, skipped
from entra_emply.environment import EntraEnvironment, Environment
from entra_emply.errors import CredentialsError, SettingsError

_HINT_LENGTH = 3
"""Graph shows so many of a secret's first characters."""


@dataclass(frozen=True)
class Credential:
    """A secret, certificate or token. `unknown`: why nobody knows its end; `asked`: whether that was found out for
    sure."""

    name: str
    renew: str
    ends: datetime | None = None
    unknown: str = ""
    asked: bool = True

    @property
    def check(self) -> Check:
        """As `doctor` tells of it."""
        return skipped(self.name, self.unknown) if self.ends is None else good_until(self.name, self.ends, self.renew)


def correct(environment: EntraEnvironment) -> str:
    """What to do where Entra or Graph refuses the credentials."""
    return f"Correct the credentials in Entra, or in the environment: {environment.credential}."


def of_entra(connection: Connection, environment: EntraEnvironment) -> Iterator[Credential]:
    """The certificate's end is in its file; the secret's is asked of the application's registration."""
    if environment.certificate is not None:
        try:
            ends = certificate_end(environment)
        except SettingsError:
            return  # signing in tells of it
        renew = "Make a new one, upload its public part in Entra, and set ENTRA_CLIENT_CERTIFICATE."
        yield Credential("entra: certificate", renew, ends)
    if environment.secret is not None:
        yield _secret(connection, environment, environment.secret)


def of_emply(token: str) -> Credential:
    """A shared access token (a JWT) says until when it is good; a key does not."""
    ends = _end_of(token)
    renew = "Make a new one in Emply (Settings > Integrations > API2) and set EMPLY_API_KEY."
    return Credential("emply: token", renew, ends, "" if ends else "the token has no expiry date")


def known_ends(environment: Environment) -> dict[str, datetime | None]:
    """Until when each credential is good, by name; None where that cannot be known. What could not be asked for now is
    not among them: every run fails for the same reason, and tells.
    """
    found: list[Credential] = []
    with suppress(SettingsError):
        found.append(of_emply(environment.emply.api_key))
    with suppress(CredentialsError, SettingsError, RequestFailed), closing(Connection(environment.entra)) as connection:
        connection.token()
        found += of_entra(connection, environment.entra)
    return {each.name: each.ends for each in found if each.asked}


def _secret(connection: Connection, environment: EntraEnvironment, secret: str) -> Credential:
    name, renew = "entra: client secret", "Make a new one in Entra and set ENTRA_CLIENT_SECRET."
    if APPLICATIONS.granted_as(connection.permissions) is None:
        why = f"its end is known only with {APPLICATIONS.name}; put it into a calendar"
        return Credential(name, renew, unknown=why)
    path = f"applications(appId='{environment.client_id}')"
    try:
        answer = connection.ask("GET", path, params={"$select": "passwordCredentials"})
    except RequestFailed as failure:
        return Credential(name, renew, unknown=f"the registration cannot be read ({failure})", asked=False)
    body = answer.json() if answer.status == OK else None
    ends = _ends(body.get("passwordCredentials") if isinstance(body, dict) else None, secret)
    return Credential(name, renew, max(ends, default=None), "the registration does not tell its end")


def _ends(credentials: object, secret: str) -> list[datetime]:
    """The ends of the secrets that begin like this one."""
    rows = [row for row in credentials if isinstance(row, Mapping)] if isinstance(credentials, list) else []
    ours = [row.get("endDateTime") for row in rows if row.get("hint") == secret[:_HINT_LENGTH]]
    return [end for text in ours if (end := _time(text)) is not None]


def _time(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _end_of(token: str) -> datetime | None:
    parts = token.split(".")
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, OSError, binascii.Error):
        return None
