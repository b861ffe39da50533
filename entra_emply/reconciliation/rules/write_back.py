"""W: what Emply writes to Entra, where it may: its users are created, kept in step, and deleted with their employee.

That a hybrid tenant has no write-back at all (W0) is said by `mapping`. Deactivating the login of a user that W3
deletes is `lifecycle`'s; who is created, and under which sign-in name (W1), is `user_creation`'s.
"""

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, codes, is_among, positions, take, take_flag
from entra_emply.reconciliation.drafts import Drafts, actions, findings, together
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.mapping import is_hybrid
from entra_emply.reconciliation.rule import Part, Rule, Values, all_hold
from entra_emply.reconciliation.rules import user_creation
from entra_emply.reconciliation.rules.conditions import (
    RECONCILABLE,
    employee_archived,
    employee_by_entra_email,
    employee_not_archived,
    linked,
    not_left_alone,
    with_employee,
)
from entra_emply.reconciliation.rules.scope import PersonCondition, flag, in_entra, setting, switch
from entra_emply.reconciliation.rules.user_creation import EXTERNAL_ACTIVE, W1, create_on, unknown_to_entra
from entra_emply.reconciliation.subjects import once
from entra_emply.text import trimmed, written

# Entra's field: (its column of Entra users, column of employees). displayName and department are made. (W2)
_FOLLOWING = {
    "givenName": ("given_name", "first_name"),
    "surname": ("surname", "last_name"),
    "displayName": ("display_name", None),
    "jobTitle": ("job_title", "job_title"),
    "department": ("department", None),
    "mobilePhone": ("mobile_phone", "mobile_phone"),
}

# --- what W compares --------------------------------------------------------------------------------------------------


@once
def _differing(identities: Identities) -> "dict[str, Mask]":
    """W2: for each field, whose differs from the employee's, where the employee has a value; hybrid users too."""
    rows = identities.where(all_hold(_EMPLOYEE_LEADS, identities))
    differ = {}
    for name in _FOLLOWING:
        theirs, ours = (trimmed(side(identities, rows, name)) for side in (_in_emply, _in_entra))
        wanted, present = codes(theirs, ours)
        differ[name] = np.zeros(len(identities), dtype=bool)
        differ[name][rows] = (wanted >= 0) & (wanted != present)
    return differ


@once
def _employee_differs(identities: Identities) -> Mask:
    return np.logical_or.reduce([*_differing(identities).values()])


def _in_entra(identities: Identities, rows: "pd.Index[int]", name: str) -> "pd.Series[str]":
    return written(identities.entra(_FOLLOWING[name][0], rows))


def _in_emply(identities: Identities, rows: "pd.Index[int]", name: str) -> "pd.Series[str]":
    """The value of the employee, missing where it has none: displayName takes both names, department its title."""
    column = _FOLLOWING[name][1]
    if column is not None:
        return written(identities.employee(column, rows))
    if name == "displayName":
        first, last = (trimmed(identities.employee(part, rows)) for part in ("first_name", "last_name"))
        return first.str.cat(last, sep=" ")
    departments = identities.inputs.emply_departments
    row = positions(identities.employee("department_id", rows), departments["department_id"])
    return written(pd.Series(take(departments["title"], row).array, index=rows, dtype="str"))


@once
def _not_deleted_before(identities: Identities) -> Mask:
    frame, done = identities.frame, identities.inputs.state.deleted_users
    pairs = (frame["entra_id"] + "\x1f" + frame["employee_id"]).astype("str")
    return ~is_among(pairs, done["entra_id"] + "\x1f" + done["employee_id"])


@once
def _on_premises(identities: Identities) -> Mask:
    return take_flag(identities.inputs.entra_users["on_premises_sync_enabled"], identities.frame["entra_row"])


def _would_be_written(identities: Identities) -> Mask:
    return W2.reaches(identities, not_on_premises.name) | W3.reaches(identities, not_on_premises.name)


@once
def _kept(identities: Identities) -> dict[str, Mask]:
    """W4: by the switches that are off, for whom its rule would have something to do."""
    everybody = np.arange(len(identities))
    off = {each: about for each, about in _switches().items() if not each.holds(identities, everybody).any()}
    return {each.name: all_hold(about, identities) for each, about in off.items()}


def _kept_by_switch(identities: Identities) -> Mask:
    return np.logical_or.reduce([np.zeros(len(identities), dtype=bool), *_kept(identities).values()])


# --- conditions of this letter ----------------------------------------------------------------------------------------


