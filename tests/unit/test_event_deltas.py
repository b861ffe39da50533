"""Events read by delta, against a Graph that behaves as the real one has been seen to, and as the sandbox does not."""

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest

from entra_emply.connectors.entra import event_deltas, mailbox_frames
from entra_emply.connectors.entra.event_deltas import IN_MAILBOX
from entra_emply.connectors.entra.events import Events
from entra_emply.connectors.reads import MultiRead
from entra_emply.errors import CredentialsError
from tests.scripted_graph import BASE, Item, Reply, ScriptedGraph, error

WINDOW = ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
DELTA = "/users/søren/calendars/cal=/calendarView/delta".replace("ø", "%C3%B8").replace("=/", "%3D/")
VIEW = DELTA.removesuffix("/delta")
Row = dict[str, Any]


def _at(day: int, hour: int) -> Row:
    return {"dateTime": f"2026-11-{day:02}T{hour:02}:00:00.0000000", "timeZone": "UTC"}


def _event(name: str, day: int = 5, **more: object) -> Row:
    return {"id": name, "subject": f"Møde {name}", "start": _at(day, 9), "end": _at(day, 10), "changeKey": "1", **more}


def _occurrence(name: str, day: int, series: str = "series") -> Row:
    """As a delta has it: without contents."""
    times = {"start": _at(day, 9), "end": _at(day, 10)}
    return {"id": name, "type": "occurrence", "seriesMasterId": series, **times}


def _series(title: str = "Stand-up") -> Row:
    return _event("series", 1, type="seriesMaster", subject=title)


def _gone(name: str) -> Row:
    return {"id": name, "@removed": {"reason": "deleted"}}


class Outlook(ScriptedGraph):
    """One calendar: `view` is what it shows, page by page, `changes` what a delta tells, `single` events by id, which
    stand in the calendar `elsewhere`. no_delta: the answer where a delta is asked for; by_end: by an address's end.
    """

    def __init__(self, *pages: Sequence[Row]) -> None:
        super().__init__(self._answer)
        self.view: list[Sequence[Row]] = list(pages)
        self.changes: list[Sequence[Row]] = [[]]
        self.single: dict[str, Row] = {}
        self.instead: dict[str, Callable[[], Reply]] = {}
        self.no_delta: Reply | None = None
        self.by_end: dict[str, Reply] = {}

    def _answer(self, item: Item) -> Reply:
        address = urlsplit(item["url"])
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        token = (
            query.get("$skiptoken") or query.get("$deltatoken") or ("start" if address.path in (DELTA, VIEW) else "")
        )
        for end, reply in self.by_end.items():
            if address.path.endswith(end):
                return reply
        if (address.path, token) == (DELTA, "start") and self.no_delta is not None:
            return self.no_delta
        if token in self.instead:
            return self.instead[token]()
        if address.path.endswith("/calendar"):
            return 200, {"id": "elsewhere"}
        if not token:
            found = self.single.get(address.path.rsplit("/", 1)[1])
            return (200, found) if found else (404, error("ErrorItemNotFound"))
        kind, _, at = token.partition("-")
        pages = self.view if kind == "start" else self.changes
        return 200, _page(pages[int(at or 0)], kind, int(at or 0) + 1, last=int(at or 0) + 1 == len(pages))

    def read(self, previous: MultiRead | None = None, *paired: str, window: tuple[str, str] = WINDOW) -> MultiRead:
        wanted = pd.DataFrame({"entra_id": ["søren"], "calendar_id": ["cal="]}, dtype="str")
        rows = [("søren", name) for name in paired]
        pairs = pd.DataFrame(rows, columns=IN_MAILBOX, dtype="str")
        earlier = None if previous is None else previous.frames
        return Events(self.connection()).read(wanted, window, earlier, pairs)


def _page(rows: Sequence[Row], kind: str, following: int, *, last: bool) -> Row:
    link = (
        ("@odata.deltaLink", "$deltatoken=changes") if last else ("@odata.nextLink", f"$skiptoken={kind}-{following}")
    )
    return {"value": list(rows), link[0]: f"{BASE}{DELTA}?{link[1]}"}


