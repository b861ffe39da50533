"""What tests of the Graph client share: a tenant of 1,500 people, a client of it, and a time that passes at once."""

from collections.abc import Iterator

import pytest

from entra_emply.connectors.entra.client import GraphClient
from sandbox import Sandbox
from tests.fake_time import FakeTime
from tests.integration.entra.tenant import SCENARIO, client_with


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[Sandbox]:
    with Sandbox(SCENARIO) as sandbox:
        yield sandbox


@pytest.fixture
def server(shared_sandbox: Sandbox) -> Sandbox:
    """The tenant, two pages of users; the log, faults and settings are fresh."""
    shared_sandbox.reset()
    return shared_sandbox


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def client(server: Sandbox, time: FakeTime) -> Iterator[GraphClient]:
    with client_with(server, time) as made:
        yield made
