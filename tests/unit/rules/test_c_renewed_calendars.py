"""C: a default calendar with a new id (C1a), names of rooms and blank names, calendars of which nobody knows whose."""

import pytest

from tests.reference.builders import ROOMS, change, employee, login, person, scenario, told
from tests.reference.calendar_builders import calendar, calendars, event, imported, in_emply, own, pair, recorded
from tests.reference.subject import PlanOf, Row, Scenario

OLD = in_emply("old", isDefault=True, name="Calendar")
RENEWED = ["C1a attach_calendar megan"]


def room(*outlook: Row, emply: tuple[Row, ...] = (), state: tuple[Row, ...] = (), **graph: object) -> Scenario:
    rooms = [person("sal", groups=[ROOMS], **graph)]
    sides: Row = {"entra": {"calendars": {"entra-sal": list(outlook)}}, "emply": {"calendars": list(emply)}}
    return scenario(rooms, state={"calendars": list(state)}, synchronize_calendars=True, **sides)


def test_c1a_a_default_calendar_with_a_new_id_is_the_same_calendar(plan_of: PlanOf) -> None:
    plan = plan_of(calendars([calendar()], [OLD]))
    assert told(plan) == RENEWED
    assert change(plan, "attach_calendar") == (
        {"kind": "user", "externalId": "outlook-old"},
        {"kind": "user", "externalId": "outlook-Calendar", "name": "Calendar"},
    )


def test_c1a_without_kind_it_is_a_users(plan_of: PlanOf) -> None:
    assert told(plan_of(calendars([calendar()], [{**OLD, "kind": None}]))) == RENEWED


@pytest.mark.parametrize(
    ("outlook", "emply"),
    [
        ([calendar(), calendar("old")], OLD),
        ([calendar(), calendar("old", canEdit=False)], OLD),
        ([calendar()], {**OLD, "isDefault": False}),
        ([calendar()], {**OLD, "kind": "room"}),
        ([calendar(canEdit=False)], OLD),
        ([calendar(isDefaultCalendar=False)], OLD),
        ([], OLD),
    ],
    ids=[
        "it is still there",
        "it is there, not editable",
        "it is not the default one",
        "another kind",
        "the new one is not editable",
        "no default calendar",
        "no calendar",
    ],
)
def test_c1a_does_not_speak(plan_of: PlanOf, outlook: list[Row], emply: Row) -> None:
    assert "C1a" not in str(told(plan_of(calendars(outlook, [emply]))))


def test_c1a_does_not_speak_where_emply_has_the_new_one(plan_of: PlanOf) -> None:
    assert told(plan_of(calendars([calendar()], [OLD, in_emply()]))) == ["C4 remove_calendar megan"]


def test_c1a_of_several_the_least_id_is_taken_and_the_others_go(plan_of: PlanOf) -> None:
    plan = plan_of(calendars([calendar()], [OLD, {**OLD, "id": "emply-first", "externalId": "outlook-first"}]))
    assert told(plan) == [*RENEWED, "C4 remove_calendar megan"]
    assert change(plan, "attach_calendar")[0] == {"kind": "user", "externalId": "outlook-first"}


def test_c1a_speaks_instead_of_attaching_a_detached_one(plan_of: PlanOf) -> None:
    detached = in_emply(externalId=None)
    plan = plan_of(calendars([calendar()], [OLD, detached], state={"calendars": [recorded(detached=True)]}))
    assert told(plan) == RENEWED


def test_c1a_a_blank_name_is_the_one_it_has(plan_of: PlanOf) -> None:
    plan = plan_of(calendars([calendar(name=" ")], [{**OLD, "name": "Kalender"}]))
    assert (change(plan, "attach_calendar")[1] or {})["name"] == "Kalender"


def test_c1a_c3_holds_under_the_new_id(plan_of: PlanOf) -> None:
    plan = plan_of(calendars([calendar(name="Ny")], [OLD], always_share_dates_and_titles=True))
    assert told(plan) == [*RENEWED, "C3 update_calendar megan"]
    assert change(plan, "update_calendar")[1] == {
        "kind": "user",
        "externalId": "outlook-Calendar",
        "shareDatesAndTitles": True,
    }


def test_c1a_events_are_compared_as_before(plan_of: PlanOf) -> None:
    held = imported(calendarId="emply-old")
    plan = plan_of(calendars([calendar(events=[event(), event("new")])], [OLD], [held]))
    assert told(plan) == [*RENEWED, "E1 upsert_event megan"]
    assert (change(plan, "upsert_event")[1] or {})["calendarExternalId"] == "outlook-Calendar"


