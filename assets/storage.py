"""Where frames are kept: parquet files, immutable, one folder a run; a day points to its last complete run.

    <root>/runs/<run id>/<asset>.parquet        (an asset of several frames: a folder of files)
    <root>/days/<day>                           the id of the day's last complete run
    <root>/latest/<asset>                       the same for assets without days

A frame is written under a temporary name and renamed, so that half of one is never seen. What is in the frames is
their models' business.
"""

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from upath import UPath

from assets.errors import SettingsError

Frames = pd.DataFrame | Mapping[str, pd.DataFrame]

_LISTS = pd.ArrowDtype(pa.list_(pa.string()))
_KEEP_EVERY_RUN = timedelta(days=2)
_ROWS_OF_A_PART = 10_000
"""A question about one person reads the parts of a file that this person is in, not everybody."""


class FrameStore:
    """The frames under one address: a folder, or anything fsspec knows. Raises SettingsError for anything else."""

    def __init__(self, url: str) -> None:
        try:
            self.root = UPath(url)
            _ = self.root.fs
        except (ValueError, ImportError) as error:
            raise SettingsError(f"FRAMES_URL: expected a folder or an address that fsspec knows ({error})") from None

    def write(self, run_id: str, asset: str, value: Frames) -> UPath:
        """Store an asset's frame, or frames by name, of a run; the path."""
        folder = self.root / "runs" / run_id
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f".{uuid.uuid4().hex}"
        if isinstance(value, pd.DataFrame):
            path = folder / f"{asset}.parquet"
            _write_parquet(value, unfinished)
        else:
            path = folder / asset
            unfinished.mkdir()
            for name, frame in value.items():
                _write_parquet(frame, unfinished / f"{name}.parquet")
        unfinished.rename(path)
        return path

    def write_text(self, name: str, text: str) -> UPath:
        """Store a text beside the frames of a run, under `<run id>/<file>`; the path."""
        path = self.root / "runs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def read(self, run_id: str, asset: str) -> Frames:
        """What `write` stored. Raises FileNotFoundError."""
        folder = self.root / "runs" / run_id
        if (folder / f"{asset}.parquet").exists():
            return _read_parquet(folder / f"{asset}.parquet")
        if not (folder / asset).exists():
            raise FileNotFoundError(f"run {run_id} stored no {asset}")
        return {path.stem: _read_parquet(path) for path in (folder / asset).iterdir() if path.suffix == ".parquet"}

    def has(self, run_id: str, asset: str) -> bool:
        """Whether the run stored this asset."""
        folder = self.root / "runs" / run_id
        return (folder / f"{asset}.parquet").exists() or (folder / asset).exists()

    def point(self, kind: str, name: str, run_id: str) -> None:
        """Let a day ("days") or an asset without days ("latest") point to a run."""
        folder = self.root / kind
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f".{uuid.uuid4().hex}"
        unfinished.write_text(run_id)
        unfinished.replace(folder / name)

    def pointed(self, kind: str, name: str) -> str | None:
        """The run that a day or an asset points to."""
        path = self.root / kind / name
        return path.read_text() if path.exists() else None

    def of_day(self, day: str, asset: str) -> Mapping[str, pd.DataFrame] | None:
        """The frames, by name, that the day's last complete run stored of an asset of several; None where there is no
        such run, or it was not called for any."""
        run_id = self.pointed("days", day)
        frames = self.read(run_id, asset) if run_id is not None and self.has(run_id, asset) else None
        return None if frames is None or isinstance(frames, pd.DataFrame) or not frames else frames

    def last_complete(self) -> "StoredRun | None":
        """The last complete run of the newest day; None where there is none yet."""
        days = [path.name for path in _children(self.root / "days")]
        run_id = self.pointed("days", max(days)) if days else None
        return None if run_id is None else StoredRun(self, run_id)

    def latest(self, asset: str) -> "StoredRun | None":
        """The run that stored an asset without days last."""
        run_id = self.pointed("latest", asset)
        return None if run_id is None else StoredRun(self, run_id)

    def prune(self, now: datetime, keep_days: int) -> int:
        """Forget frames: every run is kept for two days, then each day's last complete one, up to `keep_days` days.

        The number of runs whose frames were removed.
        """
        oldest = str((now - timedelta(days=keep_days)).date())
        days = [path.name for path in _children(self.root / "days")]
        kept = {self.pointed("days", day) for day in days if day >= oldest}
        kept |= {path.read_text() for path in _children(self.root / "latest")}
        removed = 0
        for folder in _children(self.root / "runs"):
            written = max((path.stat().st_mtime for path in folder.iterdir()), default=0.0)
            if folder.name not in kept and written < (now - _KEEP_EVERY_RUN).timestamp():
                folder.fs.rm(folder.path, recursive=True)
                removed += 1
        for day in days:
            if day < oldest:
                (self.root / "days" / day).unlink()
        return removed


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

    def has(self, name: str) -> bool:
        """Whether the run stored this frame."""
        return self.store.has(self.run_id, name)

    @contextmanager
    def _file(self, name: str) -> Iterator[pq.ParquetFile]:
        with (
            (self.store.root / "runs" / self.run_id / f"{name}.parquet").open("rb") as stored,
            pq.ParquetFile(stored) as file,
        ):
            yield file


def _may_hold(file: pq.ParquetFile, part: int, column: str, values: Collection[str]) -> bool:
    """Whether this part of a file may have one of the values, by the least and the greatest one that it has."""
    group = file.metadata.row_group(part)
    leaves = (group.column(at) for at in range(group.num_columns))
    about = next((leaf.statistics for leaf in leaves if leaf.path_in_schema == column), None)
    return about is None or not about.has_min_max or any(about.min <= value <= about.max for value in values)


def _children(folder: UPath) -> list[UPath]:
    return [path for path in folder.iterdir() if not path.name.startswith(".")] if folder.exists() else []


def _write_parquet(frame: pd.DataFrame, path: UPath) -> None:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    # pandas cannot read back the name it gives an Arrow list; `_LISTS` says it instead.
    described = (table.schema.metadata[b"pandas"]).replace(b'"list<item: string>[pyarrow]"', b'"object"')
    with path.open("wb") as file:
        described_table = table.replace_schema_metadata({b"pandas": described})
        pq.write_table(described_table, file, row_group_size=_ROWS_OF_A_PART, compression="zstd")


def _read_parquet(path: UPath) -> pd.DataFrame:
    with path.open("rb") as file:
        return _as_frame(pq.read_table(file))


def _as_frame(table: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas()
    for field in table.schema:
        if pa.types.is_list(field.type):
            frame[field.name] = pd.Series(table[field.name].cast(_LISTS.pyarrow_dtype), dtype=_LISTS)
    return frame
