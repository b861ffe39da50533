"""Processes that are killed at a step, and what steps are: statements and changes, or requests."""

import itertools
import os
import signal
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar
from unittest.mock import patch

import requests
from sqlalchemy import event

from entra_emply.ledger.ledger import Ledger
from tests.integration.ledger.systems import Systems

END_LOCK = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
"""The end of the session that has the lock of applying."""

P = ParamSpec("P")
T = TypeVar("T")


def in_child(url: str, file: Path, run: Callable[[Systems], object], killed_at: int) -> bool:
    """Run the systems of `file` in a process of its own, killed at a step; whether it was, before its end.

    A step is a statement of the ledger, a change about to be made in a system, or one just made.
    """

    def until_killed(step: Callable[..., None]) -> None:
        ledger = Ledger.open(url)
        systems = Systems.stored(ledger, file)

        def changed() -> None:
            systems.store(file)
            step()

        for system in (systems.graph, systems.emply):
            system.changing, system.changed = step, changed
        for moment in ("before_cursor_execute", "after_cursor_execute", "commit"):
            event.listen(ledger._database.engine, moment, step)
        run(systems)

    return _killed(until_killed, killed_at)


def at_request(run: Callable[[], object], killed_at: int) -> bool:
    """Run it in a process of its own, killed at a step; whether it was, before its end.

    A step is a request about to be sent, or one that was answered and of which nobody took note.
    """

    def until_killed(step: Callable[..., None]) -> None:
        with patch.object(requests.Session, "send", _between(step, requests.Session.send)):
            run()

    return _killed(until_killed, killed_at)


def _between(step: Callable[[], None], send: Callable[P, T]) -> Callable[P, T]:
    """The same with a step before and after it."""

    def sent(*given: P.args, **named: P.kwargs) -> T:
        step()
        answer = send(*given, **named)
        step()
        return answer

    return sent


def _killed(run: Callable[[Callable[..., None]], None], killed_at: int) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # this process has threads; the child uses none of theirs
        child = os.fork()
    if child == 0:
        failed, steps = 1, itertools.count(1)

        def step(*_: object) -> None:
            if next(steps) == killed_at:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            run(step)
            failed = 0
        finally:
            os._exit(failed)
    _, status = os.waitpid(child, 0)
    assert status in {0, signal.SIGKILL}
    return status == signal.SIGKILL
