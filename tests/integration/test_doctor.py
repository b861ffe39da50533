"""`doctor` against the sandbox: what is wrong is named, with what to do; nothing is changed."""

from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from fsspec import get_filesystem_class

from entra_emply import clock
from entra_emply.connectors.throttle import Timing
from entra_emply.doctor.checks import Check
from entra_emply.doctor.doctor import doctor
from entra_emply.environment import Environment
from sandbox import Sandbox
from tests.certificates import certificate
from tests.emply_api import changed
from tests.fake_time import FakeTime

PEOPLE = {
    "entra": {
        "users": [{"id": "user-1", "userPrincipalName": "łucja@contoso.com", "mail": "łucja@contoso.com"}],
        "groups": [{"id": "group-1", "displayName": "Employees", "members": ["user-1"]}],
        "servicePrincipals": [{"id": "app-1", "appRoleAssignmentRequired": True}],
        "calendars": {"user-1": [{"id": "calendar-1", "name": "Calendar", "canEdit": True, "isDefaultCalendar": True}]},
    },
    "emply": {
        "users": [{"id": "login-1", "username": "łucja@contoso.com"}],
        "employees": [{"id": "employee-1"}],
        "roles": [{"id": "role-1", "title": "Employee"}],
        "calendars": [{"id": "emply-1", "userId": "login-1", "name": "Calendar"}],
    },
}
LEAST = ["User.Read.All", "GroupMember.Read.All", "Organization.Read.All"]


