"""C: which of Outlook's calendars Emply has."""

import pytest

from tests.reference.builders import (
    after_of,
    ago,
    change,
    deactivated,
    employee,
    login,
    person,
    scenario,
    told,
)
from tests.reference.calendar_builders import calendar, calendars, event, imported, in_emply, own, recorded
from tests.reference.subject import PlanOf, Row, Scenario

ID = {"kind": "user", "externalId": "outlook-Calendar"}
ROOM_ID = {"kind": "room", "externalId": "outlook-Calendar"}
ADDED = {**ID, "userId": "login-megan", "name": "Calendar", "isDefault": True, "enabled": True, "canDisable": False}
LEAVER = {"resignationDate": "2026-12-31"}
REMOVED = ["C4 remove_calendar megan"]


def test_c1_the_default_calendar_is_added_enabled_and_stays_so(plan_of: PlanOf) -> None:
    plan = plan_of(calendars([calendar()]))
    assert told(plan) == ["C1 add_calendar megan"]
    assert change(plan, "add_calendar") == (None, {**ADDED, "shareDatesAndTitles": False})


def test_c1_another_calendar_is_added_disabled_and_its_owner_may_enable_it(plan_of: PlanOf) -> None:
    plan = plan_of(calendars([calendar(), calendar("Ferie ")], [in_emply()]))
    assert change(plan, "add_calendar")[1] == {
        "kind": "user",
        "userId": "login-megan",
        "externalId": "outlook-Ferie ",
        "name": "Ferie ",
        "isDefault": False,
        "enabled": False,
        "canDisable": True,
        "shareDatesAndTitles": False,
    }


@pytest.mark.parametrize("can_edit", [False, None])
def test_c1_a_calendar_that_its_owner_may_not_edit_is_not_added(plan_of: PlanOf, can_edit: bool | None) -> None:
    assert told(plan_of(calendars([calendar(canEdit=can_edit)]))) == ["S calendar_not_editable megan"]


def test_c1_a_new_calendar_is_shared_where_the_settings_say_so(plan_of: PlanOf) -> None:
    plan = plan_of(calendars([calendar()], always_share_dates_and_titles=True))
    assert after_of(plan, "add_calendar")["shareDatesAndTitles"] is True


def test_c1_a_calendar_that_emply_has_is_not_added(plan_of: PlanOf) -> None:
    assert told(plan_of(calendars([calendar()], [in_emply()]))) == []


def shared(emply: list[Row]) -> Scenario:
    """Megan and Ray with one calendar between them."""
    people, logins = [person("megan"), person("ray")], [login("megan"), login("ray")]
    mailboxes = {"entra-megan": [calendar()], "entra-ray": [calendar()]}
    sides: Row = {"entra": {"calendars": mailboxes}, "emply": {"calendars": emply}}
    employees = [employee("megan"), employee("ray")]
    return scenario(people, logins, employees, linked=["megan", "ray"], synchronize_calendars=True, **sides)


def test_c1_a_calendar_of_two_people_is_added_under_each(plan_of: PlanOf) -> None:
    assert told(plan_of(shared([]))) == ["C1 add_calendar megan", "C1 add_calendar ray"]
    assert told(plan_of(shared([in_emply()]))) == ["C1 add_calendar ray"]
    assert told(plan_of(shared([in_emply(), {**in_emply(whose="ray"), "id": "emply-ray"}]))) == []


def test_c1_whoever_this_plan_matches_gets_calendars(plan_of: PlanOf) -> None:
    sides: Row = {"entra": {"calendars": {"entra-megan": [calendar()]}}, "synchronize_calendars": True}
    plan = plan_of(scenario([person()], [login()], [employee()], **sides))
    assert told(plan) == ["C1 add_calendar megan", "M2 link_user megan"]


def test_c1_whoever_this_plan_creates_does_not_yet(plan_of: PlanOf) -> None:
    sides: Row = {"entra": {"calendars": {"entra-megan": [calendar()]}}, "synchronize_calendars": True}
    assert told(plan_of(scenario([person()], [], [employee()], **sides))) == ["L1 create_user megan"]


