"""What system tests share: an installation in a folder of its own, run through its command line against a sandbox."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.company import make_company

REPOSITORY = Path(__file__).parents[2]
Row = dict[str, Any]


@dataclass
class Installation:
    """One home folder, one settings file, one sandbox; commands run as an operator runs them."""

    home: Path
    sandbox: Sandbox
    settings: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What a command gets: the sandbox's addresses, and nothing of this process that points elsewhere."""
        theirs = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "DAGSTER_HOME"}}
        ours = {"ENTRA_EMPLY_HOME": str(self.home), "ENTRA_EMPLY_SETTINGS": str(self.settings), "COLUMNS": "200"}
        return theirs | self.sandbox.environment | ours | self.variables

    def run(self, *command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run `entra-emply` with these arguments to its end."""
        return subprocess.run(
            [sys.executable, "-m", "pipelines.cli", *command],
            env=self.environment | variables,
            cwd=REPOSITORY,
            check=False,
            text=True,
            capture_output=True,
            timeout=180,
        )

    def start(self, *command: str) -> "subprocess.Popen[str]":
        """Start `entra-emply` with these arguments."""
        return subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", *command],
            env=self.environment,
            cwd=REPOSITORY,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def sync(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a sync that must not fail (something may be held)."""
        done = self.run("sync", *arguments)
        assert done.returncode in (0, 2), done.stderr
        return done

    def logins(self) -> dict[str, Row]:
        """Emply's users by username, without the ids that Emply gave."""
        users = self.sandbox.state()["emply"]["users"]
        return {user["username"] or user["id"]: {**user, "id": None} for user in users}

    def writes(self) -> list[Row]:
        """The requests that changed something in Emply or Entra, as the sandbox logged them."""
        return [
            entry
            for entry in self.sandbox.requests()
            if entry["method"] not in ("GET", "HEAD")
            and "/token" not in entry["path"]
            and not entry["path"].endswith("$batch")
        ]


@pytest.fixture
def company() -> Row:
    """The people of the installation's sandbox; a test module may have its own."""
    return make_company(200, 1)


@pytest.fixture
def installation(tmp_path: Path, company: Row) -> Iterator[Installation]:
    """A fresh installation; nothing of it is left running."""
    settings = tmp_path / "settings.yaml"
    settings.write_text((REPOSITORY / "settings.yaml").read_text())
    with Sandbox(company) as sandbox:
        yield Installation(tmp_path / "home", sandbox, settings)
