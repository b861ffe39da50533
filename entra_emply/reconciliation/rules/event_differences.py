"""The content of events, and what differs of it between Emply's event and Outlook's. What is done then: `events`."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, same_text
from entra_emply.text import trimmed

CONTENT = {"title": "title", "start": "start", "end": "end", "is_all_day": "isAllDay", "show_as": "showAs"}
"""The columns of an event's content, and what a plan calls them."""


@dataclass(frozen=True)
class Differences:
    """What differs of the events at these rows, by CONTENT."""

    rows: Rows
    fields: dict[str, Mask]

    @property
    def differing(self) -> Rows:
        """The rows of which something differs."""
        return self.rows[np.logical_or.reduce([*self.fields.values()])]


def content_of(events: pd.DataFrame, rows: Rows) -> "dict[str, pd.Series[Any]]":
    """CONTENT of the events at `rows`."""
    return {name: pd.Series(events[name].array.take(rows), copy=False) for name in CONTENT}


def differs(ours: "pd.Series[Any]", theirs: "pd.Series[Any]") -> Mask:
    """Set in Emply and not the same in Outlook; text is compared trimmed."""
    if ours.dtype == "boolean":
        return (ours.notna() & ~(ours == theirs).fillna(False)).to_numpy(dtype=bool)
    return (trimmed(ours).notna()).to_numpy(dtype=bool) & ~same_text(trimmed(ours), trimmed(theirs))
