"""The assets of group `entra`: what Microsoft Graph says. How it is read is `client`, what it looks like `frames`."""

import pandas as pd
from dagster import AssetExecutionContext, asset

from assets.partitions import DAILY, require_today
from assets.resources import Connections
from assets.source import FRESH, OWNERS, Results, accepted, column_schema, did_not_shrink, source
from entra_emply.connectors.entra import frames
from entra_emply.reconciliation.inputs import SyncState
from entra_emply.reconciliation.mapping import groups_to_read

entra_tenant = source("entra", "entra_tenant", frames.Tenant, lambda to: to.graph.directory.tenant())
entra_users = source("entra", "entra_users", frames.Users, lambda to: to.graph.directory.users())
entra_groups = source("entra", "entra_groups", frames.Groups, lambda to: to.graph.directory.groups())


@asset(
    group_name="entra",
    partitions_def=DAILY,
    check_specs=[did_not_shrink("entra_group_members")],
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
    """Two frames: `members` and `groups` (the ids of the groups that were read)."""
    require_today("entra_group_members", context.partition_key)
    settings = connections.settings()
    groups = groups_to_read(settings, entra_groups, SyncState.from_frames(sync_state).group_ids)
    read = connections.graph.directory.members(groups, transitive=settings.nested_groups)
    value = {"members": read.frame, "groups": pd.DataFrame({"group_id": pd.Series(groups, dtype="str")})}
    yield from accepted(context, connections, read.certificate, value)
