"""The page's "Terms": how text is compared, what is in scope, whose employee is whose. No rule that plans an action."""

import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any

Row = dict[str, Any]


class ConfigurationError(Exception):
    """R8: the settings name something that is not there, or is there twice."""


@lru_cache(maxsize=100_000)
def key(text: str | None) -> str | None:
    """How e-mails and usernames are compared."""
    if text is None:
        return None
    return unicodedata.normalize("NFC", _without_format_characters(text)).strip().casefold() or None


def _without_format_characters(text: str) -> str:
    """Without category Cf: zero-width and direction marks."""
    return "".join(letter for letter in text if unicodedata.category(letter) != "Cf")


def as_address(text: str | None) -> str | None:
    """An address as written, but for what `key` drops; blank as null."""
    return None if text is None else _without_format_characters(text).strip() or None


def trimmed(text: str | None) -> str | None:
    """How all other text is compared."""
    if text is None:
        return None
    return text.strip() or None


def written(text: str | None) -> str | None:
    """Text as the source has it, blank as null."""
    return text if trimmed(text) is not None else None


def get(row: Row, name: str, default: Any = None) -> Any:  # noqa: ANN401
    """A property, or its default where it is absent or null."""
    value = row.get(name)
    return default if value is None else value


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def email_of_entra_user(user: Row) -> str | None:
    if key(user.get("mail")) is not None:
        return key(user.get("mail"))
    upn = principal_name(user)
    if get(user, "userType", "Member") != "Member" or upn is None or "#ext#" in upn:
        return None
    return upn


def email_as_written(user: Row) -> str | None:
    """The e-mail that L1 and A2 give: `mail` as written, else the UPN; null for who has no e-mail."""
    if email_of_entra_user(user) is None:
        return None
    return as_address(user.get("mail")) or as_address(user.get("userPrincipalName"))


def principal_name(user: Row) -> str | None:
    """The key of the UPN, in any form."""
    return key(user.get("userPrincipalName"))


def own_addresses(user: Row) -> set[str]:
    """The UPN, in any form, and the e-mail of an Entra user, as keys."""
    return {address for address in (principal_name(user), email_of_entra_user(user)) if address is not None}


def addresses(user: Row) -> set[str]:
    """UPN (unless of the form #ext#), mail, otherMails, and the proxyAddresses of type smtp, as keys."""
    upn = principal_name(user)
    found = {None if upn is None or "#ext#" in upn else upn, key(user.get("mail"))}
    found |= {key(other) for other in get(user, "otherMails", [])}
    proxies = [key(proxy) or "" for proxy in get(user, "proxyAddresses", [])]
    found |= {key(proxy.removeprefix("smtp:")) for proxy in proxies if proxy.startswith("smtp:")}
    return {address for address in found if address is not None}


def is_enabled(user: Row) -> bool:
    return bool(get(user, "accountEnabled", True))


def is_guest(user: Row) -> bool:
    return bool(get(user, "userType", "Member") == "Guest")


@dataclass
class Group:
    """A configured group: one entry of the settings that is not a room group."""

    id: str
    role_id: str
    department_id: str | None
    language: str | None
    time_zone: str | None
    currency: str | None


@dataclass
class Mapping:
    """The settings with ids for names (R8)."""

    groups: list[Group] = field(default_factory=list)
    room_group_ids: list[str] = field(default_factory=list)
    room_time_zones: dict[str, str | None] = field(default_factory=dict)  # by room group
    protected_role_ids: set[str] = field(default_factory=set)
    renamed: list[Row] = field(default_factory=list)  # Entra groups of another name than the settings give them


