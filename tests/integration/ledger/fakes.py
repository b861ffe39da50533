"""Both systems in memory, behind the clients' interfaces, with switches for refusals and lost answers.

They keep themselves in a scenario (the sandbox's form), and every change in `written` as (kind, id). Threads may ask
them, and are answered one at a time.
"""

import base64
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any, TypeVar

from entra_emply import clock
from entra_emply.connectors.emply import frames as emply_frames
from entra_emply.connectors.entra import frames
from entra_emply.connectors.reads import Certificate, Read
from entra_emply.connectors.throttle import require_permission
from entra_emply.errors import CredentialsError, SourceUnreadable, TargetRefused
from entra_emply.text import utc_second

Row = dict[str, Any]
Fields = Mapping[str, Any]
"""What a client is given to write."""
Fault = Callable[[Callable[[], object]], object]
"""What happens to a write instead: it is given the write, and may or may not do it."""
AnySystem = TypeVar("AnySystem", bound=type)

_turn = threading.RLock()


def _one_at_a_time(system: AnySystem) -> AnySystem:
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
    """What the two have in common.

    `faults` meet the next writes, one each, None for none. `changing` is called before each change, `changed` after.
    `reads` are the lists and objects that were asked for. `unreadable`: no read
    succeeds, since the system is `down`, or for a reason of what is read. `closed`: none is allowed. `revoked`: the
    key is not taken any more.
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


@_one_at_a_time
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
        return _by_id(self.entra["deletedUsers"], entra_id) is not None

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
            raise _refusal(400, "ObjectConflict")
        entra_id = str(uuid.uuid5(uuid.NAMESPACE_URL, fields["userPrincipalName"]))
        self.entra["users"].append({"id": entra_id, **fields})
        self._made("create user", entra_id)
        return entra_id

    def _update_user(self, entra_id: str, fields: Fields) -> None:
        user = _by_id(self.entra["users"], entra_id)
        if user is None or user.get("onPremisesSyncEnabled"):
            raise _refusal(404 if user is None else 400, "Request_BadRequest")
        user.update(fields)
        self._made("update user", entra_id)

    def _delete_user(self, entra_id: str) -> None:
        user = _by_id(self.entra["users"], entra_id)
        if user is None:
            raise _refusal(404, "Request_ResourceNotFound")
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
        return _by_id(self.entra["calendars"].get(entra_id, []), calendar_id)

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
        calendar = _by_id(self.entra["calendars"].get(entra_id, []), calendar_id)
        if calendar is None:
            raise _refusal(404, "ErrorItemNotFound")
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
        raise _refusal(404, "ErrorItemNotFound")

    def _delete_event(self, entra_id: str, event_id: str) -> None:
        for calendar, event in self._events(entra_id):
            if event["id"] == event_id:
                calendar["events"].remove(event)
                self._made("delete event", event_id)
                return
        raise _refusal(404, "ErrorItemNotFound")

    def _events(self, entra_id: str) -> Iterator[tuple[Row, Row]]:
        for calendar in self.entra["calendars"].get(entra_id, []):
            yield from ((calendar, event) for event in calendar.setdefault("events", []))


@_one_at_a_time
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
        return Read(emply_frames.roles(self.emply["roles"]), Certificate("emply_roles", 1, 1, "0" * 64, now, now))

    def user(self, emply_user_id: str) -> Row | None:
        self._read("user")
        return _by_id(self.users, emply_user_id)

    def find_user(self, username: str | None, email: str | None) -> Row | None:
        self._read("find_user")
        by_name = [user for user in self.users if username and user.get("username") == username]
        by_email = [user for user in self.users if email and user.get("email") == email]
        return next(iter(by_name + by_email), None)

    def employee(self, employee_id: str) -> Row | None:
        self._read("employee")
        return _by_id(self.emply["employees"], employee_id)

    def create_user(self, fields: Fields) -> str:
        return str(self._write(lambda: self._create_user(fields)))

    def update_user(self, emply_user_id: str, fields: Fields) -> None:
        self._write(lambda: self._update_user(emply_user_id, fields))

    def set_photo(self, emply_user_id: str, etag: str, content: bytes) -> None:
        self._write(lambda: self._set_photo(emply_user_id, etag, content))

    def _create_user(self, fields: Fields) -> str:
        if self.find_user(fields.get("username"), fields.get("email")) is not None:
            raise _refusal(409, "conflict")
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
        assert _by_id(self.emply["calendars"], calendar_id) is None
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
        row = _by_id(rows, row_id)
        if row is None:
            raise _refusal(404, "not_found")
        row.update(fields)

    def _remove(self, name: str, row_id: str) -> None:
        row = _by_id(self.emply[name], row_id)
        if row is None:
            raise _refusal(404, "not_found")
        self.emply[name].remove(row)


def refused(_make: Callable[[], object]) -> None:
    """A definite no."""
    raise _refusal(422, "invalid")


def unavailable(_make: Callable[[], object]) -> None:
    """The service is down, and surely did nothing."""
    raise TargetRefused("down", status=503, code="http_503", transient=True, uncertain=False)


def lost_before(_make: Callable[[], object]) -> None:
    """No answer, and nothing was done."""
    raise TargetRefused("no answer", status=None, code="connection", transient=True, uncertain=True)


def lost_after(make: Callable[[], object]) -> None:
    """No answer, but it was done."""
    make()
    lost_before(make)


def lost_after_and(then: Callable[[], None]) -> Fault:
    """No answer, but it was done; then something else happens."""

    def fault(make: Callable[[], object]) -> None:
        make()
        then()
        lost_before(make)

    return fault


def comes_late() -> list[Fault | None]:
    """Two tries: of the first the answer is lost and nothing is to be seen, until it is done just before the second."""
    late: list[Callable[[], object]] = []

    def lost(make: Callable[[], object]) -> None:
        late.append(make)
        lost_before(make)

    def overtaken(make: Callable[[], object]) -> object:
        late[0]()
        return make()

    return [lost, overtaken]


def no_access(_make: Callable[[], object]) -> None:
    """The key lacks the right to write."""
    raise CredentialsError("Emply refuses the key")


def forbidden(_make: Callable[[], object]) -> None:
    """The key may not make this write."""
    raise CredentialsError("Emply refuses create_user", code="403 forbidden")


def unauthorized(_make: Callable[[], object]) -> None:
    """The key is not taken for this write."""
    raise CredentialsError("Emply refuses the key", code="401 unauthorized")


def _refusal(status: int, code: str) -> TargetRefused:
    return TargetRefused(code, status=status, code=code, transient=False, uncertain=False)


def _by_id(rows: list[Row], row_id: str) -> Row | None:
    return next((row for row in rows if row["id"] == row_id), None)


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
