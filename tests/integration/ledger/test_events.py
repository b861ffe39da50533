"""Applying E: Outlook's events in Emply, and Emply's in Outlook exactly once."""

from collections.abc import Callable

import pytest

from entra_emply.errors import CredentialsError
from entra_emply.ledger import history, plans
from entra_emply.ledger.history import Only
from entra_emply.provisioning.apply import settle
from entra_emply.provisioning.own_events import transaction_id
from tests.integration.conftest import Rows
from tests.integration.ledger.fakes.faults import (
    Fault,
    forbidden,
    lost_after,
    lost_after_and,
    lost_before,
    no_access,
    refused,
    unauthorized,
    unavailable,
)
from tests.integration.ledger.fakes.system import Row, System
from tests.integration.ledger.mailbox_systems import OUTCOMES, emply_event, in_emply, outlook, outlook_event
from tests.integration.ledger.planned import action, plan, results
from tests.integration.ledger.systems import Systems

PAIRS = "SELECT emply_event_id, external_id, entra_id, calendar_external_id FROM event_pairs ORDER BY 1"
OPEN = "SELECT count(*) FROM attempts LEFT JOIN outcomes USING (attempt_no) WHERE result IS NULL"
CONTENTS: Row = {
    "title": "Frokost",
    "start": "2026-11-26T11:00:00Z",
    "end": "2026-11-26T11:30:00Z",
    "isAllDay": False,
    "showAs": "busy",
}
MADE = f"outlook-{transaction_id('E-ada-own')}"
PAIR = ("E-ada-own", MADE, "ada", "ada-cal")


def upserting(event_id: str, owner: str = "ada", **fields: object) -> Row:
    after = {"externalId": event_id, "calendarExternalId": f"{owner}-cal", **CONTENTS, "changeKey": "v2", **fields}
    return action("emply.upsert_event", "E1", owner, None, after, **_whose(owner))


def deleting(event_id: str | None, owner: str = "ada") -> Row:
    before = {"externalId": event_id, "calendarExternalId": f"{owner}-cal"}
    return action("emply.delete_event", "E1", owner, before, None, **_whose(owner))


def creating() -> Row:
    """Ada's job interview, which Emply made."""
    after = {"emplyEventId": "E-ada-own", "calendarExternalId": "ada-cal", **CONTENTS, "title": "Ansættelsessamtale"}
    return action("entra.create_event", "E2", "ada", None, after)


def updating(**fields: object) -> Row:
    pair = {"emplyEventId": "E-ada-own", "externalId": MADE, "calendarExternalId": "ada-cal"}
    before = {name: value for name, value in (CONTENTS | {"title": "Ansættelsessamtale"}).items() if name in fields}
    return action("entra.update_event", "E2", "ada", pair | before, pair | fields)


def deleting_in_outlook() -> Row:
    before = {"emplyEventId": "E-ada-own", "externalId": MADE, "calendarExternalId": "ada-cal"}
    return action("entra.delete_event", "E2", "ada", before, None)


@pytest.fixture
def paired(systems: Systems) -> Systems:
    """The systems, and Ada's interview is in Outlook."""
    assert results(systems, creating()) == [("create_event", "applied")]
    for system in (systems.graph, systems.emply):
        system.reads.clear()
    systems.scenario["writes"].clear()
    return systems


# Outlook's events in Emply


def test_a_new_event_is_put_into_the_calendar_with_its_change_key(systems: Systems) -> None:
    assert results(systems, upserting("ada-tea")) == [("upsert_event", "applied")]
    put = in_emply(systems, "events")["E-ada/ada-tea"]
    assert put == {"id": "E-ada/ada-tea", "calendarId": "E-ada", "externalId": "ada-tea", "origin": "outlook"} | (
        CONTENTS | {"changeKey": "v2"}
    )


def test_an_event_of_a_room_goes_to_the_rooms_calendar(systems: Systems) -> None:
    assert results(systems, upserting("sal-tea", "sal")) == [("upsert_event", "applied")]
    assert in_emply(systems, "events")["E-sal/sal-tea"]["calendarId"] == "E-sal"


