"""E0 to E2 as people use events: all day, in time zones, cancelled, declined, dragged to another calendar."""

from zoneinfo import ZoneInfo, available_timezones

import pandas as pd
import pytest

from entra_emply.reconciliation.rules import days
from tests.reference import days as reference
from tests.reference.builders import ROOMS, after_of, change, person, scenario, told
from tests.reference.calendar_builders import (
    calendar,
    calendars,
    event,
    events,
    imported,
    in_emply,
    own,
    pair,
    recorded,
)
from tests.reference.subject import PlanOf, Row, Scenario

DAY = ("2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z")
COPENHAGEN = ("2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z")  # the same day there
NEW_YORK = ("2026-11-24T05:00:00Z", "2026-11-25T05:00:00Z")


def zoned(zone: str | None, made: Scenario, group_zone: str | None = None) -> Scenario:
    """Megan's time zone, and that of her main group."""
    made[0]["emply"]["users"][0]["timeZone"] = zone
    made[1]["groups"][0]["time_zone"] = group_zone
    return made


def imported_times(plan: Row) -> tuple[str, str]:
    after = change(plan, "upsert_event")[1] or {}
    return after["start"], after["end"]


def all_day(start: str, end: str, **graph: object) -> Row:
    return event("holiday", start, end, isAllDay=True, **graph)


@pytest.mark.parametrize(
    ("zone", "times", "dates"),
    [
        (None, DAY, DAY),
        ("Europe/Copenhagen", DAY, DAY),
        ("Europe/Copenhagen", COPENHAGEN, DAY),
        ("Romance Standard Time", COPENHAGEN, DAY),
        ("America/New_York", NEW_YORK, DAY),
        ("Eastern Standard Time", NEW_YORK, DAY),
        ("America/New_York", DAY, DAY),
        ("Europe/Istanbul", ("2026-11-23T21:00:00Z", "2026-11-24T21:00:00Z"), DAY),
        # across the end of summer time in Copenhagen, and its beginning
        (
            "Europe/Copenhagen",
            ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
            ("2026-10-25T00:00:00Z", "2026-10-26T00:00:00Z"),
        ),
        (
            "Europe/Copenhagen",
            ("2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z"),
            ("2027-03-28T00:00:00Z", "2027-03-29T00:00:00Z"),
        ),
        # the end is its start, or not at midnight
        ("Europe/Copenhagen", ("2026-11-23T23:00:00Z", "2026-11-23T23:00:00Z"), DAY),
        (None, ("2026-11-24T00:00:00Z", "2026-11-24T00:00:00Z"), DAY),
        ("Europe/Copenhagen", ("2026-11-23T23:00:00Z", "2026-11-24T22:59:59Z"), DAY),
        # at the ends of the calendar: "until further notice"
        (None, ("2026-11-24T00:00:00Z", "9999-12-31T23:59:59Z"), ("2026-11-24T00:00:00Z", "9999-12-31T00:00:00Z")),
        (
            "Asia/Tokyo",
            ("2026-11-23T15:00:00Z", "9999-12-31T23:00:00Z"),
            ("2026-11-24T00:00:00Z", "9999-12-31T00:00:00Z"),
        ),
        (
            "Europe/Copenhagen",
            ("2026-11-23T23:00:00Z", "9999-12-31T23:59:59Z"),
            ("2026-11-24T00:00:00Z", "9999-12-31T00:00:00Z"),
        ),
        (
            "Europe/Copenhagen",
            ("2026-11-23T23:00:00Z", "9999-12-29T23:00:00Z"),
            ("2026-11-24T00:00:00Z", "9999-12-30T00:00:00Z"),
        ),
        (
            "Europe/Copenhagen",
            ("0001-01-01T00:00:00Z", "2026-11-23T23:00:00Z"),
            ("0001-01-01T00:00:00Z", "2026-11-24T00:00:00Z"),
        ),
        (
            "America/New_York",
            ("0001-01-01T00:00:00Z", "2026-11-24T05:00:00Z"),
            ("0001-01-01T00:00:00Z", "2026-11-24T00:00:00Z"),
        ),
        # no zone, or an unknown one
        (None, COPENHAGEN, ("2026-11-23T00:00:00Z", "2026-11-25T00:00:00Z")),
        ("Nowhere/Atlantis", COPENHAGEN, ("2026-11-23T00:00:00Z", "2026-11-25T00:00:00Z")),
        (" ", NEW_YORK, ("2026-11-24T00:00:00Z", "2026-11-26T00:00:00Z")),
    ],
)
def test_e0_an_all_day_event_is_dates(
    plan_of: PlanOf, zone: str | None, times: tuple[str, str], dates: tuple[str, str]
) -> None:
    plan = plan_of(zoned(zone, events([all_day(*times)], calendar_window={"days_back": 60})))
    assert imported_times(plan) == dates