@pytest.mark.parametrize(
    ("ours", "expected"),
    [(True, ["C1 add_calendar megan", "L4 activate_user megan"]), (False, ["L4 deactivated_in_emply megan"])],
)
def test_c1_whoever_this_plan_activates_is_active(plan_of: PlanOf, ours: bool, expected: list[str]) -> None:
    state = {"deactivations": [deactivated("megan", ago(days=9))] if ours else []}
    sides: Row = {"entra": {"calendars": {"entra-megan": [calendar()]}}, "synchronize_calendars": True}
    plan = plan_of(scenario([person()], [login(active=False)], [employee()], linked=["megan"], state=state, **sides))
    assert told(plan) == expected


def test_c1_a_calendar_that_was_detached_is_attached_again(plan_of: PlanOf) -> None:
    state = {"calendars": [recorded(detached=True)]}
    plan = plan_of(calendars([calendar(name="Kalender")], [in_emply(externalId=None, name="Old")], state=state))
    assert told(plan) == ["C1 attach_calendar megan"]
    before = {"kind": "user", "externalId": None}
    assert change(plan, "attach_calendar") == (before, {**ID, "name": "Kalender"})


@pytest.mark.parametrize(
    ("emply", "state"),
    [
        ([], recorded(detached=True)),
        ([in_emply(externalId=None)], recorded(whose="ray", detached=True)),
        ([in_emply(externalId=None)], {**recorded(detached=True), "externalId": "outlook-other"}),
        ([in_emply(externalId=None)], recorded()),
    ],
    ids=["gone in Emply", "of another Entra user", "another Entra calendar", "not detached by C4"],
)
def test_c1_any_other_calendar_is_added(plan_of: PlanOf, emply: list[Row], state: Row) -> None:
    plan = plan_of(calendars([calendar()], emply, state={"calendars": [state]}))
    assert told(plan) == ["C1 add_calendar megan"]


def test_c1_a_detached_calendar_of_another_emply_user_is_not_attached(plan_of: PlanOf) -> None:
    state = {"calendars": [recorded(detached=True)]}
    plan = plan_of(calendars([calendar()], [in_emply(whose="somebody", externalId=None)], state=state))
    assert told(plan) == ["C1 add_calendar megan"]


@pytest.mark.parametrize("enabled", [True, False, None])
def test_c2_enabled_belongs_to_the_user(plan_of: PlanOf, enabled: bool | None) -> None:
    assert told(plan_of(calendars([calendar()], [in_emply(enabled=enabled)]))) == []


def test_c3_a_changed_name_follows(plan_of: PlanOf) -> None:
    plan = plan_of(calendars([calendar(name="Çalışma")], [in_emply()]))
    assert told(plan) == ["C3 update_calendar megan"]
    assert change(plan, "update_calendar") == ({**ID, "name": "Calendar"}, {**ID, "name": "Çalışma"})


def test_c3_surrounding_white_space_is_no_change(plan_of: PlanOf) -> None:
    assert told(plan_of(calendars([calendar(name=" Calendar ")], [in_emply()]))) == []


def test_c3_without_a_name_in_outlook_the_calendar_keeps_its_own(plan_of: PlanOf) -> None:
    assert told(plan_of(calendars([calendar(name=" ")], [in_emply()]))) == []


def test_c3_sharing_is_switched_on_where_it_always_is(plan_of: PlanOf) -> None:
    plan = plan_of(calendars([calendar()], [in_emply()], always_share_dates_and_titles=True))
    assert change(plan, "update_calendar") == (
        {**ID, "shareDatesAndTitles": False},
        {**ID, "shareDatesAndTitles": True},
    )


@pytest.mark.parametrize(("shared", "always"), [(True, True), (True, False), (False, False)])
def test_c3_sharing_is_left_alone_otherwise(plan_of: PlanOf, shared: bool, always: bool) -> None:
    emply = [in_emply(shareDatesAndTitles=shared)]
    assert told(plan_of(calendars([calendar()], emply, always_share_dates_and_titles=always))) == []


def test_c3_one_action_holds_both(plan_of: PlanOf) -> None:
    plan = plan_of(calendars([calendar(name="Arbejde")], [in_emply()], always_share_dates_and_titles=True))
    assert change(plan, "update_calendar")[1] == {**ID, "name": "Arbejde", "shareDatesAndTitles": True}


