"""`deploy/` says what the rest of the repository says: the instance, the variables, what the package is made of."""

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

from entra_emply.environment import VARIABLES

REPOSITORY = Path(__file__).parents[2]
INSTANCE = yaml.safe_load((REPOSITORY / "dagster.yaml").read_text())
VALUES = yaml.safe_load((REPOSITORY / "deploy/helm-values.yaml").read_text())
COMPOSE = yaml.safe_load((REPOSITORY / "deploy/compose.yaml").read_text())
DOCKERFILE = (REPOSITORY / "deploy/Dockerfile").read_text()
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
CELERYS = {"CELERY_BROKER_URL", "CELERY_RESULT_BACKEND"}


def as_dagster_names(values: Any) -> Any:  # noqa: ANN401 (any part of a YAML document)
    """The chart's names (`maxRuntimeSeconds`) as those of `dagster.yaml`; keys of conditions stay what they are."""
    if isinstance(values, list):
        return [as_dagster_names(each) for each in values]
    if not isinstance(values, dict):
        return values
    kept = {"applyLimitPerUniqueValue"}
    named = {key if key in kept else re.sub(r"([A-Z])", r"_\1", key).lower(): value for key, value in values.items()}
    return {key: as_dagster_names(value) for key, value in named.items()}


def test_the_charts_values_make_the_instance_that_dagster_yaml_makes() -> None:
    daemon, limits = as_dagster_names(VALUES["dagsterDaemon"]), as_dagster_names(VALUES["concurrency"])
    assert {name: daemon[name] for name in daemon} == {name: INSTANCE[name] for name in daemon}
    assert limits == {"enabled": True, "runs": INSTANCE["concurrency"]["runs"]}
    retention = as_dagster_names(VALUES["retention"])
    assert retention == {"enabled": True, **INSTANCE["retention"]}
    assert VALUES["telemetry"] == INSTANCE["telemetry"]
    assert VALUES["additionalInstanceConfig"] == {name: INSTANCE[name] for name in ("freshness", "nux")}


def test_no_part_of_the_instance_is_forgotten_in_the_charts_values() -> None:
    by_the_chart = {"storage", "run_coordinator", "run_launcher"}
    told = {*VALUES["dagsterDaemon"], *VALUES, *VALUES["additionalInstanceConfig"]}
    assert set(INSTANCE) - by_the_chart <= set(as_dagster_names(dict.fromkeys(told)))


def test_the_variables_that_are_set_are_read() -> None:
    (deployment,) = VALUES["dagster-user-deployments"]["deployments"]
    assert {each["name"] for each in deployment["env"]} <= {*VARIABLES}
    assert set(COMPOSE["x-pipeline"]["environment"]) <= {*VARIABLES} | CELERYS


def test_the_image_has_every_package_and_every_extra_there_is() -> None:
    packages = {name.removesuffix("*") for name in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert packages == set(re.findall(r"^COPY (\w+) \1$", DOCKERFILE, flags=re.MULTILINE))
    extras = re.findall(r"^ARG EXTRAS=(.+)$", DOCKERFILE, flags=re.MULTILINE)[0].split(",")
    assert {*extras, "dev"} == PROJECT["project"]["optional-dependencies"].keys()


def test_whatever_the_image_copies_is_sent_to_its_builder() -> None:
    sent = set(re.findall(r"^!(.+)$", (REPOSITORY / "deploy/Dockerfile.dockerignore").read_text(), flags=re.MULTILINE))
    copied = {name for line in re.findall(r"^COPY (.+) \S+$", DOCKERFILE, flags=re.MULTILINE) for name in line.split()}
    assert copied == sent
    assert all((REPOSITORY / name).exists() for name in copied)
