"""What is known of one person, as the statements ask for it. Found together by `gathering`; nothing is decided here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import pandas as pd

from entra_emply.reconciliation.explain.statement import listed
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.rules.calendar_subjects import Calendars
from entra_emply.reconciliation.settings import Settings
from entra_emply.text import key_of

Row = Mapping[str, Any]
"""A row of a frame; missing values are None, lists are lists."""


@dataclass(frozen=True)
class Group:
    """A configured group: its name in Entra, and the role its members get in Emply."""

    group_id: str
    name: str
    role_id: str
    role: str


@dataclass(frozen=True)
class Other:
    """Somebody else who carries what the person carries.

    `system` is where ("entra", "emply"), `who` how it is called there, `shares` what is equal ("username", "email",
    "crosswise"), `why` why it is not the person's counterpart, or what its sharing means.
    """

    system: str
    id: str
    who: str
    shares: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Mailbox:
    """What is known of calendars, photos and events; None where it was not read.

    `available`: whether the mailbox may be opened. `calendars`: rows of Entra's calendars, `emply`: of Emply's for this
    person; `events`: how many Outlook events were read; `own`: how many events of Emply's calendars were made there.
    """

    available: bool | None = None
    calendars: tuple[Row, ...] = ()
    emply: tuple[Row, ...] = ()
    events: int = 0
    own: int = 0
    photo: str | None = None
    recorded_photo: str | None = None


@dataclass(frozen=True)
class Facts:
    """One person: the Entra user, the Emply user and the employee (None where there is none), and what they are to
    each other.

    `identities` are the people around them, `row` is theirs (None for an employee whom nobody belongs to); `calendars`
    are the same people, as C asks about them. `guard_counts` is what the guards counted for the plan, None: not known.
    `identity` are the values of the join (`matching.identities`) that are no rows: matched_by, in_scope and so on.
    `carried` are the employees that carry the person's e-mail. `role_state`: group id to role id, None where nothing
    was recorded. `deactivated`: the pipeline's own deactivation that stands. `link`: the ledger's row, if there is one.
    `actions` and `findings` are the plan's rows about this person; `near` the employees whose e-mail or name is nearly
    the same. `rivals` are others of the same system with the same address, `candidates` those of the other system that
    were not taken. `done` are the ids of actions that were applied since the plan was made.
    """

    identities: Identities
    calendars: Calendars
    settings: Settings
    now: datetime
    names: Mapping[str, str]
    subject: str
    row: int | None = None
    entra: Row | None = None
    login: Row | None = None
    employee: Row | None = None
    identity: Row = field(default_factory=dict)
    carried: tuple[Row, ...] = ()
    configured: tuple[Group, ...] = ()
    groups: tuple[Group, ...] = ()
    rooms: tuple[str, ...] = ()
    role_state: Mapping[str, str | None] | None = None
    deactivated: Row | None = None
    link: Row | None = None
    protected: tuple[str, ...] = ()
    near: tuple[Row, ...] = ()
    rivals: tuple[Other, ...] = ()
    candidates: tuple[Other, ...] = ()
    actions: tuple[Row, ...] = ()
    findings: tuple[Row, ...] = ()
    hybrid_tenant: bool = False
    mailbox: Mailbox = Mailbox()
    done: frozenset[str] = frozenset()
    guard_counts: pd.DataFrame | None = None

    # Who it is

    @cached_property
    def name(self) -> str:
        """First and last name, from wherever there is one; else the address."""
        for row, first, last in (
            (self.entra, "given_name", "surname"),
            (self.employee, "first_name", "last_name"),
            (self.login, "first_name", "last_name"),
        ):
            words = [str(row[part]).strip() for part in (first, last) if row is not None and row.get(part)]
            if words:
                return " ".join(words)
        shown = (self.entra or {}).get("display_name")
        return str(shown or self.subject)

    @property
    def address(self) -> str | None:
        """The e-mail of the Entra user (rules.md, "Terms")."""
        return self.identity.get("address")

    @property
    def email(self) -> str | None:
        """The e-mail that an employee of the person carries: the login's, else the Entra user's."""
        return key_of((self.login or {}).get("email") or "") or self.address

    @property
    def guest(self) -> bool:
        """A guest of the tenant."""
        return self.entra is not None and self.entra["user_type"] == "Guest"

    # What the join says

    @property
    def matched_by(self) -> str | None:
        """link, username, email or None."""
        return self.identity.get("matched_by")

    @property
    def linked(self) -> bool:
        """Linked before this plan."""
        return self.matched_by == "link"

    @property
    def left_alone(self) -> bool:
        """M4."""
        return bool(self.identity.get("left_alone"))

    @property
    def matched(self) -> bool:
        """Linked, or matched in this plan; the Entra user exists."""
        return self.matched_by is not None and self.entra is not None and not self.left_alone

    @property
    def in_scope(self) -> bool:
        """rules.md, "in scope"."""
        return bool(self.identity.get("in_scope"))

    @property
    def reconcilable(self) -> bool:
        """In scope and matched: whom L4, R and A are about."""
        return self.in_scope and self.matched

    @property
    def newcomer(self) -> bool:
        """In scope, unmatched, not left alone."""
        return self.in_scope and not self.matched and not self.left_alone

    @property
    def gone(self) -> bool:
        """Linked to an Entra user that is not there any more."""
        return self.linked and self.entra is None

    @property
    def made_since(self) -> bool:
        """The plan made a login, and that was done: it is not in what was read."""
        making = self.action("L1")
        return making is not None and making["action_id"] in self.done

    @property
    def external(self) -> bool:
        """M6: an Emply user that belongs to no Entra user."""
        return self.login is not None and self.matched_by is None and not self.left_alone

    # What follows from it

    @property
    def active(self) -> bool:
        """The Emply user may log in, before this plan."""
        return self.login is not None and bool(self.login["active"])

    @property
    def becomes_active(self) -> bool:
        """rules.md, "active (C, E, P)": active or activated in this plan, and not deactivated in it."""
        kinds = {row["kind"] for row in self.actions if row["target"] == "emply"}
        return (self.active or "activate_user" in kinds) and "deactivate_user" not in kinds

    @property
    def status(self) -> str | None:
        """The employee's status."""
        return None if self.employee is None else str(self.employee["status"])

    @property
    def archived(self) -> bool:
        """The employee is archived."""
        return self.status == "archived"

    @property
    def resigning(self) -> bool:
        """The employee is on the way out: a resignation date, pending or archived."""
        return self.employee is not None and (bool(self.employee["resignation_date"]) or self.status != "active")

    @property
    def main(self) -> Group | None:
        """The main group."""
        return self.groups[0] if self.groups else None

    @property
    def roles(self) -> tuple[str, ...]:
        """Titles of the roles in Emply."""
        return self.titles(self.role_ids)

    @property
    def role_ids(self) -> tuple[str, ...]:
        """Ids of the roles in Emply."""
        return tuple((self.login or {}).get("role_ids") or ())

    @property
    def wanted_roles(self) -> tuple[str, ...]:
        """Titles of the roles of the person's groups, in settings order, each once."""
        return tuple(dict.fromkeys(group.role for group in self.groups))

    @property
    def missing_roles(self) -> tuple[str, ...]:
        """Titles of the groups' roles that the Emply user does not have."""
        missing = (group.role for group in self.groups if group.role_id not in self.role_ids)
        return tuple(dict.fromkeys(missing))

    @property
    def extra_roles(self) -> tuple[str, ...]:
        """Titles of the roles in Emply that none of the person's groups gives."""
        given = {group.role_id for group in self.groups}
        return self.titles([each for each in self.role_ids if each not in given])

    @property
    def protected_held(self) -> tuple[str, ...]:
        """Titles of the protected roles that the Emply user has."""
        return self.titles([each for each in self.role_ids if each in self.protected])

    @property
    def out_of_scope(self) -> str | None:
        """Why the person is not in scope, as a half sentence; None for who is."""
        if self.in_scope:
            return None
        if not self.settings.enabled:
            return "the integration is switched off (enabled: false)"
        if self.entra is None:
            return "the Entra user is gone" if self.gone else "there is no Entra user"
        if not self.identity.get("enabled"):
            return "the account is disabled in Entra"
        if self.rooms:
            return f"it is a member of the room group {listed(self.rooms)}"
        return f"it is in none of the configured groups ({listed([group.name for group in self.configured])})"

    @property
    def not_reconciled(self) -> str | None:
        """Why neither roles nor fields are synchronised, as a half sentence; None for `reconcilable`."""
        if self.reconcilable:
            return None
        if self.left_alone:
            return "more than one user carries its address (M4)"
        return self.out_of_scope or self.no_login or "it is matched with nobody"

    @property
    def no_login(self) -> str | None:
        """That there is no login, as a half sentence; None where there is one."""
        if self.login is not None:
            return None
        return "its login was made after this was read" if self.made_since else "it has no login in Emply yet"

    def titles(self, ids: "tuple[str, ...] | list[str]") -> tuple[str, ...]:
        """What ids are called."""
        return tuple(self.names.get(each, each) for each in ids)

    # What the plan says

    def planned(self, *rules: str, kind: str | None = None) -> Iterator[Row]:
        """The plan's actions by these rules (any, without), of this kind."""
        for row in self.actions:
            if (not rules or row["rule"] in rules) and (kind is None or row["kind"] == kind):
                yield row

    def action(self, *rules: str, kind: str | None = None) -> Row | None:
        """The first of `planned`."""
        return next(self.planned(*rules, kind=kind), None)

    def fate(self, action: Row) -> str:
        """What becomes of a planned action, in brackets."""
        if action["action_id"] in self.done:
            return "(done since)"
        if action["held_by"]:
            return f"(held by {listed(list(action['held_by']))} until approved)"
        return "(planned)"

    def finding(self, code: str, rule: str | None = None) -> Row | None:
        """The plan's finding of this code (and rule), if there is one."""
        found = (row for row in self.findings if row["code"] == code and rule in (None, row["rule"]))
        return next(found, None)
