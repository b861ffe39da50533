"""The run launcher of `dagster.yaml`: Dagster's own, which also tells whether a run that it started is still alive.

Without that a run whose code server died with it, at a restart of the daemon, counts as running until its time is over,
and the runs of its kind wait. The daemon's run monitoring asks every 15 seconds.
"""

import json

import grpc
from dagster import DagsterRun, DefaultRunLauncher
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher import CheckRunHealthResult, WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._grpc.client import DagsterGrpcClient
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import deserialize_value

from entra_emply.environment import Environment
from pipelines.command_lock import BY_COMMAND, no_command_runs

_ANSWER_SECONDS = 10


class WatchingRunLauncher(DefaultRunLauncher):
    """Launches runs on code servers, and asks these, or the lock of the commands, whether a run is alive."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """True, or the daemon's run monitoring would never ask."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """RUNNING where its process is there or nobody can tell, else FAILED. Raises LedgerError."""
        dead = _command_is_over() if BY_COMMAND.items() <= run.tags.items() else _server_has_lost(run)
        return CheckRunHealthResult(WorkerStatus.FAILED, "its process is gone") if dead else _ALIVE


_ALIVE = CheckRunHealthResult(WorkerStatus.RUNNING)


def _server_has_lost(run: DagsterRun) -> bool:
    """Whether the code server that started the run is gone, or knows nothing of it."""
    if GRPC_INFO_TAG not in run.tags:
        return False
    server = DagsterGrpcClient(**json.loads(run.tags[GRPC_INFO_TAG]))
    try:
        answer = server.can_cancel_execution(CanCancelExecutionRequest(run_id=run.run_id), timeout=_ANSWER_SECONDS)
    except DagsterUserCodeUnreachableError as error:
        cause = error.__cause__
        return isinstance(cause, grpc.Call) and cause.code() == grpc.StatusCode.UNAVAILABLE
    return not deserialize_value(answer, CanCancelExecutionResult).can_cancel


def _command_is_over() -> bool:
    address = Environment.load().database_url
    return address is not None and no_command_runs(address)
