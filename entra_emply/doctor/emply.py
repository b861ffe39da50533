"""Whether Emply answers each operation as the API description says. Only what changes nothing is tried."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from entra_emply.connectors.answer import SUCCESS, Answer, RequestFailed
from entra_emply.connectors.emply import calendar_frames, frames
from entra_emply.connectors.emply.connection import Connection
from entra_emply.connectors.emply.description import Description
from entra_emply.connectors.emply.description_file import CUSTOMER, Operation
from entra_emply.connectors.emply.operations import NEEDS, OPTIONAL, PARTS, SWITCHES
from entra_emply.connectors.frames import Row
from entra_emply.doctor import credentials
from entra_emply.doctor.checks import Check, clock_of, failed, note, ok, skipped
from entra_emply.environment import EmplyEnvironment
from entra_emply.errors import CredentialsError, SettingsError, SourceUnreadable
from entra_emply.reconciliation.settings import Settings

COPY = "Copy the API description, correct the copy, and name it in EMPLY_API (docs/your-emply.md)."

_ACTIVATE = "In Emply, activate the key, or make a new one there and set EMPLY_API_KEY."
_GIVE_ACCESS = "In Emply, give the key that EMPLY_API_KEY holds a role that has this access."

_NOT_FOUND = 404
_ONE = {"skip": "0", "take": "1"}
_LISTED_BY = {
    "get_user": "list_users", "get_employee": "list_employees", "get_calendar": "list_calendars",
    "list_events": "list_calendars", "get_event": "list_events",
}  # fmt: skip
"""Which list has an id to ask this operation for."""
_PAGING = {
    "skip_take": "pages by skip and take",
    "whole": "one answer is the whole list",
    None: "too few rows to tell how it pages",
}
_FRAMES: Mapping[str, Callable[[Sequence[Row]], object]] = {
    "list_users": frames.users,
    "get_user": frames.users,
    "list_employees": frames.employees,
    "get_employee": frames.employees,
    "list_roles": frames.roles,
    "list_departments": frames.departments,
    "list_calendars": calendar_frames.calendars,
    "get_calendar": calendar_frames.calendars,
    "list_events": lambda rows: calendar_frames.events({"any": rows}),
    "get_event": lambda rows: calendar_frames.events({"any": rows}),
    "list_all_events": lambda rows: calendar_frames.events(
        calendar_frames.by_calendar(rows, [str(row.get("calendarId")) for row in rows])
    ),
}
"""What a run makes of the rows of each list, and of one object."""


def checks(environment: EmplyEnvironment, settings: Settings | None) -> Iterator[Check]:
    """The API description, the token, the clock and every operation. None: settings that are not valid."""
    name = "emply: API description"
    try:
        connection = Connection(environment)
    except SettingsError as error:
        yield failed(name, str(error), f"Correct the file that EMPLY_API names; each message names its line. {COPY}")
        return
    try:
        yield ok(name, connection.description.document.name)
        yield from _parts(connection.description, settings)
        if connection.description.content.authentication.header is not None:
            token = credentials.of_emply(environment.api_key)
            yield from [token.check] if token.ends is not None else []
        yield from _Operations(connection, settings, environment.url).checks()
    finally:
        connection.service.session.close()


def _parts(description: Description, settings: Settings | None) -> Iterator[Check]:
    """What is off, because the API description has no operation for it."""
    for part in PARTS:
        missing = description.cannot(part)
        if not missing:
            continue
        name, said = f"emply: {part}", "; ".join(map(description.absent, missing))
        switch = SWITCHES.get("calendars" if part == "events" else part)
        if switch is None:
            yield note(name, f"{said}: nothing can be applied; plan works", f"If Emply can do it: {COPY}")
        elif settings is None:
            yield note(name, f"{said}: this part is off")
        elif getattr(settings, switch):
            yield failed(
                name, f"{said}: this part is off, and {settings.where(switch)} switches it on",
                f"Set {switch} to false. If Emply can do it: {COPY}",
            )  # fmt: skip
        else:
            yield note(name, f"{said}: this part is off, as it is in the settings")


class _Operations:
    """The operations, tried one after the other: a list first, then one of its rows."""

    def __init__(self, connection: Connection, settings: Settings | None, url: str | None) -> None:
        self._connection = connection
        self._description = connection.description
        self._settings = settings
        self._url = url
        self._first: dict[str, str] = {}
        self._untried: dict[str, list[str]] = {}
        self._out_of_reach = ""
        self._timed = False

    def checks(self) -> Iterator[Check]:
        for name in NEEDS:
            needs, operation = _LISTED_BY.get(name), self._description.operation(name)
            if operation is None:
                if name not in OPTIONAL:
                    yield skipped(_called(name), self._description.absent(name))
            elif operation.method != "GET":
                self._untried.setdefault(operation.needed, []).append(name)
            elif self._out_of_reach:
                yield skipped(_called(name), self._out_of_reach)
            elif needs is not None and needs not in self._first:
                yield skipped(_called(name), f"{needs} gave nothing to ask for")
            else:
                yield from self._tried(name, operation, self._first.get(needs or "", ""))
        for access, names in self._untried.items():
            yield note(
                f"emply: {access}", f"not tried, because it would change something: {', '.join(names)}",
                "Emply does not tell what a key may do: give it this access; the first run that writes finds out.",
            )  # fmt: skip

    def _tried(self, name: str, operation: Operation, identity: str) -> Iterator[Check]:
        called = _called(name)
        try:
            answer = self._connection.ask(name, identity, self._place(name))
        except RequestFailed as failure:
            self._out_of_reach = "" if failure.status else "Emply does not answer"
            yield failed(called, str(failure), "Check EMPLY_URL and the network.")
            return
        except CredentialsError as error:
            lacks_access = name in str(error)
            self._out_of_reach = "" if lacks_access else "Emply refuses the key"
            calendars = self._settings is not None and self._settings.synchronize_calendars
            needed = calendars or NEEDS[name].record not in {"calendar", "event"}
            unneeded = "calendars need it" if self._settings is None else "it is not needed"
            remedy = _GIVE_ACCESS if lacks_access else _ACTIVATE
            yield failed(called, str(error), remedy) if needed else note(called, f"{error}; {unneeded}")
            return
        if not self._timed:
            self._timed = True
            yield clock_of("Emply", answer)
        yield self._judged(name, operation, answer, identity)

    def _place(self, name: str) -> Mapping[str, str]:
        pages = name.startswith("list_") and self._description.content.lists.style != "whole"
        return _ONE if pages else {}

    def _judged(self, name: str, operation: Operation, answer: Answer, identity: str) -> Check:
        if answer.status in SUCCESS:
            return self._as_expected(name, answer, identity)
        said = f"answered {answer.status} {self._connection.error_code(answer)}".rstrip()
        return failed(_called(name), said, self._remedy(answer, name, operation))

    def _remedy(self, answer: Answer, name: str, operation: Operation) -> str:
        """A 404 is a wrong customer or address more often than a wrong assumption, above all where all answer so."""
        where = self._description.where("operations", name)
        correct = f"Correct {operation.method} {operation.path} ({where}) by Emply's own description. {COPY}"
        if answer.status != _NOT_FOUND:
            return correct
        own = self._description.content.url.removesuffix(f"/{CUSTOMER}")
        no_path = self._url is not None and not urlsplit(self._url).path
        hint = f"; EMPLY_URL has no path, and Emply's own is {own}" if no_path else ""
        return f"Check EMPLY_CUSTOMER and EMPLY_URL{hint}. If other operations answer, the path is wrong. {correct}"

    def _as_expected(self, name: str, answer: Answer, identity: str) -> Check:
        called, lists = _called(name), name.startswith("list_")
        body = self._connection.rows(name, answer) if lists else [self._connection.object_of(name, answer)]
        if not isinstance(body, list) or not all(map(_id, body)):
            what = "a list of objects with an id" if lists else "an object with an id"
            where = self._description.where("fields", NEEDS[name].record)
            return failed(
                called, f"answers with something else than {what}",
                f"Compare lists.rows and the fields ({where}) with Emply's own description. {COPY}",
            )  # fmt: skip
        if not lists:
            return self._unfit(name, body) or ok(called, "answers as expected")
        if not body:
            return ok(called, "answers as expected, with no rows")
        self._first[name] = _id(body[0])
        return self._unfit(name, body) or self._pages(name, identity)

    def _unfit(self, name: str, rows: Sequence[Row]) -> Check | None:
        """What is wrong with the fields of these rows."""
        try:
            _FRAMES[name](rows)
        except SourceUnreadable as error:
            where = self._description.where("fields", NEEDS[name].record)
            return failed(_called(name), str(error), f"Correct the field of this name ({where}). {COPY}")
        return None

    def _pages(self, name: str, identity: str) -> Check:
        """How the list pages."""
        called = _called(name)
        try:
            style = self._connection.lists.find_style(called, name, identity)
        except SourceUnreadable as error:
            return failed(called, str(error), f"Correct lists.style ({self._description.where('lists')}). {COPY}")
        except CredentialsError as error:
            return failed(called, str(error), _GIVE_ACCESS)
        return ok(called, f"answers as expected; {_PAGING[style]}")


def _id(row: object) -> str:
    """The id of an object; empty where it has none."""
    identity = row.get("id") if isinstance(row, Mapping) else None
    return identity if isinstance(identity, str) else ""


def _called(operation: str) -> str:
    return f"emply: {operation}"
