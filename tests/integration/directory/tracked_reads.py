"""A directory that is read again and again, each time going on from the last read, as runs do."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from entra_emply.connectors.entra.client import GraphClient
from entra_emply.connectors.reads import Base, Certificate, Tracking, WholeRead
from entra_emply.extraction.bases import cursor_of
from entra_emply.storage.frame_store import FrameStore
from sandbox import Sandbox

LISTS = ("entra_users", "entra_groups", "entra_group_members")
FIRST = WholeRead("first")


@dataclass
class TrackedReads:
    """The reads of one tenant, stored as runs store them. `groups`: those whose members are read."""

    client: GraphClient
    store: FrameStore
    groups: list[str] = field(default_factory=list)
    runs: int = 0

    def read(self) -> dict[str, Certificate]:
        """A run: each list goes on from the run before. The certificates."""
        directory, run = self.client.directory, f"run-{self.runs + 1}"
        hidden: Collection[str] = ()
        certificates = {}
        for source in LISTS[:2]:
            read = directory.users(self.how(source)) if source == LISTS[0] else directory.groups(self.how(source))
            certificates[source] = self._kept(run, source, read, read.frame)
            if source == "entra_groups":
                hidden = read.frame.loc[read.frame["hidden"], "group_id"].tolist()
        members = directory.tracked_members(self.groups, hidden, self._base(LISTS[2]))
        certificates[LISTS[2]] = self._kept(run, LISTS[2], members, members.frames)
        self.runs += 1
        return certificates

    def how(self, source: str) -> Tracking:
        """How the next read of a list is made."""
        return self._base(source)

    def frame(self, source: str) -> pd.DataFrame:
        """What the last run stored."""
        stored = self.store.read(f"run-{self.runs}", source)
        return stored if isinstance(stored, pd.DataFrame) else stored["members"]

    def require_whole(self) -> None:
        """The frames of the last run are those of a whole read of this moment."""
        directory = self.client.directory
        whole = [directory.users(), directory.groups(), directory.members(self.groups, transitive=False)]
        for source, read in zip(LISTS, whole, strict=True):
            pd.testing.assert_frame_equal(self.frame(source), read.frame, obj=source)

    def _base(self, source: str) -> Base | WholeRead:
        run = f"run-{self.runs}"
        if not self.runs:
            return FIRST
        frames = self.store.read(run, source)
        cursor = self.store.read(run, cursor_of(source))
        assert isinstance(cursor, pd.DataFrame)
        return Base(run, {source: frames} if isinstance(frames, pd.DataFrame) else frames, cursor)

    def _kept(self, run: str, source: str, read: Any, frames: Any) -> Certificate:  # noqa: ANN401
        self.store.write(run, source, frames)
        self.store.write(run, cursor_of(source), read.cursor)
        certificate: Certificate = read.certificate
        return certificate


def asked(sandbox: Sandbox) -> list[str]:
    """The addresses that Graph was asked for, below its own."""
    return [entry["path"].removeprefix("/v1.0/") for entry in sandbox.requests() if "/v1.0/" in entry["path"]]


def answer(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """A fault: this body, once."""
    return {"path": path, "times": 1, "fault": {"status": 200, "body": body}}
