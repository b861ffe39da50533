"""S: signs that only a person can act on. Nothing here leads to an action. Calendars are asked by `calendars`."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.errors import SettingsError
from entra_emply.reconciliation.arrays import Mask, Rows, equal_pairs, is_among, is_text, joined, rows_of, stacked, take
from entra_emply.reconciliation.drafts import Drafts, findings, together
from entra_emply.reconciliation.identities import Identities, once
from entra_emply.reconciliation.mapping import require_application
from entra_emply.reconciliation.near import one_edit_apart
from entra_emply.reconciliation.rule import Condition, Rule, Values
from entra_emply.reconciliation.rules.calendar_subjects import Calendars
from entra_emply.reconciliation.rules.calendars import NOT_EDITABLE
from entra_emply.reconciliation.rules.conditions import integration_off, roles_not_synchronized, without_employee
from entra_emply.reconciliation.rules.scope import SCOPE, PersonCondition, flag, setting, switch
from entra_emply.reconciliation.unreadable import Source, code_of_source
from entra_emply.text import key

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

# --- groups -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ReadGroups:
    """The groups whose members are read, a row each: the configured ones in settings order, the room groups, and with
    `nested_groups` the groups within."""

    identities: Identities
    answers: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        """How many groups."""
        return len(self.ids)

    @cached_property
    def ids(self) -> "pd.Series[str]":
        """Their ids."""
        mapping = self.identities.mapping
        of_settings = stacked(mapping.groups["group_id"], pd.Series(mapping.rooms, dtype="str"))
        if not self.identities.inputs.settings.nested_groups:
            return of_settings
        inside = self._within(of_settings)
        return pd.concat([of_settings, inside[~is_among(inside, of_settings)]], ignore_index=True)

    @property
    def configured(self) -> Mask:
        """Which are configured groups."""
        return np.arange(len(self)) < len(self.identities.mapping.groups)

    def of(self, person: int) -> Rows:
        """The groups that a person is in. Of a group within one of them that is not known."""
        members, entra_id = self.identities.inputs.entra_group_members, self.identities.frame["entra_id"]
        mine = members.loc[is_among(members["member_id"], entra_id.iloc[[person]]), "group_id"]
        return np.flatnonzero(is_among(self.ids, mine))

    def named(self, row: int) -> str:
        """What a group is called."""
        identity = str(self.ids.iloc[row])
        return self.identities.inputs.names.get(identity, "a group without a name")

    def _within(self, groups: "pd.Series[str]") -> "pd.Series[str]":
        """The groups that are members of these."""
        members = self.identities.inputs.entra_group_members
        inside = members[(members["member_type"] == "group") & is_among(members["group_id"], groups)]
        return inside["member_id"].drop_duplicates()


def _known_as(name: str, column: str) -> Condition[ReadGroups]:
    """A condition that this flag of the groups is set."""

    def holds(groups: ReadGroups, rows: Rows) -> Mask:
        known = groups.identities.inputs.entra_groups
        flagged = take(known["group_id"], np.flatnonzero(known[column].to_numpy(dtype=bool)))
        return is_among(take(groups.ids, rows), flagged)

    return Condition(name, holds, lambda groups, row: {column: bool(holds(groups, np.array([row]))[0])})


def _has_group(groups: ReadGroups, rows: Rows) -> Mask:
    members = groups.identities.inputs.entra_group_members
    return is_among(take(groups.ids, rows), take(members["group_id"], rows_of(members["member_type"], "group")))


def _tenant_has_guests(groups: ReadGroups, rows: Rows) -> Mask:
    return np.full(len(rows), is_text(groups.identities.inputs.entra_users["user_type"], "Guest").any())


in_configured_group = Condition[ReadGroups]("in_configured_group", lambda groups, rows: groups.configured[rows])
in_read_group = Condition[ReadGroups]("in_read_group", lambda _, rows: np.ones(len(rows), dtype=bool))
nested_groups_off = setting("nested_groups_on", "nested_groups").negated("nested_groups_off")
members_visible = switch(
    "members_visible", lambda identities: identities.inputs.member_read_hidden, "member_read_hidden"
)
dynamic, members_hidden = _known_as("dynamic", "dynamic"), _known_as("members_hidden", "hidden")

DYNAMIC = Rule[ReadGroups](
    "dynamic_group_guests",
    (in_configured_group, dynamic),
    (Condition("tenant_has_guests", _tenant_has_guests),),
)
NESTED = Rule[ReadGroups](
    "nested_group_ignored",
    (in_read_group, Condition("has_group_as_member", _has_group)),
    (nested_groups_off.on(lambda groups: groups.identities),),
)
HIDDEN = Rule[ReadGroups](
    "hidden_membership",
    (in_read_group, members_hidden),
    (members_visible.on(lambda groups: groups.identities),),
)


def require_application_read(identities: Identities) -> None:
    """Raise SettingsError (R8) where the application does not exist. What is not read is not judged (G5b)."""
    if _left_out(identities) is None:
        require_application(identities.inputs.settings, identities.inputs.entra_application)


def require_visible_members(identities: Identities) -> None:
    """Raise SettingsError (R8) where Graph hides the members of a group: it shows such a group as empty."""
    groups = ReadGroups(identities)
    unseen = [groups.named(int(row)) for row in np.flatnonzero(HIDDEN.fails_at(groups, members_visible.name))]
    if unseen:
        raise SettingsError(
            "settings: without the permission Member.Read.Hidden Graph shows groups of hidden membership as empty "
            f"({', '.join(unseen)}): grant it to the application, or take the groups out of the settings"
        )


# --- nearly matching addresses ----------------------------------------------------------------------------------------

_WITHOUT_EMPLOYEE = Rule("people without employee", (), (*SCOPE, without_employee))


@dataclass(frozen=True, eq=False)
class NearPairs:
    """Somebody in scope without employee, and an employee of nearly the same e-mail or the same name, a row a pair."""

    identities: Identities
    answers: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        """How many pairs."""
        return len(self.frame)

    @cached_property
    def free(self) -> Mask:
        """Which employees are active or pending, and nobody's in scope."""
        identities = self.identities
        status = identities.inputs.emply_employees["status"]
        free = is_text(status, "active") | is_text(status, "pending")
        free[identities.employee_row[identities.in_scope & identities.has_employee]] = False
        return free

    @cached_property
    def frame(self) -> pd.DataFrame:
        """person, employee (row): of those whom the rule is about, and of free employees."""
        identities = self.identities
        persons, rows = np.flatnonzero(_WITHOUT_EMPLOYEE.acts(identities)), np.arange(len(self.free))
        rows = rows[_is_free(self, rows)]
        if not len(persons) or not len(rows):
            return pd.DataFrame({"person": persons[:0], "employee": rows[:0]})
        employees, whose = identities.inputs.emply_employees, pd.Index(persons)
        email, first, last = (key(take(employees[name], rows)) for name in ("email", "first_name", "last_name"))
        names = key(identities.entra("given_name", whose)), key(identities.entra("surname", whose))
        near = one_edit_apart(take(identities.frame["address"], persons), email)
        one, other = equal_pairs(_full_name(*names), _full_name(first, last))
        pairs = np.concatenate([near["one"].to_numpy() * len(rows) + near["other"].to_numpy(), one * len(rows) + other])
        pairs = pairs[np.sort(np.unique(pairs, return_index=True)[1])]
        return pd.DataFrame({"person": persons[pairs // len(rows)], "employee": rows[pairs % len(rows)]})

    @cached_property
    def person(self) -> Rows:
        """The people of the pairs."""
        return self.frame["person"].to_numpy(dtype=np.int64)

    def named(self, row: int) -> str:
        """The employee of a pair: name and e-mail."""
        employee = self.identities.inputs.emply_employees.iloc[int(self.frame["employee"].iloc[row])]
        words = [employee[name] for name in ("first_name", "last_name") if isinstance(employee[name], str)]
        email = employee["email"] if isinstance(employee["email"], str) else "no e-mail"
        return " ".join(" ".join([*words, f"<{email}>"]).split())


def _is_free(pairs: NearPairs, employees: Rows) -> Mask:
    return pairs.free[employees]


def _is_of_free(pairs: NearPairs, rows: Rows) -> Mask:
    return _is_free(pairs, pairs.frame["employee"].to_numpy(dtype=np.int64)[rows])


def _status_of_employee(pairs: NearPairs, row: int) -> Values:
    return {"status": pairs.identities.inputs.emply_employees["status"].iloc[int(pairs.frame["employee"].iloc[row])]}


def _by_person(condition: PersonCondition) -> Condition[NearPairs]:
    return condition.of(lambda pairs: pairs.identities, lambda pairs: pairs.person)


NEARLY = Rule[NearPairs](
    "email_nearly_matches",
    tuple(map(_by_person, _WITHOUT_EMPLOYEE.conditions)),
    (
        Condition("has_near_employee", lambda _, rows: np.ones(len(rows), dtype=bool)),
        Condition("employee_free", _is_of_free, _status_of_employee),
    ),
)

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
    return together([*people, _not_editable(calendars), _nearly_matching(identities)])


def about_groups(identities: Identities) -> "dict[str, pd.Series[str]]":
    """`dynamic_group_guests`, `nested_group_ignored` and `hidden_membership`: the ids of groups, by code."""
    groups = ReadGroups(identities)
    return {rule.name: groups.ids[rule.acts(groups)] for rule in (DYNAMIC, NESTED, HIDDEN)}


def _not_editable(calendars: Calendars) -> Drafts:
    """A calendar that its user may not write to does not come to Emply."""
    entra = calendars.of_entra
    rows = np.flatnonzero(NOT_EDITABLE.acts(entra))
    return findings(entra.person[rows], "calendar_not_editable", "S", object=take(entra.frame["external_id"], rows))


def _nearly_matching(identities: Identities) -> Drafts:
    near = NearPairs(identities)
    rows = np.flatnonzero(NEARLY.acts(near))
    employees = near.frame["employee"].to_numpy(dtype=np.int64)[rows]
    theirs = take(identities.inputs.emply_employees["employee_id"], employees)
    return findings(near.person[rows], "email_nearly_matches", "S", employee_id=theirs)


def _full_name(given: "pd.Series[str]", last: "pd.Series[str]") -> "pd.Series[str]":
    return joined(given, last).where((given.notna() & last.notna()).to_numpy(dtype=bool))
