"""The Graph client against the sandbox: photos, calendars and events of many people, the application, one object."""

import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
import pytest

from assets.entra import events
from assets.entra.client import GraphClient
from assets.entra.snapshots import EVENT
from assets.environment import Environment
from assets.errors import CredentialsError, EntraEmplyError, SourceUnreadable
from assets.frames import MultiRead, Read
from assets.http import ATTEMPTS
from assets.storage import FrameStore
from sandbox import Sandbox
from tests.fake_time import FakeTime

PEOPLE = 45  # three batches
IDS = [f"u{n:02}" for n in range(PEOPLE)]
WINDOW = ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
NO_PAIRS = pd.DataFrame(columns=EVENT, dtype="str")
CANARY = "Fyringssamtale med Søren"
Row = dict[str, Any]


def _event(name: str, day: int = 5, **more: object) -> Row:
    """An event of a day of November."""
    return {
        "id": name, "subject": CANARY, "changeKey": f"{name}-1", "showAs": "busy", "isAllDay": False,
        "start": f"2026-11-{day:02}T09:00:00Z", "end": f"2026-11-{day:02}T10:00:00Z", **more,
    }  # fmt: skip


def _series(name: str, *days: int) -> Row:
    occurrences = [{"id": f"{name}-{day}", **_times(day)} for day in days]
    return _event(name, days[0], type="seriesMaster", occurrences=occurrences)


def _times(day: int) -> Row:
    return {"start": f"2026-11-{day:02}T12:00:00Z", "end": f"2026-11-{day:02}T13:00:00Z"}


def _calendars(user: str) -> list[Row]:
    own = [_event(f"{user}-{day}", day) for day in range(1, 5)]
    return [
        {"id": f"{user}-own", "name": "Kalender", "canEdit": True, "isDefaultCalendar": True, "events": own},
        {"id": f"{user}-team", "name": "Zespół", "canEdit": False, "events": []},
    ]


def _company() -> Row:
    calendars: Row = {user: _calendars(user) for user in IDS[:40]}
    calendars["u41"] = {"error": "ErrorAccessDenied"}
    calendars["u07"][0]["events"].append(_series("daily", 2, 3, 4))
    return {
        "users": [{"id": user, "userPrincipalName": f"{user}@contoso.com"} for user in IDS],
        "groups": [
            {"id": "sso", "displayName": "Çalışanlar", "members": ["u03", "u04", "inner"]},
            {"id": "inner", "displayName": "Inner", "members": ["u05"]},
        ],
        "deletedUsers": [{"id": "gone", "userPrincipalName": "gonezoe@contoso.com"}],
        "servicePrincipals": [
            {
                "id": "app",
                "appRoleAssignmentRequired": True,
                "appRoleAssignedTo": [
                    {"principalType": kind, "principalId": name}
                    for kind, name in (("User", "u01"), ("Group", "sso"), ("ServicePrincipal", "other"))
                ],
            }
        ],
        "photos": {
            "u01": {"mediaEtag": 'W/"1"', "contentBase64": "/9j/4AAQ"},
            "u02": {"mediaEtag": "", "contentBase64": ""},
            "u03": {"mediaEtag": 'W/"3"', "contentBase64": "/9j/4AAQ"},
        },
        "calendars": calendars,
    }


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def server(running: Sandbox) -> Sandbox:
    """A tenant of 45 people, 40 with a mailbox and one with a closed one; the log, faults and settings are fresh."""
    running.put_state({"entra": _company()})
    running.reset()
    return running


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def client(server: Sandbox, time: FakeTime) -> Iterator[GraphClient]:
    made = GraphClient(Environment.load(server.environment), time.timing())
    yield made
    made.close()


def _wanted(*users: str) -> pd.DataFrame:
    rows = [(user, f"{user}-{which}") for user in users or IDS[:40] for which in ("own", "team")]
    return pd.DataFrame(rows, columns=["entra_id", "calendar_id"], dtype="str")