def _titles(read: MultiRead) -> dict[str, str]:
    frame = read.frames["entra_events"]
    return dict(zip(frame["event_id"], frame["title"], strict=True))


def _tokens(graph: Outlook) -> list[str]:
    """What was asked of the calendar's view: "start" for a whole read, else the token."""
    return [url.partition("token=")[2] or "start" for url in graph.asked() if "delta" in url]


# --- how it is asked --------------------------------------------------------------------------------------------------


def test_pages_are_followed_whole_and_relative_with_the_preferences_on_each() -> None:
    graph = Outlook([_event("a")], [], [_event("b", 6)])
    read = graph.read()
    assert list(_titles(read)) == ["a", "b"]
    assert _tokens(graph) == ["start", "start-1", "start-2"]
    assert graph.asked()[0] == f"{DELTA}?startDateTime=2026-11-01T00%3A00%3A00Z&endDateTime=2026-12-01T00%3A00%3A00Z"
    assert graph.asked()[1] == f"{DELTA}?$skiptoken=start-1"
    for batch in graph.batches:
        preferred = batch[0]["headers"]["Prefer"]
        assert all(
            wish in preferred for wish in ('IdType="ImmutableId"', 'outlook.timezone="UTC"', "odata.maxpagesize=")
        )
    assert read.certificate.pages == 3


def test_the_cursor_is_for_the_window_and_the_link_whole() -> None:
    (cursor,) = Outlook([]).read().frames["entra_cursors"].to_dict("records")
    assert cursor == {
        "entra_id": "søren", "calendar_id": "cal=", "window_start": WINDOW[0], "window_end": WINDOW[1],
        "delta_link": f"{BASE}{DELTA}?$deltatoken=changes",
    }  # fmt: skip


def test_what_has_not_changed_is_asked_for_once_and_stays() -> None:
    graph = Outlook([_event("a"), _event("b")])
    first = graph.read()
    second = graph.read(first)
    assert second.frames["entra_events"].equals(first.frames["entra_events"])
    assert _tokens(graph) == ["start", "changes"]


@pytest.mark.parametrize("window", [(WINDOW[0], "2026-12-02T00:00:00Z"), ("2026-11-02T00:00:00Z", WINDOW[1])])
def test_another_window_is_read_whole(window: tuple[str, str]) -> None:
    graph = Outlook([_event("a")])
    first = graph.read()
    graph.read(first, window=window)
    assert _tokens(graph) == ["start", "start"]


def test_a_cursor_of_another_host_is_not_asked() -> None:
    graph = Outlook([_event("a")])
    first = graph.read()
    first.frames["entra_cursors"]["delta_link"] = "https://elsewhere.example/v1.0/users/søren/delta"
    assert list(_titles(graph.read(first))) == ["a"]
    assert _tokens(graph) == ["start", "start"]


def test_events_of_a_calendar_that_is_not_wanted_any_more_are_not_kept() -> None:
    first = Outlook([_event("a")]).read()
    wanted = pd.DataFrame(columns=["entra_id", "calendar_id"], dtype="str")
    none = pd.DataFrame(columns=IN_MAILBOX, dtype="str")
    read = Events(Outlook().connection()).read(wanted, WINDOW, first.frames, none)
    assert [len(frame) for frame in read.frames.values()] == [0, 0]


# --- what a delta tells -----------------------------------------------------------------------------------------------


def _after(
    first: Sequence[Row], *changes: Sequence[Row], now: Sequence[Row] | None = None
) -> tuple[Outlook, MultiRead]:
    """A calendar read whole and then by delta; `now` is what a whole read would show by then."""
    graph = Outlook(first)
    read = graph.read()
    graph.changes = list(changes)
    graph.view = [now if now is not None else first]
    return graph, graph.read(read)


def test_new_changed_and_removed_events() -> None:
    before = [_event("a"), _event("b"), _event("c")]
    _, read = _after(before, [_event("b", subject="Rykket")], [_gone("a"), _event("d")])
    assert _titles(read) == {"b": "Rykket", "c": "Møde c", "d": "Møde d"}


