"""Which run's frames an asset is given. Keeping them is `storage`; the plan's step says that a run is complete.

A run that reads has a set of frames of its own, and is given nothing else; a backfill is given the set of the day's
last complete run. The two are never mixed.
"""

from functools import cached_property

import pandas as pd
from dagster import InputContext, IOManager, OutputContext

from entra_emply.environment import Environment
from entra_emply.errors import SettingsError
from entra_emply.reconciliation.inputs import DEPENDENT_SOURCES, SOURCES
from entra_emply.storage.frame_store import FrameStore, StoredFrames

_BEGINS = "sync_state"
"""The asset that a run's own set begins with: every source is read after it."""
_READ = frozenset([_BEGINS, *SOURCES, *DEPENDENT_SOURCES])
_WHOLE = ("settings", "identities", "read_scope", *_READ)


def has_whole_set(store: FrameStore, run_id: str) -> bool:
    """Whether the run has made every frame that a plan is made of itself."""
    return all(store.has(run_id, name) for name in _WHOLE)


class FramesIOManager(IOManager):
    """Stores what assets return, and gives assets the frames of one run, each read once in a process of it.

    Most steps ask for the same lists: a run of all assets asks for frames some 250 times. Nobody changes a frame that
    another step is given: each gets a copy, of which pandas copies what is written to.
    """

    def __init__(self) -> None:
        self._run_id = ""
        self._frames: dict[tuple[str, str], StoredFrames] = {}

    @cached_property
    def store(self) -> FrameStore:
        """The store of this installation."""
        return FrameStore(Environment.load().frames_url)

    def handle_output(self, context: OutputContext, obj: StoredFrames) -> None:
        """Store what an asset returned."""
        asset = context.asset_key.path[-1]
        path = self.store.write(context.run_id, asset, obj)
        self._frames.pop((context.run_id, asset), None)
        context.add_output_metadata({"path": str(path)})
        if not context.has_asset_partitions:
            self.store.point("latest", asset, context.run_id)

    def load_input(self, context: InputContext) -> StoredFrames:
        """Load what a downstream asset asks for. Raises SettingsError where it was never stored."""
        asset = context.asset_key.path[-1]
        days = context.has_asset_partitions
        asking = context.step_context.run_id
        run_id = self._run_of(asking, asset, context.asset_partition_key if days else None)
        return self._read(asking, run_id, asset)

    def _read(self, asking: str, run_id: str, asset: str) -> StoredFrames:
        """The frames that the run `asking` is given of `run_id`; those of the run that asked before are let go."""
        if asking != self._run_id:
            self._run_id, self._frames = asking, {}
        if (run_id, asset) not in self._frames:
            self._frames[run_id, asset] = self.store.read(run_id, asset)
        known = self._frames[run_id, asset]
        if isinstance(known, pd.DataFrame):
            return known.copy(deep=False)
        return {name: frame.copy(deep=False) for name, frame in known.items()}

    def _run_of(self, run_id: str, asset: str, day: str | None) -> str:
        """The run whose frame of this asset a run is given; `day` is None for an asset without days."""
        reads = self.store.has(run_id, _BEGINS)
        if self.store.has(run_id, asset) and (reads or asset not in _READ):
            return run_id
        if reads and day is not None:
            raise SettingsError(
                f"this run read some sources only, and has no {asset}: materialise all assets together, or no source"
            )
        complete = self.store.pointed(*(("latest", asset) if day is None else ("days", day)))
        if complete is None:
            of = asset if day is None else f"day {day}"
            raise SettingsError(f"no complete run of {of} is stored: run the job sync first")
        return complete
