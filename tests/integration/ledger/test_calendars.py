"""Applying C: what each kind does to Emply and to the ledger, and what is looked at again before a calendar goes."""

from collections.abc import Callable

import pytest

from entra_emply.provisioning.apply import settle
from tests.integration.ledger.company import Company
from tests.integration.ledger.conftest import Rows
from tests.integration.ledger.fakes import Fault, Row, lost_after, lost_before, refused
from tests.integration.ledger.office import OUTCOMES, emply_calendar, in_emply, outlook
from tests.integration.ledger.planned import action, plan, results

RECORDED = "SELECT calendar_id, entra_id, external_id, detached FROM calendars ORDER BY 1"


def adding(owner: str, external_id: str, kind: str = "user", **fields: object) -> Row:
    user_id = f"emply-{owner}" if kind == "user" else None
    after = emply_calendar(owner, kind, externalId=external_id, **fields)
    after.pop("id")
    rule = "C1" if kind == "user" else "C5"
    return action("emply.add_calendar", rule, owner, None, after, emply_user_id=user_id)


def removing(owner: str, kind: str = "user", rule: str = "C4", **more: str | None) -> Row:
    before = {"kind": kind, "externalId": f"{owner}-cal", "name": "Kalender"}
    emply_user_id = f"emply-{owner}" if kind == "user" else None
    return action("emply.remove_calendar", rule, owner, before, None, **{"emply_user_id": emply_user_id, **more})


def detaching(owner: str, rule: str = "C4", **more: str | None) -> Row:
    before = {"kind": "user", "externalId": f"{owner}-cal", "name": "Kalender"}
    return action("emply.detach_calendar", rule, owner, before, {"kind": "user", "externalId": None}, **more)


def attaching(owner: str, name: str = "Kalender") -> Row:
    after = {"kind": "user", "externalId": f"{owner}-cal", "name": name}
    return action("emply.attach_calendar", "C1", owner, {"kind": "user", "externalId": None}, after)


def without_own_events(office: Company) -> None:
    events = office.scenario["emply"]["events"]
    events[:] = [event for event in events if event["origin"] == "outlook"]


def gone(office: Company) -> None:
    office.scenario["entra"]["calendars"]["ada"].pop(0)
    outlook(office, "ada")["isDefaultCalendar"] = True


def not_editable(office: Company) -> None:
    outlook(office, "ada")["canEdit"] = False


def disabled(office: Company) -> None:
    office.person("ada")["accountEnabled"] = False


def deleted(office: Company) -> None:
    office.delete("ada")


def without_group(office: Company) -> None:
    office.members("g-staff").remove("ada")


def made_a_room(office: Company) -> None:
    office.members("g-rooms").append("ada")


def deactivated(office: Company) -> None:
    office.login("ada")["active"] = False


def unlinked(office: Company) -> None:
    with office.ledger._database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM entra_emply.links WHERE entra_id = 'ada'")


OUT = [gone, not_editable, disabled, deleted, without_group, made_a_room, deactivated, unlinked]


# What each kind does


def test_an_added_calendar_is_recorded_for_its_entra_user(office: Company, rows: Rows) -> None:
    assert results(office, adding("ipek", "ipek-cal")) == [("add_calendar", "applied")]
    [added] = [row for row in in_emply(office, "calendars").values() if row["userId"] == "emply-ipek"]
    assert (added["externalId"], added["enabled"], added["canDisable"]) == ("ipek-cal", True, False)
    assert rows(RECORDED) == [(added["id"], "ipek", "ipek-cal", False)]


def test_a_rooms_calendar_is_nobodys_and_recorded_for_the_room(office: Company, rows: Rows) -> None:
    office.scenario["emply"]["calendars"].pop()
    assert results(office, adding("sal", "sal-cal", "room")) == [("add_calendar", "applied")]
    [added] = [row for row in in_emply(office, "calendars").values() if row["kind"] == "room"]
    assert added["userId"] is None
    assert rows(RECORDED) == [(added["id"], "sal", "sal-cal", False)]


def test_a_calendar_that_is_there_already_counts_as_added(office: Company, rows: Rows) -> None:
    assert results(office, adding("ada", "ada-cal")) == [("add_calendar", "applied")]
    assert office.emply.written == []
    assert rows(RECORDED) == [("E-ada", "ada", "ada-cal", False)]


