import time
from functools import partial

import pytest
from requests import ConnectionError as NoConnection
from requests import Response
from requests.exceptions import ChunkedEncodingError

from sandbox import Sandbox
from tests.integration.sandbox.asking import Http, held, people, token_form
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def _people(sandbox: Sandbox) -> None:
    users = [{"id": f"e{n}", "username": f"u{n}"} for n in range(3)]
    sandbox.put_state({"entra": {"users": people(5)}, "emply": {"users": users}})


def test_a_fault_strikes_so_many_times_after_letting_some_pass(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults({"method": "GET", "path": "/users$", "times": 2, "skip": 1, "fault": {"status": 503}})

    assert [graph.get("users").status_code for _ in range(5)] == [200, 503, 503, 200, 200]


def test_without_times_a_fault_never_ends(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults({"path": "/users$", "fault": {"status": 500}})

    assert [graph.get("users").status_code for _ in range(3)] == [500] * 3


def test_a_fault_is_for_its_method_and_path_only(sandbox: Sandbox, graph: Http, emply: Http) -> None:
    sandbox.put_faults({"method": "POST", "path": "^/v1.0/users$", "fault": {"status": 500}})

    assert [graph.get("users").status_code, emply.get("users").status_code] == [200, 200]


def test_what_is_left_of_a_fault_can_be_read(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults({"path": "/users$", "times": 3, "fault": {"status": 500}})
    graph.get("users")

    assert sandbox.faults() == [{"path": "/users$", "times": 2, "skip": 0, "fault": {"status": 500}}]


@pytest.mark.parametrize(
    ("body", "text"), [({"a": 1}, '{"a":1}'), (["x"], '["x"]'), ("<html>", "<html>"), ("plain", "plain")]
)
def test_a_fault_answers_with_its_own_body_and_headers(sandbox: Sandbox, graph: Http, body: object, text: str) -> None:
    fault = {"status": 429, "headers": {"Retry-After": "2"}, "body": body}
    sandbox.put_faults({"path": "/users$", "fault": fault})

    answer = graph.get("users")

    assert (answer.status_code, answer.headers["Retry-After"], answer.text) == (429, "2", text)


def test_without_a_body_it_is_the_services_own_error(sandbox: Sandbox, graph: Http, emply: Http, entra: Http) -> None:
    sandbox.put_faults({"path": "/users$|/token$", "fault": {"status": 503}})

    assert graph.get("users").json()["error"]["code"] == "ServiceUnavailable"
    assert emply.get("users").json()["error"]["code"] == "unavailable"
    assert entra.ask("POST", "oauth2/v2.0/token", data=token_form(sandbox)).json()["error_codes"] == [90033]


def test_a_delay_delays(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults({"path": "/users$", "fault": {"delay_ms": 200}})
    started = time.monotonic()

    assert graph.get("users").status_code == 200
    assert time.monotonic() - started >= 0.2


def test_a_delay_does_not_hold_up_others(sandbox: Sandbox, graph: Http) -> None:
    with held(sandbox, "/users$", partial(graph.get, "users")):
        assert graph.get("groups").status_code == 200


def test_a_delay_ends_when_the_faults_are_replaced(sandbox: Sandbox, graph: Http) -> None:
    answers: list[Response] = []
    with held(sandbox, "/users$", lambda: answers.append(graph.get("users"))):
        assert answers == []

    assert [len(answer.json()["value"]) for answer in answers] == [5]


def test_close_before_does_nothing(sandbox: Sandbox, emply: Http) -> None:
    sandbox.put_faults({"method": "POST", "path": "/users$", "fault": {"close": "before"}})

    with pytest.raises(NoConnection):
        emply.post("users", {"username": "new"})

    assert len(sandbox.state()["emply"]["users"]) == 3


def test_close_after_commit_makes_the_change_and_loses_the_answer(sandbox: Sandbox, emply: Http) -> None:
    sandbox.put_faults({"method": "POST", "path": "/users$", "fault": {"close": "after-commit"}})

    with pytest.raises(NoConnection):
        emply.post("users", {"username": "new"})

    assert sandbox.state()["emply"]["users"][-1]["username"] == "new"


def test_close_in_mid_body_sends_half_of_what_it_promised(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults({"path": "/users$", "fault": {"close": "mid-body"}})

    with pytest.raises(ChunkedEncodingError, match="IncompleteRead"):
        graph.get("users")


def test_a_request_without_answer_has_no_status_in_the_log(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults({"path": "/users$", "fault": {"close": "before"}})

    with pytest.raises(NoConnection):
        graph.get("users")

    assert [entry["status"] for entry in sandbox.requests()] == [None]


def test_close_in_a_batch_breaks_the_whole_batch(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults({"path": "/users/u00001$", "fault": {"close": "before"}})
    items = [{"id": str(n), "method": "GET", "url": f"/users/u0000{n}"} for n in range(3)]

    with pytest.raises(NoConnection):
        graph.post("$batch", {"requests": items})


def test_truncate_cuts_the_json_but_not_the_http(sandbox: Sandbox, graph: Http) -> None:
    whole = graph.get("users").content
    sandbox.put_faults({"path": "/users$", "times": 1, "fault": {"truncate": 0.5}})

    answer = graph.get("users")

    assert answer.status_code == 200
    assert answer.content == whole[: len(whole) // 2]
    assert graph.get("users").content == whole


def test_an_empty_page_of_graph_leads_to_the_rest(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults({"path": "/users$", "times": 1, "skip": 1, "fault": {"empty_page": True}})
    sizes, link = [], "users?$top=2"

    while link:
        page = graph.get(link).json()
        sizes.append(len(page["value"]))
        link = page.get("@odata.nextLink")

    assert sizes == [2, 0, 2, 1]


def test_a_first_page_can_be_empty_too(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults({"path": "/users$", "times": 1, "fault": {"empty_page": True}})

    assert len(graph.rows("users?$select=id")) == 5


def test_an_empty_page_of_emply_is_an_empty_list(sandbox: Sandbox, emply: Http) -> None:
    sandbox.put_faults({"path": "/users$", "times": 1, "fault": {"empty_page": True}})

    assert [emply.get("users").json(), len(emply.get("users").json())] == [[], 3]


def test_a_stale_read_lags_behind_writes(sandbox: Sandbox, emply: Http) -> None:
    sandbox.put_faults({"method": "GET", "path": "/users", "fault": {"stale_ms": 60_000}})
    emply.ask("PATCH", "users/e1", json={"jobTitle": "Lead"})
    made = emply.post("users", {"username": "new"}).json()["id"]

    early = (emply.get("users/e1").json().get("jobTitle"), emply.get(f"users/{made}").status_code)
    sandbox.put_faults({"method": "GET", "path": "/users", "fault": {"stale_ms": 50}})
    wait_until(lambda: emply.get("users/e1").json().get("jobTitle") == "Lead")
    wait_until(lambda: emply.get(f"users/{made}").status_code == 200)

    assert early == (None, 404)


def test_a_stale_read_of_graph_lags_behind_a_new_state(sandbox: Sandbox, graph: Http) -> None:
    sandbox.put_faults({"path": "/users", "fault": {"stale_ms": 60_000}})

    sandbox.put_state({})

    assert len(graph.get("users").json()["value"]) == 5


@pytest.mark.parametrize(
    "fault",
    [
        {"path": "x"},
        {"path": "(", "fault": {"status": 500}},
        {"path": "x", "fault": {"status": 42}},
        {"path": "x", "fault": {"close": "after"}},
        {"path": "x", "fault": {"truncate": 2}},
        {"path": "x", "fault": {"explode": True}},
        {"path": "x", "fault": {"status": 500}, "often": 3},
        {"path": "x", "fault": {"status": 500}, "times": "3"},
    ],
)
def test_a_fault_that_cannot_be_is_refused(sandbox: Sandbox, fault: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        sandbox.put_faults(fault)
    assert sandbox.faults() == []
