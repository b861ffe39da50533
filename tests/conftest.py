"""What all tests share: a PostgreSQL, a free port, and how hypothesis tries examples."""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.ports import kept_port
from tests.postgres import Server, running_server

# The hundreds of processes that tests start keep what they compiled, as they do for a user.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# On a busy machine an example may take any time: how long one took is no failure.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_collection_finish() -> None:
    """What is imported by now stays: no collection of garbage has to look through it again (5 % of the unit tests)."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port at which nobody listens, unless the test lets somebody."""
    with kept_port() as port:
        yield port


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL that is always there."""
    with running_server() as running:
        yield running