def test_the_last_word_on_an_event_counts_however_often_it_comes() -> None:
    first, last = _event("a", subject="først"), _event("a", subject="sidst")
    _, read = _after([_event("a"), _event("b")], [first, _gone("b")], [last, _event("b", subject="igen")], [last])
    assert _titles(read) == {"a": "sidst", "b": "igen"}


def test_what_was_brought_and_removed_in_one_round_is_not_there() -> None:
    graph, read = _after([_event("a")], [_event("b"), _gone("a"), _event("a")], [_gone("b")])
    assert _titles(read) == {"a": "Møde a"}
    assert _tokens(graph)[-1] == "start"  # "b" may have been a series, for all that is known of it


def test_repeats_in_a_whole_read_are_merged() -> None:
    graph = Outlook([_event("a", subject="først"), _event("b")], [_gone("b"), _event("a", subject="sidst")])
    assert _titles(graph.read()) == {"a": "sidst"}


def test_a_series_that_changed_is_read_whole_because_its_gone_occurrences_are_not_changes_since() -> None:
    before = [_series(), _occurrence("o1", 2), _occurrence("o2", 3), _event("a")]
    now = [_series("Scrum"), _occurrence("o2", 3), _event("a")]
    graph, read = _after(before, [_series("Scrum"), _occurrence("o2", 3)], now=now)
    assert _titles(read) == {"a": "Møde a", "o2": "Scrum"}
    assert _tokens(graph) == ["start", "changes", "start"]


def test_an_occurrence_whose_series_came_in_an_earlier_round_has_its_contents() -> None:
    now = [_series(), _occurrence("o1", 2), _occurrence("o2", 3)]
    _, read = _after([_series(), _occurrence("o1", 2)], [_occurrence("o2", 3)], now=now)
    assert _titles(read) == {"o1": "Stand-up", "o2": "Stand-up"}


def test_a_series_that_is_gone_takes_its_occurrences_along() -> None:
    _, read = _after([_series(), _occurrence("o1", 2), _event("a")], [_gone("series")], now=[_event("a")])
    assert _titles(read) == {"a": "Møde a"}


def test_an_exception_has_contents_of_its_own() -> None:
    changed = _event("o1", 2, type="exception", seriesMasterId="series", subject="Kun i dag")
    graph, read = _after([_series(), _occurrence("o1", 2), _occurrence("o2", 3)], [changed])
    assert _titles(read) == {"o1": "Kun i dag", "o2": "Stand-up"}
    assert _tokens(graph) == ["start", "changes"]


def test_an_occurrence_without_its_series_is_asked_for_by_itself() -> None:
    graph = Outlook([_occurrence("o1", 2, "not shown"), _occurrence("o2", 3, "not shown"), _event("a")])
    graph.single = {"o1": _event("o1", 2, subject="Inviteret til én")}
    assert _titles(graph.read()) == {"a": "Møde a", "o1": "Inviteret til én"}


def test_an_event_that_only_touches_the_window_is_not_in_it() -> None:
    before = {"start": _at(1, 0) | {"dateTime": "2026-10-31T23:00:00"}, "end": _at(1, 0)}
    graph = Outlook([_event("a"), _event("touching") | before])
    first = graph.read()
    assert _titles(first) == {"a": "Møde a"}
    assert _titles(graph.read(first)) == {"a": "Møde a"}


# --- when a delta fails -----------------------------------------------------------------------------------------------

EXPIRED: list[Reply] = [
    (410, error("syncStateNotFound")),
    (410, error("SyncStateNotFound"), {"Location": f"{BASE}{DELTA}"}),
    (400, error("resyncRequired")),
    (400, error("SYNCSTATENOTFOUND")),
    (410, None),
    (404, error("ErrorItemNotFound")),
    (400, error("ErrorInvalidUrlQuery")),
    (200, {"value": []}),
    (200, {"value": "x", "@odata.deltaLink": "x"}),
    (200, {"value": ["x"], "@odata.deltaLink": "x"}),
    (200, {"value": [], "@odata.nextLink": f"{BASE}{DELTA}?$deltatoken=changes"}),
    (200, {"value": [], "@odata.nextLink": "https://elsewhere.example/"}),
]


