"""Graph: delta queries. What a client has seen is kept by token, and the next round tells what differs from it.

What can be tracked, and how a difference is told, the resources say.
"""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sandbox.exchange import Request, Row
from sandbox.settings import Settings

_KEPT_ROWS = 4_000_000
_KEPT_ROUNDS = 500
LATEST = "latest"

Snapshot = Mapping[str, Any]
"""What there is, by id, so that two of them can be compared."""

T = TypeVar("T")


class DeltaTokenError(Exception):
    """A token that is nobody's, or another's, or (`expired`) too old."""

    def __init__(self, *, expired: bool) -> None:
        super().__init__("the delta token is not valid")
        self.expired = expired


@dataclass
class Tracked(Generic[T]):
    """One resource that can be asked for its delta.

    `owner` is what tokens belong to; `start` reads the options of a first call, which all later ones go by; `now` is
    what there is by them; `tell` gives the rows that lead from one snapshot (None: from nothing) to another.
    """

    owner: object
    start: Callable[[], T]
    now: Callable[[T], Snapshot]
    tell: Callable[[T, Snapshot | None, Snapshot], list[Row]]


@dataclass
class _Seen:
    owner: object
    options: Any
    snapshot: Snapshot
    at: float


@dataclass
class _Round:
    owner: object
    options: Any
    rows: list[Row]
    after: Snapshot
    name: str | None = None
    delta_token: str | None = None


class Deltas:
    """The tokens that were given out. They outlive a change of the whole state, but not the sandbox."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._seen: OrderedDict[str, _Seen] = OrderedDict()
        self._rows = 0
        self._rounds: OrderedDict[str, _Round] = OrderedDict()

    def page(self, request: Request, tracked: Tracked[T], size: int) -> tuple[list[Row], str, str]:
        """The rows of one page, the kind of link that follows them (OData's name) and the query of that link.

        Raises `DeltaTokenError` for a token that cannot be gone on from.
        """
        token = request.query.get("$skiptoken")
        if token is None:
            this, at = self._begin(request.query.get("$deltatoken"), tracked), 0
        else:
            this, at = self._go_on(token, tracked.owner)
        end = at if request.wants_empty_page else at + size
        if request.wants_empty_page or end < len(this.rows):
            return this.rows[at:end], "@odata.nextLink", f"$skiptoken={self._name(this)}~{end}"
        if this.delta_token is None:
            this.delta_token = self._keep(_Seen(this.owner, this.options, this.after, time.monotonic()))
        return this.rows[at:end], "@odata.deltaLink", f"$deltatoken={this.delta_token}"

    def _begin(self, token: str | None, tracked: Tracked[T]) -> _Round:
        if token in (None, "", LATEST):
            options = tracked.start()
            after = tracked.now(options)
            rows = [] if token == LATEST else tracked.tell(options, None, after)
            return _Round(tracked.owner, options, rows, after)
        seen = self._seen.get(str(token))
        if seen is None or seen.owner != tracked.owner:
            raise DeltaTokenError(expired=False)
        if time.monotonic() - seen.at >= self._settings.delta_lifetime:
            raise DeltaTokenError(expired=True)
        after = tracked.now(seen.options)
        if after == seen.snapshot:
            # Nothing new: the token stands for the same as before, and is as good as a new one.
            seen.at = time.monotonic()
            return _Round(tracked.owner, seen.options, [], after, delta_token=token)
        return _Round(tracked.owner, seen.options, tracked.tell(seen.options, seen.snapshot, after), after)

    def _go_on(self, token: str, owner: object) -> tuple[_Round, int]:
        name, _, at = token.rpartition("~")
        this = self._rounds.get(name)
        if this is None or this.owner != owner or not at.isascii() or not at.isdigit():
            raise DeltaTokenError(expired=False)
        return this, int(at)

    def _name(self, this: _Round) -> str:
        """The name of a round that has more than one page."""
        if this.name is None:
            this.name = secrets.token_urlsafe(18)
            self._rounds[this.name] = this
            if len(self._rounds) > _KEPT_ROUNDS:
                self._rounds.popitem(last=False)
        return this.name

    def _keep(self, seen: _Seen) -> str:
        token = secrets.token_urlsafe(24)
        self._seen[token] = seen
        self._rows += 1 + len(seen.snapshot)
        while self._rows > _KEPT_ROWS and len(self._seen) > 1:
            _, oldest = self._seen.popitem(last=False)
            self._rows -= 1 + len(oldest.snapshot)
        return token
