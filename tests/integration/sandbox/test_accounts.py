from typing import Any

import pytest

from sandbox import Sandbox
from tests.integration.sandbox.asking import Http, signed_in

ID = "1d2c0a6f-0000-4000-a000-00000000000a"
PASSWORD = "Smørrebrød-2026"
NEW: dict[str, Any] = {
    "accountEnabled": True,
    "displayName": "Łucja Żak",
    "mailNickname": "lucja.zak",
    "userPrincipalName": "lucja.zak@contoso.com",
    "passwordProfile": {"forceChangePasswordNextSignIn": True, "password": PASSWORD},
    "givenName": "Łucja",
    "mobilePhone": None,
}
USERS: list[dict[str, Any]] = [
    {"id": ID, "userPrincipalName": "ipek@contoso.com", "displayName": "İpek", "mail": "ipek@contoso.com"},
    {"id": "mastered", "userPrincipalName": "lars@contoso.com", "onPremisesSyncEnabled": True},
]
GROUPS = [{"id": "g1", "members": [ID, "mastered", "g2"]}, {"id": "g2", "members": [{"id": ID}]}, {"id": "g3"}]
PHOTO = {"mediaEtag": "1", "contentBase64": "/9j/"}


@pytest.fixture(autouse=True)
def _tenant(sandbox: Sandbox) -> None:
    sandbox.put_state({"entra": {"users": USERS, "groups": GROUPS, "photos": {ID: PHOTO}}})


def entra(sandbox: Sandbox, table: str) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in sandbox.state()["entra"][table]}


def test_a_made_account_has_an_id_and_is_found_by_its_name(sandbox: Sandbox, graph: Http) -> None:
    answer = graph.post("users", NEW)

    assert (answer.status_code, answer.json()["displayName"]) == (201, "Łucja Żak")
    assert graph.get("users/LUCJA.ZAK@contoso.com").json()["id"] == answer.json()["id"]
    assert entra(sandbox, "users")[answer.json()["id"]]["userType"] == "Member"


def test_a_password_is_nowhere_to_be_read(sandbox: Sandbox, graph: Http) -> None:
    made = graph.post("users", NEW)

    assert graph.get(f"users/{made.json()['id']}?$select=passwordProfile").json()["passwordProfile"] is None
    assert PASSWORD not in made.text + str(sandbox.state()) + str(sandbox.requests())


@pytest.mark.parametrize("address", ["Hold@contoso.com", "gruppe@contoso.com", "team@contoso.com"])
def test_an_address_that_a_group_has_is_taken(sandbox: Sandbox, graph: Http, address: str) -> None:
    group = {
        "id": "g4",
        "mail": "gruppe@contoso.com",
        "proxyAddresses": ["SMTP:hold@contoso.com", "smtp:team@contoso.com"],
    }
    sandbox.change_state({"entra": {"groups": [group]}})

    answer = graph.post("users", {**NEW, "userPrincipalName": address})

    assert (answer.status_code, answer.json()["error"]["details"][0]["code"]) == (400, "ObjectConflict")


@pytest.mark.parametrize(
    ("local", "status"),
    [
        ("dot.", 400),
        (".dot", 201),
        ("a" * 64, 201),
        ("a" * 65, 400),
        ("søren", 400),
        ("with space", 400),
        ("a'b.c-d_e!f#g^h~1", 201),
        ("plus+sign", 400),
        ("", 400),
    ],
)
def test_before_the_at_a_principal_name_has_few_letters_and_no_last_dot(graph: Http, local: str, status: int) -> None:
    assert graph.post("users", {**NEW, "userPrincipalName": f"{local}@contoso.com"}).status_code == status


@pytest.mark.parametrize(("length", "status"), [(113, 201), (114, 400)])
def test_a_principal_name_has_113_letters_at_most(sandbox: Sandbox, graph: Http, length: int, status: int) -> None:
    domain = f"{'d' * (length - len('zoe@.com'))}.com"
    sandbox.put_state({"entra": {"organization": {"verifiedDomains": [{"name": domain, "isDefault": True}]}}})

    assert graph.post("users", {**NEW, "userPrincipalName": f"zoe@{domain}"}).status_code == status


