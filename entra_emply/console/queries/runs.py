"""The stored frames of a run, those in memory that pages ask for again and again; by run id, which never changes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from entra_emply.console.queries.people import People
from entra_emply.person.names import names_of
from entra_emply.person.stored import Known
from entra_emply.storage.frame_store import FrameStore, StoredRun

_ROWS = 300_000
"""Frames of more rows, such as the events of thousands of mailboxes, are read in part each time."""


@dataclass(frozen=True)
class KeptRun(StoredRun):
    """A stored run whose frames are read once, as far as memory allows."""

    _frames: dict[str, pd.DataFrame | None] = field(default_factory=dict, repr=False, compare=False)

    def columns(self, name: str, columns: Sequence[str]) -> pd.DataFrame:
        """All rows of some columns."""
        kept = self._kept(name)
        return super().columns(name, columns) if kept is None else kept[list(columns)]

    def rows(self, name: str, column: str, values: Collection[str]) -> pd.DataFrame:
        """The rows whose `column` holds one of `values`."""
        kept = self._kept(name)
        if kept is None:
            return super().rows(name, column, values)
        return kept[kept[column].isin(list(values))].reset_index(drop=True)

    def whole(self, name: str) -> pd.DataFrame:
        """Every row of every column."""
        kept = self._kept(name)
        return super().whole(name) if kept is None else kept

    def _kept(self, name: str) -> pd.DataFrame | None:
        if name not in self._frames:
            self._frames[name] = super().whole(name) if self.count(name) <= _ROWS else None
        return self._frames[name]


@dataclass(frozen=True)
class Run:
    """A run, and what is made of its frames."""

    frames: KeptRun

    @classmethod
    def of(cls, store: FrameStore, run_id: str) -> "Run":
        """The run of this id."""
        return cls(KeptRun(store, run_id))

    @cached_property
    def known(self) -> Known:
        """Everybody's ids and keys, for explaining one person."""
        return Known.of(self.frames)

    @cached_property
    def people(self) -> People:
        """Everybody, for searching."""
        return People.of(self.frames)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """What the ids of roles, departments and groups are called."""
        return names_of(self.frames)

    @property
    def roles(self) -> list[str]:
        """The titles of Emply's roles."""
        return sorted(set(self.frames.whole("emply_roles")["title"].dropna()))

    @cached_property
    def findings(self) -> pd.DataFrame:
        """The findings of the run's plan."""
        return self.frames.whole("reconciliation_findings")