def _fields(identities: Identities, person: int) -> Values:
    return {"differ": [Part(name) for name, mask in _differing(identities).items() if mask[person]]}


def _employee_id(identities: Identities, person: int) -> Values:
    return {"employee_id": identities.value("employee_id", person)}


def _mastered(identities: Identities, person: int) -> Values:
    return {"on_premises_sync_enabled": bool(_on_premises(identities)[person])}


def _writing(identities: Identities, person: int) -> Values:
    return {"writing": [rule.name for rule in (W2, W3) if rule.reaches(identities, not_on_premises.name)[person]]}


def _off(identities: Identities, person: int) -> Values:
    return {"off": [Part(name) for name, kept in _kept(identities).items() if kept[person]]}


login_email_agrees = employee_by_entra_email.negated("login_email_agrees")
update_on = setting("update_on", "entra_write_back.update")
delete_on = setting("delete_on", "entra_write_back.delete")
tenant_on_premises = switch(
    "tenant_on_premises", lambda identities: is_hybrid(identities.inputs.entra_tenant), "tenant_on_premises"
)
tenant_in_cloud = tenant_on_premises.negated("tenant_in_cloud")
employee_differs = flag("employee_differs", _employee_differs, _fields)
not_deleted_before = flag("not_deleted_before", _not_deleted_before, _employee_id)
on_premises = flag("on_premises", _on_premises, _mastered)
not_on_premises = on_premises.negated("not_on_premises")
would_be_written = flag("would_be_written", _would_be_written, _writing)
kept_by_switch = flag("kept_by_switch", _kept_by_switch, _off)

# --- rules ------------------------------------------------------------------------------------------------------------


def _name_before(identities: Identities, person: int) -> Values:
    becomes = "is_deactivated" if identities.active[person] else "stays_deactivated"
    return {"name": identities.text("entra", "user_principal_name", person), "becomes": Part(becomes)}


_EMPLOYEE_LEADS = (*RECONCILABLE, with_employee, employee_not_archived, login_email_agrees)
W0 = Rule("W0", (in_entra, tenant_in_cloud, on_premises), (would_be_written,))
W2 = Rule("W2", _EMPLOYEE_LEADS, (update_on, employee_differs, not_on_premises))
W3 = Rule(
    "W3",
    (linked, in_entra, not_left_alone, employee_archived),
    (delete_on, not_deleted_before, not_on_premises),
    told=_name_before,
)
W4 = Rule("W4", (kept_by_switch,), ())

RULES = (W0, W1, W2, W3, W4)


def _switches() -> dict[PersonCondition, tuple[PersonCondition, ...]]:
    """W4: each switch, and of whom its rule has something to do or to tell once it is on."""
    return {
        create_on: (*EXTERNAL_ACTIVE, unknown_to_entra),
        update_on: (*_EMPLOYEE_LEADS, employee_differs),
        delete_on: (*W3.about, not_deleted_before),
    }


def actions_of(identities: Identities) -> Drafts:
    """W1, W2, W3 with their switches on (W4), drafted."""
    return together([_updates(identities), user_creation.actions_of(identities), _deletions(identities)])


def findings_of(identities: Identities) -> Drafts:
    """What W0, W1 have to say, drafted."""
    on_premises = findings(identities.where(W0.acts(identities)), "hybrid_read_only", "W0")
    return together([on_premises, user_creation.findings_of(identities)])


@once
def to_delete(identities: Identities) -> Mask:
    """W3: linked before this plan, both ends there, the employee archived, and not deleted for this employee before."""
    return W3.acts(identities)


# --- W2 ---------------------------------------------------------------------------------------------------------------


def _updates(identities: Identities) -> Drafts:
    """W2: one `entra.update_user` for each person with differences, of the changed fields alone."""
    rows = identities.where(W2.acts(identities))
    if rows.empty:
        return actions(rows, "entra.update_user", "W2")
    changed = {name: mask[rows] for name, mask in _differing(identities).items() if mask[rows].any()}
    before = {name: _in_entra(identities, rows, name) for name in changed}
    after = {name: _in_emply(identities, rows, name) for name in changed}
    return actions(rows, "entra.update_user", "W2", before=before, after=after, only=changed)


# --- W3 ---------------------------------------------------------------------------------------------------------------


def _deletions(identities: Identities) -> Drafts:
    rows = identities.where(to_delete(identities))
    before = {"userPrincipalName": identities.entra("user_principal_name", rows)}
    return actions(rows, "entra.delete_user", "W3", before=before)
