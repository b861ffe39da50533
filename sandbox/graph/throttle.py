"""Graph: throttling by resource units, one bucket for the app in the tenant. What a request costs, its route says."""

import math
import time

SMALL, LARGE = 50, 500
"""Tenants with fewer users than SMALL are small, with more than LARGE large."""
_SECONDS = 10
_WARN_ABOVE = 0.8


def bucket_size(users: int) -> int:
    """The resource units an app has in ten seconds in a tenant of so many users."""
    return 3500 if users < SMALL else 5000 if users <= LARGE else 8000


class Bucket:
    """A token bucket that fills itself in ten seconds. Requests that it refuses are charged too."""

    def __init__(self) -> None:
        self._used = 0.0
        self._at = time.monotonic()

    def take(self, units: int, size: int) -> tuple[dict[str, str], bool]:
        """Charge a request: the headers its answer carries, and whether it may go on."""
        now = time.monotonic()
        self._used = max(0.0, self._used - (now - self._at) * size / _SECONDS)
        self._at = now
        allowed = self._used + units <= size
        # Not without end, or a client that does not wait would be locked out for hours.
        self._used = min(self._used + units, 2.0 * size)
        headers = {"x-ms-resource-unit": str(units)}
        if self._used > _WARN_ABOVE * size:
            headers["x-ms-throttle-limit-percentage"] = f"{min(self._used / size, 1.8):.2f}"
        if not allowed:
            wait = (self._used + units - size) * _SECONDS / size
            headers |= {
                "Retry-After": str(max(1, math.ceil(wait))),
                "x-ms-throttle-information": "ResourceUnitLimitExceeded",
            }
        return headers, allowed
