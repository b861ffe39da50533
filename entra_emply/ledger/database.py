"""The connection to the ledger's database: transactions, the lock of applying, bulk loading, errors in words.

Not here: what the tables mean. Every failure of the database becomes a LedgerError of one line, which contains neither
the address, nor the password, nor the values of a statement.
"""

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd
import psycopg2
import pyarrow as pa
from pyarrow import csv
from sqlalchemy import Connection, Engine, Table, create_engine, func, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from entra_emply.environment import database_address
from entra_emply.errors import LedgerError

APPLY_LOCK = 0x656E7472615F656D  # "entra_em": any number, the same in every process that applies

_EVERY = 0.5
"""Seconds between two looks at a lock that is taken."""

_LOST = "the connection to the ledger's database was lost; the next run finds out what was done"

# A machine that vanished must not keep the lock for the two hours that TCP grants by default.
_KEEPALIVE = {"keepalives": 1, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
_SERVER_KEEPALIVE = {"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"}


class LockedSession:
    """The one connection that holds a lock, such as the lock of applying. Threads share it, a transaction at a time.

    Nobody writes without the lock, however many threads apply:

    1. PostgreSQL holds the lock for this connection and frees it only when the connection's session ends. It never
       reconnects, because the new session would not hold the lock: from then on every transaction fails, and after the
       first that failed (`lost`) none is begun, whichever thread asks.
    2. The ledger is written through this connection alone, so what is recorded was recorded under the lock: the attempt
       before its change is sent, and the outcome after. Without the lock no action is begun.
    3. A change is sent to Entra or Emply only right after `confirm`, also when it is repeated or has waited for
       `Retry-After`. What is then still on its way belongs to an attempt without outcome, and the next run, which gets
       the lock only after this session has ended, looks at the target of each of these before it reads or plans.
    4. At the end of `Database.locked`, and where a thread is left behind, the session is ended first (`end`): a thread
       that still waits for an answer can neither record it nor send anything more.

    What is left is the time until that one request arrives, as with every lock that the service itself does not know.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._turn = threading.Lock()
        self.lost = False

    def confirm(self) -> None:
        """Raise LedgerError unless this session, and with it the lock, is there at this moment. One round trip."""
        with self._alone():
            driver: Any = self._connection.connection.dbapi_connection
            try:
                self._connection.dialect.do_ping(driver)
            except psycopg2.Error:
                raise LedgerError(_LOST) from None

    def end(self) -> None:
        """Let nobody write through this session any more."""
        with self._turn:
            self.lost = True

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction. Raises LedgerError; after the first failure, for every further transaction."""
        with self._alone(), in_words(), self._connection.begin():
            yield self._connection

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._turn:
            if self.lost:
                raise LedgerError("the ledger: the lock of applying was lost; the next run finds out what was done")
            try:
                yield
            except LedgerError:
                self.lost = True
                raise


class Database:
    """The engine for DATABASE_URL; it connects when it is first used."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, committed at its end."""
        with in_words(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One read-only transaction that sees the database as of one moment."""
        with in_words(), self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @contextmanager
    def locked(
        self, key: int = APPLY_LOCK, *, seconds: float, taken: Callable[[], None] | None = None
    ) -> Iterator[LockedSession | None]:
        """The lock `key` while the context lasts; None where it was taken for `seconds` (`math.inf`: wait for ever).

        `taken` is called once, before it is waited for.
        """
        with in_words():
            connection = self.engine.connect()
        session = LockedSession(connection)
        try:
            with in_words():
                connection.detach()  # never back into the pool: closing it ends the session, and with it the lock
                held = _lock(connection, key, seconds, taken)
            yield session if held else None
        finally:
            session.end()
            connection.close()


def copy_in(connection: Connection, table: Table, frame: pd.DataFrame) -> None:
    """Add the rows of `frame`, whose columns are columns of `table`; missing is NULL. About 1 s for 100,000 rows."""
    buffer = io.BytesIO()
    options = csv.WriteOptions(include_header=False, quoting_style="all_valid")
    csv.write_csv(pa.Table.from_pandas(frame, preserve_index=False), buffer, options)
    buffer.seek(0)
    columns = ", ".join(f'"{name}"' for name in frame.columns)
    cursor = connection.connection.cursor()
    cursor.copy_expert(f"COPY {table.fullname} ({columns}) FROM STDIN (FORMAT csv)", buffer)


@contextmanager
def in_words() -> Iterator[None]:
    """Turn a failure of the database into a LedgerError that says what to do."""
    try:
        yield
    except (SQLAlchemyError, psycopg2.Error) as error:
        # `from None`: the original carries the statement, its values and the address.
        raise LedgerError(_words(error)) from None


def _engine(url: str) -> Engine:
    return create_engine(
        database_address(url),
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"application_name": "entra-emply", "connect_timeout": 10, **_KEEPALIVE},
    )


def _lock(connection: Connection, key: int, seconds: float, taken: Callable[[], None] | None) -> bool:
    """Whether the lock could be had in time. Nothing waits inside of PostgreSQL's client, which Ctrl-C does not reach.

    Raises SQLAlchemyError.
    """
    for name, value in _SERVER_KEEPALIVE.items():
        connection.execute(select(func.set_config(name, value, False)))
    deadline = time.monotonic() + seconds
    if _had(connection, key):
        return True
    if taken is not None:
        taken()
    while (left := deadline - time.monotonic()) > 0:
        time.sleep(min(_EVERY, left))
        if _had(connection, key):
            return True
    return False


def _had(connection: Connection, key: int) -> bool:
    """Whether the session has the lock now. No transaction stays open while it is waited for."""
    held = bool(connection.execute(select(func.pg_try_advisory_lock(key))).scalar_one())
    connection.commit()
    return held


def _words(error: Exception) -> str:
    original: Any = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(original, "pgcode", None)
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if state is not None and not lost:
        return f"the ledger's database refused a statement ({type(original).__name__}, SQLSTATE {state})"
    message = str(original)
    if "authentication failed" in message:
        return "the ledger's database refuses the user or the password of DATABASE_URL"
    if "does not exist" in message:
        return "the ledger's database does not know the user or the database of DATABASE_URL"
    if lost:
        return _LOST
    return "the ledger's database does not answer: is it running, and is DATABASE_URL right?"
