"""Applying: what is looked at again before something is taken away, and what stops all of it."""

from unittest.mock import Mock

import pytest

from entra_emply.errors import CredentialsError, PlanRefused
from tests.integration.conftest import Rows
from tests.integration.ledger.mailbox_systems import OUTCOMES
from tests.integration.ledger.staff import hire, leave
from tests.integration.ledger.systems import Systems


@pytest.fixture
def systems(staff: Systems) -> Systems:
    return staff


@pytest.mark.parametrize("how", ["deleted", "disabled", "removed", "room"])
def test_a_cause_that_ended_since_the_plan_takes_nothing_away(systems: Systems, rows: Rows, how: str) -> None:
    undo = leave(systems, how)
    plan = systems.plan()
    undo()
    assert systems.apply(plan).count("superseded") == 1
    assert systems.emply.written == []
    assert rows(OUTCOMES)[-1] == ("deactivate_user", "superseded", None)


def test_a_user_in_deleted_items_is_gone_even_while_it_can_be_read(systems: Systems) -> None:
    deleted = systems.person("ada")
    systems.delete("ada")
    plan = systems.plan()
    systems.scenario["entra"]["users"].append(deleted)
    systems.scenario["entra"]["deletedUsers"].append(deleted)
    assert systems.apply(plan).count("applied") == 1


def test_a_member_through_a_nested_group_is_not_deactivated(systems: Systems) -> None:
    systems.settings["nested_groups"] = True
    systems.members("g-hr").append("g-inner")
    systems.members("g-staff").remove("ada")
    plan = systems.plan()
    systems.members("g-inner").append("ada")
    assert systems.apply(plan).count("superseded") == 1


def test_without_nested_groups_a_nested_membership_is_none(systems: Systems) -> None:
    systems.members("g-hr").append("g-inner")
    systems.members("g-inner").append("ada")
    systems.members("g-staff").remove("ada")
    assert systems.sync().count("applied") == 1


def test_somebody_deactivated_by_hand_since_the_plan_is_not_the_pipelines_doing(systems: Systems, rows: Rows) -> None:
    leave(systems, "disabled")
    plan = systems.plan()
    systems.login("ada")["active"] = False
    assert systems.apply(plan).count("superseded") == 1
    assert rows("SELECT count(*) FROM deactivations") == [(0,)]


def test_roles_that_changed_since_the_plan_are_not_overwritten(systems: Systems, rows: Rows) -> None:
    systems.members("g-hr").append("ada")
    plan = systems.plan()
    systems.login("ada")["roleIds"] = ["r-Employee", "r-Manager"]
    assert systems.apply(plan).count("superseded") == 1
    assert systems.login("ada")["roleIds"] == ["r-Employee", "r-Manager"]
    assert rows("SELECT group_id FROM role_states WHERE emply_user_id = 'emply-ada'") == [("g-staff",)]


def test_a_cause_that_cannot_be_read_counts_as_a_failure(systems: Systems, rows: Rows) -> None:
    leave(systems, "disabled")
    plan = systems.plan()
    systems.graph.unreadable = True
    assert systems.apply(plan).count("failed") == 1
    assert rows("SELECT code, failures FROM failures") == [("source_unreadable", 1)]


def test_the_groups_of_many_leavers_are_asked_for_in_few_requests(systems: Systems) -> None:
    """One a leaver, and the members of a group once, if leavers are in it at all."""
    systems.members("g-hr").append("g-inner")
    systems.members("g-inner").extend(["ada", "søren"])
    for name in ("ada", "søren", "łukasz"):
        systems.members("g-staff").remove(name)
    plan = systems.plan()
    systems.graph.reads.clear()
    assert systems.apply(plan).count("applied") == 3
    asked = [read for read in systems.graph.reads if read != "user"]
    assert sorted(asked) == ["all_groups_of", "all_groups_of", "all_groups_of", "direct_members g-hr"]


@pytest.mark.parametrize("code", ["403 Authorization_RequestDenied", "401 InvalidAuthenticationToken"])
def test_a_cause_that_graph_refuses_to_show_fails_its_action_alone(
    systems: Systems, rows: Rows, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    leave(systems, "removed")
    hire(systems, "zofia")
    monkeypatch.setattr(systems.graph, "all_groups_of", Mock(side_effect=CredentialsError("no", code=code)))
    report = systems.sync()
    assert (report.count("failed"), report.count("applied")) == (1, 1)
    assert rows("SELECT code FROM failures") == [(code,)]


def test_without_any_access_nothing_more_is_tried(systems: Systems, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(systems, "removed")
    hire(systems, "zofia")
    monkeypatch.setattr(systems.graph, "user", Mock(side_effect=CredentialsError("the secret has expired")))
    with pytest.raises(CredentialsError, match="expired"):
        systems.sync()
    assert systems.emply.written == []


def test_nothing_is_applied_to_an_emply_whose_users_cannot_be_written(systems: Systems, rows: Rows) -> None:
    """And the plan is not claimed: with a corrected API description it can be applied."""
    hire(systems, "zofia")
    plan = systems.plan()
    systems.emply.absent = {"users": "this Emply has no update_user (api.yaml, line 7)"}
    with pytest.raises(PlanRefused, match=r"this Emply has no update_user \(api.yaml, line 7\)"):
        systems.apply(plan)
    assert rows("SELECT claimed_at FROM plans ORDER BY plan_no DESC LIMIT 1") == [(None,)]
    systems.emply.absent.clear()
    assert systems.apply(plan).count("applied") == 1
