"""A file of examples, one JSON object a line: reading it, and the answer to each line, also to one that is wrong.

Not here: what an example holds (`example`), and its plan (`plan`).
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path
from typing import Any

from entra_emply.documents import dotted
from entra_emply.errors import EntraEmplyError, SettingsError
from entra_emply.offline.example import refusal
from entra_emply.offline.plan import plan_example

_FEW = 40
"""Examples that are planned faster than another process starts."""


def read_lines(file: Path) -> dict[int, str]:
    """The lines of `file` (`-`: standard input) by number (from 1), without blank ones. Raises SettingsError."""
    try:
        given = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        lines = given.decode("utf-8-sig").split("\n")
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read ({error.strerror}); --offline names the file") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{file}: is not UTF-8 text") from None
    return {number: line for number, line in enumerate(lines, 1) if line.strip()}


def not_json(lines: Mapping[int, str]) -> list[int]:
    """The numbers of the lines that are not JSON."""
    return [number for number, line in lines.items() if not _is_json(line)]


def answers(lines: Sequence[str]) -> Iterator[str]:
    """The answer to each line, in order. Many lines are planned side by side."""
    if len(lines) < _FEW:
        yield from map(answer, lines)
        return
    processes = min(cpu_count() or 1, len(lines) * 2 // _FEW)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(answer, lines, chunksize=8)


def answer(line: str) -> str:
    """The answer to a line: a plan, or `{"error": …}`, on one line. Nothing is raised."""
    try:
        made = plan_example(parsed(line))
    except EntraEmplyError as error:
        made = {"error": str(error)}
    except Exception as error:  # noqa: BLE001 (whatever an example does, the others are planned)
        made = {"error": f"cannot be planned ({type(error).__name__})"}
    text = json.dumps(made, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode()  # a lone surrogate, as JSON writes it


def parsed(line: str) -> Any:  # noqa: ANN401 (any JSON)
    """The JSON in a line. Raises SettingsError, also where a key is given twice: of which it is, nobody could tell."""
    twice: list[tuple[Mapping[str, Any], str]] = []
    document = _read(line, twice)
    if twice:
        raise refusal([f"{dotted(where)}: the key is given twice" for where in _places(document, twice)])
    return document


def _read(line: str, twice: list[tuple[Mapping[str, Any], str]]) -> Any:  # noqa: ANN401 (any JSON)
    """The JSON in a line; `twice` gets each key that an object has twice. Raises SettingsError."""

    def made(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
        row = dict(pairs)
        if len(row) < len(pairs):
            names = Counter(name for name, _ in pairs)
            twice.extend((row, name) for name, count in names.items() if count > 1)
        return row

    try:
        return json.loads(line, parse_constant=_refused, object_pairs_hook=made)
    except (ValueError, RecursionError):
        raise SettingsError("is not JSON") from None


def _places(document: object, twice: Sequence[tuple[Mapping[str, Any], str]]) -> Iterator[tuple[object, ...]]:
    """Where these keys of these objects are in a document."""
    names: dict[int, list[str]] = {}
    for row, name in twice:
        names.setdefault(id(row), []).append(name)
    left: list[tuple[tuple[object, ...], object]] = [((), document)]
    while left:
        where, found = left.pop()
        yield from ((*where, name) for name in names.get(id(found), ()))
        if isinstance(found, dict | list):
            parts = found.items() if isinstance(found, dict) else enumerate(found)
            left += reversed([((*where, name), part) for name, part in parts])


def _is_json(line: str) -> bool:
    try:
        _read(line, [])
    except SettingsError:
        return False
    return True


def _refused(constant: str) -> object:
    raise ValueError(constant)