def test_e0_every_time_zone_has_the_whole_calendar() -> None:
    times = [
        ("2026-11-24T12:00:00Z", "9999-12-31T23:59:59Z"),
        ("9999-12-29T12:00:00Z", "9999-12-30T11:00:00Z"),
        ("9999-06-30T22:00:00Z", "9999-12-31T12:00:00Z"),
        ("0001-01-01T00:00:01Z", "0001-01-02T00:30:00Z"),
    ]
    asked = [(*time, zone) for zone in sorted(available_timezones()) for time in times]
    ours = days.as_dates(*(pd.Series(column, dtype="str") for column in zip(*asked, strict=True)))
    theirs = [reference.as_dates(start, end, ZoneInfo(zone)) for start, end, zone in asked]
    assert [*zip(*ours, strict=True)] == theirs


@pytest.mark.parametrize("zone", [None, "Nowhere/Atlantis", "../etc"])
def test_e0_without_a_zone_the_main_groups_counts(plan_of: PlanOf, zone: str | None) -> None:
    made = zoned(zone, events([all_day(*COPENHAGEN)]), "Europe/Copenhagen")
    assert imported_times(plan_of(made)) == DAY


def test_e0_the_zone_of_a_room_is_its_groups_else_that_of_a_configured_group(plan_of: PlanOf) -> None:
    def times(of_rooms: str | None, of_employees: str | None) -> tuple[str, str]:
        rooms = [person("sal", groups=[ROOMS], displayName="Sal")]
        sides: Row = {
            "entra": {"calendars": {"entra-sal": [calendar(events=[all_day(*COPENHAGEN)])]}},
            "emply": {"calendars": [in_emply(whose=None, name="Sal")]},
        }
        made = scenario(rooms, state={"calendars": [recorded(whose="sal")]}, synchronize_calendars=True, **sides)
        made[1]["groups"][0]["time_zone"], made[1]["groups"][1]["time_zone"] = of_employees, of_rooms
        return imported_times(plan_of(made))

    assert times("Europe/Copenhagen", "America/New_York") == DAY
    assert times(None, "Europe/Copenhagen") == DAY
    assert times("Nowhere", "Europe/Copenhagen") == DAY
    assert times(None, None) != DAY


@pytest.mark.parametrize(("days", "there"), [(1, True), (0, False)])
def test_e0_the_window_goes_by_the_dates(plan_of: PlanOf, days: int, there: bool) -> None:
    """At 23:00Z of the last day begins tomorrow."""
    tomorrow = all_day("2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z")
    made = zoned("Europe/Copenhagen", events([tomorrow], calendar_window={"days_ahead": days}))
    assert bool(plan_of(made)["actions"]) is there


def test_e0_a_day_that_both_hold_is_not_changed(plan_of: PlanOf) -> None:
    ours = own("holiday", *DAY, title="holiday", isAllDay=True)
    made = events([all_day(*COPENHAGEN)], [ours], [pair("holiday")])
    assert told(plan_of(zoned("Europe/Copenhagen", made))) == []
    assert told(plan_of(zoned("America/New_York", made))) == ["E2 update_event megan"]


def test_e0_where_emply_leaves_all_day_unset_dates_are_compared(plan_of: PlanOf) -> None:
    ours = own("holiday", *COPENHAGEN, isAllDay=None)
    made = zoned("Europe/Copenhagen", events([all_day(*DAY)], [ours], [pair("holiday")]))
    assert told(plan_of(made)) == []
    later = own("holiday", "2026-11-24T23:00:00Z", "2026-11-25T23:00:00Z", isAllDay=None)
    plan = plan_of(zoned("Europe/Copenhagen", events([all_day(*DAY)], [later], [pair("holiday")])))
    ids = {"emplyEventId": "emply-holiday", "externalId": "outlook-holiday", "calendarExternalId": "outlook-Calendar"}
    assert change(plan, "update_event") == (
        {**ids, "start": DAY[0], "end": DAY[1]},
        {**ids, "start": "2026-11-25T00:00:00Z", "end": "2026-11-26T00:00:00Z"},
    )


def test_e2_a_new_all_day_event_of_emply_is_dates(plan_of: PlanOf) -> None:
    plan = plan_of(zoned("Europe/Copenhagen", events([], [own("holiday", *COPENHAGEN, isAllDay=True)])))
    after = after_of(plan, "create_event")
    assert (after["start"], after["end"]) == DAY


@pytest.mark.parametrize(
    "graph",
    [{"isCancelled": True}, {"responseStatus": {"response": "declined"}}],
    ids=["cancelled", "declined"],
)
def test_e0_such_an_event_counts_as_not_being_there_for_e1(plan_of: PlanOf, graph: Row) -> None:
    assert told(plan_of(events([event(**graph)]))) == []
    assert told(plan_of(events([event(**graph)], [imported()]))) == ["E1 delete_event megan"]


