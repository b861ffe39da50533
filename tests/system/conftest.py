"""What system tests share: an installation in a folder of its own, run through its command line against a sandbox."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from sandbox import Sandbox
from sandbox.company import make_company
from tests.postgres import Server, running_server
from tests.system.commands import REPOSITORY, Command, Done
from tests.system.mapping import users_and_roles

Row = dict[str, Any]
Writes = Counter[tuple[str, str]]
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

    def start(self, *command: str, hurried: bool = False, terminal: str | None = None, **variables: str) -> Command:
        """Start `entra-emply` with these arguments; `hurried`, `terminal`: see `Command`."""
        said = self.said / f"{next(self._numbers)}-{command[0]}"
        environment = self.environment | variables
        return Command(command, environment, said, hurried=hurried, terminal=terminal, where=self.folder)

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


@pytest.fixture
def company() -> Row:
    """The people of the installation's sandbox; a test module may have its own."""
    return make_company(200, 1)


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Settings of users and roles, to be changed."""
    file = tmp_path / "settings.yaml"
    file.write_text(users_and_roles())
    return file


@pytest.fixture
def installation(tmp_path: Path, settings: Path, company: Row) -> Iterator[Installation]:
    """A fresh installation with an embedded database; nothing of it is left running."""
    with Sandbox(company) as sandbox:
        yield Installation(tmp_path / "home", sandbox, settings)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL that is always there."""
    with running_server() as running:
        yield running


@pytest.fixture
def served(installation: Installation, server: Server) -> Installation:
    """A fresh installation with a database by DATABASE_URL: quicker to start than the embedded one."""
    installation.variables["DATABASE_URL"] = server.url(server.create())
    return installation