def test_c4_a_calendar_that_is_gone_in_entra_is_removed(plan_of: PlanOf) -> None:
    plan = plan_of(calendars([calendar()], [in_emply(), in_emply("Ferie")], [imported(calendarId="emply-Ferie")]))
    assert told(plan) == REMOVED
    before = {"kind": "user", "externalId": "outlook-Ferie", "name": "Ferie"}
    assert change(plan, "remove_calendar") == (before, None)


def test_c4_a_calendar_that_is_no_longer_editable_is_removed(plan_of: PlanOf) -> None:
    plan = plan_of(calendars([calendar(canEdit=False)], [in_emply()]))
    assert told(plan) == [*REMOVED, "S calendar_not_editable megan"]


@pytest.mark.parametrize("origin", ["outlook", None])
def test_c4_events_of_outlook_go_with_the_calendar(plan_of: PlanOf, origin: str | None) -> None:
    assert told(plan_of(calendars([], [in_emply()], [imported(origin=origin)]))) == REMOVED


def test_c4_a_calendar_with_events_of_emply_is_detached(plan_of: PlanOf) -> None:
    plan = plan_of(calendars([], [in_emply()], [imported(), own(start="2020-01-01T08:00:00Z")]))
    assert told(plan) == ["C4 detach_calendar megan"]
    before = {**ID, "name": "Calendar"}
    assert change(plan, "detach_calendar") == (before, {"kind": "user", "externalId": None})


@pytest.mark.parametrize("external_id", [None, " "])
def test_c4_a_calendar_that_did_not_come_from_entra_is_not_touched(plan_of: PlanOf, external_id: str | None) -> None:
    emply = [in_emply(externalId=external_id, name="Mine")]
    assert told(plan_of(calendars([], emply, [own()], always_share_dates_and_titles=True))) == []


@pytest.mark.parametrize(
    ("user", "rule"),
    [({"accountEnabled": False}, "L6"), ({"groups": []}, "L7"), ({"groups": ["Employees", "Meeting rooms"]}, "L7a")],
)
def test_c4_a_leavers_calendars_go(plan_of: PlanOf, user: Row, rule: str) -> None:
    people = [{**person(), **user}]
    sides: Row = {"entra": {"calendars": {"entra-megan": []}}, "emply": {"calendars": [in_emply()]}}
    leaver = [employee(**LEAVER)]
    plan = plan_of(scenario(people, [login()], leaver, linked=["megan"], synchronize_calendars=True, **sides))
    assert [line.split(" megan")[0] for line in told(plan)] == ["C4 remove_calendar", f"{rule} deactivate_user"]


def test_c4_the_calendars_of_whom_w3_deletes_go(plan_of: PlanOf) -> None:
    outlook = [calendar(), calendar("Team", canEdit=False)]
    sides: Row = {"entra": {"calendars": {"entra-megan": outlook}}, "emply": {"calendars": [in_emply()]}}
    settings: Row = {"synchronize_calendars": True, "entra_write_back": {"delete": True}}
    archived = [employee(status="archived")]
    assert told(plan_of(scenario([person()], [login()], archived, linked=["megan"], **sides, **settings))) == [
        *REMOVED,
        "L11 employee_archived_in_group megan",
        "W3 deactivate_user megan (deleted_in_entra)",
        "W3 delete_user megan",
    ]


def test_c4_the_calendars_of_who_is_gone_in_entra_go(plan_of: PlanOf) -> None:
    sides: Row = {"emply": {"calendars": [in_emply()]}, "synchronize_calendars": True}
    plan = plan_of(scenario([], [login()], [employee(**LEAVER)], linked=["megan"], **sides))
    assert told(plan) == [*REMOVED, "L5 deactivate_user megan (deleted_in_entra)"]


def test_c4_the_calendars_of_who_was_deactivated_in_emply_go(plan_of: PlanOf) -> None:
    sides: Row = {"entra": {"calendars": {"entra-megan": [calendar()]}}, "emply": {"calendars": [in_emply()]}}
    logins = [login(active=False)]
    plan = plan_of(scenario([person()], logins, [employee()], linked=["megan"], synchronize_calendars=True, **sides))
    assert told(plan) == [*REMOVED, "L4 deactivated_in_emply megan"]


