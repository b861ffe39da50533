"""What both systems in memory have in common: writes that meet a fault, reads that fail, and a record of them.

They keep themselves in a scenario (the sandbox's form), and every change in `written` as (kind, id). Threads may ask
them, and are answered one at a time. Not here: what one of them is asked for and does (`graph`, `emply`).
"""

import threading
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

from entra_emply.connectors.throttle import require_permission
from entra_emply.errors import CredentialsError, SourceUnreadable
from tests.integration.ledger.fakes.faults import Fault

Row = dict[str, Any]
Fields = Mapping[str, Any]
"""What a client is given to write."""
AnySystem = TypeVar("AnySystem", bound=type)

_turn = threading.RLock()


def one_at_a_time(system: AnySystem) -> AnySystem:
    """The class, of whose methods one runs at a time in all systems."""
    for name, method in list(vars(system).items()):
        if callable(method) and not name.startswith("_"):
            setattr(system, name, _in_turn(method))
    return system


def _in_turn(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def called(*given: object, **named: object) -> Any:  # noqa: ANN401
        with _turn:
            return method(*given, **named)

    return called


class System:
    """One of the two.

    `faults` meet the next writes, one each, None for none. `changing` is called before each change, `changed` after.
    `reads` are the lists and objects that were asked for. `unreadable`: no read succeeds, since the system is `down`,
    or for a reason of what is read. `closed`: none is allowed. `revoked`: the key is not taken any more.
    """

    name = ""

    def __init__(self, scenario: Row) -> None:
        self.written: list[tuple[str, str]] = scenario.setdefault("writes", [])
        self.reads: list[str] = []
        self.unreadable = False
        self.closed = False
        self.revoked = False
        self.down = True
        self.faults: list[Fault | None] = []
        self.changing: Callable[[], None] = lambda: None
        self.changed: Callable[[], None] = lambda: None

    def _read(self, what: str) -> None:
        self.reads.append(what)
        self._require_key()
        if self.unreadable:
            raise SourceUnreadable(f"{self.name}_{what}", "the test says so", down=self.down)
        if self.closed:
            raise CredentialsError("the key may not read", code="403 forbidden")

    def _require_key(self) -> None:
        if self.revoked:
            raise CredentialsError("the key is not taken", code="401 unauthorized")

    def _write(self, make: Callable[[], object]) -> object:
        self.changing()
        require_permission()
        self._require_key()
        fault = self.faults.pop(0) if self.faults else None
        return make() if fault is None else fault(make)

    def _made(self, kind: str, object_id: str) -> None:
        self.written.append((kind, object_id))
        self.changed()


def by_id(rows: list[Row], row_id: str) -> Row | None:
    """The row of this id."""
    return next((row for row in rows if row["id"] == row_id), None)
