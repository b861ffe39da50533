"""The result of a complete read: validated frames, the certificate of how they were read, where a next one goes on.

Not here: how a list is read (`entra/`, `emply/`), and what its frame must be like (`frames`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd


@dataclass(frozen=True)
class Certificate:
    """One source was read completely: the number of pages and rows, the SHA-256 of the pages' bytes, the times (UTC).

    parts: the rows of each list, for a source that consists of lists that the settings name (G5). base: the run whose
    frame was brought up to date, by pages that tell only the changes; empty: the list was read whole. token: a short
    hash of the token that said since when. doubt: why no earlier read was continued.
    """

    source: str
    pages: int
    rows: int
    sha256: str
    started_at: datetime
    ended_at: datetime
    parts: Mapping[str, int] = field(default_factory=dict)
    base: str = ""
    token: str = ""
    doubt: str = ""


@dataclass(frozen=True)
class Read:
    """A validated frame and the certificate of its read.

    unreadable: of whom it could not be read, by id, with what the service said (P5, C7): status and code. cursor: where
    the next read may go on, for lists of which that is known.
    """

    frame: pd.DataFrame
    certificate: Certificate
    unreadable: Mapping[str, str] = field(default_factory=dict)
    cursor: pd.DataFrame | None = None


@dataclass(frozen=True)
class MultiRead:
    """The validated frames of one read, by name, and its certificate. unreadable, cursor: as of `Read`."""

    frames: dict[str, pd.DataFrame]
    certificate: Certificate
    unreadable: Mapping[str, str] = field(default_factory=dict)
    cursor: pd.DataFrame | None = None


@dataclass(frozen=True)
class Base:
    """An earlier read that a new one may continue: the run it was made in, its frames by name, and its cursor."""

    run_id: str
    frames: Mapping[str, pd.DataFrame]
    cursor: pd.DataFrame


@dataclass(frozen=True)
class WholeRead:
    """Read whole, for this reason, but so that the next read may go on from it."""

    why: str


Tracking = Base | WholeRead | None
"""How a list is read: an earlier read goes on; whole, to go on from; or whole (None), and nothing goes on from it."""
