"""`sync`: one complete run now, in this process, recorded as Dagster runs: the job `sync`, then the job `apply`.

The sensor leaves runs of this kind alone: the command applies by itself. Commands take turns; runs of the daemon or of
the UI beside them do no harm, because the ledger refuses a plan whose reads are older than somebody else's changes.
"""

import io
import sys
from collections import Counter
from contextlib import redirect_stderr
from dataclasses import dataclass
from itertools import count
from typing import Any, TextIO

from dagster import DagsterEventType, DagsterInstance, EventLogEntry, ExecuteInProcessResult, RunsFilter
from pandas import DataFrame

from assets.checks import ACCEPT_SHRINK
from assets.reconciliation import PLAN_TAG
from assets.tracking import READ_ANEW
from entra_emply import clock
from entra_emply.environment import Environment
from entra_emply.errors import EntraEmplyError
from entra_emply.ledger.action_status import ActionFailure
from entra_emply.ledger.database import in_words
from entra_emply.ledger.installed import existing_ledger
from entra_emply.printing import SHORT_ID, counted
from entra_emply.progress import Tell, listening
from entra_emply.reconciliation.completeness import require_acceptable
from entra_emply.reconciliation.inputs import DEPENDENT_SOURCES
from entra_emply.reconciliation.not_read import UNREADABLE, together, told
from entra_emply.reconciliation.settings import load
from entra_emply.storage.frame_store import FrameStore
from pipelines.command_lock import BY_COMMAND, command_lock
from pipelines.dagster_private import NOT_FINISHED_STATUSES, make_new_run_id
from pipelines.definitions import build_defs
from pipelines.failures import overtaken, own_reason, reason
from pipelines.hidden_values import hide_values
from pipelines.installation import installation, instance
from pipelines.timeline import IN_TIMELINE, show_in_timeline

_TRIES = 3
_TROUBLES = ("failed", "waiting", "quarantined", "unknown", "untried")
_COUNTS = ("applied", "held", "superseded", *_TROUBLES)
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class SyncFailed(EntraEmplyError):
    """A run failed; the message is that of what failed. `told`: the same, where an error of ours says it."""

    def __init__(self, job: str, run: ExecuteInProcessResult) -> None:
        self.job = job
        self.run_id = run.run_id
        self.told = own_reason(run.all_events)
        super().__init__(reason(run.all_events))


@dataclass(frozen=True)
class SyncReport:
    """What came of a run: `counts` are numbers of actions, applied or not, by the names of `_COUNTS`; `not_read` says
    what could not be read (P5, C7, G5b), and names nobody; `failures` are the actions that were not done."""

    plan_id: str
    planned: int
    counts: dict[str, int]
    not_read: str = ""
    failures: tuple[ActionFailure, ...] = ()

    @property
    def held(self) -> int:
        """The actions that wait for a person."""
        return self.counts["held"]

    @property
    def troubled(self) -> bool:
        """Whether something failed, waits to be tried again, is in quarantine, or could not be tried or read."""
        return bool(self.not_read) or any(self.counts[name] for name in _TROUBLES)

    @property
    def summary(self) -> str:
        """One line, and one more of what could not be read."""
        said = ", ".join(f"{count} {what}" for what, count in self.counts.items() if count)
        done = f"Plan {self.plan_id[:SHORT_ID]}: {counted(self.planned, 'action')}; {said or 'nothing to do'}"
        return f"{done}\n{self.not_read}" if self.not_read else done

    @property
    def not_done(self) -> list[str]:
        """What failed, by status, kind and code; and where to see whom it is about, who are not named here."""
        counts = Counter((each.status, each.kind, each.code or "no code") for each in self.failures)
        lines = [f"{status}: {count} {kind} ({code})" for (status, kind, code), count in counts.items()]
        return [*lines, "Who it is: entra-emply history --failed"] if lines else []


def run_sync(tell: Tell, accept_shrink: tuple[str, ...] = (), *, full: bool = False) -> SyncReport:
    """Sync and apply; `full`: read every list whole.

    Raises SyncFailed with the reason of the step that failed, SettingsError, LedgerError.
    """
    environment = Environment.load()
    require_acceptable(accept_shrink)
    tags = BY_COMMAND | ({ACCEPT_SHRINK: ",".join(accept_shrink)} if accept_shrink else {})
    tags |= {READ_ANEW: "yes"} if full else {}
    _require(environment)
    hide_values()
    with installation(environment) as address, in_words(), command_lock(address), instance() as dagster:
        _fail_killed(dagster)
        for last in (False,) * (_TRIES - 1) + (True,):
            report = _once(dagster, tell, tags, last=last)
            if report is not None:
                return report
    raise AssertionError("unreachable")


