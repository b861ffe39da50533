"""W: what Emply writes to Entra, where it may: its users are created, kept in step, and deleted with their employee.

That a hybrid tenant has no write-back at all (W0) is said by `mapping`. Deactivating the login of a user that W3
deletes is `lifecycle`'s; how sign-in names and addresses of Entra are compared is `sign_in_names`.
"""

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, codes, is_among, marked, positions, take, take_flag
from entra_emply.reconciliation.drafts import Drafts, actions, findings, together
from entra_emply.reconciliation.identities import Identities, once
from entra_emply.reconciliation.mapping import is_hybrid
from entra_emply.reconciliation.rule import Part, Rule, Values, all_hold
from entra_emply.reconciliation.rules.conditions import (
    EXTERNAL,
    RECONCILABLE,
    employee_archived,
    employee_by_entra_email,
    employee_not_archived,
    linked,
    login_active,
    not_left_alone,
    with_employee,
)
from entra_emply.reconciliation.rules.scope import PersonCondition, flag, in_entra, setting, switch
from entra_emply.reconciliation.rules.sign_in_names import (
    addresses_of,
    addresses_of_deleted,
    in_verified_domain,
    taken_by_entra,
)
from entra_emply.reconciliation.unreadable import Source, code_of_source
from entra_emply.text import as_address, key, trimmed, written

# Entra's field: (its column of Entra users, column of employees). displayName and department are made. (W2)
_FOLLOWING = {
    "givenName": ("given_name", "first_name"),
    "surname": ("surname", "last_name"),
    "displayName": ("display_name", None),
    "jobTitle": ("job_title", "job_title"),
    "department": ("department", None),
    "mobilePhone": ("mobile_phone", "mobile_phone"),
}

_DELETED_USERS = "entra_deleted_users"

# --- what W compares --------------------------------------------------------------------------------------------------


@once
def _known_to_entra(identities: Identities) -> "pd.Series[str]":
    return addresses_of(identities.inputs.entra_users, identities.inputs.entra_groups)


@once
def _left_out(identities: Identities) -> str | None:
    """G5b: the code by which the deleted users are left out, and W1 with them."""
    return code_of_source(identities.inputs, _DELETED_USERS)


@once
def _known_as_deleted(identities: Identities) -> "pd.Series[str]":
    return addresses_of_deleted(identities.inputs.entra_deleted_users)


def _names_one_of(identities: Identities, rows: Rows, addresses: "pd.Series[str]") -> Mask:
    """Whose username or e-mail is one of these."""
    of = pd.Index(rows)
    return is_among(key(identities.emply("username", of)), addresses) | is_among(
        key(identities.emply("email", of)), addresses
    )


def _names_nobody(identities: Identities, rows: Rows) -> Mask:
    """Neither the username nor the e-mail is any Entra user's or group's."""
    return ~_names_one_of(identities, rows, _known_to_entra(identities))


@once
def _in_verified_domain(identities: Identities) -> dict[str, "pd.Series[bool]"]:
    """W1: by username and e-mail, of everybody whom nobody in Entra is, whether it is an address in such a domain."""
    rows = identities.where(all_hold(_CREATABLE, identities))
    tenant = identities.inputs.entra_tenant
    return {name: in_verified_domain(identities.emply(name, rows), tenant) for name in ("username", "email")}


@once
def _verified(identities: Identities) -> Mask:
    username, email = _in_verified_domain(identities).values()
    return marked(username.index[username | email].to_numpy(dtype=np.int64), len(identities))


@once
def _wanted_names(identities: Identities) -> "pd.Series[str]":
    """W1: the sign-in name that everybody would get whom nobody in Entra is; missing for others, and without one.

    The username where it is an address in a verified domain that Entra takes, else the e-mail where that is.
    """
    usable = []
    for name, verified in _in_verified_domain(identities).items():
        text = identities.emply(name, verified.index)
        usable.append(as_address(text).where(verified & taken_by_entra(text)))
    username, email = usable
    return username.fillna(email).reindex(identities.frame.index)