def _events(client: GraphClient, previous: MultiRead | None = None, paired: pd.DataFrame = NO_PAIRS) -> MultiRead:
    return client.events(_wanted(), WINDOW, None if previous is None else previous.frames, paired)


def _sent(server: Sandbox) -> list[Row]:
    return [entry for entry in server.requests() if entry["path"].startswith("/v1.0")]


def _items(server: Sandbox) -> list[Row]:
    return [item for entry in _sent(server) for item in entry.get("batch", ())]


# --- what is read -----------------------------------------------------------------------------------------------------


def test_photos_are_the_etags_of_those_who_have_one(server: Sandbox, client: GraphClient) -> None:
    read = client.photos([*IDS, "nobody"])
    assert read.frame.to_numpy().tolist() == [["u01", 'W/"1"'], ["u03", 'W/"3"']]
    assert (read.certificate.source, read.certificate.pages, read.certificate.rows) == ("entra_photos", 46, 2)
    assert [entry["path"] for entry in _sent(server)] == ["/v1.0/$batch"] * 3


def test_mailboxes_and_their_calendars(client: GraphClient) -> None:
    read = client.calendars([*IDS, "nobody"])
    mailboxes, calendars = read.frames["entra_mailboxes"], read.frames["entra_calendars"]
    assert list(mailboxes.loc[~mailboxes["available"], "entra_id"]) == ["nobody", *IDS[40:]]
    assert calendars.iloc[:2].to_numpy().tolist() == [
        ["u00", "u00-own", "Kalender", True, True], ["u00", "u00-team", "Zespół", False, False]
    ]  # fmt: skip
    assert len(calendars) == read.certificate.rows == 80


def test_calendars_of_many_pages_are_read_whole(server: Sandbox, client: GraphClient) -> None:
    many = [{"id": f"c{n:03}", "name": "Þ", "isDefaultCalendar": n == 249} for n in range(250)]
    server.change_state({"entra": {"calendars": {"u00": many}}})
    assert len(client.calendars(["u00"]).frames["entra_calendars"]) == 250
    assert len(_items(server)) == 3


def test_events_of_the_window_series_expanded(server: Sandbox, client: GraphClient) -> None:
    read = _events(client)
    frame = read.frames["entra_events"]
    assert len(frame) == 40 * 4 + 3
    assert frame.loc[frame["event_id"] == "daily-3"].to_numpy().tolist() == [
        ["u07", "u07-own", "daily-3", CANARY, "2026-11-03T12:00:00Z", "2026-11-03T13:00:00Z", False, "busy", "normal",
         "daily-1"]
    ]  # fmt: skip
    assert len(read.frames["entra_cursors"]) == 80
    assert len(_sent(server)) == 4


def test_deleted_users_and_the_application(client: GraphClient) -> None:
    assert client.deleted_users().frame.to_numpy().tolist() == [["gone", "gonezoe@contoso.com"]]
    found = client.application("app").frames
    assert found["entra_application"].to_numpy().tolist() == [["app", True]]
    assert list(found["entra_assigned"]["entra_id"]) == ["u01", "u03", "u04"]


def test_an_application_that_does_not_exist_has_no_row(client: GraphClient) -> None:
    read = client.application("no such")
    assert [len(frame) for frame in read.frames.values()] == [0, 0]
    assert read.certificate.rows == 0


def test_a_group_that_went_meanwhile_assigns_nobody(server: Sandbox, client: GraphClient) -> None:
    body = {"error": {"code": "Request_ResourceNotFound"}}
    server.put_faults({"path": "/groups/sso/members", "fault": {"status": 404, "body": body}})
    assert list(client.application("app").frames["entra_assigned"]["entra_id"]) == ["u01"]