def _require(environment: Environment) -> None:
    """What is wrong with settings and environment is said before anything is started or read. Raises SettingsError."""
    _ = environment.entra, environment.emply, load(environment.settings), environment.made_home()
    FrameStore(environment.frames_url).require()


def _once(dagster: DagsterInstance, tell: Tell, tags: dict[str, str], *, last: bool) -> SyncReport | None:
    """One sync and its apply; None where another run applied changes meanwhile, so that it is worth planning again."""
    planned = _execute(dagster, tell, "sync", tags)
    if not planned.success:
        raise SyncFailed("sync", planned)
    actions, plan_id = _metadata(planned, "plan", "reconciliation_actions"), _plan_of(dagster, planned.run_id)
    with listening(lambda done, of: tell("Applying", done, of)):
        applied = _execute(dagster, tell, "apply", BY_COMMAND, {"plan_id": plan_id})
    if not applied.success:
        if overtaken(applied.all_events) and not last:
            return None
        raise SyncFailed("apply", applied)
    counts = _metadata(applied, "applied_changes", "applied_changes")
    return SyncReport(
        plan_id=plan_id,
        planned=int(actions["dagster/row_count"]),
        counts={name: int(counts[name]) for name in _COUNTS},
        not_read=_not_read(planned.run_id),
        failures=_failures(plan_id),
    )


def _failures(plan_id: str) -> tuple[ActionFailure, ...]:
    with existing_ledger(Environment.load()) as ledger:
        return tuple(ledger.failures_of(plan_id))


def _not_read(run_id: str) -> str:
    """What the run could not read, as its frames have it."""
    stored = FrameStore(Environment.load().frames_url)
    sets = (stored.read(run_id, source) for source in DEPENDENT_SOURCES)
    return told(together(each for each in sets if not isinstance(each, DataFrame))[UNREADABLE])


def _execute(
    dagster: DagsterInstance, tell: Tell, name: str, tags: dict[str, str], config: dict[str, object] | None = None
) -> ExecuteInProcessResult:
    job, run_id = build_defs(schedules=[], sensors=[]).resolve_job_def(name), make_new_run_id()
    steps, done = len(job.nodes), count(1)

    def listen(entry: EventLogEntry) -> None:
        event = entry.dagster_event
        if event is not None and event.event_type == DagsterEventType.RUN_START:
            show_in_timeline(dagster, run_id)
        if steps > 1 and event is not None and event.event_type == DagsterEventType.STEP_START:
            tell(str(event.step_key), next(done), steps)

    dagster.add_event_listener(run_id, listen)
    with redirect_stderr(_Silenced(sys.stderr)):
        return job.execute_in_process(
            instance=dagster,
            run_id=run_id,
            partition_key=str(clock.now().date()),
            run_config=_QUIET | ({"ops": {"applied_changes": {"config": config}}} if config else {}),
            tags=tags | IN_TIMELINE,
            raise_on_error=False,
        )


class _Silenced(io.TextIOBase):
    """Takes the place of stderr where Dagster says things that the command says better, once."""

    def __init__(self, real: TextIO) -> None:
        self._real = real

    def fileno(self) -> int:
        """Of stderr: the run's log is made of what gets there."""
        return self._real.fileno()

    def write(self, text: str) -> int:
        """Say nothing."""
        return len(text)


def _metadata(result: ExecuteInProcessResult, node: str, asset: str) -> dict[str, Any]:
    """The metadata that an asset was materialised with."""
    found = [each for each in result.asset_materializations_for_node(node) if each.asset_key.path[-1] == asset]
    return {name: value.value for name, value in found[0].metadata.items()}


def _plan_of(dagster: DagsterInstance, run_id: str) -> str:
    """The id of the plan that a run made."""
    run = dagster.get_run_by_id(run_id)
    return "" if run is None else run.tags[PLAN_TAG]


def _fail_killed(dagster: DagsterInstance) -> None:
    """The command that has the lock knows that the runs of earlier ones are dead: else they would have it."""
    running = RunsFilter(tags=BY_COMMAND, statuses=NOT_FINISHED_STATUSES)
    for run in dagster.get_runs(running):
        dagster.report_run_failed(run, "the command that ran it was killed")
