"""Writing to Graph: events of calendars and users, each request sent once. (rules.md, E2 and W)

Whether a lost answer meant success is for the caller to look up. What may be written is the rules' business.
"""

import secrets
import string
from collections.abc import Mapping
from typing import Any

from entra_emply.connectors.entra.connection import FORBIDDEN, WRITING_MAILBOXES, WRITING_USERS, Connection, part
from entra_emply.connectors.entra.mailboxes import HEADERS
from entra_emply.connectors.http import SUCCESS, Answer, RequestFailed
from entra_emply.errors import TargetRefused

Fields = Mapping[str, object]

_EVENT = {"title": "subject", "isAllDay": "isAllDay", "showAs": "showAs", "transactionId": "transactionId"}
_TIMES = ("start", "end")
_ALPHABETS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!#$%*+-=?@_")
_PASSWORD_LENGTH = 40


def create_event(connection: Connection, entra_id: str, calendar_id: str, fields: Fields) -> str:
    """Make an event in a calendar, of a plan's `after` and `transactionId`; its id."""
    path = f"users/{part(entra_id)}/calendars/{part(calendar_id)}/events"
    given = {name: value for name, value in _in_graph_words(fields).items() if value is not None}
    return _identity(_write(connection, "create_event", "POST", path, given), "create_event")


def update_event(connection: Connection, entra_id: str, event_id: str, fields: Fields) -> None:
    """Change an event: those fields of a plan's `after` that Graph knows."""
    _write(connection, "update_event", "PATCH", _event(entra_id, event_id), _in_graph_words(fields))


def delete_event(connection: Connection, entra_id: str, event_id: str) -> None:
    """Delete an event; its owner finds it among the deleted items."""
    _write(connection, "delete_event", "DELETE", _event(entra_id, event_id))


def create_user(connection: Connection, fields: Fields) -> str:
    """Make a user with a random password that is kept nowhere and is to be changed at the first sign-in; its id."""
    given = {name: value for name, value in fields.items() if value is not None}
    profile = {"password": _password(), "forceChangePasswordNextSignIn": True}
    return _identity(
        _write(connection, "create_user", "POST", "users", given | {"passwordProfile": profile}), "create_user"
    )


def update_user(connection: Connection, entra_id: str, fields: Fields) -> None:
    """Change fields of a user."""
    _write(connection, "update_user", "PATCH", f"users/{part(entra_id)}", fields)


def delete_user(connection: Connection, entra_id: str) -> None:
    """Delete a user; Entra keeps it for 30 days."""
    _write(connection, "delete_user", "DELETE", f"users/{part(entra_id)}")


def _write(connection: Connection, what: str, method: str, path: str, body: Fields | None = None) -> Answer:
    """One write. Raises TargetRefused, CredentialsError."""
    sent = False
    try:
        connection.token()
        sent = True
        answer = connection.ask(method, path, body=body, headers=HEADERS, repeatable=False)
    except RequestFailed as failure:
        raise TargetRefused(
            f"Graph: {what}: {failure}",
            status=failure.status,
            code=f"http_{failure.status}" if failure.status else "no_answer",
            transient=True,
            uncertain=sent and failure.uncertain,
        ) from None
    if answer.status in SUCCESS:
        return answer
    if answer.status == FORBIDDEN:
        connection.forbidden(what, WRITING_MAILBOXES if "_event" in what else WRITING_USERS)
    raise TargetRefused(
        f"Graph: {what}: answered {answer.status} {answer.error_code}".rstrip(),
        status=answer.status,
        code=answer.error_code or f"http_{answer.status}",
        transient=False,
        uncertain=False,
    )


def _identity(answer: Answer, what: str) -> str:
    """The id of what was made; a creation without one is uncertain."""
    made = answer.json() if answer.is_json else None
    identity = made.get("id") if isinstance(made, dict) else None
    if isinstance(identity, str):
        return identity
    raise TargetRefused(
        f"Graph: {what}: the answer names no id", status=answer.status, code="no_id", transient=True, uncertain=True
    )


def _event(entra_id: str, event_id: str) -> str:
    return f"users/{part(entra_id)}/events/{part(event_id)}"


def _in_graph_words(fields: Fields) -> dict[str, Any]:
    """A plan's fields of an event as Graph has them; those that are for the plan only are left out."""
    given: dict[str, Any] = {_EVENT[name]: value for name, value in fields.items() if name in _EVENT}
    times = {name: fields[name] for name in _TIMES if name in fields}
    return given | {name: {"dateTime": str(at).removesuffix("Z"), "timeZone": "UTC"} for name, at in times.items()}


def _password() -> str:
    """Random, and of all four kinds of characters that Entra's rules count."""
    characters = [secrets.choice(alphabet) for alphabet in _ALPHABETS]
    every = "".join(_ALPHABETS)
    characters += [secrets.choice(every) for _ in range(_PASSWORD_LENGTH - len(characters))]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)
