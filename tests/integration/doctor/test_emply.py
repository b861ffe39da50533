"""`doctor` and Emply: the key, its operations, lists and fields, its own document."""

import pytest

from entra_emply.doctor.doctor import doctor
from entra_emply.environment import Environment
from tests.emply_api import changed
from tests.integration.doctor.clinic import Clinic


def test_a_key_that_is_not_active_is_told_once(clinic: Clinic) -> None:
    clinic.sandbox.change_settings(api_key_active=False)
    found = clinic.examine()
    assert "emply: list_users" in clinic.failing()
    assert found["emply: list_roles"].said == "not looked at, because Emply refuses the key"
    assert "make a new one there and set EMPLY_API_KEY" in found["emply: list_users"].remedy


def test_an_area_that_the_key_lacks_is_named(clinic: Clinic) -> None:
    clinic.sandbox.change_settings(
        areas={"users": "write", "roles": "read", "departments": "read", "calendars": "read"}
    )
    found = clinic.examine()
    assert "employees: read" in found["emply: list_employees"].said
    assert "give the key that EMPLY_API_KEY holds" in found["emply: list_employees"].remedy
    assert found["emply: get_employee"].status == "skipped"
    assert found["emply: users: write"].status == "note"


def test_calendars_are_not_needed_where_they_are_off(clinic: Clinic) -> None:
    areas = {"users": "write", "employees": "read", "roles": "read", "departments": "read"}
    clinic.sandbox.change_settings(areas=areas)
    assert clinic.failing() == []
    clinic.settings(synchronize_calendars=True)
    assert "emply: list_calendars" in clinic.failing()


def test_an_operation_that_answers_otherwise_than_assumed_is_named(clinic: Clinic) -> None:
    moved = {"status": 404, "body": {"error": {"code": "no_route", "message": "no"}}}
    clinic.sandbox.put_faults(
        {"method": "GET", "path": "/roles$", "fault": moved},
        {"method": "GET", "path": "/departments$", "fault": {"status": 200, "body": {"items": []}}},
    )
    found = clinic.examine()
    assert found["emply: list_roles"].said == "answered 404 no_route"
    assert "Correct GET roles (entra_emply/connectors/emply/api-v1.yaml, line " in found["emply: list_roles"].remedy
    assert "a list of objects with an id" in found["emply: list_departments"].said


def test_how_each_list_pages_is_told(clinic: Clinic) -> None:
    state = clinic.sandbox.state()
    state["emply"]["users"] = [{"id": f"login-{n}", "username": f"Çelik-{n}"} for n in range(49)]
    clinic.sandbox.put_state(state)
    found = clinic.examine()
    assert found["emply: list_users"].said == "answers as expected; pages by skip and take"
    assert found["emply: list_roles"].said == "answers as expected; too few rows to tell how it pages"


def test_a_list_that_cannot_be_judged_is_told(clinic: Clinic) -> None:
    rows = [{"id": f"login-{n}"} for n in range(100)]
    clinic.sandbox.put_faults({"method": "GET", "path": "/users$", "fault": {"status": 200, "body": rows}})
    found = clinic.examine()["emply: list_users"]
    assert (found.status, "100 rows may be a first page only" in found.said) == ("failed", True)
    assert "Correct lists.style (entra_emply/connectors/emply/api-v1.yaml, line " in found.remedy


def test_a_field_of_another_shape_is_told_with_the_line_of_its_kind(clinic: Clinic) -> None:
    clinic.sandbox.change_settings(emply_style="whole")  # whose titles are translations, which v1 does not know of
    found = clinic.examine()["emply: list_roles"]
    assert (found.status, "title is not a text in 1 row (ids role-1)" in found.said) == ("failed", True)
    assert "Correct the field of this name (entra_emply/connectors/emply/api-v1.yaml, line " in found.remedy


def test_an_object_of_another_shape_than_in_its_list_is_told(clinic: Clinic) -> None:
    one = {"id": "login-1", "roleIds": [{"id": "role-1"}]}
    clinic.sandbox.put_faults({"method": "GET", "path": "/users/[^/]*$", "fault": {"status": 200, "body": one}})
    found = clinic.examine()["emply: get_user"]
    assert (found.status, "role_ids is not a list of texts in 1 row" in found.said) == ("failed", True)


