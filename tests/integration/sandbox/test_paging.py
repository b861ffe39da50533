import pytest

from sandbox import Sandbox
from tests.integration.sandbox.asking import Http, people

EVENTUAL = {"ConsistencyLevel": "eventual"}


@pytest.mark.parametrize(
    ("query", "sizes"), [("", [100, 100, 50]), ("?$top=120", [120, 120, 10]), ("?%24top=250", [250])]
)
def test_pages_have_a_hundred_rows_or_what_top_says(
    sandbox: Sandbox, graph: Http, query: str, sizes: list[int]
) -> None:
    sandbox.put_state({"entra": {"users": people(250)}})
    found, link = [], f"users{query}"

    while link:
        page = graph.get(link).json()
        found.append(len(page["value"]))
        link = page.get("@odata.nextLink")

    assert found == sizes


@pytest.mark.parametrize("top", ["0", "1000", "-1", "many"])
def test_top_is_between_1_and_999(graph: Http, top: str) -> None:
    assert graph.get("users", params={"$top": top}).status_code == 400


@pytest.mark.parametrize("option", ["$skip", "$orderby", "$search", "$expand"])
def test_an_option_that_is_not_served_is_refused_not_ignored(graph: Http, option: str) -> None:
    assert graph.get("users", params={option: "1"}).status_code == 400


def test_the_next_link_keeps_the_other_options(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_state({"entra": {"users": people(3)}})

    rows = graph.rows("users?$select=id&$top=2")

    assert rows == [{"id": "u00000"}, {"id": "u00001"}, {"id": "u00002"}]


def test_who_comes_or_goes_between_two_pages_makes_nobody_skipped_or_repeated(sandbox: Sandbox, graph: Http) -> None:
    everybody = people(6)
    sandbox.put_state({"entra": {"users": everybody}})
    first = graph.get("users?$top=3").json()

    sandbox.put_state({"entra": {"users": [everybody[0], *everybody[3:]]}})
    second = graph.get(first["@odata.nextLink"]).json()

    assert [row["id"] for row in second["value"]] == ["u00003", "u00004", "u00005"]


def test_a_list_of_nobody_is_one_empty_page(graph: Http) -> None:
    page = graph.get("users").json()

    assert (page["value"], "@odata.nextLink" in page) == ([], False)


def test_the_count_comes_on_the_first_page_only(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_state({"entra": {"users": people(3)}})

    first = graph.get("users?$count=true&$top=2", headers=EVENTUAL).json()
    second = graph.get(first["@odata.nextLink"], headers=EVENTUAL).json()

    assert (first["@odata.count"], "@odata.count" in second) == (3, False)


def test_without_the_consistency_header_there_is_no_count(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_state({"entra": {"users": people(3)}})

    assert "@odata.count" not in graph.get("users?$count=true").json()


def test_the_consistency_header_is_needed_again_on_every_page(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_state({"entra": {"users": people(3)}})
    first = graph.get("users?$count=true&$top=2", headers=EVENTUAL).json()

    assert graph.get(first["@odata.nextLink"]).status_code == 400


@pytest.mark.parametrize("token", ["nonsense", "AAAAAAAAAAAAAAAAAAAAAAAA", "ü"])
def test_a_page_token_that_is_not_ours_has_expired(graph: Http, token: str) -> None:
    answer = graph.get("users", params={"$skiptoken": token})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Directory_ExpiredPageToken")


def test_a_page_token_belongs_to_its_list(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_state({"entra": {"users": people(3)}})
    link = graph.get("users?$top=2").json()["@odata.nextLink"]

    assert graph.get(link.replace("/users", "/groups")).status_code == 400


def test_members_come_in_pages_too(sandbox: Sandbox, graph: Http) -> None:
    users = people(7)
    group = {"id": "g", "members": [user["id"] for user in users]}
    sandbox.put_state({"entra": {"users": users, "groups": [group]}})

    rows = graph.rows("groups/g/members?$top=3&$select=id")

    assert [row["id"] for row in rows] == [user["id"] for user in users]
