"""Graph: throttling. The directory goes by resource units, one bucket for the app in the tenant (what a request costs,
its route says); Outlook by requests, in ten minutes and at once, for each mailbox.
"""

import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sandbox.exchange import Request
from sandbox.graph.errors import GraphError

SMALL, LARGE = 50, 500
"""Tenants with fewer users than SMALL are small, with more than LARGE large."""
WRITE_SECONDS = 150
_MAILBOX_SECONDS = 600
_WARN_ABOVE = 0.8


def bucket_size(users: int) -> int:
    """The resource units an app has in ten seconds in a tenant of so many users."""
    return 3500 if users < SMALL else 5000 if users <= LARGE else 8000


class Bucket:
    """A token bucket that fills itself in so many seconds. Requests that it refuses are charged too."""

    def __init__(self, seconds: float = 10) -> None:
        self._seconds = seconds
        self._used = 0.0
        self._at = time.monotonic()

    def take(self, units: int, size: int) -> tuple[dict[str, str], bool]:
        """Charge a request: the headers its answer carries, and whether it may go on."""
        now = time.monotonic()
        self._used = max(0.0, self._used - (now - self._at) * size / self._seconds)
        self._at = now
        allowed = self._used + units <= size
        # Not without end, or a client that does not wait would be locked out for hours.
        self._used = min(self._used + units, 2.0 * size)
        headers = {"x-ms-resource-unit": str(units)}
        if self._used > _WARN_ABOVE * size:
            headers["x-ms-throttle-limit-percentage"] = f"{min(self._used / size, 1.8):.2f}"
        if not allowed:
            wait = (self._used + units - size) * self._seconds / size
            headers |= {
                "Retry-After": str(max(1, math.ceil(wait))),
                "x-ms-throttle-information": "ResourceUnitLimitExceeded",
            }
        return headers, allowed


class Mailboxes:
    """What each mailbox was asked, and what it is just being asked."""

    def __init__(self) -> None:
        self._windows: dict[str, tuple[float, int]] = {}
        self._now: Counter[str] = Counter()

    def charge(self, mailbox: str, limit: int) -> None:
        """Count a request; raises `GraphError` 429 where the mailbox had too many since its ten minutes began."""
        now = time.monotonic()
        began, count = self._windows.get(mailbox, (now, 0))
        if now - began >= _MAILBOX_SECONDS:
            began, count = now, 0
        self._windows[mailbox] = (began, count + 1)
        if count >= limit:
            raise _throttled("RequestRate", math.ceil(began + _MAILBOX_SECONDS - now))

    @contextmanager
    def at_once(self, requests: Sequence[tuple[str, Request]], limit: int) -> Iterator[None]:
        """While requests of mailboxes are being served: those that are too many for theirs become `crowded`."""
        admitted: Counter[str] = Counter()
        for mailbox, request in requests:
            request.crowded = self._now[mailbox] >= limit
            if not request.crowded:
                self._now[mailbox] += 1
                admitted[mailbox] += 1
        try:
            yield
        finally:
            self._now -= admitted

    @staticmethod
    def check(request: Request) -> None:
        """Raise `GraphError` 429 for a request that is one too many."""
        if request.crowded:
            raise _throttled("MailboxConcurrency", 1)


def _throttled(limit: str, seconds: int) -> GraphError:
    return GraphError(
        429, "ApplicationThrottled", f"Application is over its {limit} limit.", {"Retry-After": str(seconds)}
    )
