"""The pages of docs/ as data: their blocks, and the commands in them with what they are said to print.

In a `console` block a line that begins with `$ ` is a command. What follows is what it prints: `…` stands for part of
a line, or alone in one for any number of lines. A command whose exit code is not 0 says so (`# exit 2`). A `yaml` block
that has a name is a file of it.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
DOCS = REPOSITORY / "docs"

_FENCED = re.compile(r"^```(\w*) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXIT = re.compile(r"# exit (\d+)$")
_ANYTHING = "…"


@dataclass(frozen=True)
class Block:
    """A fenced block: where it is, its language, its name, what is in it."""

    where: str
    language: str
    name: str
    text: str


@dataclass(frozen=True)
class Example:
    """A command in the documentation: where, its words, the exit code it must have, and the lines it must print."""

    where: str
    words: tuple[str, ...]
    code: int
    shown: tuple[str, ...]

    def is_true(self, code: int, printed: str) -> bool:
        """Whether that is how the command ended, and what it printed; blank lines do not count."""
        lines = _lines(printed)
        parts = _parts(_lines("\n".join(self.shown)))
        return code == self.code and (parts == [[]] or _fits(lines, parts))


def pages() -> list[Path]:
    """The pages in the order in which they are to be read: that of docs/README.md."""
    index = DOCS / "README.md"
    return [index, *(DOCS / name for name in re.findall(r"^- \[[^]]+\]\((\S+?)\)", text_of(index), re.MULTILINE))]


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    text = text_of(page)
    for found in _FENCED.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Block(f"docs/{page.name}:{line}", *found.groups())


def examples(block: Block) -> Iterator[Example]:
    """The commands of a `console` block."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, *shown = part.splitlines()
        said = _EXIT.search(command)
        words = tuple(shlex.split(command, comments=True))
        yield Example(block.where, words, int(said[1]) if said else 0, tuple(shown))


def text_of(page: Path) -> str:
    """What is written in a file."""
    return page.read_text(encoding="utf-8")


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _parts(shown: Sequence[str]) -> list[list[str]]:
    """The shown lines, cut where anything may stand."""
    parts: list[list[str]] = [[]]
    for line in shown:
        if line == _ANYTHING:
            parts.append([])
        else:
            parts[-1].append(line)
    return parts


def _fits(lines: Sequence[str], parts: Sequence[Sequence[str]]) -> bool:
    """Whether the first part begins the lines, the last ends them, and the others come between, in this order."""
    first, *others = parts
    if not others:
        return len(lines) == len(first) and _equal(lines, first)
    *between, last = others
    end = len(lines) - len(last)
    at = len(first)
    if at > end or not _equal(lines[:at], first) or not _equal(lines[end:], last):
        return False
    for part in between:
        places = range(at, end - len(part) + 1)
        found = next((place for place in places if _equal(lines[place : place + len(part)], part)), None)
        if found is None:
            return False
        at = found + len(part)
    return True


def _equal(lines: Sequence[str], shown: Sequence[str]) -> bool:
    patterns = (".*".join(map(re.escape, line.split(_ANYTHING))) for line in shown)
    return len(lines) == len(shown) and all(map(re.fullmatch, patterns, lines))
