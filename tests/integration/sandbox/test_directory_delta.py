from typing import Any

import pytest

from sandbox import Sandbox
from tests.integration.sandbox.asking import Http, people, signed_in

GROUP = {"id": "g", "displayName": "Zespół", "members": ["u00000", "u00001"]}


@pytest.fixture(autouse=True)
def _tenant(sandbox: Sandbox) -> None:
    put(sandbox, people(3), [GROUP])


def put(sandbox: Sandbox, users: list[dict[str, Any]], groups: list[dict[str, Any]], *deleted: dict[str, Any]) -> None:
    sandbox.put_state({"entra": {"users": users, "groups": groups, "deletedUsers": list(deleted)}})


def follow(graph: Http, link: str) -> tuple[list[dict[str, Any]], str]:
    """All rows of a round, and the link to the next one."""
    found: list[dict[str, Any]] = []
    while True:
        page = graph.get(link).json()
        found += page["value"]
        if "@odata.deltaLink" in page:
            return found, page["@odata.deltaLink"]
        link = page["@odata.nextLink"]


def test_a_first_round_has_everybody_and_leaves_out_what_was_never_set(graph: Http) -> None:
    rows, _ = follow(graph, "users/delta?$select=displayName,jobTitle")

    assert rows[0] == {"id": "u00000", "displayName": "Ayşe 0"}
    assert len(rows) == 3


def test_a_first_round_may_tell_who_was_deleted(sandbox: Sandbox, graph: Http) -> None:
    put(sandbox, people(1), [], {"id": "x"})

    rows, _ = follow(graph, "users/delta")

    assert rows[-1] == {"id": "x", "@removed": {"reason": "changed"}}


def test_pages_have_two_hundred_rows(sandbox: Sandbox, graph: Http) -> None:
    put(sandbox, people(450), [])

    assert len(graph.get("users/delta").json()["value"]) == 200
    assert len(follow(graph, "users/delta")[0]) == 450


def test_only_what_changed_in_selected_properties_comes_again(sandbox: Sandbox, graph: Http) -> None:
    _, link = follow(graph, "users/delta?$select=displayName,mail")
    first, second, third = people(3)
    put(sandbox, [{**first, "jobTitle": "Lead"}, {**second, "displayName": None, "mail": "a@contoso.com"}, third], [])

    rows, link = follow(graph, link)

    assert rows == [{"id": "u00001", "displayName": None, "mail": "a@contoso.com"}]
    assert follow(graph, link)[0] == []


def test_a_deleted_user_first_is_changed_and_then_deleted(sandbox: Sandbox, graph: Http) -> None:
    _, link = follow(graph, "users/delta")
    graph.ask("DELETE", "users/u00001")
    soft, link = follow(graph, link)
    put(sandbox, [people(3)[0], people(3)[2]], [])

    hard, _ = follow(graph, link)

    assert soft == [{"id": "u00001", "@removed": {"reason": "changed"}}]
    assert hard == [{"id": "u00001", "@removed": {"reason": "deleted"}}]


def test_a_restored_user_comes_back_whole(graph: Http) -> None:
    _, link = follow(graph, "users/delta?$select=displayName")
    graph.ask("DELETE", "users/u00001")
    _, link = follow(graph, link)
    graph.ask("POST", "directory/deletedItems/u00001/restore")

    assert follow(graph, link)[0] == [{"id": "u00001", "displayName": "Ayşe 1"}]


def test_the_latest_token_starts_with_nothing(graph: Http) -> None:
    page = graph.get("users/delta?$deltatoken=latest").json()
    graph.ask("PATCH", "users/u00001", json={"displayName": "Ayşe Kaya"})

    rows, _ = follow(graph, page["@odata.deltaLink"])

    assert (page["value"], [row["displayName"] for row in rows]) == ([], ["Ayşe Kaya"])