@pytest.mark.parametrize(
    "name", ["accountEnabled", "displayName", "mailNickname", "passwordProfile", "userPrincipalName"]
)
def test_what_an_account_needs_must_be_there(sandbox: Sandbox, graph: Http, name: str) -> None:
    answer = graph.post("users", {key: value for key, value in NEW.items() if key != name})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Request_BadRequest")
    assert f"'{name}'" in answer.json()["error"]["message"]
    assert len(entra(sandbox, "users")) == 2


def test_a_name_in_use_is_a_conflict(graph: Http) -> None:
    answer = graph.post("users", {**NEW, "userPrincipalName": "IPEK@contoso.com"})

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "Request_BadRequest")
    assert error["message"] == "Another object with the same value for property userPrincipalName already exists."
    assert [(detail["code"], detail["target"]) for detail in error["details"]] == [
        ("ObjectConflict", "userPrincipalName"),
    ]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("userPrincipalName", "lucja@fabrikam.com", "verified domain names"),
        ("userPrincipalName", "łucja@contoso.com", "Invalid value"),
        ("userPrincipalName", "lucja", "Invalid value"),
        ("mailNickname", "łucja", "Invalid value"),
        ("mailNickname", "lucja zak", "Invalid value"),
        ("givenName", "", "Invalid value"),
        ("jobTitle", "x" * 129, "Invalid value"),
        ("accountEnabled", "yes", "Invalid value"),
        ("otherMails", "a@b.c", "Invalid value"),
        ("passwordProfile", {"password": "weak"}, "password complexity"),
        ("passwordProfile", {}, "passwordProfile"),
        ("favouriteColour", "red", "does not exist"),
        ("id", "mine", "read-only"),
    ],
)
def test_a_value_that_cannot_be_is_refused(sandbox: Sandbox, graph: Http, name: str, value: object, words: str) -> None:
    answer = graph.post("users", {**NEW, name: value})

    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]
    assert len(entra(sandbox, "users")) == 2


def test_a_body_that_is_no_object_is_400(graph: Http) -> None:
    assert graph.ask("POST", "users", data=b"[").status_code == 400


def test_a_change_touches_only_the_given_properties(sandbox: Sandbox, graph: Http) -> None:
    answer = graph.ask("PATCH", "users/ipek@contoso.com", json={"jobTitle": "Müdür", "mobilePhone": None})

    assert (answer.status_code, answer.content) == (204, b"")
    assert entra(sandbox, "users")[ID] == {**USERS[0], "jobTitle": "Müdür", "mobilePhone": None}


def test_a_new_principal_name_frees_the_old_one(graph: Http) -> None:
    graph.ask("PATCH", f"users/{ID}", json={"userPrincipalName": "ipek.k@contoso.com"})

    assert graph.post("users", {**NEW, "userPrincipalName": "ipek@contoso.com"}).status_code == 201
    assert graph.get("users/ipek.k@contoso.com").json()["id"] == ID