@pytest.mark.parametrize("reply", EXPIRED)
def test_a_delta_that_fails_for_whatever_reason_is_a_whole_read(reply: Reply) -> None:
    graph = Outlook([_event("a")])
    first = graph.read()
    graph.instead, graph.view = {"changes": lambda: reply}, [[_event("b")]]
    assert _titles(graph.read(first)) == {"b": "Møde b"}


def test_a_chain_that_expires_is_read_from_its_start() -> None:
    replies: list[Reply] = [(410, error("syncStateNotFound")), (200, _page([_event("b")], "start", 2, last=True))]
    graph = Outlook([_event("a")], [_event("b")])
    graph.instead = {"start-1": lambda: replies.pop(0)}
    assert list(_titles(graph.read())) == ["a", "b"]
    assert _tokens(graph) == ["start", "start-1", "start", "start-1"]


STAYING: list[tuple[Reply, str]] = [
    ((410, error("syncStateNotFound")), "410 syncStateNotFound"),
    ((404, error("ErrorOfItsOwn")), "404 ErrorOfItsOwn"),
    ((404, None), "404"),
    ((400, error("ErrorInvalidParameter")), "400 ErrorInvalidParameter"),
    ((200, {"value": []}), "no_answer"),
    ((200, {"value": [{"id": None}], "@odata.deltaLink": f"{BASE}/"}), "no_answer"),
    ((200, {"value": [{"id": "a"}], "@odata.deltaLink": f"{BASE}/"}), "no_answer"),
    ((200, {"value": [7], "@odata.deltaLink": f"{BASE}/"}), "no_answer"),
    ((200, {"value": {}, "@odata.deltaLink": f"{BASE}/"}), "no_answer"),
    ((200, {"value": [{"id": "a", "seriesMasterId": []}], "@odata.deltaLink": f"{BASE}/"}), "no_answer"),
    ((200, {"value": [{"id": "a", "type": {}}], "@odata.deltaLink": f"{BASE}/"}), "no_answer"),
    ((200, {"value": [{"id": "a", "start": {"timeZone": []}}], "@odata.deltaLink": f"{BASE}/"}), "no_answer"),
    ((200, {"value": [], "@odata.nextLink": f"{BASE}{DELTA}"}), "no_answer"),
    ((200, {"value": [], "@odata.nextLink": "https://elsewhere.example/v1.0/x"}), "no_answer"),
    ((200, {"value": [], "@odata.nextLink": f"{BASE}x/users"}), "no_answer"),
]


@pytest.mark.parametrize(("reply", "code"), STAYING)
def test_a_whole_read_that_fails_makes_the_mailbox_unreadable(reply: Reply, code: str) -> None:
    graph = Outlook()
    graph.instead = {"start": lambda: reply}
    _is_unreadable(graph.read(), {"søren": code})


TIMES = ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-02:00", "2026-13-45T99:99:99Z", "\0", None]


@pytest.mark.parametrize("time", TIMES)
def test_a_time_that_is_none_makes_the_mailbox_unreadable(time: str | None) -> None:
    graph, end = Outlook(), {"dateTime": "2026-11-05T10:00:00", "timeZone": "UTC"}
    event = {"id": "a", "subject": "Møde", "start": {"dateTime": time, "timeZone": "UTC"}, "end": end}
    graph.instead = {"start": lambda: (200, {"value": [event], "@odata.deltaLink": f"{BASE}/"})}
    _is_unreadable(graph.read(), {"søren": "no_answer"})


def test_a_form_that_was_not_foreseen_is_logged_with_the_line_and_without_the_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    graph = Outlook()
    bare = {"id": "a", "type": "occurrence", "seriesMasterId": ["Lønsamtale"]}
    graph.instead = {"start": lambda: (200, {"value": [bare], "@odata.deltaLink": f"{BASE}/"})}
    _is_unreadable(graph.read(), {"søren": "no_answer"})
    [logged] = caplog.messages
    assert re.search(r"entra_events could not be read: .* not foreseen \(TypeError, \w+\.py, line \d+\)$", logged)
    assert "Lønsamtale" not in logged


def test_a_chain_that_expires_again_and_again_is_given_up() -> None:
    graph = Outlook([], [])
    graph.instead = {"start-1": lambda: (410, error("syncStateNotFound"))}
    _is_unreadable(graph.read(), {"søren": "no_answer"})


