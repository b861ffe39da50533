"""The state both services stand on: read from a scenario, given back as one. What may be done with it is theirs."""

import base64
import time
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar, cast

from sandbox.exchange import Row
from sandbox.history import History
from sandbox.settings import TENANT_ID

T = TypeVar("T")
Table = dict[str, Row]
"""Rows by id, in the order of the scenario. A row is replaced, never changed, so a copied table stays what it was."""

ORGANIZATION: Row = {
    "id": TENANT_ID,
    "displayName": "Contoso",
    "onPremisesSyncEnabled": None,
    "verifiedDomains": [
        {"name": "contoso.com", "isDefault": True, "isInitial": False},
        {"name": "contoso.onmicrosoft.com", "isDefault": False, "isInitial": True},
    ],
}


class ScenarioError(ValueError):
    """A scenario that cannot be; the message says where and why."""


class Section:
    """One service's part: tables by the scenario's names, and what was derived from them until the next change."""

    tables: tuple[str, ...] = ()
    by_user: tuple[str, ...] = ()
    single: tuple[str, ...] = ()

    def __init__(self, document: Row) -> None:
        unknown = document.keys() - {*self.tables, *self.by_user, *self.single}
        if unknown:
            raise ScenarioError(f"unknown: {', '.join(sorted(unknown))}")
        self._tables: dict[str, Row] = {name: _table(name, document.get(name)) for name in self.tables}
        self._tables |= {name: _mapping(name, document.get(name)) for name in self.by_user}
        self._memo: dict[tuple[str, ...], dict[object, object]] = {}

    def __getitem__(self, table: str) -> Table:
        return self._tables[table]

    def put(self, table: str, row: Row) -> None:
        """Add or replace a row. What was derived from the table is forgotten."""
        self._tables[table][row["id"]] = row
        self._forget(table)

    def remove(self, table: str, name: str) -> None:
        """Remove the row of this id, which is there. What was derived from the table is forgotten."""
        del self._tables[table][name]
        self._forget(table)

    def put_of_user(self, table: str, user: str, value: Any) -> None:  # noqa: ANN401 - a photo, a list of calendars
        """Replace what belongs to a user; the value itself is never changed afterwards."""
        self._tables[table][user] = value
        self._forget(table)

    def merge(self, other: "Section") -> None:
        """Add or replace the rows that the other section has."""
        for name in self._tables:
            self._tables[name] = {**self._tables[name], **other[name]}
        self._memo = {}

    def memo(self, key: object, make: Callable[[], T], of: tuple[str, ...] | None = None) -> T:
        """`make()`, computed once until one of the tables `of` changes (None: any of the scenario's lists)."""
        memo = self._memo.setdefault(self.tables if of is None else of, {})
        if key not in memo:
            memo[key] = make()
        return cast("T", memo[key])

    def _forget(self, table: str) -> None:
        for of, memo in self._memo.items():
            if table in of:
                memo.clear()

    def copy(self) -> "Section":
        """The section as it is now; later changes do not reach it."""
        other = object.__new__(type(self))
        other.__dict__ = {
            **self.__dict__,
            "_tables": {name: dict(rows) for name, rows in self._tables.items()},
            "_memo": {},
        }
        return other

    def document(self) -> Row:
        """The section in the scenario's form."""
        lists = {name: list(self._tables[name].values()) for name in self.tables}
        return {**lists, **{name: self._tables[name] for name in self.by_user}}


class Entra(Section):
    """The tenant: users, groups with their members, and what belongs to users."""

    tables = ("users", "groups", "deletedUsers", "servicePrincipals")
    by_user = ("photos", "calendars")
    single = ("organization",)

    def __init__(self, document: Row) -> None:
        super().__init__(document)
        for user, calendars in self["calendars"].items():
            _check_calendars(user, calendars)
        for user, photo in self["photos"].items():
            _check_photo(user, photo)
        self.organization: Row = {**ORGANIZATION, **(document.get("organization") or {})}

    def document(self) -> Row:
        """The tenant in the scenario's form."""
        return {"organization": self.organization, **super().document()}


class Emply(Section):
    """The customer's users, employees, roles, departments, calendars and events."""

    tables = ("users", "employees", "roles", "departments", "calendars", "events")


