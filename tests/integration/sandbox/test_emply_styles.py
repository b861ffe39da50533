"""What Emply's two styles differ in. What they have in common is tested in `test_emply` and `test_emply_calendars`."""

from typing import Any

import pytest

from sandbox import Sandbox
from tests.integration.sandbox.asking import Http
from tests.integration.sandbox.customer import CALENDAR, CUSTOMER, EVENT, USER

LISTS = ["users", "roles", "departments", "calendars", "calendars/k1/events"]


@pytest.fixture(autouse=True)
def _customer(sandbox: Sandbox) -> None:
    sandbox.put_state({"emply": CUSTOMER})
    sandbox.change_settings(emply_style="whole")


def stored(sandbox: Sandbox, table: str) -> dict[str, Any]:
    row: dict[str, Any] = sandbox.state()["emply"][table][0]
    return row


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("query", [{"skip": 1, "take": 1}, {"skip": 500}, {"take": 0}, {"take": "x"}])
def test_a_list_is_whole_whatever_skip_and_take_say(emply: Http, path: str, query: dict[str, object]) -> None:
    assert emply.get(path, params=query).json() == emply.get(path).json()
    assert len(emply.get(path).json()) == len(CUSTOMER[path.rpartition("/")[2]])


@pytest.mark.parametrize("rows", [0, 2, 49, 500, 900, 1001])
@pytest.mark.parametrize(("style", "take", "most"), [("whole", 500, 1001), ("skip_take", 500, 500)])
def test_a_list_of_any_length_is_one_answer_or_pages(
    sandbox: Sandbox, emply: Http, style: str, rows: int, take: int, most: int
) -> None:
    sandbox.put_state({"emply": {"employees": [{"id": f"p{n}"} for n in range(rows)]}})
    sandbox.change_settings(emply_style=style)

    assert len(emply.get("employees", params={"skip": 0, "take": take}).json()) == min(rows, most)
    assert len(emply.get("employees").json()) == rows


def test_users_can_still_be_asked_for_by_activity(sandbox: Sandbox, emply: Http) -> None:
    sandbox.change_state({"emply": {"users": [{**USER, "active": False}]}})

    assert [row["id"] for row in emply.get("users?active=true").json()] == ["e2"]


def test_titles_of_roles_and_departments_are_translations(sandbox: Sandbox, emply: Http) -> None:
    assert emply.get("roles").json()[1]["title"] == {"localization": [{"locale": "da-DK", "value": "Yönetici"}]}
    assert [row["title"] for row in emply.get("departments").json()] == [
        {"localization": [{"locale": "da-DK", "value": "København"}]},
        None,
    ]
    assert stored(sandbox, "roles")["title"] == "Employee"


def test_translations_of_a_scenario_are_given_as_they_are(sandbox: Sandbox, emply: Http) -> None:
    title = {"localization": [{"locale": "pl-PL", "value": "Pracownik"}, {"locale": "da-DK", "value": "Medarbejder"}]}
    sandbox.put_state({"emply": {"roles": [{"id": "r1", "title": title}]}})

    assert emply.get("roles").json()[0]["title"] == title


@pytest.mark.parametrize("path", ["users/e1", "calendars/k1", "events/v1"])
def test_changes_are_sent_with_the_method_of_the_style_only(sandbox: Sandbox, emply: Http, path: str) -> None:
    row = {"users": USER, "calendars": CALENDAR, "events": EVENT}[path.partition("/")[0]]

    assert emply.ask("PATCH", path, json={}).status_code == 405
    assert emply.ask("PUT", path, json=row).status_code == 200
    sandbox.change_settings(emply_style="skip_take")
    assert emply.ask("PATCH", path, json={}).status_code == 200
    assert emply.ask("PUT", path, json=row).status_code == 405


def test_a_user_that_is_sent_back_changed_is_changed_only_there(sandbox: Sandbox, emply: Http) -> None:
    user = emply.get("users/e1").json()

    answer = emply.ask("PUT", "users/e1", json={**user, "jobTitle": "Lead"})

    assert (answer.status_code, answer.json()) == (200, {**USER, "jobTitle": "Lead"})
    assert stored(sandbox, "users") == {**USER, "jobTitle": "Lead"}


def test_a_field_that_is_left_out_is_lost_and_what_is_not_written_stays(sandbox: Sandbox, emply: Http) -> None:
    emply.ask("PUT", "users/e1", json={"username": "søren", "roleIds": ["r2"], "active": True})

    empty = dict.fromkeys(without(USER, "id", "username", "roleIds", "active", "photoEtag"))
    assert stored(sandbox, "users") == {**USER, **empty, "roleIds": ["r2"]}


def test_a_calendar_that_loses_its_external_id_so_loses_outlooks_events(sandbox: Sandbox, emply: Http) -> None:
    sandbox.change_state({"emply": {"events": [{**EVENT, "id": "v2", "externalId": "X", "origin": "outlook"}]}})

    assert emply.ask("PUT", "calendars/k1", json=without(CALENDAR, "externalId")).status_code == 200
    assert [row["id"] for row in sandbox.state()["emply"]["events"]] == ["v1"]


@pytest.mark.parametrize(
    ("path", "row", "missing"),
    [
        ("users/e1", USER, ["username", "roleIds", "active"]),
        ("calendars/k1", CALENDAR, ["name", "isDefault", "enabled", "canDisable", "shareDatesAndTitles"]),
        ("events/v1", EVENT, ["start", "end", "isAllDay"]),
    ],
)
def test_what_a_whole_object_cannot_lack_is_named(
    sandbox: Sandbox, emply: Http, path: str, row: dict[str, Any], missing: list[str]
) -> None:
    answer = emply.ask("PUT", path, json=without(row, *missing))

    assert (answer.status_code, sorted(answer.json()["errors"])) == (422, sorted(missing))
    assert stored(sandbox, path.partition("/")[0]) == row


@pytest.mark.parametrize(
    ("path", "row", "change"),
    [
        ("users/e1", USER, {"id": "e2"}),
        ("users/e1", USER, {"photoEtag": "8"}),
        ("calendars/k1", CALENDAR, {"userId": "e2"}),
        ("calendars/k1", CALENDAR, {"kind": "room"}),
        ("events/v1", EVENT, {"origin": "outlook"}),
        ("events/v1", EVENT, {"calendarId": "k2"}),
    ],
)
def test_what_belongs_to_the_object_cannot_be_changed(
    emply: Http, path: str, row: dict[str, Any], change: dict[str, str]
) -> None:
    answer = emply.ask("PUT", path, json={**row, **change})

    assert (answer.status_code, list(answer.json()["errors"])) == (422, list(change))


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "users/e9", None, 404, "not_found"),
        ("POST", "users", {"username": "SØREN"}, 409, "username_in_use"),
        ("POST", "users", {"roleIds": ["r9"]}, 422, "invalid"),
    ],
)
def test_errors_are_problems(emply: Http, method: str, path: str, body: object, status: int, code: str) -> None:
    answer = emply.ask(method, path, json=body)

    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["title"]


def test_the_error_of_a_fault_is_a_problem_too(sandbox: Sandbox, emply: Http) -> None:
    sandbox.put_faults({"path": "/roles$", "fault": {"status": 503}})

    assert emply.get("roles").json()["code"] == "unavailable"


@pytest.mark.parametrize(
    "setting", [{"emply_style": "half"}, {"emply_auth": "none"}, {"graph_ms": -1}, {"page_ms": "1"}]
)
def test_settings_that_cannot_be_are_refused(sandbox: Sandbox, setting: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(setting))):
        sandbox.change_settings(**setting)