def test_a_changed_name_and_sharing_are_written_and_nothing_else(office: Company) -> None:
    before = {"kind": "user", "externalId": "ada-cal", "name": "Kalender", "shareDatesAndTitles": None}
    after = {"kind": "user", "externalId": "ada-cal", "name": "Møder", "shareDatesAndTitles": True}
    assert results(office, action("emply.update_calendar", "C3", "ada", before, after)) == [
        ("update_calendar", "applied")
    ]
    assert office.emply.written == [("calendar name+shareDatesAndTitles", "E-ada")]
    assert in_emply(office, "calendars")["E-ada"]["name"] == "Møder"


def test_what_is_as_it_should_be_already_is_not_written(office: Company) -> None:
    named = {"kind": "user", "externalId": "ada-cal"}
    in_emply(office, "calendars")["E-ada"]["name"] = "Møder"
    before, after = named | {"name": "Kalender"}, named | {"name": "Møder"}
    row = action("emply.update_calendar", "C3", "ada", before, after)
    both = action(
        "emply.update_calendar",
        "C3",
        "ada",
        before | {"shareDatesAndTitles": False},
        after | {"shareDatesAndTitles": True},
    )
    assert results(office, row, both) == [("update_calendar", "applied")] * 2
    assert office.emply.written == [("calendar shareDatesAndTitles", "E-ada")]


def test_a_name_that_changed_in_emply_since_the_plan_is_left_alone(office: Company) -> None:
    before = {"kind": "user", "externalId": "ada-cal", "name": "Another"}
    after = {"kind": "user", "externalId": "ada-cal", "name": "Møder"}
    assert results(office, action("emply.update_calendar", "C3", "ada", before, after)) == [
        ("update_calendar", "superseded")
    ]


def test_a_removed_calendar_takes_its_record_with_it(office: Company, rows: Rows) -> None:
    results(office, adding("ipek", "ipek-cal"))
    office.person("ipek")["accountEnabled"] = False
    assert results(office, removing("ipek")) == [("remove_calendar", "applied")]
    assert set(in_emply(office, "calendars")) == {"E-ada", "E-sal"}
    assert rows(RECORDED) == []


def test_a_detached_calendar_keeps_emplys_own_events_and_is_attached_again(office: Company, rows: Rows) -> None:
    results(office, adding("ada", "ada-cal"))
    disabled(office)
    assert results(office, detaching("ada")) == [("detach_calendar", "applied")]
    assert in_emply(office, "calendars")["E-ada"]["externalId"] is None
    assert {"E-ada-own", "E-sal-lunch"} == set(in_emply(office, "events"))
    assert rows(RECORDED) == [("E-ada", "ada", "ada-cal", True)]
    assert results(office, attaching("ada", name="Møder")) == [("attach_calendar", "applied")]
    attached = in_emply(office, "calendars")["E-ada"]
    assert (attached["externalId"], attached["name"], attached["kind"]) == ("ada-cal", "Møder", "user")
    assert rows(RECORDED) == [("E-ada", "ada", "ada-cal", False)]


def test_a_calendar_detached_from_somebody_whom_the_plan_does_not_know_is_detached_from_who_is_recorded(
    office: Company, rows: Rows
) -> None:
    results(office, adding("ada", "ada-cal"))
    unlinked(office)
    assert results(office, detaching("ada", entra_id=None)) == [("detach_calendar", "applied")]
    assert rows(RECORDED) == [("E-ada", "ada", "ada-cal", True)]


@pytest.mark.parametrize("what", ["gone", "attached", "another user's"])
def test_a_detached_calendar_that_is_no_longer_free_is_not_attached(office: Company, what: str) -> None:
    disabled(office)
    results(office, detaching("ada"))
    emply = office.scenario["emply"]
    if what == "gone":
        emply["calendars"].pop(0)
    else:
        change = {"attached": {"externalId": "something"}, "another user's": {"userId": "emply-ipek"}}[what]
        in_emply(office, "calendars")["E-ada"].update(change)
    office.emply.written.clear()
    assert results(office, attaching("ada")) == [("attach_calendar", "superseded")]
    assert office.emply.written == []


def test_removals_come_before_additions_and_additions_before_changes(office: Company) -> None:
    office.members("g-rooms").remove("sal")
    named = {"kind": "user", "externalId": "ada-cal"}
    rename = action("emply.update_calendar", "C3", "ada", named | {"name": "Kalender"}, named | {"name": "Møder"})
    results(office, rename, adding("ipek", "ipek-cal"), removing("sal", "room"))
    assert [kind for kind, _ in office.emply.written] == ["delete calendar", "add calendar", "calendar name"]


def test_emplys_calendars_are_read_once_for_a_plan(office: Company) -> None:
    results(office, adding("ipek", "ipek-cal"), adding("ada", "ada-team", name="Çalışma grubu"), adding("søren", "x"))
    assert office.emply.reads.count("list_calendars") == 1


