"""The demo's folder and company between two demos: who may use them, and where the next one goes on.

What the sandbox holds at a demo's end is kept, because the ledger and Dagster's history are about it. Not here: the
processes of a demo (`demo`).
"""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import requests

from entra_emply.errors import EntraEmplyError


class DemoFailed(EntraEmplyError):
    """Part of the demo did not start, or its first sync failed."""


@dataclass(frozen=True)
class Company:
    """A company of so many people, made of this seed, in the folder of a demo."""

    home: Path
    users: int
    seed: int

    @property
    def file(self) -> Path:
        """Where it is kept; not there while a demo runs, nor after one that was killed."""
        return self.home / f"company-{self.users}-{self.seed}.json"

    @property
    def arguments(self) -> list[str]:
        """How the sandbox is started with it: as it was kept, or made up."""
        if self.file.exists():
            return ["--scenario", str(self.file)]
        return ["--users", str(self.users), "--seed", str(self.seed)]

    def prepare(self, *, fresh: bool) -> str:
        """Make the folder ready: as the last demo of this company left it, or empty. Says which, where it matters."""
        if self.file.exists() and not fresh:
            return f"Going on where the demo in {self.home} stopped; --fresh starts over"
        said = f"Starting over: the demo in {self.home} was killed, or was of another company"
        had_one = self.home.exists() and not fresh
        # What is remembered of another company would be wrong of this one.
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        return said if had_one else ""

    @contextmanager
    def kept(self, url: str, ca_bundle: str) -> Iterator[None]:
        """At the end keep what the sandbox at this address holds then, if it still answers."""
        self.file.unlink(missing_ok=True)
        try:
            yield
        finally:
            with suppress(requests.RequestException, OSError), requests.Session() as http:
                http.trust_env = False  # a proxy has no part in this
                answer = http.get(f"{url}/_sandbox/state", verify=ca_bundle, timeout=60)
                answer.raise_for_status()
                unfinished = self.file.with_suffix(".part")
                unfinished.write_bytes(answer.content)
                unfinished.replace(self.file)


def demo_home(home: Path) -> Path:
    """The demo's folder in a home; the home itself where that is one, as for a shell with the demo's variables."""
    return home if _lock(home).exists() else home / "demo"


def _lock(home: Path) -> Path:
    return home.with_suffix(".lock")


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Keep other demos out of this folder. Raises DemoFailed where one is running in it."""
    home.parent.mkdir(parents=True, exist_ok=True)
    with _lock(home).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoFailed(
                f"a demo is running in {home} already: stop that one, or set ENTRA_EMPLY_HOME to another folder"
            ) from None
        yield
