"""Whether Emply answers each operation as `operations` assumes. Only what changes nothing is tried."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from entra_emply.connectors.emply.connection import Connection
from entra_emply.connectors.emply.operations import OPERATIONS, Operation
from entra_emply.connectors.http import SUCCESS, Answer, RequestFailed
from entra_emply.doctor.checks import Check, clock_of, failed, note, ok, skipped
from entra_emply.environment import PUBLIC_EMPLY, EmplyEnvironment
from entra_emply.errors import CredentialsError
from entra_emply.reconciliation.settings import Settings

_NOT_FOUND = 404
_ONE = {"skip": "0", "take": "1"}
_A_DAY = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}
_LISTED_BY = {"get_user": "list_users", "get_employee": "list_employees", "list_events": "list_calendars"}
"""Which list has an id to ask this operation for."""


def checks(environment: EmplyEnvironment, settings: Settings) -> Iterator[Check]:
    """The clock and every operation."""
    connection = Connection(environment)
    try:
        yield from _Operations(connection, settings, environment.url).checks()
    finally:
        connection.service.session.close()


class _Operations:
    """The operations, tried one after the other: a list first, then one of its rows."""

    def __init__(self, connection: Connection, settings: Settings, url: str) -> None:
        self._connection = connection
        self._settings = settings
        self._url = url
        self._first: dict[str, str] = {}
        self._untried: dict[str, list[str]] = {}
        self._out_of_reach = ""
        self._timed = False

    def checks(self) -> Iterator[Check]:
        for name, operation in OPERATIONS.items():
            needs = _LISTED_BY.get(name)
            if operation.method != "GET":
                self._untried.setdefault(operation.access, []).append(name)
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
        params = {} if name.startswith("get_") else {**_ONE, **(_A_DAY if name == "list_events" else {})}
        try:
            answer = self._connection.ask(name, identity, params)
        except RequestFailed as failure:
            self._out_of_reach = "" if failure.status else "Emply does not answer"
            yield failed(called, str(failure), "Check EMPLY_URL, the network, and CA_BUNDLE.")
            return
        except CredentialsError as error:
            self._out_of_reach = "" if name in str(error) else "Emply refuses the key"
            needed = self._settings.synchronize_calendars or not operation.path.startswith("calendars")
            remedy = "In Emply, activate the key, and give it a role that has this access."
            yield failed(called, str(error), remedy) if needed else note(called, f"{error}; it is not needed")
            return
        if not self._timed:
            self._timed = True
            yield clock_of("Emply", answer)
        yield self._judged(name, operation, answer)

    def _judged(self, name: str, operation: Operation, answer: Answer) -> Check:
        if answer.status in SUCCESS:
            return self._as_expected(name, _called(name), answer.json())
        return failed(
            _called(name), f"answered {answer.status} {answer.error_code}".rstrip(),
            self._remedy(answer, f"{operation.method} {operation.path}"),
        )  # fmt: skip

    def _remedy(self, answer: Answer, operation: str) -> str:
        """A 404 is a wrong customer or address more often than a wrong assumption, above all where all answer so."""
        correct = f"orrect {operation} in entra_emply/connectors/emply/operations.py by Emply's own description."
        if answer.status != _NOT_FOUND:
            return f"C{correct}"
        no_path = "" if urlsplit(self._url).path else f"; EMPLY_URL has no path, and Emply's own is {PUBLIC_EMPLY}"
        return f"Check EMPLY_CUSTOMER and EMPLY_URL{no_path}. If other operations answer, c{correct}"

    def _as_expected(self, name: str, called: str, body: object) -> Check:
        rows = body if isinstance(body, list) else [body]
        if name.startswith("list_") is not isinstance(body, list) or not all(map(_id, rows)):
            what = "a list of objects with an id" if name.startswith("list_") else "an object with an id"
            return failed(
                called, f"answers with something else than {what}",
                "Compare with Emply's own description; what is assumed of it is in entra_emply/connectors/emply.",
            )  # fmt: skip
        if name.startswith("list_") and rows:
            self._first[name] = _id(rows[0])
        return ok(called, "answers as expected" if rows else "answers as expected, with no rows")


def _id(row: object) -> str:
    """The id of an object; empty where it has none."""
    identity = row.get("id") if isinstance(row, Mapping) else None
    return identity if isinstance(identity, str) else ""


def _called(operation: str) -> str:
    return f"emply: {operation}"
