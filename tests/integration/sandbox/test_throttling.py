import pytest

from sandbox import Sandbox
from sandbox.graph.throttle import bucket_size
from tests.integration.sandbox.asking import Http, people


@pytest.mark.parametrize(("users", "units"), [(49, 3500), (50, 5000), (500, 5000), (501, 8000)])
def test_the_bucket_goes_by_the_tenants_size(users: int, units: int) -> None:
    assert bucket_size(users) == units


@pytest.mark.parametrize(
    ("path", "units"),
    [
        ("users", 2),
        ("users?$select=id", 1),
        ("users/u00000", 1),
        ("groups/g/members", 3),
        ("groups/g/members?$select=id", 2),
        ("groups/g/transitiveMembers", 5),
        ("groups", 1),
        ("users/u00000/memberOf", 2),
        ("users/u00000/transitiveMemberOf", 2),
    ],
)
def test_a_request_costs_what_the_documentation_says(sandbox: Sandbox, graph: Http, path: str, units: int) -> None:
    sandbox.put_state({"entra": {"users": people(1), "groups": [{"id": "g"}]}})

    assert graph.get(path).headers["x-ms-resource-unit"] == str(units)


def test_an_empty_bucket_is_429_with_the_time_to_wait(sandbox: Sandbox, graph: Http) -> None:
    sandbox.change_settings(graph_units=10)
    answers = [graph.get("groups") for _ in range(12)]

    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
    assert (answers[-1].json()["error"]["code"], answers[-1].headers["Retry-After"]) == ("TooManyRequests", "3")


def test_the_limit_shows_before_it_is_reached(sandbox: Sandbox, graph: Http) -> None:
    sandbox.change_settings(graph_units=10)

    shown = ["x-ms-throttle-limit-percentage" in graph.get("groups").headers for _ in range(10)]

    assert shown == [False] * 8 + [True] * 2
