"""Where frames are kept: parquet files, immutable, one folder a run; a day points to its last complete run.

    <root>/runs/<run id>/<asset>.parquet        (an asset of several frames: a folder of files)
    <root>/days/<day>                           the id of the day's last complete run
    <root>/latest/<asset>                       the same for assets without days

A frame is written under a temporary name and renamed, so that half of one is never seen. What is in the frames is
their models' business.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from dagster import InputContext, IOManager, OutputContext
from upath import UPath

from assets.environment import Environment
from assets.errors import SettingsError

Frames = pd.DataFrame | Mapping[str, pd.DataFrame]

COMPLETES_RUN = "entra-emply/completes_run"
"""Metadata of the asset whose frame, when stored, makes a run the day's last complete one."""

_LISTS = pd.ArrowDtype(pa.list_(pa.string()))
_KEEP_EVERY_RUN = timedelta(days=2)


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


class FramesIOManager(IOManager):
    """Gives assets the frames of one run: their own where it made them, else the day's last complete one's."""

    @cached_property
    def store(self) -> FrameStore:
        """The store of this installation."""
        return FrameStore(Environment.load().frames_url)

    def handle_output(self, context: OutputContext, obj: Frames) -> None:
        """Store what an asset returned."""
        asset = context.asset_key.path[-1]
        path = self.store.write(context.run_id, asset, obj)
        context.add_output_metadata({"path": str(path)})
        if not context.has_asset_partitions:
            self.store.point("latest", asset, context.run_id)
        elif (context.definition_metadata or {}).get(COMPLETES_RUN) and self.store.has(context.run_id, "sync_state"):
            self.store.point("days", context.asset_partition_key, context.run_id)

    def load_input(self, context: InputContext) -> Frames:
        """Load what a downstream asset asks for. Raises FileNotFoundError in words."""
        asset = context.asset_key.path[-1]
        run_id = context.step_context.run_id
        if self.store.has(run_id, asset):
            return self.store.read(run_id, asset)
        days = context.has_asset_partitions
        complete = self.store.pointed(*(("days", context.asset_partition_key) if days else ("latest", asset)))
        if complete is None:
            of = f"day {context.asset_partition_key}" if days else asset
            raise FileNotFoundError(f"no complete run of {of} is stored: run the job sync first")
        return self.store.read(complete, asset)


def _children(folder: UPath) -> list[UPath]:
    return [path for path in folder.iterdir() if not path.name.startswith(".")] if folder.exists() else []


def _write_parquet(frame: pd.DataFrame, path: UPath) -> None:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    # pandas cannot read back the name it gives an Arrow list; `_LISTS` says it instead.
    described = (table.schema.metadata[b"pandas"]).replace(b'"list<item: string>[pyarrow]"', b'"object"')
    with path.open("wb") as file:
        pq.write_table(table.replace_schema_metadata({b"pandas": described}), file, compression="zstd")


def _read_parquet(path: UPath) -> pd.DataFrame:
    with path.open("rb") as file:
        table = pq.read_table(file)
    frame = table.to_pandas()
    for field in table.schema:
        if pa.types.is_list(field.type):
            frame[field.name] = pd.Series(table[field.name].cast(_LISTS.pyarrow_dtype), dtype=_LISTS)
    return frame