@dataclass
class Inputs:
    """Everything a plan is made of."""

    scenario: Row
    settings: Row
    state: Row
    now: datetime
    mapping: Mapping
    trace: Counter[str]
    unreadable: Row = field(default_factory=dict)  # "photos", "mailboxes": {entra id: code}; "sources": {source: code}
    member_read_hidden: bool = False
    counting: dict[str, set[str]] = field(default_factory=dict)  # the addresses that count for M3b, by Entra user
    _members: dict[str, set[str]] = field(default_factory=dict)

    def entra(self, kind: str) -> list[Row]:
        return get(get(self.scenario, "entra", {}), kind, [])

    def emply(self, kind: str) -> list[Row]:
        return get(get(self.scenario, "emply", {}), kind, [])

    def recorded(self, kind: str) -> list[Row]:
        return get(self.state, kind, [])

    def of_user(self, kind: str, entra_id: str | None) -> Any:  # noqa: ANN401
        """What the scenario holds by Entra user ("photos", "calendars"); None: there is no entry."""
        return get(get(self.scenario.get("entra") or {}, kind, {}), entra_id or "")

    def switch(self, name: str) -> bool:
        return bool(get(self.settings, name, False))

    def write_back(self, name: str) -> bool:
        return bool(get(get(self.settings, "entra_write_back", {}), name, False))

    def guard(self, name: str, min_count: int, percent: int) -> tuple[int, Fraction]:
        limits = get(get(self.settings, "guards", {}), name, {})
        return int(get(limits, "min_count", min_count)), Fraction(str(get(limits, "percent", percent)))

    def members(self, group_id: str) -> set[str]:
        """The ids of a group's members; with `nested_groups`, those of the groups in it as well."""
        if group_id not in self._members:
            self._members[group_id] = self._read_members(group_id)
        return self._members[group_id]

    def _read_members(self, group_id: str) -> set[str]:
        direct = {group["id"]: get(group, "members", []) for group in self.entra("groups")}
        if not self.switch("nested_groups"):
            return set(direct.get(group_id, []))
        found: set[str] = set()
        to_visit = [group_id]
        while to_visit:
            for member in direct.get(to_visit.pop(), []):
                if member not in found:
                    found.add(member)
                    to_visit.append(member)
        return found

    def groups_of(self, entra_id: str) -> list[Group]:
        return [group for group in self.mapping.groups if entra_id in self.members(group.id)]

    def is_room(self, entra_id: str) -> bool:
        return any(entra_id in self.members(group_id) for group_id in self.mapping.room_group_ids)

    def in_scope(self, user: Row) -> bool:
        return bool(is_enabled(user) and self.groups_of(user["id"]) and not self.is_room(user["id"]))

    def not_read(self, source: str) -> str | None:
        """The code of a source that could not be read."""
        return get(get(self.unreadable, "sources", {}), source)

    def not_read_of(self, kind: str, entra_id: str | None) -> str | None:
        """The code of one person's "photos" or "mailboxes" that could not be read."""
        return get(get(self.unreadable, kind, {}), entra_id or "")

    def mailbox(self, entra_id: str | None) -> list[Row] | None:
        """The calendars of a person; None: there is no mailbox, or it could not be read."""
        if self.not_read_of("mailboxes", entra_id) is not None:
            return None
        calendars: list[Row] | None = self.of_user("calendars", entra_id)
        return calendars

    def employees_by_email(self, email: str | None) -> list[Row]:
        return [row for row in self.emply("employees") if email is not None and key(row.get("email")) == email]

    def best_employee(self, carried_id: str | None, email: str | None) -> Row | None:
        """Of the carried employee and those with the e-mail: by status, then the carried one, then by number."""
        candidates = [row for row in self.emply("employees") if row["id"] == carried_id]
        candidates += [row for row in self.employees_by_email(email) if row["id"] != carried_id]
        return best(candidates, carried_id)

    def employees_by_entra_email(self, user: Row, login: Row) -> list[Row]:
        """The employees of the Entra user's e-mail, where neither the carried id nor the Emply user's finds anybody."""
        email = email_of_entra_user(user)
        others = [row for row in self.emply("users") if row["id"] != login["id"]]
        users = [row for row in self.entra("users") if row["id"] != user["id"] and is_enabled(row)]
        if any(email_of_entra_user(row) == email for row in users):
            return []
        if any(key(row.get("email")) == email for row in others):
            return []
        carried = {row.get("employeeId") for row in others}
        found = [row for row in self.employees_by_email(email) if status(row) != "archived"]
        return [row for row in found if row["id"] not in carried]


def best(employees: list[Row], carried_id: str | None) -> Row | None:
    rank = {"active": 0, "pending": 1, "archived": 2}

    def order(row: Row) -> tuple[int, bool, int, str]:
        return rank[status(row) or ""], row["id"] != carried_id, -get(row, "number", -1), row["id"]

    return min(employees, key=order, default=None)


