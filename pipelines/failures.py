"""Why a run failed, by its events; and which runs of Dagster's failed since somebody last looked."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from dagster import DagsterEvent, DagsterEventType, DagsterInstance, DagsterRunStatus, RunsFilter

from assets.provisioning import OVERTAKEN
from entra_emply import errors
from entra_emply.alerts.due import FailedRun
from entra_emply.errors import EntraEmplyError

_OURS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, EntraEmplyError)}
"""The names of our errors, which is what Dagster keeps of them. They say what they are about, and name nobody."""
_TELLING = {DagsterEventType.ASSET_CHECK_EVALUATION, DagsterEventType.STEP_FAILURE}


def reason(events: Iterable[DagsterEvent]) -> str:
    """Why a run failed, in the words of the first error of ours, of the check that blocked, or of any other error."""
    told = list(events)
    others = (_other(event) for event in told if event.event_type == DagsterEventType.STEP_FAILURE)
    return own_reason(told) or next(others, "the run failed before its first step")


def own_reason(events: Iterable[DagsterEvent]) -> str:
    """Why a run failed, in words of ours, which name nobody; empty where it failed by something else."""
    told = list(events)
    for event in told:
        if event.event_type == DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if not check.passed and check.blocking:
                return check.description or f"the check {check.check_name} failed"
    return next(
        (said for event in told if event.event_type == DagsterEventType.STEP_FAILURE and (said := _own(event))), ""
    )


def overtaken(events: Iterable[DagsterEvent]) -> bool:
    """Whether a run was refused its plan for what another did meanwhile."""
    failures = (event.step_failure_data for event in events if event.is_step_failure)
    told = (failure.user_failure_data for failure in failures if failure.user_failure_data is not None)
    return any(each.metadata[OVERTAKEN].value for each in told if OVERTAKEN in each.metadata)


def failed_since(instance: DagsterInstance, since: datetime) -> tuple[list[FailedRun], datetime]:
    """The runs that failed since then, but those that were overtaken, which the next run makes good; and the time to
    ask from next. A run may be found twice."""
    records = instance.get_run_records(RunsFilter(statuses=[DagsterRunStatus.FAILURE], updated_after=since))
    found = []
    for record in records:
        run, events = record.dagster_run, _events(instance, record.dagster_run.run_id)
        if not overtaken(events):
            found.append(FailedRun(run.job_name, run.run_id, record.update_timestamp, own_reason(events)))
    return found, max([since, *(record.update_timestamp for record in records)])


def _events(instance: DagsterInstance, run_id: str) -> Sequence[DagsterEvent]:
    entries = instance.all_logs(run_id, of_type=_TELLING)
    return [entry.dagster_event for entry in entries if entry.dagster_event is not None]


def _own(event: DagsterEvent) -> str:
    failure = event.step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    name, message = _innermost(event)
    return message if name in _OURS else ""


def _other(event: DagsterEvent) -> str:
    return f"{event.step_key}: {_innermost(event)[1]}"


def _innermost(event: DagsterEvent) -> tuple[str, str]:
    """The class and message of the error that the others were raised from."""
    error = event.step_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    if error is None:
        return "", "an unknown error"
    return error.cls_name or "", error.message.strip().split(": ", 1)[-1]
