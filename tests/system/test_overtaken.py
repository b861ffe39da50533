"""A sync whose plan another run makes stale before it is applied: it plans again, but not for ever."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from entra_emply.progress import Tell
from pipelines.commands.sync import SyncOvertaken, run_sync
from tests.postgres import Server
from tests.system.installation import Installation
from tests.system.snapshots import Snapshots

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Dagster's own


@pytest.fixture
def installation(snapshots: Snapshots, tmp_path: Path) -> Iterator[Installation]:
    """Synced once, and people came and went since; commands are run in this process."""
    with snapshots.started(tmp_path, 1) as installation, installation.in_this_process():
        yield installation


def overtaking(server: Server, installation: Installation, times: int) -> Tell:
    """Another run applies changes while the plan is made, so many times."""
    left = iter(range(times))

    def tell(what: str, _done: int, _of: int) -> None:
        if what == "plan" and next(left, None) is not None:
            server.execute("UPDATE entra_emply.counters SET epoch = epoch + 1", installation.database)

    return tell


def test_a_sync_that_was_overtaken_twice_applies_its_third_plan(installation: Installation, server: Server) -> None:
    assert run_sync(overtaking(server, installation, times=2)).counts["applied"] == 12


def test_a_sync_that_was_overtaken_three_times_fails_and_writes_nothing(
    installation: Installation, server: Server
) -> None:
    with pytest.raises(SyncOvertaken, match="is stale: another run applied changes"):
        run_sync(overtaking(server, installation, times=3))
    assert installation.writes() == []
