"""The Graph client against the sandbox: trouble that passes and that stays, permissions, leaks."""

from collections.abc import Callable
from unittest.mock import Mock

import orjson
import pytest

from entra_emply.connectors.entra.client import GraphClient
from entra_emply.errors import CredentialsError, SourceUnreadable
from sandbox import Sandbox
from tests.campaigns import with_campaign
from tests.integration.faults import PASSES_IN_GRAPH, STAYS_IN_GRAPH
from tests.integration.mailboxes.scenario import (
    CANARY,
    IDS,
    NO_PAIRS,
    READS,
    WINDOW,
    Row,
    frames_of,
    read_events,
    same,
    wanted_calendars,
)

# --- trouble that passes ----------------------------------------------------------------------------------------------

PAGED = {"calendars", "events", "deleted users", "assignments", "assigned groups"}
EVERY = [
    (name, fault, times)
    for name in READS
    for fault in PASSES_IN_GRAPH
    for times in (1, 3)
    if name in PAGED or not fault.startswith("empty")
]
SHARE = [each for number, each in enumerate(EVERY) if number % 4 in (0, 3)]
"""Each fault at each read, once or three times."""


@pytest.mark.parametrize(("name", "fault", "times"), with_campaign(EVERY, SHARE))
def test_trouble_that_passes_changes_nothing(
    server: Sandbox, client: GraphClient, name: str, fault: str, times: int
) -> None:
    path, read = READS[name]
    healthy = read(client)
    server.put_faults(
        {"path": path, "times": 1 if fault == "token refused" else times, "fault": PASSES_IN_GRAPH[fault]}
    )
    assert same(read(client), healthy)


@pytest.mark.parametrize("fault", PASSES_IN_GRAPH)
def test_trouble_that_passes_changes_no_delta(server: Sandbox, client: GraphClient, fault: str) -> None:
    first = read_events(client)
    server.put_faults({"path": "/calendarView/delta$", "times": 2, "fault": PASSES_IN_GRAPH[fault]})
    assert same(read_events(client, first), first)


# --- trouble that stays -----------------------------------------------------------------------------------------------

STAYING = STAYS_IN_GRAPH | {
    "400": ({"status": 400}, "answered 400"),
    "429 for a day": ({"status": 429, "headers": {"Retry-After": "86400"}}, "wait"),
    "cut in half": ({"truncate": 0.5}, "no JSON|is incomplete|was cut off|answered 404"),
    "broken inside": ({"close": "mid-body"}, "the connection failed|is incomplete"),
    "a list": ({"status": 200, "body": []}, "not an object|was cut off|not an object|is incomplete"),
}


WHOLE = [name for name in READS if name not in ("photos", "calendars", "events")]


@pytest.mark.parametrize("fault", STAYING)
@pytest.mark.parametrize("name", WHOLE)
def test_trouble_that_stays_makes_the_source_unreadable(
    server: Sandbox, client: GraphClient, name: str, fault: str
) -> None:
    path, read = READS[name]
    what, said = STAYING[fault]
    server.put_faults({"path": path, "fault": what})
    with pytest.raises(SourceUnreadable, match=said):
        read(client)


# --- one person's trouble ---------------------------------------------------------------------------------------------

CODE = {"error": {"code": "ErrorOfItsOwn"}}
ONES: dict[str, tuple[Row, str]] = {
    "400": ({"status": 400, "body": CODE}, "400 ErrorOfItsOwn"),
    "401": ({"odd": "mailbox_401"}, "401 InvalidAuthenticationToken"),
    "403": ({"odd": "mailbox_quota"}, "403 ErrorQuotaExceeded"),
    "404 with a code": ({"status": 404, "body": CODE}, "404 ErrorOfItsOwn"),
    "404 without one": ({"status": 404, "body": ""}, "404"),
    "429": ({"odd": "mailbox_throttled"}, "429 ApplicationThrottled"),
    "429 for a day": ({"odd": "mailbox_throttled", "headers": {"Retry-After": "86400"}}, "429 ApplicationThrottled"),
    "500": ({"odd": "view_500"}, "500 ErrorInternalServerError"),
    "503": ({"odd": "mailbox_move"}, "503 ErrorMailboxMoveInProgress"),
    "not JSON": ({"odd": "not_json"}, "no_answer"),
    "cut off": ({"odd": "cut_off"}, "no_answer"),
    "a list": ({"status": 200, "body": []}, "no_answer"),
    "broken inside": ({"close": "mid-body"}, "no_answer"),
    "broken before": ({"close": "before"}, "no_answer"),
}
NO_PHOTO = {
    "404 with a code": {"status": 404, "body": CODE},
    "404 without one": {"odd": "photo_404_without_code"},
    "no mailbox": {"odd": "photo_without_mailbox"},
    "an empty etag": {"status": 200, "body": {"@odata.mediaEtag": ""}},
}
OF_ONE = {"photos": "/u03/photo$", "calendars": "/u03/calendars$", "events": "u03-own/calendarView"}
OF_ALL = {"photos": "/photo$", "calendars": "/calendars$", "events": "/calendarView"}
TROUBLE = [(name, fault) for name in OF_ONE for fault in ONES if (name, fault[:3]) != ("photos", "404")]


