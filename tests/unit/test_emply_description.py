"""The API description of Emply: what is accepted, and errors that name the line and what was expected."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from entra_emply.connectors.emply.description import Description, load, parse
from entra_emply.connectors.emply.operations import LISTS_OF_A_PLAN, NEEDS, ONLY_BEFORE_PUT, PARTS, RECORDS
from entra_emply.connectors.emply.records import UNFIT, compiled, plain_name, top_name
from entra_emply.doctor import emply as doctor
from entra_emply.errors import SettingsError
from tests.emply_api import API2, V1


def _line(part: str, text: str = V1) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def _with(old: str, new: str) -> Description:
    assert V1.count(old) >= 1, old
    return parse(V1.replace(old, new, 1), "mine.yaml")


def _document(**operations: object) -> str:
    document = yaml.safe_load(V1)
    document["operations"] |= operations
    return yaml.safe_dump(document, sort_keys=False)


@pytest.mark.parametrize("name", ["v1", "api2"])
def test_the_packaged_descriptions_are_valid_and_complete(name: str) -> None:
    description = load(name)
    assert {part: description.cannot(part) for part in PARTS} == dict.fromkeys(PARTS, ())
    assert description.content.operations.keys() == NEEDS.keys()
    assert {kind: set(fields) for kind, fields in description.content.fields.items()} == RECORDS


def test_doctor_makes_a_frame_of_all_that_is_read() -> None:
    assert doctor._FRAMES.keys() == {name for name in NEEDS if name.startswith(("list_", "get_"))}


def test_v1_needs_no_translation_of_rows() -> None:
    rows = [{"id": "u1", "whatever": 1}]
    assert all(kind.read(rows) is rows for kind in load("v1").kinds.values())


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("url: https://", "url: http://", "url:", "url: expected an address that begins with https://"),
        ("/{customer}  ", "/{client}  ", "url:", "url: expected no other place than {customer}"),
        ("/{customer}  ", "/{customer  ", "url:", "url: expected every { to have its }"),
        ("{query: apiKey}", "{}", "authentication:", "authentication: expected query or header, one of both"),
        ("{query: apiKey}", "{query: a, header: b}", "authentication:", "authentication: expected query or header"),
        ("{query: apiKey}", "{header: Host}", "authentication:", "header: expected a header of its own for the key"),
        ("{query: apiKey}", "{header: content-length}", "authentication:", "header: expected a header of its own"),
        ("{query: apiKey}", "{query: skip}", "authentication:",
         "authentication.query: expected another parameter for the key: lists page by it (lists.style)"),
        ("{query: apiKey}", "{header: a b}", "authentication:", "header: expected the name of an HTTP header"),
        ("style: auto", "style: pages", "lists:", "lists.style: expected 'auto', 'skip_take' or 'whole'"),
        ("take: 500", "take: 2", "lists:", "lists.take: expected at least"),
        ("code: error.code", 'code: "error["', "errors:", "errors.code: expected a JMESPath, and 'error[' is none"),
        ("not_found: [not_found]", "not_found: ['']", "not_found:", "not_found.0: expected a text that is not empty"),
        ("requests_per_second: 50", "requests_per_second: 0", "requests_per_second:", "expected at least"),
        ("requests_per_second", "request_per_second", "request", "request_per_second: unknown key"),
        ("  get_user: {method: GET", "  get_user: {methd: GET", "get_user", "operations.get_user.methd: unknown key"),
        ("  get_user: {method: GET", "  get_user: {method: FETCH", "get_user", "method: expected 'GET', 'POST'"),
        ("  get_user: {method: GET", "  get_user: {method: PUT", "get_user", "expected GET: this only reads"),
        ("  create_user: {method: POST", "  create_user: {method: GET", "create_user", "expected another method"),
        ('path: "users/{id}", access: users}', "path: users, access: users}", "get_user",
         "operations.get_user.path: expected a path with {id}"),
        ("list_roles: {method: GET, path: roles", 'list_roles: {method: GET, path: "roles/{id}"', "list_roles",
         "operations.list_roles.path: expected a path without { }"),
        ("path: roles,", "path: users,", "list_roles",
         "operations.list_roles.path: expected another path or query than that of list_users"),
        ("path: roles,", "path: Users/,", "list_roles", "expected another path or query than that of list_users"),
        ("    lastName: lastName", "    lastName: firstName", "    lastName: firstName",
         "user.lastName: expected another name than that of firstName, or lastName: {read: firstName, write: null}"),
        ("    lastName: lastName", "    lastName: {read: a, write: firstName}", "    lastName: {read",
         "fields.user.lastName: expected another name than that of firstName"),
        ("    username: username", "    username: id", "    username: id",
         "fields.user.username: expected another name than that of id"),
        ("path: roles,", "path: /roles,", "list_roles", "expected a path below the url, without / before it"),
        ("path: roles,", "path: roles, query: {apiKey: mine},", "list_roles", "query.apiKey: this parameter is sent"),
        ("path: roles,", 'path: roles, query: {take: "9"},', "list_roles", "query.take: this parameter is sent anyway"),
        ("path: roles,", 'path: "roles?all=1",', "list_roles", "expected a path below the url"),
        ("path: roles,", 'path: "https://elsewhere.com/roles",', "list_roles", "expected a path below the url, not an"),
        ("path: roles,", 'path: "https:/roles",', "list_roles", "expected a path below the url, not an"),
        ("path: roles,", "path: ../roles,", "list_roles", "below the url, without . or .. between"),
        ("path: roles,", "path: all/../../roles,", "list_roles", "below the url, without . or .. between"),
        ("path: roles,", 'path: "%2E%2e/roles",', "list_roles", "below the url, without . or .. between"),
        ("path: roles,", 'path: "roles\\n",', "list_roles", "below the url, without blanks and control"),
        ("path: roles,", 'path: "roles\\0",', "list_roles", "below the url, without blanks and control"),
        ("path: roles,", 'path: "{{roles}}",', "list_roles", "expected { and } only around the name of a place"),
        ('path: "users/{id}", access: users}', 'path: "users/{id!r}", access: users}', "get_user",
         "operations.get_user.path: expected { and } only around the name of a place"),
        ('path: "users/{id}", access: users}', 'path: "users/{id:>9}", access: users}', "get_user",
         "operations.get_user.path: expected { and } only around the name of a place"),
        ("/{customer}  ", "/{customer!r}  ", "url:", "url: expected { and } only around the name of a place"),
        ("api.emply.com", "", "url:", "url: expected a host behind https://"),
        ("api.emply.com", "api.emply.com:https", "url:", "url: expected a host behind https://"),
        ("/{customer}  ", "/{customer}?all=1  ", "url:", "url: expected an address without a query"),
        ("/{customer}  ", "/../{customer}  ", "url:", "url: expected an address without a query, blanks, . or .."),
        ("path: roles, access: roles", 'path: roles, access: " "', "list_roles",
         "operations.list_roles.access: expected an area, such as users, or an area and what is done there, such as"),
        ("path: roles, access: roles", 'path: roles, access: "roles: look"', "list_roles", "access: expected an area"),
        ("path: roles, access: roles", 'path: roles, access: "roles:"', "list_roles", "access: expected an area"),
        ("path: roles, access: roles", 'path: roles, access: ": read"', "list_roles", "access: expected an area"),
        ("path: roles, access: roles", 'path: roles, access: "ro\\nles"', "list_roles", "access: expected an area"),
        ("path: roles, access: roles", 'path: roles, access: "\\ud800"', "list_roles",
         "access: expected valid Unicode text"),
        ("  list_roles:", "  list_role:", "list_role:", "operations.list_role: unknown operation; expected list_users"),
        ("content_type: application/json}", "content_type: text/xml}", "update_user", "expected a kind of JSON"),
        ("    lastName: lastName", "    lastname: lastName", "lastname:", "fields.user.lastname: unknown field"),
        ("    mobilePhone: mobilePhone", "    mobilePhone: {read: a}", "mobilePhone: {", "expected {read: JMESPath"),
        ("    mobilePhone: mobilePhone", "    mobilePhone: 7", "mobilePhone: 7", "mobilePhone: expected a JMESPath"),
        ("    mobilePhone: mobilePhone", "    mobilePhone: phones[0]", "mobilePhone: phones",
         "fields.user.mobilePhone: expected a plain name, because the field is written"),
        ("    mobilePhone: mobilePhone", "    mobilePhone: 'phones['", "mobilePhone: 'phones",
         "fields.user.mobilePhone: expected a JMESPath"),
        ("    mobilePhone: mobilePhone", f"    mobilePhone: {'(' * 9000}a", "mobilePhone: ((",
         "fields.user.mobilePhone: expected a JMESPath"),
        ("  role: {id: id", "  role: {id: null", "role:", "fields.role.id: expected the name of the id"),
        ("  role: {", "  roles: {", "  roles: {", "fields.roles: unknown kind of object"),
        ("  role: {id: id, title: title}", "  roles: 5", "  roles: 5", "fields.roles: unknown kind of object"),
        ("path: roles,", 'path: "",', "list_roles", "operations.list_roles.path: expected a text that is not empty"),
        ("  department: {id: id", "  department: {id: id, id: no", "department:", "id: the key is given twice"),
        ("update_calendar: {method: PATCH", "update_calendar: {method: [", "", "not valid YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_what_was_expected(old: str, new: str, line: str, expected: str) -> None:
    wrong = V1.replace(old, new, 1)
    assert wrong != V1
    with pytest.raises(SettingsError) as error:
        parse(wrong, "mine.yaml")
    assert expected in str(error.value)
    if line:
        assert f"mine.yaml, line {_line(line, wrong)}: " in str(error.value)


@pytest.mark.parametrize("given", ["{method: GET, path: roles}", "{metod: GET}", "5", "[GET]", "null"])
def test_an_unknown_operation_is_told_as_that_whatever_it_holds(given: str) -> None:
    with pytest.raises(SettingsError) as error:
        _with("  list_roles:", f"  list_role: {given}\n  list_roles:")
    [told] = str(error.value).split("; mine.yaml")
    assert f"line {_line('  list_roles:')}: operations.list_role: unknown operation; expected list_users" in told


def test_operations_that_are_no_mapping_are_told_as_that() -> None:
    with pytest.raises(SettingsError, match=r"line 1: operations: expected a mapping"):
        parse("{url: 'https://e.com', authentication: {query: key}, operations: [list_users]}")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("api.emply.com/v1/{customer}  ", "api.emply.com/v1  "),  # a token may say whose it is
        ("api.emply.com/v1/{customer}  ", "{customer}.emply.com  "),
        ("path: roles,", "path: roles/,"),
        ("path: roles,", 'path: users, query: {kind: "role"},'),  # one address of several kinds of objects
        ("{query: apiKey}", "{header: Cookie, prefix: session=}"),
        ("    username: username", "    username: {read: email, write: null}"),
        ("    employeeId: employeeId", "    employeeId: email"),  # is never written
        ("path: roles,", 'path: "roles:all",'),
        ('path: "employees/{id}"', 'path: "employees/uuid={id}"'),
        ("path: roles, access: roles", "path: roles, access: HR roles"),
        ("path: roles, access: roles", 'path: roles, access: "roles: read"'),
        ("path: roles, access: roles", 'path: roles, access: "rôles:read"'),
    ],
)
def test_what_another_emply_may_have_is_taken(old: str, new: str) -> None:
    text = V1.replace(old, new, 1)
    assert text != V1
    assert parse(text, "mine.yaml").operation("list_roles")


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as error:
        _with("list_roles: {method: GET, path: roles", "list_role: {method: GET, path: roles")
    assert "line " in str(error.value)
    assert "unknown operation" in str(error.value)
    assert "list_roles is missing: give each, or null where your Emply has none" in str(error.value)


@pytest.mark.parametrize("text", ["", "- a", "5", "url: &a [*a]", "a: *b", "\0", "operations: {list_users: 3}"])
def test_what_is_no_description_is_a_clear_error(text: str) -> None:
    with pytest.raises(SettingsError, match=r"mine\.yaml(, line \d+)?: "):
        parse(text, "mine.yaml")


@pytest.mark.parametrize("named", ["v3", "api-v1"])
def test_a_name_that_is_none_says_what_there_is(named: str) -> None:
    with pytest.raises(SettingsError, match=r"EMPLY_API: expected v1, api2 or the path of an API description"):
        load(named)


def test_a_file_that_cannot_be_read_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.yaml: cannot be read \(No such file.*EMPLY_API names the file"):
        load(str(tmp_path / "none.yaml"))


@pytest.mark.parametrize("name", LISTS_OF_A_PLAN)
def test_a_list_without_which_there_is_no_plan_cannot_be_left_out(name: str) -> None:
    with pytest.raises(SettingsError, match=f"operations.{name}: expected an operation: there is no plan without"):
        parse(_document(**{name: None}))


@pytest.mark.parametrize(
    "name", sorted(NEEDS.keys() - ONLY_BEFORE_PUT - {"list_users", "list_employees", "list_roles"})
)
def test_what_a_customers_emply_cannot_do_is_null_and_told_by_part(name: str) -> None:
    description = parse(_document(**{name: None}), "mine.yaml")
    assert [part for part in PARTS if description.cannot(part)] == [part for part in PARTS if name in PARTS[part]]
    assert re.fullmatch(rf"this Emply has no {name} \(mine\.yaml, line \d+\)", description.absent(name))


def test_put_needs_what_reads_the_object_before() -> None:
    put = {"method": "PUT", "path": "users/{id}", "access": "users"}
    assert parse(_document(update_user=put)).operation("update_user")
    with pytest.raises(SettingsError, match="expected get_user to read it before"):
        parse(_document(update_user=put, get_user=None))


def test_a_field_that_is_not_told_of_has_the_pipelines_own_name() -> None:
    text = V1.partition("fields:")[0]
    rows = [{"id": "u1", "lastName": "Öz"}]
    assert parse(text).kinds["user"].read(rows) is rows


def test_a_field_may_be_read_otherwise_than_it_is_written() -> None:
    user = _with("    roleIds: roleIds", "    roleIds: {read: 'roles[].id', write: roles}").kinds["user"]
    assert user.read([{"id": "u", "roles": [{"id": "r1"}, {"id": "r2"}]}])[0]["roleIds"] == ["r1", "r2"]
    assert user.written({"roleIds": ["r1"]}) == {"roles": ["r1"]}


def test_a_field_that_emply_does_not_have_is_missing_and_not_written() -> None:
    user = _with("    mobilePhone: mobilePhone\n    roleIds", "    mobilePhone: null\n    roleIds").kinds["user"]
    assert user.read([{"id": "u", "mobilePhone": "1"}])[0]["mobilePhone"] is None
    assert user.written({"mobilePhone": "1", "lastName": "Öz"}) == {"lastName": "Öz"}


@pytest.mark.parametrize(
    ("expression", "row", "expected"),
    [
        ("title", {"title": "x"}, "x"),
        ('"e-mail"', {"e-mail": "x"}, "x"),
        ("name.last", {"name": {"last": "Łukasz"}}, "Łukasz"),
        ("name.last", {"name": "text"}, None),
        ("title.localization[0].value || title", {"title": {"localization": [{"value": "Løn"}]}}, "Løn"),
        ("title.localization[0].value || title", {"title": "Løn"}, "Løn"),
        ("length(title)", {"title": 5}, UNFIT),
    ],
)
def test_an_expression_says_what_a_row_has(expression: str, row: dict[str, Any], expected: object) -> None:
    assert compiled(expression)(row) == expected


def test_names_are_known_from_expressions() -> None:
    assert [plain_name(each) for each in ("a", '"a-b"', "a.b", "a || b", None)] == ["a", "a-b", None, None, None]
    assert [top_name(each) for each in ("a", "a.b[0].c || d", "@", "length(a)")] == ["a", "a", None, "a"]


def test_api2_is_v1_with_token_put_and_translations() -> None:
    v1, api2 = yaml.safe_load(V1), yaml.safe_load(API2)
    differing = {name for name, given in api2["operations"].items() if given != v1["operations"][name]}
    assert differing == {"update_user", "update_calendar", "update_event", "delete_calendar", "delete_event"}
    assert {kind for kind in RECORDS if api2["fields"][kind] != v1["fields"][kind]} == {"role", "department"}
    assert api2["authentication"] == {"header": "Authorization", "prefix": "Bearer "}
