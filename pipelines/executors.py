"""Which of Dagster's executors runs the steps of a run: ENTRA_EMPLY_EXECUTOR. (docs/production.md)

Not here: what starts the run itself (`dagster.yaml`), and an executor's own configuration. Brokers, images and
namespaces are given as Dagster, Celery and Kubernetes read them.
"""

from importlib import import_module

from dagster import ExecutorDefinition

from entra_emply.environment import Environment
from entra_emply.errors import SettingsError

_EXECUTORS = {
    "in_process": ("dagster", "in_process_executor"),
    "multiprocess": ("dagster", "multiprocess_executor"),
    "celery": ("dagster_celery", "celery_executor"),
    "k8s": ("dagster_k8s", "k8s_job_executor"),
}
_OF_AN_EXTRA = ("celery", "k8s")
"""Those that run steps on other machines; each is an extra of this package, by the same name."""


def chosen_executor(environment: Environment) -> ExecutorDefinition:
    """The executor that the environment asks for.

    Raises SettingsError where there is none of this name, its package is not installed, or the machines that it runs
    steps on would not find each other's frames.
    """
    name = environment.executor
    if name not in _EXECUTORS:
        raise SettingsError(f"ENTRA_EMPLY_EXECUTOR: expected one of {', '.join(_EXECUTORS)}")
    if name in _OF_AN_EXTRA and not environment.shares_frames:
        raise SettingsError(f"FRAMES_URL is not set: with ENTRA_EMPLY_EXECUTOR={name} every machine needs the frames")
    module, executor = _EXECUTORS[name]
    try:
        found: ExecutorDefinition = getattr(import_module(module), executor)
    except ModuleNotFoundError:
        raise SettingsError(
            f"ENTRA_EMPLY_EXECUTOR={name} needs a package that is not installed: pip install 'entra-emply[{name}]'"
        ) from None
    return found
