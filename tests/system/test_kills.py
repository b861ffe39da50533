"""Killed anywhere: one quiet run afterwards ends where an undisturbed one ends, and nothing is written twice."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.company import make_company
from tests.postgres import Server
from tests.system.commands import PATIENCE
from tests.system.conftest import Installation, Row, Writes, made
from tests.system.snapshots import Snapshot, after_sync, started

SHARE, CAMPAIGN = range(6), range(6, 206)


@dataclass(frozen=True)
class Undisturbed:
    """Where a sync begins, and what it makes of it: the logins, in how many requests, by which writes."""

    start: Snapshot
    logins: dict[str, Row]
    requests: int
    writes: Writes


@dataclass(frozen=True)
class Kills:
    """What the kills of this module share; even seeds kill a first sync, odd ones one in which people come and go."""

    sandbox: Sandbox
    server: Server
    undisturbed: list[Undisturbed]


@pytest.fixture(scope="module")
def kills(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kills]:
    folder = tmp_path_factory.mktemp("kills")
    with Sandbox() as sandbox:
        first = Snapshot(make_company(200, 1))
        second = after_sync(sandbox, server, folder / "first", first)
        log = sandbox.requests()
        undisturbed = [Undisturbed(first, second.logins, len(log), made(log))]
        third = after_sync(sandbox, server, folder / "second", second.with_changes())
        log = sandbox.requests()
        undisturbed += [Undisturbed(second.with_changes(), third.logins, len(log), made(log))]
        yield Kills(sandbox, server, undisturbed)


def test_the_second_sync_writes_what_every_rule_asks_for(kills: Kills) -> None:
    writes = kills.undisturbed[1].writes
    assert sum(writes.values()) == len(writes) + 2 == 12, "three creations, nine changes, each of another login"


@pytest.mark.parametrize("seed", SHARE)
def test_a_killed_sync_is_made_good_by_the_next(kills: Kills, tmp_path: Path, seed: int) -> None:
    _kill_and_make_good(kills, tmp_path, seed)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", CAMPAIGN)
def test_a_killed_sync_is_made_good_by_the_next_200_times(kills: Kills, tmp_path: Path, seed: int) -> None:
    _kill_and_make_good(kills, tmp_path, seed)


def _kill_and_make_good(kills: Kills, folder: Path, seed: int) -> None:
    undisturbed, chosen = kills.undisturbed[seed % 2], random.Random(seed)
    with started(kills.sandbox, kills.server, folder, undisturbed.start) as installation:
        kill = (_at_any_moment, _while_it_waits_for_an_answer, _with_an_answer_lost)[seed // 2 % 3]
        kill(installation, chosen.randrange(undisturbed.requests), chosen)
        installation.sandbox.put_faults()
        installation.sync()
        assert installation.logins() == undisturbed.logins
        assert made(installation.sandbox.requests()) == undisturbed.writes


def _at_any_moment(installation: Installation, requests: int, chosen: random.Random) -> None:
    """Killed shortly after so many requests."""
    process = installation.start("sync")
    _until(lambda: len(installation.sandbox.requests()) > requests or not process.running)
    time.sleep(chosen.uniform(0, 0.05))  # somewhere between two requests: what is under test is any moment
    process.kill()
    process.wait()


def _while_it_waits_for_an_answer(installation: Installation, requests: int, _chosen: random.Random) -> None:
    """Killed after so many requests while it waits for an answer; what it asked for is done all the same."""
    sandbox = installation.sandbox
    sandbox.put_faults({"path": "", "skip": requests, "times": 1, "fault": {"delay_ms": 300}})
    process = installation.start("sync")
    _until(lambda: sandbox.faults()[0]["times"] == 0 or not process.running)
    process.kill()
    process.wait()
    _until(lambda: all(entry["ms"] is not None for entry in sandbox.requests()))


def _with_an_answer_lost(installation: Installation, requests: int, chosen: random.Random) -> None:
    """Killed at any moment, and the answer of a write is lost besides, after the change was made."""
    writes = {"skip": chosen.randrange(3), "times": 1, "fault": {"close": "after-commit"}}
    installation.sandbox.put_faults(*({"method": method, "path": "/users", **writes} for method in ("POST", "PATCH")))
    _at_any_moment(installation, requests, chosen)


def _until(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.005)
