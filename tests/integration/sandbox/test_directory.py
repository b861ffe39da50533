import pytest

from sandbox import Sandbox
from tests.integration.sandbox.asking import Http, people, signed_in

EVENTUAL = {"ConsistencyLevel": "eventual"}
DIRECTORY = {
    "organization": {"id": "t1", "displayName": "Contoso", "onPremisesSyncEnabled": True},
    "users": [
        {
            "id": "u1",
            "userPrincipalName": "soeren@contoso.dk",
            "mail": "Soeren@contoso.dk",
            "proxyAddresses": ["SMTP:Soeren@contoso.dk"],
            "displayName": "Søren O'Hara",
        },
        {
            "id": "u2",
            "userPrincipalName": "ipek_x.com#EXT#@contoso.onmicrosoft.com",
            "userType": "Guest",
            "displayName": "İpek",
        },
        {"id": "u3", "userPrincipalName": "łucja@contoso.pl", "accountEnabled": False, "otherMails": ["lucja@x.pl"]},
    ],
    "groups": [
        {
            "id": "g1",
            "displayName": "Employees",
            "groupTypes": [],
            "members": ["u1", "g2", "nobody", {"id": "d1", "@odata.type": "#microsoft.graph.device"}],
        },
        {"id": "g2", "displayName": "Office", "members": ["u2", "u1", "g3"]},
        {"id": "g3", "displayName": "Circle", "groupTypes": ["DynamicMembership"], "members": ["u3", "g2"]},
    ],
    "deletedUsers": [{"id": "x1", "userPrincipalName": "x1gone@contoso.com"}],
}


@pytest.fixture(autouse=True)
def _directory(sandbox: Sandbox) -> None:
    sandbox.put_state({"entra": DIRECTORY})


def ids(rows: list[dict[str, str]]) -> list[str]:
    return [row["id"] for row in rows]


def test_without_select_a_user_has_the_few_usual_properties(graph: Http) -> None:
    user = graph.get("users/u1").json()

    assert set(user) == {
        "@odata.context", "businessPhones", "displayName", "givenName", "id", "jobTitle", "mail", "mobilePhone",
        "officeLocation", "preferredLanguage", "surname", "userPrincipalName",
    }  # fmt: skip


def test_a_selected_property_without_value_is_null_or_an_empty_list(graph: Http) -> None:
    (user,) = graph.get("users?$filter=id eq 'u2'&$select=mail,proxyAddresses").json()["value"]

    assert user == {"mail": None, "proxyAddresses": []}


def test_an_unknown_property_is_refused(graph: Http) -> None:
    answer = graph.get("users?$select=id,eMail")

    assert answer.status_code == 400
    assert "Could not find a property named 'eMail' on type 'microsoft.graph.user'" in answer.text


@pytest.mark.parametrize("name", ["u1", "SOEREN@contoso.dk", "u2", "ipek_x.com%23EXT%23@contoso.onmicrosoft.com"])
def test_a_user_is_found_by_id_and_by_principal_name(graph: Http, name: str) -> None:
    assert graph.get(f"users/{name}").json()["id"] in ("u1", "u2")


def test_who_is_not_there_is_404_with_graphs_error(graph: Http) -> None:
    answer = graph.get("users/x1", headers={"client-request-id": "mine"})

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (404, "Request_ResourceNotFound")
    assert set(error["innerError"]) == {"date", "request-id", "client-request-id"}
    assert error["innerError"]["client-request-id"] == "mine"


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("displayName eq 'søren o''hara'", ["u1"]),
        ("userPrincipalName eq 'SOEREN@contoso.dk'", ["u1"]),
        ("mail eq 'soeren@contoso.dk' or id eq 'u3'", ["u1", "u3"]),
        ("id in ('u1', 'u3') and accountEnabled eq false", ["u3"]),
        ("startswith(displayName, 'SØR')", ["u1"]),
        ("userType eq 'Guest'", ["u2"]),
        ("proxyAddresses/any(p:p eq 'smtp:SOEREN@contoso.dk') or otherMails/any(m: m eq 'lucja@x.pl')", ["u1", "u3"]),
    ],
)
def test_users_are_filtered_without_regard_to_case(graph: Http, expression: str, found: list[str]) -> None:
    assert ids(graph.get("users", params={"$filter": expression}).json()["value"]) == found


@pytest.mark.parametrize("expression", ["nonsense eq 'x'", "displayName gt 'x'", "mail ne 'x'", "(id eq 'u1')"])
def test_a_filter_that_cannot_be_is_refused(graph: Http, expression: str) -> None:
    assert graph.get("users", params={"$filter": expression}).status_code == 400


