"""Emply's calendars and their events: read once a plan, then kept up to date with the plan's own changes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from entra_emply.ledger.action import JsonObject
from entra_emply.provisioning.ports import Calendars
from entra_emply.provisioning.values import text_of

_CALENDARS_KEPT = 100  # whose events are kept in memory: the actions of one user follow one another


class CalendarList:
    """Finds Emply's calendars by what a plan says about them. Every method may raise SourceUnreadable."""

    def __init__(self, emply: Calendars) -> None:
        self._emply = emply
        self._rows: dict[str, JsonObject] | None = None
        self._by_external_id: dict[str | None, dict[str, None]] = {}
        self._events: dict[str, Sequence[JsonObject]] = {}

    def read_again(self) -> None:
        """Discard what was read: the next question reads it again."""
        self._rows = None
        self._events.clear()

    def find(self, emply_user_id: str | None, external_id: str) -> list[JsonObject]:
        """The calendars of this user (None: of a room) that came from this Entra calendar: normally one."""
        rows = self._all()
        candidates = (rows[calendar_id] for calendar_id in self._by_external_id.get(external_id, ()))
        if emply_user_id is None:
            return [row for row in candidates if row.get("kind") == "room" or text_of(row, "userId") is None]
        return [row for row in candidates if row.get("kind") != "room" and row.get("userId") == emply_user_id]

    def one(self, calendar_id: str) -> JsonObject | None:
        """The calendar of this id; None where there is none."""
        return self._all().get(calendar_id)

    def of_same_owner(self, calendar: JsonObject) -> list[JsonObject]:
        """All calendars of the owner of this one."""
        owner = text_of(calendar, "userId")
        return [calendar] if owner is None else [row for row in self._all().values() if row.get("userId") == owner]

    def events(self, calendar_id: str) -> Sequence[JsonObject]:
        """The events of a calendar."""
        if calendar_id not in self._events:
            if len(self._events) >= _CALENDARS_KEPT:
                self._events.clear()
            self._events[calendar_id] = self._emply.calendar_events(calendar_id)
        return self._events[calendar_id]

    def changed(self, calendar_id: str, fields: JsonObject) -> None:
        """Note a calendar that the plan changed or added."""
        rows = self._all()
        before: Mapping[str, object] = rows.get(calendar_id, {"id": calendar_id})
        self._by_external_id.get(text_of(before, "externalId"), {}).pop(calendar_id, None)
        self._put({**before, **fields}, rows)

    def removed(self, calendar_id: str) -> None:
        """Note a calendar that the plan removed."""
        row = self._all().pop(calendar_id, {})
        self._by_external_id.get(text_of(row, "externalId"), {}).pop(calendar_id, None)

    def event_removed(self, calendar_id: str, event_id: object) -> None:
        """Note an event that the plan removed."""
        self._events[calendar_id] = [row for row in self._events.get(calendar_id, ()) if row.get("id") != event_id]

    def _all(self) -> dict[str, JsonObject]:
        if self._rows is None:
            listed, self._rows, self._by_external_id = self._emply.list_calendars(), {}, defaultdict(dict)
            for row in listed:
                self._put(row, self._rows)
        return self._rows

    def _put(self, row: JsonObject, rows: dict[str, JsonObject]) -> None:
        rows[str(row["id"])] = row
        self._by_external_id.setdefault(text_of(row, "externalId"), {})[str(row["id"])] = None