class Clinic:
    """A sandbox, a settings file and a home, and what doctor finds there."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.variables: dict[str, str] = {}
        self.settings()
        sandbox.put_state(PEOPLE)
        sandbox.change_settings(permissions=LEAST)

    def settings(self, **settings: object) -> None:
        groups = [{"group": "Employees", "default_role": "Employee"}]
        (self.folder / "settings.yaml").write_text(yaml.safe_dump({"groups": groups} | settings))

    def examine(self) -> dict[str, Check]:
        ours = {
            "ENTRA_EMPLY_HOME": str(self.folder / "home"),
            "ENTRA_EMPLY_SETTINGS": str(self.folder / "settings.yaml"),
        }
        checks = doctor(Environment.load(self.sandbox.environment | ours | self.variables))
        return {check.name: check for check in checks}

    def failing(self) -> list[str]:
        found = self.examine().values()
        assert all(check.remedy for check in found if check.status == "failed")
        return [check.name for check in found if check.status == "failed"]


@pytest.fixture
def clinic(sandbox: Sandbox, tmp_path: Path) -> Clinic:
    return Clinic(sandbox, tmp_path)


def test_with_the_least_permissions_all_is_well_and_nothing_is_changed(clinic: Clinic) -> None:
    before = clinic.sandbox.state()
    clinic.sandbox.clear_requests()
    assert clinic.failing() == []
    assert clinic.sandbox.state() == before
    asked = {entry["method"] for entry in clinic.sandbox.requests() if "/token" not in entry["path"]}
    assert asked == {"GET"}
    assert not (clinic.folder / "home").exists()


def test_mistakes_in_the_settings_are_named_by_line(clinic: Clinic) -> None:
    (clinic.folder / "settings.yaml").write_text("enabled: true\nsyncronize_roles: true\n")
    found = clinic.examine()
    assert "line 2: syncronize_roles: unknown key" in found["settings"].said
    assert found["entra: permissions"].status == "skipped"
    assert found["names in the settings (R8)"].status == "skipped"


@pytest.mark.parametrize("missing", LEAST)
def test_a_missing_permission_is_named(clinic: Clinic, missing: str) -> None:
    clinic.sandbox.change_settings(permissions=[name for name in LEAST if name != missing])
    found = clinic.examine()
    assert found[f"entra: {missing}"].status == "failed"
    assert missing in found[f"entra: {missing}"].remedy


@pytest.mark.parametrize(
    ("settings", "permission", "without"),
    [
        ({"synchronize_calendars": True}, "Calendars.ReadWrite", "note"),
        ({"sso": {"service_principal_id": "app-1"}}, "Application.Read.All", "ok"),  # the secret's end is read with it
        ({"entra_write_back": {"update": True}}, "User.ReadWrite.All", "note"),
    ],
)
def test_a_switch_needs_its_permission_and_only_then(
    clinic: Clinic, settings: dict, permission: str, without: str
) -> None:
    clinic.settings(**settings)
    assert f"entra: {permission}" in clinic.failing()
    clinic.sandbox.change_settings(permissions=[*LEAST, permission])
    assert clinic.failing() == []
    clinic.settings()
    assert (clinic.examine()[f"entra: {permission}"].status, clinic.failing()) == (without, [])


def test_reading_calendars_is_not_enough_to_write_events(clinic: Clinic) -> None:
    clinic.settings(synchronize_calendars=True)
    clinic.sandbox.change_settings(permissions=[*LEAST, "Calendars.Read"])
    assert clinic.failing() == ["entra: Calendars.ReadWrite"]


def test_mailboxes_that_exchange_itself_opens_are_told_apart_from_a_permission(clinic: Clinic) -> None:
    clinic.settings(synchronize_calendars=True)
    clinic.sandbox.change_settings(permissions=LEAST, exchange_roles=["Calendars.ReadWrite"])
    found = clinic.examine()["entra: Calendars.ReadWrite"]
    assert (found.status, "RBAC for Applications" in found.said) == ("note", True)
    assert "Application Calendars.ReadWrite" in found.remedy


def test_a_mailbox_that_may_not_be_opened_says_nothing_of_the_next(clinic: Clinic) -> None:
    clinic.settings(synchronize_calendars=True)
    clinic.sandbox.change_settings(permissions=[*LEAST, "Calendars.ReadWrite"])
    state = clinic.sandbox.state()
    closed = {"id": "user-0", "userPrincipalName": "closed@contoso.com", "mail": "closed@contoso.com"}
    state["entra"]["users"].insert(0, closed)
    state["entra"]["calendars"]["user-0"] = {"error": "ErrorAccessDenied"}
    clinic.sandbox.put_state(state)
    assert clinic.examine()["entra: Calendars.ReadWrite"].said == "is granted; a read works"


def test_a_broader_permission_will_do_but_is_more_than_needed(clinic: Clinic) -> None:
    clinic.sandbox.change_settings(permissions=["User.ReadWrite.All", *LEAST[1:]])
    found = clinic.examine()
    assert found["entra: User.Read.All"].said == "is granted as part of User.ReadWrite.All; a read works"
    assert found["entra: User.ReadWrite.All"].remedy.endswith("and give it User.Read.All instead.")


def test_a_wrong_secret_is_told_once(clinic: Clinic) -> None:
    clinic.variables["ENTRA_CLIENT_SECRET"] = "wrong"
    assert clinic.failing() == ["entra: sign-in"]


def test_a_key_that_is_not_active_is_told_once(clinic: Clinic) -> None:
    clinic.sandbox.change_settings(api_key_active=False)
    found = clinic.examine()
    assert "emply: list_users" in clinic.failing()
    assert found["emply: list_roles"].said == "not looked at, because Emply refuses the key"


def test_an_area_that_the_key_lacks_is_named(clinic: Clinic) -> None:
    clinic.sandbox.change_settings(
        areas={"users": "write", "roles": "read", "departments": "read", "calendars": "read"}
    )
    found = clinic.examine()
    assert "employees: read" in found["emply: list_employees"].said
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
    assert "correct GET roles (entra_emply/connectors/emply/api-v1.yaml, line " in found["emply: list_roles"].remedy
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
    assert (found.status, "title is not str in 1 row (ids role-1)" in found.said) == ("failed", True)
    assert "Correct the field of this name (entra_emply/connectors/emply/api-v1.yaml, line " in found.remedy


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
            "Check EMPLY_CUSTOMER and EMPLY_URL. If other operations answer, correct ",
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


@pytest.mark.parametrize(
    ("variable", "value", "because"),
    [
        ("EMPLY_URL", "https://127.0.0.1:9/v1", "emply: list_roles was not looked at"),
        ("EMPLY_CUSTOMER", "fabrikam", "emply: list_roles failed"),
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none", "database failed"),
    ],
)
def test_names_are_not_looked_up_where_a_side_is_out_of_reach(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, because: str
) -> None:
    time = FakeTime()
    monkeypatch.setattr(Timing.__init__, "__defaults__", (lambda: time.now, time.sleep))
    clinic.variables[variable] = value
    found = clinic.examine()["names in the settings (R8)"]
    assert (found.status, found.said) == ("skipped", f"not looked at, because {because}")


def test_a_name_that_does_not_exist_is_named(clinic: Clinic) -> None:
    clinic.settings(groups=[{"group": "Çalışanlar", "default_role": "Employee"}])
    found = clinic.examine()["names in the settings (R8)"]
    assert (found.status, "'Çalışanlar'" in found.said) == ("failed", True)


def test_a_hybrid_tenant_and_write_back_do_not_go_together(clinic: Clinic) -> None:
    tenant = clinic.sandbox.state()
    tenant["entra"]["organization"]["onPremisesSyncEnabled"] = True
    clinic.sandbox.put_state(tenant)
    clinic.sandbox.change_settings(permissions=[*LEAST, "User.ReadWrite.All"])
    assert clinic.failing() == []
    clinic.settings(entra_write_back={"delete": True})
    assert clinic.failing() == ["entra: hybrid tenant (W0)"]


def test_a_clock_that_is_wrong_is_told_with_how_much(clinic: Clinic) -> None:
    with clock.frozen(clock.now() + timedelta(minutes=10)):
        found = clinic.examine()
    assert "seconds ahead of Graph's" in found["clock: Graph"].said
    assert found["clock: Emply"].status == "failed"


@pytest.mark.parametrize("name", ["ENTRA_TENANT_ID", "EMPLY_API_KEY"])
def test_a_variable_that_is_not_set_is_named(clinic: Clinic, name: str) -> None:
    clinic.variables[name] = ""
    (environment,) = [check for check in clinic.examine().values() if check.status == "failed"]
    assert name in environment.said


def test_a_database_that_does_not_answer_is_told(clinic: Clinic) -> None:
    clinic.variables["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:9/none"
    assert clinic.failing()[0] == "database"


@pytest.mark.skipif("os.geteuid() == 0", reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to_is_told(clinic: Clinic) -> None:
    clinic.folder.chmod(0o500)
    assert {"home", "frames"} <= set(clinic.failing())


def test_a_home_that_can_not_be_one_is_told(clinic: Clinic) -> None:
    clinic.variables["ENTRA_EMPLY_HOME"] = "/dev/null/home"
    assert {"home", "frames"} <= set(clinic.failing())


def test_nothing_is_advised_by_settings_that_are_not_valid(clinic: Clinic) -> None:
    """What is granted may be what they need, and what is off may be off on purpose."""
    clinic.sandbox.change_settings(permissions=[*LEAST, "Calendars.ReadWrite"])
    clinic.settings(nonsense=True)
    assert clinic.failing() == ["settings"]
    assert not [name for name in clinic.examine() if "Calendars" in name]


def test_frames_kept_elsewhere_are_tried_by_writing_and_nothing_stays(clinic: Clinic) -> None:
    memory = get_filesystem_class("memory")()
    before = memory.find("/")
    clinic.variables["FRAMES_URL"] = "memory://frames"
    assert clinic.examine()["frames"].status == "ok"
    assert memory.find("/") == before
    clinic.variables["FRAMES_URL"] = "nonsense://frames"
    assert clinic.failing() == ["frames"]


def test_frames_kept_where_nobody_answers_are_told_without_the_password(clinic: Clinic) -> None:
    clinic.variables["FRAMES_URL"] = "ftp://frames:secret@127.0.0.1:9/frames"
    check = clinic.examine()["frames"]
    assert (check.status, "secret" in check.said) == ("failed", False)
    assert check.said.startswith("FRAMES_URL: ftp cannot be used (Connection refused)")


# --- Graph's calls ----------------------------------------------------------------------------------------------------

EVERYTHING = {
    "synchronize_calendars": True, "profile_pictures": True, "sso": {"service_principal_id": "app-1"},
    "entra_write_back": {"create": True, "update": True, "delete": True},
}  # fmt: skip
ALL = [*LEAST, "Calendars.ReadWrite", "Application.Read.All", "User.ReadWrite.All"]


@pytest.mark.parametrize("nested", [False, True])
def test_every_call_of_planning_and_applying_is_tried_by_reads_that_graph_documents(
    clinic: Clinic, nested: bool
) -> None:
    clinic.settings(**EVERYTHING, nested_groups=nested)
    clinic.sandbox.change_settings(permissions=ALL)
    clinic.sandbox.clear_requests()
    found = clinic.examine()
    assert clinic.failing() == []
    assert found["entra: calls"].said.startswith(f"{13 + nested} calls that planning and applying make are answered")
    assert clinic.sandbox.undocumented() == []
    asked = {entry["path"].rpartition("/")[2] for entry in clinic.sandbox.requests() if entry["method"] == "GET"}
    assert {"transitiveMemberOf", "members", "appRoleAssignedTo", "delta", "calendarView", "$value"} <= asked


@pytest.mark.parametrize("status", [403, 500])
def test_a_call_that_graph_does_not_answer_is_named(clinic: Clinic, status: int) -> None:
    trouble = {"status": status, "body": {"error": {"code": "Authorization_RequestDenied", "message": "no"}}}
    clinic.sandbox.put_faults({"path": "/transitiveMemberOf$", "fault": trouble})
    assert clinic.failing() == ["entra: GET users/{id}/transitiveMemberOf"]


def test_a_broader_permission_that_a_call_is_not_documented_for_is_told(clinic: Clinic) -> None:
    """Photos are not among what User.ReadWrite.All lets an application read."""
    clinic.settings(profile_pictures=True)
    clinic.sandbox.change_settings(permissions=["User.ReadWrite.All", *LEAST[1:]])
    assert clinic.failing() == ["entra: GET users/{id}/photo", "entra: GET users/{id}/photo/$value"]
    remedy = clinic.examine()["entra: GET users/{id}/photo"].remedy
    assert remedy.startswith("Give the application the application permission User.Read.All itself")


def test_calendars_that_tell_no_changes_are_a_note(clinic: Clinic) -> None:
    clinic.settings(synchronize_calendars=True)
    clinic.sandbox.change_settings(permissions=[*LEAST, "Calendars.ReadWrite"])
    refusal = {"status": 400, "body": {"error": {"code": "ErrorInvalidRequest", "message": "no"}}}
    clinic.sandbox.put_faults({"path": "calendarView/delta", "fault": refusal})
    assert clinic.failing() == []
    found = clinic.examine()["entra: GET users/{id}/calendars/{id}/calendarView/delta"]
    assert found.said == "answered 400 ErrorInvalidRequest: calendarView is read instead"


def test_a_tenant_that_answers_without_the_permission_is_no_proof(clinic: Clinic) -> None:
    """W0: Graph shows less of the tenant to an application that may only read users."""
    clinic.sandbox.change_settings(permissions=LEAST[:2])
    found = clinic.examine()
    assert found["entra: Organization.Read.All"].said.endswith("does not name it; that Graph answers is no proof")
    assert found["entra: hybrid tenant (W0)"].status == "skipped"


@pytest.mark.parametrize(
    ("granted", "failing"),
    [
        ("Directory.ReadWrite.All", ["entra: User.DeleteRestore.All"]),
        ("User.ReadWrite.All", []),
        ("User.DeleteRestore.All", []),
    ],
)
def test_deleting_users_needs_a_permission_of_its_own(clinic: Clinic, granted: str, failing: list[str]) -> None:
    clinic.settings(entra_write_back={"delete": True})
    clinic.sandbox.change_settings(permissions=[*LEAST, granted])
    assert clinic.failing() == failing


# --- until when credentials are good ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "status"), [(300, "ok"), (29, "note"), (-1, "failed")])
def test_until_when_the_secret_is_good_is_told_where_the_registration_may_be_read(
    clinic: Clinic, days: int, status: str
) -> None:
    ends = clock.now() + timedelta(days=days, hours=1)
    clinic.sandbox.change_settings(permissions=[*LEAST, "Application.Read.All"], secret_ends=ends.isoformat())
    found = clinic.examine()["entra: client secret"]
    assert (found.status, f"{ends:%Y-%m-%d}" in found.said) == (status, True)
    assert ("set ENTRA_CLIENT_SECRET" in found.remedy) == (status != "ok")


def test_until_when_the_secret_is_good_is_not_known_otherwise(clinic: Clinic) -> None:
    assert clinic.examine()["entra: client secret"].status == "skipped"


@pytest.mark.parametrize(("days", "status"), [(300, "ok"), (29, "note")])
def test_until_when_the_certificate_is_good_is_told(clinic: Clinic, days: int, status: str) -> None:
    file, public = certificate(clinic.folder, timedelta(days=days, hours=1))
    clinic.sandbox.change_settings(certificate=public)
    clinic.variables |= {"ENTRA_CLIENT_SECRET": "", "ENTRA_CLIENT_CERTIFICATE": str(file)}
    assert clinic.failing() == []
    assert clinic.examine()["entra: certificate"].status == status


def test_whether_hidden_members_must_be_seen_the_groups_say(clinic: Clinic) -> None:
    clinic.sandbox.change_settings(permissions=[*LEAST, "Member.Read.Hidden"])
    assert "entra: Member.Read.Hidden" not in clinic.examine()
