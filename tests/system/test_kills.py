"""Killed anywhere: one quiet run afterwards ends where an undisturbed one ends, and nothing is written twice."""

import random
import time
from collections.abc import Iterator

import pytest

from sandbox import Sandbox
from sandbox.company import make_company
from tests.system.conftest import REPOSITORY, Installation, Row

SHARE = range(2)
CAMPAIGN = range(2, 200)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Row], int, int]:
    """What one sync makes of the company, in how many requests, how many of them writes."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "settings.yaml").write_text((REPOSITORY / "settings.yaml").read_text())
    with Sandbox(make_company(200, 1)) as sandbox:
        installation = Installation(folder / "home", sandbox, folder / "settings.yaml")
        installation.sync()
        return installation.logins(), len(sandbox.requests()), len(successful(installation))


def successful(installation: Installation) -> list[Row]:
    return [entry for entry in installation.writes() if entry["status"] and entry["status"] < 300]


@pytest.mark.parametrize("seed", SHARE)
def test_a_killed_sync_is_made_good_by_the_next(
    installation: Installation, undisturbed: tuple[dict[str, Row], int, int], seed: int
) -> None:
    _kill_and_make_good(installation, undisturbed, seed)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", CAMPAIGN)
def test_a_killed_sync_is_made_good_by_the_next_200_times(
    installation: Installation, undisturbed: tuple[dict[str, Row], int, int], seed: int
) -> None:
    _kill_and_make_good(installation, undisturbed, seed)


def _kill_and_make_good(installation: Installation, undisturbed: tuple[dict[str, Row], int, int], seed: int) -> None:
    logins, requests, writes = undisturbed
    after = random.Random(seed).randrange(requests)
    process = installation.start("sync")
    for count in _counts(installation):
        if count >= after or process.poll() is not None:
            break
    process.kill()
    process.communicate()
    installation.sync()
    assert installation.logins() == logins
    assert len(successful(installation)) == writes


def _counts(installation: Installation) -> Iterator[int]:
    """How many requests the sandbox has served, again and again."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        yield len(installation.sandbox.requests())
