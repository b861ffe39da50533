"""The factory of source assets, and what they do around their read: refuse another day than today, record the
certificate, show it.

Not here: what is read and how (`extraction`), what a frame must be like (the frames' models), the checks (`checks`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pandera.pandas as pandera
from dagster import (
    AssetCheckResult,
    AssetExecutionContext,
    AssetIn,
    AssetsDefinition,
    FreshnessPolicy,
    Output,
    TableColumn,
    TableColumnConstraints,
    TableSchema,
    asset,
)

from assets.checks import accepted_shrinks, did_not_shrink, everything_was_read, not_read_check, shrink_check
from assets.partitions import DAILY, require_today
from assets.resources import Connections
from assets.tracking import continued, keep_cursor, why_read_whole
from entra_emply.connectors.frames import describe
from entra_emply.connectors.reads import Certificate
from entra_emply.extraction.dependent_reads import DependentSource, Reading
from entra_emply.extraction.side_by_side import Announced
from entra_emply.extraction.sources import ListSource
from entra_emply.ledger import certificates
from entra_emply.reconciliation.inputs import SyncState
from entra_emply.reconciliation.read_scope import ReadScope
from entra_emply.reconciliation.unreadable_frame import UNREADABLE, merged
from entra_emply.storage.frame_store import StoredFrames

OWNERS = ["team:data", "team:it"]
FRESH = FreshnessPolicy.time_window(fail_window=timedelta(hours=2), warn_window=timedelta(minutes=65))
COMPLETE = (
    "A source that could not be read completely never becomes a frame. It is read after the ledger has settled what a "
    "killed run left open: that is why `sync_state` comes first."
)
LEFT_OUT = (
    "What cannot be read of it is left out of the plan, the rest is planned: `unreadable` says of whom, and what the "
    "service answered (P5, C7, G5b)."
)

Results = Iterator[Output[Any] | AssetCheckResult]


def list_asset(source: ListSource) -> AssetsDefinition:
    """The asset of one list: read completely or not at all, validated before it is stored."""

    @asset(
        name=source.name,
        group_name=source.system,
        deps=["sync_state"],
        partitions_def=DAILY,
        check_specs=[did_not_shrink(source.name)],
        description=f"{source.model.__doc__} {COMPLETE}",
        metadata={"dagster/column_schema": column_schema(source.model)},
        kinds={source.system, "parquet"},
        owners=OWNERS,
        freshness_policy=FRESH,
    )
    def extract(context: AssetExecutionContext, connections: Connections) -> Results:
        require_today(source.name, context.partition_key)
        read = connections.reads.result(source.name, lambda: source.read(connections.tracked(why_read_whole(context))))
        yield from accepted(context, connections, read.certificate, read.frame)
        keep_cursor(context, connections, read)

    return extract


def dependent_asset(source: DependentSource) -> AssetsDefinition:
    """The asset of one dependent source: its frames by name, none where nothing asks for them."""

    @asset(
        name=source.name,
        group_name="mailboxes",
        ins={name: AssetIn(name) for name in ("read_scope", "sync_state", *source.needs)},
        partitions_def=DAILY,
        description=f"{source.model.__doc__} {source.about} {LEFT_OUT}",
        metadata={"dagster/column_schema": column_schema(source.model)},
        check_specs=[everything_was_read(source.name)],
        kinds={source.system, "parquet"},
        owners=OWNERS,
        freshness_policy=FRESH,
    )
    def extract(
        context: AssetExecutionContext,
        connections: Connections,
        **frames: Any,  # noqa: ANN401 (frames by name)
    ) -> Results:
        require_today(source.name, context.partition_key)
        done = connections.reads.result(
            source.name, lambda: source.read(_reading(context, connections, source, frames))
        )
        metadata: dict[str, Any] = {"dagster/row_count": 0}
        if done.certificate is not None:
            connections.ledger.write(certificates.record, context.run_id, done.certificate)
            metadata = certificate_metadata(done.certificate)
        yield Output(done.frames, metadata=metadata | {"not_read": len(done.frames.get(UNREADABLE, ()))})
        yield not_read_check(done)

    return extract


def _reading(
    context: AssetExecutionContext, connections: Connections, source: DependentSource, frames: Mapping[str, Any]
) -> Reading:
    scope = ReadScope.from_frames(frames["read_scope"], SyncState.from_frames(frames["sync_state"]))
    return replace(reading_of(context, connections, scope), frames=merged(frames[name] for name in source.needs))


def reading_of(context: AssetExecutionContext, connections: Connections, scope: ReadScope) -> Reading:
    """What the first dependent source of a run is read with."""
    earlier = connections.frames.of_day(context.partition_key, "entra_events")
    return Reading(connections.systems, scope, earlier_events=earlier, accepted=accepted_shrinks(context))


def announce(
    context: AssetExecutionContext, connections: Connections, reads: Callable[[], Mapping[str, Announced]]
) -> None:
    """Let what the coming steps of this run read be read side by side, from the first of them on.

    A run that has not settled what a killed one left open (`sync_state`) reads step by step, and so does one whose
    steps are processes of their own: what is announced here is not known there.
    """
    steps = context.run.step_keys_to_execute or {node.name for node in context.job_def.nodes}
    if "sync_state" in steps:
        connections.reads.announce({name: read for name, read in reads().items() if name in steps})


def accepted(
    context: AssetExecutionContext, connections: Connections, certificate: Certificate, value: StoredFrames
) -> Results:
    """A complete read as an asset's results: the frame with its certificate, and whether it shrank (G5)."""
    connections.ledger.write(certificates.record, context.run_id, certificate)
    yield Output(value, metadata=certificate_metadata(certificate))
    yield shrink_check(context, connections, certificate)


def certificate_metadata(certificate: Certificate) -> dict[str, Any]:
    """A certificate as the UI shows it; the numbers plot over runs."""
    return {
        "dagster/row_count": certificate.rows,
        "pages": certificate.pages,
        "seconds": (certificate.ended_at - certificate.started_at).total_seconds(),
        "read_from": certificate.started_at.isoformat(timespec="seconds"),
        "read_until": certificate.ended_at.isoformat(timespec="seconds"),
        "sha256": certificate.sha256,
        **continued(certificate),
    }


def column_schema(model: type[pandera.DataFrameModel]) -> TableSchema:
    """A frame's model as the UI's column schema."""
    return TableSchema(
        [
            TableColumn(
                column.name,
                column.type,
                column.description,
                TableColumnConstraints(nullable=column.nullable, unique=column.unique),
            )
            for column in describe(model)
        ]
    )