def test_an_access_that_goes_while_a_list_is_judged_is_told(clinic: Clinic) -> None:
    clinic.sandbox.put_faults({"method": "GET", "path": "/users$", "skip": 1, "fault": {"status": 403}})
    found = clinic.examine()["emply: list_users"]
    assert (found.status, "users: read" in found.said) == ("failed", True)


def test_a_description_that_is_wrong_is_told_once_with_its_line(clinic: Clinic) -> None:
    clinic.variables["EMPLY_API"] = changed(clinic.folder, lists={"style": "pages"})
    assert clinic.failing() == ["emply: API description"]
    found = clinic.examine()
    assert "lists.style: expected 'auto', 'skip_take' or 'whole'" in found["emply: API description"].said
    assert found["names in the settings (R8)"].status == "skipped"


def test_what_emply_cannot_do_is_told_and_wrong_only_where_it_is_switched_on(clinic: Clinic) -> None:
    nothing = {"set_photo": None, "list_calendars": None, "update_user": None}
    clinic.variables["EMPLY_API"] = changed(clinic.folder, operations=nothing)
    found = clinic.examine()
    assert clinic.failing() == []
    assert "this Emply has no update_user (" in found["emply: users"].said
    assert found["emply: users"].said.endswith("nothing can be applied; plan works")
    assert (found["emply: photos"].status, found["emply: list_calendars"].status) == ("note", "skipped")
    clinic.settings(profile_pictures=True)
    assert clinic.failing() == ["emply: photos"]
    assert "settings.yaml, line " in clinic.examine()["emply: photos"].said


@pytest.mark.parametrize(("seconds", "status"), [(300 * 86400, "ok"), (29 * 86400, "note")])
def test_until_when_a_token_is_good_is_told(clinic: Clinic, seconds: int, status: str) -> None:
    clinic.sandbox.change_settings(emply_style="whole", emply_auth="bearer")
    token = clinic.sandbox.emply_token(seconds=seconds)
    clinic.variables |= {"EMPLY_API": "api2", "EMPLY_API_KEY": token}
    found = clinic.examine()
    assert clinic.failing() == []
    assert (found["emply: token"].status, found["emply: token"].said[:14]) == (status, "is good until ")
    assert found["emply: list_users"].said.startswith("answers as expected")


@pytest.mark.parametrize("token", ["x.y.z", "a", "a.e30.c", "a.eyJleHAiOiJ4In0.c", "a.eyJleHAiOjFlOTl9.c"])
def test_a_token_that_says_nothing_of_its_end_is_just_used(clinic: Clinic, token: str) -> None:
    clinic.variables |= {"EMPLY_API": "api2", "EMPLY_API_KEY": token}
    assert "emply: token" not in clinic.examine()


def test_emplys_own_document_is_compared_without_a_key(clinic: Clinic) -> None:
    clinic.variables["EMPLY_API_KEY"] = ""
    path = clinic.folder / "openapi.json"
    path.write_text('{"openapi": "3.0.0", "paths": {"/staff": {}}}')
    environment = Environment.load(clinic.sandbox.environment | clinic.variables)
    found = {check.name: check for check in doctor(environment, path)}
    assert found["emply: environment"].status == "failed"
    assert found["openapi: list_users"].said.startswith("the document has no path users")


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        (
            "EMPLY_CUSTOMER",
            "fabrikam",
            "Check EMPLY_CUSTOMER and EMPLY_URL. If other operations answer, the path is wrong. Correct ",
        ),
        ("EMPLY_URL", "", "EMPLY_URL has no path, and Emply's own is https://api.emply.com/v1. If other"),
    ],
)
def test_a_wrong_customer_or_address_of_emply_is_no_wrong_operation(
    clinic: Clinic, variable: str, value: str, said: str
) -> None:
    clinic.variables[variable] = value or clinic.sandbox.environment["SANDBOX_URL"]
    found = clinic.examine()
    assert found["emply: list_users"].status == "failed"
    assert said in found["emply: list_users"].remedy
