"""Which service counts as down: the rest of its actions is left to the next run. Not here: trying one (`attempt`)."""

import threading
from collections import Counter
from collections.abc import Collection

MAX_SERVICE_FAILURES = 5
"""Actions in a row that failed because a service was down. What else needs it is then left to the next run without
counting a failure, so that a service that stays down does not keep the lock for hours."""


class Outages:
    """What the actions of one plan met with, in the order in which they ended. Threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_a_row: Counter[str] = Counter()

    def any_of(self, services: Collection[str]) -> bool:
        """Whether one of these services counts as down."""
        with self._lock:
            return any(self._is_down(service) for service in services)

    def failed(self, service: str) -> bool:
        """Count an action that failed because the service was down; whether it counted as down before."""
        with self._lock:
            known = self._is_down(service)
            self._in_a_row[service] += 1
            return known

    def answered(self, services: Collection[str]) -> None:
        """Note that these services are there. One that counted as down is left alone until the next run."""
        with self._lock:
            for service in services:
                if not self._is_down(service):
                    self._in_a_row[service] = 0

    def _is_down(self, service: str) -> bool:
        return self._in_a_row[service] >= MAX_SERVICE_FAILURES
