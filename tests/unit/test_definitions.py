"""What Dagster is told: everything that an operator reads in the UI is there, and what must be on is on."""

import pytest
from dagster import (
    AssetKey,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    Definitions,
    ResourceDefinition,
    in_process_executor,
    multiprocess_executor,
)

from entra_emply.extraction.dependent_reads import DEPENDENT
from entra_emply.extraction.sources import LISTS, MEMBERS
from entra_emply.reconciliation.inputs import DEPENDENT_SOURCES, SOURCES
from pipelines.definitions import build_defs

DEFS: Definitions = build_defs()
GRAPH = DEFS.resolve_asset_graph()
SPECS = {key.to_user_string(): GRAPH.get(key) for key in GRAPH.get_all_asset_keys()}


def test_one_list_names_the_sources_that_are_read_and_the_assets_that_are_made_of_them() -> None:
    assert {*SOURCES} == {*(source.name for source in LISTS), MEMBERS}
    assert [*DEPENDENT_SOURCES] == [source.name for source in DEPENDENT]
    made = {name for name, node in SPECS.items() if node.group_name in ("entra", "emply", "mailboxes")}
    assert made == {*SOURCES, *DEPENDENT_SOURCES}


def test_a_dependent_source_needs_only_what_is_read_before() -> None:
    before: set[str] = set()
    for source in DEPENDENT:
        assert set(source.needs) <= before
        before.add(source.name)


def test_every_asset_says_what_it_is_whose_and_of_what_kind() -> None:
    silent = [name for name, node in SPECS.items() if not (node.description and node.owners and node.kinds)]
    assert silent == []


def test_every_source_has_a_column_schema() -> None:
    for name in (*SOURCES, *DEPENDENT_SOURCES):
        columns = SPECS[name].metadata["dagster/column_schema"].columns
        assert all(column.description for column in columns)
        assert AssetKey("sync_state") in SPECS[name].parent_keys


def test_the_checks_are_these_and_those_of_lists_join_and_plan_block() -> None:
    checks = {
        (check.asset_key.to_user_string(), check.name): GRAPH.get(check).blocking for check in GRAPH.asset_check_keys
    }
    assert checks == {
        **{(name, "source_did_not_shrink"): True for name in SOURCES},
        ("identities", "every_person_once"): True,
        ("reconciliation_actions", "no_external_user_is_touched"): True,
        **{(name, "everything_was_read"): False for name in DEPENDENT_SOURCES},
        ("applied_changes", "every_write_succeeded"): False,
        ("applied_changes", "nothing_waits_for_a_person"): False,
    }


def test_only_the_join_and_the_plan_depend_on_the_settings() -> None:
    children = {key.to_user_string() for key in GRAPH.get(AssetKey("settings")).child_keys}
    assert children == {"identities", "reconciliation_actions", "reconciliation_findings"}


def test_schedules_and_sensors_are_on() -> None:
    repository = DEFS.get_repository_def()
    assert {each.default_status for each in repository.schedule_defs} == {DefaultScheduleStatus.RUNNING}
    assert {each.default_status for each in repository.sensor_defs} == {DefaultSensorStatus.RUNNING}
    assert {each.execution_timezone for each in repository.schedule_defs} == {"UTC"}


def test_a_sync_does_not_apply() -> None:
    assert "applied_changes" not in {node.name for node in DEFS.resolve_job_def("sync").nodes}
    assert [node.name for node in DEFS.resolve_job_def("apply").nodes] == ["applied_changes"]


@pytest.mark.parametrize("name", ["schedules", "sensors"])
def test_what_starts_runs_can_be_left_out(name: str) -> None:
    overridden = build_defs(schedules=[]) if name == "schedules" else build_defs(sensors=[])
    repository = overridden.get_repository_def()
    assert [*(repository.schedule_defs if name == "schedules" else repository.sensor_defs)] == []


def test_a_resource_takes_the_place_of_the_one_of_its_name() -> None:
    mine = ResourceDefinition.hardcoded_resource("mine")
    resources = build_defs(resources={"connections": mine}).get_repository_def().get_top_level_resources()
    assert resources.keys() == {"connections", "io_manager"}
    given = build_defs(resources={"connections": mine}).resources
    assert given is not None
    assert given["connections"] is mine


def test_the_executor_can_be_another() -> None:
    assert build_defs().executor is in_process_executor
    assert build_defs(executor=multiprocess_executor).executor is multiprocess_executor
