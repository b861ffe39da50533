"""Jobs of the UI, run in this process."""

from dagster import DagsterInstance, ExecuteInProcessResult

from pipelines.definitions import build_defs


def launched(job: str, op: str, config: dict[str, str]) -> ExecuteInProcessResult:
    """A job of one op, as the launchpad starts it."""
    with DagsterInstance.ephemeral() as instance:
        return build_defs().resolve_job_def(job).execute_in_process(
            instance=instance, run_config={"ops": {op: {"config": config}}}, raise_on_error=False
        )  # fmt: skip
