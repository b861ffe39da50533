from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509

from sandbox import Sandbox
from tests.integration.sandbox.asking import Http, people, signed_in

USERS = people(5)
ASSIGNED = [
    *({"principalId": user["id"], "principalType": "User"} for user in USERS),
    {"principalId": "g", "principalType": "Group"},
    {"principalId": "who left", "principalType": "User"},
]
PRINCIPAL = {"id": "sp", "appRoleAssignmentRequired": True, "accountEnabled": True, "appRoleAssignedTo": ASSIGNED}


@pytest.fixture(autouse=True)
def _tenant(sandbox: Sandbox) -> None:
    groups = [{"id": "g", "displayName": "Employees"}]
    sandbox.put_state({"entra": {"users": USERS, "groups": groups, "servicePrincipals": [PRINCIPAL]}})


def test_an_application_says_whether_assignment_is_required(graph: Http) -> None:
    principal = graph.get("servicePrincipals/sp?$select=id,appRoleAssignmentRequired,accountEnabled").json()

    assert (principal["appRoleAssignmentRequired"], principal["accountEnabled"]) == (True, True)
    assert [row["id"] for row in graph.rows("servicePrincipals?$select=id")] == ["sp"]


def test_who_is_assigned_comes_in_pages_without_those_who_left(graph: Http) -> None:
    first = graph.get("servicePrincipals/sp/appRoleAssignedTo?$top=4").json()
    rows = graph.rows("servicePrincipals/sp/appRoleAssignedTo?$top=4")

    assert len(first["value"]) == 4
    assert {(row["principalId"], row["principalType"]) for row in rows} == {
        *((user["id"], "User") for user in USERS),
        ("g", "Group"),
    }


@pytest.mark.parametrize("path", ["servicePrincipals/none", "servicePrincipals/none/appRoleAssignedTo"])
def test_an_unknown_application_is_404(graph: Http, path: str) -> None:
    assert graph.get(path).json()["error"]["code"] == "Request_ResourceNotFound"


@pytest.mark.parametrize(
    "path", ["servicePrincipals", "servicePrincipals/sp", "servicePrincipals/sp/appRoleAssignedTo"]
)
def test_applications_need_a_permission(sandbox: Sandbox, path: str) -> None:
    sandbox.change_settings(permissions=["User.ReadWrite.All"])
    http = signed_in(sandbox)

    with http.session:
        answer = http.get(path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Authorization_RequestDenied")


def test_the_registration_says_until_when_its_secret_is_good(sandbox: Sandbox, graph: Http) -> None:
    sandbox.change_settings(secret_ends="2026-12-13T00:00:00Z")
    client = sandbox.environment["ENTRA_CLIENT_ID"]

    (listed,) = graph.get(f"applications?$filter=appId eq '{client}'&$select=id,passwordCredentials").json()["value"]
    by_client = graph.get(f"applications(appId='{client}')?$select=id,passwordCredentials").json()
    by_id = graph.get(f"applications/{listed['id']}").json()

    ends = [row["passwordCredentials"][0]["endDateTime"] for row in (listed, by_client, by_id)]
    assert ends == ["2026-12-13T00:00:00Z"] * 3
    assert by_client["passwordCredentials"][0]["secretText"] is None
    assert graph.get("applications(appId='another')").status_code == 404


def test_the_registration_says_until_when_its_certificate_is_good(sandbox: Sandbox, graph: Http) -> None:
    certificate = Path(sandbox.environment["CA_BUNDLE"]).read_text(encoding="ascii")
    sandbox.change_settings(certificate=certificate)
    ends = x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc

    (key,) = graph.get("applications").json()["value"][0]["keyCredentials"]

    assert datetime.fromisoformat(key["endDateTime"]) == ends
