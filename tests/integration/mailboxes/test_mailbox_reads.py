"""The Graph client against the sandbox: photos, calendars and events of many people, the application, one object."""

from collections.abc import Callable

import pandas as pd
import pytest

from entra_emply.connectors.entra.client import GraphClient
from entra_emply.errors import EntraEmplyError, SourceUnreadable
from sandbox import Sandbox
from tests.integration.mailboxes.scenario import (
    CANARY,
    IDS,
    NO_PAIRS,
    WINDOW,
    Row,
    calendars_of,
    event,
    items,
    read_events,
    sent,
    wanted_calendars,
)


def test_photos_are_the_etags_of_those_who_have_one(server: Sandbox, client: GraphClient) -> None:
    read = client.mailboxes.photos([*IDS, "nobody"])
    assert read.frame.to_numpy().tolist() == [["u01", 'W/"1"'], ["u03", 'W/"3"']]
    assert (read.certificate.source, read.certificate.pages, read.certificate.rows) == ("entra_photos", 46, 2)
    assert [entry["path"] for entry in sent(server)] == ["/v1.0/$batch"] * 3


def test_mailboxes_and_their_calendars(client: GraphClient) -> None:
    read = client.mailboxes.calendars([*IDS, "nobody"])
    mailboxes, calendars = read.frames["entra_mailboxes"], read.frames["entra_calendars"]
    assert list(mailboxes.loc[~mailboxes["available"], "entra_id"]) == ["nobody", *IDS[40:]]
    assert calendars.iloc[:2].to_numpy().tolist() == [
        ["u00", "u00-own", "Kalender", True, True], ["u00", "u00-team", "Zespół", False, False]
    ]  # fmt: skip
    assert len(calendars) == read.certificate.rows == 80


def test_calendars_of_many_pages_are_read_whole(server: Sandbox, client: GraphClient) -> None:
    many = [{"id": f"c{n:03}", "name": "Þ", "isDefaultCalendar": n == 249} for n in range(250)]
    server.change_state({"entra": {"calendars": {"u00": many}}})
    assert len(client.mailboxes.calendars(["u00"]).frames["entra_calendars"]) == 250
    assert len(items(server)) == 3


def test_events_of_the_window_series_expanded(server: Sandbox, client: GraphClient) -> None:
    read = read_events(client)
    frame = read.frames["entra_events"]
    assert len(frame) == 40 * 4 + 3
    assert frame.loc[frame["event_id"] == "daily-3"].to_numpy().tolist() == [
        ["u07", "u07-own", "daily-3", CANARY, "2026-11-03T12:00:00Z", "2026-11-03T13:00:00Z", False, "busy", "normal",
         "daily-1", False, False]
    ]  # fmt: skip
    assert len(read.frames["entra_cursors"]) == 80
    assert len(sent(server)) == 4


def test_deleted_users_and_the_application(client: GraphClient) -> None:
    deleted = client.directory.deleted_users().frame[["entra_id", "user_principal_name"]]
    assert deleted.to_numpy().tolist() == [["gone", "gonezoe@contoso.com"]]
    found = client.directory.application("app").frames
    assert found["entra_application"].to_numpy().tolist() == [["app", True]]
    assert list(found["entra_assigned"]["entra_id"]) == ["u01", "u03", "u04"]


def test_an_application_that_does_not_exist_has_no_row(client: GraphClient) -> None:
    read = client.directory.application("no such")
    assert [len(frame) for frame in read.frames.values()] == [0, 0]
    assert read.certificate.rows == 0


def test_a_group_that_went_meanwhile_assigns_nobody(server: Sandbox, client: GraphClient) -> None:
    body = {"error": {"code": "Request_ResourceNotFound"}}
    server.put_faults({"path": "/groups/sso/members", "fault": {"status": 404, "body": body}})
    assert list(client.directory.application("app").frames["entra_assigned"]["entra_id"]) == ["u01"]


def test_a_mailbox_is_asked_for_four_things_at_a_time(server: Sandbox, client: GraphClient) -> None:
    many = [{"id": f"c{n}", "isDefaultCalendar": n == 0, "events": [event(f"e{n}")]} for n in range(30)]
    server.change_state({"entra": {"calendars": {"u00": many}}})
    wanted = pd.DataFrame({"entra_id": ["u00"] * 30, "calendar_id": [row["id"] for row in many]}, dtype="str")
    assert len(client.events.read(wanted, WINDOW, None, NO_PAIRS).frames["entra_events"]) == 30
    assert {item["status"] for item in items(server)} == {200}


def test_nothing_is_asked_for_nobody(server: Sandbox, client: GraphClient) -> None:
    assert len(client.mailboxes.photos([]).frame) == 0
    assert [len(frame) for frame in client.mailboxes.calendars([]).frames.values()] == [0, 0]
    nothing = client.events.read(wanted_calendars().head(0), WINDOW, None, NO_PAIRS)
    assert [len(frame) for frame in nothing.frames.values()] == [0, 0]
    assert sent(server) == []


# --- one object, as it is now -----------------------------------------------------------------------------------------


def test_one_photo_with_its_content(client: GraphClient) -> None:
    assert client.mailboxes.photo("u01") == ('W/"1"', b"\xff\xd8\xff\xe0\x00\x10")
    assert [client.mailboxes.photo(user) for user in ("u02", "u04", "nobody")] == [None] * 3


def test_a_photo_that_changes_while_it_is_read_is_read_again(server: Sandbox, client: GraphClient) -> None:
    server.put_faults({"path": "/photo$", "times": 1, "fault": {"status": 200, "body": {"@odata.mediaEtag": "older"}}})
    assert client.mailboxes.photo("u01") == ('W/"1"', b"\xff\xd8\xff\xe0\x00\x10")
    assert sum(entry["path"].endswith("$value") for entry in sent(server)) == 2


