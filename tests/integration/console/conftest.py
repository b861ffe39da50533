"""What tests of the console share: an installation with people, of whom two wait for an approval to leave."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from entra_emply.ledger.ledger import Ledger
from tests.integration.console.house import Browser, House
from tests.integration.ledger.systems import Systems, make_scenario
from tests.postgres import Server, running_server

STAFF, HR = ["g-staff"], ["g-staff", "g-hr"]
PEOPLE = {"søren": STAFF, "łukasz": HR, "zofia": STAFF, "megan": HR, "ray": STAFF}


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture(scope="session")
def migrated(server: Server) -> str:
    name = server.create()
    ledger = Ledger.open(server.url(name))
    ledger.migrate()
    ledger.close()
    return name


@pytest.fixture
def empty(server: Server, migrated: str, tmp_path: Path) -> Iterator[House]:
    """An installation in which nothing was planned yet."""
    name = server.create(template=migrated)
    ledger = Ledger.open(server.url(name))
    yield House(tmp_path, server.url(name), Systems(ledger, make_scenario(PEOPLE)))
    ledger.close()
    server.drop(name)


@pytest.fixture
def house(empty: House) -> House:
    """Everybody is linked; then Søren and Łukasz left, and every deactivation is held."""
    empty.run()
    empty.systems.settings["guards"] = {"max_deactivations": {"min_count": 0, "percent": 0}}
    for leaver in ("søren", "łukasz"):
        empty.systems.person(leaver)["accountEnabled"] = False
    empty.run()
    return empty


@pytest.fixture
def ada(house: House) -> Browser:
    """The browser of an approver."""
    return house.signed_in()


@pytest.fixture
def rows(server: Server, house: House) -> Callable[[str], list[tuple[object, ...]]]:
    """A look into the ledger's tables."""
    database = str(make_url(house.url).database)
    return lambda query: server.execute(f"SET search_path = entra_emply; {query}", database)
