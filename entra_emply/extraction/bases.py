"""Which earlier read a list may go on from: that of the last complete run, unless it has to be read whole.

A run's frames and cursors become the last complete ones in one step, when its plan is recorded: one is never found
without the other, whenever a process is killed. Why a read that goes on is as good as a whole one: `list_deltas`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from entra_emply import clock
from entra_emply.connectors.reads import Base, WholeRead
from entra_emply.printing import counted
from entra_emply.storage.frame_store import FrameStore, StoredRun

TRACKED = ("entra_users", "entra_groups", "entra_group_members")
"""The lists whose changes Graph tells."""


@dataclass(frozen=True)
class Bases:
    """The earlier reads of an installation.

    full_read_hours: the age at which a whole read is not continued any more. refused: the sources whose last read no
    plan was made of (G5). whole_because: why every list is to be read whole; empty: it is not.
    """

    stored: FrameStore
    full_read_hours: int
    refused: Collection[str] = ()
    whole_because: str = ""

    def of(self, source: str) -> Base | WholeRead | None:
        """How a list is read; None for one whose changes nobody tells."""
        if source not in TRACKED:
            return None
        if self.whole_because:
            return WholeRead(self.whole_because)
        if source in self.refused:
            return WholeRead("no plan was made of the last read")
        run = self.stored.last_complete()
        try:
            return WholeRead("there is no earlier read") if run is None else self._of_run(run, source)
        except FileNotFoundError:
            return WholeRead("the earlier read is not stored any more")

    def only_continued(self, source: str) -> Base | None:
        """The same for a read that nobody goes on from, which needs no cursor of its own."""
        how = self.of(source)
        return how if isinstance(how, Base) else None

    def _of_run(self, run: StoredRun, source: str) -> Base | WholeRead:
        cursor = run.whole(cursor_of(source))
        age = clock.now() - datetime.fromisoformat(cursor["read_whole_at"].iloc[0])
        if not timedelta() <= age < timedelta(hours=self.full_read_hours):
            return WholeRead(
                f"the last whole read is not of the last {counted(self.full_read_hours, 'hour')} (full_read_hours)"
            )
        frames = self.stored.read(run.run_id, source)
        return Base(run.run_id, {source: frames} if isinstance(frames, pd.DataFrame) else frames, cursor)


def cursor_of(source: str) -> str:
    """The name under which a list's cursor is stored, beside its frame."""
    return f"{source}_cursor"
