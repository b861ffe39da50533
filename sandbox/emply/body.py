"""Emply: what a body may hold. Each resource has a table of its fields and what each field's value must be."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox import moments
from sandbox.emply.call import Call
from sandbox.emply.errors import EmplyError

Check = Callable[[object], str | None]
"""What is wrong with a value, or None."""

SHOW_AS = ("free", "tentative", "busy", "oof", "workingElsewhere", "unknown")


def fields(call: Call, checks: Mapping[str, Check]) -> dict[str, Any]:
    """The fields of the body; raises `EmplyError` 400 for what is no object, 422 naming every bad field."""
    try:
        found = call.request.json()
    except ValueError:
        raise EmplyError(400, "The body is not JSON.") from None
    if not isinstance(found, dict):
        raise EmplyError(400, "The body must be an object.")
    if wrong := {name: words for name, value in found.items() if (words := checks.get(name, _unknown)(value))}:
        raise EmplyError(422, fields=wrong)
    return found


def require(found: Mapping[str, Any], *names: str) -> None:
    """Raise `EmplyError` 422 naming every one of these fields that is missing or blank."""
    if missing := {name: "is required" for name in names if not str(found.get(name) or "").strip()}:
        raise EmplyError(422, fields=missing)


def text(value: object) -> str | None:
    """Text or null."""
    return None if value is None or isinstance(value, str) else "must be text or null"


def flag(value: object) -> str | None:
    """True or false."""
    return None if isinstance(value, bool) else "must be true or false"


def moment(value: object) -> str | None:
    """A time as ISO 8601 has it."""
    return None if moments.read(value) else "must be a time, such as 2026-11-22T10:30:00Z"


def one_of(*values: str | None) -> Check:
    """One of a few words."""
    return lambda value: None if value in values else f"must be one of {', '.join(filter(None, values))}"


def known(what: str, ids: Mapping[str, object]) -> Check:
    """The id of something that is there, or null."""
    return lambda value: None if value is None or str(value) in ids else f"unknown {what}: {value}"


def all_known(what: str, ids: Mapping[str, object]) -> Check:
    """A list of ids of what is there."""

    def check(value: object) -> str | None:
        if not isinstance(value, list):
            return f"must be a list of {what} ids"
        unknown = sorted({str(name) for name in value if str(name) not in ids})
        return f"unknown {what}: {', '.join(unknown)}" if unknown else None

    return check


def _unknown(_value: object) -> str | None:
    return "is not a field that can be set"
