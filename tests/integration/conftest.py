"""What integration tests share: one sandbox for the session, given fresh to each test."""

from collections.abc import Iterator

import pytest

from sandbox import Sandbox


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
