"""Where a secret or somebody's name could have got to: all that an installation printed, wrote, recorded and serves."""

import asyncio
import inspect
import json
import os
import warnings
import zlib
from collections.abc import Awaitable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pyarrow.parquet as pq
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from graphql import DocumentNode, ExecutionResult, execute, parse
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from pipelines.installation import instance
from tests.system import graphql
from tests.system.installation import Installation

_AROUND = 60
FOR_NAMES = {"plan", "findings", "outcome", "explanation"}
"""The labels of the Markdown of `reconciliation_actions`, `reconciliation_findings` and `applied_changes`."""


class Place(NamedTuple):
    """Something that can be read; `names`: it is meant for names of people, too."""

    where: str
    text: str
    names: bool = False


def found(marks: Mapping[str, str], places: Iterable[Place]) -> list[str]:
    """Which marks are where, with what is around them."""
    hits = []
    for place in places:
        folded = place.text.casefold()
        for kind, mark in marks.items():
            at = folded.find(mark.casefold())
            if at >= 0:
                hits.append(f"{kind} in {place.where}: …{place.text[max(0, at - _AROUND) : at + _AROUND]}…")
    return hits


def outputs(installation: Installation) -> Iterator[Place]:
    """What commands printed; a plan is meant for names."""
    for path in sorted(installation.said.rglob("*")):
        if path.is_file():
            yield Place(f"{path.parent.name}/{path.name}", path.read_text(), path.parent.name.endswith("-plan"))


def files(home: Path) -> Iterator[Place]:
    """Every file of the home folder but the database's own; frames and the plan's page beside them are for names."""
    for path in sorted(home.rglob("*")):
        where = str(path.relative_to(home))
        if path.is_dir() or where.startswith("postgres/"):
            continue
        if path.suffix == ".parquet":
            yield Place(where, str(pq.read_table(path).to_pylist()), names=True)
        else:
            is_page = where.startswith("frames/runs/") and path.suffix == ".html"
            yield Place(where, path.read_bytes().decode("utf-8", "replace"), names=is_page)


def tables(address: str) -> Iterator[Place]:
    """Every row of every table; those of the ledger are meant for names, but for alerts."""
    with create_engine(address, poolclass=NullPool).connect() as connection:
        names = (
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information_schema)' ORDER BY 1, 2"
        )
        for schema, table in connection.execute(text(names)).all():
            for row in connection.execute(text(f'SELECT * FROM "{schema}"."{table}"')).mappings():
                said = "; ".join(f"{name}: {_readable(value)}" for name, value in row.items())
                yield Place(f"{schema}.{table}", said, names=schema == "entra_emply" and table != "alerts")


def graphql_places(ask: graphql.Ask) -> Iterator[Place]:
    """What GraphQL serves, but for the texts that are meant for names."""
    for where, answer in graphql.served(ask):
        yield Place(f"GraphQL: {where}", json.dumps(_without_texts(answer), ensure_ascii=False))


@contextmanager
def graphql_of(environment: Mapping[str, str], address: str) -> Iterator[graphql.Ask]:
    """Dagster's GraphQL in this process."""
    variables = {**environment, "DATABASE_URL": address, "DAGSTER_HOME": environment["ENTRA_EMPLY_HOME"]}
    origin = LoadableTargetOrigin(executable_path=None, module_name="pipelines.definitions")
    target = InProcessWorkspaceLoadTarget(InProcessCodeLocationOrigin(origin, location_name="entra-emply"))
    with (
        warnings.catch_warnings(action="ignore"),  # Dagster's own
        patch.dict(os.environ, variables),
        instance() as dagster,
        WorkspaceProcessContext(dagster, target) as process,
    ):
        yield lambda query, **variables: _execute(process, query, variables)


def _execute(process: WorkspaceProcessContext, query: str, variables: dict[str, str]) -> Any:  # noqa: ANN401 (JSON)
    """The data of an answer; a field that fails is an error beside it, with a text that counts as served, too."""
    context = process.create_request_context()
    outcome = execute(graphql.schema(), _parsed(query), context_value=context, variable_values=variables)
    result = asyncio.run(_awaited(outcome)) if inspect.isawaitable(outcome) else outcome
    assert result.data is not None, result.errors
    return {**result.data, "errors": [str(error) for error in result.errors or ()]}


@cache
def _parsed(query: str) -> DocumentNode:
    return parse(query, no_location=True)


async def _awaited(outcome: Awaitable[ExecutionResult]) -> ExecutionResult:
    return await outcome


def _readable(value: object) -> str:
    """A value of a table; definitions are kept packed, events as JSON, without the texts that have names."""
    if isinstance(value, memoryview | bytes):
        return zlib.decompress(bytes(value)).decode("utf-8", "replace")
    if isinstance(value, str) and value.startswith("{"):
        return json.dumps(_without_texts(json.loads(value)), ensure_ascii=False)
    return str(value)


def _without_texts(value: Any) -> Any:  # noqa: ANN401 (it is JSON)
    """The Markdown of three assets is meant for names: nothing else with these labels is in Dagster."""
    if isinstance(value, dict):
        labels = [text for name, text in value.items() if name == "label" or name.endswith("_label")]
        return {} if FOR_NAMES.intersection(labels) else {name: _without_texts(inner) for name, inner in value.items()}
    return [_without_texts(each) for each in value] if isinstance(value, list) else value
