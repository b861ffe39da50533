"""A small customer of Emply's: a row of each kind, with every property that the sandbox has of it."""

from typing import Any

USER = {
    "id": "e1", "username": "søren", "email": "soeren@contoso.dk", "firstName": "Søren", "lastName": "Ågård",
    "jobTitle": "Engineer", "mobilePhone": None, "roleIds": ["r1"], "departmentId": "d1", "language": "da-DK",
    "timeZone": "Europe/Copenhagen", "currency": "DKK", "employeeId": None, "active": True, "photoEtag": "7",
}  # fmt: skip
CALENDAR = {
    "id": "k1", "userId": "e1", "externalId": "AA", "kind": "user", "name": "Kalender", "isDefault": True,
    "enabled": True, "canDisable": False, "shareDatesAndTitles": False,
}  # fmt: skip
EVENT = {
    "id": "v1", "calendarId": "k1", "externalId": None, "origin": "emply", "title": "Samtale", "isAllDay": False,
    "start": "2026-11-24T10:00:00Z", "end": "2026-11-24T11:00:00Z", "showAs": "busy", "changeKey": None,
}  # fmt: skip
CUSTOMER: dict[str, list[dict[str, Any]]] = {
    "users": [USER, {**USER, "id": "e2", "username": "łucja", "email": None}],
    "roles": [{"id": "r1", "title": "Employee"}, {"id": "r2", "title": "Yönetici"}],
    "departments": [{"id": "d1", "title": "København", "parentId": None, "active": True}, {"id": "d2", "title": None}],
    "calendars": [CALENDAR],
    "events": [EVENT],
}
