"""The lock of `sync` commands: how one waits for another, and for how long."""

import math
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from entra_emply.errors import LedgerError
from entra_emply.ledger import database as module
from entra_emply.ledger.database import Database
from pipelines.command_lock import command_lock
from tests.fake_time import FakeTime
from tests.postgres import Server
from tests.waiting import PATIENCE

KEY = 7
SESSIONS = "pg_stat_activity WHERE datname = current_database() AND application_name = 'entra-emply'"
WAITER = """
import signal, sys
from pipelines.command_lock import command_lock
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it
with command_lock(sys.argv[1], lambda what, done, of: print(what, flush=True)):
    pass
"""


@pytest.fixture
def name(server: Server) -> Iterator[str]:
    """Of a database for locks alone."""
    made = server.create()
    yield made
    server.drop(made)


@pytest.fixture
def address(server: Server, name: str) -> str:
    return server.url(name)


@dataclass
class LockTime(FakeTime):
    """The time that those who wait for a lock have: at their so many-th look something happens."""

    look: int = 0
    then: Callable[[], object] = int

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if len(self.slept) == self.look:
            self.then()


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> LockTime:
    made = LockTime()
    monkeypatch.setattr(module, "time", made)
    return made


def test_ctrl_c_ends_a_command_that_waits_for_another(address: str) -> None:
    with command_lock(address):
        command = [sys.executable, "-c", WAITER, address]
        with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as waiter:
            assert waiter.stdout is not None
            try:
                assert waiter.stdout.readline() == "Waiting for another sync\n"
                waiter.send_signal(signal.SIGINT)
                said, error = waiter.communicate(timeout=PATIENCE)
            finally:
                waiter.kill()
    assert said == ""
    assert "KeyboardInterrupt" in error


def test_a_command_tells_that_it_waits_once_and_goes_on_when_the_other_ends(address: str, time: LockTime) -> None:
    told: list[str] = []
    with ExitStack() as other:
        other.enter_context(command_lock(address))
        time.look, time.then = 3, other.close
        with command_lock(address, lambda what, _done, _of: told.append(what)):
            assert told == ["Waiting for another sync", "Starting"]
    assert time.slept == [0.5, 0.5, 0.5]


def test_a_lock_that_is_free_is_not_waited_for(address: str, time: LockTime) -> None:
    with Database(address).locked(KEY, seconds=0, taken=lambda: pytest.fail("it is free")) as session:
        assert session is not None
    assert time.slept == []


@pytest.mark.parametrize(("seconds", "slept"), [(0, []), (1.2, [0.5, 0.5, pytest.approx(0.2)])])
def test_a_lock_that_stays_taken_is_given_up(address: str, time: LockTime, seconds: float, slept: list[float]) -> None:
    with Database(address).locked(KEY, seconds=0), Database(address).locked(KEY, seconds=seconds) as session:
        assert session is None
    assert time.slept == slept


def test_who_waits_keeps_no_transaction_open(server: Server, name: str, address: str, time: LockTime) -> None:
    states: list[tuple[str]] = []
    query = f"SELECT state FROM {SESSIONS}"
    time.look, time.then = 1, lambda: states.extend(server.execute(query, name))
    with Database(address).locked(KEY, seconds=0), Database(address).locked(KEY, seconds=0.5):
        pass
    assert states == [("idle",), ("idle",)]


def test_a_database_that_goes_away_ends_the_waiting(server: Server, name: str, address: str, time: LockTime) -> None:
    end = f"SELECT pg_terminate_backend(pid) FROM {SESSIONS}"
    time.look, time.then = 2, lambda: server.execute(end, name)
    mine = Database(address).locked(KEY, seconds=math.inf)
    with Database(address).locked(KEY, seconds=0), pytest.raises(LedgerError, match="was lost"), mine:
        pytest.fail("it was never free")
