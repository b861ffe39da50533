"""Emply: users, read and written. A user cannot be removed, only deactivated."""

import base64
import uuid
from typing import Any

from sandbox.emply.body import Check, all_known, fields, flag, known, require, text
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
    given = _fields(call)
    require(given, "username")
    row = {"id": str(uuid.uuid4()), **_NEW, **given}
    _save(call, row, None)
    return json_answer(201, row)


def _change(call: Call) -> Answer:
    before = one(call, "users")
    row = {**before, **(given := _fields(call))}
    if "username" in given:
        require(given, "username")
    _save(call, row, before)
    return json_answer(200, row)


def _fields(call: Call) -> dict[str, Any]:
    emply = call.emply
    checks: dict[str, Check] = {
        **dict.fromkeys(_TEXTS, text),
        "roleIds": all_known("role", emply["roles"]),
        "departmentId": known("department", emply["departments"]),
        "employeeId": known("employee", emply["employees"]),
        "active": flag,
    }
    return fields(call, checks)


def _set_photo(call: Call) -> Answer:
    """The body is `{"etag": "…", "contentBase64": "…"}`; only the etag is kept."""
    before = one(call, "users")
    photo = fields(call, {"etag": text, "contentBase64": _image})
    require(photo, "etag", "contentBase64")
    row = {**before, "photoEtag": photo["etag"]}
    _save(call, row, before)
    return json_answer(200, row)


def _image(value: object) -> str | None:
    try:
        image = isinstance(value, str) and base64.b64decode(value, validate=True)
    except ValueError:
        image = False
    return None if image else "must be an image in base64"


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
    call.emply.memo("carriers", lambda: carriers, of=("users",))


def _carriers(emply: Emply) -> Carriers:
    """The ids of the users that carry each username and each e-mail, without regard to case."""

    def every() -> Carriers:
        carriers: Carriers = {}
        for row in emply["users"].values():
            for field in _UNIQUE:
                if key := _key(field, row):
                    carriers.setdefault(key, set()).add(row["id"])
        return carriers

    return emply.memo("carriers", every, of=("users",))


def _key(field: str, row: Row) -> tuple[str, str] | None:
    text = str(row.get(field) or "").strip().casefold()
    return (field, text) if text else None


ROUTES = (
    Route("GET", "users", _list, "users"),
    Route("POST", "users", _create, "users", "write"),
    Route("GET", "users/{id}", _one, "users"),
    Route("PATCH", "users/{id}", _change, "users", "write"),
    Route("PUT", "users/{id}/photo", _set_photo, "users", "write"),
)
