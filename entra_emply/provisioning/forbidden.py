"""Writes that a service forbids (403), until it is known what that means. Not here: trying one (`attempt`).

The key may lack an access, and then an administrator must act and nothing of this kind succeeds; or Emply protects one
object, such as its owner's login, and then nobody else waits for it. Its answer does not tell which. What tells is
whether another write that needs the same access was made.
"""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from entra_emply.errors import CredentialsError
from entra_emply.ledger.action import Action

MOST = 50
"""Writes of one access that are tried while none is made."""
_CHANGES_OF_LOGINS = frozenset({"emply.deactivate_user", "emply.activate_user", "emply.set_roles", "emply.update_user"})
"""Kinds that are one write to Emply, and need one access: who may change roles may deactivate."""


def is_forbidden(refused: CredentialsError) -> bool:
    """Whether the service knows the key and does not allow this (403); else it does not take the key at all."""
    return refused.code.startswith("403")


def is_unauthorized(refused: CredentialsError) -> bool:
    """Whether the service answered that it does not take the credentials (401)."""
    return refused.code.startswith("401")


@dataclass(frozen=True)
class Refusal:
    """An action whose write was forbidden, and the number of its attempt, which is open."""

    attempt_no: int
    action: Action
    error: CredentialsError

    @property
    def access(self) -> str:
        """What was not allowed."""
        return _access(self.action)


class Forbidden:
    """What was forbidden while one plan was applied. Threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refusals: list[Refusal] = []
        self._so_far: Counter[str] = Counter()
        self._made: set[str] = set()

    def made(self, action: Action) -> None:
        """Note that a write was made."""
        with self._lock:
            self._made.add(_access(action))

    def add(self, refusal: Refusal) -> None:
        """Note a write that was forbidden."""
        with self._lock:
            self._refusals.append(refusal)
            self._so_far[refusal.access] += 1

    def closes(self, action: Action) -> bool:
        """Whether so many writes with the access of this action were forbidden, and none made, that it is not tried."""
        access = _access(action)
        with self._lock:
            return self._so_far[access] >= MOST and access not in self._made

    def take_single(self) -> list[Refusal]:
        """Take those that concern one object alone: others with the same access were made."""
        single = [each for each in self._refusals if each.access in self._made]
        self._refusals = [each for each in self._refusals if each.access not in self._made]
        return single

    @property
    def left(self) -> Sequence[Refusal]:
        """Those of an access with which nothing was made."""
        return self._refusals


def _access(action: Action) -> str:
    """The access that an action needs, by the kinds that share one."""
    return "emply.update_user" if action.name in _CHANGES_OF_LOGINS else action.name
