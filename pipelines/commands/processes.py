"""The processes of a demo: started together, ended together, whatever happens to the one that started them."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pipelines.commands.demo_company import DemoFailed

_PATIENCE = 180.0
_STOP_SECONDS = 15.0
_EDIT_SECONDS = 600.0

Found = TypeVar("Found")


class Processes:
    """The children: started together, ended together, whatever happens to this process."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Processes":
        self.logs.mkdir(exist_ok=True)
        return self

    def __exit__(self, *_error: object) -> None:
        for process in self._running.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        for process in self._running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            with suppress(ProcessLookupError):  # what of its group is still there
                os.killpg(process.pid, signal.SIGKILL)

    def start(self, name: str, *command: str) -> None:
        """Start a child whose output goes to its log."""
        log = (self.logs / f"{name}.log").open("wb")
        self._running[name] = subprocess.Popen(  # noqa: S603
            [sys.executable, *command],
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 (no threads are running yet)
        )

    def wait_for(self, found: Callable[[], Found | None], what: str) -> Found:
        """Wait until `found` gives something. Raises DemoFailed where a child ended, or it takes too long."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            self._require_all()
            result = found()
            if result:
                return result
            time.sleep(0.2)
        raise DemoFailed(f"{what} did not come up within {_PATIENCE:.0f} s: see {self.logs}")

    def wait_for_ever(self, edit: Callable[[], None] | None = None) -> None:
        """Until interrupted, or a child ends; meanwhile `edit` now and then."""
        edited = time.monotonic()
        while True:
            self._require_all()
            if edit is not None and time.monotonic() - edited >= _EDIT_SECONDS:
                edit()
                edited = time.monotonic()
            time.sleep(1)

    def _require_all(self) -> None:
        for name, process in self._running.items():
            if process.poll() is not None:
                raise DemoFailed(f"the {name} ended: see {self.logs / f'{name}.log'}")


def _die_with_parent() -> None:
    """Linux: this child is told to stop when the thread that started it is gone, even killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