def test_one_calendar(client: GraphClient) -> None:
    own = client.mailboxes.calendar("u00", "u00-own")
    assert own is not None
    assert (own["id"], own["name"], own["canEdit"], own["isDefaultCalendar"]) == ("u00-own", "Kalender", True, True)
    assert [
        client.mailboxes.calendar("u00", "gone"),
        client.mailboxes.calendar("u42", "x"),
        client.mailboxes.calendar("nobody", "x"),
    ] == [None] * 3
    assert [client.mailboxes.has_mailbox(user) for user in ("u00", "u42", "nobody")] == [True, False, False]


def test_one_event_in_the_words_of_a_plan(client: GraphClient) -> None:
    assert client.events.event("u00", "u00-1") == {
        "id": "u00-1", "title": CANARY, "start": "2026-11-01T09:00:00Z", "end": "2026-11-01T10:00:00Z",
        "isAllDay": False, "showAs": "busy", "sensitivity": None, "changeKey": "u00-1-1", "transactionId": None,
            "takesPlace": True,
    }  # fmt: skip
    assert [
        client.events.event("u00", "gone"),
        client.events.event("u42", "x"),
        client.events.event("nobody", "x"),
    ] == [None] * 3


def test_an_event_is_found_by_its_transaction(server: Sandbox, client: GraphClient) -> None:
    made = [event(f"e{n}", transactionId=f"t{n}") for n in range(120)]
    server.change_state({"entra": {"calendars": {"u00": [calendars_of("u00")[0] | {"events": made}]}}})
    when = ("2026-11-05T09:00:00Z", "2026-11-05T10:00:00Z")
    found = client.events.find_event("u00", "u00-own", "t119", *when)
    assert found is not None
    assert (found["id"], found["transactionId"]) == ("e119", "t119")
    assert client.events.find_event("u00", "u00-own", "other", *when) is None
    assert client.events.find_event("u00", "gone", "t1", *when) is None


@pytest.mark.parametrize(
    "when",
    [
        ("2026-11-05T09:00:00Z", "9999-12-31T23:59:59Z"),
        ("0001-01-01T00:00:00Z", "2026-11-05T09:00:00Z"),
        ("0001-01-02T00:00:00Z", "0001-01-02T01:00:00Z"),
    ],
)
def test_an_event_at_the_ends_of_the_calendar_is_found_by_its_transaction(
    server: Sandbox, client: GraphClient, when: tuple[str, str]
) -> None:
    made = [event("e1", transactionId="t1") | dict(zip(("start", "end"), when, strict=True))]
    server.change_state({"entra": {"calendars": {"u00": [calendars_of("u00")[0] | {"events": made}]}}})
    found = client.events.find_event("u00", "u00-own", "t1", *when)
    assert found is not None
    assert found["id"] == "e1"


def test_a_calendar_shows_its_own_events_only(server: Sandbox, client: GraphClient) -> None:
    when = ("2026-11-01T09:00:00Z", "2026-11-01T10:00:00Z")
    assert client.events.shows_event("u00", "u00-own", "u00-1", *when)
    assert client.events.shows_event("u07", "u07-own", "daily-2", "2026-11-02T12:00:00Z", "2026-11-02T13:00:00Z")
    own, team = calendars_of("u00")
    moved = [own | {"events": own["events"][1:]}, team | {"events": own["events"][:1]}]
    server.change_state({"entra": {"calendars": {"u00": moved}}})
    assert client.events.event("u00", "u00-1") is not None
    assert not client.events.shows_event("u00", "u00-own", "u00-1", *when)
    assert not client.events.shows_event("u42", "none", "u00-1", *when)


LOOKS: dict[str, tuple[str, Callable[[GraphClient], object]]] = {
    "photo": ("/photo$", lambda client: client.mailboxes.photo("u01")),
    "content": (r"/photo/\$value$", lambda client: client.mailboxes.photo("u01")),
    "calendar": ("/u00-own$", lambda client: client.mailboxes.calendar("u00", "u00-own")),
    "mailbox": ("/calendars$", lambda client: client.mailboxes.has_mailbox("u00")),
    "event": ("/events/u00-1$", lambda client: client.events.event("u00", "u00-1")),
    "transaction": ("/calendarView$", lambda client: client.events.find_event("u00", "u00-own", "t", *WINDOW)),
    "shows": ("/calendarView$", lambda client: client.events.shows_event("u00", "u00-own", "u00-1", *WINDOW)),
    "user": ("/users/u00@contoso.com$", lambda client: client.directory.user("u00@contoso.com")),
}


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 404, "body": "<html>"}, {"status": 403},
                                   {"status": 200, "body": []}, {"close": "before"}])  # fmt: skip
@pytest.mark.parametrize("look", LOOKS)
def test_nothing_is_taken_for_gone_because_of_trouble(
    server: Sandbox, client: GraphClient, look: str, fault: Row
) -> None:
    path, call = LOOKS[look]
    server.put_faults({"path": path, "fault": fault})
    if (look, fault.get("body")) in [("content", []), ("photo", "<html>")]:
        return  # a photo may be any bytes; and there is none by any 404 (P5)
    with pytest.raises(EntraEmplyError):
        call(client)


def test_a_closed_mailbox_is_not_a_calendar_that_is_gone(client: GraphClient) -> None:
    for look in (client.mailboxes.calendar, client.events.event):
        with pytest.raises(SourceUnreadable, match="403 ErrorAccessDenied"):
            look("u41", "x")
