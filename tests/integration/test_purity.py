"""Importing a module changes nothing: no file, no warning filter, nothing in another library. And the engine needs no
Dagster.
"""

import ast
import importlib
import multiprocessing
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import Dialect, Engine, Pool

REPOSITORY = Path(__file__).parents[2]
PACKAGES = ("entra_emply", "assets", "pipelines")


def modules(*packages: str) -> list[str]:
    """Every module of these packages, by name."""
    paths = [path for package in packages for path in sorted((REPOSITORY / package).rglob("*.py"))]
    names = [".".join(path.relative_to(REPOSITORY).with_suffix("").parts) for path in paths]
    return [name.removesuffix(".__init__") for name in names if not name.endswith("migrations.env")]


def foreign(packages: tuple[str, ...]) -> Iterator[str]:
    """What these packages import of other libraries."""
    for package in packages:
        for path in (REPOSITORY / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    yield from (each.name for each in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module:
                    yield node.module


def forked(work: Callable[..., None], *arguments: object) -> list[str]:
    """What `work` sends from a process of its own, which has imported nothing but other libraries."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, *arguments))
    process.start()
    theirs.close()
    said: list[str] = ours.recv()
    process.join()
    return said


def changes_of_every_import(to: Connection, folder: str, names: list[str]) -> None:
    """Import each module, once all other libraries are there, which may change what they like; send what changed."""
    os.chdir(folder)
    os.environ["ENTRA_EMPLY_HOME"] = f"{folder}/home"
    for library in sorted(set(foreign((*PACKAGES, "sandbox", "benchmarks")))):
        if library.partition(".")[0] not in (*PACKAGES, "sandbox", "benchmarks"):
            importlib.import_module(library)
    to.send([each for name in names for each in changes(name)])


def changes(name: str) -> list[str]:
    """What importing this module changes, in words."""
    before = surroundings()
    importlib.import_module(name)
    return [f"{name} changes {what}" for what, now in surroundings().items() if now != before[what]]


def surroundings() -> dict[str, object]:
    """What a module could change for others."""
    return {
        "the folder": sorted(str(path) for path in Path().rglob("*")),
        "warning filters": list(warnings.filters),
        "SQLAlchemy's events": sum(map(listeners, (Engine, Pool, Dialect))),
        "the environment": dict(os.environ),
        "what happens at exceptions": sys.excepthook,
    }


def listeners(of: Any) -> int:  # noqa: ANN401
    """How many functions hear every event of a class of SQLAlchemy."""
    heard = (getattr(of.dispatch, name)._clslevel.values() for name in of.dispatch._event_names)
    return sum(len(each) for one in heard for each in one)


def test_importing_a_module_changes_nothing(tmp_path: Path) -> None:
    names = modules(*PACKAGES)
    assert {"assets.partitions", "pipelines.definitions", "entra_emply.ledger.ledger"} <= set(names)
    assert forked(changes_of_every_import, str(tmp_path), names) == []


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("open('made', 'w').close()", "the folder"),
        ("import warnings; warnings.filterwarnings('ignore', message='x')", "warning filters"),
        ("from sqlalchemy import Engine, event; event.listen(Engine, 'handle_error', print)", "SQLAlchemy's events"),
    ],
)
def test_a_module_that_changes_something_is_found(tmp_path: Path, line: str, what: str) -> None:
    (tmp_path / "changing.py").write_text(line)
    assert forked(changes_with, str(tmp_path)) == [f"changing changes {what}"]


def changes_with(to: Connection, folder: str) -> None:
    os.chdir(folder)
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    to.send(changes("changing"))


def test_the_engine_is_imported_without_dagster() -> None:
    assert forked(without_dagster, modules("entra_emply")) == []


def without_dagster(to: Connection, names: list[str]) -> None:
    """Import all of these where Dagster cannot be imported; send what could not be."""
    blocked = ("dagster", "dagster_postgres", "dagster_shared", "dagster_webserver", "dagster_graphql")
    assert not set(blocked) & set(sys.modules)
    failed = []
    with patch.dict(sys.modules, dict.fromkeys(blocked)):
        for name in names:
            try:
                importlib.import_module(name)
            except ImportError as error:
                failed.append(f"{name}: {error}")
    to.send(failed)