# What is looked at again before a calendar goes


@pytest.mark.parametrize("why", OUT)
def test_a_calendar_goes_while_its_cause_holds(office: Company, why: Callable[[Company], None]) -> None:
    without_own_events(office)
    why(office)
    assert results(office, removing("ada")) == [("remove_calendar", "applied")]
    assert set(in_emply(office, "calendars")) == {"E-sal"}
    assert set(in_emply(office, "events")) == {"E-sal-lunch"}


@pytest.mark.parametrize("make", [removing, detaching])
def test_a_calendar_whose_cause_ended_stays(office: Company, make: Callable[[str], Row]) -> None:
    without_own_events(office)
    assert [result for _, result in results(office, make("ada"))] == ["superseded"]
    assert office.emply.written == []


@pytest.mark.parametrize("rule", ["C4", "C6"])
def test_a_calendar_of_nobody_known_goes(office: Company, rule: str) -> None:
    nobody = {"entra_id": None, "emply_user_id": None, "subject": None}
    assert results(office, removing("sal", "room", rule, **nobody)) == [("remove_calendar", "applied")]


def test_with_calendars_switched_off_no_cause_is_asked_for(office: Company) -> None:
    without_own_events(office)
    assert (
        results(office, removing("ada", rule="C6"), removing("sal", "room", rule="C6"))
        == [("remove_calendar", "applied")] * 2
    )
    assert office.graph.reads == []
    assert in_emply(office, "calendars") == {}


def test_a_calendar_with_an_event_that_emply_made_since_the_plan_is_not_removed(office: Company) -> None:
    disabled(office)
    assert results(office, removing("ada")) == [("remove_calendar", "superseded")]
    assert "E-ada-own" in in_emply(office, "events")


def test_a_calendar_that_is_another_one_since_the_plan_is_left_alone(office: Company) -> None:
    disabled(office)
    in_emply(office, "calendars")["E-ada"]["name"] = "Møder"
    assert results(office, detaching("ada")) == [("detach_calendar", "superseded")]


def test_without_a_mailbox_all_stays(office: Company) -> None:
    without_own_events(office)
    office.scenario["entra"]["calendars"].clear()
    assert results(office, removing("ada"), removing("sal", "room")) == [("remove_calendar", "superseded")] * 2


def test_from_a_mailbox_without_any_calendar_all_are_gone(office: Company) -> None:
    without_own_events(office)
    office.scenario["entra"]["calendars"].update(ada=[], sal=[])
    assert results(office, removing("ada"), removing("sal", "room")) == [("remove_calendar", "applied")] * 2


def test_who_became_an_external_login_has_no_calendars_from_entra(office: Company) -> None:
    without_own_events(office)
    assert results(office, removing("ada", entra_id=None)) == [("remove_calendar", "superseded")]
    unlinked(office)
    assert results(office, removing("ada", entra_id=None)) == [("remove_calendar", "applied")]


@pytest.mark.parametrize(
    ("why", "result"),
    [
        (lambda _: None, "superseded"),
        (lambda office: outlook(office, "sal").update(canEdit=False), "superseded"),
        (lambda office: office.person("sal").update(accountEnabled=False), "superseded"),
        (lambda office: office.members("g-rooms").remove("sal"), "applied"),
        (lambda office: office.delete("sal"), "applied"),
        (lambda office: outlook(office, "sal").update(id="another"), "applied"),
    ],
)
def test_a_rooms_calendar_stays_while_it_is_a_rooms_default_calendar(
    office: Company, why: Callable[[Company], None], result: str
) -> None:
    why(office)
    assert results(office, removing("sal", "room")) == [("remove_calendar", result)]


@pytest.mark.parametrize(("status", "result"), [("archived", "applied"), ("active", "superseded")])
def test_the_calendar_of_a_room_that_the_plan_deletes_goes_with_it(office: Company, status: str, result: str) -> None:
    office.members("g-rooms").append("søren")
    office.scenario["entra"]["calendars"]["søren"] = [outlook(office, "sal") | {"id": "søren-cal"}]
    office.scenario["emply"]["calendars"].append(emply_calendar("søren", "room"))
    office.scenario["emply"]["employees"][0]["status"] = status
    office.login("søren")["active"] = False
    named = {"userPrincipalName": "søren@contoso.com"}
    deletion = action("entra.delete_user", "W3", "søren", named, None, employee_id="søren-file")
    assert results(office, removing("søren", "room"), deletion) == [
        ("remove_calendar", result),
        ("delete_user", result),
    ]


