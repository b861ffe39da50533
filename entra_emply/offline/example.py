"""The form of an example of `plan --offline` (interfaces.md): one JSON object, and errors that name the key.

Here: which keys there are and what they hold. Not here: what is made of them (`frames`, `sync_state`). The rows of a
scenario are as Graph and Emply give them; the frames' own models judge their properties.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from entra_emply.documents import dotted, expected, short
from entra_emply.errors import SettingsError
from entra_emply.reconciliation.guards import GUARDS
from entra_emply.reconciliation.inputs import DEPENDENT_SOURCES, SOURCES
from entra_emply.reconciliation.settings import MOST, Settings
from entra_emply.text import is_whole

_SHOWN = 5
"""So many faults of one example are told."""
_PAIR = 2
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
"""A plan's window begins and ends years away from its time, and every zone has to have both."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, given: object) -> object:
        return {name: each for name, each in given.items() if each is not None} if isinstance(given, dict) else given


def _identified(row: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(row.get("id"), str) or not row["id"]:
        raise ValueError("expected an id")
    return row


def _with_members(group: Mapping[str, Any]) -> Mapping[str, Any]:
    members = group.get("members")
    if members is not None and not (isinstance(members, list) and set(map(type, members)) <= {str}):
        raise ValueError("expected members to be a list of ids")
    return group


def _with_assigned(application: Mapping[str, Any]) -> Mapping[str, Any]:
    if not _is_list_of(application.get("appRoleAssignedTo"), dict):
        raise ValueError("expected appRoleAssignedTo to be a list of objects")
    if not all(isinstance(each.get("principalId"), str) for each in application.get("appRoleAssignedTo") or ()):
        raise ValueError("expected appRoleAssignedTo to name the principalId of each")
    return application


def _with_calendar(event: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(event.get("calendarId"), str | None):
        raise ValueError("expected calendarId to be an id")
    return event


def _with_events(calendar: Mapping[str, Any]) -> Mapping[str, Any]:
    if not _is_list_of(calendar.get("events"), dict):
        raise ValueError("expected events to be a list of objects")
    for event in calendar.get("events") or ():
        if not _is_list_of(event.get("occurrences"), dict):
            raise ValueError("expected occurrences to be a list of objects")
        for each in (event, *(event.get("occurrences") or ())):
            if not isinstance(each.get("id"), str | None):
                raise ValueError("expected the id of each event to be a text")
    return calendar


def _is_list_of(given: object, kind: type) -> bool:
    """Whether it is a list of nothing else, or missing."""
    return given is None or (isinstance(given, list) and set(map(type, given)) <= {kind})


def _whole(text: str) -> str:
    if not is_whole(text):
        raise ValueError("expected valid Unicode text")
    return text


def _aware(time: datetime) -> datetime:
    if not _FIRST_YEAR <= time.year <= _LAST_YEAR:
        raise ValueError("expected a time, such as 2026-11-22T10:30:00Z")
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)


def _text(given: object) -> object:
    if not isinstance(given, str) or not is_whole(given):
        raise ValueError("expected a time, such as 2026-11-22T10:30:00Z")
    return given


def _two(given: list[str]) -> list[str]:
    if len(given) != _PAIR:
        raise ValueError("expected two ids")
    return given


def _calendars(given: object) -> object:
    """A list of calendars, or what Graph says instead of one."""
    if isinstance(given, list):
        return _CALENDARS.validate_python(given) if _is_list_of(given, dict) else _no_calendar()
    return given if given is None or isinstance(given, dict) else _no_calendar()


def _no_calendar() -> object:
    raise ValueError("expected a list of calendars, each an object with an id")


def _readable_apart(sources: dict[str, str]) -> dict[str, str]:
    """Sources that a plan can do without: the lists of the directory are not among them (G5, G5b)."""
    for name in sources:
        if name in SOURCES:
            raise ValueError(f"without {name} there is no plan (G5)")
        if name not in DEPENDENT_SOURCES:
            raise ValueError(f"expected sources of {', '.join(DEPENDENT_SOURCES)}, not {short(name)}")
    return sources


def _none_is_empty(given: object) -> object:
    return [] if given is None else given


Text = Annotated[str, AfterValidator(_whole)]
Row = Annotated[dict[str, Any], AfterValidator(_identified)]
Rows = list[Row]
Group = Annotated[Row, AfterValidator(_with_members)]
Application = Annotated[Row, AfterValidator(_with_assigned)]
Event = Annotated[Row, AfterValidator(_with_calendar)]
Ids = Annotated[list[Text], BeforeValidator(_none_is_empty)]
Pair = Annotated[list[Text], AfterValidator(_two)]


def _guard(name: str) -> str:
    if name not in GUARDS:
        raise ValueError(f"expected one of {', '.join(GUARDS)}")
    return name


Time = Annotated[datetime, BeforeValidator(_text), AfterValidator(_aware)]
Count = Annotated[int, Field(strict=True, ge=0, le=MOST)]
Switch = Annotated[bool, Field(strict=True)]
_CALENDARS = TypeAdapter(list[Annotated[Row, AfterValidator(_with_events)]])
Calendars = Annotated[Any, AfterValidator(_calendars)]
"""Of one user. What is no list is a mailbox that may not be opened: `{"error": "ErrorAccessDenied"}`."""


class Entra(_Section):
    """Entra's half of a scenario."""

    organization: dict[str, Any] = {}
    users: Rows = []
    groups: list[Group] = []
    deletedUsers: Rows = []  # noqa: N815 (the scenario's own name)
    servicePrincipals: list[Application] = []  # noqa: N815
    photos: dict[Text, dict[str, Any] | None] = {}
    calendars: dict[Text, Calendars] = {}


class Emply(_Section):
    """Emply's half of a scenario."""

    users: Rows = []
    employees: Rows = []
    roles: Rows = []
    departments: Rows = []
    calendars: Rows = []
    events: list[Event] = []


class Scenario(_Section):
    """What both systems hold."""

    entra: Entra = Entra()
    emply: Emply = Emply()


class RoleState(_Section):
    """Of a linked user, when last reconciled: the groups then, and the mapping then in force."""

    groups: Ids = []
    mapping: dict[Text, Text | None] = {}


class EventPair(_Section):
    """The Outlook event of one of Emply's own."""

    externalId: Text  # noqa: N815
    calendarExternalId: Text | None = None  # noqa: N815


class Done(_Section):
    """A deactivation or a grant by the pipeline."""

    at: Time
    approved: Switch = False


class Sync(_Section):
    """The sync state (rules.md, "Terms"), as far as an example has any."""

    links: dict[Text, Text] = {}
    roles: dict[Text, RoleState] = {}
    group_ids: dict[Text, Text] = {}
    member_counts: dict[Text, Count] = {}
    photos: dict[Text, Text | None] = {}
    event_pairs: dict[Text, EventPair] = {}
    room_calendars: dict[Text, Text] = {}
    detached: dict[Text, Text] = {}
    deactivations: dict[Text, Done] = {}
    recent_grants: dict[Text, Done] = {}
    deleted_for: list[Pair] = []
    refused: list[Pair] = []
    held: dict[Text, list[Annotated[Text, AfterValidator(_guard)]]] = {}
    approved: list[Text] = []

    @model_validator(mode="after")
    def _one_link_each(self) -> "Sync":
        if len(set(self.links.values())) < len(self.links):
            raise ValueError("expected links to different Emply users")
        return self


class Unreadable(_Section):
    """What could not be read, by id or source, and what the service said (P5, C7, G5b)."""

    photos: dict[Text, Text] = {}
    mailboxes: dict[Text, Text] = {}
    sources: Annotated[dict[Text, Text], AfterValidator(_readable_apart)] = {}


class Example(_Section):
    """A scenario, the settings to plan it with, and what else a plan depends on. Without `now`: the clock's time."""

    scenario: Scenario
    settings: Settings
    sync: Sync = Sync()
    now: Time | None = None
    explain: list[Text] = []
    unreadable: Unreadable = Unreadable()
    member_read_hidden: Switch = False

    @model_validator(mode="after")
    def _groups_once(self) -> "Example":
        """The same group twice would make its priority a guess; in a settings file that is an error of the text."""
        names = [group.group for group in self.settings.groups]
        for place, name in enumerate(names):
            if name in names[:place]:
                raise ValueError(f"settings.groups.{place}.group: {short(name)} is there twice")
        return self


def example_of(document: object) -> Example:
    """The example in a JSON document. Raises SettingsError, which names each wrong key and what was expected."""
    try:
        return Example.model_validate(document)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
    raise refusal([_expectation(fault) for fault in faults])


def refusal(faults: Sequence[str]) -> SettingsError:
    """The error of an example with these faults, the first of which are told."""
    told = list(faults[:_SHOWN])
    if len(faults) > _SHOWN:
        told.append(f"and {len(faults) - _SHOWN} more")
    return SettingsError("; ".join(told))


_OWN_WORDS = {
    "model_type": "expected an object",
    "dict_type": "expected an object",
    "datetime_from_date_parsing": "expected a time, such as 2026-11-22T10:30:00Z",
}


def _expectation(fault: Mapping[str, Any]) -> str:
    where = dotted(part for part in fault["loc"] if part != "[key]")
    message = expected(fault, _OWN_WORDS)
    return f"{where}: {message}" if where else message
