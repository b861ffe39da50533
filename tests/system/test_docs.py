"""The documentation is true: its commands are run, in the order of its pages, and end and print as it says."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from entra_emply.environment import leave_installation
from sandbox import Sandbox
from tests.documentation import DOCS, REPOSITORY, Block, Example, blocks, examples, pages
from tests.postgres import Server
from tests.system.commands import Done
from tests.system.example import FAILING, later, scenario
from tests.system.installation import Installation

_FILLED_IN = {"PLAN": r"^Plan (\w{12}): \d+ actions;", "ACTION": r"entra-emply release (\w+)"}
"""What a reader fills in: where `sync` and `explain` printed it."""


@pytest.fixture
def example(tmp_path: Path, server: Server) -> Iterator[tuple[Installation, dict[str, str]]]:
    """The scenario of the examples, synchronised, then changed so that something is held and something failed; and what
    a reader fills in so far.
    """
    database = server.create()
    settings = tmp_path / "settings.yaml"
    settings.write_text(next(block.text for block in blocks(DOCS / "settings.md") if block.name == settings.name))
    with Sandbox(scenario()) as sandbox:
        url = {"DATABASE_URL": server.url(database)}
        installation = Installation(tmp_path / "home", sandbox, settings, url, folder=tmp_path)
        plan = _printed(installation.sync())["PLAN"]
        installation.run("approve", plan, "--by", "Ada", "--reason", "the first sync was looked at")
        sandbox.put_state(later(sandbox.state()))
        sandbox.put_faults({"method": "PATCH", "path": FAILING, "times": 1, "fault": {"status": 422}})
        failed = installation.run("sync")
        assert failed.returncode == 3, failed.stderr
        server.execute("UPDATE entra_emply.failures SET failures = 8, quarantined_at = now()", database)
        yield installation, _printed(failed)


def test_every_command_of_the_documentation_ends_and_prints_as_it_says(
    example: tuple[Installation, dict[str, str]],
) -> None:
    installation, printed = example
    wrong = [said for page in pages() for block in blocks(page) for said in _tried(block, installation, printed)]
    assert not wrong, "\n".join(wrong)


def test_the_first_commands_can_be_copied(tmp_path: Path) -> None:
    (block,) = [block for block in blocks(DOCS / "README.md") if block.language == "sh"]
    script = f"trap 'kill $!' EXIT\n{block.text}"  # what it starts in the background ends with it
    environment = dict(os.environ)
    leave_installation(environment)
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    environment["ENTRA_EMPLY_SETTINGS"] = str(REPOSITORY / "settings.yaml")
    command = ["bash", "-e", "-c", script]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^Plan \w{12} of ", done.stdout, re.MULTILINE)


def _tried(block: Block, installation: Installation, printed: dict[str, str]) -> Iterator[str]:
    """Make the file that a block is, or run its commands; those that did not end or print as the block says."""
    if block.language == "yaml" and block.name:
        (installation.folder / block.name).write_text(block.text)
    for example in examples(block) if block.language == "console" else ():
        done = _run(example, installation, printed)
        printed |= _printed(done)
        if not example.is_true(done.returncode, done.stdout + done.stderr):
            said = f"exit {done.returncode}\n{done.stdout}{done.stderr}"
            yield f"{example.where}: $ {' '.join(example.words)}\n{said}"


def _run(example: Example, installation: Installation, printed: dict[str, str]) -> Done:
    program, *arguments = (printed.get(word, word) for word in example.words)
    if program == "cp":
        source, target = (installation.folder / name for name in arguments)
        shutil.copy(source, target)
        return Done(0, "", "")
    assert program == "entra-emply", f"{example.where}: {program} is no command of ours: that is a block of text"
    return installation.run(*arguments)


def _printed(done: Done) -> dict[str, str]:
    """What is to be filled in from now on."""
    found = {name: re.findall(pattern, done.stdout, re.MULTILINE) for name, pattern in _FILLED_IN.items()}
    return {name: ids[-1] for name, ids in found.items() if ids}
