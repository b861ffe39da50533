"""When a request may be sent: the gate of a service, its pace, Retry-After, and who may write at all.

Not here: sending (`http`).
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from entra_emply import clock

_SECOND = 1.0


@dataclass(frozen=True)
class Timing:
    """The clock; a test passes its own."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Gate:
    """The gate of one service, shared by all threads: no request passes before a throttled service allows it.

    per_second: the most requests that pass in any one second; None for no limit.
    """

    def __init__(self, timing: Timing, per_second: int | None = None) -> None:
        self._timing = timing
        self._lock = threading.Lock()
        self._closed_until = float("-inf")
        self._passed: deque[float] | None = deque(maxlen=per_second) if per_second else None

    def close(self, seconds: float) -> None:
        """Let no request pass for so many seconds from now."""
        with self._lock:
            self._closed_until = max(self._closed_until, self._timing.monotonic() + seconds)

    def pass_within(self, longest: float) -> bool:
        """Wait until a request may pass, and count it. Returns False at once where it takes over `longest` s."""
        while (seconds := self._take()) > 0:
            if seconds > longest:
                return False
            self._timing.sleep(seconds)
        return True

    def _take(self) -> float:
        """Seconds until a request may pass; at 0 it is counted."""
        with self._lock:
            now = self._timing.monotonic()
            at = self._closed_until
            if self._passed is not None and len(self._passed) == self._passed.maxlen:
                at = max(at, self._passed[0] + _SECOND)
            if at <= now and self._passed is not None:
                self._passed.append(now)
            return max(0.0, at - now)


def _granted() -> None:
    """The permission to write where nobody asked for another one."""


_permission: ContextVar[Callable[[], None]] = ContextVar("permission", default=_granted)


@contextmanager
def writing_only_if(permission: Callable[[], None]) -> Iterator[None]:
    """`permission` is called right before each write of this context is sent, also before each repetition of one.

    What it raises keeps the write from being sent: so nothing is sent after a wait that was allowed only before it.
    """
    token = _permission.set(permission)
    try:
        yield
    finally:
        _permission.reset(token)


def require_permission() -> None:
    """Raise where this context may not write now."""
    _permission.get()()


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that `Retry-After` asks for, as a number or as an HTTP date; None where it is absent or unusable.

    A date is measured from the answer's own `Date` if it has one, because the clocks may differ.
    """
    text = headers.get("Retry-After", "").strip()
    try:
        return max(0.0, float(text)) if text.isascii() and text.replace(".", "", 1).isdigit() else _until(text, headers)
    except (ValueError, TypeError):
        return None


def _until(text: str, headers: Mapping[str, str]) -> float | None:
    if not text:
        return None
    sent = headers.get("Date")
    start = _date(sent) if sent else clock.now()
    return max(0.0, (_date(text) - start).total_seconds())


def _date(text: str) -> datetime:
    date = parsedate_to_datetime(text)
    return date if date.tzinfo else date.replace(tzinfo=UTC)