def test_c1a_pairs_hold(plan_of: PlanOf) -> None:
    lunch = own(calendarId="emply-old", title="Ny")
    pairs = {"eventPairs": [pair(calendar="old"), pair("gone", calendar="old")]}
    outlook = [calendar(events=[event("lunch"), event("gone")])]
    plan = plan_of(calendars(outlook, [OLD], [lunch], state=pairs))
    assert told(plan) == [*RENEWED, "E2 delete_event megan", "E2 update_event megan"]
    assert (change(plan, "update_event")[1] or {})["calendarExternalId"] == "outlook-Calendar"
    assert (change(plan, "delete_event")[0] or {})["calendarExternalId"] == "outlook-Calendar"


def test_c1a_a_disabled_calendar_stays_disabled(plan_of: PlanOf) -> None:
    plan = plan_of(calendars([calendar(events=[event()])], [{**OLD, "enabled": False}]))
    assert told(plan) == RENEWED


def test_c1a_of_a_room(plan_of: PlanOf) -> None:
    emply = in_emply("old", None, isDefault=True, name="Sal")
    plan = plan_of(room(calendar(canEdit=False), emply=(emply,), state=(recorded("old", "sal"),), displayName="Sal"))
    assert told(plan) == ["C1a attach_calendar sal"]
    assert change(plan, "attach_calendar")[0] == {"kind": "room", "externalId": "outlook-old"}
    assert plan["actions"][0]["emply_user_id"] is None


def test_c1a_of_a_room_without_kind_is_another_calendar(plan_of: PlanOf) -> None:
    emply = in_emply("old", None, isDefault=True, kind=None)
    plan = plan_of(room(calendar(), emply=(emply,), state=(recorded("old", "sal"),)))
    assert told(plan) == ["C4 remove_calendar sal", "C5 add_calendar sal"]


def test_c1_a_blank_name_of_one_that_is_attached_is_the_one_it_has(plan_of: PlanOf) -> None:
    detached = in_emply(externalId=None, name="Kalender", kind=None)
    plan = plan_of(calendars([calendar(name=None)], [detached], state={"calendars": [recorded(detached=True)]}))
    assert told(plan) == ["C1 attach_calendar megan"]
    assert change(plan, "attach_calendar") == (
        {"kind": "user", "externalId": None},
        {"kind": "user", "externalId": "outlook-Calendar", "name": "Kalender"},
    )


def test_c3_a_blank_name_is_no_change(plan_of: PlanOf) -> None:
    assert told(plan_of(calendars([calendar(name="\u00a0")], [in_emply()]))) == []


@pytest.mark.parametrize(
    ("graph", "name"),
    [
        ({"displayName": "Sal Æ", "mail": "x@contoso.com"}, "Sal Æ"),
        ({"displayName": " ", "mail": "Sal@Contoso.com"}, "Sal@Contoso.com"),
        ({"mail": " "}, "sal@contoso.com"),
    ],
    ids=["displayName", "mail", "UPN"],
)
def test_c5_a_room_is_named_by_what_it_has(plan_of: PlanOf, graph: Row, name: str) -> None:
    assert (change(plan_of(room(calendar(), **graph)), "add_calendar")[1] or {})["name"] == name


def test_c5_a_room_calendar_that_the_ledger_does_not_know_is_whose_default_calendar_it_stands_for(
    plan_of: PlanOf,
) -> None:
    emply = in_emply(whose=None, name="Sal")
    assert told(plan_of(room(calendar(), emply=(emply,), displayName="Sal"))) == []


def test_c5_else_it_is_nobodys(plan_of: PlanOf) -> None:
    plan = plan_of(room(calendar("Other"), emply=(in_emply("Other", None),)))
    assert [(row["rule"], row["entra_id"], row["emply_user_id"]) for row in plan["actions"]] == [("C4", None, None)]


def test_c4_the_calendars_of_an_employee_who_left_make_room_before(plan_of: PlanOf) -> None:
    gone = login("ray")
    made = scenario(
        [person("ray", accountEnabled=False)],
        [gone],
        [employee("ray", resignationDate="2026-11-01")],
        linked=["ray"],
        emply={"calendars": [in_emply(whose="ray")]},
        synchronize_calendars=True,
    )
    assert told(plan_of(made)) == ["C4 remove_calendar ray", "L6 deactivate_user ray (account_disabled)"]
