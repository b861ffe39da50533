"""What all tests share: a PostgreSQL."""

from collections.abc import Iterator

import pytest

from tests.postgres import Server, running_server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL that is always there."""
    with running_server() as running:
        yield running
