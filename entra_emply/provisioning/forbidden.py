"""Writes that a service forbids (403), until it is known what that means. Not here: trying one (`attempt`).

The key may lack an access, and then an administrator must act and nothing of this kind succeeds; or Emply protects one
object, such as its owner's login, and then nobody else waits for it. Its answer does not tell which. What tells is
whether another write of the same kind was made.
"""

import threading
from collections import Counter
from dataclasses import dataclass

from entra_emply.errors import CredentialsError
from entra_emply.ledger.action import Action

MOST = 50
"""Writes of one kind that are tried while none is made."""


def is_forbidden(refused: CredentialsError) -> bool:
    """Whether the service knows the key and does not allow this (403); else it does not take the key at all."""
    return refused.code.startswith("403")


@dataclass(frozen=True)
class Refusal:
    """An action whose write was forbidden, and the number of its attempt, which is open."""

    attempt_no: int
    action: Action
    error: CredentialsError


class Forbidden:
    """What was forbidden while one plan was applied. Threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refusals: list[Refusal] = []
        self._so_far: Counter[str] = Counter()
        self._made: set[str] = set()

    def made(self, action: Action) -> None:
        """Note that a write of this kind was made."""
        with self._lock:
            self._made.add(action.name)

    def add(self, refusal: Refusal) -> None:
        """Note a write that was forbidden. Raises its error where so many of its kind were, and none was made."""
        with self._lock:
            name = refusal.action.name
            self._refusals.append(refusal)
            self._so_far[name] += 1
            if self._so_far[name] >= MOST and name not in self._made:
                raise refusal.error

    def take_single(self) -> list[Refusal]:
        """Take those that concern one object alone: other writes of their kinds were made."""
        single = [each for each in self._refusals if each.action.name in self._made]
        self._refusals = [each for each in self._refusals if each.action.name not in self._made]
        return single

    def require_none(self) -> None:
        """Raise CredentialsError where a refusal is left."""
        if self._refusals:
            raise self._refusals[0].error
