"""Frames that are in memory, such as fresh reads, in the form that `neighbourhood` reads stored ones in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from entra_emply.reconciliation.inputs import DEPENDENT_SOURCES, SOURCES, Inputs
from entra_emply.reconciliation.unreadable_frame import UNREADABLE


@dataclass(frozen=True)
class InMemory:
    """Frames by name (`neighbourhood.FrameReader`)."""

    frames: Mapping[str, pd.DataFrame]

    @classmethod
    def of(cls, inputs: Inputs) -> "InMemory":
        """The frames of a neighbourhood."""
        frames = {name: getattr(inputs, name) for name in SOURCES if name != "entra_group_members"}
        state = {f"sync_state/{name}": frame for name, frame in inputs.state.frames().items()}
        dependent = {f"{a}/{name}": getattr(inputs, name) for a, names in DEPENDENT_SOURCES.items() for name in names}
        whole = {
            "entra_group_members/members": inputs.entra_group_members,
            f"entra_app/{UNREADABLE}": inputs.unreadable,
        }
        return cls({**frames, **state, **dependent, **whole})

    def columns(self, name: str, columns: Sequence[str]) -> pd.DataFrame:
        """All rows of some columns."""
        return self.frames[name][list(columns)]

    def rows(self, name: str, column: str, values: Collection[str]) -> pd.DataFrame:
        """The rows whose `column` holds one of `values`."""
        frame = self.frames[name]
        return frame[frame[column].isin(list(values))].reset_index(drop=True)

    def whole(self, name: str) -> pd.DataFrame:
        """Every row of every column."""
        return self.frames[name]

    def has(self, name: str) -> bool:
        """Whether there is such a frame."""
        return name in self.frames
