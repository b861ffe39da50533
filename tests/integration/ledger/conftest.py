"""A ledger of its own for each test, on one real PostgreSQL."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from entra_emply import provisioning
from entra_emply.ledger.ledger import Ledger
from tests.integration.ledger.mailbox_systems import furnish, make_systems
from tests.integration.ledger.staff import make_staff
from tests.integration.ledger.systems import Systems
from tests.postgres import Server, running_server


@dataclass(frozen=True)
class Rows:
    """A look into a ledger's tables past the code that is tested."""

    server: Server
    database: str

    def __call__(self, query: str) -> list[tuple[object, ...]]:
        return self.server.execute(f"SET search_path = entra_emply; {query}", self.database)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture(scope="session")
def migrated(server: Server) -> str:
    """The name of a database with an empty ledger, to copy."""
    name = server.create()
    ledger = Ledger.open(server.url(name))
    ledger.migrate()
    ledger.close()
    return name


@pytest.fixture
def database(server: Server, migrated: str) -> Iterator[str]:
    name = server.create(template=migrated)
    yield name
    server.drop(name)


@pytest.fixture
def ledger(server: Server, database: str) -> Iterator[Ledger]:
    opened = Ledger.open(server.url(database))
    yield opened
    opened.close()


@pytest.fixture
def rows(server: Server, database: str) -> Rows:
    return Rows(server, database)


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provisioning, "_PAUSES", (0.0, 0.0))


@pytest.fixture
def staff(ledger: Ledger) -> Systems:
    """Four people, all linked and in step (see `staff.make_staff`)."""
    return make_staff(ledger)


@pytest.fixture
def systems(ledger: Ledger) -> Systems:
    """People who are linked, with photos, calendars, events and employees (see `mailbox_systems.furnish`)."""
    systems = make_systems(ledger)
    systems.sync()
    furnish(systems)
    return systems
