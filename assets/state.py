"""The assets of group `state`: the settings, and what the ledger remembers. A run begins with them, and reads nothing
of Entra or Emply before.
"""

import pandas as pd
from dagster import AssetExecutionContext, DataVersion, Output, TableColumn, TableSchema, asset

from assets.partitions import DAILY, record_first_day, require_today
from assets.resources import Connections
from assets.source import FRESH, OWNERS, announce
from assets.tracking import why_read_whole
from entra_emply import clock
from entra_emply.extraction.sources import announced_lists
from entra_emply.ledger import plans
from entra_emply.ledger.sync_state import read_state
from entra_emply.provisioning.apply import settle
from entra_emply.reconciliation.inputs import STATE_COLUMNS


@asset(
    group_name="state",
    description="`settings.yaml`, validated, defaults filled in. Its data version is the mapping version: change it, "
    "and the plans of all days show as unsynced; backfill them to see what the new mapping would have changed.",
    kinds={"yaml"},
    owners=OWNERS,
)
def settings(connections: Connections) -> Output[pd.DataFrame]:
    """A frame of one row: `version` and `document` (JSON). The ledger keeps it. Raises SettingsError, LedgerError."""
    in_force = connections.settings()
    connections.ledger.write(plans.record_mapping, in_force.version, in_force.document)
    return Output(
        pd.DataFrame({"version": [in_force.version], "document": [in_force.document]}, dtype="str"),
        data_version=DataVersion(in_force.version),
        metadata={"mapping_version": in_force.version, "groups": len(in_force.groups), "enabled": in_force.enabled},
    )


@asset(
    group_name="state",
    partitions_def=DAILY,
    description="What the ledger remembers: links, role states, group ids, deactivations that stand, grants of the "
    "last day, member counts, photo etags, calendars, pairs of events, deleted Entra users, holds and approvals. Read "
    "before any source, after what a killed run left open was settled. Stored with the run, so that its plan can be "
    "computed again from its frames alone.",
    metadata={
        f"schema_{name}": TableSchema([TableColumn(column, kind) for column, kind in columns.items()])
        for name, columns in STATE_COLUMNS.items()
    },
    kinds={"postgres", "parquet"},
    owners=OWNERS,
    freshness_policy=FRESH,
)
def sync_state(context: AssetExecutionContext, connections: Connections) -> Output[dict[str, pd.DataFrame]]:
    """A frame for each table of `SyncState`, and `clock` (read_at, epoch), of one row.

    Raises SourceUnreadable for another day than today.
    """
    require_today("sync_state", context.partition_key)
    record_first_day(connections.environment)
    if not settle(connections.ledger, graph=connections.graph, emply=connections.emply):
        context.log.info("another run is applying just now: a plan of this run will be refused")
    state = connections.ledger.read(read_state, clock.now())
    announce(
        context,
        connections,
        lambda: announced_lists(connections.tracked(why_read_whole(context)), connections.settings, state),
    )
    frames = state.frames()
    return Output(frames, metadata={f"rows_{name}": len(frame) for name, frame in frames.items()})
