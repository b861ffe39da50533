"""What the pipeline asks of Emply: operations and fields by the pipeline's own names. How a customer's Emply has them
(method, path, names, paging) is the API description's business (`description`, `api-v1.yaml`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

USER_FIELDS = frozenset({
    "username", "email", "firstName", "lastName", "jobTitle", "mobilePhone", "roleIds", "departmentId", "language",
    "timeZone", "currency", "active",
})  # fmt: skip
CALENDAR_FIELDS = frozenset({"externalId", "name", "isDefault", "enabled", "canDisable", "shareDatesAndTitles"})
EVENT_FIELDS = frozenset({"title", "start", "end", "isAllDay", "showAs", "changeKey"})
"""What Emply is told of a user, a calendar and an event; a plan says more about them. An event's `externalId` is part
of its address where it came from Outlook, and a field of Emply's own events."""

RECORDS: Mapping[str, frozenset[str]] = {
    "user": USER_FIELDS | {"id", "employeeId", "photoEtag"},
    "photo": frozenset({"etag", "contentBase64"}),
    "employee": frozenset({
        "id", "number", "firstName", "lastName", "email", "status", "jobTitle", "mobilePhone", "departmentId",
        "resignationDate",
    }),
    "role": frozenset({"id", "title"}),
    "department": frozenset({"id", "title", "parentId", "active"}),
    "calendar": CALENDAR_FIELDS | {"id", "userId", "kind"},
    "event": EVENT_FIELDS | {"id", "externalId", "origin", "calendarId"},
}  # fmt: skip
"""The fields of every kind of object."""


@dataclass(frozen=True)
class Need:
    """What the pipeline needs of one operation: of which objects, with what in its path, and what it writes."""

    record: str
    places: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()

    @property
    def creates(self) -> bool:
        """Whether it makes an object whose id is in the answer."""
        return bool(self.writes) and not self.places


_ID = frozenset({"id"})

NEEDS: Mapping[str, Need] = {
    "list_users": Need("user"),
    "get_user": Need("user", _ID),
    "create_user": Need("user", writes=USER_FIELDS),
    "update_user": Need("user", _ID, USER_FIELDS),
    "set_photo": Need("photo", _ID, RECORDS["photo"]),
    "list_employees": Need("employee"),
    "get_employee": Need("employee", _ID),
    "list_roles": Need("role"),
    "list_departments": Need("department"),
    "list_calendars": Need("calendar"),
    "get_calendar": Need("calendar", _ID),
    "add_calendar": Need("calendar", writes=CALENDAR_FIELDS | {"kind", "userId"}),
    "update_calendar": Need("calendar", _ID, CALENDAR_FIELDS),
    "delete_calendar": Need("calendar", _ID),
    "list_events": Need("event", _ID),
    "list_all_events": Need("event"),
    "get_event": Need("event", _ID),
    "put_event": Need("event", frozenset({"id", "external_id"}), EVENT_FIELDS),
    "update_event": Need("event", _ID, EVENT_FIELDS | {"externalId"}),
    "delete_event": Need("event", _ID),
}
"""Every operation, in the order in which `doctor` tries them: a list before what is asked for by an id of it."""

LISTS_OF_A_PLAN = ("list_users", "list_employees", "list_roles")
"""Without these there is no plan."""

PARTS: Mapping[str, tuple[str, ...]] = {
    "users": ("get_user", "create_user", "update_user"),
    "photos": ("get_user", "set_photo"),
    "calendars": ("get_user", "list_calendars", "list_events", "add_calendar", "update_calendar", "delete_calendar"),
    "events": ("list_calendars", "list_events", "put_event", "update_event", "delete_event"),
}
"""The parts of the pipeline that write to Emply, and the operations without which each is off."""

SWITCHES: Mapping[str, str] = {"photos": "profile_pictures", "calendars": "synchronize_calendars"}
"""The setting that switches each part on, where one does. Events go with the calendars, which do without them."""

READ_BEFORE_WRITTEN: Mapping[str, str] = {
    "update_user": "get_user",
    "update_calendar": "get_calendar",
    "update_event": "get_event",
}
"""For a change that is sent as a whole object (PUT): what reads the object before."""

LISTED_BEFORE_WRITTEN: Mapping[str, tuple[str, ...]] = {
    "update_user": (),
    "update_calendar": ("list_calendars",),
    "update_event": ("list_calendars", "list_events"),
}
"""The lists in which it is looked for, where nothing reads it alone."""

ONLY_BEFORE_PUT = frozenset({"get_calendar", "get_event"})
"""Operations of which nothing is asked but what `READ_BEFORE_WRITTEN` says."""

IN_BULK = frozenset({"list_all_events"})
"""Operations that make many requests one. Everything works without them."""

OPTIONAL = ONLY_BEFORE_PUT | IN_BULK
"""Operations that an API description need not name."""

NAMED_IN_BULK: Mapping[str, frozenset[str]] = {"calendarId": IN_BULK}
"""Fields that only these operations need to have in their answers."""
