"""Emply as the pipeline asks it: lists for a plan, single objects when it is applied, and what is written.

HTTP and refusals are `connection`, what is asked for `operations`, how Emply has it `description`, what the frames look
like `frames` and `calendar_frames`.
"""

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import pandas as pd

from entra_emply.connectors.emply import calendar_frames, frames
from entra_emply.connectors.emply.connection import THREADS, Connection
from entra_emply.connectors.emply.operations import NEEDS
from entra_emply.connectors.frames import FrameModel, Row, require_fit
from entra_emply.connectors.pages import Pages, read_of
from entra_emply.connectors.reads import Read
from entra_emply.connectors.throttle import Timing
from entra_emply.environment import Environment
from entra_emply.text import key_of

JsonObject = Mapping[str, object]

_USERS, _EVENTS = "emply_users", "emply_events"


class EmplyClient:
    """A customer's users, employees, roles, departments, calendars and events.

    Every method may raise CredentialsError; reads raise SourceUnreadable, writes TargetRefused (code `not_offered`
    where the API description says that this Emply has no such operation). A write is sent once: a repetition could
    overwrite what somebody changed meanwhile.
    """

    def __init__(self, environment: Environment, timing: Timing | None = None) -> None:
        self.customer = environment.emply.customer
        self._connection = Connection(environment.emply, timing)
        self.service = self._connection.service

    def close(self) -> None:
        """Close the connections."""
        self.service.session.close()

    # --- what this Emply offers ---------------------------------------------------------------------------------------

    def can(self, operation: str) -> bool:
        """Whether this Emply has an operation, as its API description says."""
        return self._connection.description.operation(operation) is not None

    def cannot(self, part: str) -> tuple[str, ...]:
        """What a part of the pipeline (`operations.PARTS`: users, photos, calendars, events) needs and this Emply does
        not have. Empty: the part can be on."""
        return self._connection.description.cannot(part)

    def why_not(self, part: str) -> str:
        """Which operations are absent, with their lines in the API description; empty where the part can be on."""
        return "; ".join(map(self._connection.description.absent, self.cannot(part)))

    # --- lists, for a plan --------------------------------------------------------------------------------------------

    def users(self) -> Read:
        """Every user, active or not: frame `Users`."""
        return self._list(_USERS, "list_users", frames.users)

    def employees(self) -> Read:
        """Every employee: frame `Employees`."""
        return self._list("emply_employees", "list_employees", frames.employees)

    def roles(self) -> Read:
        """Every role: frame `Roles`."""
        return self._list("emply_roles", "list_roles", frames.roles)

    def departments(self) -> Read:
        """Every department: frame `Departments`; none where this Emply has no list of them."""
        if not self.can("list_departments"):
            return read_of(Pages("emply_departments"), frames.departments)
        return self._list("emply_departments", "list_departments", frames.departments)

    def calendars(self) -> Read:
        """Every calendar: frame `Calendars`."""
        return self._list("emply_calendars", "list_calendars", calendar_frames.calendars)

    def events(self, calendar_ids: Iterable[str]) -> Read:
        """All events of these calendars, whenever they are: frame `Events`. One list where this Emply has one, else a
        request a calendar: who takes something away because of them looks at `calendar_events` first."""
        ids = sorted(set(calendar_ids))
        total = Pages(_EVENTS)
        rows = (self._events_of_all if self.can("list_all_events") else self._events_of_each)(ids, total)
        for calendar_id in ids:
            # Of the rows and not of the answers: how many requests a list takes depends on which is read first.
            total.digest.update(_hashed(rows[calendar_id]))
        frame = calendar_frames.events(rows)
        return Read(frame, total.certificate(len(frame)))

    # --- as they are now ----------------------------------------------------------------------------------------------

    def user(self, emply_user_id: str) -> JsonObject | None:
        """The user; None where there is none."""
        return self._one(_USERS, "get_user", emply_user_id, frames.Users)

    def find_user(self, username: str | None, email: str | None) -> JsonObject | None:
        """The user of this username or, failing that, of this e-mail; reads all of them."""
        rows = self._rows(_USERS, "list_users", frames.Users)
        for name, value in (("username", username), ("email", email)):
            found = [row for row in rows if value and key_of(str(row.get(name) or "")) == key_of(value)]
            if found:
                return found[0]
        return None

    def employee(self, employee_id: str) -> JsonObject | None:
        """The employee; None where there is none."""
        return self._one("emply_employees", "get_employee", employee_id, frames.Employees)

    def list_calendars(self) -> list[JsonObject]:
        """Every calendar, as Emply gives it."""
        return self._rows("emply_calendars", "list_calendars", calendar_frames.Calendars)

    def calendar_events(self, calendar_id: str) -> list[JsonObject]:
        """Every event of a calendar, as Emply gives it."""
        return self._rows(_EVENTS, "list_events", calendar_frames.Events, calendar_id)

    # --- writes -------------------------------------------------------------------------------------------------------

    def create_user(self, fields: JsonObject) -> str:
        """Make a user; its id."""
        return self._connection.create("create_user", fields)

    def update_user(self, emply_user_id: str, fields: JsonObject) -> None:
        """Change fields of a user."""
        self._connection.write("update_user", fields, emply_user_id)

    def set_photo(self, emply_user_id: str, etag: str, content: bytes) -> None:
        """Give a user a photo; `etag` is Graph's of it."""
        photo = {"etag": etag, "contentBase64": b64encode(content).decode()}
        self._connection.write("set_photo", photo, emply_user_id)

    def add_calendar(self, fields: JsonObject) -> str:
        """Make a calendar of a plan's `after`; its id."""
        return self._connection.create("add_calendar", _only("add_calendar", fields))

    def update_calendar(self, calendar_id: str, fields: JsonObject) -> None:
        """Change a calendar to a plan's `after`. With `externalId` null, Outlook's events in it go."""
        self._connection.write("update_calendar", _only("update_calendar", fields), calendar_id)

    def delete_calendar(self, calendar_id: str) -> None:
        """Remove a calendar with its events."""
        self._connection.write("delete_calendar", identity=calendar_id)

    def put_event(self, calendar_id: str, external_id: str, fields: JsonObject) -> None:
        """Make an Outlook event in a calendar, or replace it: a plan's `after` is the whole of it."""
        self._connection.write("put_event", _only("put_event", fields), calendar_id, external_id)

    def update_event(self, event_id: str, fields: JsonObject) -> None:
        """Change fields of an event."""
        self._connection.write("update_event", _only("update_event", fields), event_id)

    def delete_event(self, event_id: str) -> None:
        """Remove an event."""
        self._connection.write("delete_event", identity=event_id)

    def _list(self, source: str, operation: str, build: Callable[[Sequence[Row]], pd.DataFrame]) -> Read:
        return read_of(self._connection.lists.pages(source, operation), build)

    def _events_of_all(self, ids: Sequence[str], total: Pages) -> Mapping[str, Sequence[Row]]:
        """The events of these calendars, by their ids, from the list of all; its pages are added to `total`."""
        if not ids:
            return {}
        pages = self._connection.lists.pages(_EVENTS, "list_all_events")
        total.pages += pages.pages
        return calendar_frames.by_calendar(pages.rows, ids)

    def _events_of_each(self, ids: Sequence[str], total: Pages) -> Mapping[str, Sequence[Row]]:
        """The same, calendar by calendar."""

        def pages(calendar_id: str) -> Pages:
            return self._connection.lists.at_once(_EVENTS, "list_events", calendar_id)

        with ThreadPoolExecutor(max_workers=THREADS) as threads:
            each = dict(zip(ids, threads.map(pages, ids), strict=True))
        total.pages += sum(found.pages for found in each.values())
        return {calendar_id: found.rows for calendar_id, found in each.items()}

    def _one(self, source: str, operation: str, identity: str, model: type[FrameModel]) -> JsonObject | None:
        """One object as a run would take it in a list: what is odd in it is nothing to act on."""
        found = self._connection.one(source, operation, identity)
        require_fit(model, [] if found is None else [found], source)
        return found

    def _rows(self, source: str, operation: str, model: type[FrameModel], identity: str = "") -> list[JsonObject]:
        """The same of a list."""
        rows = self._connection.lists.pages(source, operation, identity).rows
        require_fit(model, rows, source)
        return list(rows)


def _only(operation: str, fields: JsonObject) -> dict[str, object]:
    """Of a plan's `after` what the operation takes."""
    return {name: value for name, value in fields.items() if name in NEEDS[operation].writes}


def _hashed(rows: Sequence[Row]) -> bytes:
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).digest()
