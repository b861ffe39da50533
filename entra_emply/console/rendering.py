"""The templates: where they are, and what they may call. Every value is escaped; nothing is marked as safe."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from entra_emply import clock
from entra_emply.console.words import STATES, kind_title
from entra_emply.printing import SHORT_ID, counted

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def render(name: str, **values: object) -> str:
    """The HTML that a template makes of these values."""
    return _environment().get_template(name).render(**values)


@cache
def _environment() -> Environment:
    folder = str(files("entra_emply.console") / "templates")
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.filters |= {"moment": _moment, "ago": _ago, "count": counted, "short": lambda text: str(text)[:SHORT_ID]}
    made.filters |= {"kind_title": kind_title, "listed": _listed}
    made.globals |= {"STATES": STATES}
    return made


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _ago(at: datetime) -> str:
    """How long ago, roughly."""
    past = max(clock.now() - at, timedelta(0))
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if past >= unit:
            return f"{counted(int(past / unit), name)} ago"
    return "just now"


def _listed(parts: Iterable[Any]) -> str:
    """`a, b and c`."""
    texts = [str(part) for part in parts]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)
