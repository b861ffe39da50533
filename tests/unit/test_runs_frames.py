"""Which run's frames an asset is given: one set a run, never two mixed."""

from pathlib import Path

import pandas as pd
import pytest

from assets.io_manager import FramesIOManager, has_whole_set
from entra_emply.errors import SettingsError
from entra_emply.reconciliation.inputs import DEPENDENT_SOURCES, SOURCES
from entra_emply.storage.frame_store import FrameStore

DAY = "2026-11-22"
FRAME = pd.DataFrame({"name": ["Łucja"]})


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FramesIOManager:
    """Of an installation whose day has a complete run."""
    monkeypatch.setenv("FRAMES_URL", str(tmp_path))
    manager = FramesIOManager()
    for asset in ("sync_state", *SOURCES, *DEPENDENT_SOURCES, "identities", "read_scope", "settings"):
        manager.store.write("complete", asset, FRAME)
    manager.store.complete("complete", DAY)
    manager.store.point("latest", "settings", "complete")
    return manager


@pytest.mark.parametrize("asset", ["sync_state", "emply_users", "identities", "entra_events"])
def test_a_backfill_is_given_the_set_of_the_last_complete_run(manager: FramesIOManager, asset: str) -> None:
    assert manager._run_of("backfill", asset, DAY) == "complete"


def test_a_backfill_is_given_the_join_that_it_made_itself(manager: FramesIOManager) -> None:
    manager.store.write("backfill", "identities", FRAME)
    assert manager._run_of("backfill", "identities", DAY) == "backfill"


def test_a_list_that_a_run_read_alone_is_not_mixed_with_others(manager: FramesIOManager) -> None:
    manager.store.write("one list", "emply_users", FRAME)
    assert manager._run_of("one list", "emply_users", DAY) == "complete"


def test_a_run_that_reads_is_given_its_own_frames_and_no_others(manager: FramesIOManager) -> None:
    for asset in ("sync_state", "emply_users"):
        manager.store.write("reads", asset, FRAME)
    assert manager._run_of("reads", "emply_users", DAY) == "reads"
    with pytest.raises(SettingsError, match="has no entra_users"):
        manager._run_of("reads", "entra_users", DAY)


def test_settings_are_those_of_the_run_or_the_latest(manager: FramesIOManager) -> None:
    assert manager._run_of("reads", "settings", None) == "complete"
    manager.store.write("reads", "settings", FRAME)
    assert manager._run_of("reads", "settings", None) == "reads"


def test_a_day_without_a_complete_run_says_so(manager: FramesIOManager) -> None:
    with pytest.raises(SettingsError, match="no complete run of day 2026-11-21 is stored"):
        manager._run_of("backfill", "emply_users", "2026-11-21")


def test_a_run_reads_each_frame_once_and_nobody_changes_what_another_step_is_given(manager: FramesIOManager) -> None:
    given = manager._read("a run", "complete", "emply_users")
    assert isinstance(given, pd.DataFrame)
    given["name"] = "Çağla"
    manager.store.files.remove("runs/complete/emply_users.parquet")
    again = manager._read("a run", "complete", "emply_users")
    assert isinstance(again, pd.DataFrame)
    assert again["name"].tolist() == ["Łucja"]
    with pytest.raises(FileNotFoundError):
        manager._read("another run", "complete", "emply_users")


def test_a_set_is_whole_when_nothing_of_it_is_missing(manager: FramesIOManager) -> None:
    store: FrameStore = manager.store
    assert has_whole_set(store, "complete")
    store.files.remove("runs/complete/entra_events.parquet")
    assert not has_whole_set(store, "complete")
