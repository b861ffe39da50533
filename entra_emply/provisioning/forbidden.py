"""Writes that a service forbids (403) or takes no credentials for (401), until it is known what that means. Not here:
trying one (`attempt`).

The key may lack an access (403) or be revoked (401), and then an administrator must act and nothing of this kind, or
nothing at all, succeeds; or it is about one object, such as the login of Emply's owner, and then nobody else waits for
it. The answer does not tell which. What tells is whether another write was made that needs the same.
"""

import threading
from collections import Counter
from dataclasses import dataclass

from entra_emply.errors import CredentialsError
from entra_emply.ledger.action import Action

MOST = 50
"""Writes of one access that are tried while none is made."""
MOST_IN_A_ROW = 5
"""Writes to a service in a row for which it takes no credentials. It then counts as refusing them whatever it took
before: a key may be revoked at any moment."""
_CHANGES_OF_LOGINS = frozenset({"emply.deactivate_user", "emply.activate_user", "emply.set_roles", "emply.update_user"})
"""Kinds that are one write to Emply, and need one access: who may change roles may deactivate."""


def is_forbidden(refused: CredentialsError) -> bool:
    """Whether the service knows the key and does not allow this (403); else it does not take the key at all."""
    return refused.code.startswith("403")


def may_concern_one(refused: CredentialsError) -> bool:
    """Whether this may be about one object; else there was no way even to ask."""
    return refused.code.startswith(("401", "403"))


@dataclass(frozen=True)
class Refusal:
    """An action whose write was not allowed, and the number of its attempt, which is open."""

    attempt_no: int
    action: Action
    error: CredentialsError

    @property
    def needed(self) -> str:
        """What was not allowed: an access, or the service as a whole."""
        return _access(self.action) if is_forbidden(self.error) else self.action.target


class Forbidden:
    """What was not allowed while one plan was applied. Threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refusals: list[Refusal] = []
        self._so_far: Counter[str] = Counter()
        self._made: set[str] = set()

    def made(self, action: Action) -> None:
        """Note that a write was made."""
        with self._lock:
            self._made |= {_access(action), action.target}
            self._so_far[action.target] = 0

    def add(self, refusal: Refusal) -> None:
        """Note a write that was not allowed. Raises its error where so many like it were not."""
        with self._lock:
            self._refusals.append(refusal)
            self._so_far[refusal.needed] += 1
            so_far = self._so_far[refusal.needed]
            if is_forbidden(refusal.error):
                hopeless = so_far >= MOST and refusal.needed not in self._made
            else:
                hopeless = so_far >= MOST_IN_A_ROW
            if hopeless:
                raise refusal.error

    def take_single(self) -> list[Refusal]:
        """Take those that concern one object alone: others that need the same were made."""
        single = [each for each in self._refusals if each.needed in self._made]
        self._refusals = [each for each in self._refusals if each.needed not in self._made]
        return single

    def require_none(self) -> None:
        """Raise CredentialsError where a refusal is left."""
        if self._refusals:
            raise self._refusals[0].error


def _access(action: Action) -> str:
    """The access that an action needs, by the kinds that share one."""
    return "emply.update_user" if action.name in _CHANGES_OF_LOGINS else action.name
