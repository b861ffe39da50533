"""Emply: users, read and written. A user cannot be removed, only deactivated."""

import uuid
from typing import Any

from sandbox.emply.call import Call, Route
from sandbox.emply.errors import EmplyError
from sandbox.emply.lists import listing, one
from sandbox.exchange import Answer, Row, json_answer
from sandbox.state import Emply

_TEXTS = ("username", "email", "firstName", "lastName", "jobTitle", "mobilePhone", "language", "timeZone", "currency")
_NEW: Row = {
    **dict.fromkeys(_TEXTS), "roleIds": [], "departmentId": None, "employeeId": None, "active": True, "photoEtag": None,
}  # fmt: skip
_UNIQUE = ("username", "email")

Carriers = dict[tuple[str, str], set[str]]


def _list(call: Call) -> Answer:
    wanted = call.request.query.get("active")
    if wanted is None:
        return listing(call, "users")
    if wanted not in ("true", "false"):
        raise EmplyError(422, fields={"active": "must be true or false"})
    return listing(call, "users", lambda row: (row.get("active") is not False) is (wanted == "true"))


def _one(call: Call) -> Answer:
    return json_answer(200, one(call, "users"))


def _create(call: Call) -> Answer:
    fields = _fields(call)
    if not str(fields.get("username") or "").strip():
        raise EmplyError(422, fields={"username": "is required"})
    row = {"id": str(uuid.uuid4()), **_NEW, **fields}
    _save(call, row, None)
    return json_answer(201, row)


def _change(call: Call) -> Answer:
    before = one(call, "users")
    fields = _fields(call)
    if "username" in fields and not str(fields["username"] or "").strip():
        raise EmplyError(422, fields={"username": "is required"})
    row = {**before, **fields}
    _save(call, row, before)
    return json_answer(200, row)


def _fields(call: Call) -> dict[str, Any]:
    """The fields of the body; raises `EmplyError` 400 for what is no object, 422 naming every bad field."""
    try:
        fields = call.request.json()
    except ValueError:
        raise EmplyError(400, "The body is not JSON.") from None
    if not isinstance(fields, dict):
        raise EmplyError(400, "The body must be an object.")
    wrong = {name: text for name, value in fields.items() if (text := _problem(call.emply, name, value))}
    if wrong:
        raise EmplyError(422, fields=wrong)
    return fields


def _problem(emply: Emply, name: str, value: object) -> str | None:  # noqa: PLR0911 - one line a rule
    if name in _TEXTS:
        return None if value is None or isinstance(value, str) else "must be text or null"
    if name == "roleIds":
        if not isinstance(value, list):
            return "must be a list of role ids"
        unknown = sorted({str(role) for role in value if str(role) not in emply["roles"]})
        return f"unknown role: {', '.join(unknown)}" if unknown else None
    if name == "departmentId":
        return None if value is None or str(value) in emply["departments"] else f"unknown department: {value}"
    if name == "employeeId":
        return None if value is None or str(value) in emply["employees"] else f"unknown employee: {value}"
    if name == "active":
        return None if isinstance(value, bool) else "must be true or false"
    return "is not a field that can be set"


def _save(call: Call, row: Row, before: Row | None) -> None:
    """Store the user, unless another one has its username or e-mail: `EmplyError` 409."""
    carriers = _carriers(call.emply)
    for field in _UNIQUE:
        key = _key(field, row)
        unchanged = before is not None and _key(field, before) == key
        if key and not unchanged and carriers.get(key, set()) - {row["id"]}:
            raise EmplyError(409, f"Another user has this {field}.", code=f"{field}_in_use")
    call.state.before_change()
    for field in _UNIQUE:
        if before and (old := _key(field, before)):
            carriers[old].discard(row["id"])
        if key := _key(field, row):
            carriers.setdefault(key, set()).add(row["id"])
    call.emply.put("users", row)
    # Writing forgets what was derived; the index was kept up to date, or every write would cost a pass over all users.
    call.emply.memo("carriers", lambda: carriers)


def _carriers(emply: Emply) -> Carriers:
    """The ids of the users that carry each username and each e-mail, without regard to case."""

    def every() -> Carriers:
        carriers: Carriers = {}
        for row in emply["users"].values():
            for field in _UNIQUE:
                if key := _key(field, row):
                    carriers.setdefault(key, set()).add(row["id"])
        return carriers

    return emply.memo("carriers", every)


def _key(field: str, row: Row) -> tuple[str, str] | None:
    text = str(row.get(field) or "").strip().casefold()
    return (field, text) if text else None


ROUTES = (
    Route("GET", "users", _list, "users"),
    Route("POST", "users", _create, "users", "write"),
    Route("GET", "users/{id}", _one, "users"),
    Route("PATCH", "users/{id}", _change, "users", "write"),
)
