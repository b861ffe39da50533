"""P5, C7 and G5b: one person's trouble stays theirs, a source's trouble stays with the rules that need it."""

from collections.abc import Iterable
from typing import Unpack

import pandas as pd
import pytest

from entra_emply.reconciliation import unreadable
from tests.reference.builders import ROOMS, SomeSettings, employee, login, person, scenario, told
from tests.reference.calendar_builders import calendar, calendars, event, imported, in_emply
from tests.reference.subject import PlanOf, Row, Scenario
from tests.reference.terms import ConfigurationError
from tests.reference.unread import concerns_one_person_for_good, status_of

LEAVER = "L6 deactivate_user leaver (account_disabled)"


def team(count: int, codes_: Row, *, employees: Iterable[Row] = (), **settings: Unpack[SomeSettings]) -> Scenario:
    """People p0 …, each with a new photo and a calendar that Emply lacks, and a leaver."""
    names = [f"p{number}" for number in range(count)]
    people = [*map(person, names), person("leaver", accountEnabled=False)]
    tenant: Row = {
        "photos": {f"entra-{name}": {"mediaEtag": '"1"'} for name in names},
        "calendars": {f"entra-{name}": [calendar(f"of {name}", isDefaultCalendar=True)] for name in names},
    }
    chosen: SomeSettings = {"profile_pictures": True, "synchronize_calendars": True, **settings}
    return scenario(
        people,
        [login(name) for name in [*names, "leaver"]],
        employees,
        linked=[*names, "leaver"],
        entra=tenant,
        unreadable=codes_,
        **chosen,
    )


def codes(count: int, code: str = "503") -> Row:
    return {f"entra-p{number}": code for number in range(count)}


def kinds(plan: Row, kind: str) -> list[str]:
    return sorted(row["entra_id"].removeprefix("entra-") for row in plan["actions"] if row["kind"] == kind)


def findings(plan: Row) -> list[tuple[str, str | None, str | None]]:
    """Without those about employees."""
    rows = [row for row in plan["findings"] if row["code"].endswith(("unreadable", "unavailable"))]
    return sorted((row["code"], row["subject"], row["object"]) for row in rows)


@pytest.mark.parametrize("code", ["403 ErrorAccessDenied", "503", "no_answer", "400 Weird"])
def test_p5_one_photo_that_cannot_be_read_is_told_and_the_others_are_set(plan_of: PlanOf, code: str) -> None:
    plan = plan_of(team(3, {"photos": codes(1, code)}))
    assert findings(plan) == [("photo_unreadable", "p0@contoso.com", code)]
    assert kinds(plan, "set_photo") == ["p1", "p2"]
    assert LEAVER in told(plan)


def test_p5_says_nothing_of_people_whom_p1_does_not_consider(plan_of: PlanOf) -> None:
    unreadable = {"photos": {**codes(1), "entra-leaver": "503", "entra-nobody": "503"}}
    assert findings(plan_of(team(1, unreadable, employees=[employee("p0")]))) == []
    assert findings(plan_of(team(1, unreadable, profile_pictures=False))) == []


def test_c7_one_mailbox_that_cannot_be_read_is_told_and_what_is_in_emply_stays(plan_of: PlanOf) -> None:
    made = calendars([calendar(events=[event()])], [in_emply(), in_emply("Ferie")], [imported("gone")])
    made[4]["mailboxes"] = {"entra-megan": "503 ErrorMailboxMoveInProgress"}
    plan = plan_of(made)
    assert findings(plan) == [("mailbox_unreadable", "megan@contoso.com", "503 ErrorMailboxMoveInProgress")]
    assert plan["actions"] == []


def test_c7_it_need_not_be_known_whether_the_mailbox_exists(plan_of: PlanOf) -> None:
    made = calendars(None, [in_emply()])
    made[4]["mailboxes"] = {"entra-megan": "500"}
    assert told(plan_of(made)) == ["C7 mailbox_unreadable megan"]


def test_c7_a_guests_mailbox_that_cannot_be_read_is_told_too(plan_of: PlanOf) -> None:
    guest = person(userType="Guest", mail="megan@contoso.com")
    made = calendars([calendar()], user=guest)
    made[4]["mailboxes"] = {"entra-megan": "500"}
    assert told(plan_of(made)) == ["C7 mailbox_unreadable megan"]
    assert told(plan_of(calendars(None, user=guest))) == []


def test_c7_others_do_not_wait(plan_of: PlanOf) -> None:
    plan = plan_of(team(3, {"mailboxes": codes(1)}))
    assert kinds(plan, "add_calendar") == ["p1", "p2"]
    assert LEAVER in told(plan)


