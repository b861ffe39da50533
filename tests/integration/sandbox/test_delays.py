"""Answers that take their time, as over a network."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox import Sandbox
from tests.integration.sandbox.asking import Http, people

SLOW = 0.5


@pytest.fixture(autouse=True)
def _people(sandbox: Sandbox) -> None:
    sandbox.put_state({"entra": {"users": people(999)}})


def seconds(ask: Callable[[], object]) -> float:
    started = time.monotonic()
    ask()
    return time.monotonic() - started


def best(ask: Callable[[], object]) -> float:
    """The seconds of the quickest of some: what else the machine does is not measured."""
    return min(seconds(ask) for _ in range(4))


def test_an_answer_of_graph_takes_as_long_as_asked_for_and_emplys_does_not(
    sandbox: Sandbox, graph: Http, emply: Http
) -> None:
    sandbox.change_settings(graph_ms=SLOW * 1000)

    assert seconds(lambda: graph.get("users?$top=1")) >= SLOW
    assert best(lambda: emply.get("roles")) < SLOW


def test_an_answer_of_emply_takes_as_long_as_asked_for(sandbox: Sandbox, emply: Http) -> None:
    sandbox.change_settings(emply_ms=SLOW * 1000)

    assert seconds(lambda: emply.get("roles")) >= SLOW


def test_a_page_takes_longer_the_more_rows_it_has(sandbox: Sandbox, graph: Http) -> None:
    sandbox.change_settings(page_ms=2 * SLOW * 1000)

    assert seconds(lambda: graph.get("users?$top=999")) >= 2 * SLOW
    assert best(lambda: graph.get("users?$top=99")) < 2 * SLOW


def test_a_batch_takes_as_long_as_one_request(sandbox: Sandbox, graph: Http) -> None:
    sandbox.change_settings(graph_ms=SLOW * 1000)
    items = [{"id": str(n), "method": "GET", "url": f"/users/u0000{n}"} for n in range(9)]

    assert SLOW <= best(lambda: graph.post("$batch", {"requests": items})) < len(items) * SLOW / 2


def test_many_answers_are_waited_for_at_once(sandbox: Sandbox, graph: Http) -> None:
    sandbox.change_settings(graph_ms=SLOW * 1000)
    count = 8

    def ask_all() -> None:
        with ThreadPoolExecutor(count) as pool:
            assert {answer.status_code for answer in pool.map(lambda _: graph.get("users?$top=1"), range(count))} == {
                200
            }

    assert best(ask_all) < count * SLOW / 2


def test_the_log_tells_how_long_it_took(sandbox: Sandbox, graph: Http) -> None:
    sandbox.change_settings(graph_ms=SLOW * 1000)
    graph.get("users?$top=1")

    assert sandbox.requests()[-1]["ms"] >= SLOW * 1000
