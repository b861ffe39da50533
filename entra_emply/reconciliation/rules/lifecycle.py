"""L: joiners, leavers, and those who come back. Who gets a login, who loses it, and what a person has to look at."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from entra_emply.reconciliation.arrays import (
    Mask,
    Rows,
    different_pairs,
    different_texts,
    is_among,
    is_text,
    marked,
    positions,
    stacked,
    take,
)
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.rule import Part, Rule, Values
from entra_emply.reconciliation.rules.conditions import (
    RECONCILABLE,
    both_emails,
    employee,
    employee_archived,
    employee_by_entra_email,
    employee_not_archived,
    has_email,
    in_emply,
    linked,
    login,
    login_active,
    login_deactivated,
    no_email,
    not_left_alone,
    roles_synchronized,
    unmatched,
    with_employee,
    without_employee,
)
from entra_emply.reconciliation.rules.scope import (
    SCOPE,
    PersonCondition,
    a_few,
    called,
    disabled,
    enabled,
    flag,
    gone_from_entra,
    in_entra,
    in_no_group,
    in_room,
    not_in_room,
)
from entra_emply.reconciliation.rules.write_back import to_delete
from entra_emply.reconciliation.subjects import once
from entra_emply.text import as_address, key, key_of, written

# --- conditions of this letter ----------------------------------------------------------------------------------------


def _address_taken(identities: Identities, rows: Rows) -> Mask:
    """An Emply user, of whatever kind, has their UPN or e-mail as username or e-mail; or one shares an address."""
    carried, own = stacked(*identities.inputs.login_keys.values()), addresses_of_login(identities, rows)
    shares = identities.frame["shares_with"].notna().to_numpy(dtype=bool)[rows]
    return is_among(own[0], carried) | is_among(own[1], carried) | shares


def _carriers(identities: Identities, person: int) -> Values:
    """What the Emply users are called that stand in the way of a login of their own."""
    users, rows = identities.inputs.emply_users, np.array([person])
    own = stacked(*addresses_of_login(identities, rows))
    carry = np.logical_or.reduce([is_among(of, own) for of in identities.inputs.login_keys.values()])
    shares = is_among(users["emply_user_id"], take(identities.frame["shares_with"], rows))
    name = identities.text("entra", "user_principal_name", person)
    return {
        "carriers": a_few(called(users[carry | shares])),
        "username": name and key_of(name),
        "email": identities.value("address", person),
    }


def addresses_of_login(identities: Identities, persons: Rows) -> "tuple[pd.Series[str], pd.Series[str]]":
    """L1: what a login of these people would be found by in Emply: their sign-in names, and their e-mails."""
    names = key(identities.entra("user_principal_name", pd.Index(persons)))
    return names, take(identities.frame["address"], persons)


def _may_activate(identities: Identities) -> Mask:
    if identities.inputs.settings.reactivate == "all":
        return np.ones(len(identities), dtype=bool)
    return is_among(identities.frame["emply_user_id"], identities.inputs.state.deactivations["emply_user_id"])


def _reactivate(identities: Identities, person: int) -> Values:
    setting = identities.inputs.settings.reactivate
    if not _may_activate(identities)[person]:
        return {"reactivate": setting}
    return {"reactivate": setting, "allowed": Part("by_the_setting" if setting == "all" else "by_the_pipeline")}


@once
def _was_in_configured_group(identities: Identities) -> Mask:
    """A group of the role state is still configured, or nothing is recorded."""
    count, states = len(identities), identities.role_states
    still = marked(states.in_groups(identities.mapping.groups["group_id"]), count)
    return still | ~marked(states.person, count)


def _groups_then(identities: Identities, person: int) -> Values:
    states = identities.role_states
    mine = take(states.group_ids, states.group[states.person == person])
    configured = set(identities.mapping.groups["group_id"])
    still = [identities.called(each) for each in mine if each in configured]
    return {
        "groups_then": [identities.called(each) for each in mine if each],
        "was_in": Part("was_in", {"groups": still}) if still else Part("never_reconciled"),
    }


def _leaves(identities: Identities) -> Mask:
    return np.isin(leaver_reason(identities), ("deleted_in_entra", "account_disabled", "removed_from_group"))


def _leaver_reason(identities: Identities, person: int) -> Values:
    reason = leaver_reason(identities)[person]
    return {"leaves_by": reason if isinstance(reason, str) else None}


def _has_resignation_date(identities: Identities) -> Mask:
    return written(identities.employee("resignation_date")).notna().to_numpy(dtype=bool)


def _resignation_date(identities: Identities, person: int) -> Values:
    return {"resignation_date": identities.text("employee", "resignation_date", person)}


def _gets_login(identities: Identities) -> Mask:
    return joiners(identities)


def _stays_active(identities: Identities) -> Mask:
    return stays_active(identities)


def _roles_at_creation(identities: Identities, person: int) -> Values:
    given = given_at_creation(identities)
    roles = given.loc[given["person"] == person, "role_id"]
    return {"roles": [identities.called(role) for role in roles]}


_UNLINKED: tuple[PersonCondition, ...] = (in_entra, unmatched)
_THERE: tuple[PersonCondition, ...] = (linked, in_entra, not_left_alone)

address_taken = PersonCondition("address_taken", _address_taken, _carriers)
address_free = address_taken.negated("address_free")
may_activate = flag("may_activate", _may_activate, _reactivate)
was_in_configured_group = flag("was_in_configured_group", _was_in_configured_group, _groups_then)
no_group_configured_any_more = was_in_configured_group.negated("no_group_configured_any_more")
not_deleted_with_employee = flag("not_deleted_with_employee", lambda identities: ~to_delete(identities), employee)
gets_or_has_login = flag("gets_or_has_login", lambda identities: identities.matched | joiners(identities), login)
leaves = flag("leaves", _leaves, _leaver_reason)
stays_so = flag("stays_active", _stays_active, login)
gets_login = flag("gets_login", _gets_login, _roles_at_creation)
employee_active = flag("employee_active", lambda identities: is_text(identities.employee("status"), "active"), employee)
login_has_email = flag(
    "login_has_email", lambda identities: key(identities.emply("email")).notna().to_numpy(dtype=bool), both_emails
)
no_resignation_date = flag(
    "no_resignation_date", lambda identities: ~_has_resignation_date(identities), _resignation_date
)

# --- rules ------------------------------------------------------------------------------------------------------------


def _new_login(identities: Identities, person: int) -> Values:
    name = as_address(identities.entra("user_principal_name", pd.Index([person]))).iloc[0]
    return {"username": name if isinstance(name, str) else None, **_roles_at_creation(identities, person)}


_NEWCOMER = (enabled, *SCOPE[2:], not_left_alone)
_ACTS = (login_active, not_deleted_with_employee)

L1 = Rule("L1", _UNLINKED, (*_NEWCOMER, employee_not_archived, has_email, address_free), told=_new_login)
L1a = Rule("L1a", (*_UNLINKED, *_NEWCOMER), (employee_not_archived, has_email, address_taken))
L2 = Rule("L2", (*_UNLINKED, *_NEWCOMER), (no_email,))
L3 = Rule("L3", (*_UNLINKED, *_NEWCOMER), (employee_archived,))
L4 = Rule(
    "L4",
    (in_emply, login_deactivated),
    (*RECONCILABLE, employee_not_archived, may_activate),
    otherwise={"may_activate": "deactivated_in_emply"},
)
L5 = Rule("L5", (linked, not_left_alone, gone_from_entra), _ACTS)
L6 = Rule("L6", (*_THERE, disabled), _ACTS)
L7 = Rule("L7", (*_THERE, enabled, not_in_room, in_no_group), (was_in_configured_group, *_ACTS))
L7a = Rule("L7a", (*_THERE, enabled, in_room), _ACTS)
L8 = Rule("L8", (*_THERE, enabled, not_in_room, in_no_group), (no_group_configured_any_more,))
L9 = Rule("L9", (*SCOPE, gets_or_has_login), (without_employee,))
L10 = Rule("L10", (leaves, with_employee), (employee_active, no_resignation_date))
L11 = Rule("L11", RECONCILABLE, (employee_archived,))
R3 = Rule("R3", (gets_login,), (roles_synchronized,))

L12 = Rule("L12", RECONCILABLE, (login_has_email, employee_by_entra_email))

RULES = (L1, L1a, L2, L3, L4, L5, L6, L7, L7a, L8, L9, L10, L11, L12)

REASONS = {"L5": "deleted_in_entra", "L6": "account_disabled", "L7": "removed_from_group", "L7a": "is_room"}
"""Why a login is deactivated, by rule (interfaces.md, `reason`)."""


def joiners(identities: Identities) -> Mask:
    """L1: who gets a login in this plan."""
    return L1.acts(identities)


def unmanaged(identities: Identities) -> Mask:
    """L8: a group taken out of the settings is not a person taken out of a group."""
    return L8.acts(identities)


@once
def leaver_reason(identities: Identities) -> npt.NDArray[np.object_]:
    """Why each linked person has to be inactive (L5, L6, L7a, L7), None for everybody else; active or not."""
    reasons = np.full(len(identities), None, dtype=object)
    for rule in (L5, L6, L7, L7a):
        reasons[rule.reaches(identities, "login_active")] = REASONS[rule.name]
    return reasons


@once
def given_at_creation(identities: Identities) -> pd.DataFrame:
    """R3: `person`, `role_id` of every joiner: all the groups' roles; `synchronize_roles` off: the main group's."""
    person, priority = (identities.memberships[name].to_numpy() for name in ("entra_row", "priority"))
    is_main = identities.frame["main_group"].to_numpy(dtype=np.int64)[person] == priority
    main_alone = R3.fails_at(identities, roles_synchronized.name)
    given = joiners(identities)[person] & (is_main | ~main_alone[person])
    role_id = identities.mapping.groups["role_id"]
    roles = different_texts(role_id).sort_values(ignore_index=True)
    joiner, role = different_pairs(person[given], positions(role_id, roles)[priority[given]])
    return pd.DataFrame({"person": joiner, "role_id": take(roles, role)})


@once
def stays_active(identities: Identities) -> Mask:
    """rules.md, "active (C, E, P)": active in Emply or activated in this plan, and not deactivated or deleted in it."""
    leaving = (leaver_reason(identities) != None) | to_delete(identities)  # noqa: E711 (of each, not of the array)
    return (identities.active | L4.acts(identities)) & ~leaving
