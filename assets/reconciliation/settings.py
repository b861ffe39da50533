"""`settings.yaml`: its shape, and errors that name the line and what was expected.

Names of groups, roles and departments are only looked up in `mapping`, against what both systems hold.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from assets.errors import SettingsError


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("expected a text that is not blank")
    return text.strip()


Name = Annotated[str, Field(strict=True), AfterValidator(_filled)]
Switch = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=0)]
Percent = Annotated[float, Field(strict=True, ge=0, le=100)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limit(_Section):
    """A guard's limit: `max(min_count, ceil(percent × N / 100))`, computed exactly."""

    min_count: Count
    percent: Percent

    def of(self, population: int) -> int:
        """How many are allowed among `population`."""
        share = Fraction(str(self.percent)) * population / 100
        return max(self.min_count, -(-share.numerator // share.denominator))


class Guards(_Section):
    """G1, G2, G7, G6 and G5."""

    max_deactivations: Limit = Limit(min_count=5, percent=5)
    max_role_changes: Limit = Limit(min_count=20, percent=25)
    max_grants: Limit = Limit(min_count=20, percent=10)
    min_rows_percent: Percent = 80

    @model_validator(mode="before")
    @classmethod
    def _each_number_by_itself(cls, given: object) -> object:
        """A limit that names one of its numbers keeps the default of the other."""
        if not isinstance(given, dict):
            return given
        limits = {name: field.default for name, field in cls.model_fields.items() if isinstance(field.default, Limit)}
        partly = {name: given[name] for name in limits if isinstance(given.get(name), dict)}
        return given | {name: limits[name].model_dump() | numbers for name, numbers in partly.items()}


class Group(_Section):
    """One configured group (or room group), by display name or object id, and what its members get in Emply."""

    group: Name
    meeting_rooms: Switch = False
    default_role: Name | None = None
    default_department: Name | None = None
    language: Name | None = None
    time_zone: Name | None = None
    currency: Name | None = None

    @model_validator(mode="after")
    def _role_where_needed(self) -> "Group":
        if not self.meeting_rooms and self.default_role is None:
            raise ValueError("expected default_role: only a room group (meeting_rooms: true) has none")
        return self


class CalendarWindow(_Section):
    """Days around today in which events are synchronised."""

    days_back: Count = 30
    days_ahead: Count = 180


class WriteBack(_Section):
    """The three switches of W."""

    create: Switch = False
    update: Switch = False
    delete: Switch = False


class Sso(_Section):
    """The enterprise application that signs people in to Emply."""

    service_principal_id: Name | None = None


class Retention(_Section):
    """How long frames and runs are kept, in days."""

    frames_days: Annotated[int, Field(strict=True, ge=2)] = 90
    runs_days: Annotated[int, Field(strict=True, ge=2)] = 30


class Settings(_Section):
    """The whole of `settings.yaml`, defaults filled in. Groups are in order of priority."""

    enabled: Switch = True
    synchronize_roles: Switch = False
    reactivate: Literal["ours", "all"] = "ours"
    synchronize_calendars: Switch = False
    always_share_dates_and_titles: Switch = False
    profile_pictures: Switch = False
    nested_groups: Switch = False
    protected_roles: tuple[Name, ...] = ()
    groups: tuple[Group, ...] = ()
    calendar_window: CalendarWindow = CalendarWindow()
    entra_write_back: WriteBack = WriteBack()
    sso: Sso = Sso()
    guards: Guards = Guards()
    retention: Retention = Retention()

    @property
    def document(self) -> str:
        """The effective settings as JSON with sorted keys: what is stored, compared and hashed."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)

    @property
    def version(self) -> str:
        """The mapping version: a hash of the effective settings, not of comments or layout."""
        return hashlib.sha256(self.document.encode()).hexdigest()[:16]


def load(path: Path) -> Settings:
    """The settings in the file at `path`.

    Raises SettingsError naming file, line and what was expected.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); ENTRA_EMPLY_SETTINGS names the file") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: is not UTF-8 text") from None
    return parse(text, str(path))


def parse(text: str, name: str = "settings.yaml") -> Settings:
    """The settings in `text`; `name` is how errors call it. Raises SettingsError."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingsError(f"{name}, line {line}: not valid YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise SettingsError(f"{name}: not valid YAML: {type(error).__name__}") from None
    if not isinstance(document, Mapping) or root is None:
        raise SettingsError(f"{name}, line 1: expected a mapping of settings")
    problems = [*_repeated_keys(root), *_repeated_groups(root)]
    try:
        settings = Settings.model_validate(document)
    except ValidationError as error:
        problems += [(_line(root, fault["loc"]), _expectation(fault)) for fault in error.errors()]
    if problems:
        raise SettingsError("; ".join(f"{name}, line {line}: {why}" for line, why in sorted(problems)))
    return settings


def _expectation(fault: Mapping[str, object]) -> str:
    location = fault["loc"]
    where = ".".join(map(str, location)) if isinstance(location, tuple) and location else "settings"
    if fault["type"] == "extra_forbidden":
        return f"{where}: unknown key"
    if fault["type"] == "missing":
        return f"{where}: is missing"
    kind = {"tuple_type": "expected a list", "model_type": "expected a mapping"}.get(str(fault["type"]))
    message = kind or str(fault["msg"]).removeprefix("Value error, ").replace("Input should be", "expected")
    return f"{where}: {message}"


def _line(node: yaml.Node, location: object) -> int:
    """The line (from 1) of the deepest part of `location` that the document has."""
    line = node.start_mark.line + 1
    for part in location if isinstance(location, tuple) else ():
        if isinstance(node, yaml.MappingNode):
            found = [(label, value) for label, value in node.value if label.value == part]
            if not found:
                break
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line


def _repeated_keys(node: yaml.Node) -> Iterator[tuple[int, str]]:
    """YAML lets a later key win in silence; here it is an error."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for label, value in node.value:
            if str(label.value) in seen:
                yield label.start_mark.line + 1, f"{label.value}: the key is given twice"
            seen.add(str(label.value))
            yield from _repeated_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated_keys(item)


def _repeated_groups(root: yaml.Node) -> Iterator[tuple[int, str]]:
    """The same group twice would make its priority a guess."""
    groups = [value for label, value in root.value if label.value == "groups"] if isinstance(root.value, list) else []
    seen: set[str] = set()
    for item in groups[0].value if groups and isinstance(groups[0], yaml.SequenceNode) else ():
        for label, value in item.value if isinstance(item, yaml.MappingNode) else ():
            if label.value == "group" and isinstance(value.value, str):
                if value.value.strip() in seen:
                    yield value.start_mark.line + 1, f"groups: the group {value.value.strip()!r} is given twice"
                seen.add(value.value.strip())
