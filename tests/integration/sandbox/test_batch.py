from typing import Any

import pytest

from sandbox import Sandbox
from tests.integration.sandbox.asking import Http, people


def item(name: str, url: str, **more: object) -> dict[str, Any]:
    return {"id": name, "method": "GET", "url": url, **more}


def ask(graph: Http, *items: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in graph.post("$batch", {"requests": items}).json()["responses"]}


@pytest.fixture(autouse=True)
def _people(sandbox: Sandbox) -> None:
    sandbox.put_state({"entra": {"users": people(3)}})


def test_every_item_has_an_answer_of_its_own(graph: Http) -> None:
    answers = ask(graph, item("a", "/users/u00001?$select=id"), item("b", "users/nobody"))

    assert answers["a"]["body"]["id"] == "u00001"
    assert (answers["b"]["status"], answers["b"]["body"]["error"]["code"]) == (404, "Request_ResourceNotFound")


def test_answers_may_come_in_another_order(graph: Http) -> None:
    answers = graph.post("$batch", {"requests": [item("1", "/users"), item("2", "/users")]}).json()["responses"]

    assert [answer["id"] for answer in answers] == ["2", "1"]


@pytest.mark.parametrize(
    "items",
    [
        [item(str(n), "/users") for n in range(21)],
        [item("a", "/users"), item("A", "/users")],
        [{"id": "1"}],
        [item("1", "/users", method="POST", body={})],
        [item("1", "/users", dependsOn=["2"]), item("2", "/users")],
    ],
)
def test_a_batch_that_cannot_be_is_refused_as_a_whole(graph: Http, items: list[dict[str, Any]]) -> None:
    assert graph.post("$batch", {"requests": items}).status_code == 400


def test_what_depends_on_a_failure_fails_with_424(graph: Http) -> None:
    answers = ask(graph, item("1", "/users/nobody"), item("2", "/users", dependsOn=["1"]))

    assert answers["2"]["status"] == 424


def test_a_fault_reaches_one_item_only(sandbox: Sandbox, graph: Http) -> None:
    fault = {"status": 429, "headers": {"Retry-After": "7"}}
    sandbox.put_faults({"path": "/users/u00001$", "times": 1, "fault": fault})

    answers = ask(graph, item("1", "/users/u00000"), item("2", "/users/u00001"))

    assert (answers["1"]["status"], answers["2"]["status"]) == (200, 429)
    assert answers["2"]["headers"]["Retry-After"] == "7"


def test_items_are_throttled_one_by_one(sandbox: Sandbox, graph: Http) -> None:
    sandbox.change_settings(graph_units=3)

    answers = ask(graph, *(item(str(n), "/users/u00000") for n in range(5)))

    assert [answers[str(n)]["status"] for n in range(5)] == [200, 200, 200, 429, 429]
    assert int(answers["4"]["headers"]["Retry-After"]) >= 1


def test_the_log_has_one_entry_with_its_items(sandbox: Sandbox, graph: Http) -> None:
    ask(graph, item("1", "/users/u00000"), item("2", "/users/nobody"))

    (entry,) = sandbox.requests()
    assert entry["path"] == "/v1.0/$batch"
    assert [(row["id"], row["url"], row["status"]) for row in entry["batch"]] == [
        ("1", "/users/u00000", 200),
        ("2", "/users/nobody", 404),
    ]


def test_a_batch_needs_a_token(graph: Http) -> None:
    answer = graph.post("$batch", {"requests": [item("1", "/users")]}, headers={"Authorization": ""})

    assert answer.status_code == 401
