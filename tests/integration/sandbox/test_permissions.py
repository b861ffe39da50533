"""Who may call what, as Microsoft documents it, and what the sandbox does with a request that is documented nowhere."""

from collections.abc import Callable
from typing import Any

import pytest
from requests import Response

from sandbox import Sandbox
from sandbox.graph.permissions import TABLE
from sandbox.graph.service import ROUTES
from tests.integration.sandbox.asking import Http, signed_in

EVENTUAL = {"ConsistencyLevel": "eventual"}
ORGANIZATION = {"id": "t1", "displayName": "Contoso", "onPremisesSyncEnabled": True, "country": "DK"}
TENANT = {
    "organization": ORGANIZATION,
    "users": [
        {"id": "søren", "userPrincipalName": "soeren@contoso.com"},
        {"id": "łucja", "userPrincipalName": "lucja@contoso.com"},
    ],
    "groups": [
        {"id": "all", "displayName": "All", "members": ["inner", "hidden"]},
        {"id": "inner", "displayName": "Inner", "members": ["søren"]},
        {"id": "hidden", "displayName": "Hidden", "visibility": "HiddenMembership", "members": ["łucja"]},
    ],
    "photos": {"søren": {"mediaEtag": "1", "contentBase64": "/9j/"}},
}
READERS = ["User.Read.All", "GroupMember.Read.All"]

Ask = Callable[..., Response]


@pytest.fixture
def ask(sandbox: Sandbox) -> Ask:
    """Ask as an app that has these permissions and no others."""
    sandbox.put_state({"entra": TENANT})

    def asking(permissions: list[str], method: str, path: str, **options: Any) -> Response:  # noqa: ANN401 - of requests
        sandbox.change_settings(permissions=permissions)
        with (http := signed_in(sandbox)).session:
            return http.ask(method, path, **options)

    return asking


def ids(answer: Response) -> list[str]:
    return [row["id"] for row in answer.json()["value"]]


def test_the_table_has_a_line_for_every_route_and_no_other() -> None:
    assert sorted((line.method, line.path) for line in TABLE) == sorted((one.method, one.path) for one in ROUTES)


@pytest.mark.parametrize("line", TABLE, ids=lambda line: f"{line.method} {line.path}")
def test_every_line_names_its_source_and_somebody_who_may(line: Any) -> None:  # noqa: ANN401 - a line of the table
    assert line.permissions
    assert line.source.startswith(("CSDL", "DB", "page "))


@pytest.mark.parametrize(
    ("permissions", "method", "path", "status"),
    [
        (READERS, "GET", "users/søren/memberOf", 403),
        (["Directory.Read.All"], "GET", "users/søren/memberOf", 200),
        (["GroupMember.ReadBasic.All"], "GET", "users/søren/memberOf", 200),
        (["User.Read.All"], "GET", "users/søren/transitiveMemberOf", 200),
        (["GroupMember.Read.All"], "GET", "users/søren/transitiveMemberOf", 200),
        (["GroupMember.Read.All"], "GET", "groups/inner/members", 200),
        (["User.Read.All"], "GET", "groups/inner/members", 403),
        (["Directory.ReadWrite.All"], "DELETE", "users/søren", 403),
        (["User.DeleteRestore.All"], "DELETE", "users/søren", 204),
        (["User.ReadWrite.All"], "DELETE", "users/søren", 204),
        (["Directory.ReadWrite.All"], "PATCH", "users/søren", 204),
        (["User.DeleteRestore.All"], "PATCH", "users/søren", 403),
        (["User.ReadWrite.All"], "GET", "users/søren/photo", 403),
        (["ProfilePhoto.Read.All"], "GET", "users/søren/photo", 200),
        (["Application.Read.All"], "GET", "organization", 403),
    ],
)
def test_a_permission_is_good_for_the_calls_it_is_documented_for(
    ask: Ask, permissions: list[str], method: str, path: str, status: int
) -> None:
    assert ask(permissions, method, path, json={} if method == "PATCH" else None).status_code == status


@pytest.mark.parametrize("path", ["organization", "organization/t1"])
def test_the_organization_tells_less_to_who_may_only_read_users(ask: Ask, path: str) -> None:
    def shown(permission: str) -> tuple[str, bool | None, str | None]:
        body = ask([permission], "GET", path).json()
        (row,) = body.get("value", [body])
        return row["displayName"], row["onPremisesSyncEnabled"], row["country"]

    assert shown("User.Read.All") == ("Contoso", None, None)
    assert shown("Directory.Read.All") == ("Contoso", True, "DK")


