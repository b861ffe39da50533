"""The assets of what is read after the lists, of the people whom the lists show: photos, mailboxes, events, and so on.

One step makes all of them, because each says of whom the next is read. How is `following`, what it looks like the
frames' models.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import pandera.pandas as pandera
from dagster import AssetExecutionContext, AssetIn, AssetOut, Output, multi_asset

from assets.partitions import DAILY, require_today
from assets.resources import Connections
from assets.source import COMPLETE, FRESH, OWNERS, accepted_shrinks, certificate_metadata, column_schema
from entra_emply.connectors.emply import calendar_frames
from entra_emply.connectors.entra import frames as directory
from entra_emply.connectors.entra import mailbox_frames
from entra_emply.extraction.dependent_reads import Reading, read_following
from entra_emply.reconciliation.inputs import SOURCES, Inputs, SyncState
from entra_emply.reconciliation.settings import Settings

_ASSETS: Mapping[str, tuple[str, type[pandera.DataFrameModel], str]] = {
    "entra_deleted_users": ("entra", directory.DeletedUsers, "Only with `entra_write_back.create`."),
    "entra_app": ("entra", directory.Assigned, "And the application itself. Only with `sso.service_principal_id`."),
    "entra_photos": ("entra", mailbox_frames.Photos, "Of those whose photo may go to Emply."),
    "entra_calendars": (
        "entra",
        mailbox_frames.Calendars,
        "Of the people whose calendars may go to Emply, and of the meeting rooms; and whether each has a mailbox.",
    ),
    "emply_calendars": ("emply", calendar_frames.Calendars, "With calendars off as well: what came from Entra goes."),
    "emply_events": ("emply", calendar_frames.Events, "In the window and out of it."),
    "entra_events": (
        "entra",
        mailbox_frames.Events,
        "What changed since the day's last run, else all of them; and where the next read goes on.",
    ),
}
"""Group, model and a word on what is read, by asset."""


@multi_asset(
    name="following_sources",
    ins={name: AssetIn(name) for name in [*SOURCES, "sync_state"]},
    outs={
        name: AssetOut(
            group_name=group,
            description=f"{model.__doc__} {what} {COMPLETE}",
            metadata={"dagster/column_schema": column_schema(model)},
            kinds={group, "parquet"},
            owners=OWNERS,
            freshness_policy=FRESH,
        )
        for name, (group, model, what) in _ASSETS.items()
    },
    partitions_def=DAILY,
)
def following_sources(
    context: AssetExecutionContext,
    connections: Connections,
    **frames: Any,  # noqa: ANN401 (frames by name)
) -> Iterator[Output[dict[str, pd.DataFrame]]]:
    """Each asset's frames by name; none where nothing asks for them."""
    require_today("following_sources", context.partition_key)
    earlier = connections.frames.of_day(context.partition_key, "entra_events")
    reading = Reading(connections.graph, connections.emply, earlier, accepted_shrinks(context))
    for name, read, certificate in read_following(_world(frames, connections.settings()), reading):
        said: dict[str, Any] = {"dagster/row_count": 0}
        if certificate is not None:
            connections.ledger.record_certificate(context.run_id, certificate)
            said = certificate_metadata(certificate)
        yield Output(dict(read), name, metadata=said)


def _world(frames: Mapping[str, Any], settings: Settings) -> Inputs:
    """The world of the lists, as this run read them."""
    lists = {name: frames[name] for name in SOURCES} | {"entra_group_members": frames["entra_group_members"]["members"]}
    return Inputs(**lists, state=SyncState.from_frames(frames["sync_state"]), settings=settings)
