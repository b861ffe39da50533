"""This machine's installation: database, home folder and Dagster instance, for the commands that run things."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from dagster import DagsterInstance
from dagster_postgres.utils import DagsterPostgresException
from sqlalchemy.exc import SQLAlchemyError

from assets.partitions import record_first_day
from entra_emply.environment import Environment
from entra_emply.ledger.database import in_words
from entra_emply.storage.postgres import database
from pipelines import configuration

_POOL = {"statement_timeout": 60_000, "pool_recycle": 600, "max_overflow": 20}  # milliseconds, seconds, connections


@contextmanager
def installation(environment: Environment) -> Iterator[str]:
    """Database and Dagster's home, ready for this process and its children; the database's address.

    Raises SettingsError where the database cannot be had.
    """
    home = environment.made_home()
    record_first_day(environment)
    link = home / "dagster.yaml"
    if not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(configuration.DAGSTER.resolve())
    os.environ["ENTRA_EMPLY_HOME"] = str(home)
    os.environ["DAGSTER_HOME"] = str(home)
    with database(home, environment.database_url) as address:
        yield str(address)


@contextmanager
def instance() -> Iterator[DagsterInstance]:
    """Dagster's instance of the installation. Raises LedgerError where the database is not there, or goes away."""
    with in_words():
        try:
            with DagsterInstance.get() as found:
                # Without a pool Dagster connects again for every statement: more than half the time of a small sync.
                found.optimize_for_webserver(**_POOL)
                yield found
        except DagsterPostgresException as error:
            if isinstance(error.__cause__, SQLAlchemyError):
                raise error.__cause__ from None  # what it gave up on in the end
            raise
