"""Which employee belongs to which person (rules.md, "Terms", "employee of a person"). Nobody is matched with a login
here.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, encoded, is_among, positions, sort_order, take
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.text import key

_STATUS = pd.Series(["active", "pending", "archived"], dtype="str")  # who counts before whom
_ARCHIVED = 2
_NOBODY = -1


@dataclass(frozen=True)
class Employees:
    """The employees as people look for theirs: columns of `emply_employees`, `rank` a row of _STATUS."""

    employee_id: "pd.Series[str]"
    email: "pd.Series[str]"
    rank: Rows
    number: "pd.Series[int]"

    @classmethod
    def of(cls, inputs: Inputs) -> "Employees":
        """The employees of `inputs`."""
        return cls.among(inputs.emply_employees)

    @classmethod
    def among(cls, frame: pd.DataFrame) -> "Employees":
        """The employees of this list (`emply_employees`)."""
        rank = np.maximum(positions(frame["status"], _STATUS), 0)
        return cls(frame["employee_id"], key(frame["email"]), rank, frame["number"])

    def archived(self, rows: Rows) -> Mask:
        """Whether the employees at `rows` are archived; False where the row is -1."""
        return (rows >= 0) & (self._rank(rows) == _ARCHIVED)

    def of_people(self, carried: "pd.Series[str]", email: "pd.Series[str]") -> tuple[Rows, Rows]:
        """Each person's employee (a row, -1 for none), and how many employees carry the e-mail.

        Of the carried id and those with the e-mail: active before pending before archived, then the carried one, then
        the highest number (then the lowest id).
        """
        address = positions(email, self._by_email.addresses)
        by_email = self._by_email.best[address]
        by_id = positions(carried, self.employee_id)
        carried_wins = (by_id >= 0) & ((by_email < 0) | (self._rank(by_id) <= self._rank(by_email)))
        return np.where(carried_wins, by_id, by_email), self._by_email.carriers[address]

    def unclaimed(self, carried: "pd.Series[str]") -> "Employees":
        """Those not archived whose id is not among `carried`."""
        kept = (self.rank != _ARCHIVED) & ~is_among(self.employee_id, carried)
        columns = (each[kept].reset_index(drop=True) for each in (self.employee_id, self.email, self.number))
        employee_id, email, number = columns
        return Employees(employee_id, email, self.rank[kept], number)

    @cached_property
    def _by_email(self) -> "_ByEmail":
        own, addresses = encoded(self.email)
        known = np.flatnonzero(own >= 0)
        carriers = np.bincount(own[known], minlength=len(addresses) + 1)
        best = np.full(len(carriers), _NOBODY, dtype=np.int64)
        best[own[known]] = known
        worst_first = self._best_first(known[carriers[own[known]] > 1])[::-1]
        best[own[worst_first]] = worst_first
        return _ByEmail(addresses, best, carriers)

    def _best_first(self, rows: Rows) -> Rows:
        number = self.number.to_numpy(dtype=np.int64, na_value=np.iinfo(np.int64).min)[rows]
        by_id = np.argsort(sort_order(take(self.employee_id, rows)))
        return rows[np.lexsort([by_id, ~number, self.rank[rows]])]  # ~: in the inverse order, also of the least one

    def _rank(self, rows: Rows) -> Rows:
        return self.rank[rows] if len(self.rank) else np.zeros(len(rows), dtype=np.int64)


@dataclass(frozen=True)
class _ByEmail:
    """The different e-mails of the employees; the best of each one's employees, and how many. The last is nobody's."""

    addresses: "pd.Series[str]"
    best: Rows
    carriers: Rows