@pytest.mark.parametrize(("name", "fault"), TROUBLE)
def test_one_persons_trouble_is_told_with_its_code_and_everybody_else_is_read(
    server: Sandbox, client: GraphClient, name: str, fault: str
) -> None:
    read = READS[name][1]
    healthy = read(client)
    server.put_faults({"path": OF_ONE[name], "fault": ONES[fault][0]})
    done = read(client)
    assert done.unreadable == {"u03": ONES[fault][1]}
    for which, frame in frames_of(healthy).items():
        assert frames_of(done)[which].equals(frame[frame["entra_id"] != "u03"].reset_index(drop=True))
    server.put_faults()
    assert same(read(client), healthy)


@pytest.mark.parametrize(("name", "fault"), TROUBLE)
def test_everybodys_trouble_is_told_of_everybody_or_of_the_source(
    server: Sandbox, client: GraphClient, name: str, fault: str
) -> None:
    what, code = ONES[fault]
    server.put_faults({"path": OF_ALL[name], "fault": what})
    try:
        done = READS[name][1](client)
    except SourceUnreadable as trouble:
        assert trouble.code == code  # noqa: PT017 (both ways to say so are right)
    else:
        half = fault == "cut off"  # of those who have nothing, the half says so as well
        told = {"photos": ["u01", "u02", "u03"] if half else IDS, "calendars": IDS[:40] if half else IDS}
        assert {done.unreadable[user] for user in told.get(name, IDS[:40])} == {code}
        assert not any(len(frame) for which, frame in frames_of(done).items() if which != "entra_mailboxes")


@pytest.mark.parametrize("fault", NO_PHOTO)
def test_a_sure_answer_that_there_is_no_photo_is_no_trouble(server: Sandbox, client: GraphClient, fault: str) -> None:
    server.put_faults({"path": OF_ONE["photos"], "fault": NO_PHOTO[fault]})
    read = client.mailboxes.photos(IDS)
    assert (read.unreadable, list(read.frame["entra_id"])) == ({}, ["u01"])


@pytest.mark.parametrize("code", ["403 ErrorAccessDenied", "401 UnknownError"])
def test_a_photo_that_is_refused_is_no_missing_permission(server: Sandbox, client: GraphClient, code: str) -> None:
    odd = {"403 ErrorAccessDenied": "photo_403_guest", "401 UnknownError": "photo_401"}[code]
    server.put_faults({"path": "/u03/photo$", "fault": {"odd": odd}})
    assert client.mailboxes.photos(IDS).unreadable == {"u03": code}
    with pytest.raises((SourceUnreadable, CredentialsError)) as raised:
        client.mailboxes.photo("u03")
    assert "lacks" not in str(raised.value)


@pytest.mark.parametrize("name", ["calendars", "events"])
def test_a_text_where_another_belongs_is_the_trouble_of_its_mailbox(
    server: Sandbox, client: GraphClient, name: str
) -> None:
    body = {"value": [{"id": "x", "isDefaultCalendar": True, "name": [CANARY], "subject": [CANARY]}],
            "@odata.deltaLink": f"{client.base}/x"}  # fmt: skip
    server.put_faults({"path": OF_ONE[name], "fault": {"status": 200, "body": body}})
    assert READS[name][1](client).unreadable == {"u03": "no_answer"}


def test_one_calendar_that_is_not_opened_leaves_the_others_as_they_are(server: Sandbox, client: GraphClient) -> None:
    healthy = read_events(client).frames["entra_events"]
    server.put_faults({"path": "u13-own/calendarView", "fault": {"status": 404}})
    read = read_events(client).frames
    closed = read["entra_cursors"]["delta_link"].isna()
    assert list(read["entra_cursors"].loc[closed, "calendar_id"]) == ["u13-own"]
    others = healthy[healthy["calendar_id"] != "u13-own"].reset_index(drop=True)
    assert read["entra_events"].equals(others)


