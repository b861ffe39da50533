"""The database is not there, or goes away in the middle: one clear line, nothing lost, and the next run goes on."""

import os
import signal
from collections.abc import Callable, Iterator

import pytest

from tests.campaigns import with_campaign
from tests.postgres import Server, running_server
from tests.system.commands import Done
from tests.system.installation import Installation, made

NOWHERE = "postgresql://nobody:secret@/nothing?host=/nowhere"
COMMANDS = [("sync",), ("plan",), ("approve", "abcdef12", "--by", "Ada", "--reason", "x"), ("release", "abcdef12")]
MOMENTS = {
    "reading": {"path": "/employees$", "skip": 0},
    "planning": {"path": "/groups/[^/]+/members$", "skip": 6},
    "applying": {"path": "/users", "method": "POST", "skip": 3},
}


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """A PostgreSQL of this module's own, to take away."""
    with running_server() as running:
        yield running


def is_one_line(done: Done, said: str) -> None:
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (1, 1, ""), done
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_database_that_is_not_there_is_said_in_one_line(installation: Installation, command: tuple[str, ...]) -> None:
    is_one_line(installation.run(*command, DATABASE_URL=NOWHERE), "database does not answer")
    assert installation.writes() == []


def test_an_embedded_database_that_does_not_start_is_said_in_one_line(installation: Installation) -> None:
    (installation.home / "postgres").mkdir(parents=True)
    (installation.home / "postgres" / "PG_VERSION").write_text("1\n")
    is_one_line(installation.run("sync", hurried=True), "does not start: see ")
    assert installation.sandbox.requests() == []


@pytest.mark.parametrize("moment", with_campaign(MOMENTS, ["applying"]))
def test_a_database_that_goes_away_and_comes_back_costs_one_run(
    installation: Installation, own_server: Server, moment: str
) -> None:
    installation.variables["DATABASE_URL"] = own_server.url(own_server.create())
    _goes_away(installation, moment, own_server.stop)
    own_server.start()
    _goes_on(installation)


@pytest.mark.parametrize("moment", with_campaign(MOMENTS, ["reading"]))
def test_an_embedded_database_that_dies_costs_one_run(installation: Installation, moment: str) -> None:
    def kill() -> None:
        pid = (installation.home / "postgres" / "postmaster.pid").read_text().split()[0]
        os.kill(int(pid), signal.SIGQUIT)

    _goes_away(installation, moment, kill)
    _goes_on(installation)


def _goes_away(installation: Installation, moment: str, take_away: Callable[[], None]) -> None:
    """A sync whose database goes away while it waits for an answer."""
    command = installation.start_waiting("sync", MOMENTS[moment])
    take_away()
    installation.let_go()
    is_one_line(command.wait(), "database")


def _goes_on(installation: Installation) -> None:
    """As if nothing had been: what was written stays, and only the rest is written."""
    done = installation.sync()
    writes = made(installation.sandbox.requests())
    assert set(writes.values()) - {writes["POST", "/emply/v1/contoso/users"]} == {1}
    assert writes["POST", "/emply/v1/contoso/users"] == 15
    assert " 3 held" in done.stdout
    assert len(installation.logins()) == 187
