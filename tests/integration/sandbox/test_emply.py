from typing import Any

import pytest

from sandbox import Sandbox
from tests.integration.sandbox.asking import Http

CUSTOMER: dict[str, list[dict[str, Any]]] = {
    "users": [
        {"id": "e1", "username": "soeren", "email": "Soeren@contoso.dk", "roleIds": ["r1"], "active": True},
        {"id": "e2", "username": "ipek", "active": False},
        {"id": "e3"},
    ],
    "employees": [{"id": "p1", "number": 1, "status": "archived", "resignationDate": "2026-09-30"}],
    "roles": [{"id": "r1", "title": "Employee"}, {"id": "r2", "title": "HR"}],
    "departments": [{"id": "d1", "title": "Aarhus", "parentId": None, "active": True}],
}


@pytest.fixture(autouse=True)
def _customer(sandbox: Sandbox) -> None:
    sandbox.put_state({"emply": CUSTOMER})


@pytest.mark.parametrize("name", ["users", "employees", "roles", "departments"])
def test_lists_are_bare_arrays_of_what_the_scenario_has(emply: Http, name: str) -> None:
    assert emply.get(name).json() == CUSTOMER[name]


@pytest.mark.parametrize(("query", "ids"), [("true", ["e1", "e3"]), ("false", ["e2"])])
def test_users_can_be_asked_for_by_activity(emply: Http, query: str, ids: list[str]) -> None:
    assert [row["id"] for row in emply.get("users", params={"active": query}).json()] == ids


def test_skip_and_take_cut_a_page(emply: Http) -> None:
    assert [row["id"] for row in emply.get("users", params={"skip": 1, "take": 1}).json()] == ["e2"]
    assert emply.get("users", params={"skip": 3, "take": 1}).json() == []


@pytest.mark.parametrize("query", [{"take": "501"}, {"take": "0"}, {"take": "x"}, {"skip": "-1"}, {"active": "1"}])
def test_a_page_that_cannot_be_is_422(emply: Http, query: dict[str, str]) -> None:
    answer = emply.get("users", params=query)

    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, list(query))


@pytest.mark.parametrize("path", ["users/e1", "employees/p1"])
def test_one_is_found_by_id(emply: Http, path: str) -> None:
    assert emply.get(path).json()["id"] == path[-2:]


@pytest.mark.parametrize("path", ["users/nobody", "employees/nobody", "nothing", "users/e1/photos"])
def test_what_is_not_there_is_404_in_emplys_shape(emply: Http, path: str) -> None:
    answer = emply.get(path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_a_user_cannot_be_removed(emply: Http) -> None:
    assert emply.ask("DELETE", "users/e1").status_code == 405


def test_a_created_user_has_an_id_and_every_field(sandbox: Sandbox, emply: Http) -> None:
    answer = emply.post("users", {"username": "łucja", "email": "lucja@contoso.pl", "roleIds": ["r2"]})

    assert answer.status_code == 201
    assert (answer.json()["active"], answer.json()["departmentId"]) == (True, None)
    assert sandbox.state()["emply"]["users"][-1] == answer.json()


def test_a_change_touches_only_the_given_fields(sandbox: Sandbox, emply: Http) -> None:
    answer = emply.ask("PATCH", "users/e1", json={"roleIds": ["r2"], "active": False})

    expected = {**CUSTOMER["users"][0], "roleIds": ["r2"], "active": False}
    assert (answer.status_code, answer.json()) == (200, expected)
    assert sandbox.state()["emply"]["users"][0] == expected


def test_a_write_shows_in_the_lists(emply: Http) -> None:
    emply.get("users")

    emply.ask("PATCH", "users/e1", json={"jobTitle": "Lead"})

    assert emply.get("users").json()[0]["jobTitle"] == "Lead"


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"username": "SOEREN"}, "username_in_use"), ({"username": "x", "email": " soeren@CONTOSO.dk"}, "email_in_use")],
)
def test_a_name_in_use_is_409_whatever_its_case(
    sandbox: Sandbox, emply: Http, fields: dict[str, str], code: str
) -> None:
    answer = emply.post("users", fields)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, code)
    assert len(sandbox.state()["emply"]["users"]) == 3


def test_a_name_given_up_is_free_again(emply: Http) -> None:
    emply.ask("PATCH", "users/e1", json={"username": "s.j"})

    assert emply.post("users", {"username": "soeren"}).status_code == 201
    assert emply.ask("PATCH", "users/e1", json={"username": "soeren"}).status_code == 409


def test_who_already_shares_a_name_can_still_be_changed(sandbox: Sandbox, emply: Http) -> None:
    twins = [{"id": "a", "username": "same"}, {"id": "b", "username": "Same"}]
    sandbox.put_state({"emply": {"users": twins}})

    assert emply.ask("PATCH", "users/b", json={"username": "Same", "jobTitle": "Lead"}).status_code == 200


@pytest.mark.parametrize(
    ("fields", "bad"),
    [
        ({}, ["username"]),
        ({"username": " "}, ["username"]),
        ({"username": "x", "roleIds": ["r9"]}, ["roleIds"]),
        ({"username": "x", "roleIds": "r1"}, ["roleIds"]),
        ({"username": "x", "roleIds": [{"id": "r1"}], "departmentId": {}}, ["departmentId", "roleIds"]),
        ({"username": "x", "departmentId": "d9", "employeeId": "p9"}, ["departmentId", "employeeId"]),
        ({"username": "x", "active": "yes"}, ["active"]),
        ({"username": "x", "firstName": 1}, ["firstName"]),
        ({"username": "x", "id": "mine"}, ["id"]),
    ],
)
def test_bad_values_are_422_and_named(emply: Http, fields: dict[str, Any], bad: list[str]) -> None:
    answer = emply.post("users", fields)

    assert (answer.status_code, sorted(answer.json()["error"]["fields"])) == (422, bad)


@pytest.mark.parametrize("body", [b"{", b"[]"])
def test_a_body_that_is_no_object_is_400(emply: Http, body: bytes) -> None:
    assert emply.ask("POST", "users", data=body).status_code == 400


@pytest.mark.parametrize("key", ["", "wrong"])
def test_an_unknown_key_is_401(emply: Http, key: str) -> None:
    answer = emply.get("users", params={"apiKey": key})

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")


def test_a_key_that_is_not_active_is_401(sandbox: Sandbox, emply: Http) -> None:
    sandbox.change_settings(api_key_active=False)

    assert emply.get("users").status_code == 401


def test_another_customer_is_404(sandbox: Sandbox, emply: Http) -> None:
    answer = emply.get(f"{sandbox.environment['EMPLY_URL']}/fabrikam/users")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_customer")


def test_a_key_whose_roles_lack_the_area_is_403(sandbox: Sandbox, emply: Http) -> None:
    sandbox.change_settings(areas={"users": "read"})

    assert [emply.get(path).status_code for path in ("users", "roles")] == [200, 403]
    assert emply.post("users", {"username": "x"}).status_code == 403


def test_more_than_so_many_requests_in_a_second_are_429(sandbox: Sandbox, emply: Http) -> None:
    sandbox.change_settings(emply_per_second=3)

    answers = [emply.get("roles") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["Retry-After"] == "1"
