"""What a plan carries beside the actions that the rules decide: their order, what is to be recorded with it, and what
applying has to know."""

import copy
from typing import Any

import pytest

from entra_emply.errors import SettingsError
from entra_emply.reconciliation.mapping import require_groups_read
from entra_emply.reconciliation.plan import Plan, make_plan
from tests.reference.builders import SomeSettings, ago, deactivated, employee, login, person, scenario
from tests.reference.calendar_builders import calendar, calendars, events, imported, in_emply
from tests.reference.subject import Row, Scenario
from tests.reference.vectorised import inputs_of

ROOM = person("room", groups=["Meeting rooms"])
BOTH = {"Employees": "Employee", "HR": "HR"}


def plan_of(case: Scenario) -> Plan:
    return make_plan(inputs_of(*case))


def column(plan: Plan, name: str, kind: str) -> list[Any]:
    """A column of the actions of one kind."""
    return plan.actions.loc[plan.actions["kind"] == kind, name].tolist()


def test_actions_are_in_the_order_of_applying_and_then_by_subject() -> None:
    people = [person("zofia"), person("ada"), person("ray", givenName="Ray"), person("ole", accountEnabled=False)]
    logins = [login("ray", roles=[]), login("ole")]
    actions = plan_of(scenario(people, logins, linked=["ole"])).actions
    assert list(zip(actions["kind"], actions["subject"], strict=True)) == [
        ("deactivate_user", "ole@contoso.com"),
        ("link_user", "ray@contoso.com"),
        ("create_user", "ada@contoso.com"),
        ("create_user", "zofia@contoso.com"),
        ("set_roles", "ray@contoso.com"),
        ("update_user", "ray@contoso.com"),
    ]
    assert actions["position"].tolist() == [0, 1, 2, 3, 4, 5]


def test_calendars_go_before_others_come() -> None:
    actions = plan_of(calendars([calendar()], [in_emply("Ferie")])).actions
    assert actions["kind"].tolist() == ["remove_calendar", "add_calendar"]


def test_findings_are_sorted_by_code_and_subject() -> None:
    findings = plan_of(scenario([person("zofia"), person("ada"), person("guest", userType="Guest")])).findings
    assert list(zip(findings["code"], findings["subject"], strict=True)) == [
        ("guest_without_mail", "guest@contoso.com"),
        ("user_without_employee", "ada@contoso.com"),
        ("user_without_employee", "zofia@contoso.com"),
    ]


@pytest.mark.parametrize(
    ("limit", "people", "status"),
    [
        (0, [person(groups=[])], "empty"),
        (1, [person("ada")], "ready"),
        (0, [person("ada")], "held"),
        (0, [person("ada"), person("ray")], "held"),
    ],
)
def test_the_status_says_whether_something_waits_for_a_person(limit: int, people: list[Row], status: str) -> None:
    limits = {"max_grants": {"min_count": limit, "percent": 0}}
    assert plan_of(scenario(people, guards=limits)).status == status


def test_one_held_action_holds_up_a_plan_that_has_others() -> None:
    people = [person("ada", givenName="Ada"), person("ray")]
    limits = {"max_grants": {"min_count": 0, "percent": 0}}
    assert plan_of(scenario(people, [login("ada")], linked=["ada"], guards=limits)).status == "held"


def test_a_plans_id_is_of_its_actions_whatever_holds_them() -> None:
    before = scenario([person("ada"), person("ray")])
    other, held = copy.deepcopy(before), copy.deepcopy(before)
    other[0]["entra"]["users"][0]["givenName"] = "Ada"
    held[1]["guards"] = {"max_grants": {"min_count": 0, "percent": 0}}
    assert plan_of(before).plan_id == plan_of(held).plan_id
    assert plan_of(before).plan_id != plan_of(other).plan_id


def test_an_action_carries_the_persons_groups_of_now_and_then() -> None:
    reconciled = {"megan": {"HR": "HR", "Gone": None}}
    people, logins = [person(groups=["HR", "Employees"], givenName="Megan"), person("ole")], [login(roles=["HR"])]
    plan = plan_of(scenario(people, logins, linked=["megan"], mapping=BOTH, reconciled=reconciled))
    assert column(plan, "groups", "update_user") == ["group-Employees group-Gone group-HR"]
    assert column(plan, "groups", "create_user") == ["group-Employees"]


def test_who_never_was_in_a_group_has_none() -> None:
    assert column(plan_of(scenario([], [login()], linked=["megan"])), "groups", "deactivate_user") == [""]


def test_what_waits_for_a_held_link_alone_is_not_held_by_itself() -> None:
    plan = plan_of(scenario([person(givenName="Megan")], [login()], linked=[("old", "megan")]))
    assert column(plan, "own_guards", "link_user") == ["G3"]
    assert column(plan, "own_guards", "update_user") == [""]
    assert column(plan, "held_by", "update_user") == ["G3"]