@pytest.mark.parametrize("rows", [[], [{"id": "c", "isDefaultCalendar": False}], [{"id": "c"}]])
def test_calendars_without_a_default_one_are_asked_for_again_before_they_are_believed(
    server: Sandbox, client: GraphClient, rows: list[Row]
) -> None:
    healthy = client.mailboxes.calendars(IDS)
    fault = {"status": 200, "body": {"value": rows}}
    server.put_faults({"path": "u05/calendars$", "times": 2, "fault": fault})
    assert same(client.mailboxes.calendars(IDS), healthy)
    server.put_faults({"path": "u05/calendars$", "fault": fault})
    read = client.mailboxes.calendars(IDS).frames
    assert read["entra_mailboxes"].equals(healthy.frames["entra_mailboxes"])
    assert (read["entra_calendars"]["entra_id"] == "u05").sum() == len(rows)


@pytest.mark.parametrize("code", [
    "ErrorMailboxNotFound",
    "MailboxNotEnabledForRESTAPI", "MailboxNotSupportedForRESTAPI", "MailboxNotHostedInExchangeOnline",
    "ErrorItemNotFound", "ErrorInvalidUser", "ErrorNonExistentMailbox", "ResourceNotFound", "Request_ResourceNotFound",
])  # fmt: skip
def test_a_mailbox_that_does_not_exist_is_not_available(server: Sandbox, client: GraphClient, code: str) -> None:
    fault = {"status": 404, "body": {"error": {"code": code}}}
    server.put_faults({"path": "u05/calendars$", "fault": fault})
    mailboxes = client.mailboxes.calendars(["u05", "u06"]).frames["entra_mailboxes"]
    assert mailboxes.to_numpy().tolist() == [["u05", False], ["u06", True]]


def test_a_mailbox_that_is_being_moved_is_waited_for(server: Sandbox, client: GraphClient) -> None:
    fault = {"status": 404, "body": {"error": {"code": "ErrorMailboxMoveInProgress"}}}
    server.put_faults({"path": "u05/calendars$", "times": 2, "fault": fault})
    assert client.mailboxes.calendars(["u05"]).frames["entra_mailboxes"]["available"].all()
    server.put_faults({"path": "u05/calendars$", "fault": fault})
    assert client.mailboxes.calendars(["u05", "u06"]).unreadable == {"u05": "404 ErrorMailboxMoveInProgress"}


def test_a_closed_mailbox_alone_is_not_available(client: GraphClient) -> None:
    read = client.mailboxes.calendars(["u41"])
    assert read.frames["entra_mailboxes"].to_numpy().tolist() == [["u41", False]]


# --- permissions ------------------------------------------------------------------------------------------------------

NEEDED = ["User.Read.All", "GroupMember.Read.All", "Calendars.ReadWrite", "Application.Read.All"]


@pytest.mark.parametrize(
    ("name", "permission"),
    [
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
    assert len(read_events(client).frames["entra_events"]) == 163
    assert client.mailboxes.calendars(["u41"]).frames["entra_mailboxes"]["available"].sum() == 0
    assert client.mailboxes.calendar("u00", "u00-own") is not None


@pytest.mark.parametrize("call", [
    lambda client: client.mailboxes.calendars(["u00"]),
    lambda client: client.events.read(wanted_calendars("u00"), WINDOW, None, NO_PAIRS),
    lambda client: client.mailboxes.calendar("u00", "u00-own"), lambda client: client.mailboxes.has_mailbox("u00"),
    lambda client: client.events.event("u00", "u00-1"),
    lambda client: client.events.find_event("u00", "u00-own", "t", *WINDOW),
])  # fmt: skip
def test_every_request_to_a_mailbox_asks_for_immutable_ids(
    client: GraphClient, monkeypatch: pytest.MonkeyPatch, call: Callable[[GraphClient], object]
) -> None:
    send = Mock(wraps=client.service._send)
    monkeypatch.setattr(client.service, "_send", send)
    call(client)
    sent = [each.kwargs for each in send.call_args_list]
    inside = [item["headers"] for how in sent if how.get("data") for item in orjson.loads(how["data"])["requests"]]
    headers = inside or [how["headers"] for how in sent]
    assert headers
    assert all('IdType="ImmutableId"' in each["Prefer"] for each in headers)


# --- what never gets out ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [{"value": [{"id": "x", "userPrincipalName": [CANARY]}]}, {"value": CANARY}])
def test_nobodys_words_are_in_an_error(server: Sandbox, client: GraphClient, body: Row) -> None:
    server.put_faults({"path": READS["deleted users"][0], "fault": {"status": 200, "body": body}})
    with pytest.raises(SourceUnreadable) as error:
        client.directory.deleted_users()
    assert CANARY not in str(error.value) + repr(error.value.__cause__) + repr(error.value.__context__)
