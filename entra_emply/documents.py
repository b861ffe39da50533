"""YAML files that people write: read once, validated by a pydantic model, every mistake with its line and what was
expected. What the keys mean is the models' business (`reconciliation.settings`, `connectors.emply.description`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from entra_emply.errors import SettingsError

Location = tuple[str | int, ...]
"""Where something is in a document: keys, and numbers of items."""
Mistake = tuple[int, str]
"""The line of a mistake (from 1), and what was expected."""
Content = TypeVar("Content", bound=BaseModel)

_LONGEST_KEY = 60
_DEEP = 100
_UNREADABLE = (ValueError, LookupError, AttributeError)
"""What PyYAML raises for a date or number that is none."""


@dataclass(frozen=True)
class Document(Generic[Content]):
    """A validated file: what it says, what errors call it, and the line of every place in it."""

    content: Content
    name: str
    lines: Mapping[Location, int]

    def where(self, *location: str | int) -> str:
        """Where this is, as errors say it: "settings.yaml, line 3"."""
        return f"{self.name}, line {line_of(self.lines, location)}"

    def refuse(self, faults: Iterable[tuple[Location, str]]) -> None:
        """Raises SettingsError where there is a fault: what a model by itself does not see."""
        refuse(self.name, [(line_of(self.lines, where), f"{dotted(where)}: {why}") for where, why in faults])


def read_text(path: Path, named_by: str) -> str:
    """The text of a file, which the variable or option `named_by` names. Raises SettingsError."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        if isinstance(error, UnicodeDecodeError):
            raise SettingsError(f"{path}: is not UTF-8 text") from None
        why = error.strerror if isinstance(error, OSError) else "this is no name of a file"
        raise SettingsError(f"{path}: cannot be read ({why}); {named_by} names the file") from None


def parse(
    text: str,
    name: str,
    model: type[Content],
    of: str,
    mistakes_in: Callable[[yaml.Node], Iterator[Mistake]] | None = None,
) -> Document[Content]:
    """The document in `text`; `name` is how errors call the file, `of` what it is a mapping of.

    `mistakes_in` finds what only the written text shows. Raises SettingsError naming every line.
    """  # fmt: skip
    try:
        root, document = composed(text, name, of)
        lines = {(): 1} | dict(reversed(list(_lines(root))))
        mistakes = [*_repeated_keys(root), *(mistakes_in(root) if mistakes_in else ())]
    except RecursionError:
        why = "is nested too deeply, or an alias (*) leads back to where it stands"
        raise SettingsError(f"{name}, line {_too_deep(text)}: {why}") from None
    refuse(name, _keys_that_are_no_text(root))
    try:
        content = model.model_validate(document)
    except ValidationError as error:
        mistakes += [(line_of(lines, fault["loc"]), _expectation(fault, of)) for fault in error.errors()]
    refuse(name, mistakes)
    return Document(content, name, lines)


