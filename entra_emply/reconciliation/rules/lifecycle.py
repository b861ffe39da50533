"""L: joiners, leavers, and those who come back. Who gets a login, who loses it, and what a person has to look at."""

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from entra_emply.reconciliation.arrays import (
    Mask,
    Rows,
    as_set,
    collected,
    different_texts,
    equal_pairs,
    is_among,
    is_text,
    marked,
    positions,
    sort_order,
    stacked,
    take,
)
from entra_emply.reconciliation.drafts import Drafts, actions, findings, together
from entra_emply.reconciliation.identities import Identities, once
from entra_emply.reconciliation.rule import Rule, Values
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
from entra_emply.text import as_address, key, key_of, written

# --- conditions of this letter ----------------------------------------------------------------------------------------


def _address_taken(identities: Identities, rows: Rows) -> Mask:
    """An Emply user, of whatever kind, has their UPN or e-mail as username or e-mail; or one shares an address."""
    carried = stacked(*identities.inputs.login_keys.values())
    own = (key(identities.entra("user_principal_name", pd.Index(rows))), take(identities.frame["address"], rows))
    shares = identities.frame["shares_with"].notna().to_numpy(dtype=bool)[rows]
    return is_among(own[0], carried) | is_among(own[1], carried) | shares


def _carriers(identities: Identities, person: int) -> Values:
    """What the Emply users are called that stand in the way of a login of their own."""
    users, (_, found) = identities.inputs.emply_users, _in_the_way(identities, np.array([person]))
    of = users[users["emply_user_id"].isin(found)]
    name = identities.text("entra", "user_principal_name", person)
    return {
        "carriers": called(of).tolist(),
        "username": name and key_of(name),
        "email": identities.value("address", person),
    }


def _in_the_way(identities: Identities, persons: Rows) -> "tuple[Rows, pd.Series[str]]":
    """L1a: the Emply users that carry an address of these people, or share one: the people, and their ids."""
    users, at = identities.inputs.emply_users, pd.Index(persons)
    names, emails = key(identities.entra("user_principal_name", at)), take(identities.frame["address"], persons)
    shared = take(identities.frame["shares_with"], persons).dropna()
    found = [(persons[shared.index], shared)]
    for own, addresses in product((names, emails), identities.inputs.login_keys.values()):
        rows = np.flatnonzero(is_among(addresses, own))
        person, carrier = equal_pairs(own, take(addresses, rows))
        found.append((persons[person], take(users["emply_user_id"], rows[carrier])))
    return np.concatenate([people for people, _ in found]), stacked(*(ids for _, ids in found))


def _may_activate(identities: Identities) -> Mask:
    if identities.inputs.settings.reactivate == "all":
        return np.ones(len(identities), dtype=bool)
    return is_among(identities.frame["emply_user_id"], identities.inputs.state.deactivations["emply_user_id"])


