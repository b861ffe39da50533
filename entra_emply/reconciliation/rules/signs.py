"""S: signs that only a person can act on. Nothing here leads to an action."""

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, is_among, positions
from entra_emply.reconciliation.identities import People, findings, together
from entra_emply.reconciliation.near import one_edit_apart
from entra_emply.reconciliation.rules.lifecycle import stays_active
from entra_emply.text import key


def findings_of(people: People) -> pd.DataFrame:
    """The signs about people, drafted; some with `object` or `employee_id` of their own."""
    return together(
        [
            findings(people.where(_not_assigned(people)), "sso_not_assigned", "S"),
            findings(people.where(_several_roles(people)), "multiple_groups_single_role", "S"),
            _not_editable(people),
            _nearly_matching(people),
        ]
    )


def about_groups(people: People) -> pd.DataFrame:
    """`dynamic_group_guests` and `nested_group_ignored`: code, group_id."""
    world = people.world
    configured = people.mapping.groups["group_id"]
    groups, members = world.entra_groups, world.entra_group_members
    dynamic = groups.loc[groups["dynamic"], "group_id"]
    guests = (world.entra_users["user_type"] == "Guest").any()
    nesting = members.loc[members["member_type"] == "group", "group_id"]
    found = {
        "dynamic_group_guests": is_among(configured, dynamic) & bool(guests),
        "nested_group_ignored": is_among(configured, nesting) & (not world.settings.nested_groups),
    }
    return pd.concat([pd.DataFrame({"code": code, "group_id": configured[mask]}) for code, mask in found.items()])


def _not_assigned(people: People) -> Mask:
    """The application requires assignment, and the user has none."""
    if not people.world.entra_application["assignment_required"].any():
        return np.zeros(len(people.identities), dtype=bool)
    assigned = is_among(people.identities["entra_id"], people.world.entra_assigned["entra_id"])
    return people.in_scope & ~assigned


def _several_roles(people: People) -> Mask:
    """`synchronize_roles` off: the groups of somebody without employee map to more than one role."""
    if people.world.settings.synchronize_roles:
        return np.zeros(len(people.identities), dtype=bool)
    numbers, _ = pd.factorize(people.mapping.groups["role_id"])
    roles = people.memberships.assign(role=numbers[people.memberships["priority"]])
    different = roles.drop_duplicates(["entra_row", "role"])["entra_row"].value_counts()
    return people.in_scope & ~people.has_employee & people.identities.index.isin(different.index[different > 1])


def _not_editable(people: People) -> pd.DataFrame:
    """A calendar that its user may not write to does not come to Emply."""
    calendars = people.world.entra_calendars
    if calendars.empty:
        return findings(people.identities.index[:0], "calendar_not_editable", "S")
    person = positions(calendars["entra_id"], people.world.entra_users["entra_id"])
    subject = people.reconcilable & stays_active(people) & people.world.settings.synchronize_calendars
    shown = (person >= 0) & ~calendars["can_edit"].to_numpy()
    shown[shown] = subject[person[shown]]
    drafts = findings(pd.Index(person[shown]), "calendar_not_editable", "S")
    return drafts.assign(object=calendars.loc[shown, "calendar_id"].array)


# --- nearly matching addresses ----------------------------------------------------------------------------------------


def _nearly_matching(people: People) -> pd.DataFrame:
    """Somebody without employee, and an employee who is nobody's: addresses at most one edit apart, or equal names."""
    persons = people.where(people.in_scope & ~people.has_employee)
    employees = people.world.emply_employees
    free = employees["status"].isin(["active", "pending"]).to_numpy(dtype=bool, copy=True)
    free[people.identities.loc[people.in_scope & people.has_employee, "employee_row"]] = False
    candidates = employees[free].reset_index(drop=True)
    if persons.empty or candidates.empty:
        return findings(persons[:0], "email_nearly_matches", "S")
    addresses = people.identities.loc[persons, "address"].reset_index(drop=True)
    names = key(people.entra("given_name", persons)), key(people.entra("surname", persons))
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