def test_what_an_event_does_not_have_is_not_written(systems: Systems) -> None:
    results(systems, upserting("ada-tea", title=None, showAs=None))
    assert not in_emply(systems, "events")["E-ada/ada-tea"].keys() & {"title", "showAs"}


@pytest.mark.parametrize("change", [{"enabled": False}, {"externalId": None}])
@pytest.mark.parametrize("make", [upserting, lambda _: deleting_in_outlook()])
def test_a_calendar_that_is_off_or_detached_since_the_plan_gets_no_events(
    paired: Systems, change: Row, make: Callable[[str], Row]
) -> None:
    in_emply(paired, "calendars")["E-ada"].update(change)
    assert [result for _, result in results(paired, make("ada-tea"))] == ["superseded"]
    assert paired.scenario["writes"] == []


def test_upserts_read_nothing_but_the_calendars_once(systems: Systems) -> None:
    results(systems, *(upserting(f"ada-{number}") for number in range(20)), upserting("sal-tea", "sal"))
    assert (systems.emply.reads, systems.graph.reads) == (["list_calendars"], [])


def test_an_event_that_outlook_lost_is_deleted(systems: Systems) -> None:
    outlook(systems, "ada")["events"].clear()
    assert results(systems, deleting("ada-lunch")) == [("delete_event", "applied")]
    assert "E-ada-lunch" not in in_emply(systems, "events")


def test_an_event_that_left_the_window_is_deleted(systems: Systems) -> None:
    [lunch] = outlook(systems, "ada")["events"]
    lunch["start"]["dateTime"], lunch["end"]["dateTime"] = "2027-05-22T00:00:00.0000000", "2027-05-22T01:00:00.0000000"
    assert results(systems, deleting("ada-lunch")) == [("delete_event", "applied")]


def test_an_event_that_was_moved_to_another_calendar_is_deleted_from_the_one_it_left(systems: Systems) -> None:
    outlook(systems, "ada", 1)["events"].append(outlook(systems, "ada")["events"].pop())
    assert results(systems, deleting("ada-lunch")) == [("delete_event", "applied")]


def test_an_event_that_outlook_still_has_in_the_window_is_not_deleted(systems: Systems) -> None:
    assert results(systems, deleting("ada-lunch")) == [("delete_event", "superseded")]
    assert systems.emply.written == []


def test_the_events_of_a_calendar_that_is_off_are_deleted_whatever_outlook_has(systems: Systems) -> None:
    in_emply(systems, "calendars")["E-ada"]["enabled"] = False
    assert results(systems, deleting("ada-lunch")) == [("delete_event", "applied")]
    assert systems.graph.reads == []


def test_an_event_without_an_outlook_id_is_in_no_outlook(systems: Systems) -> None:
    in_emply(systems, "events")["E-ada-lunch"]["externalId"] = None
    assert results(systems, deleting(None)) == [("delete_event", "applied")]
    assert "E-ada-own" in in_emply(systems, "events")


def test_the_doubles_of_an_event_go_with_it_but_for_those_outside_the_window(systems: Systems) -> None:
    outlook(systems, "ada")["events"].clear()
    early = {"start": "2026-10-22T22:00:00Z", "end": "2026-10-23T00:00:00Z"}
    double = emply_event("E-double", "E-ada", externalId="ada-lunch")
    systems.scenario["emply"]["events"] += [double, double | early | {"id": "E-early"}]
    assert results(systems, deleting("ada-lunch")) == [("delete_event", "applied")]
    assert {"E-early", "E-ada-own", "E-sal-lunch"} == set(in_emply(systems, "events"))


def test_an_event_that_is_emplys_own_since_the_plan_is_not_deleted(systems: Systems) -> None:
    outlook(systems, "ada")["events"].clear()
    in_emply(systems, "events")["E-ada-lunch"]["origin"] = "emply"
    assert results(systems, deleting("ada-lunch")) == [("delete_event", "superseded")]


def test_the_events_of_a_calendar_are_read_once_for_all_deletions_in_it(systems: Systems) -> None:
    for number in range(5):
        event = emply_event(f"E-{number}", "E-ada", externalId=f"ada-{number}")
        systems.scenario["emply"]["events"].append(event)
    results(systems, *(deleting(f"ada-{number}") for number in range(5)))
    assert systems.emply.reads == ["list_calendars", "calendar_events E-ada"]
    assert len(in_emply(systems, "events")) == 3