def test_c4_a_calendar_of_an_external_emply_user_that_came_from_entra_goes(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([], [login()], emply={"calendars": [in_emply()]}, synchronize_calendars=True))
    assert told(plan) == REMOVED
    (row,) = plan["actions"]
    assert (row["entra_id"], row["emply_user_id"], row["subject"]) == (None, "login-megan", "megan@contoso.com")


def test_c4_a_calendar_of_an_emply_user_who_is_gone_goes_whoever_else_is_left_as_it_is(plan_of: PlanOf) -> None:
    unmanaged: Row = {"linked": ["megan"], "reconciled": {"megan": {"HR": "HR"}}}
    sides: Row = {"emply": {"calendars": [in_emply(whose="gone")]}, "synchronize_calendars": True}
    plan = plan_of(scenario([person(groups=["HR"])], [login()], **unmanaged, **sides))
    assert told(plan) == ["C4 remove_calendar gone", "L8 unmanaged megan"]


def test_c4_a_calendar_of_an_old_emply_user_makes_way_for_the_new_ones(plan_of: PlanOf) -> None:
    sides: Row = {
        "entra": {"calendars": {"entra-megan": [calendar()]}},
        "emply": {"calendars": [in_emply(whose="external")]},
    }
    logins = [login(), login("external")]
    plan = plan_of(scenario([person()], logins, [employee()], linked=["megan"], synchronize_calendars=True, **sides))
    assert told(plan) == ["C1 add_calendar megan", "C4 remove_calendar external"]


def room(
    outlook: list[Row] | None,
    emply: tuple[Row, ...] = (),
    state: tuple[Row, ...] = (),
    groups: tuple[str, ...] = ("Meeting rooms",),
    graph: Row | None = None,
) -> Scenario:
    """A room; `state` is what the ledger holds of calendars."""
    rooms = [person("room", groups=groups, displayName="Lokale Æ", accountEnabled=False, **(graph or {}))]
    mailboxes = {} if outlook is None else {"entra-room": outlook}
    sides: Row = {"entra": {"calendars": mailboxes}, "emply": {"calendars": list(emply)}}
    return scenario(rooms, state={"calendars": list(state)}, synchronize_calendars=True, **sides)


@pytest.mark.parametrize("can_edit", [True, False])
def test_c5_a_rooms_default_calendar_is_added_editable_or_not(plan_of: PlanOf, can_edit: bool) -> None:
    plan = plan_of(room([calendar(canEdit=can_edit), calendar("Other")]))
    assert told(plan) == ["C5 add_calendar room"]
    assert change(plan, "add_calendar") == (
        None,
        {
            **ROOM_ID,
            "userId": None,
            "name": "Lokale Æ",
            "isDefault": True,
            "enabled": True,
            "canDisable": False,
            "shareDatesAndTitles": False,
        },
    )
    (row,) = plan["actions"]
    assert (row["entra_id"], row["emply_user_id"], row["subject"]) == ("entra-room", None, "room@contoso.com")


def test_c5_a_rooms_calendar_that_emply_has_is_not_added(plan_of: PlanOf) -> None:
    emply = in_emply(whose=None, name="Lokale Æ ")
    assert told(plan_of(room([calendar()], (emply,), (recorded(whose="room"),)))) == []


def test_c5_of_a_rooms_calendar_that_the_ledger_does_not_know_the_mailbox_says_whose_it_is(plan_of: PlanOf) -> None:
    emply = in_emply(whose=None, name="Lokale Æ")
    assert told(plan_of(room([calendar()], (emply,)))) == []


def test_c5_the_mailbox_of_who_is_no_room_says_nothing_of_a_rooms_calendar(plan_of: PlanOf) -> None:
    (row,) = plan_of(room([calendar()], (in_emply(whose=None),), groups=()))["actions"]
    assert (row["rule"], row["kind"], row["entra_id"], row["emply_user_id"]) == ("C4", "remove_calendar", None, None)


@pytest.mark.parametrize("kind", ["room", None])
def test_c5_a_calendar_of_no_kind_and_no_user_is_a_rooms(plan_of: PlanOf, kind: str | None) -> None:
    emply = in_emply(whose=None, kind=kind, name="Lokale Æ")
    assert told(plan_of(room([calendar()], (emply,), (recorded(whose="room"),)))) == []
    assert told(plan_of(calendars([calendar()], [in_emply(kind=kind and "user")]))) == []


