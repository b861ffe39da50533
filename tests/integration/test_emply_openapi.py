"""`doctor --emply-openapi`: every difference between a customer's OpenAPI document and the API description, by line."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from entra_emply.doctor import openapi
from entra_emply.doctor.checks import Check
from sandbox import Sandbox
from tests.emply_api import API2, V1, changed
from tests.waiting import PATIENCE


@pytest.fixture(scope="module")
def documents() -> dict[str, dict[str, Any]]:
    """The sandbox's own document, by style."""
    found = {}
    for style, auth in (("skip_take", "key"), ("whole", "bearer")):
        with Sandbox(emply_style=style, emply_auth=auth) as sandbox:
            url, ca = sandbox.environment["SANDBOX_URL"], sandbox.environment["CA_BUNDLE"]
            found[style] = requests.get(f"{url}/emply/openapi.json", verify=ca, timeout=PATIENCE).json()
    return found


@pytest.fixture
def document(documents: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The document of v1, to be changed."""
    return copy.deepcopy(documents["skip_take"])


def _found(folder: Path, document: object, named: str = "v1", *, as_yaml: bool = False) -> list[Check]:
    path = folder / "openapi"
    text = yaml.safe_dump(document) if as_yaml else json.dumps(document, indent="\t")
    path.write_text(document if isinstance(document, str) else text, encoding="utf-8")
    return list(openapi.checks(named, path))


def _wrong(checks: list[Check]) -> list[tuple[str, str]]:
    assert all(check.remedy for check in checks if check.status == "failed")
    return [(check.name, check.said) for check in checks if check.status == "failed"]


def _line(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


@pytest.mark.parametrize(("style", "named"), [("skip_take", "v1"), ("whole", "api2")])
@pytest.mark.parametrize("as_yaml", [False, True])
def test_a_description_that_fits_has_no_difference(
    documents: dict[str, dict[str, Any]], tmp_path: Path, style: str, named: str, as_yaml: bool
) -> None:
    checks = _found(tmp_path, documents[style], named, as_yaml=as_yaml)
    assert _wrong(checks) == []
    assert {check.name for check in checks} >= {"openapi: list_users", "openapi: delete_event"}


def test_v1_and_api2_differ_in_what_api2_is(documents: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    assert _wrong(_found(tmp_path, documents["whole"])) == [
        ("openapi: authentication", "query apiKey, and the document has header authorization"),
        ("openapi: update_user", "PATCH, and the document has GET, PUT"),
        ("openapi: update_calendar", "PATCH, and the document has DELETE, PUT"),
        ("openapi: update_event", "PATCH, and the document has DELETE, PUT"),
    ]


def test_an_operation_that_is_missing_is_named_with_its_line(document: dict[str, Any], tmp_path: Path) -> None:
    document["paths"]["/staff"] = document["paths"].pop("/employees")
    (check,) = [each for each in _found(tmp_path, document) if each.status == "failed"]
    assert check.name == "openapi: list_employees"
    assert check.said == "the document has no path employees; the nearest is /employees/{id}"
    assert f"api-v1.yaml, line {_line(V1, 'list_employees')};" in check.remedy


def test_paths_below_the_address_are_found(document: dict[str, Any], tmp_path: Path) -> None:
    document["paths"] = {f"/v1/{{tenant}}{path}": item for path, item in document["paths"].items()}
    assert _wrong(_found(tmp_path, document)) == []


def test_another_method_is_named(document: dict[str, Any], tmp_path: Path) -> None:
    users = document["paths"]["/users/{id}"]
    users["post"] = users.pop("patch")
    assert _wrong(_found(tmp_path, document)) == [("openapi: update_user", "PATCH, and the document has GET, POST")]


def test_a_parameter_that_must_be_sent_is_named(document: dict[str, Any], tmp_path: Path) -> None:
    document["components"]["parameters"]["from"]["required"] = True  # is sent
    document["paths"]["/roles"]["get"]["parameters"].append(
        {"name": "culture", "in": "query", "required": True, "schema": {"type": "string"}}
    )
    assert _wrong(_found(tmp_path, document)) == [
        ("openapi: list_roles", "the document requires the query parameter culture, which is not sent")
    ]


def test_a_parameter_that_is_not_known_is_named(document: dict[str, Any], tmp_path: Path) -> None:
    del document["components"]["parameters"]["from"]
    events = document["paths"]["/calendars/{id}/events"]["get"]
    events["parameters"] = [each for each in events["parameters"] if not each["$ref"].endswith("/from")]
    assert _wrong(_found(tmp_path, document)) == [
        ("openapi: list_events", "sends the parameter from, which the document does not have")
    ]


def test_other_words_for_paging_are_told(document: dict[str, Any], tmp_path: Path) -> None:
    document["paths"]["/users"]["get"]["parameters"] = [
        {"name": name, "in": "query", "schema": {"type": "integer"}} for name in ("page", "pageSize")
    ]
    checks = _found(tmp_path, document)
    assert _wrong(checks) == []
    (told,) = [check for check in checks if check.name == "openapi: list_users"]
    assert (told.status, "(others: page, pageSize)" in told.said) == ("note", True)
    strict = _found(tmp_path, document, changed(tmp_path, lists={"style": "skip_take"}))
    assert _wrong(strict)[0][1] == "the document has no parameters skip and take (others: page, pageSize)"


def test_a_required_field_that_is_not_sent_is_named(document: dict[str, Any], tmp_path: Path) -> None:
    new = document["components"]["schemas"]["NewUser"]
    document["components"]["schemas"]["NewUser"] = {"allOf": [new, {"type": "object", "required": ["costCentre"]}]}
    (check,) = [each for each in _found(tmp_path, document) if each.status == "failed"]
    assert check.said == "the document requires the field costCentre, which is not sent"
    assert f"api-v1.yaml, line {_line(V1, '  user:')};" in check.remedy


def test_an_unknown_field_is_named_where_it_is_read_and_where_it_is_written(
    document: dict[str, Any], tmp_path: Path
) -> None:
    for name in ("User", "NewUser", "UserChange"):
        properties = document["components"]["schemas"][name]["properties"]
        properties["mobilePhoneNumber"] = properties.pop("mobilePhone")
    checks = [each for each in _found(tmp_path, document) if each.status == "failed"]
    assert [check.name.removeprefix("openapi: ") for check in checks] == [
        "list_users", "get_user", "create_user", "update_user",
    ]  # fmt: skip
    assert checks[0].said == (
        "the field mobilePhone is read, and the document does not have it; the nearest is mobilePhoneNumber"
    )
    assert all(f"line {_line(V1, 'mobilePhone: ')};" in check.remedy for check in checks)


def test_a_list_inside_an_object_is_named(document: dict[str, Any], tmp_path: Path) -> None:
    schema = document["paths"]["/roles"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    inside = {"type": "object", "properties": {"items": dict(schema)}}
    document["paths"]["/roles"]["get"]["responses"]["200"]["content"]["application/json"]["schema"] = inside
    assert _wrong(_found(tmp_path, document)) == [
        ("openapi: list_roles", "the document's answer is no list where lists.rows says")
    ]


def test_another_content_type_is_named(document: dict[str, Any], tmp_path: Path) -> None:
    content = document["paths"]["/users/{id}"]["patch"]["requestBody"]["content"]
    content["application/json-patch+json"] = content.pop("application/json")
    assert _wrong(_found(tmp_path, document)) == [
        ("openapi: update_user", "sends application/json, and the document has application/json-patch+json")
    ]


@pytest.mark.parametrize("kind", ["Application/JSON; charset=utf-8", "application/*", "*/*"])
def test_a_content_type_in_other_words_is_no_difference(document: dict[str, Any], tmp_path: Path, kind: str) -> None:
    content = document["paths"]["/users/{id}"]["patch"]["requestBody"]["content"]
    content[kind] = content.pop("application/json")
    assert _wrong(_found(tmp_path, document)) == []


@pytest.mark.parametrize("header", ["Accept", "content-type", "authorization"])
def test_a_header_that_is_sent_anyway_is_no_difference(
    documents: dict[str, dict[str, Any]], tmp_path: Path, header: str
) -> None:
    document = copy.deepcopy(documents["whole"])
    document["paths"]["/users"]["post"]["parameters"] = [{"name": header, "in": "header", "required": True}]
    assert _wrong(_found(tmp_path, document, "api2")) == []


def test_a_header_that_must_be_sent_is_named(document: dict[str, Any], tmp_path: Path) -> None:
    document["paths"]["/roles"]["get"]["parameters"].append({"name": "X-Site", "in": "header", "required": True})
    assert _wrong(_found(tmp_path, document)) == [
        ("openapi: list_roles", "the document requires the header parameter X-Site, which is not sent")
    ]


def test_swagger_2_is_read_too(tmp_path: Path) -> None:
    swagger = {
        "swagger": "2.0",
        "securityDefinitions": {"key": {"type": "apiKey", "in": "query", "name": "token"}},
        "definitions": {"New": {"type": "object", "properties": {"username": {}}, "required": ["language"]}},
        "paths": {"/users": {"post": {
            "parameters": [{"name": "user", "in": "body", "schema": {"$ref": "#/definitions/New"}}], "responses": {},
        }}},
    }  # fmt: skip
    wrong = _wrong(_found(tmp_path, swagger))
    assert ("openapi: authentication", "query apiKey, and the document has query token") in wrong
    assert any(name == "openapi: create_user" and "field email is written" in said for name, said in wrong)


@pytest.mark.timeout(60)
def test_a_schema_that_is_many_times_a_part_of_itself_ends(document: dict[str, Any], tmp_path: Path) -> None:
    schemas = document["components"]["schemas"]
    schemas["User"] = {"allOf": [schemas["User"]], "anyOf": [{"$ref": "#/components/schemas/User"}] * 9}
    assert _wrong(_found(tmp_path, document)) == []


@pytest.mark.parametrize(
    "scheme", [{"type": ["apiKey"]}, {"type": {}}, {"type": "apiKey"}, {"type": "apiKey", "in": ["query"], "name": 1}]
)
def test_credentials_that_are_of_no_known_shape_are_none(
    document: dict[str, Any], tmp_path: Path, scheme: dict[str, Any]
) -> None:
    document["components"]["securitySchemes"] = {"odd": scheme}
    checks = _found(tmp_path, document)
    assert _wrong(checks) == []
    assert "the document does not say how the key travels" in {check.said for check in checks}


def test_names_that_are_no_text_in_yaml_are_names(document: dict[str, Any], tmp_path: Path) -> None:
    document["components"]["schemas"]["Role"]["properties"] = {"id": {}, False: {}, 7: {}}  # as YAML takes `no:`
    document["paths"] = {404: {"get": {}}, **document["paths"]}
    del document["paths"]["/departments"]
    found = _found(tmp_path, yaml.safe_dump(document, sort_keys=False))
    assert _wrong(found) == [
        ("openapi: list_roles", "the field title is read, and the document does not have it"),
        ("openapi: list_departments", "the document has no path departments"),
    ]


@pytest.mark.parametrize("name", ["/\x1b[31musers", "/users\nfailed  emply: users", "/users\ud800"])
def test_what_is_told_of_a_document_is_one_line_that_can_be_printed(
    document: dict[str, Any], tmp_path: Path, name: str
) -> None:
    document["paths"][name] = document["paths"].pop("/users")
    document["components"]["schemas"]["Role"] = {"$ref": name * 1000}
    checks = _found(tmp_path, document)
    assert {check.name for check in checks if check.status == "failed"} == {
        "openapi: list_users", "openapi: create_user",
    }  # fmt: skip
    assert all(check.said.isprintable() and len(check.said) < 300 for check in checks)


def test_a_reference_that_leads_nowhere_is_told_and_one_that_leads_to_itself_ends(
    document: dict[str, Any], tmp_path: Path
) -> None:
    document["components"]["schemas"]["Role"] = {"$ref": "#/components/schemas/Role"}
    document["components"]["schemas"]["Department"] = {"$ref": "other.json#/Department"}
    checks = _found(tmp_path, document)
    assert _wrong(checks) == []
    assert any("other.json#/Department" in check.said for check in checks if check.status == "note")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", "openapi: 4.0", "openapi: 3.0.3\npaths: []", '{"openapi": "3.0.0"}', "a: *b", "\0", "- x: [",
     "swagger: 2.0\npaths: [1]", "when: 2026-13-45"],
)  # fmt: skip
def test_a_file_that_is_no_openapi_document_is_one_clear_error(tmp_path: Path, text: str) -> None:
    (check,) = _found(tmp_path, text)
    assert (check.status, check.name) == ("failed", "openapi")
    assert "is no OpenAPI document: " in check.said


@pytest.mark.parametrize("content", [b"\xff\xfeo\0p\0e\0n\0", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", b"\x1f\x8b\x08"])
def test_a_file_that_is_no_text_is_one_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "openapi"
    path.write_bytes(content)
    (check,) = openapi.checks("v1", path)
    assert (check.status, check.said) == ("failed", f"{path} is no OpenAPI document: it is not UTF-8 text")


def test_a_file_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    (check,) = openapi.checks("v1", tmp_path / "none.json")
    assert check.said.endswith("none.json cannot be read (No such file or directory)")


def test_a_wrong_description_is_one_clear_error(document: dict[str, Any], tmp_path: Path) -> None:
    (check,) = _found(tmp_path, document, changed(tmp_path, API2, url="ftp://x"))
    assert "url: expected an address that begins with https://" in check.said