def test_groups_tell_who_came_and_who_left(sandbox: Sandbox, graph: Http) -> None:
    first, link = follow(graph, "groups/delta?$select=displayName,members")
    put(sandbox, people(3), [{**GROUP, "members": ["u00001", "u00002"]}])

    (changed,), _ = follow(graph, link)

    assert [member["id"] for member in first[0]["members@delta"]] == ["u00000", "u00001"]
    assert changed["members@delta"] == [
        {"@odata.type": "#microsoft.graph.user", "id": "u00002"},
        {"@odata.type": "#microsoft.graph.user", "id": "u00000", "@removed": {"reason": "deleted"}},
    ]


def test_members_are_tracked_only_where_selected(sandbox: Sandbox, graph: Http) -> None:
    first, link = follow(graph, "groups/delta?$select=displayName")
    put(sandbox, people(3), [{**GROUP, "members": []}])

    assert "members@delta" not in first[0]
    assert follow(graph, link)[0] == []


def test_a_large_group_comes_again_and_again_with_other_members(sandbox: Sandbox, graph: Http) -> None:
    users = people(2500)
    put(sandbox, users, [{**GROUP, "members": [user["id"] for user in users]}])

    first = graph.get("groups/delta").json()
    rows, _ = follow(graph, "groups/delta")

    assert "@odata.nextLink" in first
    assert {row["id"] for row in rows} == {"g"}
    assert len({member["id"] for row in rows for member in row["members@delta"]}) == 2500


def test_a_group_that_is_gone_is_removed(sandbox: Sandbox, graph: Http) -> None:
    _, link = follow(graph, "groups/delta")
    put(sandbox, people(3), [])

    assert follow(graph, link)[0] == [{"id": "g", "@removed": {"reason": "deleted"}}]


@pytest.mark.parametrize("path", ["users/delta", "users/delta()", "users/microsoft.graph.delta()", "groups/delta()"])
def test_a_delta_may_be_written_as_a_function(graph: Http, path: str) -> None:
    assert "@odata.deltaLink" in graph.get(path).json()


@pytest.mark.parametrize("option", ["$top=5", "$expand=manager", "$orderby=displayName", "$filter=id eq 'x'"])
def test_an_option_that_a_delta_does_not_take_is_refused(graph: Http, option: str) -> None:
    assert graph.get(f"users/delta?{option}").status_code == 400


@pytest.mark.parametrize("path", ["users/delta", "groups/delta"])
def test_an_unknown_property_is_refused(graph: Http, path: str) -> None:
    assert graph.get(f"{path}?$select=colour").status_code == 400


def test_an_old_token_says_where_to_start_again(sandbox: Sandbox, graph: Http) -> None:
    _, link = follow(graph, "users/delta")
    sandbox.change_settings(delta_lifetime=0)

    answer = graph.get(link)

    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "resyncRequired")
    assert len(graph.get(answer.headers["Location"]).json()["value"]) == 3