def test_the_archived_employee_is_named_where_the_user_is_deleted() -> None:
    archived = [employee(status="archived"), employee("ole", status="archived")]
    people, logins = [person(), person("ole", accountEnabled=False)], [login(), login("ole")]
    state = {"deletedUsers": [{"entraId": "entra-ole", "employeeId": "employee-ole"}]}
    case = scenario(people, logins, archived, linked=["megan", "ole"], state=state, entra_write_back={"delete": True})
    actions = plan_of(case).actions
    named = actions.loc[actions["employee_id"].notna(), ["kind", "rule", "employee_id"]]
    assert named.to_numpy().tolist() == [
        ["deactivate_user", "W3", "employee-megan"],
        ["delete_user", "W3", "employee-megan"],
    ]
    assert sorted(actions["rule"]) == ["L6", "W3", "W3"]


def test_two_calendars_of_one_id_make_one_action() -> None:
    twice = [in_emply("Ferie"), {**in_emply("Ferie"), "id": "emply-again"}]
    assert plan_of(calendars([], twice)).actions["kind"].tolist() == ["remove_calendar"]


def test_mailboxes_that_were_not_read_are_taken_neither_for_unavailable_nor_for_empty() -> None:
    made = inputs_of(*calendars([calendar(), calendar("Ferie")], [in_emply()]))
    plan = make_plan(made.with_frames({"entra_mailboxes": made.entra_mailboxes[:0]}))
    assert plan.actions.empty
    assert plan.findings.empty


@pytest.mark.parametrize(("enabled", "kinds"), [(True, []), (False, ["delete_event"])])
def test_events_that_were_not_read_are_not_taken_for_none(enabled: bool, kinds: list[str]) -> None:
    """Of a calendar that is not enabled none need to be read."""
    made = inputs_of(*events([], [imported()], calendar_in_emply=in_emply(enabled=enabled)))
    unread = made.with_frames({"entra_cursors": made.entra_cursors[:0]})
    assert make_plan(unread).actions["kind"].tolist() == kinds


def test_the_last_member_counts_above_zero_are_recorded() -> None:
    people = [person("ada"), person("ray", groups=["Employees", "Meeting rooms"]), ROOM]
    counts = plan_of(scenario(people, mapping=BOTH)).group_counts
    assert counts.to_dict("records") == [{"group_id": "group-Employees", "members": 2}]


def test_the_ids_of_group_names_are_recorded() -> None:
    before = scenario(mapping=BOTH)
    before[1]["groups"][1]["group"] = "group-HR"
    assert plan_of(before).group_ids.to_dict("records") == [
        {"group_name": "Employees", "group_id": "group-Employees"},
        {"group_name": "Meeting rooms", "group_id": "group-Meeting rooms"},
    ]


def test_a_recorded_deactivation_ends_where_somebody_undid_it_in_emply() -> None:
    state = {"deactivations": [deactivated(name, ago(days=9)) for name in ("ada", "ray", "gone")]}
    plan = plan_of(scenario([], [login("ada"), login("ray", active=False)], state=state))
    assert plan.ended_deactivations["emply_user_id"].tolist() == ["login-ada"]


def test_no_role_state_is_recorded_of_those_for_whom_nothing_changes() -> None:
    people, logins = [person("ada"), person("ray")], [login("ada"), login("ray")]
    reconciled = {"ada": {"Employees": "Employee"}, "ray": {"Employees": "HR"}}
    states = plan_of(scenario(people, logins, linked=["ada", "ray"], reconciled=reconciled)).role_states
    assert states["entra_id"].tolist() == ["entra-ray"]


@pytest.mark.parametrize("nested_groups", [True, False])
def test_applying_knows_the_groups_that_causes_are_read_from(nested_groups: bool) -> None:
    plan = plan_of(scenario(mapping=BOTH, nested_groups=nested_groups))
    assert plan.configured_groups == ("group-Employees", "group-HR")
    assert plan.room_groups == ("group-Meeting rooms",)
    assert plan.nested_groups is nested_groups


@pytest.mark.parametrize(
    ("settings", "window"),
    [
        ({"synchronize_calendars": True}, ("2026-10-23T00:00:00Z", "2027-05-22T00:00:00Z")),
        ({"synchronize_calendars": False}, None),
        ({"synchronize_calendars": True, "enabled": False}, None),
    ],
)
def test_applying_knows_the_window_where_events_were_planned(
    settings: SomeSettings, window: tuple[str, str] | None
) -> None:
    assert plan_of(scenario([person()], **settings)).window == window


def test_switched_off_nothing_is_recorded() -> None:
    state = {"deactivations": [deactivated("megan", ago(days=9))]}
    plan = plan_of(scenario([person()], [login()], linked=["megan"], state=state, enabled=False))
    recorded = [plan.role_states, plan.group_ids, plan.group_counts, plan.ended_deactivations, plan.ended_pairs]
    assert [len(frame) for frame in recorded] == [0, 0, 0, 0, 0]
    assert plan.status == "empty"


@pytest.mark.parametrize("missing", ["group-Employees", "group-Meeting rooms"])
def test_a_group_that_was_not_read_is_not_taken_for_an_empty_one(missing: str) -> None:
    made = inputs_of(*scenario())
    groups = made.entra_groups["group_id"]
    require_groups_read(made, groups)
    with pytest.raises(SettingsError, match="the members of 1 of the groups"):
        require_groups_read(made, groups[groups != missing])


def test_switched_off_no_group_needs_to_be_read() -> None:
    made = inputs_of(*scenario(enabled=False))
    require_groups_read(made, made.entra_groups["group_id"][:0])