def _is_unreadable(read: MultiRead, who: dict[str, str]) -> None:
    assert read.unreadable == who
    assert not any(len(frame) for frame in read.frames.values())


def test_a_missing_permission_is_named() -> None:
    graph = Outlook()
    graph.instead = {"start": lambda: (403, error("ErrorAccessDenied"))}
    with pytest.raises(CredentialsError, match=r"Calendars\.ReadWrite"):
        graph.read()


# --- paired events ----------------------------------------------------------------------------------------------------

AFTER = {
    "start": _at(1, 9) | {"dateTime": "2027-03-01T09:00:00"},
    "end": _at(1, 9) | {"dateTime": "2027-03-01T10:00:00"},
}


def test_paired_events_that_the_window_shows_are_not_asked_for() -> None:
    graph = Outlook([_event("a")])
    assert list(_titles(graph.read(None, "a"))) == ["a"]
    assert len(graph.asked()) == 1


def test_paired_events_out_of_the_window_are_read_by_themselves_each_time() -> None:
    graph = Outlook([_event("a")])
    graph.single = {"later": _event("later") | AFTER}
    first = graph.read(None, "later", "gone")
    assert _titles(first) == {"a": "Møde a", "later": "Møde later"}
    graph.single = {"later": _event("later", changeKey="2") | AFTER}
    second = graph.read(first, "later", "gone").frames["entra_events"]
    assert dict(zip(second["event_id"], second["change_key"], strict=True)) == {"a": "1", "later": "2"}


def test_an_event_out_of_the_window_is_forgotten_with_its_pair() -> None:
    graph = Outlook([_event("a")])
    graph.single = {"later": _event("later") | AFTER}
    assert list(_titles(graph.read(graph.read(None, "later")))) == ["a"]


def test_e0_a_paired_event_that_was_moved_to_another_calendar_is_read_with_where_it_stands() -> None:
    graph = Outlook([_event("a")])
    graph.single = {"moved": _event("moved")}
    frame = graph.read(None, "moved").frames["entra_events"]
    assert dict(zip(frame["event_id"], frame["calendar_id"], strict=True)) == {"a": "cal=", "moved": "elsewhere"}


# --- calendars without a delta ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 403, 404, 405, 501])
def test_a_calendar_whose_delta_is_refused_is_read_by_its_view(status: int) -> None:
    graph = Outlook([_event("a")], [_event("b", 6)])
    graph.no_delta = (status, error("ErrorInvalidRequest"))
    first = graph.read()
    assert (list(_titles(first)), first.unreadable) == (["a", "b"], {})
    assert first.frames["entra_cursors"]["delta_link"].tolist() == [""]
    graph.no_delta = None
    assert list(_titles(graph.read(first))) == ["a", "b"]
    assert [url.partition("?")[0] for url in graph.asked() if "startDateTime" in url] == [DELTA, VIEW, DELTA]


def test_where_its_view_is_refused_too_the_mailbox_is_unreadable_by_what_that_said() -> None:
    graph = Outlook([_event("a")])
    graph.no_delta = (400, error("ErrorInvalidRequest"))
    graph.instead = {"start": lambda: (403, error("ErrorQuotaExceeded"))}
    _is_unreadable(graph.read(), {"søren": "403 ErrorQuotaExceeded"})


@pytest.mark.parametrize("row", [None, 7, [], {"id": []}, {"id": "a", "type": "seriesMaster", "start": 7}])
def test_a_view_with_a_row_that_is_no_event_makes_the_mailbox_unreadable(row: object) -> None:
    graph = Outlook()
    graph.no_delta = (400, error("ErrorInvalidRequest"))
    graph.instead = {"start": lambda: (200, {"value": [row, {"id": "b"}]})}
    _is_unreadable(graph.read(), {"søren": "no_answer"})


CLOSED = [(404, "MailboxNotEnabledForRESTAPI"), (403, "ErrorAccessDenied"), (404, "ErrorItemNotFound")]


