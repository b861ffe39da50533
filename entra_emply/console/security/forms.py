"""Forms: whether a posted form is one of this session's own pages, and is posted for the first time."""

import hashlib
import hmac
import secrets
import threading
import time

from itsdangerous import BadData, URLSafeTimedSerializer

from entra_emply.console.security.sessions import Session

_SECONDS = 3600


class Forms:
    """Makes and checks what forms carry: `token`, the same in each form of a session; `once`, good for one posting."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._signed = URLSafeTimedSerializer(secret, salt="once")
        self._used: dict[str, float] = {}
        self._lock = threading.Lock()

    def token(self, session: Session) -> str:
        """What every form of the session carries: other sites cannot know it."""
        return hmac.new(self._secret, f"form {session.number}".encode(), hashlib.sha256).hexdigest()

    def is_of(self, session: Session, token: str) -> bool:
        """Whether the form is of one of the session's pages."""
        return hmac.compare_digest(self.token(session).encode(), token.encode())

    def once(self, session: Session) -> str:
        """What a form carries whose posting changes something: it is good once, for an hour."""
        return str(self._signed.dumps([session.number, secrets.token_urlsafe(12)]))

    def use(self, session: Session, once: str) -> bool:
        """Whether the form was made for the session and is posted for the first time."""
        try:
            number, _ = self._signed.loads(once, max_age=_SECONDS)
        except BadData:
            return False
        now = time.monotonic()
        with self._lock:
            self._used = {used: at for used, at in self._used.items() if now - at <= _SECONDS}
            fresh = bool(number == session.number) and once not in self._used
            self._used[once] = now
        return fresh
