"""What is assumed about Emply's API: every operation used, in one table. A customer who holds the real description
corrects it here and nowhere else.

`access` is the area that the key's roles must cover. Seen in public client code: `GET users`, `GET employees`,
`GET departments`, bare arrays, camelCase, the key as `apiKey`. Everything else is assumed.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Operation:
    """One operation: HTTP method, path below the customer's address, and the access it needs."""

    method: str
    path: str
    access: str


OPERATIONS = {
    "list_users": Operation("GET", "users", "users: read"),
    "get_user": Operation("GET", "users/{id}", "users: read"),
    "create_user": Operation("POST", "users", "users: write"),
    "update_user": Operation("PATCH", "users/{id}", "users: write"),
    "set_photo": Operation("PUT", "users/{id}/photo", "users: write"),
    "list_employees": Operation("GET", "employees", "employees: read"),
    "get_employee": Operation("GET", "employees/{id}", "employees: read"),
    "list_roles": Operation("GET", "roles", "roles: read"),
    "list_departments": Operation("GET", "departments", "departments: read"),
    "list_calendars": Operation("GET", "calendars", "calendars: read"),
    "add_calendar": Operation("POST", "calendars", "calendars: write"),
    "update_calendar": Operation("PATCH", "calendars/{id}", "calendars: write"),
    "delete_calendar": Operation("DELETE", "calendars/{id}", "calendars: write"),
    "list_events": Operation("GET", "calendars/{id}/events", "calendars: read"),
    "put_event": Operation("PUT", "calendars/{id}/events/{external_id}", "calendars: write"),
    "update_event": Operation("PATCH", "events/{id}", "calendars: write"),
    "delete_event": Operation("DELETE", "events/{id}", "calendars: write"),
}

CALENDAR_FIELDS = frozenset({"externalId", "name", "isDefault", "enabled", "canDisable", "shareDatesAndTitles"})
NEW_CALENDAR_FIELDS = CALENDAR_FIELDS | {"kind", "userId"}
EVENT_FIELDS = frozenset({"title", "start", "end", "isAllDay", "showAs", "changeKey"})
"""What Emply takes for a calendar and an event; a plan says more about them. An event's `externalId` is part of its
address where it came from Outlook, and a field of Emply's own events."""

ALL_EVENTS = {"from": "1970-01-01T00:00:00Z", "to": "2200-01-01T00:00:00Z"}
"""A window that has every event in it."""

PAGE = 500
"""Rows that `take` asks for at most."""

REQUESTS_PER_SECOND = 45
"""Emply allows 50 a second for each key; staying below keeps a run from being throttled at all."""

NO_SUCH_OBJECT = "not_found"
"""The error's code where an id is nobody's; any other 404 means that the address is wrong."""
