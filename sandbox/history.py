"""What users and groups were before each change: Graph's delta also tells of what was changed and changed back."""

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sandbox.exchange import Row

if TYPE_CHECKING:
    from sandbox.state import Entra, Table

TABLES = ("users", "deletedUsers", "groups")
_KEPT = 500_000

Touched = Mapping[str, dict[str, list[Row | None]]]
"""By table and id: what the object was before each change, None where it was not there."""


class ForgottenError(Exception):
    """The changes since then are not kept any more."""


class History:
    """The changes of users, deleted users and groups, by number. It begins when it is first asked for a number."""

    def __init__(self) -> None:
        self._last: dict[str, Table] | None = None
        self._number = 0
        self._oldest = 0
        self._entries: deque[tuple[int, str, str, Row | None]] = deque()

    def number(self, entra: "Entra") -> int:
        """The number of the last change."""
        if self._last is None:
            self._last = {table: dict(entra[table]) for table in TABLES}
        self.observe(entra)
        return self._number

    def observe(self, entra: "Entra") -> None:
        """To be called before and after every change: notes what differs from the last time."""
        if self._last is not None:
            entra.memo("observed", lambda: self._note(entra), of=TABLES)

    def since(self, number: int) -> Touched:
        """What was touched after the change of this number. Raises ForgottenError."""
        if number < self._oldest:
            raise ForgottenError
        touched: dict[str, dict[str, list[Row | None]]] = {table: {} for table in TABLES}
        for at, table, name, before in self._entries:
            if at > number:
                touched[table].setdefault(name, []).append(before)
        return touched

    def _note(self, entra: "Entra") -> None:
        last, now = self._last or {}, {table: dict(entra[table]) for table in TABLES}
        self._last, self._number = now, self._number + 1
        for table, rows in now.items():
            before = last[table]
            for name in before.keys() | rows.keys():
                # Rows are replaced, never changed: most are the very same.
                if before.get(name) is not rows.get(name) and before.get(name) != rows.get(name):
                    self._entries.append((self._number, table, name, before.get(name)))
        while len(self._entries) > _KEPT:
            self._oldest = self._entries.popleft()[0]
