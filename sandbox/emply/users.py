"""Emply: users, read and written. A user cannot be removed, only deactivated."""

import base64
import uuid

from sandbox.emply.body import Field, Shape, all_known, any_text, flag, known, text
from sandbox.emply.call import Call, Route
from sandbox.emply.errors import EmplyError
from sandbox.emply.lists import listing, one
from sandbox.exchange import Answer, Row, json_answer
from sandbox.state import Emply

_TEXTS = ("username", "email", "firstName", "lastName", "jobTitle", "mobilePhone", "language", "timeZone", "currency")
_NEW: Row = {
    **dict.fromkeys(_TEXTS), "roleIds": [], "departmentId": None, "employeeId": None, "active": True, "photoEtag": None,
}  # fmt: skip
USER = Shape(
    fields={
        **dict.fromkeys(_TEXTS, text), "username": any_text, "roleIds": all_known("role", "roles"),
        "departmentId": known("department", "departments"), "employeeId": known("employee", "employees"),
        "active": flag,
    },
    new=_NEW, required=("username",), kept={"photoEtag": text},
)  # fmt: skip


def _no_image(value: object, _: Emply) -> str | None:
    try:
        image = isinstance(value, str) and base64.b64decode(value, validate=True)
    except ValueError:
        image = False
    return None if image else "must be an image in base64"


PHOTO = Shape(
    fields={"etag": any_text, "contentBase64": Field({"type": "string", "format": "byte"}, _no_image)},
    new={}, required=("etag", "contentBase64"),
)  # fmt: skip
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
    row = {"id": str(uuid.uuid4()), **USER.made(call)}
    _save(call, row, None)
    return json_answer(201, row)


def _change(call: Call) -> Answer:
    before = one(call, "users")
    row, _ = USER.changed(call, before)
    _save(call, row, before)
    return json_answer(200, row)


def _set_photo(call: Call) -> Answer:
    """The body is `{"etag": "…", "contentBase64": "…"}`; only the etag is kept."""
    before = one(call, "users")
    photo = PHOTO.made(call)
    row = {**before, "photoEtag": photo["etag"]}
    _save(call, row, before)
    return json_answer(200, row)


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
    Route("GET", "users", _list, "users", query=("active",), gives="User", is_list=True),
    Route("POST", "users", _create, "users", "write", body="NewUser", gives="User"),
    Route("GET", "users/{id}", _one, "users", gives="User"),
    Route("PATCH", "users/{id}", _change, "users", "write", body="UserChange", gives="User"),
    Route("PUT", "users/{id}/photo", _set_photo, "users", "write", body="Photo", gives="User"),
)
