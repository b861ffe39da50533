"""`sync`: one complete run now, in this process, recorded as Dagster runs: the job `sync`, then the job `apply`.

The sensor leaves runs of this kind alone: the command applies by itself. Commands take turns; runs of the daemon or of
the UI beside them do no harm, because the ledger refuses a plan whose reads are older than somebody else's changes.
Not here: how a job is run (`pipelines.in_process`) and what the command says (`sync_report.py`).
"""

from contextlib import closing, suppress

from dagster import DagsterInstance, ExecuteInProcessResult
from pandas import DataFrame

from assets.checks import ACCEPT_SHRINK
from assets.tracking import FULL_READ
from entra_emply.environment import Environment
from entra_emply.errors import EntraEmplyError
from entra_emply.ledger import action_status
from entra_emply.ledger.action_status import ActionFailure
from entra_emply.ledger.database import in_words
from entra_emply.ledger.ledger import Ledger
from entra_emply.progress import Tell, listening
from entra_emply.reconciliation.completeness import require_acceptable
from entra_emply.reconciliation.inputs import DEPENDENT_SOURCES
from entra_emply.reconciliation.settings import load
from entra_emply.reconciliation.unreadable_frame import UNREADABLE, merged, summary
from entra_emply.storage.frame_store import FrameStore
from pipelines.command_lock import BY_COMMAND, command_lock
from pipelines.commands.sync_report import COUNTS, SyncReport
from pipelines.failures import overtaken, own_reason, reason
from pipelines.hidden_values import hide_values
from pipelines.in_process import fail_killed, metadata_of, plan_of, run_job
from pipelines.installation import installation, instance

_TRIES = 3


class SyncFailed(EntraEmplyError):
    """A run failed; the message is that of what failed. `told`: the same, where an error of ours says it."""

    def __init__(self, job: str, run: ExecuteInProcessResult) -> None:
        self.job = job
        self.run_id = run.run_id
        self.told = own_reason(run.all_events)
        super().__init__(reason(run.all_events))


class SyncOvertaken(SyncFailed):
    """Another run applied changes meanwhile, so that the plan was refused: it is worth planning again."""


def run_sync(tell: Tell, accept_shrink: tuple[str, ...] = (), *, full: bool = False) -> SyncReport:
    """Sync and apply; `full`: read every list whole.

    Raises SyncFailed with the reason of the step that failed, SettingsError, LedgerError.
    """
    environment = Environment.load()
    require_acceptable(accept_shrink)
    tags = BY_COMMAND | ({ACCEPT_SHRINK: ",".join(accept_shrink)} if accept_shrink else {})
    tags |= {FULL_READ: "yes"} if full else {}
    _require(environment)
    hide_values()
    with installation(environment) as address, in_words(), command_lock(address, tell), instance() as dagster:
        fail_killed(dagster)
        frames = FrameStore(environment.frames_url)
        for _ in range(_TRIES - 1):
            with suppress(SyncOvertaken):
                return _once(dagster, tell, tags, address, frames)
        return _once(dagster, tell, tags, address, frames)


def _require(environment: Environment) -> None:
    """What is wrong with settings and environment is said before anything is started or read. Raises SettingsError."""
    _ = environment.entra, environment.emply, load(environment.settings), environment.made_home()
    FrameStore(environment.frames_url).require()


def _once(dagster: DagsterInstance, tell: Tell, tags: dict[str, str], address: str, frames: FrameStore) -> SyncReport:
    """One sync and its apply. address: the ledger's. Raises SyncFailed."""
    planned = run_job(dagster, tell, "sync", tags)
    if not planned.success:
        raise SyncFailed("sync", planned)
    actions, plan_id = metadata_of(planned, "plan", "reconciliation_actions"), plan_of(dagster, planned.run_id)
    with listening(lambda done, of: tell("Applying", done, of)):
        applied = run_job(dagster, tell, "apply", BY_COMMAND, {"applied_changes": {"config": {"plan_id": plan_id}}})
    if not applied.success:
        if overtaken(applied.all_events):
            raise SyncOvertaken("apply", applied)
        raise SyncFailed("apply", applied)
    counts = metadata_of(applied, "applied_changes", "applied_changes")
    return SyncReport(
        plan_id=plan_id,
        planned=int(actions["dagster/row_count"]),
        counts={name: int(counts[name]) for name in COUNTS},
        not_read=_not_read(frames, planned.run_id),
        failures=_failures(address, plan_id),
    )


def _failures(address: str, plan_id: str) -> tuple[ActionFailure, ...]:
    with closing(Ledger.open(address)) as ledger:
        return tuple(ledger.read(action_status.failures_of, plan_id))


def _not_read(frames: FrameStore, run_id: str) -> str:
    """What the run could not read, as its frames have it."""
    sets = (frames.read(run_id, source) for source in DEPENDENT_SOURCES)
    return summary(merged(each for each in sets if not isinstance(each, DataFrame))[UNREADABLE])
