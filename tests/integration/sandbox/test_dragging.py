"""What happens to calendars without a call to Graph, and how Graph shows it."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox import Sandbox
from tests.integration.sandbox.asking import Http
from tests.integration.sandbox.diary import WINDOW, scenario

DELTA = "users/zoë/calendars/{}/calendarView/delta"
IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}


@pytest.fixture(autouse=True)
def _diary(sandbox: Sandbox) -> None:
    sandbox.put_state(scenario())


def changes(graph: Http, link: str, **options: dict[str, str]) -> tuple[list[dict[str, Any]], str]:
    """The rows of one round of a delta, and the link to the next."""
    rows: list[dict[str, Any]] = []
    while True:
        page = graph.get(link, headers=IMMUTABLE, **options).json()
        rows, options = rows + page["value"], {}
        if "@odata.deltaLink" in page:
            return rows, page["@odata.deltaLink"]
        link = page["@odata.nextLink"]


def test_a_dragged_event_stands_in_the_other_calendar_under_its_id(sandbox: Sandbox, graph: Http) -> None:
    sandbox.drag_event("zoë", "meeting", "team")

    assert graph.get("users/zoë/calendars/team/events/meeting", headers=IMMUTABLE).status_code == 200
    assert graph.get("users/zoë/calendars/own/events/meeting", headers=IMMUTABLE).status_code == 404


def test_an_event_is_looked_up_by_its_id_in_whichever_calendar_it_stands(sandbox: Sandbox, graph: Http) -> None:
    before = graph.get("users/zoë/events/meeting", headers=IMMUTABLE).json()
    sandbox.drag_event("zoë", "meeting", "team")

    after = graph.get("users/zoë/events/meeting", headers=IMMUTABLE).json()

    assert (after["id"], after["subject"]) == (before["id"], before["subject"])
    assert after["changeKey"] != before["changeKey"]


def test_both_calendars_deltas_tell_of_a_dragged_event(sandbox: Sandbox, graph: Http) -> None:
    links = {name: changes(graph, DELTA.format(name), params=WINDOW)[1] for name in ("own", "team")}
    sandbox.drag_event("zoë", "meeting", "team")

    left, came = (changes(graph, links[name])[0] for name in ("own", "team"))

    assert left == [{"id": "meeting", "@removed": {"reason": "deleted"}}]
    assert [row["id"] for row in came] == ["meeting"]


def test_a_series_is_dragged_with_all_its_occurrences(sandbox: Sandbox, graph: Http) -> None:
    sandbox.drag_event("zoë", "series", "team")

    assert graph.get("users/zoë/calendars/team/events/moved").json()["seriesMasterId"] == "series"


def test_a_calendar_with_another_id_has_the_same_events(sandbox: Sandbox, graph: Http) -> None:
    sandbox.renew_calendar("zoë", "own", "restored")

    calendars = graph.get("users/zoë/calendars").json()["value"]
    assert [(row["id"], row["isDefaultCalendar"]) for row in calendars if row["name"] == "Own"] == [("restored", True)]
    assert graph.get("users/zoë/calendars/restored/events/meeting").status_code == 200
    assert graph.get("users/zoë/calendars/own").json()["error"]["code"] == "ErrorItemNotFound"


def test_the_delta_of_a_calendar_is_not_that_of_its_new_id(sandbox: Sandbox, graph: Http) -> None:
    _, link = changes(graph, DELTA.format("own"), params=WINDOW)
    sandbox.renew_calendar("zoë", "own", "restored")

    assert graph.get(link).status_code == 404
    assert graph.get(link.replace("/own/", "/restored/")).status_code == 410


@pytest.mark.parametrize(
    ("do", "said"),
    [
        (lambda sandbox: sandbox.drag_event("zoë", "nothing", "team"), "no event nothing"),
        (lambda sandbox: sandbox.drag_event("zoë", "meeting", "none"), "no calendar none"),
        (lambda sandbox: sandbox.drag_event("łucja", "meeting", "team"), "łucja has no calendars"),
        (lambda sandbox: sandbox.renew_calendar("zoë", "none", "x"), "no calendar none"),
        (lambda sandbox: sandbox.renew_calendar("zoë", "own", "team"), "a calendar team already"),
        (lambda sandbox: sandbox.drag_event("zoë", 7, "team"), "expected an object of texts"),
    ],
)
def test_what_cannot_be_dragged_or_renewed_is_named(sandbox: Sandbox, do: Callable[[Sandbox], None], said: str) -> None:
    before = sandbox.state()

    with pytest.raises(ValueError, match=said):
        do(sandbox)
    assert sandbox.state() == before
