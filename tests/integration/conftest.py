"""What integration tests share: one sandbox and one ledger for the session, given fresh to each test."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Concatenate

import pytest

from entra_emply.ledger import migrate
from entra_emply.ledger.ledger import Ledger
from sandbox import Sandbox
from tests.integration.ledger.systems import Systems
from tests.integration.moments import Moments
from tests.postgres import Server

Begin = Callable[Concatenate[Callable[..., Systems], ...], Systems]
Rows = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """The session's sandbox, as the last test left it; tests ask for `sandbox`."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox without people, log, faults or earlier requests to throttle by.

    `put_state`, `put_faults`, `change_settings` set it up, `state` and `requests` read what came of it, and
    `environment` is what a client needs. Only the sandbox's own tests may ask Graph what Microsoft does not document.
    """
    running_sandbox.reset()
    running_sandbox.put_state({})
    yield running_sandbox
    if "sandbox" not in request.path.parent.name:
        assert running_sandbox.undocumented() == []


@pytest.fixture(scope="session")
def moments(server: Server) -> Moments:
    """The session's ledger, as the last test left it; tests ask for `ledger`."""
    made = Moments(server, server.create())
    ledger = Ledger.open(made.url)
    ledger.write(migrate.migrate)
    ledger.close()
    return made


@pytest.fixture
def database(moments: Moments) -> str:
    """The name of the database of `ledger`, which is empty."""
    moments.empty()
    return moments.database


@pytest.fixture
def ledger(server: Server, database: str) -> Iterator[Ledger]:
    """A ledger that nobody wrote to."""
    opened = Ledger.open(server.url(database))
    yield opened
    opened.close()


@pytest.fixture
def begin(moments: Moments, ledger: Ledger) -> Begin:
    """Makes systems by a function of the empty ledger, and puts them back to that moment in the next tests."""
    return partial(moments.begin, ledger)


@pytest.fixture
def rows(moments: Moments, database: str) -> Rows:  # noqa: ARG001 (which makes it empty)
    """A look into the ledger's tables past the code that is tested."""
    return moments.rows
