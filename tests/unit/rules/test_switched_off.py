"""X: the integration switched off."""

import pytest

from tests.reference.builders import SomeSettings, employee, login, person, scenario, told
from tests.reference.calendar_builders import calendar, event, in_emply, own, pair, recorded
from tests.reference.guards import action_id
from tests.reference.subject import PlanOf, Row

SWITCHED_OFF: Row = {"actions": [], "findings": [], "roleStates": [], "endedPairs": []}


def test_x_nothing_is_planned_and_nothing_is_found(plan_of: PlanOf) -> None:
    people, logins = [person("megan"), person("ray", accountEnabled=False)], [login("ray")]
    assert plan_of(scenario(people, logins, linked=["ray"], enabled=False)) == SWITCHED_OFF


def test_x_comes_before_r8(plan_of: PlanOf) -> None:
    assert plan_of(scenario([person()], mapping={"Employees": "No such role"}, enabled=False)) == SWITCHED_OFF


def test_x_comes_before_w0(plan_of: PlanOf) -> None:
    hybrid = {"organization": {"onPremisesSyncEnabled": True}}
    assert plan_of(scenario(entra=hybrid, entra_write_back={"delete": True}, enabled=False)) == SWITCHED_OFF


@pytest.mark.parametrize("switch", [True, False])
def test_x_all_calendars_that_came_from_entra_go(plan_of: PlanOf, switch: bool) -> None:
    emply = [in_emply(), in_emply("Ferie"), in_emply("Mine", externalId=None), in_emply("Lokale", whose=None)]
    sides: Row = {
        "entra": {"calendars": {"entra-megan": [calendar(events=[event()])]}},
        "emply": {"calendars": emply, "events": [own(calendarId="emply-Ferie")]},
    }
    state = {"calendars": [recorded("Lokale", whose="room")], "eventPairs": [pair("gone")]}
    people = [person(), person("room", groups=["Meeting rooms"])]
    linked: Row = {"linked": ["megan"], "enabled": False, "synchronize_calendars": switch}
    plan = plan_of(scenario(people, [login()], [employee()], state=state, **linked, **sides))
    assert told(plan) == ["C6 detach_calendar megan", "C6 remove_calendar megan", "C6 remove_calendar room"]
    assert plan["endedPairs"] == []


def test_x_a_rooms_calendar_goes_though_nobody_is_left(plan_of: PlanOf) -> None:
    plan = plan_of(scenario(emply={"calendars": [in_emply("Lokale", whose=None)]}, enabled=False))
    assert [(row["kind"], row["entra_id"]) for row in plan["actions"]] == [("remove_calendar", None)]


def test_x_a_calendars_owner_is_who_is_linked(plan_of: PlanOf) -> None:
    sides: Row = {"emply": {"calendars": [in_emply(), in_emply("Ferie", whose="ray")]}, "enabled": False}
    plan = plan_of(scenario([person("ray")], [login(), login("ray")], linked=[("old", "megan")], **sides))
    found = {(row["entra_id"], row["emply_user_id"], row["subject"]) for row in plan["actions"]}
    assert found == {
        ("entra-old", "login-megan", "megan@contoso.com"),
        (None, "login-ray", "ray@contoso.com"),
    }


def test_x_the_calendars_of_unmanaged_people_and_of_those_left_alone_go_as_well(plan_of: PlanOf) -> None:
    logins = [login("megan"), login("ole"), login("twin", username="ole@contoso.com")]
    emply = [in_emply(), in_emply("Ferie", whose="ole")]
    people = [person("megan", groups=[]), person("ole")]
    state: Row = {"linked": ["megan"], "reconciled": {"megan": {"HR": "HR"}}}
    plan = plan_of(scenario(people, logins, emply={"calendars": emply}, enabled=False, **state))
    assert told(plan) == ["C6 remove_calendar megan", "C6 remove_calendar ole"]


@pytest.mark.parametrize("off", [{"enabled": False}, {"synchronize_calendars": False}])
def test_c6_is_never_held(plan_of: PlanOf, off: SomeSettings) -> None:
    sides: Row = {"emply": {"calendars": [in_emply()]}, "guards": {"max_deactivations": {"min_count": 0, "percent": 0}}}
    before = scenario([person()], [login()], [employee()], linked=["megan"], **sides, **off)
    (row,) = plan_of(before)["actions"]
    before[2]["holds"] = [{"action": action_id(row), "guards": ["G6"]}]
    assert [row["held_by"] for row in plan_of(before)["actions"]] == [[]]
