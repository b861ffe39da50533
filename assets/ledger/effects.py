"""What each kind of action does to its target: is it still called for, how it is written, and whether it holds already.

The only module that changes Entra or Emply. It knows no database: what the ledger remembers is `outcomes`.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from assets.errors import TargetRefused
from assets.frames import Read

JsonObject = Mapping[str, object]

ORDER = (
    "emply.deactivate_user",
    "ledger.link_user",
    "emply.create_user",
    "emply.activate_user",
    "emply.set_roles",
    "emply.update_user",
)
"""The kinds in the order of applying. (rules.md, "Applying" 2)"""

_PAUSES = (1.0, 4.0)
"""Seconds before what got lost is tried again; what a service asks for itself is waited for in `assets.http`."""

_DEFAULTS = {"active": True, "accountEnabled": True}  # of absent properties (rules.md)


class Graph(Protocol):
    """What applying needs of the Graph client."""

    def tenant(self) -> Read:
        """One row: the tenant."""
        ...

    def user(self, entra_id: str) -> JsonObject | None:
        """The user as it is now; None where it is gone."""
        ...

    def deleted_user(self, entra_id: str) -> bool:
        """Whether the user is in deletedItems."""
        ...

    def member_of(self, entra_id: str) -> frozenset[str]:
        """The groups it is a direct member of."""
        ...

    def transitive_groups(self, group_id: str) -> frozenset[str]:
        """The groups inside a group, at any depth."""
        ...


class Emply(Protocol):
    """What applying needs of the Emply client."""

    @property
    def customer(self) -> str:
        """Whose Emply it is."""
        ...

    def user(self, emply_user_id: str) -> JsonObject | None:
        """The user as it is now; None where there is none."""
        ...

    def find_user(self, username: str | None, email: str | None) -> JsonObject | None:
        """The user of this username or, failing that, e-mail."""
        ...

    def create_user(self, fields: JsonObject) -> str:
        """Make a user; its id. Raises TargetRefused."""
        ...

    def update_user(self, emply_user_id: str, fields: JsonObject) -> None:
        """Change these fields of a user. Raises TargetRefused."""
        ...


@dataclass(frozen=True)
class Action:
    """One action of a plan, as far as applying it needs. `approved`: a person approved it, it was not simply free."""

    plan_no: int
    action_id: str
    target: str
    kind: str
    reason: str | None
    entra_id: str | None
    emply_user_id: str | None
    before: JsonObject | None
    after: JsonObject | None
    approved: bool

    @property
    def name(self) -> str:
        """Target and kind: `emply.set_roles`."""
        return f"{self.target}.{self.kind}"


@dataclass
class Targets:
    """Both systems, and the groups of the plan's settings. Nested groups are looked up once for each plan."""

    graph: Graph
    emply: Emply
    configured_groups: tuple[str, ...]
    room_groups: tuple[str, ...]
    nested_groups: bool
    _nested: dict[str, frozenset[str]] = field(default_factory=dict)

    def is_member(self, entra_id: str, groups: tuple[str, ...]) -> bool:
        """Whether the user is in one of the groups now; with `nested_groups` through groups in them, too."""
        direct = self.graph.member_of(entra_id)
        return any(not direct.isdisjoint(self._with_nested(group)) for group in groups)

    def _with_nested(self, group: str) -> frozenset[str]:
        if group not in self._nested:
            inside = self.graph.transitive_groups(group) if self.nested_groups else frozenset[str]()
            self._nested[group] = inside | {group}
        return self._nested[group]


def still_called_for(action: Action, targets: Targets) -> bool:
    """Whether the cause and the subject of what takes something away are still as planned; True for the rest.

    Raises SourceUnreadable where that cannot be told.
    """
    if action.name == "emply.deactivate_user":
        return _cause_holds(action, targets) and _subject_is(action.before, action, targets.emply)
    if action.name == "emply.set_roles":
        return _subject_is(action.before, action, targets.emply)
    return True


def write(action: Action, targets: Targets) -> str | None:
    """Do it, and return the id of the Emply user it was done to; None where it is no longer called for.

    An answer that was lost is followed by a look at the target, never by a blind repetition: only what was not done,
    and still is called for, is tried again. Raises TargetRefused where the target said no, and SourceUnreadable where
    it would not tell whether it was done.
    """
    pauses, unsure = iter(_PAUSES), False
    while True:
        try:
            return _write(action, targets.emply)
        except TargetRefused as refused:
            # A later try may also be refused because an earlier one came through after all: an address in use.
            unsure = unsure or refused.uncertain
            done = look(action, targets.emply) if unsure else None
            if done is not None:
                return done
            pause = next(pauses, None)
            if pause is None or not refused.uncertain:
                raise
        time.sleep(pause)
        if not still_called_for(action, targets):
            return look(action, targets.emply)


def look(action: Action, emply: Emply) -> str | None:
    """The id of the Emply user for whom `after` already holds, else None."""
    after = action.after or {}
    if action.name == "emply.create_user":
        found = emply.find_user(_text(after, "username"), _text(after, "email"))
        return str(found["id"]) if found is not None and _holds(after, found) else None
    return action.emply_user_id if _subject_is(after, action, emply) else None


def _write(action: Action, emply: Emply) -> str:
    fields = action.after or {}
    if action.name == "emply.create_user":
        return emply.create_user({name: value for name, value in fields.items() if value is not None})
    if action.emply_user_id is None:
        raise ValueError(f"{action.name} without an Emply user")
    emply.update_user(action.emply_user_id, fields)
    return action.emply_user_id


def _cause_holds(action: Action, targets: Targets) -> bool:
    if action.entra_id is None:
        return False
    user = targets.graph.user(action.entra_id)
    if action.reason == "deleted_in_entra":
        return user is None or targets.graph.deleted_user(action.entra_id)
    if user is None:
        return False
    if action.reason == "account_disabled":
        return _value(user, "accountEnabled") is False
    if action.reason == "removed_from_group":
        return not targets.is_member(action.entra_id, targets.configured_groups)
    return action.reason == "is_room" and targets.is_member(action.entra_id, targets.room_groups)


def _subject_is(values: JsonObject | None, action: Action, emply: Emply) -> bool:
    user = emply.user(action.emply_user_id) if action.emply_user_id is not None else None
    return user is not None and _holds(values or {}, user)


def _holds(values: JsonObject, user: JsonObject) -> bool:
    return all(_same(value, _value(user, name)) for name, value in values.items())


def _value(user: JsonObject, name: str) -> object:
    value = user.get(name)
    return _DEFAULTS.get(name) if value is None else value


def _text(fields: JsonObject, name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) else None


def _same(one: object, other: object) -> bool:
    """Lists in any order, text trimmed, blank and empty are null. (rules.md, "Terms")"""
    return _plain(one) == _plain(other)


def _plain(value: object) -> object:
    if isinstance(value, str):
        return value.strip() or None
    return (sorted(set(value)) or None) if isinstance(value, list | tuple) else value
