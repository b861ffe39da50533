"""Writing to Graph: events of calendars, and users. Each request is sent once. (rules.md, E2 and W)

Not here: finding out whether a write succeeded whose answer was lost (`provisioning`).
"""

import secrets
import string
from collections.abc import Mapping
from typing import Any

from entra_emply.connectors.answer import SUCCESS, Answer, RequestFailed
from entra_emply.connectors.entra.connection import (
    DELETING_USERS,
    FORBIDDEN,
    WRITING_MAILBOXES,
    WRITING_USERS,
    Connection,
    part,
)
from entra_emply.connectors.entra.mailboxes import HEADERS
from entra_emply.connectors.http import LONGEST_WAIT
from entra_emply.errors import TargetRefused

Fields = Mapping[str, object]

_EVENT = {"title": "subject", "isAllDay": "isAllDay", "showAs": "showAs", "transactionId": "transactionId"}
_TIMES = ("start", "end")
_USERS = {"delete_user": DELETING_USERS}
"""The areas of what is done to users, where it is not WRITING_USERS."""
_ALPHABETS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!#$%*+-=?@_")
_PASSWORD_LENGTH = 40
_NO_CONTENT = 204


class Writes:
    """Writes to Graph. Every method may raise TargetRefused and CredentialsError."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create_event(self, entra_id: str, calendar_id: str, fields: Fields, zone: str) -> str:
        """Create an event from a plan's `after` and a `transactionId`; returns its id.

        zone: the IANA name of that in which one of whole days begins and ends at midnight (E0).
        """
        path = f"users/{part(entra_id)}/calendars/{part(calendar_id)}/events"
        given = {name: value for name, value in _in_graph_form(fields, zone).items() if value is not None}
        return _identity(_write(self._connection, "create_event", "POST", path, given), "create_event")

    def update_event(self, entra_id: str, event_id: str, fields: Fields, zone: str) -> None:
        """Change an event to a plan's `after`; of its times and `isAllDay` all are given, or none. Fields that Graph
        does not have are left out. zone: as in `create_event`.
        """
        _write(self._connection, "update_event", "PATCH", _event(entra_id, event_id), _in_graph_form(fields, zone))

    def delete_event(self, entra_id: str, event_id: str) -> None:
        """Delete an event; it moves to its owner's deleted items."""
        _write(self._connection, "delete_event", "DELETE", _event(entra_id, event_id))

    def create_user(self, fields: Fields) -> str:
        """Create a user; returns its id. The random password is stored nowhere; the first sign-in has to change it."""
        given = {name: value for name, value in fields.items() if value is not None}
        profile = {"password": _password(), "forceChangePasswordNextSignIn": True}
        answer = self._write_user("create_user", "POST", "users", given | {"passwordProfile": profile})
        return _identity(answer, "create_user")

    def update_user(self, entra_id: str, fields: Fields) -> None:
        """Change fields of a user."""
        self._write_user("update_user", "PATCH", f"users/{part(entra_id)}", fields)

    def delete_user(self, entra_id: str) -> None:
        """Delete a user, whom Entra can restore for 30 days."""
        self._write_user("delete_user", "DELETE", f"users/{part(entra_id)}")

    def _write_user(self, what: str, method: str, path: str, body: Fields | None = None) -> Answer:
        self._connection.user_writes.pass_within(LONGEST_WAIT)
        return _write(self._connection, what, method, path, body)


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
        answer.require_made(f"Graph: {what}", answer.error_code)
        if not answer.content and answer.status != _NO_CONTENT:
            raise _open(what, answer, "empty", f"answered {answer.status} with nothing, which Graph says with 204")
        return answer
    if answer.status == FORBIDDEN:
        connection.forbidden(what, WRITING_MAILBOXES if "_event" in what else _USERS.get(what, WRITING_USERS))
    raise TargetRefused(
        f"Graph: {what}: answered {answer.status} {answer.error_code}".rstrip(),
        status=answer.status,
        code=answer.error_code or f"http_{answer.status}",
        transient=False,
        uncertain=False,
    )


def _identity(answer: Answer, what: str) -> str:
    """The id of the created object. An answer without an id leaves the creation uncertain: raises TargetRefused."""
    made = answer.json() if answer.is_json else None
    identity = made.get("id") if isinstance(made, dict) else None
    if isinstance(identity, str):
        return identity
    raise _open(what, answer, "no_id", "the answer names no id")


def _open(what: str, answer: Answer, code: str, why: str) -> TargetRefused:
    """The error for an answer that leaves it open whether the write was made."""
    return TargetRefused(f"Graph: {what}: {why}", status=answer.status, code=code, transient=True, uncertain=True)


def _event(entra_id: str, event_id: str) -> str:
    return f"users/{part(entra_id)}/events/{part(event_id)}"


def _in_graph_form(fields: Fields, zone: str) -> dict[str, Any]:
    """The fields of an event as Graph names them, without those that only a plan has. Graph takes an event of whole
    days only from midnight to midnight of one zone.
    """
    given: dict[str, Any] = {_EVENT[name]: value for name, value in fields.items() if name in _EVENT}
    times = {name: fields[name] for name in _TIMES if name in fields}
    of = zone if fields.get("isAllDay") is True else "UTC"
    return given | {name: {"dateTime": str(at).removesuffix("Z"), "timeZone": of} for name, at in times.items()}


def _password() -> str:
    """A random password with all four kinds of characters that Entra's password rules count."""
    characters = [secrets.choice(alphabet) for alphabet in _ALPHABETS]
    every = "".join(_ALPHABETS)
    characters += [secrets.choice(every) for _ in range(_PASSWORD_LENGTH - len(characters))]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)
