"""`doctor` and Entra: permissions, the calls of planning and applying, until when credentials are good."""

from datetime import timedelta

import pytest

from entra_emply import clock
from tests.certificates import certificate
from tests.integration.doctor.clinic import LEAST, Clinic

EVERYTHING = {
    "synchronize_calendars": True, "profile_pictures": True, "sso": {"service_principal_id": "app-1"},
    "entra_write_back": {"create": True, "update": True, "delete": True},
}  # fmt: skip
ALL = [*LEAST, "Calendars.ReadWrite", "Application.Read.All", "User.ReadWrite.All"]


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
    clinic: Clinic, settings: dict[str, object], permission: str, without: str
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
    assert clinic.examine()["entra: sign-in"].remedy.endswith("or in the environment: ENTRA_CLIENT_SECRET.")


def test_a_hybrid_tenant_and_write_back_do_not_go_together(clinic: Clinic) -> None:
    tenant = clinic.sandbox.state()
    tenant["entra"]["organization"]["onPremisesSyncEnabled"] = True
    clinic.sandbox.put_state(tenant)
    clinic.sandbox.change_settings(permissions=[*LEAST, "User.ReadWrite.All"])
    assert clinic.failing() == []
    clinic.settings(entra_write_back={"delete": True})
    assert clinic.failing() == ["entra: hybrid tenant (W0)"]


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


@pytest.mark.parametrize("status", [403, 501])
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
    assert found["entra: Organization.Read.All"].said.endswith(
        "does not name it; an answer from Graph does not prove it"
    )
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
