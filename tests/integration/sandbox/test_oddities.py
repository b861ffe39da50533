from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.oddities import ODDITIES
from tests.integration.sandbox.asking import Http

WINDOW = "startDateTime=2026-11-23T00:00:00Z&endDateTime=2026-11-30T00:00:00Z"
CALENDAR = {"id": "c", "name": "Kalender", "isDefaultCalendar": True, "canEdit": True}
PEOPLE = ("søren", "łucja", "i̇pek")
VIEW = f"calendars/c/calendarView?{WINDOW}"
OF_GRAPH = [
    ("photo_without_mailbox", "photo", 400, "AuthenticationError"),
    ("photo_403_guest", "photo", 403, "ErrorAccessDenied"),
    ("photo_401", "photo", 401, "UnknownError"),
    ("mailbox_move", "calendars", 503, "ErrorMailboxMoveInProgress"),
    ("mailbox_throttled", "calendars", 429, "ApplicationThrottled"),
    ("mailbox_quota", "calendars", 403, "ErrorQuotaExceeded"),
    ("mailbox_not_found", "calendars", 404, "ErrorMailboxNotFound"),
    ("mailbox_401", "calendars", 401, "InvalidAuthenticationToken"),
    ("view_500", VIEW, 500, "ErrorInternalServerError"),
    ("delta_refused", VIEW.replace("?", "/delta?"), 400, "ErrorInvalidRequest"),
]


@pytest.fixture(autouse=True)
def _people(sandbox: Sandbox) -> None:
    users = [{"id": name, "userPrincipalName": f"{n}@contoso.com"} for n, name in enumerate(PEOPLE)]
    photos = {name: {"mediaEtag": "1", "contentBase64": "/9j/"} for name in PEOPLE}
    sandbox.put_state({"entra": {"users": users, "photos": photos, "calendars": {name: [CALENDAR] for name in PEOPLE}}})


def odd(name: str, path: str, **more: object) -> dict[str, object]:
    return {"path": f"{path.partition('?')[0]}$", "fault": {"odd": name, **more}}


def in_a_batch(graph: Http, path: str) -> dict[str, dict[str, Any]]:
    items = [{"id": name, "method": "GET", "url": f"/users/{name}/{path}"} for name in PEOPLE]
    return {row["id"]: row for row in graph.post("$batch", {"requests": items}).json()["responses"]}


@pytest.mark.parametrize(("name", "path", "status", "code"), OF_GRAPH)
def test_one_person_has_it_and_the_others_do_not(
    sandbox: Sandbox, graph: Http, name: str, path: str, status: int, code: str
) -> None:
    sandbox.put_faults(odd(name, f"/users/łucja/{path}"))

    answer = graph.get(f"users/łucja/{path}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert graph.get(f"users/søren/{path}").status_code == 200


@pytest.mark.parametrize(("name", "path", "status", "code"), OF_GRAPH)
def test_one_person_has_it_in_a_batch(
    sandbox: Sandbox, graph: Http, name: str, path: str, status: int, code: str
) -> None:
    sandbox.put_faults(odd(name, f"/users/łucja/{path}"))

    answers = in_a_batch(graph, path)

    assert (answers["łucja"]["status"], answers["łucja"]["body"]["error"]["code"]) == (status, code)
    assert [answers[other]["status"] for other in ("søren", "i̇pek")] == [200, 200]


@pytest.mark.parametrize(("name", "path", "status", "code"), OF_GRAPH)
def test_everybody_has_it_and_it_lasts(
    sandbox: Sandbox, graph: Http, name: str, path: str, status: int, code: str
) -> None:
    sandbox.put_faults(odd(name, f"/{path}"))

    for _ in range(2):
        assert {answer["status"] for answer in in_a_batch(graph, path).values()} == {status}
    assert graph.get(f"users/søren/{path}").json()["error"]["code"] == code


def test_no_photo_may_be_told_without_a_word(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults(odd("photo_404_without_code", "/users/łucja/photo"))

    answer = graph.get("users/łucja/photo")

    assert (answer.status_code, answer.content) == (404, b"")
    assert "body" not in in_a_batch(graph, "photo")["łucja"]


def test_a_body_that_is_no_json_comes_alone_and_in_a_batch(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults(odd("not_json", "/users/łucja/calendars"))

    answer = graph.get("users/łucja/calendars")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.text == in_a_batch(graph, "calendars")["łucja"]["body"]


def test_a_body_that_is_cut_off_comes_alone_and_in_a_batch(sandbox: Sandbox, graph: Http) -> None:
    whole = graph.get("users/łucja/calendars")
    sandbox.put_faults(odd("cut_off", "/users/łucja/calendars"))

    answer = graph.get("users/łucja/calendars")

    assert answer.content == whole.content[: len(whole.content) // 2]
    assert whole.text.startswith(in_a_batch(graph, "calendars")["łucja"]["body"])


def test_a_bad_body_comes_from_emply_too(sandbox: Sandbox, emply: Http) -> None:
    sandbox.put_faults(odd("not_json", "/users"))

    assert emply.get("users").text.startswith("<!DOCTYPE html>")


def test_where_the_delta_is_refused_the_view_works(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults({"path": "/users/łucja/calendars/c/calendarView/delta$", "fault": {"odd": "delta_refused"}})

    assert graph.get(f"users/łucja/calendars/c/calendarView/delta?{WINDOW}").status_code == 400
    assert graph.get(f"users/łucja/{VIEW}").status_code == 200


def test_the_time_to_wait_can_be_another(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults(odd("mailbox_throttled", "/calendars", headers={"Retry-After": "7"}))

    assert graph.get("users/łucja/calendars").headers["Retry-After"] == "7"


def test_a_fault_is_given_back_by_its_name(sandbox: Sandbox) -> None:
    sandbox.put_faults(*(odd(name, "/x") for name in ODDITIES))

    assert [fault["fault"] for fault in sandbox.faults()] == [{"odd": name} for name in ODDITIES]


def test_a_name_that_there_is_not_is_refused_with_those_that_there_are(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="photo_401"):
        sandbox.put_faults(odd("mailbox_on_fire", "/x"))
