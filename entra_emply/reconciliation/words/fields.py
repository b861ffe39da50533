"""What a field of a user, a calendar or an event is called, and how its value is written, where a person reads of it.

JSON keeps the systems' own names and codes.
"""

import re

FIELDS = {
    "firstName": "first name",
    "givenName": "first name",
    "lastName": "last name",
    "surname": "last name",
    "userPrincipalName": "sign-in name",
    "mailNickname": "mail alias",
    "email": "e-mail",
    "roleIds": "roles",
    "departmentId": "department",
    "employeeId": "employee",
    "etag": "picture",
    "isDefault": "default calendar",
    "enabled": "switched on",
    "canDisable": "can be switched off",
    "isAllDay": "all day",
}
"""Those that are not called as they are spelled."""

_SHOW_AS = {"oof": "away", "workingElsewhere": "working elsewhere"}
_WRITTEN = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::(?!00)\d\d)?)(?::00)?Z")


def field_name(field: str) -> str:
    """A field of an action in words: `jobTitle` is job title."""
    return FIELDS.get(field) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", field).lower()


def field_text(field: str, value: str) -> str:
    """The text that a field holds, to be read: how an event is shown as Outlook calls it, its times as all others."""
    if field == "showAs":
        return _SHOW_AS.get(value, value)
    written = _WRITTEN.fullmatch(value) if field in ("start", "end") else None
    return f"{written[1]} {written[2]} UTC" if written else value