def status(employee: Row | None) -> str | None:
    return get(employee, "status", "active") if employee is not None else None


@dataclass(eq=False)
class Person:
    """An Entra user, an Emply user, or the two together, as this plan sees them."""

    entra_id: str | None
    user: Row | None  # the Entra user; None: it is gone
    login: Row | None  # the Emply user; None: there is none yet
    linked: bool = False  # M1
    matched_by: str | None = None  # M2, M3, M3b: "username", "email" or "address"
    replaces_link: bool = False  # M1: the Emply user's old link has lost its Entra end
    left_alone: bool = False  # M4
    groups: list[Group] = field(default_factory=list)
    is_room: bool = False
    in_scope: bool = False
    role_state: dict[str, str | None] | None = None  # group id -> role id, None: it was not mapped
    employee: Row | None = None
    has_duplicate_employees: bool = False
    found_by_entra_email: bool = False  # the employee: L12

    @property
    def login_id(self) -> str | None:
        return self.login["id"] if self.login is not None else None

    @property
    def matched(self) -> bool:
        return self.in_scope and self.login is not None and (self.linked or self.matched_by is not None)

    @property
    def enabled(self) -> bool:
        return self.user is not None and is_enabled(self.user)

    @property
    def active(self) -> bool:
        return self.login is not None and bool(get(self.login, "active", True))

    @property
    def role_ids(self) -> set[str]:
        return set(get(self.login or {}, "roleIds", []))

    @property
    def subject(self) -> str | None:
        user, login = self.user or {}, self.login or {}
        return (
            (email_of_entra_user(user) if user else None)
            or key(login.get("email"))
            or key(user.get("userPrincipalName"))
            or key(login.get("username"))
        )


def make_person(
    inputs: Inputs,
    *,
    entra_id: str | None,
    user: Row | None,
    login: Row | None,
    linked: bool = False,
    matched_by: str | None = None,
    replaces_link: bool = False,
    left_alone: bool = False,
) -> Person:
    """A person with everything that the terms say about it."""
    person = Person(entra_id, user, login, linked, matched_by, replaces_link, left_alone)
    if user is not None:
        person.groups = inputs.groups_of(user["id"])
        person.is_room = inputs.is_room(user["id"])
        person.in_scope = inputs.in_scope(user)
    if linked:  # "A new link starts without role state"
        rows = [row for row in inputs.recorded("roleStates") if row["emplyUserId"] == person.login_id]
        person.role_state = {row["groupId"]: row["roleId"] for row in rows} or None
    find_employee(inputs, person)
    return person


def find_employee(inputs: Inputs, person: Person) -> None:
    """The terms' "employee of a person"."""
    user, login = person.user, person.login
    email = key(login.get("email")) if login is not None else None
    if email is None and user is not None:
        email = email_of_entra_user(user)
    person.employee = inputs.best_employee((login or {}).get("employeeId"), email)
    by_email = inputs.employees_by_email(email)
    if person.employee is None and user is not None and login is not None and key(login.get("email")) is not None:
        by_email = inputs.employees_by_entra_email(user, login)
        person.employee = best(by_email, None)
        person.found_by_entra_email = person.employee is not None
    person.has_duplicate_employees = len(by_email) > 1


def action(person: Person, kind: str, rule: str, *, before: Row | None, after: Row | None) -> Row:
    """An action; `kind` is "emply.set_roles", and so on."""
    target, verb = kind.split(".")
    return {
        "target": target,
        "kind": verb,
        "rule": rule,
        "entra_id": person.entra_id,
        "emply_user_id": person.login_id,
        "subject": person.subject,
        "before": before,
        "after": after,
        "reason": None,
        "held_by": [],
        "held_because": [],  # for each of them the condition that is its cause
        "own_guards": [],  # without those that only another action of the person brings
    }


def finding(person: Person, code: str, rule: str) -> Row:
    return {
        "code": code,
        "rule": rule,
        "entra_id": person.entra_id,
        "emply_user_id": person.login_id,
        "employee_id": person.employee["id"] if person.employee is not None else None,
        "subject": person.subject,
        "object": None,
    }
