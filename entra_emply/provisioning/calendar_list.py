"""Emply's calendars and their events: read once a plan, then kept up to date with the plan's own changes."""

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence

from entra_emply.ledger.action import JsonObject
from entra_emply.provisioning.ports import Calendars
from entra_emply.provisioning.values import text_of

_CALENDARS_KEPT = 100  # whose events are kept in memory: the actions of one user follow one another


class CalendarList:
    """Finds Emply's calendars by what a plan says about them. Every method may raise SourceUnreadable.

    Threads share it, each for other people. The list is read and changed under one lock: a change that Emply answered
    while another thread was reading the list is noted after that read, and what was answered before is in what is read.
    The events of a calendar are asked for by one thread at a time, that of its owner's actions, and without the lock.
    """

    def __init__(self, emply: Calendars) -> None:
        self._emply = emply
        self._lock = threading.RLock()
        self._rows: dict[str, JsonObject] | None = None
        self._by_external_id: dict[str | None, dict[str, None]] = {}
        self._events: dict[str, Sequence[JsonObject]] = {}

    def read_again(self) -> None:
        """Discard what was read: the next question reads it again."""
        with self._lock:
            self._rows = None
            self._events.clear()

    def find(self, emply_user_id: str | None, external_id: str) -> list[JsonObject]:
        """The calendars of this user (None: of a room) that came from this Entra calendar: normally one."""
        with self._lock:
            rows = self._all()
            candidates = [rows[calendar_id] for calendar_id in self._by_external_id.get(external_id, ())]
        if emply_user_id is None:
            return [row for row in candidates if row.get("kind") == "room" or text_of(row, "userId") is None]
        return [row for row in candidates if row.get("kind") != "room" and row.get("userId") == emply_user_id]

    def one(self, calendar_id: str) -> JsonObject | None:
        """The calendar of this id; None where there is none."""
        with self._lock:
            return self._all().get(calendar_id)

    def of_same_owner(self, calendar: JsonObject) -> list[JsonObject]:
        """All calendars of the owner of this one."""
        owner = text_of(calendar, "userId")
        if owner is None:
            return [calendar]
        with self._lock:
            return [row for row in self._all().values() if row.get("userId") == owner]

    def events(self, calendar_id: str) -> Sequence[JsonObject]:
        """The events of a calendar."""
        with self._lock:
            known = self._events.get(calendar_id)
        if known is not None:
            return known
        read = self._emply.calendar_events(calendar_id)
        with self._lock:
            while len(self._events) >= _CALENDARS_KEPT:
                self._events.pop(next(iter(self._events)))  # the one that was read first
            self._events[calendar_id] = read
        return read

    def changed(self, calendar_id: str, fields: JsonObject) -> None:
        """Note a calendar that the plan changed or added."""
        with self._lock:
            if self._rows is None:
                return
            before: Mapping[str, object] = self._rows.get(calendar_id, {"id": calendar_id})
            self._by_external_id.get(text_of(before, "externalId"), {}).pop(calendar_id, None)
            self._put({**before, **fields}, self._rows)

    def removed(self, calendar_id: str) -> None:
        """Note a calendar that the plan removed."""
        with self._lock:
            row = self._rows.pop(calendar_id, {}) if self._rows is not None else {}
            self._by_external_id.get(text_of(row, "externalId"), {}).pop(calendar_id, None)

    def event_removed(self, calendar_id: str, event_id: object) -> None:
        """Note an event that the plan removed."""
        with self._lock:
            if calendar_id in self._events:
                left = [row for row in self._events[calendar_id] if row.get("id") != event_id]
                self._events[calendar_id] = left

    def _all(self) -> dict[str, JsonObject]:
        if self._rows is None:
            listed, self._rows, self._by_external_id = self._emply.list_calendars(), {}, defaultdict(dict)
            for row in listed:
                self._put(row, self._rows)
        return self._rows

    def _put(self, row: JsonObject, rows: dict[str, JsonObject]) -> None:
        rows[str(row["id"])] = row
        self._by_external_id.setdefault(text_of(row, "externalId"), {})[str(row["id"])] = None