@pytest.mark.parametrize("query", ["$deltatoken=nonsense", "$skiptoken=nonsense~1"])
def test_a_token_that_nobody_gave_is_refused(graph: Http, query: str) -> None:
    answer = graph.get(f"users/delta?{query}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "syncStateNotFound")


def test_a_token_of_users_is_none_of_groups(graph: Http) -> None:
    _, link = follow(graph, "users/delta")

    assert graph.get(link.replace("/users/", "/groups/")).status_code == 400


def test_an_empty_page_leads_to_the_rest(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults({"path": "/users/delta$", "times": 1, "fault": {"empty_page": True}})

    assert len(follow(graph, "users/delta")[0]) == 3


@pytest.mark.parametrize(("path", "permission"), [("users", "GroupMember.Read.All"), ("groups", "User.Read.All")])
def test_a_delta_needs_the_permission_of_its_list(sandbox: Sandbox, path: str, permission: str) -> None:
    sandbox.change_settings(permissions=[permission])
    http = signed_in(sandbox)

    with http.session:
        assert http.get(f"{path}/delta").status_code == 403


# As real Graph: by a log of changes, not by comparing two states


def test_what_was_changed_and_changed_back_is_told(sandbox: Sandbox, graph: Http) -> None:
    _, link = follow(graph, "users/delta?$select=displayName,mail")
    put(sandbox, [{**people(3)[0], "mail": "a@contoso.com"}, *people(3)[1:]], [GROUP])
    put(sandbox, people(3), [GROUP])

    assert follow(graph, link)[0] == [{"mail": None, "id": "u00000", "displayName": "Ayşe 0"}]


def test_who_came_and_is_gone_is_told(sandbox: Sandbox, graph: Http) -> None:
    _, link = follow(graph, "users/delta")
    put(sandbox, people(4), [GROUP])
    put(sandbox, people(3), [GROUP])

    assert follow(graph, link)[0] == [{"id": "u00003", "@removed": {"reason": "deleted"}}]


def test_who_joined_and_left_is_told_as_no_member(sandbox: Sandbox, graph: Http) -> None:
    _, link = follow(graph, "groups/delta?$select=members")
    put(sandbox, people(3), [{**GROUP, "members": ["u00000", "u00001", "u00002"]}])
    put(sandbox, people(3), [GROUP])

    members = follow(graph, link)[0][0]["members@delta"]
    assert [(each["id"], "@removed" in each) for each in members] == [("u00002", True)]


def test_a_deleted_user_stays_a_member_until_gone_for_good(sandbox: Sandbox, graph: Http) -> None:
    _, link = follow(graph, "groups/delta?$select=members")
    graph.ask("DELETE", "users/u00001")
    soft, link = follow(graph, link)
    graph.ask("POST", "directory/deletedItems/u00001/restore")
    restored, link = follow(graph, link)
    put(sandbox, [people(3)[0], people(3)[2]], [GROUP])

    gone = follow(graph, link)[0][0]["members@delta"]
    assert (soft, restored) == ([], [])
    assert [(each["id"], "@removed" in each) for each in gone] == [("u00001", True)]


def test_in_disorder_a_round_has_repeats_replays_and_small_parts_on_small_pages(sandbox: Sandbox, graph: Http) -> None:
    put(sandbox, people(30), [GROUP])
    links = [
        follow(graph, f"{name}/delta?$select=displayName{more}")[1]
        for name, more in (("users", ""), ("groups", ",members"))
    ]
    put(
        sandbox,
        [{**row, "displayName": "Ny"} for row in people(9)] + people(30)[9:],
        [{**GROUP, "members": [f"u{n:05}" for n in range(9)]}],
    )
    sandbox.change_settings(delta_disorder=5)

    first = graph.get(links[0]).json()["value"]
    users, groups = (follow(graph, link)[0] for link in links)

    ids = [row["id"] for row in users]
    changed, parts = (
        [row["id"] for row in users if row["displayName"] == "Ny"],
        [len(row["members@delta"]) for row in groups],
    )
    assert len(first) == 3
    assert ids != sorted(ids)
    assert len(changed) > len(set(changed)) == 9
    assert len(ids) > len(changed)
    assert max(parts) == 2
    assert {each["id"] for row in groups for each in row["members@delta"]} == {f"u{n:05}" for n in range(2, 9)}


@pytest.mark.parametrize(
    ("odd", "status", "code"),
    [
        ("delta_token_expired", 410, "resyncRequired"),
        ("delta_token_forgotten", 400, "SyncStateNotFound"),
        ("page_token_expired", 400, "Directory_ExpiredPageToken"),
    ],
)
def test_tokens_can_be_refused_by_name(sandbox: Sandbox, graph: Http, odd: str, status: int, code: str) -> None:
    sandbox.put_faults({"path": "/users/delta$", "times": 1, "fault": {"odd": odd}})

    answer = graph.get("users/delta")

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
