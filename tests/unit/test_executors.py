"""ENTRA_EMPLY_EXECUTOR: Dagster's own executors by name, and in one line what is missing for one."""

import sys

import pytest
from dagster import ExecutorDefinition, in_process_executor, multiprocess_executor

from entra_emply.environment import Environment
from entra_emply.errors import SettingsError
from pipelines.definitions import build_defs
from pipelines.executors import chosen_executor


def chosen(name: str | None, frames: str | None = "s3://frames/entra-emply") -> ExecutorDefinition:
    variables = {"ENTRA_EMPLY_EXECUTOR": name, "FRAMES_URL": frames}
    return chosen_executor(Environment({key: value for key, value in variables.items() if value is not None}))


def test_steps_run_in_one_process_unless_told_otherwise() -> None:
    assert chosen(None, frames=None) is in_process_executor


@pytest.mark.parametrize(
    ("name", "executor"), [("in_process", in_process_executor), ("multiprocess", multiprocess_executor)]
)
def test_on_one_machine_frames_may_be_in_the_home_folder(name: str, executor: ExecutorDefinition) -> None:
    assert chosen(name, frames=None) is executor


@pytest.mark.parametrize("name", ["celery", "k8s"])
def test_those_of_the_extras_are_dagsters_own(name: str) -> None:
    assert chosen(name).name == name


@pytest.mark.parametrize("name", ["celery", "k8s"])
def test_on_other_machines_frames_need_an_address(name: str) -> None:
    with pytest.raises(SettingsError, match=f"FRAMES_URL is not set: with ENTRA_EMPLY_EXECUTOR={name} every machine"):
        chosen(name, frames=None)


@pytest.mark.parametrize(("name", "module"), [("celery", "dagster_celery"), ("k8s", "dagster_k8s")])
def test_a_missing_extra_says_what_to_install(name: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SettingsError, match=rf"pip install 'entra-emply\[{name}\]'"):
        chosen(name)


def test_an_unknown_one_says_which_there_are() -> None:
    with pytest.raises(SettingsError, match="expected one of in_process, multiprocess, celery, k8s"):
        chosen("dask")


def test_every_job_goes_by_it() -> None:
    defs = build_defs(executor=multiprocess_executor)
    jobs = [job for job in defs.get_repository_def().get_all_jobs() if not job.name.startswith("__")]
    assert {job.executor_def.name for job in jobs} == {"multiprocess"}
