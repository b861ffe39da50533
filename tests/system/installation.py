"""An installation as an operator has one: a home folder, settings, a sandbox; its commands, and what they left."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import make_url

from entra_emply.connectors.http import SILENCE_SECONDS
from entra_emply.environment import database_address
from sandbox import Sandbox
from tests.system.commands import REPOSITORY, Command, Done
from tests.waiting import wait_until

Row = dict[str, Any]
Writes = Counter[tuple[str, str]]
_HELD_SECONDS = SILENCE_SECONDS - 5  # a client that hears nothing for longer asks again
_ELSEWHERE = {"DATABASE_URL", "DAGSTER_HOME", "FRAMES_URL"}


@dataclass
class Installation:
    """One home folder, one settings file, one sandbox; commands run as an operator runs them.

    The database is the embedded one, unless `variables` name another. Commands run in `folder`.
    """

    home: Path
    sandbox: Sandbox
    settings: Path
    variables: dict[str, str] = field(default_factory=dict)
    folder: Path = REPOSITORY
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def environment(self) -> dict[str, str]:
        """What a command gets: the sandbox's addresses, and nothing of this process that points elsewhere."""
        theirs = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
        ours = {"ENTRA_EMPLY_HOME": str(self.home), "ENTRA_EMPLY_SETTINGS": str(self.settings), "COLUMNS": "200"}
        return theirs | self.sandbox.environment | ours | self.variables

    @property
    def database(self) -> str:
        """The name of the database that DATABASE_URL names."""
        return make_url(self.variables["DATABASE_URL"]).database or ""

    @property
    def said(self) -> Path:
        """Where the output of commands is kept, a folder each."""
        return self.settings.parent / "said"

    @contextmanager
    def in_this_process(self) -> Iterator[None]:
        """Dagster in this process has it as its environment."""
        address = {"DATABASE_URL": database_address(self.variables["DATABASE_URL"])}
        with patch.dict(os.environ, self.environment | address):
            yield

    def start(self, *command: str, hurried: bool = False, terminal: str | None = None, **variables: str) -> Command:
        """Start `entra-emply` with these arguments; `hurried`, `terminal`: see `Command`."""
        said = self.said / f"{next(self._numbers)}-{command[0]}"
        environment = self.environment | variables
        if hurried:
            self.sandbox.change_settings(emply_per_second=100_000)  # who waits in no time is at once over the limit
        return Command(command, environment, said, hurried=hurried, terminal=terminal, where=self.folder)

    def start_waiting(self, command: str, request: Row) -> Command:
        """Start a command, and return while it waits for the answer to this request, until `let_go`."""
        self.sandbox.put_faults({"method": "GET", **request, "times": 1, "fault": {"delay_ms": 1000 * _HELD_SECONDS}})
        started = self.start(command)
        wait_until(lambda: self.sandbox.faults()[0]["times"] == 0 or not started.running, "the request")
        assert started.running, started.wait()
        return started

    def let_go(self) -> None:
        """Answer the request of `start_waiting`. Who gave it up before is no longer where it waited."""
        assert None in [entry["ms"] for entry in self.sandbox.requests()], f"not within {_HELD_SECONDS} s"
        self.sandbox.put_faults()

    def run(self, *command: str, hurried: bool = False, **variables: str) -> Done:
        """Run `entra-emply` with these arguments to its end."""
        return self.start(*command, hurried=hurried, **variables).wait()

    def sync(self, *arguments: str) -> Done:
        """Run a sync that must not fail (something may be held)."""
        done = self.run("sync", *arguments)
        assert done.returncode in (0, 2), done.stderr
        return done

    def logins(self) -> dict[str, Row]:
        """Emply's users by username, without the ids that Emply gave."""
        return logins_of(self.sandbox.state())

    def writes(self) -> list[Row]:
        """See `writes_of`."""
        return writes_of(self.sandbox.requests())


def writes_of(requests: Sequence[Row]) -> list[Row]:
    """The requests of a log that changed something in Emply or Entra, or wanted to."""
    return [
        entry
        for entry in requests
        if entry["method"] not in ("GET", "HEAD")
        and "/token" not in entry["path"]
        and not entry["path"].endswith("$batch")
    ]


def made(requests: Sequence[Row]) -> Writes:
    """The changes that were made, by method and address; one whose answer was lost has no status, and was made."""
    done = [entry for entry in writes_of(requests) if (entry["status"] or 200) < 300]
    return Counter((entry["method"], entry["path"]) for entry in done)


def logins_of(state: Row) -> dict[str, Row]:
    """Emply's users by username, without the ids that Emply gave."""
    return {user["username"] or user["id"]: {**user, "id": None} for user in state["emply"]["users"]}
