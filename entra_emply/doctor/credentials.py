"""Until when the application's own credential is good, where that can be known. Only reads are sent."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from entra_emply.connectors.entra.connection import OK, Connection
from entra_emply.connectors.entra.permissions import APPLICATIONS
from entra_emply.connectors.entra.sign_in import certificate_end
from entra_emply.connectors.http import RequestFailed
from entra_emply.doctor.checks import Check, good_until, skipped
from entra_emply.environment import EntraEnvironment
from entra_emply.errors import SettingsError

_HINT_LENGTH = 3
"""Graph shows so many of a secret's first characters."""


def checks(connection: Connection, environment: EntraEnvironment) -> Iterator[Check]:
    """The certificate's end is in its file; the secret's is asked of the application's registration."""
    if environment.certificate is not None:
        try:
            ends = certificate_end(environment)
        except SettingsError:
            return  # signing in tells of it
        renew = "Make a new one, upload its public part in Entra, and set ENTRA_CLIENT_CERTIFICATE."
        yield good_until("entra: certificate", ends, renew)
    if environment.secret is not None:
        yield _secret(connection, environment, environment.secret)


def _secret(connection: Connection, environment: EntraEnvironment, secret: str) -> Check:
    name = "entra: client secret"
    if APPLICATIONS.granted_as(connection.permissions) is None:
        return skipped(name, f"its end is known only with {APPLICATIONS.name}; put it into a calendar")
    path = f"applications(appId='{environment.client_id}')"
    try:
        answer = connection.ask("GET", path, params={"$select": "passwordCredentials"})
    except RequestFailed as failure:
        return skipped(name, f"the registration cannot be read ({failure})")
    body = answer.json() if answer.status == OK else None
    ends = _ends(body.get("passwordCredentials") if isinstance(body, dict) else None, secret)
    if not ends:
        return skipped(name, "the registration does not tell its end")
    return good_until(name, max(ends), "Make a new one in Entra and set ENTRA_CLIENT_SECRET.")


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