class State:
    """Both sections now and, where stale reads are asked for, as they were a while ago."""

    def __init__(self, scenario: object = None) -> None:
        self.entra = Entra({})
        self.emply = Emply({})
        self._keep_seconds = 0.0
        self._past: deque[tuple[float, Section, Section]] = deque()
        self.history = History()
        self.load({} if scenario is None else scenario)

    def load(self, scenario: object) -> None:
        """Replace everything; raises `ScenarioError` and changes nothing where it cannot be read."""
        if not isinstance(scenario, dict) or (unknown := scenario.keys() - {"entra", "emply"}):
            named = f": unknown: {', '.join(sorted(unknown))}" if isinstance(scenario, dict) else ""
            raise ScenarioError(f'a scenario is an object of "entra" and "emply"{named}')
        sections = (_section(Entra, "entra", scenario), _section(Emply, "emply", scenario))
        self.before_change()
        self.entra, self.emply = sections

    def change(self, part: object) -> None:
        """Add or replace the rows of a part of a scenario, by their ids; everything else stays.

        Raises `ScenarioError` and changes nothing where it cannot be read.
        """
        if isinstance(part, dict) and "organization" in (part.get("entra") or {}):
            raise ScenarioError("entra: the organization is replaced only with the whole state")
        changes = State(part)
        self.before_change()
        for section, changed in ((self.entra, changes.entra), (self.emply, changes.emply)):
            section.merge(changed)

    def document(self) -> Row:
        """The whole state in the scenario's form."""
        return {"entra": self.entra.document(), "emply": self.emply.document()}

    def keep_past(self, seconds: float) -> None:
        """From now on keep what was, for stale reads of up to so many seconds; 0: forget it."""
        self._keep_seconds = seconds
        if not seconds:
            self._past.clear()

    def before_change(self) -> None:
        """To be called before every write: keeps what stale reads and deltas may still ask for."""
        self.history.observe(self.entra)
        now = time.monotonic()
        while self._past and self._past[0][0] < now - self._keep_seconds:
            self._past.popleft()
        if self._keep_seconds:
            self._past.append((now, self.entra.copy(), self.emply.copy()))

    def entra_at(self, stale_seconds: float) -> Entra:
        """The tenant as it was so many seconds ago, as far as that was kept."""
        return cast("Entra", self._at(stale_seconds)[0])

    def emply_at(self, stale_seconds: float) -> Emply:
        """The customer as it was so many seconds ago, as far as that was kept."""
        return cast("Emply", self._at(stale_seconds)[1])

    def _at(self, stale_seconds: float) -> tuple[Section, Section]:
        if stale_seconds:
            moment = time.monotonic() - stale_seconds
            for until, entra, emply in self._past:
                if until > moment:
                    return entra, emply
        return self.entra, self.emply


S = TypeVar("S", bound=Section)


def _section(kind: type[S], name: str, scenario: Row) -> S:
    document = scenario.get(name) or {}
    if not isinstance(document, dict):
        raise ScenarioError(f"{name}: expected an object")
    try:
        return kind(document)
    except ScenarioError as error:
        raise ScenarioError(f"{name}: {error}") from None


def _table(name: str, rows: object) -> Table:
    if rows is None:
        return {}
    if not isinstance(rows, list) or not all(isinstance(row, dict) and isinstance(row.get("id"), str) for row in rows):
        raise ScenarioError(f'{name}: expected a list of objects, each with an "id"')
    table = {row["id"]: row for row in rows}
    if len(table) < len(rows):
        raise ScenarioError(f"{name}: an id is there twice")
    return table


def _mapping(name: str, rows: object) -> Row:
    if rows is None:
        return {}
    if not isinstance(rows, dict):
        raise ScenarioError(f"{name}: expected an object by user id")
    return rows


def _check_calendars(user: str, calendars: object) -> None:
    """A user's calendars are a list, each with its events; or an object that says why the app may not open them."""
    if isinstance(calendars, dict):
        if not isinstance(calendars.get("error"), str):
            raise ScenarioError(f'calendars: {user}: expected a list, or an object with an "error"')
        return
    ids: set[str] = set()
    for calendar in _table(f"calendars: {user}", calendars).values():
        for name in _table(f"calendars: {user}: events", calendar.get("events")):
            if name in ids:
                raise ScenarioError(f"calendars: {user}: events: an id is there twice")
            ids.add(name)


def _check_photo(user: str, photo: object) -> None:
    content = photo.get("contentBase64") or "" if isinstance(photo, dict) else None
    try:
        base64.b64decode(cast("str", content), validate=True)
    except (ValueError, TypeError):
        raise ScenarioError(f'photos: {user}: expected an object with "mediaEtag" and "contentBase64"') from None
