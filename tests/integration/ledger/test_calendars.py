"""Applying C: what each kind does to Emply and to the ledger, and what is looked at again before a calendar goes."""

from collections.abc import Callable
from typing import Any

import pytest

from entra_emply.provisioning.apply import settle
from tests.integration.conftest import Rows
from tests.integration.ledger.fakes.faults import Fault, lost_after, lost_before, refused
from tests.integration.ledger.fakes.system import Row
from tests.integration.ledger.mailbox_systems import OUTCOMES, emply_calendar, in_emply, outlook
from tests.integration.ledger.planned import action, plan, results
from tests.integration.ledger.systems import Systems

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


def without_own_events(systems: Systems) -> None:
    events = systems.scenario["emply"]["events"]
    events[:] = [event for event in events if event["origin"] == "outlook"]


def gone(systems: Systems) -> None:
    systems.scenario["entra"]["calendars"]["ada"].pop(0)
    outlook(systems, "ada")["isDefaultCalendar"] = True


def not_editable(systems: Systems) -> None:
    outlook(systems, "ada")["canEdit"] = False


def disabled(systems: Systems) -> None:
    systems.person("ada")["accountEnabled"] = False


def deleted(systems: Systems) -> None:
    systems.delete("ada")


def without_group(systems: Systems) -> None:
    systems.members("g-staff").remove("ada")


def made_a_room(systems: Systems) -> None:
    systems.members("g-rooms").append("ada")


def deactivated(systems: Systems) -> None:
    systems.login("ada")["active"] = False


def unlinked(systems: Systems) -> None:
    with systems.ledger._database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM entra_emply.links WHERE entra_id = 'ada'")


OUT = [gone, not_editable, disabled, deleted, without_group, made_a_room, deactivated, unlinked]


# What each kind does


def test_an_added_calendar_is_recorded_for_its_entra_user(systems: Systems, rows: Rows) -> None:
    assert results(systems, adding("ipek", "ipek-cal")) == [("add_calendar", "applied")]
    [added] = [row for row in in_emply(systems, "calendars").values() if row["userId"] == "emply-ipek"]
    assert (added["externalId"], added["enabled"], added["canDisable"]) == ("ipek-cal", True, False)
    assert rows(RECORDED) == [(added["id"], "ipek", "ipek-cal", False)]


def test_a_rooms_calendar_is_nobodys_and_recorded_for_the_room(systems: Systems, rows: Rows) -> None:
    systems.scenario["emply"]["calendars"].pop()
    assert results(systems, adding("sal", "sal-cal", "room")) == [("add_calendar", "applied")]
    [added] = [row for row in in_emply(systems, "calendars").values() if row["kind"] == "room"]
    assert added["userId"] is None
    assert rows(RECORDED) == [(added["id"], "sal", "sal-cal", False)]


def test_a_calendar_that_is_there_already_counts_as_added(systems: Systems, rows: Rows) -> None:
    assert results(systems, adding("ada", "ada-cal")) == [("add_calendar", "applied")]
    assert systems.emply.written == []
    assert rows(RECORDED) == [("E-ada", "ada", "ada-cal", False)]


def test_a_changed_name_and_sharing_are_written_and_nothing_else(systems: Systems) -> None:
    before = {"kind": "user", "externalId": "ada-cal", "name": "Kalender", "shareDatesAndTitles": None}
    after = {"kind": "user", "externalId": "ada-cal", "name": "Møder", "shareDatesAndTitles": True}
    assert results(systems, action("emply.update_calendar", "C3", "ada", before, after)) == [
        ("update_calendar", "applied")
    ]
    assert systems.emply.written == [("calendar name+shareDatesAndTitles", "E-ada")]
    assert in_emply(systems, "calendars")["E-ada"]["name"] == "Møder"


