"""S: signs that only a person can act on. Nothing here leads to an action."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import process
from rapidfuzz.distance import OSA

from assets.reconciliation.lifecycle import stays_active
from assets.reconciliation.lookup import Mask, as_set, is_among, positions
from assets.reconciliation.people import People, findings, together
from assets.text import key

_FEW = 20  # a filter costs as much as making that many texts


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
    taken = np.unique(people.identities.loc[people.in_scope & people.has_employee, "employee_row"])
    free = employees["status"].isin(["active", "pending"]).to_numpy() & ~np.isin(np.arange(len(employees)), taken)
    candidates = employees[free].reset_index(drop=True)
    if persons.empty or candidates.empty:
        return findings(persons[:0], "email_nearly_matches", "S")
    addresses = people.identities.loc[persons, "address"].reset_index(drop=True)
    names = key(people.entra("given_name", persons)), key(people.entra("surname", persons))
    pairs = pd.concat(
        [
            _one_edit_apart(addresses, key(candidates["email"])),
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


def _one_edit_apart(one: "pd.Series[str]", other: "pd.Series[str]") -> pd.DataFrame:
    """The pairs at most one edit (insert, delete, replace, swap of neighbours) apart: one, other (rows).

    Such texts share themselves or what is left of them without one character: only pairs that do are measured.
    """
    if len(one) > len(other):
        few = _with_one_less(other)
        pairs = _equal_among(_with_one_less(one, few["text"] if len(other) * _FEW < len(one) else None), few)
    else:
        pairs = _equal_among(_with_one_less(one), _with_one_less(other))
    texts = (one.iloc[pairs["one"]].tolist(), other.iloc[pairs["other"]].tolist())
    distances = process.cpdist(*texts, scorer=OSA.distance, score_cutoff=1)
    return pairs[np.asarray(distances) <= 1]


def _with_one_less(texts: "pd.Series[str]", among: pa.ChunkedArray | None = None) -> pa.Table:
    """Every text, and every text that is left without one of its characters: text, row. Only those `among`, if given:
    of many texts few are kept."""

    def kept(some: pa.Array, of: pa.Array) -> pa.Table:
        table = pa.table({"text": some, "row": of})
        return table if among is None else table.filter(pc.is_in(some, value_set=among))

    array = pa.array(texts, type=pa.large_string(), from_pandas=True)
    rows = pa.array(np.arange(len(texts)))
    known = pc.is_valid(array)
    array, rows = array.filter(known), rows.filter(known)
    lengths = pc.utf8_length(array)
    parts = [kept(array, rows)]
    for at in range(pc.max(lengths).as_py() or 0):
        longer = pc.greater(lengths, at)
        shorter = pc.utf8_replace_slice(array.filter(longer), at, at + 1, "")
        parts.append(kept(shorter, rows.filter(longer)))
    return pa.concat_tables(parts)


def _equal_among(left: pa.Table, right: pa.Table) -> pd.DataFrame:
    joined = left.rename_columns(["text", "one"]).join(
        right.rename_columns(["text", "other"]), keys="text", join_type="inner"
    )
    width = (pc.max(right["row"]).as_py() or 0) + 1
    one, other = (joined[name].to_numpy() for name in ("one", "other"))
    pairs = as_set(one * width + other)
    return pd.DataFrame({"one": pairs // width, "other": pairs % width})
