"""The ledger of this installation, for commands that only ask it: they neither set it up nor migrate it."""

from collections.abc import Iterator
from contextlib import contextmanager

from entra_emply.environment import Environment
from entra_emply.errors import NOTHING_PLANNED, SettingsError
from entra_emply.ledger import migrate
from entra_emply.ledger.ledger import Ledger
from entra_emply.storage.postgres import database


@contextmanager
def ledger_if_any(environment: Environment) -> Iterator[Ledger | None]:
    """The ledger; None where the embedded database was never set up."""
    with database(environment.home, environment.database_url, create=False) as url:
        if url is None:
            yield None
            return
        ledger = Ledger.open(url)
        try:
            yield ledger
        finally:
            ledger.close()


@contextmanager
def existing_ledger(environment: Environment) -> Iterator[Ledger]:
    """The ledger. Raises SettingsError where no run has made one yet."""
    with ledger_if_any(environment) as ledger:
        if ledger is None or not ledger.read(migrate.exists):
            raise SettingsError(NOTHING_PLANNED)
        yield ledger