def test_c5_the_ledger_says_whose_a_rooms_calendar_is(plan_of: PlanOf) -> None:
    emply = in_emply(whose=None, name="Lokale Æ")
    plan = plan_of(room([calendar()], (emply,), (recorded(whose="another"),)))
    assert told(plan) == ["C4 remove_calendar another", "C5 add_calendar room"]


def test_c5_a_rooms_calendar_is_attached_again(plan_of: PlanOf) -> None:
    emply = in_emply(whose=None, externalId=None)
    plan = plan_of(room([calendar()], (emply,), (recorded(whose="room", detached=True),)))
    assert told(plan) == ["C5 attach_calendar room"]
    assert change(plan, "attach_calendar")[1] == {**ROOM_ID, "name": "Lokale Æ"}


def test_c5_a_renamed_room_is_renamed_in_emply(plan_of: PlanOf) -> None:
    plan = plan_of(room([calendar(name="Calendar")], (in_emply(whose=None),), (recorded(whose="room"),)))
    assert told(plan) == ["C3 update_calendar room"]
    assert change(plan, "update_calendar") == ({**ROOM_ID, "name": "Calendar"}, {**ROOM_ID, "name": "Lokale Æ"})


def test_c5_the_calendar_of_a_room_that_is_none_any_more_goes(plan_of: PlanOf) -> None:
    plan = plan_of(room([calendar()], (in_emply(whose=None),), (recorded(whose="room"),), groups=()))
    assert told(plan) == ["C4 remove_calendar room"]
    assert change(plan, "remove_calendar") == ({**ROOM_ID, "name": "Calendar"}, None)
    assert plan["actions"][0]["emply_user_id"] is None


def test_c5_a_user_who_becomes_a_room_loses_its_calendars_and_gets_the_rooms(plan_of: PlanOf) -> None:
    user = person(groups=["Employees", "Meeting rooms"], displayName="Megan")
    plan = plan_of(calendars([calendar()], [in_emply()], user=user))
    assert told(plan) == [
        "C4 remove_calendar megan",
        "C5 add_calendar megan",
        "L7a deactivate_user megan (is_room)",
    ]
    (added,) = [row for row in plan["actions"] if row["kind"] == "add_calendar"]
    assert (added["entra_id"], added["emply_user_id"]) == ("entra-megan", None)


def test_c5_a_room_that_w3_deletes_has_no_calendar(plan_of: PlanOf) -> None:
    people = [person(groups=["Meeting rooms"])]
    sides: Row = {"entra": {"calendars": {"entra-megan": [calendar()]}}, "emply": {"calendars": [in_emply(whose=None)]}}
    state, archived = {"calendars": [recorded()]}, [employee(status="archived")]
    settings: Row = {"synchronize_calendars": True, "entra_write_back": {"delete": True}}
    plan = plan_of(scenario(people, [login()], archived, linked=["megan"], state=state, **sides, **settings))
    assert [line for line in told(plan) if line.startswith("C")] == ["C4 remove_calendar megan"]


@pytest.mark.parametrize("switch", [False, None])
def test_c6_switched_off_all_that_came_from_entra_goes_and_nothing_else_is_planned(
    plan_of: PlanOf, switch: bool | None
) -> None:
    emply = [in_emply(), in_emply("Ferie"), in_emply("Mine", externalId=None)]
    events = [own(calendarId="emply-Ferie"), imported()]
    outlook = [calendar(events=[event("new")]), calendar("Ferie"), calendar("Other", canEdit=False)]
    plan = plan_of(calendars(outlook, emply, events, synchronize_calendars=switch))
    assert told(plan) == ["C6 detach_calendar megan", "C6 remove_calendar megan"]


def test_c6_a_person_without_mailbox_is_told_nothing(plan_of: PlanOf) -> None:
    assert told(plan_of(calendars(None, [in_emply()], synchronize_calendars=False))) == ["C6 remove_calendar megan"]


def test_c7_without_a_mailbox_everything_stays(plan_of: PlanOf) -> None:
    plan = plan_of(calendars(None, [in_emply()], [imported(), own()]))
    assert told(plan) == ["C7 mailbox_unavailable megan"]


