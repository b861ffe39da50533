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
    "list_employees": Operation("GET", "employees", "employees: read"),
    "list_roles": Operation("GET", "roles", "roles: read"),
    "list_departments": Operation("GET", "departments", "departments: read"),
}

PAGE = 500
"""Rows that `take` asks for at most."""

REQUESTS_PER_SECOND = 45
"""Emply allows 50 a second for each key; staying below keeps a run from being throttled at all."""

NO_SUCH_OBJECT = "not_found"
"""The error's code where an id is nobody's; any other 404 means that the address is wrong."""
