"""A wish of `--why-not`, and what the facts and their plan say of it: there, given, or taken away.

Which facts would have to be different is `why_not`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from entra_emply.errors import SettingsError
from entra_emply.reconciliation.explain.levers import Person
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.plan import make_plan
from entra_emply.reconciliation.report.wording import rows
from entra_emply.reconciliation.rules.calendar_subjects import Calendars
from entra_emply.reconciliation.rules.photos import taken_over
from entra_emply.text import trimmed

_FORMS = "role:TITLE, login, photo or calendar:NAME"
_GIVE = {"login": ("create_user", "activate_user"), "photo": ("set_photo", "create_user")}
"""The kinds of actions that give it, or what it comes to."""
_WAITED_FOR = ("link_user", "activate_user")
"""What calendars wait for while it is held (C8)."""
_TAKE = {"login": ("deactivate_user",), "calendar": ("remove_calendar", "detach_calendar")}


@dataclass(frozen=True)
class Wish:
    """What somebody misses."""

    kind: Literal["login", "role", "photo", "calendar"]
    name: str | None = None

    @classmethod
    def parsed(cls, text: str) -> "Wish":
        """Of `role:HR`, `login`, `photo`, `calendar:NAME`. Raises SettingsError."""
        kind, _, name = text.strip().partition(":")
        if kind in ("login", "photo") and not name:
            return cls("login" if kind == "login" else "photo")
        if kind in ("role", "calendar") and name.strip():
            return cls("role" if kind == "role" else "calendar", name.strip())
        raise SettingsError(f"--why-not {text!r}: expected {_FORMS}")

    def __str__(self) -> str:
        return {"login": "a login", "photo": "the picture from Entra"}.get(self.kind, f"the {self.kind} {self.name}")

    def role_id(self, identities: Identities) -> str:
        """The id of the role wished for. Raises SettingsError where there is none of this title."""
        roles = identities.inputs.emply_roles
        found = roles.loc[(trimmed(roles["title"]) == self.name).fillna(False), "role_id"]
        if found.empty:
            raise SettingsError(f"--why-not: there is no role {self.name!r} in Emply")
        return str(found.iloc[0])

    def giving_groups(self, identities: Identities) -> list[str]:
        """The ids of the configured groups that give the role wished for."""
        if self.kind != "role":
            return []
        groups = identities.mapping.groups
        return groups.loc[groups["role_id"] == self.role_id(identities), "group_id"].tolist()


@dataclass(frozen=True)
class PersonsWish:
    """A wish, and whose it is by ids (entra_id, emply_user_id)."""

    wish: Wish
    ids: "tuple[str | None, str | None]"

    def person(self, identities: Identities) -> Person | None:
        """The person among these, and the group that gives what is wished for."""
        frame, (entra_id, login) = identities.frame, self.ids
        mine = (frame["entra_id"] == entra_id) if entra_id else (frame["emply_user_id"] == login)
        found = np.flatnonzero(mine.fillna(False).to_numpy(dtype=bool))
        if not len(found):
            return None
        group = next(iter(self.wish.giving_groups(identities)), None)
        return Person(identities, int(found[0]), group, self.wish.name if self.wish.kind == "calendar" else None)

    def is_there(self, identities: Identities) -> bool:
        """Whether the person has what is wished for, before anything is planned."""
        person = self.person(identities)
        if person is None:
            return False
        row = person.row
        if self.wish.kind == "login":
            return bool(identities.in_emply[row] and identities.active[row])
        if self.wish.kind == "role":
            at = int(identities.frame["emply_row"].iloc[row])
            roles = identities.inputs.emply_users["role_ids"]
            return at >= 0 and self.wish.role_id(identities) in list(roles.iloc[at])
        if self.wish.kind == "calendar":
            here = identities.inputs.emply_calendars
            mine = here[(here["user_id"] == person.id_of("emply_user_id")).fillna(False)]
            of_room = Calendars.where_nobody_waits(identities).of_emply
            theirs = of_room.frame["name"][of_room.of_room & (of_room.person == row)]
            return bool((mine["name"] == self.wish.name).fillna(False).any() or (theirs == self.wish.name).any())
        return bool(taken_over(identities)[row])

    def comes(self, identities: Identities) -> bool:
        """Whether it is there, or the plan of these gives it, held or not."""
        return self.is_there(identities) or bool(self.given_by(identities))

    def given_by(self, identities: Identities) -> list[dict[str, Any]]:
        """The actions of the plan that give it, held or not."""
        return [row for row in self._actions(identities) if self._gives(identities, row)]

    def taken_by(self, identities: Identities) -> list[dict[str, Any]]:
        """The actions of the plan that take it away, held or not."""
        return [row for row in self._actions(identities) if self._takes(identities, row)]

    def _gives(self, identities: Identities, row: Mapping[str, Any]) -> bool:
        after = row["after"] or {}
        if self.wish.kind == "role":
            return self.wish.role_id(identities) in after.get("roleIds", [])
        if self.wish.kind == "calendar":
            waits = row["kind"] in _WAITED_FOR and row["held_by"] != ""
            return after.get("name") == self.wish.name or row["kind"] == "create_user" or waits
        return row["kind"] in _GIVE[self.wish.kind]

    def _takes(self, identities: Identities, row: Mapping[str, Any]) -> bool:
        before, after = row["before"] or {}, row["after"] or {}
        if self.wish.kind == "role":
            role = self.wish.role_id(identities)
            return role in before.get("roleIds", []) and role not in after.get("roleIds", [])
        named = self.wish.kind != "calendar" or before.get("name") == self.wish.name
        return named and row["kind"] in _TAKE.get(self.wish.kind, ())

    def _actions(self, identities: Identities) -> list[dict[str, Any]]:
        """The plan's actions about the person."""
        plan = make_plan(identities.inputs, identities.frame if identities.inputs.settings.enabled else None)
        entra_id, login = self.ids
        return [
            row
            for row in rows(plan.actions)
            if (entra_id is not None and row["entra_id"] == entra_id)
            or (login is not None and row["emply_user_id"] == login)
        ]
