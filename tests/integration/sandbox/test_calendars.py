from functools import partial

import pytest

from sandbox import Sandbox
from tests.integration.sandbox import diary
from tests.integration.sandbox.asking import Http, held, signed_in
from tests.integration.sandbox.diary import WINDOW, calendar

EVERYWHERE = ["calendars", "calendar", "calendars/own", "calendars/own/calendarView", "events/meeting"]


@pytest.fixture(autouse=True)
def _mailboxes(sandbox: Sandbox) -> None:
    sandbox.put_state(diary.scenario())


def test_calendars_are_those_of_the_scenario_without_their_events(graph: Http) -> None:
    own, team = graph.get("users/zoe@contoso.com/calendars").json()["value"]

    assert (own["id"], own["isDefaultCalendar"], own["canEdit"], own["owner"]) == ("own", True, True, {"name": "Zoë"})
    assert (team["id"], team["isDefaultCalendar"], team["canEdit"]) == ("team", None, False)
    assert "events" not in own


def test_calendars_come_in_pages_of_ten(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_state(diary.scenario(*(calendar(f"c{n}") for n in range(12))))

    first = graph.get("users/zoë/calendars?$select=name").json()

    assert len(first["value"]) == 10
    assert first["value"][0] == {"id": "c0", "name": "C0"}
    assert [row["id"] for row in graph.rows("users/zoë/calendars?$top=5")] == [f"c{n}" for n in range(12)]


def test_an_empty_page_of_calendars_leads_to_the_rest(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults({"path": "/calendars$", "times": 1, "fault": {"empty_page": True}})

    assert [row["id"] for row in graph.rows("users/zoë/calendars")] == ["own", "team"]


@pytest.mark.parametrize("query", ["$filter=name eq 'x'", "$top=0", "$top=1001", "$skip=x", "$select=colour"])
def test_a_list_that_cannot_be_is_refused_not_guessed(graph: Http, query: str) -> None:
    assert graph.get(f"users/zoë/calendars?{query}").status_code == 400


@pytest.mark.parametrize(("path", "name"), [("calendars/team", "team"), ("calendar", "own")])
def test_one_calendar_is_found_by_id_or_as_the_default_one(graph: Http, path: str, name: str) -> None:
    assert graph.get(f"users/zoë/{path}").json()["id"] == name


def test_an_unknown_calendar_is_404(graph: Http) -> None:
    answer = graph.get("users/zoë/calendars/nothing")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ErrorItemNotFound")


def window(path: str) -> dict[str, str]:
    return WINDOW if "View" in path else {}


@pytest.mark.parametrize("path", EVERYWHERE)
@pytest.mark.parametrize(
    ("user", "status", "code"),
    [
        ("łucja", 404, "MailboxNotEnabledForRESTAPI"),
        ("ipek", 403, "ErrorAccessDenied"),
        ("nobody", 404, "ErrorInvalidUser"),
    ],
)
def test_a_mailbox_that_is_not_there_or_closed_says_so_everywhere(
    graph: Http, path: str, user: str, status: int, code: str
) -> None:
    answer = graph.get(f"users/{user}/{path}", params=window(path))

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize("path", EVERYWHERE)
def test_calendars_need_a_permission(sandbox: Sandbox, path: str) -> None:
    sandbox.change_settings(permissions=["User.Read.All"])
    http = signed_in(sandbox)

    with http.session:
        answer = http.get(f"users/zoë/{path}", params=window(path))

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "ErrorAccessDenied")


def test_who_may_only_read_cannot_write(sandbox: Sandbox) -> None:
    sandbox.change_settings(permissions=["Calendars.Read"])
    http = signed_in(sandbox)

    with http.session:
        assert http.get("users/zoë/events/meeting").status_code == 200
        assert http.ask("DELETE", "users/zoë/events/meeting").status_code == 403


def test_preferences_that_were_honoured_are_said(graph: Http) -> None:
    prefer = {"Prefer": 'outlook.timezone="UTC", IdType="ImmutableId"'}

    applied = graph.get("users/zoë/calendars", headers=prefer).headers["Preference-Applied"]

    assert applied == 'outlook.timezone="UTC", IdType="ImmutableId"'


def test_a_mailbox_serves_four_at_once_in_a_batch_too(graph: Http) -> None:
    items = [{"id": str(n), "method": "GET", "url": "/users/zoë/calendars"} for n in range(6)]

    answers = {row["id"]: row for row in graph.post("$batch", {"requests": items}).json()["responses"]}

    assert [answers[str(n)]["status"] for n in range(6)] == [200] * 4 + [429] * 2
    assert answers["5"]["body"]["error"]["code"] == "ApplicationThrottled"
    assert "MailboxConcurrency" in answers["5"]["body"]["error"]["message"]
    assert int(answers["5"]["headers"]["Retry-After"]) >= 1


def test_items_that_wait_for_others_are_not_at_once(graph: Http) -> None:
    items = [
        {"id": str(n), "method": "GET", "url": "/users/zoë/calendars", **({"dependsOn": [str(n - 1)]} if n else {})}
        for n in range(6)
    ]

    answers = graph.post("$batch", {"requests": items}).json()["responses"]

    assert {answer["status"] for answer in answers} == {200}


def test_another_mailbox_is_served_beside_a_busy_one(graph: Http) -> None:
    items = [{"id": str(n), "method": "GET", "url": "/users/zoë/calendars"} for n in range(5)]
    items.append({"id": "other", "method": "GET", "url": "/users/łucja/calendars"})

    answers = graph.post("$batch", {"requests": items}).json()["responses"]

    assert [answer["status"] for answer in answers if answer["id"] == "other"] == [404]


def test_a_slow_request_takes_a_place_of_its_mailbox(sandbox: Sandbox, graph: Http) -> None:
    items = [{"id": str(n), "method": "GET", "url": "/users/zoë/calendars/own"} for n in range(4)]
    with held(sandbox, "/calendars/own$", partial(graph.post, "$batch", {"requests": items}), times=len(items)):
        assert graph.get("users/zoe@contoso.com/calendar").status_code == 429


def test_more_than_so_many_requests_in_ten_minutes_are_429(sandbox: Sandbox, graph: Http) -> None:
    sandbox.change_settings(mailbox_requests=3)

    answers = [graph.get(f"users/{name}/calendar") for name in ("zoë", "zoe@contoso.com", "zoë", "zoë", "łucja")]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 404]
    assert (answers[3].json()["error"]["code"], int(answers[3].headers["Retry-After"]) > 500) == (
        "ApplicationThrottled", True,
    )  # fmt: skip


def test_calendars_are_not_charged_to_the_directory(graph: Http) -> None:
    assert "x-ms-resource-unit" not in graph.get("users/zoë/calendars").headers
