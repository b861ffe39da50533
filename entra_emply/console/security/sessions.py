"""Sessions: who signed in, in a signed cookie. No session is kept on the server but those that were ended."""

import secrets
import threading
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

HOURS = 8
"""A working day: after it people sign in again, and Entra tells their roles again."""
_SECONDS = HOURS * 3600


@dataclass(frozen=True)
class Session:
    """Who signed in. number: made at random when they did. name: what approvals and the audit trail record."""

    number: str
    name: str
    approver: bool


class Sessions:
    """Makes, reads and ends sessions.

    secret: what cookies are signed with. secure: whether browsers send them over TLS alone. path: where they send them.
    """

    def __init__(self, secret: str, *, secure: bool, path: str) -> None:
        self._signed = URLSafeTimedSerializer(secret, salt="session")
        self._cookie = {"path": path or "/", "httponly": True, "samesite": "lax", "secure": secure}
        self._name = "__Secure-entra-emply-console" if secure else "entra-emply-console"
        self._ended: dict[str, None] = {}
        self._lock = threading.Lock()

    def begin(self, response: Response, name: str, *, approver: bool) -> Session:
        """A new session, whatever the browser had before, so that nobody can prepare one for somebody else."""
        session = Session(secrets.token_urlsafe(16), name, approver)
        value = self._signed.dumps([session.number, session.name, session.approver])
        response.set_cookie(self._name, str(value), max_age=_SECONDS, **self._cookie)  # type: ignore[arg-type]
        return session

    def of(self, request: Request) -> Session | None:
        """The session of a request; None where there is none, it is too old, was ended, or is not of our making."""
        try:
            number, name, approver = self._signed.loads(request.cookies.get(self._name, ""), max_age=_SECONDS)
        except BadData:
            return None
        return None if number in self._ended else Session(number, name, approver)

    def end(self, session: Session, response: Response) -> None:
        """End a session: a copy of its cookie is worth nothing any more."""
        with self._lock:
            self._ended[session.number] = None
            while len(self._ended) > _REMEMBERED:
                del self._ended[next(iter(self._ended))]
        response.delete_cookie(self._name, **self._cookie)  # type: ignore[arg-type]


_REMEMBERED = 10_000
"""Ended sessions that are remembered; the oldest of more have expired by themselves long ago."""
