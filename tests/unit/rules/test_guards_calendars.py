"""G6: what takes calendars or events of many people away is held. C6, which never is, is in test_switched_off.py."""

import pytest

from tests.reference.builders import ago, employee, login, person, scenario
from tests.reference.calendar_builders import calendar, event, imported, in_emply, own, pair
from tests.reference.guards import action_id
from tests.reference.subject import PlanOf, Row, Scenario

NAMES = ["ada", "ray", "søren", "łucja", "ipek", "ole"]


def held(plan: Row) -> set[str]:
    """All guards that hold something."""
    return {guard for row in plan["actions"] for guard in row["held_by"]}


def without_calendars(count: int, kind: str, limit: int) -> Scenario:
    """People each of whom loses a calendar, with an event of Emply's own or without, or an event in Outlook."""
    names = NAMES[:count]
    there = [{**in_emply(whose=name), "id": f"emply-{name}"} for name in names]
    events = [{**own(name), "calendarId": f"emply-{name}"} for name in names] if kind == "detach_calendar" else []
    lunch = [calendar(events=[event("lunch")])] if kind == "delete_event" else []
    return scenario(
        [person(name) for name in names],
        [login(name) for name in names],
        [employee(name) for name in names],
        linked=names,
        state={"eventPairs": [pair(whose=name) for name in names]},
        entra={"calendars": {f"entra-{name}": lunch for name in names}},
        emply={"calendars": there, "events": events},
        synchronize_calendars=True,
        guards={"max_deactivations": {"min_count": limit, "percent": 0}},
    )


@pytest.mark.parametrize(("limit", "guards"), [(2, {"G6"}), (3, set())])
@pytest.mark.parametrize("kind", ["remove_calendar", "detach_calendar", "delete_event"])
def test_g6_holds_what_takes_calendars_or_events_of_many_away(
    plan_of: PlanOf, kind: str, limit: int, guards: set[str]
) -> None:
    plan = plan_of(without_calendars(3, kind, limit))
    assert [(row["kind"], set(row["held_by"])) for row in plan["actions"]] == [(kind, guards)] * 3


def test_g6_counts_people_and_not_calendars(plan_of: PlanOf) -> None:
    before = without_calendars(1, "remove_calendar", 1)
    before[0]["emply"]["calendars"] += [in_emply("Ferie", whose="ada"), in_emply("Møder", whose="ada")]
    plan = plan_of(before)
    assert len(plan["actions"]) == 3
    assert held(plan) == set()


def test_g6_counts_all_its_kinds_together(plan_of: PlanOf) -> None:
    before = without_calendars(2, "remove_calendar", 1)
    before[0]["emply"]["events"] = [{**own("ada"), "calendarId": "emply-ada"}]
    plan = plan_of(before)
    assert {row["kind"]: row["held_by"] for row in plan["actions"]} == {
        "remove_calendar": ["G6"],
        "detach_calendar": ["G6"],
    }


def test_g6_five_people_are_not_many_by_default(plan_of: PlanOf) -> None:
    before = without_calendars(5, "remove_calendar", 5)
    del before[1]["guards"]
    assert held(plan_of(before)) == set()
    before = without_calendars(6, "remove_calendar", 5)
    del before[1]["guards"]
    assert held(plan_of(before)) == {"G6"}


def test_g6_holds_nothing_that_takes_nothing_away(plan_of: PlanOf) -> None:
    """What Outlook deleted goes in Emply: only an event that goes in Outlook counts."""
    before = without_calendars(2, "remove_calendar", 0)
    before[0]["entra"]["calendars"]["entra-ada"] = [calendar(name="New", events=[event()]), calendar("Ferie")]
    before[0]["emply"]["events"] = [{**row, "calendarId": "emply-ada"} for row in (imported("old"), own("walk"))]
    plan = plan_of(before)
    assert {f"{row['target']}.{row['kind']}": row["held_by"] for row in plan["actions"]} == {
        "emply.remove_calendar": ["G6"],
        "emply.update_calendar": [],
        "emply.add_calendar": [],
        "emply.upsert_event": [],
        "emply.delete_event": [],
        "entra.create_event": [],
    }


def test_g6_what_was_held_once_stays_held_until_it_is_approved(plan_of: PlanOf) -> None:
    before = without_calendars(1, "remove_calendar", 5)
    (row,) = plan_of(before)["actions"]
    before[2]["holds"] = [{"action": action_id(row), "guards": ["G6"]}]
    assert held(plan_of(before)) == {"G6"}
    before[2]["approvals"] = [{"action": action_id(row), "expiresAt": ago(hours=-1)}]
    assert held(plan_of(before)) == set()
