"""Stored frames, wherever they are: what is written comes back, is never seen half, and is seen by all at once."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fsspec.registry import known_implementations

from benchmarks.plan import synthetic_inputs
from entra_emply import clock
from entra_emply.errors import SettingsError
from entra_emply.reconciliation.inputs import SOURCES, Inputs, SyncState
from entra_emply.reconciliation.plan import make_plan
from entra_emply.storage.frame_store import FrameStore, StoredRun
from tests.object_store import ObjectStore


@pytest.fixture(params=["folder", "memory", "objects"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "frames") if request.param == "folder" else f"{request.param}:/{tmp_path}/frames"


@pytest.fixture
def store(url: str) -> FrameStore:
    return FrameStore(url)


def frame(*names: str | None) -> pd.DataFrame:
    return pd.DataFrame({"name": names or ("Łucja", None)}, dtype="str")


def test_a_plan_can_be_computed_again_from_stored_frames_alone(store: FrameStore) -> None:
    inputs = synthetic_inputs(1000)
    for name in SOURCES:
        store.write("run", name, getattr(inputs, name))
    store.write("run", "sync_state", inputs.state.frames())
    frames: dict[str, Any] = {name: store.read("run", name) for name in SOURCES}
    state = store.read("run", "sync_state")
    assert isinstance(state, dict)
    again = Inputs(**frames, state=SyncState.from_frames(state), settings=inputs.settings)
    for name in SOURCES:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(inputs, name))
    pd.testing.assert_frame_equal(make_plan(again).actions, make_plan(inputs).actions)


def test_what_a_run_did_not_store_is_not_found(store: FrameStore) -> None:
    with pytest.raises(FileNotFoundError, match="stored no entra_users"):
        store.read("run", "entra_users")
    with pytest.raises(FileNotFoundError, match="stored no sync_state/links"):
        StoredRun(store, "run").whole("sync_state/links")


def test_an_asset_of_no_frames_is_stored_all_the_same(store: FrameStore) -> None:
    store.write("run", "entra_events", {})
    assert store.has("run", "entra_events")
    assert store.read("run", "entra_events") == {}


def test_rows_and_columns_of_a_stored_run_are_found(store: FrameStore) -> None:
    store.write("run", "sync_state", {"links": many()})
    run = StoredRun(store, "run")
    assert run.rows("sync_state/links", "id", ["040001", "nobody"]).to_dict("records") == [
        {"id": "040001", "at": 40001}
    ]
    pd.testing.assert_series_equal(run.columns("sync_state/links", ["at"])["at"], many()["at"])


def test_only_the_parts_that_are_asked_for_are_read() -> None:
    store = FrameStore("objects://parts")
    store.write("run", "entra_users", many())
    ObjectStore.fetched.clear()
    StoredRun(store, "run").rows("entra_users", "id", ["040001"])
    assert 0 < sum(ObjectStore.fetched) < len(ObjectStore.objects["parts/runs/run/entra_users.parquet"][0])


def many() -> pd.DataFrame:
    return pd.DataFrame({"id": [f"{number:06}" for number in range(50_000)], "at": range(50_000)})


# --- never half -------------------------------------------------------------------------------------------------------


def test_a_failed_write_leaves_nothing_that_looks_stored(store: FrameStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entra_emply.storage.frame_store.pq.write_table", lambda *_args, **_more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        store.write("run", "entra_users", frame())
    assert not store.has("run", "entra_users")


def dies_at(store: FrameStore, monkeypatch: pytest.MonkeyPatch, name: str) -> Callable[[], None]:
    """The process that puts a file of this name dies."""
    put = store.files.put

    def dying(file: str, data: bytes) -> str:
        if file.endswith(name) and data != b"null":
            raise KeyboardInterrupt
        return put(file, data)

    monkeypatch.setattr(store.files, "put", dying)
    return monkeypatch.undo


@pytest.mark.parametrize("name", ["first.parquet", "second.parquet", "sync_state.json"])
@pytest.mark.parametrize("earlier", [False, True])
def test_several_frames_are_stored_when_all_of_them_are(
    store: FrameStore, monkeypatch: pytest.MonkeyPatch, name: str, earlier: bool
) -> None:
    if earlier:
        store.write("run", "sync_state", {"first": frame("old"), "second": frame("old")})
    revive = dies_at(store, monkeypatch, name)
    with pytest.raises(KeyboardInterrupt):
        store.write("run", "sync_state", {"first": frame("new"), "second": frame("new")})
    assert not store.has("run", "sync_state")
    assert not StoredRun(store, "run").has("sync_state/first")
    with pytest.raises(FileNotFoundError):
        store.read("run", "sync_state")
    revive()
    store.write("run", "sync_state", {"second": frame("newer")})
    stored = store.read("run", "sync_state")
    assert isinstance(stored, dict)
    assert [list(each["name"]) for each in stored.values()] == [["newer"]]
    assert [StoredRun(store, "run").has(f"sync_state/{each}") for each in ("first", "second")] == [False, True]


@pytest.mark.parametrize("frames", [{}, {"links": frame(), "clock": frame()}])
def test_several_frames_of_an_earlier_version_are_read_where_its_renaming_was_safe(
    store: FrameStore, frames: dict[str, pd.DataFrame]
) -> None:
    store.write("run", "sync_state", frames)
    store.files.remove("runs/run/sync_state.json")
    if store.files.local:
        Path(store.files.address("runs/run/sync_state")).mkdir(exist_ok=True)
    assert store.has("run", "sync_state") == store.files.local
    assert StoredRun(store, "run").has("sync_state/links") == (store.files.local and bool(frames))
    if store.files.local:
        assert dict(store.read("run", "sync_state")).keys() == frames.keys()


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_file: int) -> None:
        raise OSError(28, "not said")

    monkeypatch.setattr("entra_emply.storage.files.os.fsync", full)
    with pytest.raises(SettingsError, match=r"^FRAMES_URL: /.*/frames cannot be used \(No space left on device\)"):
        FrameStore(str(tmp_path / "frames")).write("run", "entra_users", frame())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


# --- pointers ---------------------------------------------------------------------------------------------------------


def test_a_day_points_to_its_last_complete_run(store: FrameStore) -> None:
    assert store.pointed("days", "2026-05-01") is None
    assert store.last_complete() is None
    store.point("days", "2026-05-01", "first")
    store.point("days", "2026-05-01", "second")
    assert store.pointed("days", "2026-05-01") == "second"
    store.point("days", "2026-04-30", "backfilled")
    assert store.last_complete() == StoredRun(store, "second")


def test_an_object_that_stands_for_a_folder_is_no_pointer() -> None:
    store = FrameStore("objects://made-by-hand")
    ObjectStore.objects["made-by-hand/days/"] = (b"", clock.now())
    store.point("days", "2026-05-01", "run")
    assert store.last_complete() == StoredRun(store, "run")


def test_a_pointer_is_whole_while_it_is_changed(store: FrameStore) -> None:
    store.point("latest", "settings", "0" * 1000)
    done = threading.Event()

    def change() -> None:
        for number in range(100):
            store.point("latest", "settings", str(number % 10) * 1000)
        done.set()

    thread = threading.Thread(target=change)
    thread.start()
    seen = set()
    while not done.is_set():
        seen.add(store.pointed("latest", "settings"))
    thread.join()
    assert seen <= {str(digit) * 1000 for digit in range(10)}


def test_a_pointer_that_is_empty_points_nowhere(store: FrameStore) -> None:
    store.files.put("days/2026-05-01", b"")
    assert (store.pointed("days", "2026-05-01"), store.last_complete()) == (None, None)


def test_what_another_process_stores_is_seen_at_once(store: FrameStore) -> None:
    store.point("days", "2026-05-01", "ours")
    assert not store.has("run", "sync_state")
    assert store.last_complete() == StoredRun(store, "ours")
    assert store.files.names("runs", "directory") == []
    other = FrameStore(store.files.address(""))
    if store.files.where == "objects":
        other.files._fs = ObjectStore(skip_instance_cache=True)
    other.write("run", "sync_state", {"links": frame()})
    other.point("days", "2026-05-02", "theirs")
    assert store.last_complete() == StoredRun(store, "theirs")
    assert store.files.names("runs", "directory") == ["run"]
    assert store.has("run", "sync_state")


def test_the_object_store_of_these_tests_remembers_listings() -> None:
    one, another = (ObjectStore(skip_instance_cache=True) for _ in range(2))
    one.pipe_file("remembered/a", b"")
    assert another.ls("remembered", detail=False) == ["remembered/a"]
    one.pipe_file("remembered/b", b"")
    assert another.ls("remembered", detail=False) == ["remembered/a"]


# --- an address that cannot be used -----------------------------------------------------------------------------------


def test_an_address_whose_package_is_not_installed_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"class": "not_installed.FileSystem", "err": "Install notinstalled to access it"}
    monkeypatch.setitem(known_implementations, "absent", known)
    with pytest.raises(SettingsError, match=r"^FRAMES_URL: .*\(Install notinstalled to access it\)$"):
        FrameStore("absent://frames")


def test_a_bucket_that_is_not_there_is_said_where_it_is_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_arguments: object, **_options: object) -> None:
        raise FileNotFoundError("The specified bucket does not exist")

    monkeypatch.setattr(ObjectStore, "pipe_file", missing)
    with pytest.raises(SettingsError, match=r"^FRAMES_URL: objects cannot be used \(FileNotFoundError\)"):
        FrameStore("objects://missing").write("run", "entra_users", frame())


@pytest.mark.parametrize("address", ["nonsense://frames", "simplecache::objects://frames"])
def test_an_address_that_nobody_knows_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match="FRAMES_URL: expected a folder or an address that fsspec knows"):
        FrameStore(address)


class NoCredentialsError(Exception):
    """As a client library has it."""


USES: dict[str, Callable[[FrameStore], object]] = {
    "require": FrameStore.require,
    "write": lambda store: store.write("run", "entra_users", frame()),
    "read": lambda store: store.read("run", "entra_users"),
    "has": lambda store: store.has("run", "entra_users"),
    "whole": lambda store: StoredRun(store, "run").whole("entra_users"),
    "point": lambda store: store.point("days", "2026-05-01", "run"),
    "pointed": lambda store: store.pointed("days", "2026-05-01"),
    "last_complete": FrameStore.last_complete,
}


@pytest.mark.parametrize("use", USES)
def test_an_address_that_does_not_answer_is_said_in_one_line_without_secrets(
    use: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise NoCredentialsError("key=secret")

    for method in ("ls", "info", "pipe_file", "cat_file", "_open"):
        monkeypatch.setattr(ObjectStore, method, refuse)
    store = FrameStore("objects://frames")
    with pytest.raises(SettingsError) as said:
        USES[use](store)
    assert str(said.value).startswith("FRAMES_URL: objects cannot be used (NoCredentialsError): check")
    assert "secret" not in str(said.value)
    assert said.value.__cause__ is None
