"""The assets of group `entra`: its lists. How they are read is `extraction.sources`."""

import pandas as pd
from dagster import AssetExecutionContext, asset

from assets.checks import did_not_shrink
from assets.partitions import DAILY, require_today
from assets.resources import Connections
from assets.source import FRESH, OWNERS, Results, accepted, column_schema, list_asset
from assets.tracking import keep_cursor, why_read_whole
from entra_emply.connectors.entra import frames
from entra_emply.connectors.reads import MultiRead
from entra_emply.extraction.sources import LISTS, MEMBERS, read_members
from entra_emply.reconciliation.inputs import SyncState
from entra_emply.reconciliation.mapping import groups_to_read

lists = [list_asset(source) for source in LISTS if source.system == "entra"]


@asset(
    name=MEMBERS,
    group_name="entra",
    partitions_def=DAILY,
    check_specs=[did_not_shrink(MEMBERS)],
    description="The members of the groups that the settings name, read side by side; and which groups these were, so "
    "that a plan never takes a group that was not read for an empty one. With `nested_groups` members of members too.",
    metadata={"dagster/column_schema": column_schema(frames.GroupMembers)},
    kinds={"entra", "parquet"},
    owners=OWNERS,
    freshness_policy=FRESH,
)
def entra_group_members(
    context: AssetExecutionContext,
    connections: Connections,
    entra_groups: pd.DataFrame,
    sync_state: dict[str, pd.DataFrame],
) -> Results:
    """The frames `members`, `groups` (the ids of the groups that were read) and, of direct members, `away`."""
    require_today(MEMBERS, context.partition_key)

    def alone() -> MultiRead:
        settings = connections.settings()
        groups = groups_to_read(settings, entra_groups, SyncState.from_frames(sync_state).group_ids)
        return read_members(connections.tracked(why_read_whole(context)), settings, groups, entra_groups)

    read = connections.reads.result(MEMBERS, alone)
    yield from accepted(context, connections, read.certificate, read.frames)
    keep_cursor(context, connections, read)
