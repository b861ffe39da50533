"""The Graph client against the sandbox: trouble that passes and that stays, permissions, leaks."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from entra_emply.connectors.entra.client import GraphClient
from entra_emply.errors import CredentialsError, SourceUnreadable
from sandbox import Sandbox
from tests.integration.faults import PASSES_IN_GRAPH, STAYS_IN_GRAPH
from tests.integration.mailboxes.scenario import (
    CANARY,
    IDS,
    NO_PAIRS,
    READS,
    WINDOW,
    Row,
    read_events,
    same,
    wanted_calendars,
)

# --- trouble that passes ----------------------------------------------------------------------------------------------

PAGED = {"calendars", "events", "deleted users", "assignments", "assigned groups"}
EVERY = [(name, fault) for name in READS for fault in PASSES_IN_GRAPH if name in PAGED or not fault.startswith("empty")]


@pytest.mark.parametrize(("name", "fault"), EVERY)
@pytest.mark.parametrize("times", [1, 3])
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
        read_events(client)


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
    with pytest.raises(SourceUnreadable):
        client.mailboxes.calendars(["u05"])


def test_a_closed_mailbox_alone_is_not_available(client: GraphClient) -> None:
    read = client.mailboxes.calendars(["u41"])
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
    sent: list[Any] = []
    send = client.service._send
    monkeypatch.setattr(client.service, "_send", lambda *a, **how: (sent.append(how), send(*a, **how))[1])
    call(client)
    inside = [item["headers"] for how in sent if how.get("data") for item in orjson.loads(how["data"])["requests"]]
    headers = inside or [how["headers"] for how in sent]
    assert headers
    assert all('IdType="ImmutableId"' in each["Prefer"] for each in headers)


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
