"""The services of the session's sandbox, ready to be asked."""

from collections.abc import Iterator

import pytest

from sandbox import Sandbox
from tests.integration.sandbox.asking import Http, signed_in


@pytest.fixture
def entra(sandbox: Sandbox) -> Iterator[Http]:
    """The sign-in of the sandbox's tenant."""
    http = Http(sandbox, f"{sandbox.url}/{sandbox.environment['ENTRA_TENANT_ID']}")
    with http.session:
        yield http


@pytest.fixture
def graph(sandbox: Sandbox) -> Iterator[Http]:
    """Graph, signed in; the log does not show the signing in."""
    http = signed_in(sandbox)
    with http.session:
        yield http


@pytest.fixture
def emply(sandbox: Sandbox) -> Iterator[Http]:
    """Emply, with the key."""
    environment = sandbox.environment
    http = Http(sandbox, f"{environment['EMPLY_URL']}/{environment['EMPLY_CUSTOMER']}")
    http.session.params = {"apiKey": environment["EMPLY_API_KEY"]}
    with http.session:
        yield http
