"""What Dagster is told: everything that an operator reads in the UI is there, and what must be on is on."""

from dagster import AssetKey, DefaultScheduleStatus, DefaultSensorStatus, Definitions

from entra_emply.reconciliation.inputs import SOURCES
from pipelines.definitions import build_defs

DEFS: Definitions = build_defs()
GRAPH = DEFS.resolve_asset_graph()
SPECS = {key.to_user_string(): GRAPH.get(key) for key in GRAPH.get_all_asset_keys()}


def test_the_groups_hold_these_assets() -> None:
    groups: dict[str, set[str]] = {}
    for name, node in SPECS.items():
        groups.setdefault(node.group_name, set()).add(name)
    assert groups == {
        "entra": {
            "entra_tenant",
            "entra_users",
            "entra_groups",
            "entra_group_members",
            "entra_deleted_users",
            "entra_app",
            "entra_photos",
            "entra_calendars",
            "entra_events",
        },
        "emply": {
            "emply_users",
            "emply_employees",
            "emply_roles",
            "emply_departments",
            "emply_calendars",
            "emply_events",
        },
        "reconciliation": {"settings", "identities", "reconciliation_actions", "reconciliation_findings"},
        "ledger": {"sync_state", "applied_changes"},
    }


def test_every_asset_says_what_it_is_whose_and_of_what_kind() -> None:
    silent = [name for name, node in SPECS.items() if not (node.description and node.owners and node.kinds)]
    assert silent == []


def test_every_source_has_a_column_schema_and_a_blocking_check() -> None:
    checks = {check.asset_key.to_user_string(): GRAPH.get(check) for check in GRAPH.asset_check_keys}
    for name in SOURCES:
        columns = SPECS[name].metadata["dagster/column_schema"].columns
        assert all(column.description for column in columns)
        assert checks[name].blocking
        assert AssetKey("sync_state") in SPECS[name].parent_keys


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
