"""What a field of a user, a calendar or an event is called, wherever a person reads of it. JSON keeps the systems' own
names.
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


def field_name(field: str) -> str:
    """A field of an action in words: `jobTitle` is job title."""
    return FIELDS.get(field) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", field).lower()