def test_what_is_as_it_should_be_already_is_not_written(systems: Systems) -> None:
    named = {"kind": "user", "externalId": "ada-cal"}
    in_emply(systems, "calendars")["E-ada"]["name"] = "Møder"
    before, after = named | {"name": "Kalender"}, named | {"name": "Møder"}
    row = action("emply.update_calendar", "C3", "ada", before, after)
    both = action(
        "emply.update_calendar",
        "C3",
        "ada",
        before | {"shareDatesAndTitles": False},
        after | {"shareDatesAndTitles": True},
    )
    assert results(systems, row, both) == [("update_calendar", "applied")] * 2
    assert systems.emply.written == [("calendar shareDatesAndTitles", "E-ada")]


def test_a_name_that_changed_in_emply_since_the_plan_is_left_alone(systems: Systems) -> None:
    before = {"kind": "user", "externalId": "ada-cal", "name": "Another"}
    after = {"kind": "user", "externalId": "ada-cal", "name": "Møder"}
    assert results(systems, action("emply.update_calendar", "C3", "ada", before, after)) == [
        ("update_calendar", "superseded")
    ]


def test_a_removed_calendar_takes_its_record_with_it(systems: Systems, rows: Rows) -> None:
    results(systems, adding("ipek", "ipek-cal"))
    systems.person("ipek")["accountEnabled"] = False
    assert results(systems, removing("ipek")) == [("remove_calendar", "applied")]
    assert set(in_emply(systems, "calendars")) == {"E-ada", "E-sal"}
    assert rows(RECORDED) == []


def test_a_detached_calendar_keeps_emplys_own_events_and_is_attached_again(systems: Systems, rows: Rows) -> None:
    results(systems, adding("ada", "ada-cal"))
    disabled(systems)
    assert results(systems, detaching("ada")) == [("detach_calendar", "applied")]
    assert in_emply(systems, "calendars")["E-ada"]["externalId"] is None
    assert {"E-ada-own", "E-sal-lunch"} == set(in_emply(systems, "events"))
    assert rows(RECORDED) == [("E-ada", "ada", "ada-cal", True)]
    assert results(systems, attaching("ada", name="Møder")) == [("attach_calendar", "applied")]
    attached = in_emply(systems, "calendars")["E-ada"]
    assert (attached["externalId"], attached["name"], attached["kind"]) == ("ada-cal", "Møder", "user")
    assert rows(RECORDED) == [("E-ada", "ada", "ada-cal", False)]


def test_a_calendar_detached_from_somebody_whom_the_plan_does_not_know_is_detached_from_who_is_recorded(
    systems: Systems, rows: Rows
) -> None:
    results(systems, adding("ada", "ada-cal"))
    unlinked(systems)
    assert results(systems, detaching("ada", entra_id=None)) == [("detach_calendar", "applied")]
    assert rows(RECORDED) == [("E-ada", "ada", "ada-cal", True)]


def renewing(owner: str, name: str = "Kalender") -> Row:
    """C1a: the calendar in Entra has a new id."""
    before = {"kind": "user", "externalId": f"{owner}-cal"}
    return action("emply.attach_calendar", "C1a", owner, before, before | {"externalId": f"{owner}-new", "name": name})


def pair_of(systems: Systems, owner: str, calendar: str) -> None:
    with systems.ledger._database.writing() as connection:
        values = f"('E-{owner}-own', '{owner}-own', '{owner}', '{calendar}')"
        connection.exec_driver_sql(f"INSERT INTO entra_emply.event_pairs VALUES {values}")


def test_c1a_a_calendar_gets_the_new_id_and_its_pairs_go_along(systems: Systems, rows: Rows) -> None:
    results(systems, adding("ada", "ada-cal"))
    pair_of(systems, "ada", "ada-cal")
    pair_of(systems, "ipek", "ada-cal")
    assert results(systems, renewing("ada", name="Møder")) == [("attach_calendar", "applied")]
    attached = in_emply(systems, "calendars")["E-ada"]
    assert (attached["externalId"], attached["name"], attached["kind"]) == ("ada-new", "Møder", "user")
    assert rows(RECORDED) == [("E-ada", "ada", "ada-new", False)]
    pairs = rows("SELECT entra_id, calendar_external_id FROM event_pairs ORDER BY 1")
    assert pairs == [("ada", "ada-new"), ("ipek", "ada-cal")]


