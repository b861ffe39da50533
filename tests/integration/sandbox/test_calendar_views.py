from typing import Any

import pytest

from sandbox import Sandbox
from tests.integration.sandbox import diary
from tests.integration.sandbox.asking import Http
from tests.integration.sandbox.diary import DEFAULT, HOLIDAY, MEETING, SERIES, TEAM, WINDOW, calendar, event

VIEW = "users/zoë/calendars/own/calendarView"
DELTA = f"{VIEW}/delta"


@pytest.fixture(autouse=True)
def _mailboxes(sandbox: Sandbox) -> None:
    sandbox.put_state(diary.scenario())


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


def begin(graph: Http, size: int = 50, **window: str) -> tuple[list[dict[str, Any]], str]:
    """A first round: its rows and the link to the next one."""
    return go_on(graph, DELTA, size, params={**WINDOW, **window})


def go_on(graph: Http, link: str, size: int = 50, **options: Any) -> tuple[list[dict[str, Any]], str]:  # noqa: ANN401
    found: list[dict[str, Any]] = []
    while True:
        page = graph.get(link, headers={"Prefer": f"odata.maxpagesize={size}"}, **options).json()
        found += page["value"]
        if "@odata.deltaLink" in page:
            return found, page["@odata.deltaLink"]
        link, options = page["@odata.nextLink"], {}


def test_a_view_has_what_overlaps_the_window_and_series_expanded(graph: Http) -> None:
    rows = graph.get(VIEW, params=WINDOW).json()["value"]

    assert ids(rows) == ["meeting", "holiday", "within", "moved"]


def test_an_occurrence_has_what_its_series_has_and_an_exception_what_is_its_own(graph: Http) -> None:
    rows = {row["id"]: row for row in graph.get(VIEW, params=WINDOW).json()["value"]}

    assert {name: (row["type"], row["seriesMasterId"], row["subject"]) for name, row in rows.items()} == {
        "meeting": ("singleInstance", None, "Meeting"),
        "holiday": ("singleInstance", None, "Holiday"),
        "within": ("occurrence", "series", "Series"),
        "moved": ("exception", "series", "Ændret"),
    }
    assert rows["within"]["changeKey"] == "series-1"


def test_times_are_in_utc_and_days_stay_whole(graph: Http) -> None:
    meeting, holiday, *_ = graph.get(VIEW, params=WINDOW).json()["value"]

    assert meeting["start"] == {"dateTime": "2026-11-24T10:00:00.0000000", "timeZone": "UTC"}
    assert holiday["start"] == {"dateTime": "2026-11-29T00:00:00.0000000", "timeZone": "UTC"}


@pytest.mark.parametrize("zone", ["Europe/Istanbul", "Turkey Standard Time"])
def test_times_can_be_had_in_another_zone(graph: Http, zone: str) -> None:
    prefer = {"Prefer": f'outlook.timezone="{zone}"'}

    meeting, holiday, *_ = graph.get(VIEW, params=WINDOW, headers=prefer).json()["value"]

    assert meeting["start"] == {"dateTime": "2026-11-24T13:00:00.0000000", "timeZone": zone}
    assert holiday["start"]["dateTime"] == "2026-11-29T00:00:00.0000000"


def test_a_zone_that_is_none_is_refused(graph: Http) -> None:
    assert graph.get(VIEW, params=WINDOW, headers={"Prefer": 'outlook.timezone="Moon"'}).status_code == 400