def _reactivate(identities: Identities, _person: int) -> Values:
    return {"reactivate": identities.inputs.settings.reactivate}


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
    return {
        "groups_then": [identities.called(each) for each in mine if each],
        "still": [identities.called(each) for each in mine if each in configured],
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

_REASONS = {"L5": "deleted_in_entra", "L6": "account_disabled", "L7": "removed_from_group", "L7a": "is_room"}


def actions_of(identities: Identities) -> Drafts:
    """Links (M5), creations (L1), activations (L4) and deactivations (L5, L6, L7, L7a, W3), drafted."""
    parts = [_links(identities), _creations(identities), _activations(identities), _deactivations(identities)]
    return together(parts)


def findings_of(identities: Identities) -> Drafts:
    """What L1a, L2, L3, L4, L8 to L12, M4 and "employee of a person" have to say, drafted."""
    guest = is_text(identities.entra("user_type"), "Guest")
    no_address = L2.acts(identities)
    several = (identities.frame["employees"] > 1).to_numpy(dtype=bool)
    known = (identities.in_scope | identities.linked) & ~identities.left_alone
    raised: list[tuple[Mask, str, str]] = [
        (identities.left_alone & identities.in_entra, "ambiguous_match", "M4"),
        (several & known, "duplicate_employee", "L9"),
        (no_address & guest, "guest_without_mail", "L2"),
        (no_address & ~guest, "no_email", "L2"),
        (L3.acts(identities), "employee_archived_in_group", "L3"),
        (L11.acts(identities), "employee_archived_in_group", "L11"),
        (L4.fails_at(identities, "may_activate"), "deactivated_in_emply", "L4"),
        (L8.acts(identities), "unmanaged", "L8"),
        (L9.acts(identities), "user_without_employee", "L9"),
        (L10.acts(identities), "leaver_without_resignation_date", "L10"),
        (L12.acts(identities), "login_email_differs", "L12"),
    ]
    drafts = [findings(identities.where(mask), code, rule) for mask, code, rule in raised]
    return together([*drafts, _taken(identities)])


def _taken(identities: Identities) -> Drafts:
    """L1a, with the least id of the Emply users in the way as `object`."""
    rows = identities.where(L1a.acts(identities))
    if rows.empty:
        return findings(rows, "address_taken", "L1a")
    person, ids = _in_the_way(identities, rows.to_numpy())
    by_id = sort_order(ids)[::-1]
    least = np.full(len(identities), -1, dtype=np.int64)
    least[person[by_id]] = by_id  # of several the least comes last
    return findings(rows, "address_taken", "L1a", object=take(ids, least[rows]))


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
        reasons[rule.reaches(identities, "login_active")] = _REASONS[rule.name]
    return reasons


def _links(identities: Identities) -> Drafts:
    """M5: what M2, M3 and M3b matched becomes a link."""
    how = identities.frame["matched_by"]
    return together(
        actions(identities.where(is_text(how, by)), "ledger.link_user", rule, after={"matchedBy": by})
        for by, rule in (("username", "M2"), ("email", "M3"), ("address", "M3b"))
    )


def _creations(identities: Identities) -> Drafts:
    """L1 and R3: the login of a joiner, with the main group's defaults."""
    rows = identities.where(joiners(identities))
    if rows.empty:
        return actions(rows, "emply.create_user", "L1")
    names = as_address(identities.entra("user_principal_name", rows))
    mail = as_address(identities.entra("mail", rows))
    main = identities.frame["main_group"].to_numpy(dtype=np.int64)[rows]
    defaults = identities.mapping.groups
    after = {
        "username": names,
        "email": mail.fillna(names),
        "firstName": written(identities.entra("given_name", rows)),
        "lastName": written(identities.entra("surname", rows)),
        "jobTitle": written(identities.entra("job_title", rows)),
        "mobilePhone": written(identities.entra("mobile_phone", rows)),
        "roleIds": _role_lists(identities, rows),
        "departmentId": take(defaults["department_id"], main),
        "language": take(defaults["language"], main),
        "timeZone": take(defaults["time_zone"], main),
        "currency": take(defaults["currency"], main),
        "employeeId": take(identities.frame["employee_id"], rows.to_numpy()),
        "active": True,
    }
    return actions(rows, "emply.create_user", "L1", after=after)


@once
def given_at_creation(identities: Identities) -> pd.DataFrame:
    """R3: `person`, `role_id` of every joiner: all the groups' roles; `synchronize_roles` off: the main group's."""
    person, priority = (identities.memberships[name].to_numpy() for name in ("entra_row", "priority"))
    is_main = identities.frame["main_group"].to_numpy(dtype=np.int64)[person] == priority
    main_alone = R3.fails_at(identities, roles_synchronized.name)
    given = joiners(identities)[person] & (is_main | ~main_alone[person])
    role_id = identities.mapping.groups["role_id"]
    roles = different_texts(role_id).sort_values(ignore_index=True)
    width = max(len(roles), 1)
    pairs = as_set(person[given] * width + positions(role_id, roles)[priority[given]])
    return pd.DataFrame({"person": pairs // width, "role_id": take(roles, pairs % width)})


def _role_lists(identities: Identities, rows: "pd.Index[int]") -> list[Any]:
    given = given_at_creation(identities)
    return collected(np.searchsorted(rows, given["person"]), given["role_id"], len(rows)).to_pylist()


@once
def stays_active(identities: Identities) -> Mask:
    """rules.md, "active (C, E, P)": active in Emply or activated in this plan, and not deactivated or deleted in it."""
    leaving = (leaver_reason(identities) != None) | to_delete(identities)  # noqa: E711 (of each, not of the array)
    return (identities.active | L4.acts(identities)) & ~leaving


def _activations(identities: Identities) -> Drafts:
    return _activity(identities, L4.acts(identities), "emply.activate_user", "L4", becomes=True)


def _deactivations(identities: Identities) -> Drafts:
    """L5, L6, L7, L7a: of those who are still active; W3 instead of them where the Entra user is deleted."""
    kind, deleted = "emply.deactivate_user", to_delete(identities) & identities.active
    drafts = [
        _activity(identities, rule.acts(identities), kind, rule.name, becomes=False, why=_REASONS[rule.name])
        for rule in (L5, L6, L7, L7a)
    ]
    return together([*drafts, _activity(identities, deleted, kind, "W3", becomes=False, why="deleted_in_entra")])


def _activity(
    identities: Identities, mask: Mask, kind: str, rule: str, *, becomes: bool, why: str | None = None
) -> Drafts:
    before, after = {"active": not becomes}, {"active": becomes}
    return actions(identities.where(mask), kind, rule, reason=why, before=before, after=after)
