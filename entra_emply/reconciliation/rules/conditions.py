"""The conditions that rules of several letters ask about people of both systems, once they are joined.

Those about an Entra user alone are in `scope`, those of one letter beside its rules.
"""

from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.rule import Values
from entra_emply.reconciliation.rules.comparisons import not_clear
from entra_emply.reconciliation.rules.scope import SCOPE, PersonCondition, flag, setting


def login(identities: Identities, row: int) -> Values:
    """What the person's login is called."""
    return {"login": identities.login_of(row)}


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
    return {"shared": not_clear(identities, row)}


integration_on = setting("integration_on", "enabled")
roles_synchronized = setting("roles_synchronized", "synchronize_roles")
roles_not_synchronized = roles_synchronized.negated("roles_not_synchronized")
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

RECONCILABLE: tuple[PersonCondition, ...] = (*SCOPE, not_left_alone, matched)
"""In scope and matched: whom L4, R and A are about."""
ENTRA_LEADS: tuple[PersonCondition, ...] = (*RECONCILABLE, without_employee)
"""In scope and matched, without employee: whose roles, fields and picture follow Entra."""
EXTERNAL: tuple[PersonCondition, ...] = (in_emply, not_linked, not_left_alone, unmatched)
"""An Emply user that belongs to no Entra user (M6)."""
