"""What every source asset does around its read: refuse another day than today, record the certificate, check G5.

Not here: what is read (the clients), what a frame must be like (the frames' models), what shrinking means (`guards`).
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pandas as pd
import pandera.pandas as pandera
from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetsDefinition,
    FreshnessPolicy,
    Output,
    TableColumn,
    TableColumnConstraints,
    TableSchema,
    asset,
)

from assets.partitions import DAILY, require_today
from assets.resources import Connections
from entra_emply.connectors.frames import Certificate, Read, describe
from entra_emply.errors import SourceUnreadable
from entra_emply.reconciliation.completeness import Counted, require_full_read
from entra_emply.reconciliation.mapping import may_be_empty

OWNERS = ["team:data", "team:it"]
FRESH = FreshnessPolicy.time_window(fail_window=timedelta(hours=2), warn_window=timedelta(minutes=65))
ACCEPT_SHRINK = "entra-emply/accept-shrink"
"""Run tag: sources, separated by commas, whose shrinking a person accepts for this run (G5)."""

_DID_NOT_SHRINK = "source_did_not_shrink"
COMPLETE = (
    "A source that could not be read completely never becomes a frame. It is read after the ledger has settled what a "
    "killed run left open: that is why `sync_state` comes first."
)

Results = Iterator[Output[Any] | AssetCheckResult]


def source(
    group: str, name: str, model: type[pandera.DataFrameModel], read: Callable[[Connections], Read]
) -> AssetsDefinition:
    """The asset of one source: read completely or not at all, validated before it is stored."""

    @asset(
        name=name,
        group_name=group,
        deps=["sync_state"],
        partitions_def=DAILY,
        check_specs=[did_not_shrink(name)],
        description=f"{model.__doc__} {COMPLETE}",
        metadata={"dagster/column_schema": column_schema(model)},
        kinds={group, "parquet"},
        owners=OWNERS,
        freshness_policy=FRESH,
    )
    def extract(context: AssetExecutionContext, connections: Connections) -> Results:
        require_today(name, context.partition_key)
        done = read(connections)
        yield from accepted(context, connections, done.certificate, done.frame)

    return extract


def accepted(
    context: AssetExecutionContext,
    connections: Connections,
    certificate: Certificate,
    value: "pd.DataFrame | dict[str, pd.DataFrame]",
) -> Results:
    """A complete read as an asset's results: the frame with its certificate, and whether it shrank (G5)."""
    connections.ledger.record_certificate(context.run_id, certificate)
    yield Output(value, metadata=certificate_metadata(certificate))
    yield shrink_check(context, connections, certificate)


def did_not_shrink(name: str) -> AssetCheckSpec:
    """G5 as a blocking check: no plan is made of a read that lost too many rows."""
    return AssetCheckSpec(
        _DID_NOT_SHRINK,
        asset=name,
        blocking=True,
        description="G5: the read has believably many rows, compared with the last one that a plan was made of. "
        f"A person accepts a real shrinking with `sync --accept-shrink {name}`, or with the run tag {ACCEPT_SHRINK}.",
    )


def shrink_check(
    context: AssetExecutionContext, connections: Connections, certificate: Certificate
) -> AssetCheckResult:
    """The result of `did_not_shrink`."""
    settings, baselines = connections.settings(), connections.ledger.baselines()
    passed, said = True, "Believably many rows"
    name, read = certificate.source, Counted(certificate.rows, certificate.parts)
    try:
        require_full_read(
            {name: read},
            baselines,
            settings.guards.min_rows_percent,
            accepted=accepted_shrinks(context),
            may_be_empty=may_be_empty(settings),
        )
    except SourceUnreadable as error:
        passed, said = False, str(error)
    return AssetCheckResult(
        check_name=_DID_NOT_SHRINK,
        passed=passed,
        severity=AssetCheckSeverity.ERROR,
        description=said,
        metadata={"rows": read.rows, "rows_last_accepted": baselines.get(name, Counted(0)).comparable(read)},
    )


def accepted_shrinks(context: AssetExecutionContext) -> list[str]:
    """The sources whose shrinking a person accepts for this run."""
    return [name.strip() for name in context.run.tags.get(ACCEPT_SHRINK, "").split(",") if name.strip()]


def certificate_metadata(certificate: Certificate) -> dict[str, Any]:
    """A certificate as the UI shows it; the numbers plot over runs."""
    return {
        "dagster/row_count": certificate.rows,
        "pages": certificate.pages,
        "seconds": (certificate.ended_at - certificate.started_at).total_seconds(),
        "read_from": certificate.started_at.isoformat(timespec="seconds"),
        "read_until": certificate.ended_at.isoformat(timespec="seconds"),
        "sha256": certificate.sha256,
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
