"""Running a job in this process, recorded as a run of Dagster's, and what its run gave. Dagster says nothing meanwhile:
the caller is told of its steps, and says how it ended.
"""

import io
import sys
from contextlib import redirect_stderr
from itertools import count
from typing import Any, TextIO

from dagster import DagsterEventType, DagsterInstance, EventLogEntry, ExecuteInProcessResult, RunsFilter

from assets.reconciliation import PLAN_TAG
from entra_emply import clock
from entra_emply.progress import Tell
from pipelines.command_lock import BY_COMMAND
from pipelines.dagster_private import NOT_FINISHED_STATUSES, make_new_run_id
from pipelines.definitions import build_defs
from pipelines.timeline import IN_TIMELINE, show_in_timeline

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run_job(
    dagster: DagsterInstance, tell: Tell, name: str, tags: dict[str, str], ops: dict[str, object] | None = None
) -> ExecuteInProcessResult:
    """Run a job of today, to its end. ops: what its steps are configured with. A failure is in the result."""
    job, run_id = build_defs(schedules=[], sensors=[]).resolve_job_def(name), make_new_run_id()
    steps, started = len(job.nodes), count(1)

    def listen(entry: EventLogEntry) -> None:
        event = entry.dagster_event
        if event is not None and event.event_type == DagsterEventType.RUN_START:
            show_in_timeline(dagster, run_id)
        if steps > 1 and event is not None and event.event_type == DagsterEventType.STEP_START:
            tell(str(event.step_key), next(started), steps)

    dagster.add_event_listener(run_id, listen)
    with redirect_stderr(_Silenced(sys.stderr)):
        return job.execute_in_process(
            instance=dagster,
            run_id=run_id,
            partition_key=str(clock.now().date()),
            run_config=_QUIET | ({"ops": ops} if ops else {}),
            tags=tags | IN_TIMELINE,
            raise_on_error=False,
        )


def metadata_of(result: ExecuteInProcessResult, node: str, asset: str) -> dict[str, Any]:
    """The metadata that an asset was materialised with."""
    found = [each for each in result.asset_materializations_for_node(node) if each.asset_key.path[-1] == asset]
    return {name: value.value for name, value in found[0].metadata.items()}


def plan_of(dagster: DagsterInstance, run_id: str) -> str:
    """The id of the plan that a run made."""
    run = dagster.get_run_by_id(run_id)
    return "" if run is None else run.tags[PLAN_TAG]


def fail_killed(dagster: DagsterInstance) -> None:
    """The command that has the lock knows that the runs of earlier ones are dead: else they would have it."""
    running = RunsFilter(tags=BY_COMMAND, statuses=NOT_FINISHED_STATUSES)
    for run in dagster.get_runs(running):
        dagster.report_run_failed(run, "the command that ran it was killed")


class _Silenced(io.TextIOBase):
    """Takes the place of stderr where Dagster says things that the command says better, once."""

    def __init__(self, real: TextIO) -> None:
        self._real = real

    def fileno(self) -> int:
        """Of stderr: the run's log is made of what gets there."""
        return self._real.fileno()

    def write(self, text: str) -> int:
        """Take the text, and show it nowhere."""
        return len(text)
