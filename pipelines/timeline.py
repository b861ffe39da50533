"""Where Dagster's pages show a command's run: with those of the daemon, in the timeline and on the page of its job.

A run that is executed in process has no code location, and the timeline leaves out runs without one. So the run is
given the daemon's, as `dagster run migrate-repository` gives it to runs of another name.
"""

import sys

from dagster import DagsterInstance

from pipelines.dagster_private import (
    REPOSITORY_LABEL_TAG,
    SINGLETON_REPOSITORY_NAME,
    LoadableTargetOrigin,
    ManagedGrpcPythonEnvCodeLocationOrigin,
    RemoteRepositoryOrigin,
)

_MODULE, CODE_LOCATION = "pipelines.definitions", "entra-emply"
"""As workspace.yaml names them."""
REPOSITORY = SINGLETON_REPOSITORY_NAME
"""Dagster's name for definitions."""
IN_TIMELINE = {REPOSITORY_LABEL_TAG: f"{REPOSITORY}@{CODE_LOCATION}"}
"""The tag by which Dagster finds the runs of a code location."""


def show_in_timeline(instance: DagsterInstance, run_id: str) -> None:
    """Give a run of this process the code location of the daemon."""
    run = instance.get_run_by_id(run_id)
    if run is not None:
        target = LoadableTargetOrigin(executable_path=sys.executable, module_name=_MODULE)
        repository = RemoteRepositoryOrigin(ManagedGrpcPythonEnvCodeLocationOrigin(target, CODE_LOCATION), REPOSITORY)
        instance.run_storage.replace_job_origin(run, repository.get_job_origin(run.job_name))
