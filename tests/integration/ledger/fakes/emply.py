"""Emply in memory, behind the interface of its client. Not here: the faults of a test (`faults`)."""

import uuid

from entra_emply import clock
from entra_emply.connectors.emply import frames
from entra_emply.connectors.reads import Certificate, Read
from tests.integration.ledger.fakes.faults import refusal
from tests.integration.ledger.fakes.system import Fields, Row, System, by_id, one_at_a_time


@one_at_a_time
class Emply(System):
    """Emply."""

    name = "emply"

    def __init__(self, scenario: Row, customer: str = "contoso") -> None:
        super().__init__(scenario)
        self.customer = customer
        self.emply: dict[str, list[Row]] = scenario["emply"]
        self.users = self.emply["users"]
        self.absent: dict[str, str] = {}

    def cannot(self, part: str) -> tuple[str, ...]:
        return ("update_user",) if part in self.absent else ()

    def why_not(self, part: str) -> str:
        return self.absent.get(part, "")

    # Users

    def roles(self) -> Read:
        self._read("roles")
        now = clock.now()
        return Read(frames.roles(self.emply["roles"]), Certificate("emply_roles", 1, 1, "0" * 64, now, now))

    def user(self, emply_user_id: str) -> Row | None:
        self._read("user")
        return by_id(self.users, emply_user_id)

    def find_user(self, username: str | None, email: str | None) -> Row | None:
        self._read("find_user")
        by_name = [user for user in self.users if username and user.get("username") == username]
        by_email = [user for user in self.users if email and user.get("email") == email]
        return next(iter(by_name + by_email), None)

    def employee(self, employee_id: str) -> Row | None:
        self._read("employee")
        return by_id(self.emply["employees"], employee_id)

    def create_user(self, fields: Fields) -> str:
        return str(self._write(lambda: self._create_user(fields)))

    def update_user(self, emply_user_id: str, fields: Fields) -> None:
        self._write(lambda: self._update_user(emply_user_id, fields))

    def set_photo(self, emply_user_id: str, etag: str, content: bytes) -> None:
        self._write(lambda: self._set_photo(emply_user_id, etag, content))

    def _create_user(self, fields: Fields) -> str:
        if self.find_user(fields.get("username"), fields.get("email")) is not None:
            raise refusal(409, "conflict")
        user_id = str(uuid.uuid5(uuid.NAMESPACE_URL, fields["username"]))
        self.users.append({"id": user_id, **fields})
        self._made("create", user_id)
        return user_id

    def _update_user(self, user_id: str, fields: Fields) -> None:
        self._change(self.users, user_id, fields)
        self._made("+".join(sorted(fields)), user_id)

    def _set_photo(self, user_id: str, etag: str, content: bytes) -> None:
        self._change(self.users, user_id, {"photoEtag": etag})
        self._made(f"photo {content.decode('ascii')}", user_id)

    # Calendars

    def list_calendars(self) -> list[Row]:
        self._read("list_calendars")
        return [dict(row) for row in self.emply["calendars"]]

    def calendar_events(self, calendar_id: str) -> list[Row]:
        self._read(f"calendar_events {calendar_id}")
        return [dict(row) for row in self._in(calendar_id)]

    def add_calendar(self, fields: Fields) -> str:
        return str(self._write(lambda: self._add_calendar(fields)))

    def update_calendar(self, calendar_id: str, fields: Fields) -> None:
        self._write(lambda: self._update_calendar(calendar_id, fields))

    def delete_calendar(self, calendar_id: str) -> None:
        self._write(lambda: self._delete_calendar(calendar_id))

    def put_event(self, calendar_id: str, external_id: str, fields: Fields) -> None:
        self._write(lambda: self._put_event(calendar_id, external_id, fields))

    def update_event(self, event_id: str, fields: Fields) -> None:
        self._write(lambda: self._update_event(event_id, fields))

    def delete_event(self, event_id: str) -> None:
        self._write(lambda: self._delete_event(event_id))

    def _add_calendar(self, fields: Fields) -> str:
        calendar_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{fields.get('userId')} {fields['externalId']}"))
        assert by_id(self.emply["calendars"], calendar_id) is None
        self.emply["calendars"].append({"id": calendar_id, "userId": None, **fields})
        self._made("add calendar", calendar_id)
        return calendar_id

    def _update_calendar(self, calendar_id: str, fields: Fields) -> None:
        self._change(self.emply["calendars"], calendar_id, fields)
        if fields.get("externalId", "") is None:
            for event in self._in(calendar_id):
                if event.get("origin") != "emply":
                    self.emply["events"].remove(event)
        self._made(f"calendar {'+'.join(sorted(fields))}", calendar_id)

    def _delete_calendar(self, calendar_id: str) -> None:
        self._remove("calendars", calendar_id)
        for event in self._in(calendar_id):
            self.emply["events"].remove(event)
        self._made("delete calendar", calendar_id)

    def _put_event(self, calendar_id: str, external_id: str, fields: Fields) -> None:
        there = next((event for event in self._in(calendar_id) if event.get("externalId") == external_id), None)
        if there is not None:
            self.emply["events"].remove(there)
        event_id = f"{calendar_id}/{external_id}"
        named = {"id": event_id, "calendarId": calendar_id, "externalId": external_id, "origin": "outlook"}
        self.emply["events"].append({**named, **fields})
        self._made("put event", event_id)

    def _update_event(self, event_id: str, fields: Fields) -> None:
        self._change(self.emply["events"], event_id, fields)
        self._made(f"event {'+'.join(sorted(fields))}", event_id)

    def _delete_event(self, event_id: str) -> None:
        self._remove("events", event_id)
        self._made("delete event", event_id)

    def _in(self, calendar_id: str) -> list[Row]:
        return [event for event in self.emply["events"] if event["calendarId"] == calendar_id]

    def _change(self, rows: list[Row], row_id: str, fields: Fields) -> None:
        row = by_id(rows, row_id)
        if row is None:
            raise refusal(404, "not_found")
        row.update(fields)

    def _remove(self, name: str, row_id: str) -> None:
        row = by_id(self.emply[name], row_id)
        if row is None:
            raise refusal(404, "not_found")
        self.emply[name].remove(row)
