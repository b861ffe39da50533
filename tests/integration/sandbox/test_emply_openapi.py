"""The OpenAPI document that Emply serves of itself: valid, and true for the style and the credential in force."""

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator
from requests import Response

from sandbox import Sandbox
from tests.integration.sandbox.asking import Http
from tests.integration.sandbox.customer import CALENDAR, CUSTOMER, EVENT, USER

Row = dict[str, Any]
STYLES = ["skip_take", "whole"]
BODIES: dict[str, Row] = {
    "NewUser": {"username": "zoë", "roleIds": ["r1"]},
    "UserChange": {**USER, "jobTitle": "Lead"},
    "Photo": {"etag": "9", "contentBase64": "/9j/"},
    "NewCalendar": {"name": "Sal 2", "kind": "room"},
    "CalendarChange": {**CALENDAR, "name": "Egen"},
    "PutEvent": {"title": "Møde", "start": EVENT["start"], "end": EVENT["end"]},
    "EventChange": {**EVENT, "title": "Møde"},
}
IDS = {"users": "e1", "employees": "p1", "calendars": "k1", "events": "v1"}


@pytest.fixture(params=STYLES)
def style(request: pytest.FixtureRequest, sandbox: Sandbox) -> str:
    sandbox.put_state({"emply": {**CUSTOMER, "employees": [{"id": "p1", "status": "active", "number": 7}]}})
    sandbox.change_settings(emply_style=request.param, emply_per_second=1000)
    return str(request.param)


@pytest.fixture
def document(sandbox: Sandbox, style: str) -> Row:
    assert style
    return read(sandbox)


def read(sandbox: Sandbox) -> Row:
    http = Http(sandbox, sandbox.url)
    with http.session:
        answer: Row = http.get("emply/openapi.json").json()
    return answer


def operations(document: Row) -> Iterator[tuple[str, str, Row]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def address(path: str) -> str:
    return (
        path.strip("/")
        .replace("{id}", IDS[path.split("/")[1]] if "{id}" in path else "")
        .replace("{externalId}", "X==")
    )


def schema_of(document: Row, operation: Row) -> tuple[str, Row]:
    """The name and schema of an operation's body."""
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    name = reference.rpartition("/")[2]
    return name, document["components"]["schemas"][name]


def sent(document: Row, operation: Row) -> Row | None:
    """A body for an operation, of the properties that it has."""
    if "requestBody" not in operation:
        return None
    name, schema = schema_of(document, operation)
    return {field: value for field, value in BODIES[name].items() if field in schema["properties"]}


def ask(emply: Http, path: str, method: str, body: Row | None) -> Response:
    return emply.ask(method, address(path), json=body)


def test_it_is_a_valid_document(document: Row) -> None:
    assert list(OpenAPIV30SpecValidator(document).iter_errors()) == []


def test_it_is_read_without_a_key_also_while_a_key_is_needed(sandbox: Sandbox) -> None:
    sandbox.change_settings(api_key_active=False)

    assert read(sandbox)["openapi"].startswith("3.")


def test_every_operation_that_it_has_works_with_the_bodies_it_describes(
    emply: Http, document: Row, sandbox: Sandbox
) -> None:
    state = sandbox.state()
    for path, method, operation in operations(document):
        sandbox.put_state(state)
        answer = ask(emply, path, method, sent(document, operation))
        assert answer.ok, (method, path, answer.text)
        assert str(answer.status_code) in operation["responses"]


def test_every_answer_is_as_it_says(emply: Http, document: Row, sandbox: Sandbox) -> None:
    state = sandbox.state()
    for path, method, operation in operations(document):
        sandbox.put_state(state)
        answer = ask(emply, path, method, sent(document, operation))
        content = operation["responses"][str(answer.status_code)].get("content")
        if content is not None:
            schema = {**content["application/json"]["schema"], "components": document["components"]}
            assert list(OAS30Validator(schema).iter_errors(answer.json())) == [], (method, path)


def test_an_error_is_as_it_says(emply: Http, document: Row) -> None:
    answer = emply.get("users/nobody")
    content = document["components"]["responses"]["Error"]["content"]

    ((kind, media),) = content.items()
    assert answer.headers["content-type"].partition(";")[0] == kind
    schema = {**media["schema"], "components": document["components"]}
    assert list(OAS30Validator(schema).iter_errors(answer.json())) == []


def test_a_required_field_is_required_and_no_other_is(emply: Http, document: Row, sandbox: Sandbox) -> None:
    state = sandbox.state()
    for path, method, operation in operations(document):
        body = sent(document, operation)
        if body is None:
            continue
        required = schema_of(document, operation)[1].get("required", [])
        for field in [*body, *required]:
            sandbox.put_state(state)
            answer = ask(emply, path, method, {name: value for name, value in body.items() if name != field})
            needed = field in required
            assert (answer.status_code == 422) is needed or field in _NEEDED_TOGETHER, (
                method,
                path,
                field,
                answer.text,
            )


_NEEDED_TOGETHER = {"kind", "userId"}
"""A user's calendar has a user, a room's has none: no schema of OpenAPI says so."""


def test_a_property_that_it_does_not_have_is_refused(emply: Http, document: Row) -> None:
    for path, method, operation in operations(document):
        body = sent(document, operation)
        if body is not None:
            answer = ask(emply, path, method, {**body, "colour": "red"})
            assert answer.status_code == 422, (method, path)


@pytest.mark.parametrize(("style", "method", "other"), [("skip_take", "patch", "put"), ("whole", "put", "patch")])
def test_changes_have_the_method_of_the_style(sandbox: Sandbox, style: str, method: str, other: str) -> None:
    sandbox.change_settings(emply_style=style)
    paths = read(sandbox)["paths"]

    for path in ("/users/{id}", "/calendars/{id}", "/events/{id}"):
        assert method in paths[path]
        assert other not in paths[path]


@pytest.mark.parametrize(("style", "paged"), [("skip_take", True), ("whole", False)])
def test_only_where_lists_have_pages_are_skip_and_take_parameters(sandbox: Sandbox, style: str, paged: bool) -> None:
    sandbox.change_settings(emply_style=style)

    for path in ("/users", "/employees", "/roles", "/departments", "/calendars", "/calendars/{id}/events"):
        named = [row["$ref"].rpartition("/")[2] for row in read(sandbox)["paths"][path]["get"]["parameters"]]
        assert ({"skip", "take"} <= set(named)) is paged


@pytest.mark.parametrize(
    ("auth", "scheme"),
    [
        ("key", {"type": "apiKey", "in": "query", "name": "apiKey"}),
        ("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}),
    ],
)
def test_it_says_how_the_credential_is_sent(sandbox: Sandbox, auth: str, scheme: Row) -> None:
    sandbox.change_settings(emply_auth=auth)

    assert read(sandbox)["components"]["securitySchemes"] == {"credential": scheme}


def test_its_server_is_where_emply_is(sandbox: Sandbox) -> None:
    (server,) = read(sandbox)["servers"]

    assert server["url"] == f"{sandbox.environment['EMPLY_URL']}/{{customer}}"
    assert server["variables"]["customer"]["default"] == sandbox.environment["EMPLY_CUSTOMER"]