def test_all_groups_of_a_user_are_those_they_are_in_by_way_of_others_too(ask: Ask) -> None:
    assert ids(ask(READERS, "GET", "users/søren/transitiveMemberOf")) == ["all", "inner"]


def test_a_cast_of_all_groups_is_an_advanced_query(ask: Ask) -> None:
    path = "users/søren/transitiveMemberOf/microsoft.graph.group"

    assert ask(READERS, "GET", path).json()["error"]["code"] == "Request_UnsupportedQuery"
    assert ids(ask(READERS, "GET", f"{path}?$count=true", headers=EVENTUAL)) == ["all", "inner"]


def test_membership_of_named_groups_is_checked_through_others(ask: Ask) -> None:
    answer = ask(READERS, "POST", "users/søren/checkMemberGroups", json={"groupIds": ["all", "hidden", "none"]})

    assert answer.json()["value"] == ["all"]


@pytest.mark.parametrize("body", [{"groupIds": ["g"] * 21}, {"groupIds": "all"}, {}, ["all"]])
def test_membership_is_checked_for_twenty_groups_at_most(ask: Ask, body: object) -> None:
    assert ask(READERS, "POST", "users/søren/checkMemberGroups", json=body).status_code == 400


@pytest.mark.parametrize(
    ("path", "shown", "to_others"),
    [
        ("groups/hidden/members", ["łucja"], []),
        ("groups/hidden/transitiveMembers", ["łucja"], []),
        ("groups/all/members", ["hidden", "inner"], ["hidden", "inner"]),
        ("groups/all/transitiveMembers", ["hidden", "inner", "søren", "łucja"], ["hidden", "inner", "søren"]),
        ("users/łucja/transitiveMemberOf", ["all", "hidden"], []),
    ],
)
def test_hidden_members_are_shown_only_to_who_has_the_permission(
    ask: Ask, path: str, shown: list[str], to_others: list[str]
) -> None:
    assert ids(ask([*READERS, "Member.Read.Hidden"], "GET", path)) == shown
    assert ids(ask(READERS, "GET", path)) == to_others


def test_a_hidden_group_is_empty_in_a_delta_too(ask: Ask) -> None:
    def members(permissions: list[str]) -> list[str]:
        rows = ask(permissions, "GET", "groups/delta").json()["value"]
        return [one["id"] for row in rows if row["id"] == "hidden" for one in row.get("members@delta", [])]

    assert members([*READERS, "Member.Read.Hidden"]) == ["łucja"]
    assert members(READERS) == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "users?$skip=100", 400),
        ("GET", "users/søren?page=2", 400),
        ("GET", "users/søren/manager", 400),
        ("DELETE", "groups/inner", 405),
        ("GET", "users/søren/calendars/c/calendarView/delta?$select=id", 400),
    ],
)
def test_a_request_that_is_documented_nowhere_is_refused_and_noted(
    sandbox: Sandbox, graph: Http, method: str, path: str, status: int
) -> None:
    assert graph.ask(method, path).status_code == status

    (noted,) = sandbox.undocumented()
    assert (noted["method"], noted["path"]) == (method, f"/v1.0/{path.partition('?')[0]}")
    assert noted["why"]


def test_in_a_batch_the_item_is_noted(sandbox: Sandbox, graph: Http) -> None:
    items = [{"id": "1", "method": "GET", "url": "/users"}, {"id": "2", "method": "GET", "url": "/users?$skip=1"}]

    graph.post("$batch", {"requests": items})

    assert [(row["path"], row["query"]) for row in sandbox.undocumented()] == [("/v1.0/users", "$skip=1")]


def test_what_is_documented_is_not_noted(sandbox: Sandbox, graph: Http) -> None:
    graph.get("users?$select=id&$top=5&$filter=id eq 'u'&%24count=true")
    graph.get("users/nobody")

    assert sandbox.undocumented() == []


def test_what_was_noted_is_forgotten_with_the_log(sandbox: Sandbox, graph: Http) -> None:
    graph.get("people")
    sandbox.clear_requests()

    assert sandbox.undocumented() == []