def test_a_mailbox_is_asked_for_four_things_at_a_time(server: Sandbox, client: GraphClient) -> None:
    many = [{"id": f"c{n}", "isDefaultCalendar": n == 0, "events": [_event(f"e{n}")]} for n in range(30)]
    server.change_state({"entra": {"calendars": {"u00": many}}})
    wanted = pd.DataFrame({"entra_id": ["u00"] * 30, "calendar_id": [row["id"] for row in many]}, dtype="str")
    assert len(client.events(wanted, WINDOW, None, NO_PAIRS).frames["entra_events"]) == 30
    assert {item["status"] for item in _items(server)} == {200}


def test_nothing_is_asked_for_nobody(server: Sandbox, client: GraphClient) -> None:
    assert len(client.photos([]).frame) == 0
    assert [len(frame) for frame in client.calendars([]).frames.values()] == [0, 0]
    assert [len(frame) for frame in client.events(_wanted().head(0), WINDOW, None, NO_PAIRS).frames.values()] == [0, 0]
    assert _sent(server) == []


# --- a delta is as good as a whole read -------------------------------------------------------------------------------


def _days(chance: random.Random) -> Row:
    """Sometimes within the window, sometimes out of it, sometimes over its end."""
    day = chance.choice(["2026-10-31", "2026-11-01", "2026-11-15", "2026-11-30", "2026-12-01", "2026-12-24"])
    hours = chance.choice([("00", "00:30"), ("09", "10:00"), ("23", "23:59")])
    return {"start": f"{day}T{hours[0]}:00:00Z", "end": f"{day}T{hours[1]}:00Z"}


def _changed(chance: random.Random, rows: list[Row], number: int) -> list[Row]:  # noqa: PLR0911 - one for each deed
    """A calendar's events after one thing that its owner did."""
    new = f"n{number}"
    key = {"changeKey": new}
    singles = [row for row in rows if row.get("type") != "seriesMaster"]
    series = [row for row in rows if row.get("type") == "seriesMaster"]
    one = chance.choice(singles) if singles else None
    of = chance.choice(series) if series else None
    occurrences = of["occurrences"] if of else []
    do = chance.choice(["add", "add series", "change", "move", "remove", "retitle", "cancel", "except", "end"])
    match do:
        case "add":
            return [*rows, _event(new) | _days(chance)]
        case "add series":
            return [*rows, _series(new, *chance.sample(range(1, 28), 3))]
        case "change" if one:
            return [one | {"subject": f"Ændret {number}"} | key if row is one else row for row in rows]
        case "move" if one:
            return [one | _days(chance) | key if row is one else row for row in rows]
        case "remove" if one:
            return [row for row in rows if row is not one]
        case "retitle" if of:
            return [of | {"subject": f"Seria {number}"} | key if row is of else row for row in rows]
        case "cancel" if len(occurrences) > 1:
            return [of | {"occurrences": occurrences[1:]} if of and row is of else row for row in rows]
        case "except" if occurrences:
            first = occurrences[0] | {"subject": f"Wyjątek {number}"} | key
            return [of | {"occurrences": [first, *occurrences[1:]]} if of and row is of else row for row in rows]
        case "end" if of:
            return [row for row in rows if row is not of]
    return rows


