"""The log of the requests that were served, for tests to read. What was in their bodies is not kept."""

import re
import time
from datetime import UTC, datetime

from sandbox.exchange import Request, Row

_SECRETS = re.compile(r"(?i)\b(apikey|client_secret|client_assertion|access_token|key)=[^&]*")


class RequestLog:
    """Entries in order of arrival; one is complete before its answer is sent."""

    def __init__(self) -> None:
        self._entries: list[Row] = []
        self._undocumented: list[Row] = []
        self._n = 0

    def open(self, request: Request) -> Row:
        """Begin an entry; `status` and `ms` are null until `close` (and `status` stays so without an answer)."""
        self._n += 1
        entry: Row = {
            "n": self._n,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "method": request.method,
            "path": request.path,
            "query": _SECRETS.sub(r"\1=***", request.raw_query),
            "status": None,
            "ms": None,
        }
        self._entries.append(entry)
        return entry

    def close(self, entry: Row, started: float, status: int | None) -> None:
        """Complete an entry; `started` is the monotonic time in seconds at which the request was there."""
        entry["status"] = status
        entry["ms"] = round((time.perf_counter() - started) * 1000, 3)

    def entries(self) -> list[Row]:
        """All entries since the start or the last `clear`."""
        return self._entries

    def note(self, request: Request, why: str) -> None:
        """Note a request to Graph, or an item of a batch, that Graph does not document."""
        query = _SECRETS.sub(r"\1=***", request.raw_query)
        self._undocumented.append({"method": request.method, "path": request.path, "query": query, "why": why})

    def undocumented(self) -> list[Row]:
        """What was noted since the start or the last `clear`."""
        return self._undocumented

    def clear(self) -> None:
        """Forget all entries, and what was noted; their numbers go on."""
        self._entries, self._undocumented = [], []
