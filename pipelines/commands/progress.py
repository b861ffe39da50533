"""A progress bar on a terminal, once something has taken two seconds; nothing at all where it is no terminal."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from entra_emply.progress import Tell, unheard

_PATIENCE = 2.0


@contextmanager
def progress(what: str) -> Iterator[Tell]:
    """Show a bar on stderr while the context lasts; it leaves nothing behind."""
    if not sys.stderr.isatty():
        yield unheard
        return
    # A file of its own: while Dagster runs, what goes to stderr goes into the run's log.
    with os.fdopen(os.dup(sys.stderr.fileno()), "w") as terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        bar = Progress(*columns, console=Console(file=terminal), transient=True)
        task = bar.add_task(what, total=None)
        waiting = Timer(_PATIENCE, bar.start)
        waiting.daemon = True
        waiting.start()

        def tell(what: str, done: int, of: int) -> None:
            bar.update(task, description=what, completed=done, total=of)

        try:
            yield tell
        finally:
            waiting.cancel()
            waiting.join()
            bar.stop()
