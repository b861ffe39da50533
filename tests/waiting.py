"""Waiting for a condition, and never for a time."""

import time
from collections.abc import Callable

PATIENCE = 600.0
"""Seconds that only a test that fails waits: more than the slowest machine takes for what any test waits for."""


def wait_until(holds: Callable[[], object], what: str = "what was waited for", *, every: float = 0.01) -> None:
    """Look every so many seconds. Raises AssertionError where it does not happen."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not happen within {PATIENCE:.0f} s"
        time.sleep(every)
