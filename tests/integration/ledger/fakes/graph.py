"""Entra and Outlook in memory, behind the interface of Graph's clients. Not here: the faults of a test (`faults`)."""

import base64
import uuid
from collections.abc import Iterator

from entra_emply import clock
from entra_emply.connectors.entra import frames
from entra_emply.connectors.reads import Certificate, Read
from entra_emply.text import utc_second
from tests.integration.ledger.fakes.faults import refusal
from tests.integration.ledger.fakes.system import Fields, Row, System, by_id, one_at_a_time


@one_at_a_time
class Graph(System):
    """Entra and Outlook."""

    name = "entra"

    def __init__(self, scenario: Row) -> None:
        super().__init__(scenario)
        self.entra = scenario["entra"]
        self.directory = self.mailboxes = self.events = self.writes = self

    # Users

    def tenant(self) -> Read:
        self._require_key()
        now = clock.now()
        frame = frames.tenant([self.entra["organization"]])
        return Read(frame, Certificate("entra_tenant", 1, len(frame), "0" * 64, now, now))

    def user(self, name: str) -> Row | None:
        self._read("user")
        named = (user for user in self.entra["users"] if name in (user["id"], user["userPrincipalName"]))
        return next(named, None)

    def deleted_user(self, entra_id: str) -> bool:
        self._read("deleted_user")
        return by_id(self.entra["deletedUsers"], entra_id) is not None

    def all_groups_of(self, entra_id: str) -> frozenset[str]:
        self._read("all_groups_of")
        found: set[str] = set()
        beyond = {entra_id}
        while beyond:
            beyond = {group["id"] for group in self.entra["groups"] if not beyond.isdisjoint(group["members"])} - found
            found |= beyond
        return frozenset(found)

    def direct_members(self, group_id: str) -> frozenset[str]:
        self._read(f"direct_members {group_id}")
        return frozenset(*(group["members"] for group in self.entra["groups"] if group["id"] == group_id))

    def create_user(self, fields: Fields) -> str:
        return str(self._write(lambda: self._create_user(fields)))

    def update_user(self, entra_id: str, fields: Fields) -> None:
        self._write(lambda: self._update_user(entra_id, fields))

    def delete_user(self, entra_id: str) -> None:
        self._write(lambda: self._delete_user(entra_id))

    def _create_user(self, fields: Fields) -> str:
        if any(user["userPrincipalName"] == fields["userPrincipalName"] for user in self.entra["users"]):
            raise refusal(400, "ObjectConflict")
        entra_id = str(uuid.uuid5(uuid.NAMESPACE_URL, fields["userPrincipalName"]))
        self.entra["users"].append({"id": entra_id, **fields})
        self._made("create user", entra_id)
        return entra_id

    def _update_user(self, entra_id: str, fields: Fields) -> None:
        user = by_id(self.entra["users"], entra_id)
        if user is None or user.get("onPremisesSyncEnabled"):
            raise refusal(404 if user is None else 400, "Request_BadRequest")
        user.update(fields)
        self._made("update user", entra_id)

    def _delete_user(self, entra_id: str) -> None:
        user = by_id(self.entra["users"], entra_id)
        if user is None:
            raise refusal(404, "Request_ResourceNotFound")
        self.entra["users"].remove(user)
        self.entra["deletedUsers"].append(user)
        self._made("delete user", entra_id)

    # Mailboxes

    def photo(self, entra_id: str) -> tuple[str, bytes] | None:
        self._read("photo")
        photo = self.entra["photos"].get(entra_id)
        return None if photo is None else (photo["mediaEtag"], base64.b64decode(photo.get("contentBase64", "")))

    def calendar(self, entra_id: str, calendar_id: str) -> Row | None:
        self._read("calendar")
        return by_id(self.entra["calendars"].get(entra_id, []), calendar_id)

    def has_mailbox(self, entra_id: str) -> bool:
        self._read("has_mailbox")
        return entra_id in self.entra["calendars"]

    def event(self, entra_id: str, event_id: str) -> Row | None:
        self._read("event")
        found = (event for _, event in self._events(entra_id) if event["id"] == event_id)
        return next(map(_in_our_words, found), None)

    def shows_event(self, entra_id: str, calendar_id: str, event_id: str, start: str, end: str) -> bool:
        self._read("shows_event")
        assert start < end
        return any(
            (calendar["id"], event["id"]) == (calendar_id, event_id) for calendar, event in self._events(entra_id)
        )

    def find_event(self, entra_id: str, calendar_id: str, transaction_id: str, start: str, end: str) -> Row | None:
        self._read("find_event")
        for calendar, event in self._events(entra_id):
            found = _in_our_words(event)
            overlaps = found["start"] < end and found["end"] > start
            if calendar["id"] == calendar_id and overlaps and found["transactionId"] == transaction_id:
                return found
        return None

    def create_event(self, entra_id: str, calendar_id: str, fields: Fields, _zone: str) -> str:
        return str(self._write(lambda: self._create_event(entra_id, calendar_id, fields)))

    def update_event(self, entra_id: str, event_id: str, fields: Fields, _zone: str) -> None:
        self._write(lambda: self._update_event(entra_id, event_id, fields))

    def delete_event(self, entra_id: str, event_id: str) -> None:
        self._write(lambda: self._delete_event(entra_id, event_id))

    def _create_event(self, entra_id: str, calendar_id: str, fields: Fields) -> str:
        """A repetition with the same transactionId creates nothing."""
        calendar = by_id(self.entra["calendars"].get(entra_id, []), calendar_id)
        if calendar is None:
            raise refusal(404, "ErrorItemNotFound")
        events = calendar.setdefault("events", [])
        same = (event for event in events if event.get("transactionId") == fields["transactionId"])
        made: Row | None = next(same, None)
        if made is None:
            made = {"id": f"outlook-{fields['transactionId']}", **_in_graphs_words(fields)}
            events.append(made)
            self._made("create event", made["id"])
        return str(made["id"])

    def _update_event(self, entra_id: str, event_id: str, fields: Fields) -> None:
        for _, event in self._events(entra_id):
            if event["id"] == event_id:
                event.update(_in_graphs_words(fields))
                self._made("update event", event_id)
                return
        raise refusal(404, "ErrorItemNotFound")

    def _delete_event(self, entra_id: str, event_id: str) -> None:
        for calendar, event in self._events(entra_id):
            if event["id"] == event_id:
                calendar["events"].remove(event)
                self._made("delete event", event_id)
                return
        raise refusal(404, "ErrorItemNotFound")

    def _events(self, entra_id: str) -> Iterator[tuple[Row, Row]]:
        for calendar in self.entra["calendars"].get(entra_id, []):
            yield from ((calendar, event) for event in calendar.setdefault("events", []))


_GRAPHS = {"title": "subject"}


def _in_graphs_words(fields: Fields) -> Row:
    return {_GRAPHS.get(name, name): _written(name, value) for name, value in fields.items()}


def _written(name: str, value: object) -> object:
    if name not in {"start", "end"}:
        return value
    return {"dateTime": f"{str(value).rstrip('Z')}.0000000", "timeZone": "UTC"}


def _in_our_words(event: Row) -> Row:
    times = {side: utc_second(event[side]["dateTime"]) for side in ("start", "end")}
    same = {name: event.get(name) for name in ("id", "isAllDay", "showAs", "changeKey", "transactionId")}
    return {"title": event.get("subject"), **same, **times, "takesPlace": event.get("isCancelled") is not True}
