"""The ledger as other packages reach it: one transaction for each of the functions of this package.

Applying a plan is not a matter of this module: it takes many transactions, which are in `provisioning.apply`.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from entra_emply.ledger.database import Database, LockedSession

P = ParamSpec("P")
T = TypeVar("T")


class Ledger:
    """Plans, approvals, attempts and the sync state, in the schema `entra_emply` of a PostgreSQL database.

    What can be asked and recorded are the functions of this package that take a connection first:
    `ledger.read(plans.newest_plan)`. Every method raises LedgerError where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url: str) -> "Ledger":
        """The ledger at this address (postgresql://…). It connects when it is first used.

        Raises SettingsError for an address of another kind.
        """
        return cls(Database(url))

    def close(self) -> None:
        """Close the pooled connections."""
        self._database.engine.dispose()

    def read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The answer of a query, in a transaction that can change nothing."""
        with self._database.reading() as connection:
            return query(connection, *args, **kwargs)

    def write(self, change: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Make a change, all of it or nothing. Returns what it returns, raises what it raises."""
        with self._database.writing() as connection:
            return change(connection, *args, **kwargs)

    def locked(self, *, seconds: float) -> AbstractContextManager[LockedSession | None]:
        """The lock of applying (see `Database.locked`)."""
        return self._database.locked(seconds=seconds)
