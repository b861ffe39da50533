"""Killing a process at a step: a statement of the ledger, a change about to be made in a system, or one just made."""

import itertools
import os
import signal
import warnings
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import event

from assets.ledger.ledger import Ledger
from tests.integration.ledger.company import Company


def in_child(url: str, file: Path, run: Callable[[Company], object], killed_at: int) -> bool:
    """Run the company of `file` in a process of its own; whether it was killed before its end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # this process has threads; the child uses none of theirs
        child = os.fork()
    if child == 0:
        failed = 1
        try:
            _until_killed(url, file, run, killed_at)
            failed = 0
        finally:
            os._exit(failed)
    _, status = os.waitpid(child, 0)
    assert status in {0, signal.SIGKILL}
    return status == signal.SIGKILL


def _until_killed(url: str, file: Path, run: Callable[[Company], object], killed_at: int) -> None:
    ledger = Ledger.open(url)
    company = Company.stored(ledger, file)
    steps = itertools.count(1)

    def step(*_: object) -> None:
        if next(steps) == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def changed() -> None:
        company.store(file)
        step()

    for system in (company.graph, company.emply):
        system.changing, system.changed = step, changed
    for moment in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(ledger._database.engine, moment, step)
    run(company)
