"""Who may call Emply: by the key of v1, or by an access token of API2."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import jwt
import pytest
from requests import Response

from sandbox import Sandbox
from tests.integration.sandbox.asking import Http

CUSTOMER = {"users": [{"id": "e1", "username": "ipek"}], "calendars": [{"id": "k1", "kind": "room", "name": "Sal"}]}


@pytest.fixture(autouse=True)
def _customer(sandbox: Sandbox) -> None:
    sandbox.put_state({"emply": CUSTOMER})
    sandbox.change_settings(emply_auth="bearer")


@contextmanager
def with_token(sandbox: Sandbox, token: str | None) -> Iterator[Http]:
    environment = sandbox.environment
    http = Http(sandbox, f"{environment['EMPLY_URL']}/{environment['EMPLY_CUSTOMER']}")
    if token is not None:
        http.session.headers["Authorization"] = f"Bearer {token}"
    with http.session:
        yield http


def ask(sandbox: Sandbox, token: str | None, method: str = "GET", path: str = "users") -> Response:
    with with_token(sandbox, token) as http:
        return http.ask(method, path, json={"username": "zoë"} if method == "POST" else None)


def test_a_token_opens_what_the_key_opens_otherwise(sandbox: Sandbox) -> None:
    assert ask(sandbox, sandbox.emply_token()).json() == CUSTOMER["users"]


def test_the_key_does_not_open_what_a_token_opens(emply: Http) -> None:
    assert emply.get("users").status_code == 401


def test_a_token_does_not_open_what_the_key_opens(sandbox: Sandbox) -> None:
    token = sandbox.emply_token()
    sandbox.change_settings(emply_auth="key")

    assert ask(sandbox, token).status_code == 401


@pytest.mark.parametrize("token", [None, "", "nonsense", jwt.encode({"exp": 9e9, "access": {}}, "x" * 32)])
def test_a_token_that_is_not_emplys_is_401(sandbox: Sandbox, token: str | None) -> None:
    answer = ask(sandbox, token)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")


def test_a_token_tells_its_end_and_is_no_longer_taken_then(sandbox: Sandbox) -> None:
    token = sandbox.emply_token(seconds=-1)

    answer = ask(sandbox, token)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "token_expired")
    assert jwt.decode(token, options={"verify_signature": False})["exp"] <= time.time()


def test_a_token_lasts_a_year(sandbox: Sandbox) -> None:
    claims = jwt.decode(sandbox.emply_token(), options={"verify_signature": False})

    assert claims["exp"] - claims["iat"] == 365 * 24 * 3600


def test_a_token_can_be_deactivated(sandbox: Sandbox) -> None:
    token = sandbox.emply_token()

    sandbox.change_settings(api_key_active=False)
    assert ask(sandbox, token).status_code == 401
    sandbox.change_settings(api_key_active=True)
    assert ask(sandbox, token).status_code == 200


@pytest.mark.parametrize(
    ("granted", "method", "path", "status"),
    [
        (["read"], "GET", "users", 200),
        (["read"], "POST", "users", 403),
        (["write"], "POST", "users", 201),
        (["write"], "GET", "users", 403),
        (["read", "write"], "DELETE", "calendars/k1", 403),
        (["delete"], "DELETE", "calendars/k1", 204),
    ],
)
def test_a_token_has_reading_writing_and_deleting_for_each_area(
    sandbox: Sandbox, granted: list[str], method: str, path: str, status: int
) -> None:
    token = sandbox.emply_token(access={"users": granted, "calendars": granted})

    assert ask(sandbox, token, method, path).status_code == status


def test_an_area_that_a_token_does_not_name_is_closed(sandbox: Sandbox) -> None:
    assert ask(sandbox, sandbox.emply_token(access={"users": ["read"]}), path="roles").status_code == 403


def test_writing_by_the_key_includes_deleting(sandbox: Sandbox, emply: Http) -> None:
    sandbox.change_settings(emply_auth="key", areas={"calendars": "read"})
    assert emply.ask("DELETE", "calendars/k1").status_code == 403

    sandbox.change_settings(areas={"calendars": "write"})
    assert emply.ask("DELETE", "calendars/k1").status_code == 204


def test_a_token_without_access_or_for_no_area_is_refused_by_name(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="departments"):
        sandbox.emply_token(access={"payroll": ["read"]})


@pytest.mark.parametrize("style", ["skip_take", "whole"])
@pytest.mark.parametrize("auth", ["key", "bearer"])
def test_the_environment_has_what_a_client_needs_in_all_four_ways(style: str, auth: str) -> None:
    with Sandbox({"emply": CUSTOMER}, emply_style=style, emply_auth=auth) as sandbox:
        key = sandbox.environment["EMPLY_API_KEY"]
        with with_token(sandbox, key if auth == "bearer" else None) as http:
            query = {"apiKey": key} if auth == "key" else {}
            answer = http.get("users", params={**query, "skip": 1})

    assert (answer.status_code, len(answer.json())) == (200, 1 if style == "whole" else 0)


def test_a_reset_gives_back_how_the_sandbox_was_started() -> None:
    with Sandbox(emply_style="whole", emply_auth="bearer") as sandbox:
        sandbox.change_settings(emply_style="skip_take", emply_auth="key")
        sandbox.reset()

        assert ask(sandbox, sandbox.environment["EMPLY_API_KEY"]).status_code == 200
