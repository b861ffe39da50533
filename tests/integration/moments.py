"""One ledger for all tests of a worker, put back to a moment before each.

A new database costs a quarter of a second of the processor's time, a plan as much, and putting back a hundredth.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from entra_emply.ledger.ledger import Ledger
from entra_emply.ledger.tables import SCHEMA
from tests.integration.ledger.fakes.system import Row
from tests.integration.ledger.systems import Systems
from tests.postgres import Server

Make = Callable[..., Systems]
_ALONE = """
    SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET session_replication_role = replica;
"""
"""Nobody else is connected, and neither triggers nor foreign keys are in the way."""


@dataclass(frozen=True)
class Moment:
    """What puts the ledger back, and what both systems were like."""

    statements: str
    scenario: Row
    settings: Row


@dataclass
class Moments:
    """The database of the ledger, and what moments were kept, by what made them."""

    server: Server
    database: str
    _kept: dict[object, Moment] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.server.url(self.database)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query of the ledger's tables answers."""
        return self._execute(f"SET search_path = {SCHEMA}; {query}")

    def empty(self) -> None:
        """Leave a ledger that nobody wrote to. The first time, it is as it was migrated."""
        self._put_back(self._kept.get(None) or self._keep(None, {}, {}))

    def begin(self, ledger: Ledger, make: Make, *given: object) -> Systems:
        """The systems that `make(ledger, *given)` makes; it is called once, with an empty ledger."""
        key = (make, *given)
        if key not in self._kept:
            self.empty()
            made = make(ledger, *given)
            self._keep(key, made.scenario, made.settings)
        moment = self._kept[key]
        self._put_back(moment)
        return Systems(ledger, copy.deepcopy(moment.scenario), moment.settings)

    def _keep(self, key: object, scenario: Row, settings: Row) -> Moment:
        schema = f"moment_{len(self._kept)}"
        copies = "".join(f"CREATE TABLE {schema}.{table} AS TABLE {SCHEMA}.{table};" for table in self._tables)
        self._execute(f"CREATE SCHEMA {schema};{copies}")
        back = [f"DELETE FROM {SCHEMA}.{table};" for table in self._tables]
        back += [
            f"INSERT INTO {SCHEMA}.{table} OVERRIDING SYSTEM VALUE TABLE {schema}.{table};"
            for table in self._tables
            if self._execute(f"SELECT 1 FROM {schema}.{table} LIMIT 1")
        ]
        for number in self._numbers:
            ((last, used),) = self._execute(f"SELECT last_value, is_called FROM {SCHEMA}.{number}")
            back.append(f"SELECT setval('{SCHEMA}.{number}', {last}, {used});")
        return self._kept.setdefault(key, Moment("".join(back), copy.deepcopy(scenario), copy.deepcopy(settings)))

    def _put_back(self, moment: Moment) -> None:
        self._execute(_ALONE + moment.statements)

    @cached_property
    def _tables(self) -> list[str]:
        return self._names("tablename", "pg_tables")

    @cached_property
    def _numbers(self) -> list[str]:
        return self._names("sequencename", "pg_sequences")

    def _names(self, column: str, catalog: str) -> list[str]:
        query = f"SELECT {column} FROM {catalog} WHERE schemaname = '{SCHEMA}' ORDER BY 1"
        return [str(name) for (name,) in self._execute(query)]

    def _execute(self, statements: str) -> list[tuple[Any, ...]]:
        return self.server.execute(statements, self.database)
