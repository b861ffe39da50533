"""Threads that carry out what may be done side by side. Not here: what it is (`attempt`), and its lanes (`lanes`).

concurrent.futures has no place for what has to follow something else, and its threads outlive an interruption: Python
waits for them at its end, though they may be waiting for a service that asked for two minutes.
"""

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import copy_context
from queue import SimpleQueue
from typing import Generic, TypeVar

from entra_emply.errors import LedgerError

WORKERS = 8
"""Actions at a time."""
LEAVE_SECONDS = 5.0
"""Seconds that an interruption waits for what is just being done, most of which is then recorded."""

Result = TypeVar("Result")
Lane = deque[int]


class Crew(Generic[Result]):
    """Does what the lanes hold, numbers, of each lane one after the other, and of all that wait the least first.

    do: is called in a thread, in a copy of the context of `run`. left_behind: is called where threads go on after `run`
    has ended.
    """

    def __init__(
        self, lanes: Sequence[Sequence[int]], do: Callable[[int], Result], *, left_behind: Callable[[], None]
    ) -> None:
        self._do, self._left_behind = do, left_behind
        self._changed = threading.Condition()
        self._waiting: list[tuple[int, Lane]] = [(lane[0], deque(lane)) for lane in lanes]
        heapq.heapify(self._waiting)
        self._under_way = 0
        self._stopped = False
        self._count = sum(map(len, lanes))
        self._done: SimpleQueue[tuple[int, Result] | BaseException] = SimpleQueue()
        size = min(WORKERS, len(lanes))
        self._threads = [
            threading.Thread(target=copy_context().run, args=(self._work,), name=f"applying-{n}", daemon=True)
            for n in range(size)
        ]

    def run(self, tell: Callable[[int, Result], None]) -> None:
        """Do everything; `tell` is called in this thread with each result, in the order in which they come.

        The first error of `do`, or one that is raised here meanwhile, ends it: nothing more is begun, and what is under
        way is waited for. An interruption, and an error of the ledger, which can record no more, do not wait for long.
        """
        patience = None
        try:
            for thread in self._threads:
                thread.start()
            for _ in range(self._count):
                done = self._done.get()
                if isinstance(done, BaseException):
                    raise done
                tell(*done)
        except BaseException as error:
            if isinstance(error, LedgerError) or not isinstance(error, Exception):
                patience = LEAVE_SECONDS
            raise
        finally:
            self._leave(patience)

    def _leave(self, patience: float | None) -> None:
        self._stop()
        latest = None if patience is None else time.monotonic() + patience
        started = [thread for thread in self._threads if thread.ident is not None]
        try:
            for thread in started:
                thread.join(None if latest is None else max(0.0, latest - time.monotonic()))
        finally:
            if any(thread.is_alive() for thread in started):
                self._left_behind()

    def _work(self) -> None:
        try:
            while (lane := self._next()) is not None:
                number = lane.popleft()
                self._done.put((number, self._do(number)))
                self._return(lane)
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread of `run`
            self._stop()
            self._done.put(error)

    def _next(self) -> Lane | None:
        """The lane whose turn it is; None where there is nothing more to begin."""
        with self._changed:
            while not self._waiting and self._under_way and not self._stopped:
                self._changed.wait()
            if self._stopped or not self._waiting:
                return None
            self._under_way += 1
            return heapq.heappop(self._waiting)[1]

    def _return(self, lane: Lane) -> None:
        with self._changed:
            self._under_way -= 1
            if lane:
                heapq.heappush(self._waiting, (lane[0], lane))
            self._changed.notify_all()

    def _stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
