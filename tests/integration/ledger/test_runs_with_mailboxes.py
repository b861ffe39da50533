"""Whole runs about mailboxes: what is closed, not answered, deleted by its owner, or no longer editable (C, E).

The first runs, and what `sync` makes of changes, are in `tests/system/test_calendars.py`.
"""

from collections.abc import Iterator

import pytest
import yaml

from entra_emply.ledger.ledger import Ledger
from sandbox import Sandbox
from tests.integration.conftest import Begin
from tests.integration.ledger.runs_in_sandbox import Row, RunsInSandbox
from tests.integration.ledger.systems import Systems
from tests.mailbox_scenario import (
    SETTINGS,
    in_emply,
    in_outlook,
    mailbox_scenario,
    own_event,
    row,
    subjects,
    titles,
)

LUNCH = "Frokost på Østerbro"
CREATIONS = "/calendars/cagla-own/events$"


def settled(ledger: Ledger, sandbox: Sandbox) -> Systems:
    """The scenario after three runs, of which the last had nothing to do."""
    made = RunsInSandbox(ledger, sandbox, mailbox_scenario(), yaml.safe_load(SETTINGS))
    done = [made.run() for _ in range(3)]
    made.close()
    assert done[-1] == []
    return Systems(ledger, sandbox.state(), made.settings)


@pytest.fixture
def runs(begin: Begin, ledger: Ledger, sandbox: Sandbox) -> Iterator[RunsInSandbox]:
    systems = begin(settled, sandbox)
    state = {system: systems.scenario[system] for system in ("entra", "emply")}
    made = RunsInSandbox(ledger, sandbox, state, systems.settings)
    made.run()  # what changed in a mailbox is told from here on
    yield made
    made.close()


def own(state: Row) -> Row:
    """The event that was made in Emply."""
    return row(state["emply"]["events"], "frokost")


@pytest.fixture
def with_lunch(runs: RunsInSandbox) -> RunsInSandbox:
    """Çağla has a lunch that was made in Emply, not yet in Outlook."""
    with runs.edited() as state:
        state["emply"]["events"].append(own_event(in_emply(state, "cagla-own")["id"]))
    return runs


def test_a_mailbox_that_is_closed_to_the_app_is_a_finding_and_stays_as_it_is_in_emply(runs: RunsInSandbox) -> None:
    before = runs.sandbox.state()["emply"]
    with runs.edited() as state:
        state["entra"]["calendars"]["cagla"] = {"error": "ErrorAccessDenied"}
    plan = runs.planned().plan
    runs.runs.apply(plan)
    assert runs.sandbox.state()["emply"] == before
    told = plan.findings[plan.findings["code"] == "mailbox_unavailable"]
    assert set(told["subject"]) == {"cagla@contoso.com", "soren@contoso.com"}  # Søren has none


def test_an_event_whose_creation_was_not_answered_is_not_made_twice(with_lunch: RunsInSandbox) -> None:
    lost = {"close": "after-commit"}
    with_lunch.sandbox.put_faults({"path": CREATIONS, "method": "POST", "fault": lost, "times": 1})
    for _ in range(3):
        with_lunch.run()
    state = with_lunch.sandbox.state()
    calendar = in_outlook(state, "cagla")
    assert subjects(calendar).count(LUNCH) == 1
    assert own(state)["externalId"] == row(calendar["events"], LUNCH, by="subject")["id"]


def test_an_event_of_emplys_that_its_owner_deleted_in_outlook_is_not_made_again(with_lunch: RunsInSandbox) -> None:
    with_lunch.run()
    with with_lunch.edited() as state:
        calendar = in_outlook(state, "cagla")
        calendar["events"].remove(row(calendar["events"], LUNCH, by="subject"))
    assert with_lunch.run() == []
    assert LUNCH not in subjects(in_outlook(with_lunch.sandbox.state(), "cagla"))


def test_a_calendar_that_is_no_longer_editable_goes_but_for_emplys_own_events_and_comes_back(
    with_lunch: RunsInSandbox,
) -> None:
    with_lunch.run()
    before = in_emply(with_lunch.sandbox.state(), "cagla-own")
    with with_lunch.edited() as state:
        for calendar in state["entra"]["calendars"]["cagla"]:
            calendar["canEdit"] = False
    with_lunch.run()
    state = with_lunch.sandbox.state()
    assert {each["externalId"] for each in state["emply"]["calendars"]} == {None, "lucja-own", "room-own"}
    assert row(state["emply"]["calendars"], before["id"])["externalId"] is None
    assert [event["title"] for event in state["emply"]["events"] if event["calendarId"] == before["id"]] == [LUNCH]
    assert subjects(in_outlook(state, "cagla")).count(LUNCH) == 1
    with with_lunch.edited() as state:
        for calendar in state["entra"]["calendars"]["cagla"][:2]:
            calendar["canEdit"] = True
    with_lunch.run()
    with_lunch.run()
    state = with_lunch.sandbox.state()
    assert in_emply(state, "cagla-own") == before
    assert titles(state, "cagla-own") == {"Toplantı", "Private", LUNCH}
    assert titles(state, "cagla-projects") == set()
    assert subjects(in_outlook(state, "cagla")).count(LUNCH) == 1


def test_with_the_calendars_switched_off_what_came_from_outlook_goes_and_switched_on_it_comes_back(
    runs: RunsInSandbox,
) -> None:
    before = runs.sandbox.state()
    runs.run(synchronize_calendars=False)
    off = runs.sandbox.state()
    assert (off["emply"]["calendars"], off["emply"]["events"]) == ([], [])
    assert (off["entra"], off["emply"]["users"]) == (before["entra"], before["emply"]["users"])
    runs.run()
    assert titles_by_calendar(runs.sandbox.state()) == titles_by_calendar(before)


def titles_by_calendar(state: Row) -> dict[str, set[str]]:
    """The titles of the events of each calendar in Emply, by the calendar in Outlook."""
    return {each["externalId"]: titles(state, each["externalId"]) for each in state["emply"]["calendars"]}
