"""How often somebody may do something."""

import threading
import time
from collections import OrderedDict, deque

_KEYS = 10_000


class Limit:
    """At most `times` in `seconds` for each key; keys that did nothing for long are forgotten."""

    def __init__(self, times: int, seconds: float) -> None:
        self.times, self.seconds = times, seconds
        self._done: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, key: str) -> bool:
        """Whether it may be done now once more; if so, it counts."""
        now = time.monotonic()
        with self._lock:
            done = self._done.setdefault(key, deque())
            self._done.move_to_end(key)
            while len(self._done) > _KEYS:
                self._done.popitem(last=False)
            while done and now - done[0] >= self.seconds:
                done.popleft()
            if len(done) >= self.times:
                return False
            done.append(now)
            return True
