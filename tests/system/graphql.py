"""Everything that Dagster's GraphQL serves about runs, events, assets and definitions: queries made from its schema.

A field of a type that is on the way already is left out the second time, so that circles end; `_DEPTH` is enough for
the cells of a table in an event's metadata.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from dagster_graphql.schema import create_schema
from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_required_argument,
)

Ask = Callable[..., Any]
"""The data of a query and its variables."""

_DEPTH = {"runsOrError": 4, "assetsOrError": 6, "assetNodes": 3, "workspaceOrError": 5, "instance": 4}
_EVENTS = 6
# Events are asked for by run, definitions by node; the others fail for a run of assets or an asset without days.
_UNUSED = {
    "eventConnection", "assets", "definition", "solidHandle", "solidHandles", "pipelineName", "assetEventHistory",
    "dataVersionByPartition", "staleStatusByPartition", "staleCausesByPartition", "latestMaterializationByPartition",
    "partitionStats", "jobs", "repository", "dependedBy", "dependencies", "daemonStatus", "concurrencyLimit",
    "stepStats", "runOrError",
}  # fmt: skip


@cache
def schema() -> GraphQLSchema:
    """Dagster's schema."""
    return create_schema().graphql_schema


def served(ask: Ask) -> Iterator[tuple[str, Any]]:
    """What is asked for, and the answer."""
    query = schema().query_type
    assert query is not None
    fields = query.fields
    for name, depth in _DEPTH.items():
        yield name, ask(f"{{ {name} {_selection(fields[name].type, depth)} }}")
    runs = ask("{ runsOrError { ... on Runs { results { runId } } } }")["runsOrError"]["results"]
    events = f"query($run: ID!) {{ logsForRun(runId: $run) {_selection(fields['logsForRun'].type, _EVENTS)} }}"
    for run in runs:
        yield f"events of {run['runId']}", ask(events, run=run["runId"])


def _selection(kind: Any, depth: int, way: tuple[str, ...] = ()) -> str | None:  # noqa: ANN401 (any type of GraphQL)
    """All that can be selected of a type without arguments; empty for a plain value, None where it is too deep."""
    named: GraphQLNamedType = get_named_type(kind)
    if isinstance(named, GraphQLScalarType | GraphQLEnumType):
        return ""
    if depth == 0 or way.count(named.name) > (named.name == "PythonError"):
        return None
    if isinstance(named, GraphQLUnionType | GraphQLInterfaceType):
        kinds = [(one.name, _selection(one, depth, way)) for one in schema().get_possible_types(named)]
        return f"{{ __typename {' '.join(f'... on {name} {inner}' for name, inner in kinds if inner)} }}"
    parts = ["__typename"]
    assert isinstance(named, GraphQLObjectType)
    for name, field in named.fields.items():
        if name in _UNUSED or any(is_required_argument(argument) for argument in field.args.values()):
            continue
        inner = _selection(field.type, depth - 1, (*way, named.name))
        if inner is not None:
            parts.append(f"{named.name}_{name}: {name} {inner}")  # an alias: fields of one name differ in type
    return f"{{ {' '.join(parts)} }}"
