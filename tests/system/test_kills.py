"""Killed anywhere: one quiet run afterwards ends where an undisturbed one ends, and nothing is written twice."""

import random
import time
from pathlib import Path

import pytest

from tests.campaigns import with_campaign
from tests.system.installation import Installation, made
from tests.system.snapshots import Snapshots
from tests.waiting import wait_until


def test_the_second_sync_writes_what_every_rule_asks_for(snapshots: Snapshots) -> None:
    writes = made(snapshots.logs[1])
    assert sum(writes.values()) == len(writes) + 2 == 12, "three creations, nine changes, each of another login"


@pytest.mark.parametrize("seed", with_campaign(range(1, 204), range(1, 4)))
def test_a_killed_sync_is_made_good_by_the_next(snapshots: Snapshots, tmp_path: Path, seed: int) -> None:
    """Even seeds kill a first sync, odd ones one in which people come and go."""
    number, chosen = seed % 2, random.Random(seed)
    log = snapshots.logs[number]
    with snapshots.started(tmp_path, number) as installation:
        kill = (_at_any_moment, _while_it_waits_for_an_answer, _with_an_answer_lost)[seed // 2 % 3]
        kill(installation, chosen.randrange(len(log)), chosen)
        installation.sandbox.put_faults()
        installation.sync()
        assert installation.logins() == snapshots.after(number)
        assert made(installation.sandbox.requests()) == made(log)


def _at_any_moment(installation: Installation, requests: int, chosen: random.Random) -> None:
    """Killed shortly after so many requests."""
    process = installation.start("sync")
    wait_until(lambda: len(installation.sandbox.requests()) > requests or not process.running, every=0.005)
    time.sleep(chosen.uniform(0, 0.05))  # somewhere between two requests: what is under test is any moment
    process.kill()
    process.wait()


def _while_it_waits_for_an_answer(installation: Installation, requests: int, _chosen: random.Random) -> None:
    """Killed after so many requests while it waits for an answer; what it asked for is done all the same."""
    sandbox = installation.sandbox
    sandbox.put_faults({"path": "", "skip": requests, "times": 1, "fault": {"delay_ms": 300}})
    process = installation.start("sync")
    wait_until(lambda: sandbox.faults()[0]["times"] == 0 or not process.running, every=0.005)
    process.kill()
    process.wait()
    wait_until(lambda: all(entry["ms"] is not None for entry in sandbox.requests()))


def _with_an_answer_lost(installation: Installation, requests: int, chosen: random.Random) -> None:
    """Killed at any moment, and the answer of a write is lost besides, after the change was made."""
    writes = {"skip": chosen.randrange(3), "times": 1, "fault": {"close": "after-commit"}}
    installation.sandbox.put_faults(*({"method": method, "path": "/users", **writes} for method in ("POST", "PATCH")))
    _at_any_moment(installation, requests, chosen)
