"""What system tests share: installations, fresh or going on after a sync, against a sandbox and a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from sandbox.company import make_company
from tests.postgres import Server
from tests.system.installation import Installation, Row
from tests.system.mapping import users_and_roles
from tests.system.snapshots import Snapshots, sync_twice

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture
def scenario() -> Row:
    """The people of the installation's sandbox; a test module may have its own."""
    return make_company(200, 1)


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Settings of users and roles, to be changed."""
    file = tmp_path / "settings.yaml"
    file.write_text(users_and_roles())
    return file


@pytest.fixture
def installation(tmp_path: Path, settings: Path, scenario: Row) -> Iterator[Installation]:
    """A fresh installation with an embedded database; nothing of it is left running."""
    with Sandbox(scenario) as sandbox:
        yield Installation(tmp_path / "home", sandbox, settings)


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """One sandbox for all tests that go on after a snapshot, which gives it its people."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """A browser for the pages of a module's tests."""
    from tests.system.browser import running_chromium  # noqa: PLC0415 (few modules look at pages)

    with running_chromium() as running:
        yield running


@pytest.fixture
def served(installation: Installation, server: Server) -> Installation:
    """A fresh installation with a database by DATABASE_URL: quicker to start than the embedded one."""
    installation.variables["DATABASE_URL"] = server.url(server.create())
    return installation


@pytest.fixture(scope="session")
def snapshots(running_sandbox: Sandbox, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Snapshots:
    """Where tests begin that need no scenario of their own."""
    return sync_twice(running_sandbox, server, tmp_path_factory.mktemp("snapshots"))
