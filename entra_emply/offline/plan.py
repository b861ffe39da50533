"""Plans of examples (`plan --offline`): no network, no database, no environment, no Dagster.

An example is one JSON object: a scenario, the settings, and what else a plan depends on (`example`). The plan is made
by the same `make_plan` as everywhere, of frames that the connectors' own functions make.
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

import pandas as pd

from entra_emply import clock
from entra_emply.documents import dotted
from entra_emply.errors import EntraEmplyError, SettingsError
from entra_emply.offline.example import Example, example_of, refusal
from entra_emply.offline.frames import frames_of
from entra_emply.offline.sync_state import state_of
from entra_emply.reconciliation.explain.action_state import Recorded
from entra_emply.reconciliation.explain.explanation import explanation
from entra_emply.reconciliation.explain.gathering import gather, planned_rows
from entra_emply.reconciliation.explain.in_memory import InMemory
from entra_emply.reconciliation.explain.neighbourhood import Directory
from entra_emply.reconciliation.inputs import UNREADABLE_COLUMNS, Inputs, SyncState
from entra_emply.reconciliation.plan import Plan, make_plan
from entra_emply.reconciliation.report.wording import document

Row = Mapping[str, Any]

_FEW = 40
"""Examples that are planned faster than another process starts."""


def plan_example(given: object) -> dict[str, Any]:
    """The plan of an example as `plan --json` has it, with `explanations` where it asks for any.

    Raises SettingsError and SourceUnreadable for what is wrong in it.
    """
    example = example_of(given)
    inputs = inputs_of(example)
    plan = make_plan(inputs)
    made = document(plan, inputs.now, inputs.settings.version)
    if not example.explain:
        return made
    return made | {"explanations": [_explanation(inputs, plan, asked) for asked in example.explain]}


def plan_scenario(scenario: Row, settings: Row, sync: Row | None = None, **more: object) -> dict[str, Any]:
    """As `plan_example`, of its parts; `more` is what else an example may have (`now`, `explain`, …)."""
    return plan_example({"scenario": scenario, "settings": settings, "sync": sync, **more})


def inputs_of(example: Example, state: SyncState | None = None) -> Inputs:
    """What the plan of an example is computed from; `state` replaces `sync` and `now`. Raises SourceUnreadable."""
    unreadable = [
        (kind, whose, code) for kind, codes in example.unreadable.model_dump().items() for whose, code in codes.items()
    ]
    return Inputs(
        **frames_of(example),
        state=state or state_of(example, example.now or clock.now()),
        settings=example.settings,
        unreadable=pd.DataFrame(unreadable, columns=list(UNREADABLE_COLUMNS), dtype="str"),
        member_read_hidden=example.member_read_hidden,
    )


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
    twice: list[tuple[Row, str]] = []
    document = _read(line, twice)
    if twice:
        raise refusal([f"{dotted(where)}: the key is given twice" for where in _places(document, twice)])
    return document


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


def _explanation(inputs: Inputs, plan: Plan, asked: str) -> dict[str, Any]:
    """One person as `explain --json` has them; nothing was recorded of them."""
    directory = Directory(InMemory.of(inputs))
    who = directory.carriers(asked)
    near = [] if who else directory.near(asked)
    people = (
        gather(inputs, who, *planned_rows(plan.actions, plan.findings), guard_counts=plan.guard_counts) if who else []
    )
    recorded = Recorded(plan.plan_id)
    nobody = f"Nobody in Entra or Emply has {asked.strip()!r} as e-mail, sign-in name, username or id."
    several = f"{len(people)} people carry {asked.strip()}." if len(people) > 1 else ""
    return {
        "asked": asked,
        "source": "offline",
        "run_id": None,
        "read_at": f"{inputs.now:%Y-%m-%dT%H:%M:%SZ}",
        "settings_changed": False,
        "sentence": several if people else nobody,
        "near": near,
        "people": [explanation(each, recorded) | {"history": []} for each in people],
        "history": [],
    }


def _read(line: str, twice: list[tuple[Row, str]]) -> Any:  # noqa: ANN401 (any JSON)
    """The JSON in a line; `twice` gets each key that an object has twice. Raises SettingsError."""

    def made(pairs: list[tuple[str, Any]]) -> Row:
        row = dict(pairs)
        if len(row) < len(pairs):
            names = Counter(name for name, _ in pairs)
            twice.extend((row, name) for name, count in names.items() if count > 1)
        return row

    try:
        return json.loads(line, parse_constant=_refused, object_pairs_hook=made)
    except (ValueError, RecursionError):
        raise SettingsError("is not JSON") from None


def _places(document: object, twice: Sequence[tuple[Row, str]]) -> Iterator[tuple[object, ...]]:
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