@pytest.mark.parametrize("seed", range(4))
def test_whatever_its_owners_do_a_delta_comes_to_what_a_whole_read_does(
    server: Sandbox, client: GraphClient, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    few = chance.choice([2, 50])
    monkeypatch.setattr(events, "_DELTA", {"Prefer": f"{events._PREFER}, odata.maxpagesize={few}"})
    owners = IDS[:6]
    rows = {user: _calendars(user)[0]["events"] for user in owners}
    pairs = [(user, f"{user}-own", f"n{n}") for user in owners for n in range(0, 60, 3)]
    paired = pd.DataFrame(pairs, columns=EVENT, dtype="str")
    wanted = _wanted(*owners)
    read, number = client.events(wanted, WINDOW, None, paired), 0
    for _ in range(6):
        for _ in range(chance.randrange(8)):
            user, number = chance.choice(owners), number + 1
            rows[user] = _changed(chance, rows[user], number)
        calendars = {user: [_calendars(user)[0] | {"events": rows[user]}, _calendars(user)[1]] for user in owners}
        server.change_state({"entra": {"calendars": calendars}})
        server.change_settings(delta_lifetime=0 if chance.random() < 0.1 else 1000)  # 0: every token has expired
        whole = client.events(wanted, WINDOW, None, paired)
        read = client.events(wanted, WINDOW, read.frames, paired)
        pd.testing.assert_frame_equal(read.frames["entra_events"], whole.frames["entra_events"])


def test_a_read_goes_on_from_stored_frames(server: Sandbox, client: GraphClient, tmp_path: Path) -> None:
    first = _events(client)
    store = FrameStore(str(tmp_path))
    store.write("run", "entra_events", first.frames)
    server.change_state({"entra": {"calendars": {"u00": [_calendars("u00")[0] | {"events": [_event("new")]}]}}})
    stored = store.read("run", "entra_events")
    assert isinstance(stored, dict)
    wanted = _wanted()[lambda frame: frame["calendar_id"] != "u00-team"]
    second = client.events(wanted, WINDOW, stored, NO_PAIRS).frames["entra_events"]
    assert len(second) == 160
    assert list(second.loc[second["entra_id"] == "u00", "event_id"]) == ["new"]
    pd.testing.assert_frame_equal(second, client.events(wanted, WINDOW, None, NO_PAIRS).frames["entra_events"])


def test_what_has_not_changed_costs_one_item_a_calendar(server: Sandbox, client: GraphClient) -> None:
    first = _events(client)
    server.clear_requests()
    second = _events(client, first)
    assert second.frames["entra_events"].equals(first.frames["entra_events"])
    assert len(_items(server)) == 80
    assert all("deltatoken" in item["url"] for item in _items(server))


@pytest.mark.parametrize("code", ["syncStateNotFound", "RESYNCREQUIRED"])
@pytest.mark.parametrize("status", [400, 410])
def test_an_expired_delta_is_a_whole_read_of_that_calendar(
    server: Sandbox, client: GraphClient, status: int, code: str
) -> None:
    first = _events(client)
    server.change_state({"entra": {"calendars": {"u00": []}}})
    server.change_state({"entra": {"calendars": {"u00": _calendars("u00")}}})
    body = {"error": {"code": code}}
    server.put_faults({"path": "u00-own/calendarView/delta", "times": 1, "fault": {"status": status, "body": body}})
    server.clear_requests()
    assert _events(client, first).frames["entra_events"].equals(first.frames["entra_events"])
    assert sum("startDateTime" in item["url"] for item in _items(server)) == 1


def test_paired_events_out_of_the_window_come_too(server: Sandbox, client: GraphClient) -> None:
    far = _event("far") | {"start": "2027-05-01T09:00:00Z", "end": "2027-05-01T10:00:00Z"}
    server.change_state({"entra": {"calendars": {"u00": [_calendars("u00")[0] | {"events": [far]}]}}})
    keys = [("u00", "u00-own", "far"), ("u00", "u00-own", "gone"), ("u42", "x", "no mailbox"), ("u41", "x", "closed")]
    paired = pd.DataFrame(keys, columns=EVENT, dtype="str")
    read = client.events(_wanted("u01"), WINDOW, None, paired).frames["entra_events"]
    assert list(read["event_id"]) == ["far", "u01-1", "u01-2", "u01-3", "u01-4"]


# --- trouble that passes ----------------------------------------------------------------------------------------------

READS: dict[str, tuple[str, Callable[[GraphClient], Read | MultiRead]]] = {
    "photos": (r"/photo$", lambda client: client.photos(IDS)),
    "calendars": (r"/calendars$", lambda client: client.calendars(IDS)),
    "events": (r"/calendarView/delta$", _events),
    "batch of photos": (r"\$batch$", lambda client: client.photos(IDS)),
    "batch of calendars": (r"\$batch$", lambda client: client.calendars(IDS)),
    "batch of events": (r"\$batch$", _events),
    "deleted users": (r"deletedItems/microsoft.graph.user$", GraphClient.deleted_users),
    "application": (r"servicePrincipals/app$", lambda client: client.application("app")),
    "assignments": (r"appRoleAssignedTo$", lambda client: client.application("app")),
    "assigned groups": (r"groups/sso/members$", lambda client: client.application("app")),
}
PAGED = {"calendars", "events", "deleted users", "assignments", "assigned groups"}
PASSING: dict[str, Row] = {
    "empty page with a nextLink": {"empty_page": True},
    "cut in half": {"truncate": 0.5},
    "500": {"status": 500},
    "503 with a wait": {"status": 503, "headers": {"Retry-After": "3"}},
    "504": {"status": 504},
    "not JSON": {"status": 200, "body": "<html>"},
    "429 without Retry-After": {"status": 429},
    "429 with 0": {"status": 429, "headers": {"Retry-After": "0"}},
    "429 with seconds": {"status": 429, "headers": {"Retry-After": "3"}},
    "429 with a date": {"status": 429, "headers": {"Retry-After": "Thu, 01 Jan 2026 00:00:00 GMT"}},
    "broken before": {"close": "before"},
    "broken inside": {"close": "mid-body"},
    "token refused": {"status": 401},
}
EVERY = [(name, fault) for name in READS for fault in PASSING if name in PAGED or not fault.startswith("empty")]


def _frames(read: Read | MultiRead) -> Mapping[str, pd.DataFrame]:
    frames = {"": read.frame} if isinstance(read, Read) else read.frames
    return {name: frame for name, frame in frames.items() if name != "entra_cursors"}


def _same(one: Read | MultiRead, other: Read | MultiRead) -> bool:
    return all(frame.equals(_frames(other)[name]) for name, frame in _frames(one).items())


@pytest.mark.parametrize(("name", "fault"), EVERY)
@pytest.mark.parametrize("times", [1, 3])
def test_trouble_that_passes_changes_nothing(
    server: Sandbox, client: GraphClient, name: str, fault: str, times: int
) -> None:
    path, read = READS[name]
    healthy = read(client)
    server.put_faults({"path": path, "times": 1 if fault == "token refused" else times, "fault": PASSING[fault]})
    assert _same(read(client), healthy)


@pytest.mark.parametrize("fault", PASSING)
def test_trouble_that_passes_changes_no_delta(server: Sandbox, client: GraphClient, fault: str) -> None:
    first = _events(client)
    server.put_faults({"path": "/calendarView/delta$", "times": 2, "fault": PASSING[fault]})
    assert _same(_events(client, first), first)


# --- trouble that stays -----------------------------------------------------------------------------------------------

STAYING: dict[str, tuple[Row, str]] = {
    "400": ({"status": 400}, "answered 400"),
    "500": ({"status": 500}, f"answered 500, also at attempt {ATTEMPTS}"),
    "cut in half": ({"truncate": 0.5}, "no JSON|not answered whole|answered (200|404)"),
    "storm of 429": ({"status": 429}, "answered 429"),
    "storm of 429 with 0": ({"status": 429, "headers": {"Retry-After": "0"}}, "answered 429"),
    "429 for a day": ({"status": 429, "headers": {"Retry-After": "86400"}}, "wait"),
    "broken before": ({"close": "before"}, "the connection failed"),
    "broken inside": ({"close": "mid-body"}, "the connection failed|not answered whole"),
    "redirect": ({"status": 302, "headers": {"Location": "/elsewhere"}}, "answered 302"),
    "404 without JSON": ({"status": 404, "body": "<html>not found</html>"}, "answered 404"),
    "a list": ({"status": 200, "body": []}, "no object|answered 200|not an object|not answered whole"),
}


@pytest.mark.parametrize("fault", STAYING)
@pytest.mark.parametrize("name", READS)
def test_trouble_that_stays_makes_the_source_unreadable(
    server: Sandbox, client: GraphClient, name: str, fault: str
) -> None:
    path, read = READS[name]
    what, said = STAYING[fault]
    server.put_faults({"path": path, "fault": what})
    with pytest.raises(SourceUnreadable, match=said):
        read(client)


def test_one_mailbox_that_cannot_be_read_makes_all_of_them_unreadable(server: Sandbox, client: GraphClient) -> None:
    server.put_faults({"path": "u13-own/calendarView", "fault": {"status": 400}})
    with pytest.raises(SourceUnreadable, match="for the mailbox of u13"):
        _events(client)


def test_one_calendar_that_is_not_opened_leaves_the_others_as_they_are(server: Sandbox, client: GraphClient) -> None:
    healthy = _events(client).frames["entra_events"]
    server.put_faults({"path": "u13-own/calendarView", "fault": {"status": 404}})
    read = _events(client).frames
    closed = read["entra_cursors"]["delta_link"].isna()
    assert list(read["entra_cursors"].loc[closed, "calendar_id"]) == ["u13-own"]
    others = healthy[healthy["calendar_id"] != "u13-own"].reset_index(drop=True)
    assert read["entra_events"].equals(others)


@pytest.mark.parametrize("rows", [[], [{"id": "c", "isDefaultCalendar": False}], [{"id": "c"}]])
def test_calendars_without_a_default_one_are_not_believed(
    server: Sandbox, client: GraphClient, rows: list[Row]
) -> None:
    healthy = client.calendars(IDS)
    fault = {"status": 200, "body": {"value": rows}}
    server.put_faults({"path": "u05/calendars$", "times": 2, "fault": fault})
    assert _same(client.calendars(IDS), healthy)
    server.put_faults({"path": "u05/calendars$", "fault": fault})
    with pytest.raises(SourceUnreadable, match="calendars of u05"):
        client.calendars(IDS)


@pytest.mark.parametrize("code", [
    "MailboxNotEnabledForRESTAPI", "MailboxNotSupportedForRESTAPI", "MailboxNotHostedInExchangeOnline",
    "ErrorItemNotFound", "ErrorInvalidUser", "ErrorNonExistentMailbox", "ResourceNotFound", "Request_ResourceNotFound",
])  # fmt: skip
def test_a_mailbox_that_does_not_exist_is_not_available(server: Sandbox, client: GraphClient, code: str) -> None:
    fault = {"status": 404, "body": {"error": {"code": code}}}
    server.put_faults({"path": "u05/calendars$", "fault": fault})
    mailboxes = client.calendars(["u05", "u06"]).frames["entra_mailboxes"]
    assert mailboxes.to_numpy().tolist() == [["u05", False], ["u06", True]]


def test_a_mailbox_that_is_being_moved_is_waited_for(server: Sandbox, client: GraphClient) -> None:
    fault = {"status": 404, "body": {"error": {"code": "ErrorMailboxMoveInProgress"}}}
    server.put_faults({"path": "u05/calendars$", "times": 2, "fault": fault})
    assert client.calendars(["u05"]).frames["entra_mailboxes"]["available"].all()
    server.put_faults({"path": "u05/calendars$", "fault": fault})
    with pytest.raises(SourceUnreadable):
        client.calendars(["u05"])


def test_a_closed_mailbox_alone_is_not_available(client: GraphClient) -> None:
    read = client.calendars(["u41"])
    assert read.frames["entra_mailboxes"].to_numpy().tolist() == [["u41", False]]


# --- permissions ------------------------------------------------------------------------------------------------------

NEEDED = ["User.Read.All", "GroupMember.Read.All", "Calendars.ReadWrite", "Application.Read.All"]


@pytest.mark.parametrize(
    ("name", "permission"),
    [
        ("photos", "User.Read.All"),
        ("calendars", "Calendars.ReadWrite"),
        ("events", "Calendars.ReadWrite"),
        ("deleted users", "User.Read.All"),
        ("application", "Application.Read.All"),
        ("assigned groups", "GroupMember.Read.All"),
    ],
)
def test_a_missing_permission_is_named(server: Sandbox, client: GraphClient, name: str, permission: str) -> None:
    server.change_settings(permissions=[each for each in NEEDED if each != permission])
    with pytest.raises(CredentialsError, match=permission):
        READS[name][1](client)


def test_reading_calendars_needs_no_right_to_write(server: Sandbox, client: GraphClient) -> None:
    server.change_settings(permissions=["Calendars.Read"])
    assert len(_events(client).frames["entra_events"]) == 163
    assert client.calendars(["u41"]).frames["entra_mailboxes"]["available"].sum() == 0
    assert client.calendar("u00", "u00-own") is not None


@pytest.mark.parametrize("call", [
    lambda client: client.calendars(["u00"]), lambda client: client.events(_wanted("u00"), WINDOW, None, NO_PAIRS),
    lambda client: client.calendar("u00", "u00-own"), lambda client: client.default_calendar("u00"),
    lambda client: client.event("u00", "u00-1"), lambda client: client.find_event("u00", "u00-own", "t", *WINDOW),
])  # fmt: skip
def test_every_request_to_a_mailbox_asks_for_immutable_ids(
    client: GraphClient, monkeypatch: pytest.MonkeyPatch, call: Callable[[GraphClient], object]
) -> None:
    sent: list[Any] = []
    send = client.service._send
    monkeypatch.setattr(client.service, "_send", lambda *a, **how: (sent.append(how), send(*a, **how))[1])
    call(client)
    inside = [item["headers"] for how in sent if how.get("data") for item in orjson.loads(how["data"])["requests"]]
    headers = inside or [how["headers"] for how in sent]
    assert headers
    assert all('IdType="ImmutableId"' in each["Prefer"] for each in headers)


# --- one object, as it is now -----------------------------------------------------------------------------------------


def test_one_photo_with_its_content(client: GraphClient) -> None:
    assert client.photo("u01") == ('W/"1"', b"\xff\xd8\xff\xe0\x00\x10")
    assert [client.photo(user) for user in ("u02", "u04", "nobody")] == [None] * 3


def test_a_photo_that_changes_while_it_is_read_is_read_again(server: Sandbox, client: GraphClient) -> None:
    server.put_faults({"path": "/photo$", "times": 1, "fault": {"status": 200, "body": {"@odata.mediaEtag": "older"}}})
    assert client.photo("u01") == ('W/"1"', b"\xff\xd8\xff\xe0\x00\x10")
    assert sum(entry["path"].endswith("$value") for entry in _sent(server)) == 2


def test_one_calendar(client: GraphClient) -> None:
    own = client.calendar("u00", "u00-own")
    assert own is not None
    assert (own["id"], own["name"], own["canEdit"], own["isDefaultCalendar"]) == ("u00-own", "Kalender", True, True)
    assert client.default_calendar("u00") == {
        **own,
        "@odata.context": (client.default_calendar("u00") or {})["@odata.context"],
    }
    assert [client.calendar("u00", "gone"), client.calendar("u42", "x"), client.calendar("nobody", "x")] == [None] * 3
    assert [client.default_calendar("u42"), client.default_calendar("nobody")] == [None, None]


def test_one_event_in_the_words_of_a_plan(client: GraphClient) -> None:
    assert client.event("u00", "u00-1") == {
        "id": "u00-1", "title": CANARY, "start": "2026-11-01T09:00:00Z", "end": "2026-11-01T10:00:00Z",
        "isAllDay": False, "showAs": "busy", "sensitivity": None, "changeKey": "u00-1-1", "transactionId": None,
    }  # fmt: skip
    assert [client.event("u00", "gone"), client.event("u42", "x"), client.event("nobody", "x")] == [None] * 3


def test_an_event_is_found_by_its_transaction(server: Sandbox, client: GraphClient) -> None:
    made = [_event(f"e{n}", transactionId=f"t{n}") for n in range(120)]
    server.change_state({"entra": {"calendars": {"u00": [_calendars("u00")[0] | {"events": made}]}}})
    when = ("2026-11-05T09:00:00Z", "2026-11-05T10:00:00Z")
    found = client.find_event("u00", "u00-own", "t119", *when)
    assert found is not None
    assert (found["id"], found["transactionId"]) == ("e119", "t119")
    assert client.find_event("u00", "u00-own", "other", *when) is None
    assert client.find_event("u00", "gone", "t1", *when) is None


def test_a_calendar_shows_its_own_events_only(server: Sandbox, client: GraphClient) -> None:
    when = ("2026-11-01T09:00:00Z", "2026-11-01T10:00:00Z")
    assert client.shows_event("u00", "u00-own", "u00-1", *when)
    assert client.shows_event("u07", "u07-own", "daily-2", "2026-11-02T12:00:00Z", "2026-11-02T13:00:00Z")
    own, team = _calendars("u00")
    moved = [own | {"events": own["events"][1:]}, team | {"events": own["events"][:1]}]
    server.change_state({"entra": {"calendars": {"u00": moved}}})
    assert client.event("u00", "u00-1") is not None
    assert not client.shows_event("u00", "u00-own", "u00-1", *when)
    assert not client.shows_event("u42", "none", "u00-1", *when)


LOOKS: dict[str, tuple[str, Callable[[GraphClient], object]]] = {
    "photo": ("/photo$", lambda client: client.photo("u01")),
    "content": (r"/photo/\$value$", lambda client: client.photo("u01")),
    "calendar": ("/u00-own$", lambda client: client.calendar("u00", "u00-own")),
    "default calendar": ("/calendar$", lambda client: client.default_calendar("u00")),
    "event": ("/events/u00-1$", lambda client: client.event("u00", "u00-1")),
    "transaction": ("/calendarView$", lambda client: client.find_event("u00", "u00-own", "t", *WINDOW)),
    "shows": ("/calendarView$", lambda client: client.shows_event("u00", "u00-own", "u00-1", *WINDOW)),
    "user": ("/users/u00@contoso.com$", lambda client: client.find_user("u00@contoso.com")),
}


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 404, "body": "<html>"}, {"status": 403},
                                   {"status": 200, "body": []}, {"close": "before"}])  # fmt: skip