def test_groups_have_their_properties_but_not_their_members(graph: Http) -> None:
    group = graph.get("groups?$filter=displayName eq 'circle'").json()["value"][0]

    assert (group["id"], group["groupTypes"]) == ("g3", ["DynamicMembership"])
    assert "members" not in group


def test_members_are_of_all_kinds_and_direct(graph: Http) -> None:
    members = graph.get("groups/g1/members?$select=id,displayName").json()["value"]

    assert {row["id"]: row["@odata.type"] for row in members} == {
        "u1": "#microsoft.graph.user",
        "g2": "#microsoft.graph.group",
        "d1": "#microsoft.graph.device",
    }


def test_transitive_members_come_once_though_groups_go_in_a_circle(graph: Http) -> None:
    assert ids(graph.get("groups/g2/transitiveMembers").json()["value"]) == ["g2", "g3", "u1", "u2", "u3"]


@pytest.mark.parametrize("cast", ["microsoft.graph.user", "graph.user"])
def test_a_cast_gives_only_users(graph: Http, cast: str) -> None:
    answer = graph.get(f"groups/g1/transitiveMembers/{cast}?$count=true&$select=id", headers=EVENTUAL).json()

    assert (answer["@odata.count"], answer["value"]) == (3, [{"id": "u1"}, {"id": "u2"}, {"id": "u3"}])


@pytest.mark.parametrize(("query", "headers"), [("", EVENTUAL), ("?$count=true", {})])
def test_a_cast_needs_count_and_the_consistency_header(graph: Http, query: str, headers: dict[str, str]) -> None:
    answer = graph.get(f"groups/g1/members/microsoft.graph.user{query}", headers=headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Request_UnsupportedQuery")


def test_the_groups_of_a_user_are_the_direct_ones(sandbox: Sandbox) -> None:
    sandbox.change_settings(permissions=["GroupMember.ReadBasic.All"])
    graph = signed_in(sandbox)
    assert ids(graph.get("users/soeren@contoso.dk/memberOf?$select=id").json()["value"]) == ["g1", "g2"]


def test_deleted_users_are_in_deleted_items_and_nowhere_else(graph: Http) -> None:
    assert ids(graph.get("directory/deletedItems/microsoft.graph.user?$select=id").json()["value"]) == ["x1"]
    assert graph.get("directory/deletedItems/x1").json()["userPrincipalName"] == "x1gone@contoso.com"
    assert graph.get("directory/deletedItems/u1").status_code == 404


def test_the_organization_is_the_scenarios(graph: Http) -> None:
    (organization,) = graph.get("organization").json()["value"]

    assert (organization["id"], organization["onPremisesSyncEnabled"]) == ("t1", True)
    assert organization["verifiedDomains"][0]["name"] == "contoso.com"


def test_count_is_text_and_needs_the_consistency_header(graph: Http) -> None:
    assert graph.get("users/$count", headers=EVENTUAL).text == "3"
    assert graph.get("users/$count").json()["error"]["message"] == "$count is not currently supported."


@pytest.mark.parametrize(
    ("path", "segment"), [("people", "people"), ("users/u1/nothing", "nothing"), ("groups/g1/members/u1", "u1")]
)
def test_an_unknown_path_names_the_segment(graph: Http, path: str, segment: str) -> None:
    answer = graph.get(path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")
    assert answer.json()["error"]["message"] == f"Resource not found for the segment '{segment}'."


def test_a_method_that_is_not_served_is_405(graph: Http) -> None:
    assert graph.ask("DELETE", "groups/g1").status_code == 405


@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("users", "GroupMember.Read.All"),
        ("groups", "User.Read.All"),
        ("groups/g1/members", "User.Read.All"),
        ("organization", "GroupMember.Read.All"),
        ("directory/deletedItems/microsoft.graph.user", "GroupMember.Read.All"),
    ],
)
def test_a_missing_permission_is_403(sandbox: Sandbox, path: str, permission: str) -> None:
    sandbox.change_settings(permissions=[permission])
    http = signed_in(sandbox)

    with http.session:
        answer = http.get(path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Authorization_RequestDenied")


def test_who_may_read_members_but_not_users_sees_only_their_ids(sandbox: Sandbox) -> None:
    sandbox.change_settings(permissions=["GroupMember.Read.All"])
    http = signed_in(sandbox)

    with http.session:
        members = http.get("groups/g3/members?$select=id,userPrincipalName").json()["value"]

    assert {"@odata.type": "#microsoft.graph.user", "id": "u3", "userPrincipalName": None} in members


def test_a_change_of_the_state_is_seen_at_once(sandbox: Sandbox, graph: Http) -> None:
    assert len(graph.get("users").json()["value"]) == 3

    sandbox.put_state({"entra": {"users": people(1)}})

    assert ids(graph.get("users").json()["value"]) == ["u00000"]
