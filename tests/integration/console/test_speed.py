"""A company of 120,000 people with a plan of 10,000 actions: once warm, no page takes longer than people notice."""

import os
import time
from collections.abc import Iterator

import pytest

from benchmarks.explain import planned
from entra_emply.console.console import Console, Security
from entra_emply.environment import Environment
from entra_emply.ledger.ledger import Ledger
from tests.integration.console.house import Browser, browser_of

PEOPLE, ACTIONS = 120_000, 10_000
SECONDS = 0.3
EXPLAINED = 2.0
"""As `explain` itself: every rule is evaluated for the person, which is most of it, however few people there are."""
TRIES = 5  # one of them has to be quick: what else the machine does is not measured


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Browser, str]]:
    """A browser that has seen every page once, and the id of somebody in the plan."""
    home = tmp_path_factory.mktemp("large")
    with planned(home, PEOPLE) as (_, plan):
        assert len(plan.actions) >= ACTIONS
        address = os.environ["DATABASE_URL"]  # `planned` has set it
        environment, tokens = Environment({"ENTRA_EMPLY_HOME": str(home), "DATABASE_URL": address}), list[str]()
        ledger = Ledger.open(address)
        console = Console(environment, ledger, Security.of(environment, "ada", tokens.append))
        browser = browser_of(console)
        assert browser.get(f"/sign-in?token={tokens[-1]}").status_code == 303
        yield browser, str(plan.actions["entra_id"].dropna().iloc[len(plan.actions) // 2])
        ledger.close()


@pytest.mark.parametrize(
    "path",
    ["/", "/plan", "/plan?state=held", "/plan?start=9800", "/plan?department=Copenhagen", "/people",
     "/people/{person}", "/failures", "/findings",
     "/findings?severity=info&start=200", "/mapping", "/health"],
)  # fmt: skip
def test_a_page_is_there_at_once(large: tuple[Browser, str], path: str) -> None:
    browser, person = large
    address = path.format(person=person)
    assert browser.get(address).status_code == 200
    at_most = EXPLAINED if "people/" in path else SECONDS
    assert any(seconds(browser, address) < at_most for _ in range(TRIES))
    assert browser.page.count("<tr>") <= 201


def test_a_search_is_there_at_once(large: tuple[Browser, str]) -> None:
    browser, _ = large
    browser.get("/people")
    form = browser.hidden | {"who": "an"}

    def search() -> float:
        start = time.process_time()
        assert browser.client.post("/people", data=form).status_code == 200
        return time.process_time() - start

    search()
    assert any(search() < SECONDS for _ in range(TRIES))


def seconds(browser: Browser, path: str) -> float:
    """The processor's seconds of a page, the test's client included."""
    start = time.process_time()
    assert browser.get(path).status_code == 200
    return time.process_time() - start