def test_c1a_a_calendar_that_has_another_id_meanwhile_is_left_as_it_is(systems: Systems) -> None:
    in_emply(systems, "calendars")["E-ada"]["externalId"] = "something"
    assert results(systems, renewing("ada")) == [("attach_calendar", "superseded")]
    assert systems.emply.written == []


@pytest.mark.parametrize("what", ["gone", "attached", "another user's"])
def test_a_detached_calendar_that_is_no_longer_free_is_not_attached(systems: Systems, what: str) -> None:
    disabled(systems)
    results(systems, detaching("ada"))
    emply = systems.scenario["emply"]
    if what == "gone":
        emply["calendars"].pop(0)
    else:
        change = {"attached": {"externalId": "something"}, "another user's": {"userId": "emply-ipek"}}[what]
        in_emply(systems, "calendars")["E-ada"].update(change)
    systems.emply.written.clear()
    assert results(systems, attaching("ada")) == [("attach_calendar", "superseded")]
    assert systems.emply.written == []


def test_one_persons_removals_come_before_additions_and_additions_before_changes(systems: Systems) -> None:
    without_own_events(systems)
    gone(systems)
    named = {"kind": "user", "externalId": "ada-team"}
    rename = action("emply.update_calendar", "C3", "ada", named | {"name": "Kalender"}, named | {"name": "Møder"})
    results(systems, rename, adding("ada", "ada-team"), removing("ada"))
    assert [kind for kind, _ in systems.emply.written] == ["delete calendar", "add calendar", "calendar name"]


def test_emplys_calendars_are_read_once_for_a_plan(systems: Systems) -> None:
    results(systems, adding("ipek", "ipek-cal"), adding("ada", "ada-team", name="Çalışma grubu"), adding("søren", "x"))
    assert systems.emply.reads.count("list_calendars") == 1


# What is looked at again before a calendar goes


@pytest.mark.parametrize("why", OUT)
def test_a_calendar_goes_while_its_cause_holds(systems: Systems, why: Callable[[Systems], None]) -> None:
    without_own_events(systems)
    why(systems)
    assert results(systems, removing("ada")) == [("remove_calendar", "applied")]
    assert set(in_emply(systems, "calendars")) == {"E-sal"}
    assert set(in_emply(systems, "events")) == {"E-sal-lunch"}


@pytest.mark.parametrize("make", [removing, detaching])
def test_a_calendar_whose_cause_ended_stays(systems: Systems, make: Callable[[str], Row]) -> None:
    without_own_events(systems)
    assert [result for _, result in results(systems, make("ada"))] == ["superseded"]
    assert systems.emply.written == []


@pytest.mark.parametrize("rule", ["C4", "C6"])
def test_a_calendar_of_nobody_known_goes(systems: Systems, rule: str) -> None:
    nobody = {"entra_id": None, "emply_user_id": None, "subject": None}
    assert results(systems, removing("sal", "room", rule, **nobody)) == [("remove_calendar", "applied")]


def test_with_calendars_switched_off_no_cause_is_asked_for(systems: Systems) -> None:
    without_own_events(systems)
    assert (
        results(systems, removing("ada", rule="C6"), removing("sal", "room", rule="C6"))
        == [("remove_calendar", "applied")] * 2
    )
    assert systems.graph.reads == []
    assert in_emply(systems, "calendars") == {}


def test_a_calendar_with_an_event_that_emply_made_since_the_plan_is_not_removed(systems: Systems) -> None:
    disabled(systems)
    assert results(systems, removing("ada")) == [("remove_calendar", "superseded")]
    assert "E-ada-own" in in_emply(systems, "events")