@pytest.mark.parametrize("look", LOOKS)
def test_nothing_is_taken_for_gone_because_of_trouble(
    server: Sandbox, client: GraphClient, look: str, fault: Row
) -> None:
    path, call = LOOKS[look]
    server.put_faults({"path": path, "fault": fault})
    if (look, fault.get("body")) == ("content", []):
        return  # a photo may be any bytes
    with pytest.raises(EntraEmplyError):
        call(client)


def test_a_closed_mailbox_is_not_a_calendar_that_is_gone(client: GraphClient) -> None:
    for look in (client.calendar, client.event):
        with pytest.raises(SourceUnreadable, match="403 ErrorAccessDenied"):
            look("u41", "x")


# --- what never gets out ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["calendars", "events"])
def test_nobodys_words_are_in_an_error(server: Sandbox, client: GraphClient, name: str) -> None:
    path, read = READS[name]
    body = {"value": [{"id": "x", "isDefaultCalendar": True, "name": [CANARY], "subject": [CANARY]}],
            "@odata.deltaLink": f"{client.base}/x"}  # fmt: skip
    server.put_faults({"path": path, "fault": {"status": 200, "body": body}})
    with pytest.raises(SourceUnreadable, match="is not str") as error:
        read(client)
    assert CANARY not in str(error.value) + repr(error.value.__cause__) + repr(error.value.__context__)
