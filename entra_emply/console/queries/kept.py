"""What is worked out once and kept, as long as it is of use, and never more than so many of it."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """The values of `made` by key, of the `most` keys that were asked for last. Two threads do not make the same twice.

    Only for what never changes: frames of a run id, actions of a plan's number.
    """

    def __init__(self, made: Callable[[K], V], most: int) -> None:
        self._made, self._most = made, most
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.RLock()

    def __call__(self, key: K) -> V:
        """The value, made now if it is not there. Raises what `made` raises, and keeps nothing then."""
        with self._lock:
            if key not in self._values:
                self._values[key] = self._made(key)
                if len(self._values) > self._most:
                    self._values.popitem(last=False)
            self._values.move_to_end(key)
            return self._values[key]
