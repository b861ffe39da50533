"""Everything Dagster is told, made by one pure function. What is in it is elsewhere.

`defs` is what Dagster's own processes load; tests and commands call `build_defs`, and override what they want another
way. Importing this module makes nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

from dagster import (
    AssetsDefinition,
    Definitions,
    ExecutorDefinition,
    JobDefinition,
    ScheduleDefinition,
    SensorDefinition,
    definitions,
    in_process_executor,
    load_assets_from_modules,
)

from assets import emply, entra, identities, mailboxes, provisioning, reconciliation, state
from assets.io_manager import FramesIOManager
from assets.resources import Connections
from entra_emply.environment import Environment
from pipelines.dagster_private import UnresolvedAssetJobDefinition
from pipelines.executors import chosen_executor
from pipelines.hidden_values import hide_values
from pipelines.jobs import JOBS
from pipelines.schedules import SCHEDULES
from pipelines.sensors import SENSORS

MODULES = (state, entra, emply, identities, mailboxes, reconciliation, provisioning)
"""A module a group of the lineage, in its order."""


class Overrides(TypedDict, total=False):
    """What takes the place of the product's own: resources by name, everything else as a whole."""

    assets: Sequence[AssetsDefinition]
    jobs: Sequence[JobDefinition | UnresolvedAssetJobDefinition]
    schedules: Sequence[ScheduleDefinition]
    sensors: Sequence[SensorDefinition]
    resources: Mapping[str, Any]
    executor: ExecutorDefinition


def build_defs(**overrides: Unpack[Overrides]) -> Definitions:
    """The definitions. Pure: nothing is connected, read or changed."""
    ours = {"connections": Connections(), "io_manager": FramesIOManager()}
    return Definitions(
        assets=overrides.get("assets") or load_assets_from_modules(MODULES),
        jobs=overrides.get("jobs", JOBS),
        schedules=overrides.get("schedules", SCHEDULES),
        sensors=overrides.get("sensors", SENSORS),
        resources={**ours, **overrides.get("resources", {})},
        # One process: starting one a step costs more than most steps take. HTTP is made parallel inside an asset.
        executor=overrides.get("executor", in_process_executor),
    )


@definitions
def defs() -> Definitions:
    """What Dagster's processes load, which write events of their own: these never show a failed statement's values.

    Raises SettingsError for an executor that cannot be had.
    """
    hide_values()
    return build_defs(executor=chosen_executor(Environment.load()))