def test_c7_where_one_calendar_is_listed_and_not_opened_everything_stays(plan_of: PlanOf) -> None:
    outlook = [calendar(name="Nyt navn"), calendar("Ferie", closed=True)]
    plan = plan_of(calendars(outlook, [in_emply(), in_emply("Gone")], [imported(), own()]))
    assert told(plan) == ["C7 mailbox_unavailable megan"]


def test_c7_a_mailbox_without_calendars_is_one(plan_of: PlanOf) -> None:
    assert told(plan_of(calendars([], [in_emply()]))) == REMOVED


def test_c7_of_a_guest_nothing_is_said(plan_of: PlanOf) -> None:
    assert told(plan_of(calendars(None, [in_emply()], user=person(userType="Guest", mail="megan@contoso.com")))) == []


def test_c7_a_room_without_mailbox(plan_of: PlanOf) -> None:
    plan = plan_of(room(None, (in_emply(whose=None),), (recorded(whose="room"),)))
    assert told(plan) == ["C7 mailbox_unavailable room"]


def test_c7_is_about_those_whom_c1_or_c5_considers(plan_of: PlanOf) -> None:
    sides: Row = {"emply": {"calendars": [in_emply()]}, "synchronize_calendars": True}
    leaver = [person(accountEnabled=False)]
    plan = plan_of(scenario(leaver, [login()], [employee(**LEAVER)], linked=["megan"], **sides))
    assert told(plan) == [*REMOVED, "L6 deactivate_user megan (account_disabled)"]


@pytest.mark.parametrize("switch", [True, False])
def test_c8_nothing_of_whom_m4_leaves_alone(plan_of: PlanOf, switch: bool) -> None:
    logins = [login(), login("twin", username="megan@contoso.com", email=None)]
    sides: Row = {"entra": {"calendars": {"entra-megan": [calendar()]}}, "emply": {"calendars": [in_emply()]}}
    plan = plan_of(scenario([person()], logins, synchronize_calendars=switch, **sides))
    assert told(plan) == ["M4 ambiguous_match megan"]


@pytest.mark.parametrize("switch", [True, False])
def test_c8_nothing_of_unmanaged_people(plan_of: PlanOf, switch: bool) -> None:
    sides: Row = {"entra": {"calendars": {"entra-megan": [calendar()]}}, "emply": {"calendars": [in_emply()]}}
    state: Row = {"linked": ["megan"], "reconciled": {"megan": {"HR": "HR"}}}
    plan = plan_of(scenario([person(groups=["HR"])], [login()], synchronize_calendars=switch, **state, **sides))
    assert told(plan) == ["L8 unmanaged megan"]


@pytest.mark.parametrize("switch", [True, False])
def test_c8_nothing_of_people_whose_link_is_held(plan_of: PlanOf, switch: bool) -> None:
    sides: Row = {"entra": {"calendars": {"entra-megan": [calendar()]}}, "emply": {"calendars": [in_emply("Ferie")]}}
    linked = [("old", "megan")]
    plan = plan_of(scenario([person()], [login()], [employee()], linked=linked, synchronize_calendars=switch, **sides))
    assert told(plan) == ["M2 link_user megan held by G3"]


@pytest.mark.parametrize("switch", [True, False])
def test_c8_nothing_of_people_whose_deactivation_is_held(plan_of: PlanOf, switch: bool) -> None:
    sides: Row = {"emply": {"calendars": [in_emply()]}, "synchronize_calendars": switch}
    admin = login(roles=["Administrator"])
    leaver: Row = {"linked": ["megan"], "protected_roles": ["Administrator"]}
    plan = plan_of(scenario([person(accountEnabled=False)], [admin], [employee(**LEAVER)], **leaver, **sides))
    assert told(plan) == ["L6 deactivate_user megan (account_disabled) held by G3"]


def test_c8_a_room_whose_deactivation_is_held_keeps_what_it_has(plan_of: PlanOf) -> None:
    rooms, admin = [person(groups=["Meeting rooms"])], login(roles=["Administrator"])
    sides: Row = {"entra": {"calendars": {"entra-megan": [calendar()]}}, "emply": {"calendars": [in_emply()]}}
    settings: Row = {"synchronize_calendars": True, "protected_roles": ["Administrator"]}
    plan = plan_of(scenario(rooms, [admin], [employee()], linked=["megan"], **settings, **sides))
    assert told(plan) == ["L7a deactivate_user megan (is_room) held by G3"]
