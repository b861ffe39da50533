"""The tenant, fresh for each test, and a client of it."""

from collections.abc import Iterator

import pytest

from entra_emply.connectors.entra.client import GraphClient
from entra_emply.environment import Environment
from sandbox import Sandbox
from tests.fake_time import FakeTime
from tests.integration.mailboxes.scenario import scenario


@pytest.fixture
def server(running_sandbox: Sandbox) -> Sandbox:
    """A tenant of 45 people, 40 with a mailbox and one with a closed one; the log, faults and settings are fresh."""
    running_sandbox.put_state({"entra": scenario()})
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def client(server: Sandbox, time: FakeTime) -> Iterator[GraphClient]:
    made = GraphClient(Environment.load(server.environment), time.timing())
    yield made
    made.close()
