"""Whether values of a plan and values of a service are the same. (rules.md, "Terms")"""

from collections.abc import Collection, Mapping

from entra_emply.text import utc_second

_DEFAULTS = {"active": True, "accountEnabled": True, "isAllDay": False, "shareDatesAndTitles": False}
"""Of absent properties."""
_TIMES = frozenset({"start", "end"})


def holds(values: Mapping[str, object], found: Mapping[str, object], *, without: Collection[str] = ()) -> bool:
    """Whether what was found has these values, all but those `without`."""
    return all(_same(name, _value(values, name), _value(found, name)) for name in values if name not in without)


def text_of(found: Mapping[str, object], name: str) -> str | None:
    """A text, trimmed; None where there is none."""
    value = found.get(name)
    return value.strip() or None if isinstance(value, str) else None


def _value(found: Mapping[str, object], name: str) -> object:
    value = found.get(name)
    return _DEFAULTS.get(name) if value is None else value


def _same(name: str, one: object, other: object) -> bool:
    """Lists in any order, text trimmed, blank and empty are null; times to the second."""
    if name in _TIMES:
        return utc_second(one) == utc_second(other)
    return _plain(one) == _plain(other)


def _plain(value: object) -> object:
    if isinstance(value, str):
        return value.strip() or None
    return (sorted(set(value)) or None) if isinstance(value, list | tuple) else value
