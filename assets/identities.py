"""The assets of group `identities`: the join of both systems, made once a run, and what to read of whom next.

One step makes both. Who is matched is `reconciliation.rules.matching`; what to read, `reconciliation.read_scope`.
"""

from collections.abc import Iterator
from typing import Any

import pandas as pd
from dagster import AssetCheckResult, AssetExecutionContext, AssetIn, AssetKey, AssetOut, Output, multi_asset

from assets.checks import EVERY_PERSON_ONCE, every_person_once
from assets.partitions import DAILY
from assets.resources import Connections
from assets.source import FRESH, OWNERS, announce, reading_of
from entra_emply.extraction.dependent_reads import announced_dependents
from entra_emply.extraction.sources import MEMBERS, inputs_of
from entra_emply.reconciliation.identify import identify
from entra_emply.reconciliation.inputs import SOURCES, Inputs, SyncState
from entra_emply.reconciliation.mapping import require_groups_read
from entra_emply.reconciliation.read_scope import ReadScope, read_scope
from entra_emply.reconciliation.settings import Settings

LISTS = {name: AssetIn(name) for name in (*SOURCES, "sync_state", "settings")}


def inputs_from(frames: dict[str, Any]) -> Inputs:
    """The inputs of one run's stored frames. Raises SettingsError for a group whose members were not read."""
    settings = Settings.model_validate_json(frames["settings"]["document"].iloc[0])
    inputs = inputs_of(frames, settings, SyncState.from_frames(frames["sync_state"]))
    require_groups_read(inputs, frames[MEMBERS]["groups"]["group_id"])
    return inputs


@multi_asset(
    name="join",
    ins=LISTS,
    outs={
        "identities": AssetOut(
            group_name="identities",
            description="The join: every person of both systems once, matched by link, username, e-mail "
            "or another address (M1 to M6), with the employee, the main group and whether the person is in scope.",
            kinds={"pandas", "parquet"},
            owners=OWNERS,
            freshness_policy=FRESH,
        ),
        "read_scope": AssetOut(
            group_name="identities",
            description="What to read of whom: the people whose photos and mailboxes count, and the whole lists that "
            "the settings ask for. The sources of group `mailboxes` need nothing else of the lists.",
            kinds={"pandas", "parquet"},
            owners=OWNERS,
            freshness_policy=FRESH,
        ),
    },
    internal_asset_deps={"identities": {AssetKey(name) for name in LISTS}, "read_scope": {AssetKey("identities")}},
    check_specs=[EVERY_PERSON_ONCE],
    partitions_def=DAILY,
)
def join(
    context: AssetExecutionContext,
    connections: Connections,
    **frames: Any,  # noqa: ANN401 (frames by name)
) -> Iterator[Output[Any] | AssetCheckResult]:
    """Join the frames of a run, given by name: the frame of `Identities` and its check, the frames of `ReadScope`."""
    found = identify(inputs_from(frames))
    yield Output(found.frame, "identities", metadata=_numbers(found.frame))
    yield every_person_once(found.frame)
    scope = read_scope(found)
    announce(context, connections, lambda: announced_dependents(reading_of(context, connections, scope)))
    yield Output(scope.frames(), "read_scope", metadata=_asked(scope))


def _numbers(frame: pd.DataFrame) -> dict[str, int]:
    how = frame["matched_by"].value_counts().to_dict()
    return {
        "dagster/row_count": len(frame),
        "in_scope": int(frame["in_scope"].sum()),
        "left_alone": int(frame["left_alone"].sum()),
        **{f"matched_by_{name}": int(count) for name, count in how.items()},
    }


def _asked(scope: ReadScope) -> dict[str, int]:
    counts = scope.asked["source"].value_counts().to_dict()
    return {"dagster/row_count": len(scope.asked), **{f"asked_{name}": int(count) for name, count in counts.items()}}