@pytest.mark.parametrize(("status", "code"), CLOSED)
def test_a_calendar_that_is_listed_and_not_opened_has_a_cursor_without_link(status: int, code: str) -> None:
    shown = _page([_event("a")], "start", 1, last=True)
    graph = ScriptedGraph(lambda item: (status, error(code)) if "/closed/" in item["url"] else (200, shown))
    wanted = pd.DataFrame({"entra_id": ["søren"] * 2, "calendar_id": ["cal=", "closed"]}, dtype="str")
    nothing = pd.DataFrame(columns=IN_MAILBOX, dtype="str")
    first = Events(graph.connection()).read(wanted, WINDOW, None, nothing)
    assert _titles(first) == {"a": "Møde a"}
    links = first.frames["entra_cursors"].set_index("calendar_id")["delta_link"]
    assert links.isna().to_dict() == {"cal=": False, "closed": True}
    second = Events(graph.connection()).read(wanted, WINDOW, first.frames, nothing)
    assert (
        second.frames["entra_cursors"].set_index("calendar_id")["delta_link"].isna().to_dict() == links.isna().to_dict()
    )


@pytest.mark.parametrize(("status", "code"), CLOSED[:2])
def test_paired_events_of_a_mailbox_that_is_not_available_are_left_out(status: int, code: str) -> None:
    graph = ScriptedGraph(lambda _: (status, error(code)))
    wanted = pd.DataFrame(columns=["entra_id", "calendar_id"], dtype="str")
    paired = pd.DataFrame([("u", "e")], columns=IN_MAILBOX, dtype="str")
    assert len(Events(graph.connection()).read(wanted, WINDOW, None, paired).frames["entra_events"]) == 0


@pytest.mark.parametrize(("status", "code"), CLOSED[:2])
@pytest.mark.parametrize("denied", ["/events/later", "/events/later/calendar"])
def test_c7_a_paired_event_that_is_not_opened_is_not_gone_and_closes_its_mailbox(
    status: int, code: str, denied: str
) -> None:
    graph = Outlook([_event("a")])
    graph.single = {"later": _event("later") | AFTER}
    graph.by_end = {denied: (status, error(code))}
    read = graph.read(None, "later")
    assert (list(_titles(read)), read.unreadable) == (["a"], {})
    assert read.frames["entra_cursors"]["delta_link"].isna().tolist() == [True]
    graph.by_end = {}
    assert list(_titles(graph.read(read, "later"))) == ["a", "later"]


def test_c7_an_occurrence_without_its_series_that_is_not_opened_closes_its_calendar() -> None:
    graph = Outlook([_event("a"), _occurrence("o", 6)])
    graph.by_end = {"/events/o": (403, error("ErrorAccessDenied"))}
    with pytest.raises(CredentialsError, match=r"Calendars\.ReadWrite"):
        graph.read()  # it is the only calendar


def test_a_paired_event_that_cannot_be_read_makes_its_mailbox_unreadable() -> None:
    graph = ScriptedGraph(lambda _: (400, error("ErrorInvalidIdMalformed")))
    wanted = pd.DataFrame(columns=["entra_id", "calendar_id"], dtype="str")
    paired = pd.DataFrame([("u", "e")], columns=IN_MAILBOX, dtype="str")
    read = Events(graph.connection()).read(wanted, WINDOW, None, paired)
    assert read.unreadable == {"u": "400 ErrorInvalidIdMalformed"}


def test_a_read_of_an_earlier_version_is_not_continued() -> None:
    cursor = {"id": None, "entra_id": "søren", "calendar_id": "cal=", "delta_link": "https://next"}
    times = {"window_start": WINDOW[0], "window_end": WINDOW[1]}
    read = {
        "entra_events": mailbox_frames.events({("søren", "cal="): [_event("a")]}),
        "entra_cursors": mailbox_frames.cursors([cursor | times]),
    }
    wanted = pd.DataFrame({"entra_id": ["søren"], "calendar_id": ["cal="]}, dtype="str")
    assert [len(frame) for frame in event_deltas.usable(read, wanted, WINDOW)] == [1, 1]
    read["entra_events"] = read["entra_events"].drop(columns="cancelled")
    assert [len(frame) for frame in event_deltas.usable(read, wanted, WINDOW)] == [0, 0]
