"""The lock of `sync` commands, which run one at a time; what their runs are known by, and whether any is running.

Runs of the daemon do not take it: Dagster queues them (dagster.yaml).
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select

from entra_emply.ledger.database import Database
from entra_emply.progress import Tell, unheard

BY_COMMAND = {"entra-emply/command": "sync"}
"""The tag of the runs of a command."""
_LOCK = 0x656E7472615F7379  # "entra_sy": any number but the ledger's, the same for every command


@contextmanager
def command_lock(address: str, tell: Tell = unheard) -> Iterator[None]:
    """Hold the lock, once the command that has it ends, however long that takes. Raises LedgerError."""
    with Database(address).locked(_LOCK, seconds=math.inf, taken=lambda: tell("Waiting for another sync", 0, 1)):
        tell("Starting", 0, 1)
        yield


def no_command_runs(address: str) -> bool:
    """Whether no command is running now. Raises LedgerError."""
    database = Database(address)
    try:
        with database.writing() as connection:
            return bool(connection.execute(select(func.pg_try_advisory_xact_lock(_LOCK))).scalar_one())
    finally:
        database.engine.dispose()  # asked every few seconds by the daemon: no connection is kept for it