@once
def _wanted_once(identities: Identities) -> Mask:
    return ~key(_wanted_names(identities)).duplicated(keep=False).to_numpy()


def _not_deleted(identities: Identities, rows: Rows) -> Mask:
    """Neither the sign-in name nor the username nor the e-mail is a deleted user's."""
    deleted = _known_as_deleted(identities)
    upn = key(_wanted_names(identities).iloc[rows])
    return ~(is_among(upn, deleted) | _names_one_of(identities, rows, deleted))


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


def _addresses(identities: Identities, person: int) -> Values:
    return {name: identities.text("emply", name, person) for name in ("username", "email")}


def _source_code(identities: Identities, _person: int) -> Values:
    return {"code": _left_out(identities)}


def _sign_in_name(identities: Identities, person: int) -> Values:
    """The sign-in name to be given, and who else would get it."""
    names = _wanted_names(identities)
    mine = names.iloc[person]
    others = np.flatnonzero(is_among(key(names), key(names.iloc[[person]])) & (np.arange(len(names)) != person))
    return {
        "name": mine if isinstance(mine, str) else None,
        "others": [identities.login_of(int(other)) for other in others],
        **_addresses(identities, person),
    }


def _fields(identities: Identities, person: int) -> Values:
    return {"differ": [Part(name) for name, mask in _differing(identities).items() if mask[person]]}


def _off(identities: Identities, person: int) -> Values:
    return {"off": [Part(name) for name, kept in _kept(identities).items() if kept[person]]}


login_email_agrees = employee_by_entra_email.negated("login_email_agrees")
create_on = setting("create_on", "entra_write_back.create")
update_on = setting("update_on", "entra_write_back.update")
delete_on = setting("delete_on", "entra_write_back.delete")
tenant_in_cloud = switch("tenant_in_cloud", lambda identities: not is_hybrid(identities.inputs.entra_tenant))
deleted_users_read = PersonCondition(
    "deleted_users_read", lambda identities, rows: np.full(len(rows), _left_out(identities) is None), _source_code
)
unknown_to_entra = PersonCondition("unknown_to_entra", _names_nobody, _addresses)
name_in_verified_domain = flag("name_in_verified_domain", _verified, _sign_in_name)
name_allowed = flag(
    "name_allowed", lambda identities: _wanted_names(identities).notna().to_numpy(dtype=bool), _sign_in_name
)
name_wanted_once = flag("name_wanted_once", _wanted_once, _sign_in_name)
name_not_deleted = PersonCondition("name_not_deleted", _not_deleted, _sign_in_name)
employee_differs = flag("employee_differs", _employee_differs, _fields)
not_deleted_before = flag("not_deleted_before", _not_deleted_before)
on_premises = flag(
    "on_premises",
    once(
        lambda identities: take_flag(
            identities.inputs.entra_users["on_premises_sync_enabled"], identities.frame["entra_row"]
        )
    ),
)
not_on_premises = on_premises.negated("not_on_premises")
would_be_written = flag("would_be_written", _would_be_written)
kept_by_switch = flag("kept_by_switch", _kept_by_switch, _off)

# --- rules ------------------------------------------------------------------------------------------------------------


def _name_before(identities: Identities, person: int) -> Values:
    return {"name": identities.text("entra", "user_principal_name", person)}


_EXTERNAL_ACTIVE = (*EXTERNAL, login_active, employee_not_archived)
_CREATABLE = (*_EXTERNAL_ACTIVE, create_on, deleted_users_read, unknown_to_entra)
_EMPLOYEE_LEADS = (*RECONCILABLE, with_employee, employee_not_archived, login_email_agrees)
_NOT_CREATED = {
    name_in_verified_domain.name: "domain_not_verified",
    name_allowed.name: "upn_not_allowed",
    name_wanted_once.name: "duplicate_upn",
    name_not_deleted.name: "restorable_user",
}

