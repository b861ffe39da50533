"""Commands of entra-emply in processes of their own, forked from one that has imported everything already.

A command that starts from nothing spends most of its time on imports; `test_terminal` and the demo's tests start so.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from entra_emply.connectors.throttle import Timing
from pipelines.commands import progress
from pipelines.commands.cli import main
from tests.fake_time import FakeTime
from tests.waiting import PATIENCE

REPOSITORY = Path(__file__).parents[2]

_processes = multiprocessing.get_context("forkserver")
_LATE = ["pandera.strategies.pandas_strategies"]  # pandera imports it with the first frame, and hypothesis with it
_processes.set_forkserver_preload(
    [
        "tests.system.commands",
        "pipelines.commands.sync",
        "entra_emply.extraction.dry_run",
        "entra_emply.reconciliation.report.text",
        *_LATE,
    ]
)


@dataclass(frozen=True)
class Done:
    """What a command ended with; `returncode` is negative where a signal ended it."""

    returncode: int
    stdout: str
    stderr: str


class Command:
    """A running `entra-emply`, whose output goes to files in `folder`.

    With `hurried`, what it waits for by itself (a throttled service, the next attempt, showing its progress) takes no
    time. `terminal` is the path of one to use instead of the files, `where` the folder it runs in.
    """

    def __init__(
        self,
        arguments: tuple[str, ...],
        environment: Mapping[str, str],
        folder: Path,
        *,
        hurried: bool = False,
        terminal: str | None = None,
        where: Path = REPOSITORY,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._out, self._err = folder / "stdout", folder / "stderr"
        out, err = (terminal or str(file) for file in (self._out, self._err))
        self._process = _processes.Process(target=_run, args=(arguments, dict(environment), out, err, hurried, where))
        self._process.start()

    def kill(self) -> None:
        """SIGKILL; does nothing to a command that has ended."""
        self._process.kill()

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.is_alive()

    def wait(self) -> Done:
        """Wait for its end."""
        self._process.join(PATIENCE)
        if self._process.exitcode is None:
            self._process.kill()
            raise AssertionError(f"a command took longer than {PATIENCE:.0f} s")
        out, err = (file.read_text() if file.exists() else "" for file in (self._out, self._err))
        return Done(self._process.exitcode, out, err)


def _run(
    arguments: tuple[str, ...], environment: dict[str, str], out: str, err: str, hurried: bool, where: Path
) -> None:
    """Be the command."""
    for number, path in ((1, out), (2, err)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, number)
        os.close(file)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(where)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["entra-emply", *arguments]
    if hurried:
        time = FakeTime()
        Timing.__init__.__defaults__ = (lambda: time.now, time.sleep)
        progress._PATIENCE = 0.0
    main()