def test_c7_a_mailbox_that_is_not_read_has_no_calendar_that_is_not_editable(plan_of: PlanOf) -> None:
    made = calendars([calendar(canEdit=False)])
    assert "S calendar_not_editable megan" in told(plan_of(made))
    made[4]["mailboxes"] = {"entra-megan": "500"}
    assert told(plan_of(made)) == ["C7 mailbox_unreadable megan"]


def test_g5b_more_people_than_max_unreadable_leave_the_photos_out(plan_of: PlanOf) -> None:
    left_out_with_the_sixth(plan_of, "photos", "entra_photos", "set_photo")


def test_g5b_more_people_than_max_unreadable_leave_the_mailboxes_out(plan_of: PlanOf) -> None:
    left_out_with_the_sixth(plan_of, "mailboxes", "entra_calendars", "add_calendar")


def left_out_with_the_sixth(plan_of: PlanOf, kind: str, source: str, action: str) -> None:
    assert len(findings(plan_of(team(8, {kind: codes(5)})))) == 5
    plan = plan_of(team(8, {kind: codes(6)}))
    assert findings(plan) == [("source_unreadable", source, "503")]
    assert kinds(plan, action) == []
    assert LEAVER in told(plan)


def test_g5b_max_unreadable_counts_those_who_are_considered(plan_of: PlanOf) -> None:
    limit = {"max_unreadable": {"min_count": 0, "percent": 50}}
    employees = [employee(f"p{number}") for number in range(2)]
    assert len(findings(plan_of(team(4, {"photos": codes(2)}, guards=limit)))) == 2
    plan = plan_of(team(4, {"photos": codes(4)}, employees=employees, guards=limit))
    assert findings(plan) == [("source_unreadable", "entra_photos", "503")]
    assert len(findings(plan_of(team(4, {"photos": codes(3)}, employees=employees, guards=limit)))) == 1


@pytest.mark.parametrize(
    ("code", "for_good"),
    [
        ("400 Weird", True),
        ("403 ErrorAccessDenied", True),
        ("404", True),
        ("499", True),
        ("401", False),
        ("408", False),
        ("429 TooMany", False),
        ("500", False),
        ("503", False),
        ("399", False),
        ("no_answer", False),
        ("ErrorAccessDenied", False),
    ],
)
def test_g5b_an_answer_that_concerns_one_person_for_good_does_not_count(
    plan_of: PlanOf, code: str, for_good: bool
) -> None:
    none = {"max_unreadable": {"min_count": 0, "percent": 0}}
    assert concerns_one_person_for_good(code) is for_good
    assert unreadable.for_good(pd.Series([code], dtype="str")).tolist() == [for_good]
    plan = plan_of(team(2, {"photos": codes(1, code)}, guards=none))
    assert [row[0] for row in findings(plan)] == ["photo_unreadable" if for_good else "source_unreadable"]


def test_g5b_names_the_most_frequent_code_and_of_equals_the_least(plan_of: PlanOf) -> None:
    none = {"max_unreadable": {"min_count": 0, "percent": 0}}
    mixed = {"entra-p0": "503 B", "entra-p1": "503 A", "entra-p2": "404", "entra-p3": "404", "entra-p4": "404"}
    assert findings(plan_of(team(5, {"photos": mixed}, guards=none))) == [
        ("source_unreadable", "entra_photos", "503 A")
    ]
    mixed |= {"entra-p5": "503 B"}
    assert findings(plan_of(team(6, {"photos": mixed}, guards=none)))[0][2] == "503 B"


@pytest.mark.parametrize("source", ["entra_calendars", "entra_events", "emply_calendars", "emply_events"])
def test_g5b_a_source_of_c_and_e_that_could_not_be_read_leaves_both_out(plan_of: PlanOf, source: str) -> None:
    made = team(2, {"sources": {source: "500"}, "mailboxes": codes(1)})
    made[0]["emply"]["calendars"] = [in_emply("gone", "p0")]
    plan = plan_of(made)
    assert findings(plan) == [("source_unreadable", source, "500")]
    assert {row["rule"][0] for row in plan["actions"]} == {"L", "P"}


def test_g5b_without_mailboxes_no_calendar_is_called_not_editable(plan_of: PlanOf) -> None:
    made = calendars([calendar(canEdit=False)])
    made[4]["sources"] = {"entra_calendars": "500"}
    assert told(plan_of(made)) == ["G5b source_unreadable entra_calendars"]