W0 = Rule("W0", (in_entra, tenant_in_cloud, on_premises), (would_be_written,))
W1 = Rule(
    "W1",
    _EXTERNAL_ACTIVE,
    (
        create_on,
        deleted_users_read,
        unknown_to_entra,
        name_in_verified_domain,
        name_allowed,
        name_wanted_once,
        name_not_deleted,
    ),
    _NOT_CREATED,
    told=_sign_in_name,
)
W2 = Rule("W2", _EMPLOYEE_LEADS, (update_on, employee_differs, not_on_premises))
W3 = Rule(
    "W3",
    (linked, in_entra, not_left_alone, employee_archived),
    (delete_on, not_deleted_before, not_on_premises),
    told=_name_before,
)
W4 = Rule("W4", (kept_by_switch,), ())

RULES = (W0, W1, W2, W3, W4)


def source(identities: Identities) -> Source:
    """G5b: the deleted users, and why they are left out."""
    return Source(_DELETED_USERS, identities.inputs.settings.entra_write_back.create, _left_out(identities))


def _switches() -> dict[PersonCondition, tuple[PersonCondition, ...]]:
    """W4: each switch, and of whom its rule has something to do or to tell once it is on."""
    return {
        create_on: (*_EXTERNAL_ACTIVE, unknown_to_entra),
        update_on: (*_EMPLOYEE_LEADS, employee_differs),
        delete_on: (*W3.about, not_deleted_before),
    }


def actions_of(identities: Identities) -> Drafts:
    """W1, W2, W3 with their switches on (W4), drafted."""
    return together([_updates(identities), _creations(identities), _deletions(identities)])


def findings_of(identities: Identities) -> Drafts:
    """What W0, W1 have to say, drafted."""
    raised = [
        findings(identities.where(_not_created(identities, condition)), code, "W1")
        for condition in W1.when
        if (code := _NOT_CREATED.get(condition.name))
    ]
    made = findings(identities.where(W1.acts(identities)), "needs_group", "W1")
    on_premises = findings(identities.where(W0.acts(identities)), "hybrid_read_only", "W0")
    return together([on_premises, *raised, made])


@once
def to_delete(identities: Identities) -> Mask:
    """W3: linked before this plan, both ends there, the employee archived, and not deleted for this employee before."""
    return W3.acts(identities)


# --- W1 ---------------------------------------------------------------------------------------------------------------


def _not_created(identities: Identities, condition: PersonCondition) -> Mask:
    """Who is not created because of this. A name that is wanted twice may belong to a deleted user, too."""
    if condition is not name_not_deleted:
        return W1.fails_at(identities, condition.name)
    rows = np.flatnonzero(W1.reaches(identities, name_wanted_once.name))
    return marked(rows[~condition.holds(identities, rows)] if len(rows) else rows, len(identities))


def _creations(identities: Identities) -> Drafts:
    rows = identities.where(W1.acts(identities))
    if rows.empty:
        return actions(rows, "entra.create_user", "W1")
    upn = _wanted_names(identities).loc[rows]
    first, last = (trimmed(identities.emply(name, rows)) for name in ("first_name", "last_name"))
    name = first.fillna("").str.cat(last.fillna(""), sep=" ").str.strip()
    after = {
        "accountEnabled": True,
        "displayName": name.where(name != "", upn),
        "givenName": written(identities.emply("first_name", rows)),
        "surname": written(identities.emply("last_name", rows)),
        "jobTitle": written(identities.emply("job_title", rows)),
        "mobilePhone": written(identities.emply("mobile_phone", rows)),
        "mailNickname": upn.str.rsplit("@", n=1).str[0],
        "userPrincipalName": upn,
    }
    return actions(rows, "entra.create_user", "W1", after=after)


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