@pytest.mark.parametrize(
    "fields",
    [
        {"userPrincipalName": "lars@contoso.com"},
        {"userPrincipalName": "i@fabrikam.com"},
        {"displayName": None},
        {"passwordProfile": {"password": "weak"}},
    ],
)
def test_a_change_that_cannot_be_is_refused(sandbox: Sandbox, graph: Http, fields: dict[str, Any]) -> None:
    assert graph.ask("PATCH", f"users/{ID}", json=fields).status_code == 400
    assert entra(sandbox, "users")[ID] == USERS[0]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_who_is_mastered_on_premises_is_never_written(sandbox: Sandbox, graph: Http, method: str) -> None:
    answer = graph.ask(method, "users/mastered", json={"jobTitle": "x"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Request_BadRequest")
    assert "on-premises mastered Directory Sync objects" in answer.json()["error"]["message"]
    assert entra(sandbox, "users")["mastered"] == USERS[1]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_nobody_is_404(graph: Http, method: str) -> None:
    answer = graph.ask(method, "users/nobody", json={})

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "Request_ResourceNotFound")


def test_a_deleted_user_is_kept_with_the_id_before_the_name(graph: Http) -> None:
    assert graph.ask("DELETE", f"users/{ID}").status_code == 204

    assert graph.get(f"users/{ID}").status_code == 404
    deleted = graph.get(f"directory/deletedItems/{ID}?$select=id,userPrincipalName,deletedDateTime").json()
    assert deleted["userPrincipalName"] == f"{ID.replace('-', '')}ipek@contoso.com"
    assert deleted["deletedDateTime"].endswith("Z")
    (listed,) = graph.rows("directory/deletedItems/microsoft.graph.user")
    assert listed["id"] == ID


def test_a_deleted_user_is_out_of_all_groups_and_has_no_photo(sandbox: Sandbox, graph: Http) -> None:
    graph.ask("DELETE", f"users/{ID}")

    groups = entra(sandbox, "groups")
    assert (groups["g1"]["members"], groups["g2"]["members"]) == (["mastered", "g2"], [])
    assert graph.get(f"users/{ID}/photo").json()["error"]["code"] == "Request_ResourceNotFound"


def test_a_restored_user_is_as_before_in_the_groups_too(sandbox: Sandbox, graph: Http) -> None:
    graph.ask("DELETE", f"users/{ID}")

    answer = graph.ask("POST", f"directory/deletedItems/{ID}/restore")

    assert (answer.status_code, answer.json()["userPrincipalName"]) == (200, "ipek@contoso.com")
    assert entra(sandbox, "users")[ID] == USERS[0]
    assert [row["id"] for row in graph.rows(f"users/{ID}/transitiveMemberOf")] == ["g1", "g2"]
    assert graph.get(f"users/{ID}/photo").status_code == 200
    assert entra(sandbox, "deletedUsers") == {}


def test_who_was_deleted_cannot_be_restored_under_a_name_that_was_given_again(sandbox: Sandbox, graph: Http) -> None:
    graph.ask("DELETE", f"users/{ID}")
    graph.post("users", {**NEW, "userPrincipalName": "ipek@contoso.com"})

    answer = graph.ask("POST", f"directory/deletedItems/{ID}/restore")

    assert (answer.status_code, answer.json()["error"]["details"][0]["code"]) == (400, "ObjectConflict")
    assert list(entra(sandbox, "deletedUsers")) == [ID]


def test_who_was_not_deleted_cannot_be_restored(graph: Http) -> None:
    assert graph.ask("POST", f"directory/deletedItems/{ID}/restore").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "users"), ("PATCH", f"users/{ID}"), ("DELETE", f"users/{ID}"),
     ("POST", f"directory/deletedItems/{ID}/restore")],
)  # fmt: skip
def test_writing_needs_a_permission_of_its_own(sandbox: Sandbox, method: str, path: str) -> None:
    sandbox.change_settings(permissions=["User.Read.All"])
    http = signed_in(sandbox)

    with http.session:
        answer = http.ask(method, path, json=NEW)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Authorization_RequestDenied")


def test_too_many_writes_are_429(sandbox: Sandbox, graph: Http) -> None:
    sandbox.change_settings(graph_writes=2)

    answers = [graph.ask("PATCH", f"users/{ID}", json={}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [204, 204, 429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert graph.get("users").status_code == 200


def test_an_account_is_made_though_the_answer_is_lost(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults({"method": "POST", "path": "/users$", "times": 1, "fault": {"close": "after-commit"}})

    with pytest.raises(OSError, match="RemoteDisconnected"):
        graph.post("users", NEW)

    assert len(entra(sandbox, "users")) == 3
    assert graph.post("users", NEW).json()["error"]["details"][0]["code"] == "ObjectConflict"


def test_accounts_are_written_in_a_batch(sandbox: Sandbox, graph: Http) -> None:
    header = {"Content-Type": "application/json"}
    items = [
        {"id": "1", "method": "PATCH", "url": f"/users/{ID}", "headers": header, "body": {"jobTitle": "Lead"}},
        {"id": "2", "method": "DELETE", "url": "/users/mastered"},
    ]

    answers = {row["id"]: row["status"] for row in graph.post("$batch", {"requests": items}).json()["responses"]}

    assert answers == {"1": 204, "2": 400}
    assert entra(sandbox, "users")[ID]["jobTitle"] == "Lead"
