"""The sandbox in a process of its own, which is known by its env file, and a session with it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from requests import Session

from tests.waiting import wait_until


@contextmanager
def process(*arguments: str, env_file: Path) -> Iterator[subprocess.Popen[str]]:
    """A sandbox that serves; killed at the end where it still does."""
    command = [sys.executable, "-m", "sandbox", "--env-file", str(env_file), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as started:
        try:
            wait_until(lambda: env_file.exists() or started.poll() is not None, "the sandbox's start")
            yield started
        finally:
            started.kill()


@contextmanager
def session(environment: dict[str, str]) -> Iterator[Session]:
    """A session that trusts the sandbox's certificate."""
    with Session() as made:
        made.trust_env, made.verify = False, environment["CA_BUNDLE"]
        yield made
