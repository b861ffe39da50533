"""Reads that are under way at the same time: announced before anybody asks for them, and asked for one after the other
by their names. Each has its own result or its own error.

Not here: what is read and how (`sources`, `dependent_reads`).
"""

import atexit
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from entra_emply.extraction.memory import give_back, share_one_heap

Result = TypeVar("Result")

_AT_END = 10.0  # seconds


@dataclass(frozen=True)
class Announced:
    """A read that will be asked for. It is given the results of those that it `needs`, by their names."""

    read: Callable[[Mapping[str, Any]], Any]
    needs: tuple[str, ...] = ()


class SideBySide:
    """The reads of one run. A read that was not announced is made when it is asked for: a step that runs alone, again
    or in a process of its own needs nothing of this."""

    def __init__(self) -> None:
        self._announced: dict[str, Announced] = {}
        self._under_way: dict[str, Future[Any]] = {}

    @property
    def unfinished(self) -> bool:
        """Whether anything is still being read."""
        return not all(started.done() for started in self._under_way.values())

    def announce(self, reads: Mapping[str, Announced]) -> None:
        """These will be asked for, but none that needs a read that is not among them. Nothing is read yet."""
        while lacking := [name for name, each in reads.items() if not reads.keys() >= {*each.needs}]:
            reads = {name: each for name, each in reads.items() if name not in lacking}
        self._announced |= reads

    def result(self, name: str, read: Callable[[], Result]) -> Result:
        """The result of the read that was announced by this name, else of `read`. Raises what the read raises.

        The first one that is asked for starts all that are announced. A result is given once, and not kept; after the
        last one the memory that reading needed is given back.
        """
        if name in self._announced:
            self._start()
        started = self._under_way.get(name)
        if started is None:
            return read()
        wait([started])
        del self._under_way[name]
        result: Result = started.result()
        if not self._under_way:
            give_back()
        return result

    def _start(self) -> None:
        """A thread for each, because one may wait for another. None keeps a process from its end for long: a service
        that does not answer is waited for no more than _AT_END. But most end at once, as soon as nothing more is asked
        for, and a thread inside of Arrow when the interpreter ends can stop the process from ending, or abort it."""
        share_one_heap()
        reads, self._announced = self._announced, {}
        futures: dict[str, Future[Any]] = {name: Future() for name in reads}
        self._under_way |= futures
        threads = []
        for name, each in reads.items():
            work = (futures[name], each.read, {need: futures[need] for need in each.needs})
            threads.append(threading.Thread(target=_into, args=work, name=f"reading {name}", daemon=True))
        for thread in threads:
            thread.start()
        atexit.register(_wait_for, threads)


def in_turn(
    reads: Mapping[str, Announced],
    stop: Callable[[], None],
    tell: Callable[[str, int], None] = lambda _name, _done: None,
) -> Iterator[tuple[str, Any]]:
    """These reads, side by side: name by name its result. `tell` is told of each name, and how many came before it.

    Where one fails, or no more is asked for, `stop` ends the others.
    """
    under_way = SideBySide()
    under_way.announce(reads)
    try:
        for done, (name, each) in enumerate(reads.items()):
            tell(name, done)
            yield name, under_way.result(name, partial(each.read, {}))
    finally:
        if under_way.unfinished:
            stop()


def _wait_for(threads: Sequence[threading.Thread]) -> None:
    end = time.monotonic() + _AT_END
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))


def _into(future: Future[Any], read: Callable[[Mapping[str, Any]], Any], needs: Mapping[str, Future[Any]]) -> None:
    try:
        future.set_result(read({name: each.result() for name, each in needs.items()}))
    except BaseException as error:  # noqa: BLE001 (it is raised where the result is asked for)
        future.set_exception(error)