def test_a_property_that_the_scenario_does_not_have_is_null(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_state(diary.scenario(calendar("own", event("bare", "24T08:00", "24T09:00", changeKey=None))))

    (bare,) = graph.get(VIEW, params=WINDOW).json()["value"]

    assert (bare["changeKey"], bare["showAs"], bare["sensitivity"], bare["isAllDay"]) == (None, None, None, None)


def go_to(graph: Http, path: str) -> list[dict[str, Any]]:
    return go_on(graph, path, params=WINDOW)[0] if path == DELTA else graph.rows(path, params=WINDOW)


@pytest.mark.parametrize("path", [VIEW, DELTA])
def test_cancelled_declined_and_private_events_say_so(sandbox: Sandbox, graph: Http, path: str) -> None:
    declined = {"response": "declined", "time": "2026-11-20T08:00:00Z"}
    odd = event("odd", "24T08:00", "24T09:00", isCancelled=True, responseStatus=declined, sensitivity="private")
    sandbox.put_state(diary.scenario(calendar("own", odd, event("usual", "25T08:00", "25T09:00"))))

    shown, usual = go_to(graph, path)

    assert (shown["isCancelled"], shown["responseStatus"], shown["sensitivity"]) == (True, declined, "private")
    assert (usual["isCancelled"], usual["responseStatus"]["response"]) == (False, "none")


def test_a_view_comes_in_pages_and_in_order_where_asked(graph: Http) -> None:
    rows = graph.rows(f"{VIEW}?$top=1&$orderby=start/dateTime desc&$select=subject", params=WINDOW)

    assert ids(rows) == ["holiday", "moved", "meeting", "within"]
    assert rows[0].keys() == {"@odata.etag", "id", "subject"}


def test_a_page_can_be_empty(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults({"path": "calendarView", "times": 1, "fault": {"empty_page": True}})

    assert len(graph.rows(VIEW, params=WINDOW)) == 4


@pytest.mark.parametrize("path", [VIEW, DELTA])
@pytest.mark.parametrize(
    "window",
    [
        {},
        {"startDateTime": "2026-11-23T00:00:00Z"},
        {"endDateTime": "2026-11-23T00:00:00Z"},
        {"startDateTime": "monday", "endDateTime": "2026-11-23T00:00:00Z"},
        {"startDateTime": "2026-11-24T00:00:00Z", "endDateTime": "2026-11-23T00:00:00Z"},
        {"startDateTime": "2021-01-01T00:00:00Z", "endDateTime": "2026-11-23T00:00:00Z"},
    ],
)
def test_a_window_needs_two_dates_not_too_far_apart(graph: Http, path: str, window: dict[str, str]) -> None:
    assert graph.get(path, params=window).status_code == 400


def test_a_first_round_has_everything_and_of_an_occurrence_hardly_anything(graph: Http) -> None:
    rows, _ = begin(graph)

    assert ids(rows) == ["meeting", "holiday", "series", "within", "moved"]
    found = {row["id"]: row for row in rows}
    assert found["within"].keys() == {"@odata.type", "id", "type", "seriesMasterId", "start", "end"}
    assert (found["series"]["type"], found["series"]["subject"]) == ("seriesMaster", "Series")
    assert found["moved"]["subject"] == "Ændret"


def test_a_series_without_occurrences_in_the_window_is_not_there(graph: Http) -> None:
    rows, _ = begin(graph, startDateTime="2026-11-28T00:00:00Z")

    assert ids(rows) == ["holiday"]


def test_the_pages_size_is_a_preference(graph: Http) -> None:
    first = graph.get(DELTA, params=WINDOW, headers={"Prefer": "odata.maxpagesize=2"})
    rows, _ = begin(graph, size=2)

    assert len(first.json()["value"]) == 2
    assert "odata.maxpagesize" in first.headers["Preference-Applied"]
    assert len(rows) == 5


def test_a_round_goes_on_as_it_began(sandbox: Sandbox, graph: Http) -> None:
    first = graph.get(DELTA, params=WINDOW, headers={"Prefer": "odata.maxpagesize=2"}).json()
    sandbox.put_state(diary.scenario(calendar("own")))

    rest, link = go_on(graph, first["@odata.nextLink"])

    assert ids([*first["value"], *rest]) == ["meeting", "holiday", "series", "within", "moved"]
    assert len(go_on(graph, link)[0]) == 5


def test_a_page_of_a_round_can_be_asked_for_again(graph: Http) -> None:
    first = graph.get(DELTA, params=WINDOW, headers={"Prefer": "odata.maxpagesize=2"}).json()

    pages = [go_on(graph, first["@odata.nextLink"]) for _ in range(2)]

    assert pages[0] == pages[1]


def test_an_empty_page_of_a_delta_leads_to_the_rest(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults({"path": "delta", "times": 2, "skip": 1, "fault": {"empty_page": True}})

    rows, _ = begin(graph, size=2)

    assert len(rows) == 5


def test_without_changes_nothing_comes_again(sandbox: Sandbox, graph: Http) -> None:
    _, link = begin(graph)
    sandbox.put_state(diary.scenario())

    rows, link = go_on(graph, link)

    assert rows == []
    assert go_on(graph, link)[0] == []


def test_a_delta_tells_what_is_new_changed_and_gone(sandbox: Sandbox, graph: Http) -> None:
    _, link = begin(graph)
    changed = {**MEETING, "subject": "Spotkanie", "changeKey": "meeting-2"}
    new = event("new", "27T08:00", "27T09:00")
    sandbox.put_state(diary.scenario(calendar("own", changed, new, SERIES)))

    rows, link = go_on(graph, link)

    assert {row["id"]: row.get("subject", row.get("@removed")) for row in rows} == {
        "meeting": "Spotkanie",
        "new": "New",
        "holiday": {"reason": "deleted"},
    }
    assert go_on(graph, link)[0] == []


def test_an_event_that_only_left_the_window_is_removed_too(sandbox: Sandbox, graph: Http) -> None:
    _, link = begin(graph)
    later = {**MEETING, **event("meeting", "30T10:00", "30T11:00")}
    sandbox.put_state(diary.scenario(calendar("own", later, HOLIDAY, SERIES)))

    rows, _ = go_on(graph, link)

    assert rows == [{"id": "meeting", "@removed": {"reason": "deleted"}}]


def test_a_change_of_a_series_brings_its_occurrences_again(sandbox: Sandbox, graph: Http) -> None:
    _, link = begin(graph)
    sandbox.put_state(diary.scenario(calendar("own", MEETING, HOLIDAY, {**SERIES, "sensitivity": "private"})))

    rows, _ = go_on(graph, link)

    assert ids(rows) == ["series", "within", "moved"]


def test_an_occurrence_that_is_cancelled_is_removed(sandbox: Sandbox, graph: Http) -> None:
    _, link = begin(graph)
    series = {**SERIES, "occurrences": [row for row in SERIES["occurrences"] if row["id"] != "within"]}
    sandbox.put_state(diary.scenario(calendar("own", MEETING, HOLIDAY, series)))

    rows, _ = go_on(graph, link)

    assert rows == [{"id": "within", "@removed": {"reason": "deleted"}}]


def test_an_old_link_still_tells_everything_since_then(sandbox: Sandbox, graph: Http) -> None:
    _, link = begin(graph)
    sandbox.put_state(diary.scenario(calendar("own", MEETING)))
    first, _ = go_on(graph, link)

    again, _ = go_on(graph, link)

    assert first == again
    assert ids(again) == ["holiday", "series", "within", "moved"]


@pytest.mark.parametrize("option", ["$select=id", "$filter=id eq 'x'", "$orderby=start/dateTime", "$top=5"])
def test_a_delta_takes_no_options(graph: Http, option: str) -> None:
    assert graph.get(f"{DELTA}?{option}", params=WINDOW).status_code == 400


def test_a_token_that_is_too_old_is_410(sandbox: Sandbox, graph: Http) -> None:
    _, link = begin(graph)
    sandbox.change_settings(delta_lifetime=0)

    answer = graph.get(link)

    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "syncStateNotFound")


@pytest.mark.parametrize("query", ["$deltatoken=nonsense", "$skiptoken=nonsense~2", "$skiptoken=nonsense"])
def test_a_token_that_nobody_gave_is_410(graph: Http, query: str) -> None:
    assert graph.get(f"{DELTA}?{query}").status_code == 410


def test_a_token_belongs_to_its_calendar(graph: Http) -> None:
    _, link = begin(graph)

    assert graph.get(link.replace("/own/", "/team/")).status_code == 410


def test_a_stale_delta_lags_behind_and_tells_it_later(sandbox: Sandbox, graph: Http) -> None:
    _, link = begin(graph)
    sandbox.put_faults({"path": "delta", "times": 1, "fault": {"stale_ms": 60_000}})
    sandbox.put_state(diary.scenario(calendar("own", MEETING)))

    early, link = go_on(graph, link)
    late, _ = go_on(graph, link)

    assert (early, len(late)) == ([], 4)


@pytest.mark.parametrize("place", ["users/zoë/calendar", "users/zoë"])
def test_the_default_calendar_has_a_view_and_a_delta_too(graph: Http, place: str) -> None:
    view = graph.get(f"{place}/calendarView", params=WINDOW).json()["value"]
    delta, _ = go_on(graph, f"{place}/calendarView/delta", params=WINDOW)

    assert (len(view), len(delta)) == (4, 5)


def test_a_users_events_are_those_of_the_default_calendar(graph: Http) -> None:
    own = ids(graph.get("users/zoë/calendars/own/events").json()["value"])

    assert own
    assert ids(graph.get("users/zoë/events").json()["value"]) == own


def test_names_of_dates_may_be_written_in_any_letters(graph: Http) -> None:
    window = {name.lower(): value for name, value in WINDOW.items()}

    assert ids(graph.get("users/zoë/calendars/team/calendarView", params=window).json()["value"]) == ["lunch"]


def test_a_delta_in_a_batch_is_a_delta(graph: Http) -> None:
    query = "&".join(f"{name}={value}" for name, value in WINDOW.items())
    item = {"id": "1", "method": "GET", "url": f"/{DELTA}?{query}"}

    (answer,) = graph.post("$batch", {"requests": [item]}).json()["responses"]

    assert len(answer["body"]["value"]) == 5
    assert go_on(graph, answer["body"]["@odata.deltaLink"])[0] == []


def test_the_state_comes_back_as_it_was_put(sandbox: Sandbox) -> None:
    assert sandbox.state()["entra"]["calendars"]["zoë"] == [DEFAULT, TEAM]
