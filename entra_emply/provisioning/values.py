"""Comparing the values of a plan with those of a service: the one diff of this package. (rules.md, "Terms")"""

from collections.abc import Collection, Mapping

from entra_emply.text import utc_second

_DEFAULTS = {"active": True, "accountEnabled": True, "isAllDay": False, "shareDatesAndTitles": False}
"""What an absent property means."""
_TIMES = frozenset({"start", "end"})


def changed(
    values: Mapping[str, object], found: Mapping[str, object], *, without: Collection[str] = ()
) -> dict[str, object]:
    """Those of `values` that `found` does not have, except the properties `without`.

    Lists compare in any order, text compares trimmed, blank and empty are null, times compare to the second.
    """
    compared = {name: value for name, value in values.items() if name not in without}
    return {
        name: value for name, value in compared.items() if not _same(name, _value(values, name), _value(found, name))
    }


def holds(values: Mapping[str, object], found: Mapping[str, object], *, without: Collection[str] = ()) -> bool:
    """Whether `found` has all of `values`, except the properties `without`."""
    return not changed(values, found, without=without)


def given(values: Mapping[str, object], *, without: Collection[str] = ()) -> dict[str, object]:
    """The values that are not null, except the properties `without`: what a service is sent to create an object."""
    return {name: value for name, value in values.items() if name not in without and value is not None}


def text_of(found: Mapping[str, object], name: str) -> str | None:
    """A property that is text, trimmed; None where it is absent, blank or no text."""
    value = found.get(name)
    return value.strip() or None if isinstance(value, str) else None


def _value(found: Mapping[str, object], name: str) -> object:
    value = found.get(name)
    return _DEFAULTS.get(name) if value is None else value


def _same(name: str, one: object, other: object) -> bool:
    return utc_second(one) == utc_second(other) if name in _TIMES else _plain(one) == _plain(other)


def _plain(value: object) -> object:
    if isinstance(value, str):
        return value.strip() or None
    return (sorted(set(value)) or None) if isinstance(value, list | tuple) else value
