"""S: signs that only a person can act on. Nothing here leads to an action.

Here are those about one person, and what becomes of all about people. Not here: the conditions about calendars
(`calendars`), groups (`group_signs`), and employees who may belong to somebody (`near_matches`).
"""

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, is_among, take
from entra_emply.reconciliation.drafts import Drafts, findings, together
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.mapping import require_application
from entra_emply.reconciliation.rule import Rule, Values
from entra_emply.reconciliation.rules import near_matches
from entra_emply.reconciliation.rules.calendar_subjects import Calendars
from entra_emply.reconciliation.rules.calendars import NOT_EDITABLE
from entra_emply.reconciliation.rules.conditions import integration_off, roles_not_synchronized, without_employee
from entra_emply.reconciliation.rules.scope import SCOPE, PersonCondition, flag, setting, switch
from entra_emply.reconciliation.subjects import once
from entra_emply.reconciliation.unreadable import Source, code_of_source

_APPLICATION = "entra_app"

# --- people -----------------------------------------------------------------------------------------------------------


def _assigned(identities: Identities) -> Mask:
    return is_among(identities.frame["entra_id"], identities.inputs.entra_assigned["entra_id"])


@once
def _several_roles(identities: Identities) -> Mask:
    numbers, _ = pd.factorize(identities.mapping.groups["role_id"])
    roles = identities.memberships.assign(role=numbers[identities.memberships["priority"]])
    different = roles.drop_duplicates(["entra_row", "role"])["entra_row"].value_counts()
    several: Mask = identities.frame.index.isin(different.index[different > 1])
    return several


def _roles(identities: Identities, person: int) -> Values:
    """The person's groups, and the roles that they give, in settings order."""
    mine = identities.memberships.loc[identities.memberships["entra_row"] == person, "priority"]
    roles = identities.mapping.groups["role_id"].iloc[mine].drop_duplicates()
    names = [identities.inputs.names.get(role, role) for role in roles]
    return {"groups": identities.groups_of(person), "roles": names}


@once
def _left_out(identities: Identities) -> str | None:
    """G5b: the code by which the application is left out."""
    return code_of_source(identities.inputs, _APPLICATION)


def _source_code(identities: Identities, _person: int) -> Values:
    return {"code": _left_out(identities)}


application_set = setting("application_set", "sso.service_principal_id")
application_read = PersonCondition(
    "application_read", lambda identities, rows: np.full(len(rows), _left_out(identities) is None), _source_code
)
assignment_required = switch(
    "assignment_required",
    lambda identities: bool(identities.inputs.entra_application["assignment_required"].any()),
    "assignment_required",
)
not_assigned = flag(
    "not_assigned",
    lambda identities: ~_assigned(identities),
    lambda identities, person: {"assigned": bool(_assigned(identities)[person])},
)
several_roles = flag("several_roles", _several_roles, _roles)

NOT_ASSIGNED = Rule(
    "sso_not_assigned", (application_set, *SCOPE), (application_read, assignment_required, not_assigned)
)
SEVERAL_ROLES = Rule("multiple_groups_single_role", (roles_not_synchronized, *SCOPE), (without_employee, several_roles))
X = Rule("X", (integration_off,), ())
"""Before everything else: of X nothing is planned but C6."""


def require_application_read(identities: Identities) -> None:
    """Raise SettingsError (R8) where the application does not exist. What is not read is not judged (G5b)."""
    if _left_out(identities) is None:
        require_application(identities.inputs.settings, identities.inputs.entra_application)


# --- findings ---------------------------------------------------------------------------------------------------------


def source(identities: Identities) -> Source:
    """G5b: the application for single sign-on, and why it is left out."""
    wanted = identities.inputs.settings.sso.service_principal_id is not None
    return Source(_APPLICATION, wanted, _left_out(identities))


def findings_of(calendars: Calendars) -> Drafts:
    """The signs about people, drafted; some with `object` or `employee_id` of their own."""
    identities = calendars.identities
    people = [
        findings(identities.where(rule.acts(identities)), rule.name, "S") for rule in (NOT_ASSIGNED, SEVERAL_ROLES)
    ]
    return together([*people, _not_editable(calendars), near_matches.findings_of(identities)])


def _not_editable(calendars: Calendars) -> Drafts:
    """A calendar that its user may not write to does not come to Emply."""
    entra = calendars.of_entra
    rows = np.flatnonzero(NOT_EDITABLE.acts(entra))
    return findings(entra.person[rows], "calendar_not_editable", "S", object=take(entra.frame["external_id"], rows))
