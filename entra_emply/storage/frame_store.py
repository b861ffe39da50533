"""Where frames are kept: parquet files, immutable, one folder a run; a day points to its last complete run.

    <root>/runs/<run id>/<asset>.parquet            the frame of an asset
    <root>/runs/<run id>/<asset>/<frame>.parquet    the frames of an asset of several
    <root>/runs/<run id>/<asset>.json               their names, written last: without it none of them counts
    <root>/days/<day>                               the id of the day's last complete run
    <root>/latest/<asset>                           the same for assets without days

The root is a folder or an object store, where each file is there whole or not at all (`files`). What is in the frames
is their models' business.
"""

import json
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from entra_emply.errors import NOTHING_PLANNED, SettingsError
from entra_emply.storage.files import Files

StoredFrames = pd.DataFrame | Mapping[str, pd.DataFrame]

_LISTS = pd.ArrowDtype(pa.list_(pa.string()))
_KEEP_EVERY_RUN = timedelta(days=2)
_ROWS_OF_A_PART = 10_000
"""A question about one person reads the parts of a file that this person is in, not everybody."""


class FrameStore:
    """The frames under one address: a folder, or anything fsspec knows.

    Everything raises SettingsError where the address cannot be used.
    """

    def __init__(self, url: str) -> None:
        self.files = Files(url)

    def require(self) -> None:
        """Raise SettingsError where the address does not answer."""
        self.files.names("days", "file")

    def try_to_write(self) -> None:
        """Write a file and remove it. Raises SettingsError where that is refused."""
        name = f"tried/{uuid.uuid4().hex}"
        self.files.put(name, b"")
        self.files.remove(name)

    def write(self, run_id: str, asset: str, value: StoredFrames) -> str:
        """Store an asset's frame, or frames by name, of a run; where they are."""
        stored = f"runs/{run_id}/{asset}"
        if isinstance(value, pd.DataFrame):
            return self.files.put(f"{stored}.parquet", _parquet(value))
        # No names yet: what is here of an earlier try does not count while this one is under way, nor after its crash.
        self.files.put(f"{stored}.json", b"null")
        for name, frame in value.items():
            self.files.put(f"{stored}/{name}.parquet", _parquet(frame))
        self.files.put(f"{stored}.json", json.dumps(list(value)).encode())
        return self.files.address(stored)

    def write_text(self, name: str, text: str) -> str:
        """Store a text beside the frames of a run, under `<run id>/<file>`; where it is."""
        return self.files.put(f"runs/{name}", text.encode())

    def folder(self, run_id: str) -> str:
        """Where the frames of a run are."""
        return self.files.address(f"runs/{run_id}")

    def read(self, run_id: str, asset: str) -> StoredFrames:
        """What `write` stored. Raises FileNotFoundError."""
        stored = f"runs/{run_id}/{asset}"
        if self.files.has(f"{stored}.parquet"):
            return self._read(f"{stored}.parquet")
        names = self.frames_of(run_id, asset)
        if names is None:
            raise FileNotFoundError(f"run {run_id} stored no {asset}")
        return {name: self._read(f"{stored}/{name}.parquet") for name in names}

    def has(self, run_id: str, asset: str) -> bool:
        """Whether the run stored this asset."""
        return self.files.has(f"runs/{run_id}/{asset}.parquet") or self.frames_of(run_id, asset) is not None

    def frames_of(self, run_id: str, asset: str) -> Sequence[str] | None:
        """The names of the frames that the run stored of an asset of several; None where they are not all there."""
        stored = f"runs/{run_id}/{asset}"
        listed = self.files.get(f"{stored}.json")
        if listed is not None:
            names: list[str] | None = json.loads(listed)
            return names
        # Earlier versions wrote no list, but renamed a whole folder: on this machine all of it is there, or nothing.
        folder = Path(self.files.address(stored))
        return [path.stem for path in folder.glob("*.parquet")] if self.files.local and folder.is_dir() else None

    def complete(self, run_id: str, day: str) -> None:
        """Say that a run is complete: it becomes the day's last complete one, which everybody reads from now on.

        To be called once all its frames are stored, and never for a plan of a past day's frames: that stands beside.
        """
        self.point("days", day, run_id)

    def point(self, kind: str, name: str, run_id: str) -> None:
        """Let a day ("days") or an asset without days ("latest") point to a run."""
        self.files.put(f"{kind}/{name}", run_id.encode())

    def pointed(self, kind: str, name: str) -> str | None:
        """The run that a day or an asset points to."""
        run_id = self.files.get(f"{kind}/{name}")
        return run_id.decode() if run_id else None

    def of_day(self, day: str, asset: str) -> Mapping[str, pd.DataFrame] | None:
        """The frames, by name, that the day's last complete run stored of an asset of several; None where there is no
        such run, or it was not called for any."""
        run_id = self.pointed("days", day)
        frames = self.read(run_id, asset) if run_id is not None and self.has(run_id, asset) else None
        return None if frames is None or isinstance(frames, pd.DataFrame) or not frames else frames

    def days(self) -> list[str]:
        """The days that have a complete run, the newest first."""
        return sorted(self.files.names("days", "file"), reverse=True)

    def last_complete(self) -> "StoredRun | None":
        """The last complete run of the newest day; None where there is none yet."""
        days = self.days()
        run_id = self.pointed("days", days[0]) if days else None
        return None if run_id is None else StoredRun(self, run_id)

    def require_last(self) -> "StoredRun":
        """The last complete run of the newest day. Raises SettingsError where there is none yet."""
        run = self.last_complete()
        if run is None:
            raise SettingsError(NOTHING_PLANNED)
        return run

    def latest(self, asset: str) -> "StoredRun | None":
        """The run that stored an asset without days last."""
        run_id = self.pointed("latest", asset)
        return None if run_id is None else StoredRun(self, run_id)

    def prune(self, now: datetime, keep_days: int) -> int:
        """Forget frames: every run is kept for two days, then each day's last complete one, up to `keep_days` days.

        The number of runs whose frames were removed.
        """
        oldest = str((now - timedelta(days=keep_days)).date())
        for day in self.files.names("days", "file"):
            if day < oldest:
                self.files.remove(f"days/{day}")
        unpointed = set(self.files.names("runs", "directory")) - self._kept()
        old = {run for run in unpointed if self.files.untouched(f"runs/{run}", now - _KEEP_EVERY_RUN)}
        # Asked once more: what was completed meanwhile is kept.
        return sum(self.files.remove(f"runs/{run}") for run in sorted(old - self._kept()))

    def _kept(self) -> set[str | None]:
        """The runs that something points to."""
        return {self.pointed(kind, name) for kind in ("days", "latest") for name in self.files.names(kind, "file")}

    def _read(self, name: str) -> pd.DataFrame:
        with self.files.open(name) as file:
            content = file.read()
        # In Arrow's own memory: to read a file or to let Python's bytes go, its threads would need the interpreter,
        # and where the process is ending they abort it.
        stored = pa.allocate_buffer(len(content))
        memoryview(stored).cast("B")[:] = content
        return _as_frame(pq.read_table(pa.BufferReader(stored)))


