"""The conditions that rules of several letters ask about people. Those of one letter are beside its rules."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask
from entra_emply.reconciliation.entra_users import EntraUsers
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.rule import Condition, Values, nothing
from entra_emply.text import key

Scoped = EntraUsers | Identities
PersonCondition = Condition[Any]
"""About people, or about Entra users that are compared: whatever has the flags that the condition asks for."""


def flag(name: str, mask: Callable[[Any], Mask], compared: Callable[[Any, int], Values] = nothing) -> PersonCondition:
    """A condition of which the answer for every row is known."""
    return Condition(name, lambda subjects, rows: mask(subjects)[rows], compared)


def switch(name: str, on: Callable[[Identities], bool]) -> PersonCondition:
    """A condition about the settings, the same for everybody."""
    return Condition(name, lambda identities, rows: np.full(len(rows), on(identities)))


def _groups(identities: Scoped, row: int) -> Values:
    return {"groups": identities.groups_of(row), "configured": identities.configured_groups}


def _rooms(identities: Scoped, row: int) -> Values:
    return {"rooms": identities.rooms_of(row)}


def login(identities: Identities, row: int) -> Values:
    """What the person's login is called."""
    return {"login": identities.login_of(row)}


def called(logins: pd.DataFrame) -> "pd.Series[str]":
    """What Emply users are called: the username, else the e-mail, else the id, blank ones left out."""
    names = (logins[column].where(key(logins[column]).notna()) for column in ("username", "email"))
    return next(names).fillna(next(names)).fillna(logins["emply_user_id"])


def employee(identities: Identities, row: int) -> Values:
    """The employee's status, and the e-mail that an employee of the person has."""
    return {"status": identities.text("employee", "status", row), "email": identities.email_of_employee(row)}


def _email(identities: Identities, row: int) -> Values:
    return {"email": identities.value("address", row)}


def both_emails(identities: Identities, row: int) -> Values:
    """The e-mail of the Entra user, and that of the login."""
    return {"email": identities.value("address", row), "login_email": identities.text("emply", "email", row)}


def _shared(identities: Identities, row: int) -> Values:
    """The address for which the person is left alone."""
    from entra_emply.reconciliation.rules.matching import not_clear  # noqa: PLC0415 (M is made of these conditions)

    return {"shared": not_clear(identities, row)}


integration_on = switch("integration_on", lambda identities: identities.inputs.settings.enabled)
roles_synchronized = switch("roles_synchronized", lambda identities: identities.inputs.settings.synchronize_roles)
roles_not_synchronized = roles_synchronized.negated("roles_not_synchronized")
in_entra = flag("in_entra", lambda identities: identities.in_entra)
gone_from_entra = in_entra.negated("gone_from_entra")
enabled = flag("enabled", lambda identities: identities.enabled)
disabled = enabled.negated("disabled")
in_group = flag("in_group", lambda identities: identities.in_group, _groups)
in_no_group = in_group.negated("in_no_group")
in_room = flag("in_room", lambda identities: identities.in_room, _rooms)
not_in_room = in_room.negated("not_in_room")
in_emply = flag("in_emply", lambda identities: identities.in_emply, login)
matched = flag("matched", lambda identities: identities.matched, login)
unmatched = matched.negated("unmatched")
linked = flag("linked", lambda identities: identities.linked, login)
not_linked = linked.negated("not_linked")
left_alone = flag("left_alone", lambda identities: identities.left_alone, _shared)
not_left_alone = left_alone.negated("not_left_alone")
login_active = flag("login_active", lambda identities: identities.active, login)
login_deactivated = login_active.negated("login_deactivated")
with_employee = flag("with_employee", lambda identities: identities.has_employee, employee)
without_employee = with_employee.negated("without_employee")
employee_archived = flag("employee_archived", lambda identities: identities.employee_archived, employee)
employee_not_archived = employee_archived.negated("employee_not_archived")
employee_by_entra_email = flag(
    "employee_by_entra_email",
    lambda identities: identities.frame["employee_by_entra_email"].to_numpy(dtype=bool),
    both_emails,
)
has_email = flag("has_email", lambda identities: identities.has_email, _email)
no_email = has_email.negated("no_email")
integration_off = integration_on.negated("integration_off")

ENABLED_IN_GROUP: tuple[PersonCondition, ...] = (enabled, in_group, not_in_room)
SCOPE: tuple[PersonCondition, ...] = (in_entra, *ENABLED_IN_GROUP)
"""rules.md, "in scope"."""
RECONCILABLE: tuple[PersonCondition, ...] = (*SCOPE, not_left_alone, matched)
"""In scope and matched: whom L4, R and A are about."""
ENTRA_LEADS: tuple[PersonCondition, ...] = (*RECONCILABLE, without_employee)
"""In scope and matched, without employee: whose roles, fields and picture follow Entra."""
EXTERNAL: tuple[PersonCondition, ...] = (in_emply, not_linked, not_left_alone, unmatched)
"""An Emply user that belongs to no Entra user (M6)."""
