"""What commands show on a terminal while they are at work, and that they show nothing of it anywhere else."""

import json
import os
import pty
import re
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from pipelines.commands.cli import app
from tests.system.commands import REPOSITORY
from tests.system.installation import Installation
from tests.waiting import PATIENCE

BAR = re.compile(r"[━╸╺]{5}")
COLOURS = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
REASON = "HR bekræfter, at medarbejderen er fratrådt, og at det er aftalt med Łucja Żółć og hendes leder i Århus"
QUICK = [
    ("plan",),
    ("approve", "abcdef12", "--by", "Ada", "--reason", "tried"),
    ("release", "abcdef12", "--by", "Ada"),
    ("explain", "nobody@contoso.com"),
    ("history",),
    ("doctor",),
    ("benchmark", "plan", "--users", "100"),
    ("benchmark", "read"),
]


@dataclass
class Terminal:
    """A pseudo-terminal: the path to write to, and what was written, without colours and movements."""

    path: str
    slave: int
    shown: list[bytes] = field(default_factory=list)

    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def text(self) -> str:
        """All that was written until now: what is written last comes out last, so a mark is waited for."""
        mark = f"<{time.monotonic_ns()}>".encode()
        os.write(self.slave, mark)
        with self.changed:
            assert self.changed.wait_for(lambda: mark in b"".join(self.shown), timeout=PATIENCE)
            self.shown[:] = [b"".join(self.shown).replace(mark, b"")]
            return COLOURS.sub("", self.shown[0].decode("utf-8", "replace"))


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    master, slave = pty.openpty()
    made = Terminal(os.ttyname(slave), slave)
    reader = threading.Thread(target=_read, args=(master, made))
    reader.start()
    try:
        yield made
    finally:
        os.close(slave)
        reader.join(PATIENCE)
        os.close(master)


def _read(master: int, terminal: Terminal) -> None:
    """Until nobody has the other end open any more, which Linux tells by an error."""
    while True:
        try:
            part = os.read(master, 1 << 16)
        except OSError:
            return
        with terminal.changed:
            terminal.shown.append(part)
            terminal.changed.notify_all()


def commands(of: Any, *names: str) -> Iterator[tuple[str, ...]]:  # noqa: ANN401 (typer's own command or group)
    """All commands there are, as they are typed."""
    for name, command in of.commands.items():
        yield from commands(command, *names, name) if hasattr(command, "commands") else [(*names, name)]


@pytest.mark.parametrize("command", list(commands(typer.main.get_command(app))), ids=" ".join)
def test_the_help_of_every_command_has_an_example_of_it(command: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(app, [*command, "--help"]).output
    assert f"Example: entra-emply {' '.join(command)}" in " ".join(shown.split())


@pytest.mark.parametrize("command", QUICK, ids=" ".join)
def test_on_a_terminal_a_command_shows_that_it_is_at_work(
    served: Installation, terminal: Terminal, command: tuple[str, ...]
) -> None:
    served.start(*command, hurried=True, terminal=terminal.path).wait()
    assert BAR.search(terminal.text), terminal.text


def test_a_sync_that_takes_more_than_two_seconds_shows_how_far_it_is(served: Installation, terminal: Terminal) -> None:
    served.sandbox.put_faults({"path": "/employees$", "times": 1, "fault": {"delay_ms": 2500}})
    command = [sys.executable, "-m", "pipelines.commands.cli", "sync"]
    done = subprocess.run(
        command,
        env=served.environment,
        cwd=REPOSITORY,
        check=False,
        timeout=PATIENCE,
        stdin=terminal.slave,
        stdout=terminal.slave,
        stderr=terminal.slave,
    )
    assert done.returncode == 2, terminal.text
    assert BAR.search(terminal.text), terminal.text
    assert re.search(r"emply_employees.* \d+/\d\d", terminal.text)
    assert "182 applied, 3 held" in terminal.text.splitlines()[-1]


def test_the_history_fits_a_terminal_of_80_columns_and_breaks_no_word(served: Installation, terminal: Terminal) -> None:
    served.sync()
    (plan_id,) = {event["plan_id"] for event in json.loads(served.run("history", "--json").stdout)}
    assert served.run("approve", plan_id, "--by", "Işıl Çağlayan", "--reason", REASON).returncode == 0
    termios.tcsetwinsize(terminal.slave, (24, 80))
    served.start("history", hurried=True, terminal=terminal.path, COLUMNS="").wait()
    lines = terminal.text[terminal.text.index("when (UTC)") :].splitlines()
    assert max(map(len, lines)) <= 80, terminal.text
    told = json.loads(served.run("history", "--json").stdout)
    kinds = {event["kind"] for event in told}
    assert {*kinds, plan_id[:12], *REASON.split()} <= {word for line in lines for word in line.split()}


def test_a_mistake_is_said_where_the_bar_was(served: Installation, terminal: Terminal) -> None:
    done = served.start("sync", hurried=True, terminal=terminal.path, EMPLY_API_KEY="wrong").wait()
    assert done.returncode == 1
    assert "entra-emply: " in terminal.text.splitlines()[-1]


def test_output_that_cannot_be_written_is_a_mistake_in_one_line() -> None:
    command = [sys.executable, "-m", "pipelines.commands.cli", "benchmark", "plan", "--users", "10"]
    with open("/dev/full", "w") as full:  # noqa: PTH123 (it is no file)
        done = subprocess.run(
            command, cwd=REPOSITORY, check=False, timeout=PATIENCE, text=True, stdout=full, stderr=subprocess.PIPE
        )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert done.stderr.endswith("cannot be read or written (No space left on device)\n")


def test_where_it_is_no_terminal_there_are_plain_lines(served: Installation) -> None:
    done = served.run("sync", hurried=True)
    assert (done.stdout.count("\n"), done.stderr) == (1, "")
    assert "\x1b" not in served.run("plan", hurried=True).stdout
