"""The assets of group `reconciliation`: settings, join, plan. Thin: decisions are in the modules beside it."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetIn,
    AssetOut,
    DataVersion,
    Output,
    asset,
    multi_asset,
)

from assets.io_manager import COMPLETES_RUN
from assets.partitions import DAILY
from assets.recording import difference, is_fresh, metadata, record, report, strangers
from assets.resources import Connections
from assets.source import FRESH, OWNERS
from entra_emply.reconciliation.inputs import FOLLOWING, SOURCES, Inputs, SyncState
from entra_emply.reconciliation.join import join
from entra_emply.reconciliation.plan import make_plan, mapping_of, require_groups_read
from entra_emply.reconciliation.settings import Settings

_LISTS = {name: AssetIn(name) for name in [*SOURCES, "sync_state", "settings"]}
_WORLD = _LISTS | {name: AssetIn(name) for name in FOLLOWING}


@asset(
    group_name="reconciliation",
    description="`settings.yaml`, validated, defaults filled in. Its data version is the mapping version: change it, "
    "and the plans of all days show as unsynced; backfill them to see what the new mapping would have changed.",
    kinds={"yaml"},
    owners=OWNERS,
)
def settings(connections: Connections) -> Output[pd.DataFrame]:
    """One row: version, document (JSON)."""
    in_force = connections.settings()
    connections.ledger.record_mapping(in_force.version, in_force.document)
    return Output(
        pd.DataFrame({"version": [in_force.version], "document": [in_force.document]}, dtype="str"),
        data_version=DataVersion(in_force.version),
        metadata={"mapping_version": in_force.version, "groups": len(in_force.groups), "enabled": in_force.enabled},
    )


def world_of(frames: dict[str, Any]) -> Inputs:
    """The world of one run's stored frames."""
    named = Settings.model_validate_json(frames["settings"]["document"].iloc[0])
    members, read = frames["entra_group_members"]["members"], frames["entra_group_members"]["groups"]
    following = [frames[name] for name in FOLLOWING if name in frames]
    inputs = Inputs(
        **{name: frames[name] for name in SOURCES if name != "entra_group_members"},
        **{name: frame for each in following for name, frame in each.items()},
        entra_group_members=members,
        state=SyncState.from_frames(frames["sync_state"]),
        settings=named,
    )
    require_groups_read(inputs, read["group_id"])
    return inputs


@asset(
    ins=_LISTS,
    group_name="reconciliation",
    partitions_def=DAILY,
    check_specs=[
        AssetCheckSpec(
            "every_person_once",
            asset="identities",
            blocking=True,
            description="M: no Entra user and no Emply user stands in two rows.",
        )
    ],
    description="The join: every person of both systems once, matched by link, username or e-mail (M1-M6), with the "
    "employee, the main group and whether the person is in scope.",
    kinds={"pandas", "parquet"},
    owners=OWNERS,
    freshness_policy=FRESH,
)
def identities(**frames: Any) -> Iterator[Output[pd.DataFrame] | AssetCheckResult]:  # noqa: ANN401 (frames by name)
    """See `matching.identities`."""
    inputs = world_of(frames)
    people = join(inputs, mapping_of(inputs))
    how = people["matched_by"].value_counts().to_dict()
    yield Output(
        people,
        metadata={
            "dagster/row_count": len(people),
            "in_scope": int(people["in_scope"].sum()),
            "left_alone": int(people["left_alone"].sum()),
            **{f"matched_by_{name}": int(count) for name, count in how.items()},
        },
    )
    rows = (people.loc[people[side] >= 0, side] for side in ("entra_row", "emply_row"))
    twice = {str(row.name): int(row.duplicated().sum()) for row in rows}
    yield AssetCheckResult(passed=not any(twice.values()), metadata=twice)


@multi_asset(
    ins=_WORLD | {"identities": AssetIn("identities")},
    outs={
        "reconciliation_actions": AssetOut(
            is_required=False,
            group_name="reconciliation",
            description="The plan: every change to make, why, and what holds it. Recorded in the ledger; applied by "
            "`applied_changes` when it is today's newest. A past day's plan is for reading.",
            metadata={COMPLETES_RUN: True},
            kinds={"pandas", "parquet"},
            owners=OWNERS,
            freshness_policy=FRESH,
        ),
        "reconciliation_findings": AssetOut(
            is_required=False,
            group_name="reconciliation",
            description="What only a person can put right, each with what to do about it.",
            kinds={"pandas", "parquet"},
            owners=OWNERS,
            freshness_policy=FRESH,
        ),
    },
    check_specs=[
        AssetCheckSpec(
            "no_external_user_is_touched",
            asset="reconciliation_actions",
            blocking=True,
            description="M6: every Emply user of the plan is linked, or is linked by it.",
        )
    ],
    partitions_def=DAILY,
    can_subset=True,
)
def plan(
    context: AssetExecutionContext,
    connections: Connections,
    **frames: Any,  # noqa: ANN401 (frames by name)
) -> Iterator[Output[pd.DataFrame] | AssetCheckResult]:
    """See `plan.make_plan`."""
    inputs = world_of(frames)
    fresh = is_fresh(context, connections)
    made = make_plan(inputs, frames["identities"] if fresh else None)  # an older join may be of another mapping
    selected = context.op_execution_context.selected_output_names
    if "reconciliation_findings" in selected:  # first: the actions, once stored, make the run a complete one
        codes = made.findings["code"].value_counts().to_dict()
        counts = {f"findings_{code}": int(count) for code, count in codes.items()}
        yield Output(
            made.findings, "reconciliation_findings", metadata={"dagster/row_count": len(made.findings), **counts}
        )
    if "reconciliation_actions" in selected:
        touched = strangers(inputs, made)
        if not touched:
            record(context, connections, inputs, made, fresh=fresh)
        yield Output(
            made.actions,
            "reconciliation_actions",
            metadata=metadata(inputs, made)
            | ({} if fresh else difference(context, connections, made))
            | report(context, connections, inputs, made),
        )
        yield AssetCheckResult(
            asset_key="reconciliation_actions",
            check_name="no_external_user_is_touched",
            passed=touched == 0,
            metadata={"strangers": touched},
        )
