"""Signing in on this machine: by an address with a token that is printed, as Jupyter does. A token is good once."""

import hmac
import secrets
import threading
from collections.abc import Callable


class OneTimeToken:
    """The token of now. told: called with each new token, to print the address with it."""

    def __init__(self, told: Callable[[str], None]) -> None:
        self._told = told
        self._lock = threading.Lock()
        self._token = self._new()

    def use(self, token: str) -> bool:
        """Whether it is the token of now; if so, another one takes its place."""
        with self._lock:
            right = hmac.compare_digest(self._token.encode(), token.encode())
            if right:
                self._token = self._new()
            return right

    def _new(self) -> str:
        token = secrets.token_urlsafe(32)
        self._told(token)
        return token
