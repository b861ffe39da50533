"""Text for people: on a terminal wrapped with its indent, elsewhere one line a sentence, to be searched. And JSON for
programs. Nothing is decided or worded here.
"""

import json
import sys
from datetime import UTC, datetime

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

_ENDLESS = 10_000
"""Columns where nobody looks at the width: nothing is cut or broken in a file."""

SHORT_ID = 12
"""So much of a plan's or an action's id is shown, and is enough to name it."""


def console() -> Console:
    """Standard output."""
    return Console(width=None if sys.stdout.isatty() else _ENDLESS)


def line(to: Console, text: str | Text, indent: int = 0, style: str = "") -> None:
    """Print a sentence, `indent` columns in, and where it goes on two more. One with a command in it, which somebody
    will copy, is not broken.
    """
    said = Text(text, style=style) if isinstance(text, str) else text
    if not to.is_terminal or "entra-emply " in said.plain:
        to.print(Text(" " * indent) + said, soft_wrap=True)
        return
    hanging = said.wrap(to, max(20, to.width - indent - 2))
    for place, part in enumerate(hanging):
        to.print(Padding(part, (0, 0, 0, indent + 2 * bool(place)), expand=False))


def counted(number: int, one: str, several: str = "") -> str:
    """ "1 action", "2 actions"; `several` where that is no s."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def print_json(value: object) -> None:
    """Print JSON, times in UTC to the second."""
    sys.stdout.write(f"{json.dumps(value, ensure_ascii=False, indent=1, default=_moment)}\n")


def _moment(value: object) -> str:
    """A time in JSON."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    raise TypeError(f"{type(value).__name__} has no form in JSON")
