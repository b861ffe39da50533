"""E: events between Outlook and Emply, in both directions. Megan has an employee, so a plan holds nothing else."""

import pytest

from tests.reference.builders import after_of, change, person, scenario, told
from tests.reference.calendar_builders import (
    END,
    START,
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
from tests.reference.subject import PlanOf, Row

WHERE = {"calendarExternalId": "outlook-Calendar"}
STANDUP = {"externalId": "outlook-standup", **WHERE}
LUNCH = {"emplyEventId": "emply-lunch", "externalId": "outlook-lunch", **WHERE}
WINDOW = {"days_back": 1, "days_ahead": 2}  # the 21st to the 24th of November
FIRST, LAST = "2026-11-21T00:00:00Z", "2026-11-25T00:00:00Z"
PAST = ("2026-01-01T09:00:00Z", "2026-01-01T10:00:00Z")

EDGES = [
    pytest.param("2026-11-20T23:00:00Z", FIRST, 0, id="ends as the window begins"),
    pytest.param("2026-11-20T23:00:00Z", "2026-11-21T00:00:01Z", 1, id="ends a second later"),
    pytest.param(LAST, "2026-11-25T01:00:00Z", 0, id="begins as the window ends"),
    pytest.param("2026-11-24T23:59:59Z", "2026-11-25T01:00:00Z", 1, id="begins a second before"),
    pytest.param("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", 1, id="all around it"),
    pytest.param("2026-11-24T00:00:00Z", LAST, 1, id="the last day, all day"),
    pytest.param("2026-11-20T00:00:00Z", FIRST, 0, id="the day before, all day"),
    pytest.param("2026-11-22T09:00:00Z", "2026-11-22T09:00:00Z", 1, id="no time at all"),
    pytest.param(FIRST, FIRST, 0, id="no time at all, as the window begins"),
]


def kinds(plan: Row) -> list[str]:
    return [f"{row['target']}.{row['kind']}" for row in plan["actions"]]


@pytest.mark.parametrize(("start", "end", "planned"), EDGES)
def test_the_window_has_its_first_day_and_all_of_its_last(plan_of: PlanOf, start: str, end: str, planned: int) -> None:
    def planned_for(outlook: list[Row], emply: list[Row]) -> list[str]:
        return kinds(plan_of(events(outlook, emply, calendar_window=WINDOW)))

    assert planned_for([event(start=start, end=end)], []) == ["emply.upsert_event"] * planned
    assert planned_for([], [imported(start=start, end=end)]) == ["emply.delete_event"] * planned
    assert planned_for([], [own(start=start, end=end)]) == ["entra.create_event"] * planned


@pytest.mark.parametrize(
    ("start", "end", "planned"),
    [
        ("2026-10-22T23:00:00Z", "2026-10-23T00:00:01Z", 1),
        ("2026-10-22T23:00:00Z", "2026-10-23T00:00:00Z", 0),
        ("2027-05-21T23:59:59Z", "2027-05-22T01:00:00Z", 1),
        ("2027-05-22T00:00:00Z", "2027-05-22T01:00:00Z", 0),
    ],
)
def test_the_window_is_30_days_back_and_180_ahead_by_default(
    plan_of: PlanOf, start: str, end: str, planned: int
) -> None:
    assert len(plan_of(events([event(start=start, end=end)]))["actions"]) == planned


def test_e1_an_event_that_emply_lacks_is_imported(plan_of: PlanOf) -> None:
    plan = plan_of(events([event(subject="Møde ")]))
    assert told(plan) == ["E1 upsert_event megan"]
    fields = {"title": "Møde ", "start": START, "end": END, "isAllDay": False, "showAs": "busy"}
    assert change(plan, "upsert_event") == (None, {**STANDUP, **fields, "changeKey": "key-1"})
    (row,) = plan["actions"]
    assert (row["target"], row["entra_id"], row["emply_user_id"]) == ("emply", "entra-megan", "login-megan")
    assert row["subject"] == "megan@contoso.com"


def test_e1_of_several_events_only_those_that_emply_lacks_or_holds_otherwise_are_imported(plan_of: PlanOf) -> None:
    outlook = [event("changed", changeKey="key-2"), event("same"), event("new")]
    plan = plan_of(events(outlook, [imported("changed"), imported("same")]))
    assert {row["after"]["externalId"]: row["before"] is None for row in plan["actions"]} == {
        "outlook-changed": False,
        "outlook-new": True,
    }


def test_e1_an_event_of_another_change_key_is_imported_again(plan_of: PlanOf) -> None:
    plan = plan_of(events([event(changeKey="key-2")], [imported()]))
    before, after = change(plan, "upsert_event")
    assert before == {**STANDUP, "changeKey": "key-1"}
    assert after is not None
    assert after["changeKey"] == "key-2"


def test_e1_the_change_key_alone_decides(plan_of: PlanOf) -> None:
    assert told(plan_of(events([event(subject="Other", showAs="free")], [imported()]))) == []


def test_e1_an_event_that_moved_into_the_window_is_known(plan_of: PlanOf) -> None:
    plan = plan_of(events([event(changeKey="key-2")], [imported(start=PAST[0], end=PAST[1])]))
    assert change(plan, "upsert_event")[0] == {**STANDUP, "changeKey": "key-1"}


@pytest.mark.parametrize("outlook", [[], [event(start=PAST[0], end=PAST[1])]], ids=["gone", "moved out of the window"])
def test_e1_an_event_that_outlook_does_not_have_in_the_window_is_deleted(plan_of: PlanOf, outlook: list[Row]) -> None:
    plan = plan_of(events(outlook, [imported()]))
    assert told(plan) == ["E1 delete_event megan"]
    assert change(plan, "delete_event") == (STANDUP, None)


def test_e1_an_event_of_outlook_without_an_id_is_deleted_and_not_made_in_outlook(plan_of: PlanOf) -> None:
    assert kinds(plan_of(events([], [imported(externalId=None)]))) == ["emply.delete_event"]


def test_e1_what_is_past_in_emply_stays(plan_of: PlanOf) -> None:
    assert told(plan_of(events([], [imported(start=PAST[0], end=PAST[1])]))) == []


@pytest.mark.parametrize("enabled", [False, None])
def test_e1_on_a_calendar_that_is_not_enabled_all_events_of_outlook_are_deleted(
    plan_of: PlanOf, enabled: bool | None
) -> None:
    outlook, emply = [event(), event("new")], [imported(), imported("old", *PAST), own()]
    plan = plan_of(events(outlook, emply, calendar_in_emply=in_emply(enabled=enabled)))
    assert told(plan) == ["E1 delete_event megan"] * 2
    assert {row["before"]["externalId"] for row in plan["actions"]} == {"outlook-standup", "outlook-old"}


def test_a_calendar_that_is_added_enabled_gets_its_events(plan_of: PlanOf) -> None:
    outlook = [calendar(events=[event()]), calendar("Ferie", [event("trip")])]
    plan = plan_of(calendars(outlook))
    assert told(plan) == ["C1 add_calendar megan", "C1 add_calendar megan", "E1 upsert_event megan"]
    assert after_of(plan, "upsert_event")["calendarExternalId"] == "outlook-Calendar"


def test_a_calendar_that_is_attached_again_gets_its_events(plan_of: PlanOf) -> None:
    state = {"calendars": [recorded(detached=True)], "eventPairs": [pair()]}
    outlook = [calendar(events=[event(), event("lunch", subject="Frokost")])]
    plan = plan_of(calendars(outlook, [in_emply(externalId=None)], [own()], state=state))
    assert told(plan) == ["C1 attach_calendar megan", "E1 upsert_event megan", "E2 update_event megan"]


def test_no_event_is_planned_on_a_calendar_that_goes(plan_of: PlanOf) -> None:
    state = {"eventPairs": [pair(), pair("gone")]}
    outlook = [calendar(events=[event(), event("gone")], canEdit=False)]
    plan = plan_of(calendars(outlook, [in_emply()], [imported("old"), own(), own("walk")], state=state))
    assert told(plan) == ["C4 detach_calendar megan", "S calendar_not_editable megan"]
    assert plan["endedPairs"] == []


def test_the_events_of_a_room(plan_of: PlanOf) -> None:
    rooms = [person("room", groups=["Meeting rooms"], displayName="Calendar")]
    sides: Row = {
        "entra": {"calendars": {"entra-room": [calendar(events=[event()], canEdit=False)]}},
        "emply": {"calendars": [in_emply(whose=None)], "events": [own()]},
    }
    state = {"calendars": [recorded(whose="room")]}
    plan = plan_of(scenario(rooms, state=state, synchronize_calendars=True, **sides))
    assert told(plan) == ["E1 upsert_event room", "E2 create_event room"]
    assert {(row["entra_id"], row["emply_user_id"]) for row in plan["actions"]} == {("entra-room", None)}


def test_without_a_mailbox_no_event_is_planned(plan_of: PlanOf) -> None:
    state = {"eventPairs": [pair("gone")]}
    plan = plan_of(calendars(None, [in_emply()], [imported(), own()], state=state))
    assert told(plan) == ["C7 mailbox_unavailable megan"]
    assert plan["endedPairs"] == []


def test_e2_an_event_that_was_made_in_emply_is_made_in_outlook(plan_of: PlanOf) -> None:
    plan = plan_of(events([], [own(title="Frokost", isAllDay=None)]))
    assert told(plan) == ["E2 create_event megan"]
    fields = {"title": "Frokost", "start": START, "end": END, "isAllDay": None, "showAs": "busy"}
    assert change(plan, "create_event") == (None, {"emplyEventId": "emply-lunch", **WHERE, **fields})
    assert plan["actions"][0]["target"] == "entra"


@pytest.mark.parametrize(
    ("emply", "pairs"),
    [(own(), [pair()]), (own(externalId="outlook-lunch"), [])],
    ids=["recorded", "by its externalId"],
)
def test_e2_a_paired_event_that_its_owner_deleted_is_not_made_again(
    plan_of: PlanOf, emply: Row, pairs: list[Row]
) -> None:
    plan = plan_of(events([event()], [imported(), emply], pairs))
    assert told(plan) == []
    assert plan["endedPairs"] == []


@pytest.mark.parametrize(
    ("emply", "pairs"),
    [(own(externalId="outlook-lunch"), [pair()]), (own(), [pair()]), (own(externalId="outlook-lunch"), [])],
    ids=["both", "recorded alone", "its externalId alone"],
)
def test_e2_of_its_own_events_emply_is_the_source(plan_of: PlanOf, emply: Row, pairs: list[Row]) -> None:
    plan = plan_of(events([event("lunch", subject="Frokost", showAs="free")], [emply], pairs))
    assert told(plan) == ["E2 update_event megan"]
    assert change(plan, "update_event") == (
        {**LUNCH, "title": "Frokost", "showAs": "free"},
        {**LUNCH, "title": "lunch", "showAs": "busy"},
    )


def test_e2_what_is_not_set_in_emply_stays_as_it_is_in_outlook(plan_of: PlanOf) -> None:
    emply = own(title=" ", isAllDay=None, showAs=None)
    assert told(plan_of(events([event("lunch", isAllDay=True)], [emply], [pair()]))) == []


def test_e2_surrounding_white_space_is_no_difference(plan_of: PlanOf) -> None:
    assert told(plan_of(events([event("lunch", subject=" lunch ")], [own()], [pair()]))) == []


@pytest.mark.parametrize(
    ("outlook", "emply"),
    [((START, END), PAST), (PAST, (START, END))],
    ids=["moved out of the window in Emply alone", "moved into it in Emply alone"],
)
def test_e2_one_side_in_the_window_is_enough(plan_of: PlanOf, outlook: tuple[str, str], emply: tuple[str, str]) -> None:
    plan = plan_of(events([event("lunch", *outlook)], [own("lunch", *emply)], [pair()]))
    assert told(plan) == ["E2 update_event megan"]
    before, after = change(plan, "update_event")
    assert before == {**LUNCH, "start": outlook[0], "end": outlook[1]}
    assert after == {**LUNCH, "start": emply[0], "end": emply[1]}


def test_e2_with_both_sides_out_of_the_window_nothing_is_updated(plan_of: PlanOf) -> None:
    emply = own("lunch", *PAST, title="Frokost")
    assert told(plan_of(events([event("lunch", *PAST)], [emply], [pair()]))) == []


def test_e2_an_event_that_is_gone_in_emply_is_deleted_in_outlook(plan_of: PlanOf) -> None:
    plan = plan_of(events([event("lunch")], [], [pair()]))
    assert told(plan) == ["E2 delete_event megan"]
    assert change(plan, "delete_event") == (LUNCH, None)
    assert plan["actions"][0]["target"] == "entra"
    assert plan["endedPairs"] == []


def test_e2_out_of_the_window_it_stays_and_so_does_the_pair(plan_of: PlanOf) -> None:
    plan = plan_of(events([event("lunch", *PAST)], [], [pair()]))
    assert told(plan) == []
    assert plan["endedPairs"] == []


def test_e2_a_pair_of_which_both_ends_are_gone_is_forgotten(plan_of: PlanOf) -> None:
    plan = plan_of(events([], [own("walk")], [pair("walk"), pair("lunch"), pair("dinner", whose="ray")]))
    assert told(plan) == []
    assert plan["endedPairs"] == ["emply-lunch"]


@pytest.mark.parametrize(
    ("emply", "pairs"),
    [
        ([own()], [pair()]),
        ([own(externalId="outlook-lunch")], []),
        ([own("lunch", *PAST)], [pair()]),
    ],
    ids=["recorded", "by its externalId", "its Emply side out of the window"],
)
def test_a_paired_event_is_never_imported(plan_of: PlanOf, emply: list[Row], pairs: list[Row]) -> None:
    assert "emply.upsert_event" not in kinds(plan_of(events([event("lunch")], emply, pairs)))


def test_a_pair_of_another_persons_calendar_pairs_nothing_here(plan_of: PlanOf) -> None:
    plan = plan_of(events([event("lunch")], [], [pair(whose="ray")]))
    assert told(plan) == ["E1 upsert_event megan"]


def test_an_event_that_is_paired_in_another_calendar_is_neither_made_nor_updated_here(plan_of: PlanOf) -> None:
    outlook = [event("lunch", subject="Frokost")]
    plan = plan_of(events(outlook, [own()], [pair(whose="ray")]))
    assert kinds(plan) == ["emply.upsert_event"]


def test_on_a_calendar_that_is_not_enabled_no_pair_is_forgotten_nor_withdrawn(plan_of: PlanOf) -> None:
    pairs = [pair("lunch"), pair("gone")]
    plan = plan_of(events([event("lunch")], [], pairs, calendar_in_emply=in_emply(enabled=False)))
    assert told(plan) == []
    assert plan["endedPairs"] == []


@pytest.mark.parametrize("sensitivity", ["private", "personal", "confidential"])
def test_e3_a_private_event_keeps_its_title_to_itself(plan_of: PlanOf, sensitivity: str) -> None:
    after = after_of(plan_of(events([event(subject="Læge", sensitivity=sensitivity)])), "upsert_event")
    assert after["title"] == "Private"


@pytest.mark.parametrize("sensitivity", ["normal", None])
def test_e3_absent_is_normal(plan_of: PlanOf, sensitivity: str | None) -> None:
    after = after_of(plan_of(events([event(subject="Læge", sensitivity=sensitivity)])), "upsert_event")
    assert after["title"] == "Læge"


def test_e3_times_are_to_the_second(plan_of: PlanOf) -> None:
    precise = {"dateTime": "2026-11-23T09:00:00.1234567", "timeZone": "UTC"}
    after = after_of(plan_of(events([{**event(), "start": precise}])), "upsert_event")
    assert (after["start"], after["end"]) == (START, END)