def test_a_calendar_that_is_another_one_since_the_plan_is_left_alone(systems: Systems) -> None:
    disabled(systems)
    in_emply(systems, "calendars")["E-ada"]["name"] = "Møder"
    assert results(systems, detaching("ada")) == [("detach_calendar", "superseded")]


def test_without_a_mailbox_all_stays(systems: Systems) -> None:
    without_own_events(systems)
    systems.scenario["entra"]["calendars"].clear()
    assert results(systems, removing("ada"), removing("sal", "room")) == [("remove_calendar", "superseded")] * 2


def test_from_a_mailbox_without_any_calendar_all_are_gone(systems: Systems) -> None:
    without_own_events(systems)
    systems.scenario["entra"]["calendars"].update(ada=[], sal=[])
    assert results(systems, removing("ada"), removing("sal", "room")) == [("remove_calendar", "applied")] * 2


def test_who_became_an_external_login_has_no_calendars_from_entra(systems: Systems) -> None:
    without_own_events(systems)
    assert results(systems, removing("ada", entra_id=None)) == [("remove_calendar", "superseded")]
    unlinked(systems)
    assert results(systems, removing("ada", entra_id=None)) == [("remove_calendar", "applied")]


@pytest.mark.parametrize(
    ("why", "result"),
    [
        (lambda _: None, "superseded"),
        (lambda systems: outlook(systems, "sal").update(canEdit=False), "superseded"),
        (lambda systems: systems.person("sal").update(accountEnabled=False), "superseded"),
        (lambda systems: systems.members("g-rooms").remove("sal"), "applied"),
        (lambda systems: systems.delete("sal"), "applied"),
        (lambda systems: outlook(systems, "sal").update(id="another"), "applied"),
    ],
)
def test_a_rooms_calendar_stays_while_it_is_a_rooms_default_calendar(
    systems: Systems, why: Callable[[Systems], None], result: str
) -> None:
    why(systems)
    assert results(systems, removing("sal", "room")) == [("remove_calendar", result)]


@pytest.mark.parametrize(("status", "result"), [("archived", "applied"), ("active", "superseded")])
def test_the_calendar_of_a_room_that_the_plan_deletes_goes_with_it(systems: Systems, status: str, result: str) -> None:
    systems.members("g-rooms").append("søren")
    systems.scenario["entra"]["calendars"]["søren"] = [outlook(systems, "sal") | {"id": "søren-cal"}]
    systems.scenario["emply"]["calendars"].append(emply_calendar("søren", "room"))
    systems.scenario["emply"]["employees"][0]["status"] = status
    systems.login("søren")["active"] = False
    named = {"userPrincipalName": "søren@contoso.com"}
    deletion = action("entra.delete_user", "W3", "søren", named, None, employee_id="søren-file")
    assert results(systems, removing("søren", "room"), deletion) == [
        ("remove_calendar", result),
        ("delete_user", result),
    ]


def test_a_cause_that_cannot_be_read_counts_as_a_failure(systems: Systems, rows: Rows) -> None:
    disabled(systems)
    systems.graph.unreadable = True
    assert results(systems, detaching("ada")) == [("detach_calendar", "failed")]
    assert rows("SELECT code FROM failures") == [("source_unreadable",)]


# Lost answers and refusals


@pytest.mark.parametrize("fault", [lost_after, lost_before])
@pytest.mark.parametrize("kind", ["add", "attach", "update", "remove", "detach"])
def test_a_lost_answer_is_followed_by_a_look_and_the_write_is_made_once(
    systems: Systems, rows: Rows, kind: str, fault: Fault
) -> None:
    row = _prepared(systems, kind)
    systems.emply.written.clear()
    systems.emply.faults = [fault]
    assert results(systems, row) == [(f"{kind}_calendar", "applied")]
    assert len(systems.emply.written) == 1
    assert rows(RECORDED) == _recorded_after(systems, kind)


