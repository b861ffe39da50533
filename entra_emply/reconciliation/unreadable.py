"""What a plan makes of the codes by which something could not be read (P5, C7, G5b): whose is which, and when a whole
source is left out.

A code is what the service said, status and name: "403 ErrorAccessDenied", "503"; "no_answer" where none came. Here is
what several letters ask of codes. Whom a rule considers is its own module's business, and how things are read is the
connectors'.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, encoded, is_text, positions, rows_of, take, take_numbers
from entra_emply.reconciliation.inputs import Inputs

_NOT_FOR_GOOD = frozenset({401, 408, 429})
_REFUSED = frozenset({401, 403})


@dataclass(frozen=True)
class Source:
    """A source that only some rules need (G5b).

    needed: whether the settings and the people of this plan ask for it. code: why nothing of its rules is planned;
    None: it was read.
    """

    name: str
    needed: bool
    code: str | None


def codes_of(inputs: Inputs, kind: str, entra_ids: "pd.Series[str]") -> "pd.Series[str]":
    """The code of each of these users' `kind` ("photos", "mailboxes"); missing where it was read. The index stays."""
    rows = rows_of(inputs.unreadable["kind"], kind)
    found = positions(entra_ids, take(inputs.unreadable["id"], rows))
    return take(inputs.unreadable["code"], take_numbers(rows, found), entra_ids.index)


def code_of_source(inputs: Inputs, source: str) -> str | None:
    """The code of a source that could not be read at all; None where it was read."""
    if inputs.unreadable.empty:
        return None
    rows = np.flatnonzero(is_text(inputs.unreadable["kind"], "sources") & is_text(inputs.unreadable["id"], source))
    return str(inputs.unreadable["code"].iloc[rows[0]]) if len(rows) else None


def left_out(inputs: Inputs, source: str, kind: str, considered: "pd.Series[str]") -> str | None:
    """G5b: the code by which a source is left out altogether; None where it is not.

    It could not be read, or it is unreadable for more people than `max_unreadable` allows. `considered`: the Entra ids
    of those whom its rules consider.
    """
    code = code_of_source(inputs, source)
    if code is not None:
        return code
    people = considered.dropna().drop_duplicates()
    codes = codes_of(inputs, kind, people).dropna()
    counted = codes[~for_good(codes)]
    if len(counted) <= inputs.settings.guards.max_unreadable.of(len(people)):
        return None
    return _most_frequent(counted)


def for_good(codes: "pd.Series[str]") -> Mask:
    """G5b: which answers concern one person for good, and say nothing of the source: 4xx but 401, 408 and 429."""
    numbers, different = encoded(codes)
    flags = np.array([_is_for_good(code) for code in different] + [False], dtype=bool)  # the last is missing
    return flags[numbers]


def is_refused(code: str | None) -> bool:
    """The key may not read it (401, 403)."""
    return code is not None and status_of(code) in _REFUSED


def status_of(code: str) -> int | None:
    """The status in a code; None where it has none, or a name alone."""
    first = next(iter(code.split(maxsplit=1)), "")
    return int(first) if first.isascii() and first.isdecimal() else None


def _is_for_good(code: str) -> bool:
    status = status_of(code)
    return status is not None and 400 <= status <= 499 and status not in _NOT_FOR_GOOD  # noqa: PLR2004 (4xx)


def _most_frequent(codes: "pd.Series[str]") -> str:
    """The most frequent code, of equals the least."""
    counts = codes.value_counts()
    return str(min(counts.index[counts == counts.max()]))
