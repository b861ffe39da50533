"""S: signs that only a person can act on. Nothing here leads to an action."""

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, is_among, positions
from entra_emply.reconciliation.identities import Identities, findings, together
from entra_emply.reconciliation.near import one_edit_apart
from entra_emply.reconciliation.rules.lifecycle import stays_active
from entra_emply.text import key


def findings_of(identities: Identities) -> pd.DataFrame:
    """The signs about people, drafted; some with `object` or `employee_id` of their own."""
    return together(
        [
            findings(identities.where(_not_assigned(identities)), "sso_not_assigned", "S"),
            findings(identities.where(_several_roles(identities)), "multiple_groups_single_role", "S"),
            _not_editable(identities),
            _nearly_matching(identities),
        ]
    )


def about_groups(identities: Identities) -> pd.DataFrame:
    """`dynamic_group_guests` and `nested_group_ignored`: code, group_id."""
    inputs = identities.inputs
    configured = identities.mapping.groups["group_id"]
    groups, members = inputs.entra_groups, inputs.entra_group_members
    dynamic = groups.loc[groups["dynamic"], "group_id"]
    guests = (inputs.entra_users["user_type"] == "Guest").any()
    nesting = members.loc[members["member_type"] == "group", "group_id"]
    found = {
        "dynamic_group_guests": is_among(configured, dynamic) & bool(guests),
        "nested_group_ignored": is_among(configured, nesting) & (not inputs.settings.nested_groups),
    }
    return pd.concat([pd.DataFrame({"code": code, "group_id": configured[mask]}) for code, mask in found.items()])


def _not_assigned(identities: Identities) -> Mask:
    """The application requires assignment, and the user has none."""
    if not identities.inputs.entra_application["assignment_required"].any():
        return np.zeros(len(identities.frame), dtype=bool)
    assigned = is_among(identities.frame["entra_id"], identities.inputs.entra_assigned["entra_id"])
    return identities.in_scope & ~assigned


def _several_roles(identities: Identities) -> Mask:
    """`synchronize_roles` off: the groups of somebody without employee map to more than one role."""
    if identities.inputs.settings.synchronize_roles:
        return np.zeros(len(identities.frame), dtype=bool)
    numbers, _ = pd.factorize(identities.mapping.groups["role_id"])
    roles = identities.memberships.assign(role=numbers[identities.memberships["priority"]])
    different = roles.drop_duplicates(["entra_row", "role"])["entra_row"].value_counts()
    return identities.in_scope & ~identities.has_employee & identities.frame.index.isin(different.index[different > 1])


def _not_editable(identities: Identities) -> pd.DataFrame:
    """A calendar that its user may not write to does not come to Emply."""
    calendars = identities.inputs.entra_calendars
    if calendars.empty:
        return findings(identities.frame.index[:0], "calendar_not_editable", "S")
    person = positions(calendars["entra_id"], identities.inputs.entra_users["entra_id"])
    subject = identities.reconcilable & stays_active(identities) & identities.inputs.settings.synchronize_calendars
    shown = (person >= 0) & ~calendars["can_edit"].to_numpy()
    shown[shown] = subject[person[shown]]
    drafts = findings(pd.Index(person[shown]), "calendar_not_editable", "S")
    return drafts.assign(object=calendars.loc[shown, "calendar_id"].array)


# --- nearly matching addresses ----------------------------------------------------------------------------------------


def _nearly_matching(identities: Identities) -> pd.DataFrame:
    """Somebody without employee, and an employee who is nobody's: addresses at most one edit apart, or equal names."""
    persons = identities.where(identities.in_scope & ~identities.has_employee)
    employees = identities.inputs.emply_employees
    free = employees["status"].isin(["active", "pending"]).to_numpy(dtype=bool, copy=True)
    free[identities.frame.loc[identities.in_scope & identities.has_employee, "employee_row"]] = False
    candidates = employees[free].reset_index(drop=True)
    if persons.empty or candidates.empty:
        return findings(persons[:0], "email_nearly_matches", "S")
    addresses = identities.frame.loc[persons, "address"].reset_index(drop=True)
    names = key(identities.entra("given_name", persons)), key(identities.entra("surname", persons))
    pairs = pd.concat(
        [
            one_edit_apart(addresses, key(candidates["email"])),
            _equal(_full_name(*names), _full_name(key(candidates["first_name"]), key(candidates["last_name"]))),
        ]
    ).drop_duplicates()
    drafts = findings(persons[pairs["one"]], "email_nearly_matches", "S")
    return drafts.assign(employee_id=candidates["employee_id"].array.take(pairs["other"]))


def _full_name(given: "pd.Series[str]", last: "pd.Series[str]") -> "pd.Series[str]":
    return given.str.cat(last, sep="\x1f").reset_index(drop=True)


def _equal(one: "pd.Series[str]", other: "pd.Series[str]") -> pd.DataFrame:
    """The pairs of equal texts: one, other (rows)."""
    left = pd.DataFrame({"text": one.array, "one": np.arange(len(one))}).dropna()
    right = pd.DataFrame({"text": other.array, "other": np.arange(len(other))}).dropna()
    return left.merge(right, on="text")[["one", "other"]]