def test_a_cause_that_cannot_be_read_counts_as_a_failure(office: Company, rows: Rows) -> None:
    disabled(office)
    office.graph.unreadable = True
    assert results(office, detaching("ada")) == [("detach_calendar", "failed")]
    assert rows("SELECT code FROM failures") == [("source_unreadable",)]


# Lost answers and refusals


@pytest.mark.parametrize("fault", [lost_after, lost_before])
@pytest.mark.parametrize("kind", ["add", "attach", "update", "remove", "detach"])
def test_a_lost_answer_is_followed_by_a_look_and_the_write_is_made_once(
    office: Company, rows: Rows, kind: str, fault: Fault
) -> None:
    row = _prepared(office, kind)
    office.emply.written.clear()
    office.emply.faults = [fault]
    assert results(office, row) == [(f"{kind}_calendar", "applied")]
    assert len(office.emply.written) == 1
    assert rows(RECORDED) == _recorded_after(office, kind)


@pytest.mark.parametrize("kind", ["add", "attach", "update", "remove", "detach"])
def test_what_was_done_when_the_process_died_is_found_and_remembered(office: Company, rows: Rows, kind: str) -> None:
    row = _prepared(office, kind)
    made = plan(office, row)
    office.emply.changed = _die
    with pytest.raises(KeyboardInterrupt):
        office.apply(made)
    office.emply.changed = lambda: None
    writes = len(office.emply.written)
    assert settle(office.ledger, graph=office.graph, emply=office.emply)
    assert rows(OUTCOMES)[-1] == (f"{kind}_calendar", "applied", None)
    assert rows(RECORDED) == _recorded_after(office, kind)
    assert len(office.emply.written) == writes


@pytest.mark.parametrize("kind", ["add", "attach", "update", "remove", "detach"])
def test_what_was_not_done_when_the_process_died_is_interrupted(office: Company, rows: Rows, kind: str) -> None:
    row = _prepared(office, kind)
    before = rows(RECORDED)
    made = plan(office, row)
    office.emply.changing = _die
    with pytest.raises(KeyboardInterrupt):
        office.apply(made)
    assert settle(office.ledger, graph=office.graph, emply=office.emply)
    assert rows(OUTCOMES)[-1] == (f"{kind}_calendar", "interrupted", None)
    assert rows(RECORDED) == before


def test_a_refusal_is_a_failure_and_records_nothing(office: Company, rows: Rows) -> None:
    office.emply.faults = [refused]
    assert results(office, adding("ipek", "ipek-cal")) == [("add_calendar", "failed")]
    assert rows(RECORDED) == []


def test_an_emply_whose_calendars_cannot_be_read_does_not_keep_the_next_run_from_starting(
    office: Company, rows: Rows
) -> None:
    made = plan(office, adding("ipek", "ipek-cal"))
    office.emply.changed = _die
    with pytest.raises(KeyboardInterrupt):
        office.apply(made)
    office.emply.changed = lambda: None
    office.emply.unreadable = True
    assert settle(office.ledger, graph=office.graph, emply=office.emply)
    assert rows("SELECT count(*) FROM attempts LEFT JOIN outcomes USING (attempt_no) WHERE result IS NULL") == [(1,)]
    office.emply.unreadable = False
    assert results(office, adding("ipek", "ipek-cal")) == [("add_calendar", "applied")]
    assert len([kind for kind, _ in office.emply.written if kind == "add calendar"]) == 1
    assert rows("SELECT count(*) FROM attempts LEFT JOIN outcomes USING (attempt_no) WHERE result IS NULL") == [(0,)]


def _prepared(office: Company, kind: str) -> Row:
    """An action of this kind on Ada's calendar, which has a record, and what it needs."""
    if kind == "add":
        return adding("ipek", "ipek-cal")
    results(office, adding("ada", "ada-cal"))
    if kind == "update":
        named = {"kind": "user", "externalId": "ada-cal"}
        return action("emply.update_calendar", "C3", "ada", named | {"name": "Kalender"}, named | {"name": "Møder"})
    disabled(office)
    if kind == "remove":
        without_own_events(office)
        return removing("ada")
    if kind == "attach":
        results(office, detaching("ada"))
        return attaching("ada")
    return detaching("ada")


def _recorded_after(office: Company, kind: str) -> list[tuple[object, ...]]:
    if kind == "add":
        [added] = [row for row in in_emply(office, "calendars").values() if row["userId"] == "emply-ipek"]
        return [(added["id"], "ipek", "ipek-cal", False)]
    return [] if kind == "remove" else [("E-ada", "ada", "ada-cal", kind == "detach")]


def _die() -> None:
    raise KeyboardInterrupt