@pytest.mark.parametrize("graph", [{"isCancelled": True}, {"responseStatus": {"response": "declined"}}])
def test_e0_a_pair_goes_on_with_such_an_event(plan_of: PlanOf, graph: Row) -> None:
    plan = plan_of(events([event("lunch", **graph)], [own(title="Ny")], [pair()]))
    assert told(plan) == ["E2 update_event megan"]
    assert told(plan_of(events([event("lunch", **graph)], [], [pair()]))) == ["E2 delete_event megan"]


@pytest.mark.parametrize("response", ["accepted", "none", "notResponded", "tentativelyAccepted", "organizer", None])
def test_e0_any_other_response_is_there(plan_of: PlanOf, response: str | None) -> None:
    made = events([event(responseStatus={"response": response}, isCancelled=False)])
    assert told(plan_of(made)) == ["E1 upsert_event megan"]


# --- dragged to another calendar -------------------------------------------------------------------------------------


def dragged(
    emply_events: list[Row],
    *,
    other: Row | None = None,
    recorded_enabled: bool = True,
    other_in_emply: bool = True,
    recorded_is_gone: bool = False,
    **graph: str,
) -> Scenario:
    """Megan's event "lunch" of a pair of her default calendar stands in "Other" now."""
    outlook = [] if recorded_is_gone else [calendar()]
    outlook.append(calendar("Other", events=[event("lunch", **graph)], **(other or {})))
    emply = [in_emply("Other")] if other_in_emply else []
    if not recorded_is_gone:
        emply.append(in_emply(enabled=recorded_enabled))
    return calendars(outlook, emply, emply_events, state={"eventPairs": [pair()]})


def actions(plan: Row) -> list[tuple[str, str]]:
    """The kinds with the calendar, without those of C."""
    rows = [row for row in plan["actions"] if row["rule"].startswith("E")]
    return [(row["kind"], (row["before"] or row["after"])["calendarExternalId"]) for row in rows]


def test_e2_a_moved_event_is_changed_where_it_stands(plan_of: PlanOf) -> None:
    plan = plan_of(dragged([own(title="Ny")]))
    assert actions(plan) == [("update_event", "outlook-Other")]


def test_e2_a_moved_event_is_neither_imported_nor_made_again(plan_of: PlanOf) -> None:
    assert actions(plan_of(dragged([own()]))) == []


@pytest.mark.parametrize("own_event", [[own(title="Ny")], []], ids=["changed", "deleted"])
def test_e2_on_a_calendar_without_can_edit_nothing_is_planned(plan_of: PlanOf, own_event: list[Row]) -> None:
    assert actions(plan_of(dragged(own_event, other={"canEdit": False}, other_in_emply=False))) == []


def test_e2_of_a_moved_event_whose_emply_event_is_gone_the_recorded_calendar_is_enabled(plan_of: PlanOf) -> None:
    assert actions(plan_of(dragged([], other_in_emply=False)))[-1:] == [("delete_event", "outlook-Other")]
    assert actions(plan_of(dragged([], recorded_enabled=False))) == []


@pytest.mark.parametrize(("enabled", "planned"), [(True, [("delete_event", "outlook-Other")]), (False, [])])
def test_e2_of_a_recorded_calendar_that_is_gone_the_one_where_it_stands_is_enabled(
    plan_of: PlanOf, enabled: bool, planned: list[tuple[str, str]]
) -> None:
    made = dragged([], recorded_is_gone=True)
    made[0]["emply"]["calendars"][0]["enabled"] = enabled
    assert actions(plan_of(made)) == planned


def test_e2_an_emply_event_on_a_disabled_calendar_is_left_as_it_is(plan_of: PlanOf) -> None:
    assert actions(plan_of(dragged([own(title="Ny")], recorded_enabled=False))) == []


def test_e2_a_pair_by_external_id_alone_is_known_in_every_calendar(plan_of: PlanOf) -> None:
    made = dragged([own(title="Ny", externalId="outlook-lunch")])
    made[2]["eventPairs"] = []
    assert actions(plan_of(made)) == [("update_event", "outlook-Other")]


def test_e2_a_moved_event_that_is_in_no_window_is_left_as_it_is(plan_of: PlanOf) -> None:
    far = dragged([], start="2029-01-01T10:00:00Z", end="2029-01-01T11:00:00Z")
    assert actions(plan_of(far)) == []


def test_e2_a_pair_of_which_both_ends_are_gone_is_forgotten(plan_of: PlanOf) -> None:
    assert plan_of(events([], [], [pair()]))["endedPairs"] == ["emply-lunch"]
    assert plan_of(dragged([]))["endedPairs"] == []
    assert plan_of(dragged([], recorded_enabled=False))["endedPairs"] == []


def test_e1_an_imported_event_that_moved_goes_and_comes(plan_of: PlanOf) -> None:
    made = dragged([imported("lunch")])
    made[2]["eventPairs"] = []
    assert sorted(actions(plan_of(made))) == [
        ("delete_event", "outlook-Calendar"),
        ("upsert_event", "outlook-Other"),
    ]