@dataclass(frozen=True)
class StoredRun:
    """The frames of one run, to be read in part. A frame of several is called `asset/frame`."""

    store: FrameStore
    run_id: str

    def columns(self, name: str, columns: Sequence[str]) -> pd.DataFrame:
        """All rows of some columns. Raises FileNotFoundError."""
        with self._file(name) as file:
            return _as_frame(file.read(columns=list(columns)))

    def rows(self, name: str, column: str, values: Collection[str]) -> pd.DataFrame:
        """The rows whose `column` holds one of `values`; parts of the file that have none are not read further.

        Raises FileNotFoundError.
        """
        wanted = pa.array(sorted(values), type=pa.large_string())
        with self._file(name) as file:
            found = [file.schema_arrow.empty_table()]
            for part in (part for part in range(file.num_row_groups) if _may_hold(file, part, column, values)):
                keys = file.read_row_group(part, columns=[column])[column].cast(pa.large_string())
                hits = pc.is_in(keys, value_set=wanted)
                if pc.any(hits).as_py():
                    found.append(file.read_row_group(part).filter(hits))
        return _as_frame(pa.concat_tables(found))

    def whole(self, name: str) -> pd.DataFrame:
        """Every row of every column. Raises FileNotFoundError."""
        with self._file(name) as file:
            return _as_frame(file.read())

    def count(self, name: str) -> int:
        """The number of rows. Raises FileNotFoundError."""
        with self._file(name) as file:
            return int(file.metadata.num_rows)

    def has(self, name: str) -> bool:
        """Whether the run stored this frame."""
        asset, _, frame = name.partition("/")
        if frame:
            return frame in (self.store.frames_of(self.run_id, asset) or ())
        return self.store.has(self.run_id, asset)

    @contextmanager
    def _file(self, name: str) -> Iterator[pq.ParquetFile]:
        if not self.has(name):
            raise FileNotFoundError(f"run {self.run_id} stored no {name}")
        with (
            self.store.files.open(f"runs/{self.run_id}/{name}.parquet") as stored,
            pq.ParquetFile(stored) as file,
        ):
            yield file


def _may_hold(file: pq.ParquetFile, part: int, column: str, values: Collection[str]) -> bool:
    """Whether this part of a file may have one of the values, by the least and the greatest one that it has."""
    group = file.metadata.row_group(part)
    leaves = (group.column(at) for at in range(group.num_columns))
    about = next((leaf.statistics for leaf in leaves if leaf.path_in_schema == column), None)
    return about is None or not about.has_min_max or any(about.min <= value <= about.max for value in values)


def _parquet(frame: pd.DataFrame) -> bytes:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    # pandas cannot read back the name it gives an Arrow list; `_LISTS` says it instead.
    described = (table.schema.metadata[b"pandas"]).replace(b'"list<item: string>[pyarrow]"', b'"object"')
    written = pa.BufferOutputStream()
    described_table = table.replace_schema_metadata({b"pandas": described})
    pq.write_table(described_table, written, row_group_size=_ROWS_OF_A_PART, compression="zstd")
    return written.getvalue().to_pybytes()


def _as_frame(table: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas()
    for field in table.schema:
        if pa.types.is_list(field.type):
            frame[field.name] = pd.Series(table[field.name].cast(_LISTS.pyarrow_dtype), dtype=_LISTS)
    return frame