def composed(text: str, name: str, of: str) -> tuple[yaml.Node, Mapping[object, object]]:
    """The document with its lines, and as data. Raises SettingsError."""
    root = None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingsError(f"{name}, line {line}: not valid YAML: {error.problem}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise SettingsError(f"{name}, line {line}: not valid YAML: a character that YAML does not allow") from None
    except _UNREADABLE as error:
        why = f"not valid YAML: a value cannot be read ({type(error).__name__})"
        raise SettingsError(f"{name}, line {_unreadable(root)}: {why}") from None
    if not isinstance(document, Mapping) or root is None:
        raise SettingsError(f"{name}, line 1: expected a mapping of {of}")
    return root, document


def _unreadable(root: yaml.Node | None) -> int:
    """The line of the first value that is not what it looks like."""
    lines = [node.start_mark.line + 1 for node in _nodes(root) if not _is_readable(node)] if root else []
    return min(lines, default=1)


def _is_readable(node: yaml.Node) -> bool:
    try:
        if isinstance(node, yaml.ScalarNode):
            yaml.SafeLoader("").construct_object(node)
    except _UNREADABLE:
        return False
    return True


def _nodes(root: yaml.Node) -> Iterator[yaml.Node]:
    """Every node of a document, once."""
    seen, left = {id(root)}, [root]
    while left:
        node = left.pop()
        yield node
        parts = node.value if isinstance(node, yaml.CollectionNode) else ()
        for part in chain.from_iterable(each if isinstance(each, tuple) else (each,) for each in parts):
            if id(part) not in seen:
                seen.add(id(part))
                left.append(part)


def _too_deep(text: str) -> int:
    """The line of what is nested deeper than anybody writes, or of the alias that leads back to where it stands."""
    inside: list[str | None] = []
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            inside.append(event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            inside.pop()
        if len(inside) > _DEEP or (isinstance(event, yaml.AliasEvent) and event.anchor in inside):
            return event.start_mark.line + 1 if event.start_mark else 1
    return 1


def refuse(name: str, mistakes: Iterable[Mistake]) -> None:
    """Raises SettingsError where there are mistakes, in the order of their lines."""
    found = sorted(set(mistakes))
    if found:
        raise SettingsError("; ".join(f"{name}, line {line}: {why}" for line, why in found))


def line_of(lines: Mapping[Location, int], location: Location) -> int:
    """The line of the deepest part of `location` that the document has."""
    return next(lines[location[:depth]] for depth in range(len(location), -1, -1) if location[:depth] in lines)


def short(text: str) -> str:
    """A key as an error repeats it: a line of a pasted file may be long."""
    plain = printable(text)
    return plain if len(plain) <= _LONGEST_KEY else f"{plain[:_LONGEST_KEY]}…"


def printable(text: str) -> str:
    """A text of a file as a line repeats it, without what a terminal would take for more than a letter."""
    return "".join(character if character.isprintable() else "?" for character in text)


def dotted(location: Iterable[object]) -> str:
    """Where something is in a document, as errors say it."""
    return ".".join(short(str(part)) for part in location)


def _expectation(fault: Mapping[str, Any], of: str) -> str:
    location = fault["loc"]
    where = dotted(location) if isinstance(location, tuple) and location else of
    return f"{where}: {expected(fault)}"


def expected(fault: Mapping[str, Any], own: Mapping[str, str] | None = None) -> str:
    """What pydantic expected where it found a fault; `own`: words by the fault's type that come before these."""
    said = str(fault["msg"]).removeprefix("Value error, ").replace("Input should be", "expected")
    words = {**_KINDS, **(own or {})}.get(str(fault["type"]), said)
    return words.format(**fault.get("ctx", {})) if str(fault["type"]) in _LIMITS else words


_LIMITS = {
    "greater_than_equal": "expected at least {ge}",
    "greater_than": "expected more than {gt}",
    "less_than_equal": "expected at most {le}",
    "less_than": "expected less than {lt}",
}
_KINDS = {
    **_LIMITS,
    "extra_forbidden": "unknown key",
    "missing": "is missing",
    "tuple_type": "expected a list",
    "list_type": "expected a list",
    "model_type": "expected a mapping",
    "dict_type": "expected a mapping",
    "string_type": "expected a text",
    "string_too_short": "expected a text that is not empty",
    "string_unicode": "expected valid Unicode text",
    "bool_type": "expected true or false",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
}
"""What was expected, where the library's own words are those of a programmer."""


def _lines(
    node: yaml.Node, at: Location = (), is_open: dict[int, bool] | None = None
) -> Iterator[tuple[Location, int]]:
    """The line (from 1) of every key and every item, by where it is in the document.

    What aliases repeat is told of once: aliases of aliases would be more places than there is memory for.
    `is_open`: of the nodes that were met, whether this is inside of them. Raises RecursionError for one inside itself.
    """
    is_open = {} if is_open is None else is_open
    is_open[id(node)] = True
    parts: list[tuple[str | int, yaml.Node, yaml.Node]] = []
    if isinstance(node, yaml.MappingNode):
        parts = [(str(label.value), label, value) for label, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        parts = [(number, item, item) for number, item in enumerate(node.value)]
    for name, start, value in parts:
        yield (*at, name), start.start_mark.line + 1
        if is_open.get(id(value)):
            raise RecursionError
        if id(value) not in is_open:
            yield from _lines(value, (*at, name), is_open)
    is_open[id(node)] = False


def _mappings(root: yaml.Node) -> Iterator[yaml.MappingNode]:
    return (node for node in _nodes(root) if isinstance(node, yaml.MappingNode))


def _repeated_keys(root: yaml.Node) -> Iterator[Mistake]:
    """YAML lets a later key win in silence; here it is an error."""
    for node in _mappings(root):
        seen: set[str] = set()
        for label, _ in node.value:
            if str(label.value) in seen:
                yield label.start_mark.line + 1, f"{short(str(label.value))}: the key is given twice"
            seen.add(str(label.value))


def _keys_that_are_no_text(root: yaml.Node) -> Iterator[Mistake]:
    """YAML reads a key such as yes or 5 as something else than a text, which no key of any document is."""
    for node in _mappings(root):
        for label, _ in node.value:
            if label.tag not in _TAGS_OF_KEYS:
                yield label.start_mark.line + 1, f"{short(str(label.value))}: expected a key that is a text"


_TAGS_OF_KEYS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")
