"""What tests of the console share: an installation with people, of whom two wait for an approval to leave."""

import shutil
from pathlib import Path

import pytest

from entra_emply.ledger.ledger import Ledger
from tests.integration.conftest import Begin
from tests.integration.console.house import Browser, House
from tests.integration.ledger.systems import Systems, make_scenario
from tests.integration.moments import Moments
from tests.postgres import Server

STAFF, HR = ["g-staff"], ["g-staff", "g-hr"]
PEOPLE = {"søren": STAFF, "łukasz": HR, "zofia": STAFF, "megan": HR, "ray": STAFF}


@pytest.fixture
def empty(server: Server, database: str, ledger: Ledger, tmp_path: Path) -> House:
    """An installation in which nothing was planned yet."""
    return House(tmp_path, server.url(database), Systems(ledger, make_scenario(PEOPLE)))


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the installation that `house` begins with."""
    return tmp_path_factory.mktemp("house")


@pytest.fixture
def house(moments: Moments, begin: Begin, kept: Path, tmp_path: Path) -> House:
    """Everybody is linked; then Søren and Łukasz left, and every deactivation is held."""
    systems = begin(_leavers_held, moments.url, kept)
    shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
    return House(tmp_path, moments.url, systems)


def _leavers_held(ledger: Ledger, url: str, home: Path) -> Systems:
    house = House(home, url, Systems(ledger, make_scenario(PEOPLE)))
    house.run()
    house.systems.settings["guards"] = {"max_deactivations": {"min_count": 0, "percent": 0}}
    for leaver in ("søren", "łukasz"):
        house.systems.person(leaver)["accountEnabled"] = False
    house.run()
    return house.systems


@pytest.fixture
def ada(house: House) -> Browser:
    """The browser of an approver."""
    return house.signed_in()
