"""E0 through both systems: pairs are known by their ids, whichever of the owner's calendars the event stands in."""

from collections.abc import Iterator

import pytest

from entra_emply.ledger.ledger import Ledger
from sandbox import Sandbox
from tests.integration.conftest import Rows
from tests.integration.ledger.ada_in_sandbox import AdaInSandbox, day

LUNCH = "Frokost på Østerbro"
PAIRS = "SELECT emply_event_id, calendar_external_id FROM event_pairs"


@pytest.fixture
def ada(ledger: Ledger, sandbox: Sandbox) -> Iterator[AdaInSandbox]:
    """A lunch that was made in Emply, and that Ada dragged in Outlook to a calendar that is off in Emply."""
    times = {"start": f"{day(3)}T11:00:00Z", "end": f"{day(3)}T12:00:00Z", "isAllDay": False}
    lunch = {"id": "E-lunch", "title": LUNCH, "showAs": "busy", **times}
    made = AdaInSandbox(ledger, sandbox, None, own=lunch, outlook=[])
    for _ in range(2):
        made.run()
    sandbox.drag_event("ada", made.outlook()[LUNCH]["id"], "private")
    yield made
    made.close()


def test_an_event_that_was_dragged_to_a_calendar_that_is_not_read_is_there(ada: AdaInSandbox, rows: Rows) -> None:
    assert ada.run() == []
    assert rows(PAIRS) == [("E-lunch", "own")]


def test_edited_in_emply_it_is_changed_where_it_stands(ada: AdaInSandbox) -> None:
    ada.change_own(lambda lunch: lunch.update(title="Obiad", start=f"{day(3)}T10:00:00Z"))
    assert ada.run() == ["entra.update_event applied"]
    assert ada.outlook("private")["Obiad"]["start"]["dateTime"] == f"{day(3)}T10:00:00"
    assert (ada.outlook(), ada.run()) == ({}, [])


def test_deleted_in_emply_it_is_deleted_where_it_stands_and_the_pair_is_forgotten(
    ada: AdaInSandbox, rows: Rows
) -> None:
    with ada.edited() as state:
        state["emply"]["events"].clear()
    assert ada.run() == ["entra.delete_event applied"]
    assert (ada.outlook("private"), rows(PAIRS), ada.run()) == ({}, [], [])


def test_deleted_by_its_owner_it_is_not_made_again(ada: AdaInSandbox, rows: Rows) -> None:
    with ada.edited() as state:
        state["entra"]["calendars"]["ada"][1]["events"].clear()
    assert ada.run() == []
    assert rows(PAIRS) == [("E-lunch", "own")]
    with ada.edited() as state:
        state["emply"]["events"].clear()
    assert (ada.run(), rows(PAIRS)) == ([], [])


def test_what_emply_has_out_of_the_window_is_found_in_a_calendar_that_is_not_read(ada: AdaInSandbox) -> None:
    ada.change_own(lambda lunch: lunch.update(start="2020-01-01T11:00:00Z", end="2020-01-01T12:00:00Z"))
    assert ada.run() == ["entra.update_event applied"]
    assert ada.run() == []


def test_a_calendar_whose_delta_is_refused_is_read_by_its_view_in_the_same_run(
    ada: AdaInSandbox, sandbox: Sandbox
) -> None:
    sandbox.put_faults({"path": "/own/calendarView/delta$", "fault": {"odd": "delta_refused"}})
    with ada.edited() as state:
        times = {"start": f"{day(5)}T09:00:00Z", "end": f"{day(5)}T10:00:00Z"}
        tea = {"id": "tea", "subject": "Çay", "changeKey": "1", "isAllDay": False, **times}
        state["entra"]["calendars"]["ada"][0]["events"].append(tea)
    assert ada.run() == ["emply.upsert_event applied"]
    assert ada.run() == []
    sandbox.put_faults()
    assert ada.run() == []
