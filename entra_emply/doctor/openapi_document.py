"""An OpenAPI document (3 or Swagger 2; JSON or YAML) as far as `openapi` asks it: paths, parameters, bodies, answers,
credentials, with every `$ref` followed. What it is compared with is `openapi`'s business.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from referencing import Registry, Resource, Specification
from referencing.exceptions import Unresolvable

_METHODS = frozenset({"get", "post", "put", "patch", "delete"})
_SUCCESS = ("200", "201", "2XX", "default")
_JSON = "application/json"
_DEEPEST = 30
_MOST_BYTES = 50_000_000

Schema = Mapping[str, Any]


class NoOpenApi(Exception):
    """A file that is no OpenAPI document."""


@dataclass(frozen=True)
class Parameter:
    """A parameter: `place` is path, query, header or cookie."""

    name: str
    place: str
    required: bool


@dataclass(frozen=True)
class Documented:
    """One operation: its parameters, what may be sent by content type, what it answers (None: it does not say)."""

    parameters: Sequence[Parameter]
    bodies: Mapping[str, Schema]
    answer: Schema | None

    def body(self, content_type: str) -> Schema | None:
        """What may be sent as this content type, also where the document has a range of them (*/*); None: nothing."""
        kind = content_type.partition(";")[0].casefold()
        exact = self.bodies.get(kind)
        return exact if exact is not None else next((s for r, s in self.bodies.items() if fnmatchcase(kind, r)), None)


@dataclass
class OpenApi:
    """An OpenAPI document, asked for its operations, with what of it could not be followed."""

    document: Mapping[str, Any]
    _broken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        whole: Resource[Any] = Specification.OPAQUE.create_resource(self.document)
        self._resolver = Registry().with_resource("", whole).resolver()

    @property
    def version(self) -> str:
        """The version of OpenAPI."""
        return str(self.document.get("openapi") or self.document.get("swagger"))

    @property
    def paths(self) -> Mapping[str, Any]:
        """What is at each path."""
        return {str(path): item for path, item in _mapping(self.document.get("paths")).items()}

    def find(self, path: str, url: str) -> Mapping[str, Documented]:
        """The operations at a path of the API description, by method; none where the document has no such path.

        The document's paths may begin with the last parts of the description's address (/v1/{customer}/users).
        """
        wanted, before = _segments(path), _segments(urlsplit(url).path)
        for template, item in self.paths.items():
            segments = _segments(template)
            head, tail = segments[: -len(wanted)], segments[-len(wanted) :]
            if tail == wanted and (not head or head == before[-len(head) :]):
                return self._methods(_mapping(self._followed(item)))
        return {}

    def credentials(self) -> frozenset[tuple[str, str]]:
        """How credentials travel: (query or header, the name of the parameter or header)."""
        schemes = _mapping(_mapping(self.document.get("components")).get("securitySchemes"))
        schemes = schemes or _mapping(self.document.get("securityDefinitions"))
        return frozenset(found for each in schemes.values() if (found := _credential(_mapping(self._followed(each)))))

    def shape(self, schema: Schema) -> tuple[frozenset[str], frozenset[str]]:
        """The properties and the required ones of an object; no properties where it may have any."""
        properties: set[str] = set()
        required: set[str] = set()
        for part in self._parts(schema):
            properties |= {str(name) for name in _mapping(part.get("properties"))}
            required |= {str(name) for name in _sequence(part.get("required"))}
        return frozenset(properties), frozenset(required)

    def items(self, schema: Schema, inside: str | None) -> Schema | None:
        """What a list has in it: an array, or the array at a property of an object; None where there is none."""
        for part in self._parts(schema):
            found = _mapping(self._followed(_mapping(part.get("properties")).get(inside))) if inside else part
            if found.get("type") == "array" or "items" in found:
                return _mapping(self._followed(found.get("items")))
        return None

    def broken(self) -> Sequence[str]:
        """The references that led nowhere since the last time this was asked."""
        found, self._broken = sorted(set(self._broken)), []
        return found

    def _parts(self, schema: object) -> Iterator[Schema]:
        """A schema and what it is put together of, each part once: a schema may be a part of itself."""
        waiting, known = [schema], set[int]()
        while waiting:
            followed = _mapping(self._followed(waiting.pop()))
            if not followed or id(followed) in known:
                continue
            known.add(id(followed))
            yield followed
            for word in ("allOf", "oneOf", "anyOf"):
                waiting += _sequence(followed.get(word))

    def _methods(self, item: Mapping[str, Any]) -> dict[str, Documented]:
        shared = _sequence(item.get("parameters"))
        return {
            method.upper(): self._operation(_mapping(operation), shared)
            for method, operation in item.items()
            if method in _METHODS
        }

    def _operation(self, operation: Mapping[str, Any], shared: Sequence[Any]) -> Documented:
        given = [_mapping(self._followed(each)) for each in (*shared, *_sequence(operation.get("parameters")))]
        bodies = self._contents(_mapping(self._followed(operation.get("requestBody"))))
        for each in given:
            if each.get("in") == "body":
                bodies = dict.fromkeys(self._consumed(operation), _mapping(self._followed(each.get("schema"))))
        parameters = [
            Parameter(str(each.get("name")), str(each.get("in")), each.get("required") is True)
            for each in given
            if each.get("in") != "body"
        ]
        return Documented(parameters, bodies, self._answered(operation))

    def _consumed(self, operation: Mapping[str, Any]) -> list[str]:
        named = operation.get("consumes") or self.document.get("consumes") or [_JSON]
        return [_kind(kind) for kind in _sequence(named)]

    def _contents(self, body: Mapping[str, Any]) -> dict[str, Schema]:
        contents = _mapping(body.get("content"))
        return {_kind(kind): _mapping(self._followed(_mapping(each).get("schema"))) for kind, each in contents.items()}

    def _answered(self, operation: Mapping[str, Any]) -> Schema | None:
        answers = {str(status): each for status, each in _mapping(operation.get("responses")).items()}
        status = next((each for each in _SUCCESS[:-1] if each in answers), None)
        if status is None:
            return None
        answer = _mapping(self._followed(answers[status]))
        if "schema" in answer:
            return _mapping(self._followed(answer["schema"])) or None
        kinds = self._contents(answer)
        return next((schema for kind, schema in kinds.items() if "json" in kind and schema), None)

    def _followed(self, node: object) -> object:
        """What a `$ref` leads to; nothing where it leads nowhere, which is noted."""
        for _ in range(_DEEPEST):
            reference = node.get("$ref") if isinstance(node, Mapping) else None
            if not isinstance(reference, str):
                return node
            try:
                node = self._resolver.lookup(reference).contents
            except (Unresolvable, ValueError, TypeError, LookupError):
                self._broken.append(reference)
                return None
        return None


def read(path: Path) -> OpenApi:
    """The document in a file. Raises NoOpenApi."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise NoOpenApi(f"{path} is no OpenAPI document: it is too large")
        document = _parsed(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise NoOpenApi(f"{path} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise NoOpenApi(f"{path} is no OpenAPI document: it is not UTF-8 text") from None
    except (yaml.YAMLError, ValueError, RecursionError, LookupError, AttributeError, TypeError):
        raise NoOpenApi(f"{path} is no OpenAPI document: it is neither JSON nor YAML") from None
    version = str(_mapping(document).get("openapi") or _mapping(document).get("swagger") or "")
    if not version.startswith(("3.", "2.0")) or not isinstance(_mapping(document).get("paths"), Mapping):
        raise NoOpenApi(f"{path} is no OpenAPI document: expected openapi (3.x) or swagger (2.0), and paths")
    return OpenApi(_mapping(document))


def _parsed(text: str) -> object:
    """JSON, or else YAML: which JSON is, too, but for its tabs."""
    try:
        return json.loads(text)
    except ValueError:
        return yaml.safe_load(text)


def _credential(scheme: Mapping[str, Any]) -> tuple[str, str] | None:
    kind = scheme.get("type")
    place, name = scheme.get("in"), scheme.get("name")
    if kind == "apiKey" and isinstance(place, str) and isinstance(name, str):
        return place, name.casefold() if place == "header" else name
    return ("header", "authorization") if kind in ("http", "oauth2", "openIdConnect", "basic") else None


def _kind(content_type: object) -> str:
    """A content type without its parameters; capitals do not matter."""
    return str(content_type).partition(";")[0].strip().casefold()


def _segments(path: str) -> list[str]:
    """The parts of a path, whatever its places are called."""
    parts = [part for part in path.split("/") if part]
    return [re.sub(r"{[^}]*}", "{}", part).casefold() for part in parts]


def _mapping(node: object) -> Mapping[str, Any]:
    return node if isinstance(node, Mapping) else {}


def _sequence(node: object) -> Sequence[Any]:
    return node if isinstance(node, list) else []
