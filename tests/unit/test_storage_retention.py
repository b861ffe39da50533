"""Retention of stored frames: what is kept, what goes, and what another process may do meanwhile."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from entra_emply.storage.frame_store import FrameStore
from tests.object_store import ObjectStore

NOW = datetime.now(UTC)


@pytest.fixture(params=["folder", "memory", "objects"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FrameStore:
    return FrameStore(str(tmp_path / "frames") if request.param == "folder" else f"{request.param}:/{tmp_path}/frames")


def frame() -> pd.DataFrame:
    return pd.DataFrame({"name": ["Łucja"]})


def day(ago: int) -> str:
    return str((NOW - timedelta(days=ago)).date())


def age(store: FrameStore, folder: str, days: float) -> None:
    """Make all that is in a folder so many days old, and itself, where folders have a time."""
    at = NOW - timedelta(days=days)
    where = store.files._path(folder)
    for path in store.files._fs.find(where):
        if store.files.local:
            os.utime(path, (at.timestamp(), at.timestamp()))
        elif store.files.where == "memory":
            MemoryFileSystem.store[path].modified = at
        else:
            ObjectStore.objects[path] = (ObjectStore.objects[path][0], at)
    if store.files.local:
        os.utime(where, (at.timestamp(), at.timestamp()))


def aged(store: FrameStore, run: str, days: float) -> None:
    store.write(run, "entra_users", frame())
    store.write(run, "sync_state", {"links": frame()})
    age(store, f"runs/{run}", days)


def kept(store: FrameStore) -> set[str]:
    return set(store.files.names("runs", "directory"))


def test_retention_keeps_two_days_whole_then_the_last_of_each_day(store: FrameStore) -> None:
    for run, days in (("new", 1), ("old", 3), ("last of its day", 3), ("too old", 91)):
        aged(store, run, days)
    store.point("days", day(3), "last of its day")
    store.point("days", day(91), "too old")
    assert store.prune(NOW, keep_days=90) == 2
    assert kept(store) == {"new", "last of its day"}
    assert store.pointed("days", day(91)) is None
    assert store.prune(NOW, keep_days=90) == 0


def test_nothing_is_forgotten_where_nothing_is_stored(store: FrameStore) -> None:
    assert store.prune(NOW, keep_days=90) == 0


def test_the_settings_in_force_are_never_forgotten(store: FrameStore) -> None:
    aged(store, "settings", 400)
    store.point("latest", "settings", "settings")
    store.prune(NOW, keep_days=90)
    assert store.has("settings", "entra_users")


def test_a_run_that_still_writes_is_kept(store: FrameStore) -> None:
    aged(store, "long", 3)
    store.write("long", "later", {"part": frame()})
    assert store.prune(NOW, keep_days=90) == 0


def test_what_a_crash_left_goes_when_it_is_old(tmp_path: Path) -> None:
    store = FrameStore(str(tmp_path))
    for run in ("hidden", "empty", "nested"):
        (tmp_path / "runs" / run).mkdir(parents=True)
    (tmp_path / "runs/hidden/.unfinished").write_bytes(b"half")
    (tmp_path / "runs/nested/.unfinished").mkdir()
    assert store.prune(NOW, keep_days=90) == 0  # a run may have just begun
    for run in ("hidden", "empty", "nested"):
        age(store, f"runs/{run}", 3)
    assert store.prune(NOW, keep_days=90) == 3
    assert kept(store) == set()


def test_an_object_that_stands_for_a_folder_does_no_harm() -> None:
    store = FrameStore("objects://by-hand")
    for name in ("days/", "latest/", "runs/", "runs/empty/"):
        ObjectStore.objects[f"by-hand/{name}"] = (b"", NOW - timedelta(days=3))
    aged(store, "old", 3)
    assert store.prune(NOW, keep_days=90) == 1
    assert not store.has("old", "entra_users")


def meanwhile(monkeypatch: pytest.MonkeyPatch, where: object, method: str, happens: Callable[[], object]) -> None:
    """Something happens just after a method was called for the first time."""
    real, waiting = getattr(where, method), [happens]

    def called(*arguments: object, **options: object) -> object:
        found = real(*arguments, **options)
        if "runs" in str(arguments[0]) and waiting:
            waiting.pop()()
        return found

    monkeypatch.setattr(where, method, called)


@pytest.mark.parametrize("kind", ["days", "latest"])
def test_a_run_that_is_pointed_to_meanwhile_is_kept(
    store: FrameStore, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    aged(store, "slow", 3)
    meanwhile(monkeypatch, store.files, "untouched", lambda: store.point(kind, day(0), "slow"))
    assert store.prune(NOW, keep_days=90) == 0
    assert kept(store) == {"slow"}


@pytest.mark.parametrize("after", ["names", "untouched", "find"])
def test_a_run_that_another_removes_meanwhile_is_not_missed(
    store: FrameStore, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    for run in ("one", "other"):
        aged(store, run, 3)
    where = store.files._fs if after == "find" else store.files
    meanwhile(monkeypatch, where, after, lambda: [store.files.remove(f"runs/{run}") for run in ("one", "other")])
    assert store.prune(NOW, keep_days=90) == 0
    assert kept(store) == set()


def test_a_pointer_that_another_removes_meanwhile_is_not_missed(
    store: FrameStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.point("days", day(91), "run")
    names = store.files.names
    monkeypatch.setattr(
        store.files, "names", lambda *of: [*names(*of), "2020-01-01"] if of[0] == "days" else names(*of)
    )
    assert store.prune(NOW, keep_days=90) == 0


def test_two_at_once_do_each_other_no_harm(tmp_path: Path) -> None:
    store = FrameStore(str(tmp_path))
    for number in range(50):
        aged(store, str(number), 3)
    with ThreadPoolExecutor(2) as both:
        assert sum(both.map(lambda _: store.prune(NOW, keep_days=90), range(2))) <= 50
    for left in kept(store):
        age(store, f"runs/{left}", 3)
    store.prune(NOW, keep_days=90)
    assert kept(store) == set()
