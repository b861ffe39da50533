"""`settings.yaml`: its shape, and errors that name the line and what was expected.

Names of groups, roles and departments are only looked up in `mapping`, against what both systems hold.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from entra_emply import documents
from entra_emply.documents import Location, line_of

_NO_TEXT = ("Cc", "Cs")
"""Categories of characters that no name has and a database refuses: control characters, surrogates."""
_LONGEST_WINDOW, _LONGEST_DAYS = 1825, 36_500
"""Days: the five years that Graph's calendarView spans at most, and a hundred years, which mean for ever."""
MOST = 2**63 - 1
"""More than this nobody counts, and frames do not hold."""
_LONGEST_HOURS = 7 * 24
"""So long the tokens live by which Graph tells what changed."""


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("expected a text that is not blank")
    if any(unicodedata.category(character) in _NO_TEXT for character in text):
        raise ValueError("expected a text without control characters")
    return text.strip()


Name = Annotated[str, Field(strict=True), AfterValidator(_filled)]
Switch = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=0, le=MOST)]
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
    """G1, G2, G7, G6, G5 and G5b."""

    max_deactivations: Limit = Limit(min_count=5, percent=5)
    max_role_changes: Limit = Limit(min_count=20, percent=25)
    max_grants: Limit = Limit(min_count=20, percent=10)
    min_rows_percent: Percent = 80
    min_rows_lost: Count = 3
    max_unreadable: Limit = Limit(min_count=5, percent=10)

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

    @model_validator(mode="after")
    def _within_reach(self) -> "CalendarWindow":
        if self.days_back + self.days_ahead >= _LONGEST_WINDOW:
            raise ValueError(f"expected days_back and days_ahead of less than {_LONGEST_WINDOW} together (five years)")
        return self


class WriteBack(_Section):
    """The three switches of W."""

    create: Switch = False
    update: Switch = False
    delete: Switch = False


class Sso(_Section):
    """The enterprise application that signs people in to Emply."""

    service_principal_id: Name | None = None


Days = Annotated[int, Field(strict=True, ge=2, le=_LONGEST_DAYS)]
Hours = Annotated[int, Field(strict=True, ge=0, le=_LONGEST_HOURS)]


class Retention(_Section):
    """How long frames and runs are kept, in days."""

    frames_days: Days = 90
    runs_days: Days = 30


class Alerts(_Section):
    """What alerts may say."""

    names: Switch = False


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
    full_read_hours: Hours = 24
    retention: Retention = Retention()
    alerts: Alerts = Alerts()

    _name: str = PrivateAttr("settings")
    _lines: Mapping[Location, int] = PrivateAttr(default_factory=dict)

    def of_file(self, name: str, lines: Mapping[Location, int]) -> "Settings":
        """The same, knowing where they came from: the file's name, and the line of every place in it."""
        self._name, self._lines = name, lines
        return self

    def where(self, *location: str | int) -> str:
        """Where this is in their file, as errors say it; "settings" where they came from no file."""
        return f"{self._name}, line {line_of(self._lines, location)}" if self._lines else self._name

    @property
    def document(self) -> str:
        """The effective settings as JSON with sorted keys: what is stored, compared and hashed.

        Without `alerts`: no plan depends on what they say.
        """
        return json.dumps(self.model_dump(mode="json", exclude={"alerts"}), sort_keys=True, ensure_ascii=False)

    @property
    def version(self) -> str:
        """The mapping version: a hash of the effective settings, not of comments or layout."""
        return hashlib.sha256(self.document.encode()).hexdigest()[:16]


def load(path: Path, named_by: str = "ENTRA_EMPLY_SETTINGS") -> Settings:
    """The settings in the file at `path`, which the variable or option `named_by` names.

    Raises SettingsError naming file, line and what was expected.
    """
    return parse(documents.read_text(path, named_by), str(path))


@lru_cache(maxsize=4)
def parse(text: str, name: str = "settings.yaml") -> Settings:
    """The settings in `text`; `name` is how errors call it. Raises SettingsError. A run asks a dozen times."""
    document = documents.parse(text, name, Settings, "settings", _repeated_groups)
    return document.content.of_file(name, document.lines)


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