@pytest.mark.parametrize("kind", ["add", "attach", "update", "remove", "detach"])
def test_what_was_done_when_the_process_died_is_found_and_remembered(systems: Systems, rows: Rows, kind: str) -> None:
    row = _prepared(systems, kind)
    made = plan(systems, row)
    systems.emply.changed = _die
    with pytest.raises(KeyboardInterrupt):
        systems.apply(made)
    systems.emply.changed = lambda: None
    writes = len(systems.emply.written)
    assert settle(systems.ledger, graph=systems.graph, emply=systems.emply)
    assert rows(OUTCOMES)[-1] == (f"{kind}_calendar", "applied", None)
    assert rows(RECORDED) == _recorded_after(systems, kind)
    assert len(systems.emply.written) == writes


@pytest.mark.parametrize("kind", ["add", "attach", "update", "remove", "detach"])
def test_what_was_not_done_when_the_process_died_is_interrupted(systems: Systems, rows: Rows, kind: str) -> None:
    row = _prepared(systems, kind)
    before = rows(RECORDED)
    made = plan(systems, row)
    systems.emply.changing = _die
    with pytest.raises(KeyboardInterrupt):
        systems.apply(made)
    assert settle(systems.ledger, graph=systems.graph, emply=systems.emply)
    assert rows(OUTCOMES)[-1] == (f"{kind}_calendar", "interrupted", None)
    assert rows(RECORDED) == before


def test_a_refusal_is_a_failure_and_records_nothing(systems: Systems, rows: Rows) -> None:
    systems.emply.faults = [refused]
    assert results(systems, adding("ipek", "ipek-cal")) == [("add_calendar", "failed")]
    assert rows(RECORDED) == []


def test_an_emply_whose_calendars_cannot_be_read_does_not_keep_the_next_run_from_starting(
    systems: Systems, rows: Rows
) -> None:
    made = plan(systems, adding("ipek", "ipek-cal"))
    systems.emply.changed = _die
    with pytest.raises(KeyboardInterrupt):
        systems.apply(made)
    systems.emply.changed = lambda: None
    systems.emply.unreadable = True
    assert settle(systems.ledger, graph=systems.graph, emply=systems.emply)
    assert rows("SELECT count(*) FROM attempts LEFT JOIN outcomes USING (attempt_no) WHERE result IS NULL") == [(1,)]
    systems.emply.unreadable = False
    assert results(systems, adding("ipek", "ipek-cal")) == [("add_calendar", "applied")]
    assert len([kind for kind, _ in systems.emply.written if kind == "add calendar"]) == 1
    assert rows("SELECT count(*) FROM attempts LEFT JOIN outcomes USING (attempt_no) WHERE result IS NULL") == [(0,)]


def _prepared(systems: Systems, kind: str) -> Row:
    """An action of this kind on Ada's calendar, which has a record, and what it needs."""
    if kind == "add":
        return adding("ipek", "ipek-cal")
    results(systems, adding("ada", "ada-cal"))
    if kind == "update":
        named = {"kind": "user", "externalId": "ada-cal"}
        return action("emply.update_calendar", "C3", "ada", named | {"name": "Kalender"}, named | {"name": "Møder"})
    disabled(systems)
    if kind == "remove":
        without_own_events(systems)
        return removing("ada")
    if kind == "attach":
        results(systems, detaching("ada"))
        return attaching("ada")
    return detaching("ada")


def _recorded_after(systems: Systems, kind: str) -> list[tuple[Any, ...]]:
    if kind == "add":
        [added] = [row for row in in_emply(systems, "calendars").values() if row["userId"] == "emply-ipek"]
        return [(added["id"], "ipek", "ipek-cal", False)]
    return [] if kind == "remove" else [("E-ada", "ada", "ada-cal", kind == "detach")]


def _die() -> None:
    raise KeyboardInterrupt
