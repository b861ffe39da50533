"""What is used of the private modules of Dagster, whose minor version `pyproject.toml` pins: any other may change them.

- `UnresolvedAssetJobDefinition`: what `define_asset_job` returns, for types alone.
- `NOT_FINISHED_STATUSES`: the runs that the schedule, a command and the demo take for running.
- `make_new_run_id`: a run's events are listened to from the first on, so its id is needed before it.
- `PARTITION_NAME_TAG`: the demo asks the webserver for a run of a day, as the UI does.
- `SINGLETON_REPOSITORY_NAME`, `REPOSITORY_LABEL_TAG` and the origins: for `timeline`; executing in process takes none.
- `SensorInstigatorData`: whether the daemon's sensor has ticked yet.

One that is gone fails the import: `tests/unit/test_definitions.py`. One that means something else: `test_daemon.py`,
`test_sync.py` and `test_alerts.py` in `tests/system/`. Elsewhere are the modules for gRPC, which the `launcher` alone
loads, since they take their time, and the tag of a backfill (`assets.partitions`).
"""

from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.remote_origin import ManagedGrpcPythonEnvCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import SensorInstigatorData
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES
from dagster._core.storage.tags import PARTITION_NAME_TAG, REPOSITORY_LABEL_TAG
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.utils import make_new_run_id

__all__ = [
    "NOT_FINISHED_STATUSES",
    "PARTITION_NAME_TAG",
    "REPOSITORY_LABEL_TAG",
    "SINGLETON_REPOSITORY_NAME",
    "LoadableTargetOrigin",
    "ManagedGrpcPythonEnvCodeLocationOrigin",
    "RemoteRepositoryOrigin",
    "SensorInstigatorData",
    "UnresolvedAssetJobDefinition",
    "make_new_run_id",
]
