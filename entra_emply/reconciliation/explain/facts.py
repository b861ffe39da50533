"""What is known of one person, as the statements ask for it. Found together by `gathering`; nothing is decided here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import pandas as pd

from entra_emply.reconciliation.explain.statement import first_failed, listed
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.rule import looked_at
from entra_emply.reconciliation.rules import conditions, scope
from entra_emply.reconciliation.rules.calendar_subjects import Calendars
from entra_emply.reconciliation.settings import Settings
from entra_emply.reconciliation.words import CONDITIONS
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
    "crosswise", another "address"), `why` why it is not the person's counterpart, or what its sharing means.
    """

    system: str
    id: str
    who: str
    shares: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Facts:
    """One person: the Entra user, the Emply user and the employee (None where there is none), and what they are to
    each other.

    `identities` are the people around them, `row` is theirs (None for an employee whom nobody belongs to); `calendars`
    are the same people, as C asks about them. `guard_counts` is what the guards counted for the plan, None: not known.
    `identity` are values of the join: entra_id, matched_by, address.
    `carried` are the employees that carry the person's e-mail. `deactivated`: the pipeline's own deactivation that
    stands. `link`: the ledger's row, if there is one.
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
    deactivated: Row | None = None
    link: Row | None = None
    protected: tuple[str, ...] = ()
    near: tuple[Row, ...] = ()
    rivals: tuple[Other, ...] = ()
    candidates: tuple[Other, ...] = ()
    actions: tuple[Row, ...] = ()
    findings: tuple[Row, ...] = ()
    hybrid_tenant: bool = False
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
        return self.holds(conditions.linked)

    @property
    def left_alone(self) -> bool:
        """M4: somebody else carries one of the person's addresses, too, so that they are matched with nobody."""
        return self.holds(conditions.left_alone)

    @property
    def matched(self) -> bool:
        """Linked, or matched in this plan; the Entra user exists."""
        return self.holds(conditions.matched)

    @property
    def in_scope(self) -> bool:
        """rules.md, "in scope"."""
        return self.holds(*scope.SCOPE)

    @property
    def reconcilable(self) -> bool:
        """In scope and matched: whom L4, R and A are about."""
        return self.holds(*conditions.RECONCILABLE)

    @property
    def newcomer(self) -> bool:
        """In scope, unmatched, not left alone."""
        return self.holds(*scope.SCOPE, conditions.not_left_alone, conditions.unmatched)

    @property
    def gone(self) -> bool:
        """Linked to an Entra user that is not there any more."""
        return self.holds(conditions.linked, scope.gone_from_entra)

    @property
    def made_since(self) -> bool:
        """The plan made a login, and that was done: it is not in what was read."""
        making = self.action("L1")
        return making is not None and making["action_id"] in self.done

    @property
    def external(self) -> bool:
        """M6: an Emply user that belongs to no Entra user."""
        return self.holds(*conditions.EXTERNAL)

    # What follows from it

    def holds(self, *asked: scope.PersonCondition) -> bool:
        """Whether all of these hold for the person; none does for an employee whom nobody belongs to."""
        return self.row is not None and all(looked.holds for looked in looked_at(asked, self.identities, self.row))

    @property
    def active(self) -> bool:
        """The Emply user may log in, before this plan."""
        return self.holds(conditions.in_emply, conditions.login_active)

    @property
    def status(self) -> str | None:
        """The employee's status."""
        return None if self.employee is None else str(self.employee["status"])

    @property
    def archived(self) -> bool:
        """The person's employee is archived."""
        return self.holds(conditions.employee_archived)

    @property
    def main(self) -> Group | None:
        """The configured group that comes first in the settings: it gives department, language and currency."""
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
        if self.settings.enabled and self.gone:
            return CONDITIONS[scope.gone_from_entra.name].holds
        return self.first_failed(conditions.integration_on, *scope.SCOPE)

    @property
    def not_reconciled(self) -> str | None:
        """Why neither roles nor fields are synchronised, as a half sentence; None for `reconcilable`."""
        if self.out_of_scope:
            return self.out_of_scope
        if self.made_since:
            return "the login was made after this was read"
        return self.first_failed(*conditions.RECONCILABLE)

    def first_failed(self, *asked: scope.PersonCondition) -> str | None:
        """The words of the first of these that fails. Of who is only an employee there is no Entra user."""
        if self.row is None:
            return CONDITIONS[scope.in_entra.name].fails
        return first_failed(asked, self.identities, self.row)

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

    def finding(self, code: str) -> Row | None:
        """The plan's finding of this code, if there is one."""
        return next((row for row in self.findings if row["code"] == code), None)