def test_g5b_photos_that_could_not_be_read_leave_p_out(plan_of: PlanOf) -> None:
    plan = plan_of(team(2, {"sources": {"entra_photos": "403 Forbidden"}, "photos": codes(1)}))
    assert findings(plan) == [("source_unreadable", "entra_photos", "403 Forbidden")]
    assert kinds(plan, "set_photo") == []
    assert kinds(plan, "add_calendar") == ["p0", "p1"]


def test_g5b_deleted_users_that_could_not_be_read_leave_w1_out(plan_of: PlanOf) -> None:
    switches = {"create": True, "update": True}
    tenant = {"organization": {"verifiedDomains": [{"name": "contoso.com"}]}}
    unreadable = {"sources": {"entra_deleted_users": "500"}}
    logins = [login("ole"), login("x", username="x", email=None), login()]
    made = scenario(
        [person()],
        logins,
        [employee(jobTitle="Chief")],
        linked=["megan"],
        entra=tenant,
        entra_write_back=switches,
        unreadable=unreadable,
    )
    assert told(plan_of(made)) == [
        "G5b source_unreadable entra_deleted_users",
        "W2 update_user megan",
    ]


@pytest.mark.parametrize("source", ["entra_deleted_users", "entra_app", "entra_photos", "entra_calendars"])
def test_g5b_says_nothing_of_a_source_that_no_rule_needs(plan_of: PlanOf, source: str) -> None:
    plan = plan_of(scenario([person()], [login()], linked=["megan"], unreadable={"sources": {source: "500"}}))
    assert findings(plan) == []


def test_g5b_an_application_that_could_not_be_read_is_not_judged(plan_of: PlanOf) -> None:
    sso = {"service_principal_id": "sp-1"}
    with pytest.raises(ConfigurationError):
        plan_of(scenario([person()], sso=sso))
    plan = plan_of(scenario([person()], unreadable={"sources": {"entra_app": "503"}}, sso=sso))
    assert findings(plan) == [("source_unreadable", "entra_app", "503")]


@pytest.mark.parametrize("off", [{"synchronize_calendars": False}, {"enabled": False}], ids=["C6", "X"])
@pytest.mark.parametrize("source", ["emply_calendars", "emply_events"])
@pytest.mark.parametrize(("code", "told_of"), [("500", True), ("no_answer", True), ("401", False), ("403 x", False)])
def test_g5b_c6_needs_emplys_sources(plan_of: PlanOf, off: Row, source: str, code: str, told_of: bool) -> None:
    made = calendars([], [in_emply()], **off)
    assert told(plan_of(made)) == ["C6 remove_calendar megan"]
    made[4]["sources"] = {source: code}
    assert findings(plan_of(made)) == ([("source_unreadable", source, code)] if told_of else [])
    assert plan_of(made)["actions"] == []


@pytest.mark.parametrize("off", [{"synchronize_calendars": False}, {"enabled": False}], ids=["C6", "X"])
def test_g5b_c6_needs_nothing_of_entras(plan_of: PlanOf, off: Row) -> None:
    made = calendars([], [in_emply()], **off)
    made[4].update({"sources": {"entra_calendars": "500", "entra_events": "500"}, "mailboxes": {"entra-megan": "500"}})
    assert told(plan_of(made)) == ["C6 remove_calendar megan"]


def test_c5_nobodys_room_calendar_stays_while_a_rooms_mailbox_is_unreadable(plan_of: PlanOf) -> None:
    rooms = [person(name, groups=[ROOMS], displayName=name) for name in ("sal", "lokale")]
    made = scenario(
        rooms,
        emply={"calendars": [in_emply("unknown", None)]},
        entra={"calendars": {"entra-sal": [], "entra-lokale": []}},
        synchronize_calendars=True,
    )
    assert [(row["kind"], row["rule"], row["entra_id"]) for row in plan_of(made)["actions"]] == [
        ("remove_calendar", "C4", None)
    ]
    made[4]["mailboxes"] = {"entra-sal": "500"}
    assert told(plan_of(made)) == ["C7 mailbox_unreadable sal"]
    made[4]["mailboxes"] = {"entra-nobody": "500"}
    assert [row["rule"] for row in plan_of(made)["actions"]] == ["C4"]


@pytest.mark.parametrize(("code", "status"), [("403 X", 403), ("503", 503), ("no_answer", None), ("", None)])
def test_a_name_alone_is_no_status(code: str, status: int | None) -> None:
    assert status_of(code) == unreadable.status_of(code) == status
