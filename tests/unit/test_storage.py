"""Frames on disk: what is written comes back, is never seen half, and is kept as long as it should be."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from assets.reconciliation.plan import make_plan
from assets.reconciliation.world import SOURCES, SyncState, World
from assets.storage import FrameStore
from benchmarks.plan import synthetic_world

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> FrameStore:
    return FrameStore(str(tmp_path / "frames"))


def frame() -> pd.DataFrame:
    return pd.DataFrame({"name": ["Łucja", None]}, dtype="str")


def test_a_plan_can_be_computed_again_from_stored_frames_alone(store: FrameStore) -> None:
    world = synthetic_world(1000)
    for name in SOURCES:
        store.write("run", name, getattr(world, name))
    store.write("run", "sync_state", world.state.frames())
    frames = {name: pd.DataFrame(store.read("run", name)) for name in SOURCES}
    state = store.read("run", "sync_state")
    assert isinstance(state, dict)
    again = World(**frames, state=SyncState.from_frames(state), settings=world.settings)
    for name in SOURCES:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(world, name))
    pd.testing.assert_frame_equal(make_plan(again).actions, make_plan(world).actions)


def test_what_a_run_did_not_store_is_not_found(store: FrameStore) -> None:
    with pytest.raises(FileNotFoundError, match="stored no entra_users"):
        store.read("run", "entra_users")


def test_a_failed_write_leaves_nothing_that_looks_stored(store: FrameStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assets.storage.pq.write_table", lambda *_args, **_more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        store.write("run", "entra_users", frame())
    assert not store.has("run", "entra_users")


def test_a_day_points_to_its_last_complete_run(store: FrameStore) -> None:
    assert store.pointed("days", "2026-05-01") is None
    store.point("days", "2026-05-01", "first")
    store.point("days", "2026-05-01", "second")
    assert store.pointed("days", "2026-05-01") == "second"


def aged(store: FrameStore, run: str, days: float) -> None:
    store.write(run, "entra_users", frame())
    at = (NOW - timedelta(days=days)).timestamp()
    os.utime(str(store.root / "runs" / run / "entra_users.parquet"), (at, at))


def test_retention_keeps_two_days_whole_then_the_last_of_each_day(store: FrameStore) -> None:
    for run, days in (("new", 1), ("old", 3), ("last of its day", 3), ("too old", 91)):
        aged(store, run, days)
    store.point("days", str((NOW - timedelta(days=3)).date()), "last of its day")
    store.point("days", str((NOW - timedelta(days=91)).date()), "too old")
    assert store.prune(NOW, keep_days=90) == 2
    kept = [run for run in ("new", "old", "last of its day", "too old") if store.has(run, "entra_users")]
    assert kept == ["new", "last of its day"]
    assert store.pointed("days", str((NOW - timedelta(days=91)).date())) is None


def test_the_settings_in_force_are_never_forgotten(store: FrameStore) -> None:
    aged(store, "settings", 400)
    store.point("latest", "settings", "settings")
    store.prune(NOW, keep_days=90)
    assert store.has("settings", "entra_users")