# Emply's events in Outlook


def test_an_event_of_emply_becomes_one_of_outlook_and_both_know_it(systems: Systems, rows: Rows) -> None:
    assert results(systems, creating()) == [("create_event", "applied")]
    made = next(event for event in outlook(systems, "ada")["events"] if event["id"] == MADE)
    assert (made["subject"], made["transactionId"]) == ("Ansættelsessamtale", transaction_id("E-ada-own"))
    assert in_emply(systems, "events")["E-ada-own"]["externalId"] == MADE
    assert rows(PAIRS) == [PAIR]
    assert rows("SELECT object_id FROM outcomes ORDER BY attempt_no DESC LIMIT 1") == [(MADE,)]


def test_the_transaction_id_is_the_events_own_for_ever() -> None:
    assert transaction_id("E-ada-own") == transaction_id("E-ada-own") == "b3f225bb-5943-5b80-ab41-34de0f990fb9"
    assert transaction_id("E-ada-own") != transaction_id("E-sal-own")


def test_an_event_whose_creation_is_planned_again_is_made_once(paired: Systems, rows: Rows) -> None:
    assert results(paired, creating()) == [("create_event", "applied")]
    assert (paired.scenario["writes"], rows(PAIRS)) == ([], [PAIR])


def test_an_event_that_outlook_made_and_does_not_show_yet_is_made_once(
    systems: Systems, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    systems.graph.faults = [lost_after]
    monkeypatch.setattr(systems.graph, "find_event", lambda *_: None)
    assert results(systems, creating()) == [("create_event", "applied")]
    assert [kind for kind, _ in systems.scenario["writes"]] == ["create event", "event externalId"]
    assert rows(PAIRS) == [PAIR]


@pytest.mark.parametrize("fault", [lost_after, lost_before])
@pytest.mark.parametrize("system", ["graph", "emply"])
def test_a_lost_answer_to_either_step_ends_with_one_event_and_a_pair(
    systems: Systems, rows: Rows, system: str, fault: Fault
) -> None:
    getattr(systems, system).faults = [fault]
    assert results(systems, creating()) == [("create_event", "applied")]
    assert [kind for kind, _ in systems.scenario["writes"]] == ["create event", "event externalId"]
    assert in_emply(systems, "events")["E-ada-own"]["externalId"] == MADE
    assert rows(PAIRS) == [PAIR]


@pytest.mark.parametrize("fault", [unavailable, refused, forbidden, unauthorized])
def test_while_emply_does_not_take_the_id_the_pair_is_remembered_and_each_run_tells_it(
    systems: Systems, rows: Rows, fault: Fault
) -> None:
    made = plan(systems, creating())
    systems.emply.faults = [fault, fault]
    report = systems.apply(made)
    assert (report.count("unknown"), report.troubled) == (1, True)
    for _ in range(2):
        assert (rows(OPEN), rows(PAIRS)) == ([(1,)], [PAIR])
        assert settle(systems.ledger, graph=systems.graph, emply=systems.emply)
    assert [kind for kind, _ in systems.scenario["writes"]] == ["create event", "event externalId"]
    assert (rows(OPEN), rows(PAIRS)) == ([(0,)], [PAIR])


@pytest.mark.parametrize("fault", [unavailable, refused, forbidden, unauthorized])
def test_a_run_tells_an_attempt_that_earlier_runs_left_open(systems: Systems, fault: Fault) -> None:
    systems.emply.faults = [fault] * 3  # to the attempt; and to the next run, before it reads and before it applies
    reports = [systems.apply(plan(systems, *rows)) for rows in ([creating()], [], [])]
    assert [report.trouble["unknown"] for report in reports] == [1, 1, 0]
    assert [report.troubled for report in reports] == [True, True, False]


def test_the_history_tells_an_attempt_for_as_long_as_it_is_open(systems: Systems) -> None:
    systems.emply.faults = [unavailable, unavailable]
    systems.apply(plan(systems, creating()))
    (event,) = systems.ledger.read(history.told, only=Only(failed=True))
    assert (event["event"], event["kind"], event["code"]) == ("open", "entra.create_event", None)
    for _ in range(2):
        settle(systems.ledger, graph=systems.graph, emply=systems.emply)
    assert systems.ledger.read(history.told, only=Only(failed=True)) == []


def test_an_attempt_that_is_looked_for_with_an_answer_that_nobody_foresaw_stays_open_alone(
    systems: Systems, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    systems.emply.faults = [unavailable]
    systems.apply(plan(systems, creating()))
    with monkeypatch.context() as odd:
        odd.setattr(systems.graph, "find_event", {}.__getitem__)
        odd.setattr(systems.graph, "event", {}.__getitem__)
        assert settle(systems.ledger, graph=systems.graph, emply=systems.emply)
        assert rows(OPEN) == [(1,)]
    assert settle(systems.ledger, graph=systems.graph, emply=systems.emply)
    assert rows(OPEN) == [(0,)]


def test_a_write_that_graph_takes_no_token_for_is_a_failure_as_long_as_it_takes_it_for_reading(
    systems: Systems, rows: Rows
) -> None:
    systems.graph.faults = [unauthorized]
    assert results(systems, creating()) == [("create_event", "failed")]
    assert rows("SELECT code FROM failures") == [("401 unauthorized",)]


def test_a_token_that_graph_does_not_take_any_more_counts_for_nobody(systems: Systems, rows: Rows) -> None:
    made = plan(systems, creating())
    systems.graph.faults = [lambda make: revoke(systems, make)]
    with pytest.raises(CredentialsError):
        systems.apply(made)
    assert rows("SELECT count(*) FROM failures") == [(0,)]


def revoke(systems: Systems, make: Callable[[], object]) -> None:
    """Entra does not take the token any more, from this write on."""
    systems.graph.revoked = True
    unauthorized(make)


def test_an_attempt_that_is_made_again_is_told_once(systems: Systems) -> None:
    systems.emply.faults = [unavailable] * 4
    reports = [systems.apply(plan(systems, creating())) for _ in range(2)]
    assert [report.trouble["unknown"] for report in reports] == [1, 1]


def test_an_event_that_was_made_is_no_failure_where_looking_at_emplys_is_not_allowed(
    systems: Systems, rows: Rows
) -> None:
    made = plan(systems, creating())
    systems.emply.faults = [lost_after_and(lambda: setattr(systems.emply, "closed", True))]
    assert systems.apply(made).count("unknown") == 1
    assert (rows(OPEN), rows(PAIRS)) == ([(1,)], [PAIR])


def test_an_open_attempt_of_an_action_that_is_held_now_is_told(systems: Systems) -> None:
    systems.emply.faults = [unavailable] * 3
    systems.apply(plan(systems, creating()))
    held = systems.apply(plan(systems, creating() | {"held_by": "G3"}))
    assert (held.held, held.trouble["unknown"]) == (1, 1)


def test_without_access_to_tell_emply_the_next_run_does(systems: Systems, rows: Rows) -> None:
    made = plan(systems, creating())
    systems.emply.faults = [no_access]
    with pytest.raises(CredentialsError):
        systems.apply(made)
    assert (rows(OPEN), rows(PAIRS)) == ([(1,)], [])
    assert settle(systems.ledger, graph=systems.graph, emply=systems.emply)
    assert [kind for kind, _ in systems.scenario["writes"]] == ["create event", "event externalId"]
    assert (rows(OPEN), rows(PAIRS)) == ([(0,)], [PAIR])


def test_when_the_event_is_gone_from_emply_meanwhile_the_pair_is_remembered(systems: Systems, rows: Rows) -> None:
    made = plan(systems, creating())
    systems.scenario["emply"]["events"].clear()
    assert systems.apply(made).count("applied") == 1
    assert rows(PAIRS) == [PAIR]


@pytest.mark.parametrize("writes", [1, 2])
def test_killed_after_either_step_there_is_one_event_and_a_pair(systems: Systems, rows: Rows, writes: int) -> None:
    made = plan(systems, creating())

    def die() -> None:
        if len(systems.scenario["writes"]) == writes:
            raise KeyboardInterrupt

    systems.graph.changed = systems.emply.changed = die
    with pytest.raises(KeyboardInterrupt):
        systems.apply(made)
    systems.graph.changed = systems.emply.changed = lambda: None
    assert settle(systems.ledger, graph=systems.graph, emply=systems.emply)
    assert rows(OUTCOMES)[-1] == ("create_event", "applied", None)
    assert [kind for kind, _ in systems.scenario["writes"]] == ["create event", "event externalId"]
    assert in_emply(systems, "events")["E-ada-own"]["externalId"] == MADE
    assert rows(PAIRS) == [PAIR]


def test_killed_before_the_first_step_nothing_is_remembered(systems: Systems, rows: Rows) -> None:
    made = plan(systems, creating())

    def die() -> None:
        raise KeyboardInterrupt

    systems.graph.changing = die
    with pytest.raises(KeyboardInterrupt):
        systems.apply(made)
    assert settle(systems.ledger, graph=systems.graph, emply=systems.emply)
    assert rows(OUTCOMES)[-1] == ("create_event", "interrupted", None)
    assert rows(PAIRS) == []


def test_a_mailbox_that_closed_leaves_the_attempt_open_and_everybody_else_goes_on(systems: Systems, rows: Rows) -> None:
    made = plan(systems, creating())
    systems.graph.faults = [lost_after_and(lambda: setattr(systems.graph, "unreadable", True))]
    assert systems.apply(made).count("unknown") == 1
    assert results(systems, upserting("ada-tea")) == [("upsert_event", "applied")]
    assert rows(OPEN) == [(1,)]
    systems.graph.unreadable = False
    assert settle(systems.ledger, graph=systems.graph, emply=systems.emply)
    assert (rows(OPEN), rows(PAIRS)) == ([(0,)], [PAIR])


def test_another_tenants_outlook_is_not_asked_what_became_of_an_event(systems: Systems, rows: Rows) -> None:
    systems.ledger.write(plans.belongs_to, "tenant", "contoso")
    made = plan(systems, creating())
    systems.graph.faults = [no_access]
    with pytest.raises(CredentialsError):
        systems.apply(made)
    systems.scenario["entra"]["organization"]["id"] = "another"
    with pytest.raises(Exception, match="belongs to the tenant"):
        settle(systems.ledger, graph=systems.graph, emply=systems.emply)
    assert rows(OPEN) == [(1,)]


def test_a_change_in_emply_is_made_in_outlook(paired: Systems) -> None:
    row = updating(title="Anden samtale", start="2026-11-26T10:00:00Z")
    assert results(paired, row) == [("update_event", "applied")]
    changed = next(event for event in outlook(paired, "ada")["events"] if event["id"] == MADE)
    assert (changed["subject"], changed["start"]["dateTime"]) == ("Anden samtale", "2026-11-26T10:00:00.0000000")
    assert paired.scenario["writes"] == [("update event", MADE)]


@pytest.mark.parametrize("change", [{"subject": "Øl"}, None])
def test_an_outlook_event_that_is_not_as_planned_is_left_alone(paired: Systems, change: Row | None) -> None:
    made = next(event for event in outlook(paired, "ada")["events"] if event["id"] == MADE)
    made.update(change) if change else outlook(paired, "ada")["events"].remove(made)
    assert results(paired, updating(title="Anden samtale")) == [("update_event", "superseded")]


def test_an_event_that_emply_lost_is_deleted_in_outlook_with_the_pair(paired: Systems, rows: Rows) -> None:
    paired.scenario["emply"]["events"].clear()
    assert results(paired, deleting_in_outlook()) == [("delete_event", "applied")]
    assert [event["id"] for event in outlook(paired, "ada")["events"]] == ["ada-lunch"]
    assert rows(PAIRS) == []


@pytest.mark.parametrize("where", ["E-ada", "E-other"])
def test_an_event_that_emply_has_in_any_calendar_of_its_owner_stays_in_outlook(
    paired: Systems, rows: Rows, where: str
) -> None:
    paired.scenario["emply"]["calendars"].append({"id": "E-other", "userId": "emply-ada", "name": "Andet"})
    in_emply(paired, "events")["E-ada-own"]["calendarId"] = where
    assert results(paired, deleting_in_outlook()) == [("delete_event", "superseded")]
    assert rows(PAIRS) == [PAIR]


def test_a_list_of_events_that_is_wrongly_empty_takes_nothing_from_outlook(
    paired: Systems, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paired.emply, "calendar_events", lambda _: [])
    assert results(paired, deleting_in_outlook()) == [("delete_event", "superseded")]
    assert rows(PAIRS) == [PAIR]


def test_whether_an_event_is_gone_from_emply_is_asked_again_where_no_answer_came(paired: Systems, rows: Rows) -> None:
    paired.scenario["emply"]["events"].clear()
    paired.emply.faults = [unavailable]
    assert results(paired, deleting_in_outlook()) == [("delete_event", "failed")]
    assert rows(PAIRS) == [PAIR]


def test_an_event_that_its_owner_deleted_in_outlook_meanwhile_is_not_deleted_again(paired: Systems) -> None:
    paired.scenario["emply"]["events"].clear()
    outlook(paired, "ada")["events"].clear()
    assert results(paired, deleting_in_outlook()) == [("delete_event", "superseded")]


def test_a_pair_of_which_both_ends_are_gone_is_forgotten_with_the_next_plan(paired: Systems, rows: Rows) -> None:
    plan(paired, ended_pairs=["E-somebody-elses"])
    assert rows(PAIRS) == [PAIR]
    plan(paired, ended_pairs=["E-ada-own"])
    assert rows(PAIRS) == []


def test_the_state_tells_of_pairs_and_calendars(paired: Systems) -> None:
    pairs = paired.state().event_pairs
    assert [tuple(row) for row in pairs.itertuples(index=False)] == [PAIR]


# Lost answers and deaths


@pytest.mark.parametrize("fault", [lost_after, lost_before])
@pytest.mark.parametrize(
    "kind", ["emply.upsert_event", "emply.delete_event", "entra.update_event", "entra.delete_event"]
)
def test_a_lost_answer_is_followed_by_a_look_and_the_write_is_made_once(
    paired: Systems, kind: str, fault: Fault
) -> None:
    row, system = _prepared(paired, kind)
    system.faults = [fault]
    assert results(paired, row) == [(kind.split(".")[1], "applied")]
    assert len(paired.scenario["writes"]) == 1


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize(
    "kind", ["emply.upsert_event", "emply.delete_event", "entra.update_event", "entra.delete_event"]
)
def test_after_a_death_it_is_found_out_whether_it_was_done(
    paired: Systems, rows: Rows, kind: str, *, done: bool
) -> None:
    row, system = _prepared(paired, kind)
    made = plan(paired, row)

    def die() -> None:
        raise KeyboardInterrupt

    setattr(system, "changed" if done else "changing", die)
    with pytest.raises(KeyboardInterrupt):
        paired.apply(made)
    system.changed = system.changing = lambda: None
    assert settle(paired.ledger, graph=paired.graph, emply=paired.emply)
    assert rows(OUTCOMES)[-1] == (kind.split(".")[1], "applied" if done else "interrupted", None)
    assert rows(PAIRS) == ([] if kind == "entra.delete_event" and done else [PAIR])


def test_a_refused_event_is_a_failure_and_waits_longer_each_time(systems: Systems) -> None:
    reports = []
    for _ in range(4):
        systems.emply.faults = [refused]
        report = systems.apply(plan(systems, upserting("ada-tea")))
        reports.append((report.count("failed"), report.waiting))
    assert reports == [(1, 0), (1, 0), (0, 1), (1, 0)]


def _prepared(paired: Systems, kind: str) -> tuple[Row, System]:
    """An action of this kind, and the system that it changes."""
    if kind == "emply.upsert_event":
        return upserting("ada-tea"), paired.emply
    if kind == "emply.delete_event":
        outlook(paired, "ada")["events"][:] = [outlook_event(MADE, subject="Ansættelsessamtale")]
        return deleting("ada-lunch"), paired.emply
    if kind == "entra.update_event":
        return updating(title="Anden samtale"), paired.graph
    paired.scenario["emply"]["events"].clear()
    return deleting_in_outlook(), paired.graph


def _whose(owner: str) -> dict[str, str | None]:
    """A room has no Emply user."""
    return {"emply_user_id": None if owner == "sal" else f"emply-{owner}"}
