"""Which run's frames an asset is given, and which runs become a day's last complete one. Keeping them is `storage`."""

from functools import cached_property

from dagster import InputContext, IOManager, OutputContext

from entra_emply.environment import Environment
from entra_emply.storage.frame_store import Frames, FrameStore

COMPLETES_RUN = "entra-emply/completes_run"
"""Metadata of the asset whose frame, when stored, makes a run the day's last complete one."""


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
