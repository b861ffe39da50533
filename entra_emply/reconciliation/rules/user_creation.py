"""W1: external users and free logins of Emply for whom a user is made in Entra, and under which sign-in name.

How sign-in names and addresses of Entra are compared is `sign_in_names`; the rest of W, and its switches, `write_back`.
"""

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, is_among, marked
from entra_emply.reconciliation.drafts import Drafts, actions, findings, together
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.rule import Rule, Values, all_hold
from entra_emply.reconciliation.rules.conditions import EXTERNAL, employee_not_archived, login_active
from entra_emply.reconciliation.rules.scope import PersonCondition, flag, setting
from entra_emply.reconciliation.rules.sign_in_names import (
    addresses_of,
    addresses_of_deleted,
    in_verified_domain,
    taken_by_entra,
)
from entra_emply.reconciliation.subjects import once
from entra_emply.reconciliation.unreadable import Source, code_of_source
from entra_emply.text import as_address, key, trimmed, written

_DELETED_USERS = "entra_deleted_users"


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


create_on = setting("create_on", "entra_write_back.create")
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

EXTERNAL_ACTIVE = (*EXTERNAL, login_active, employee_not_archived)
_CREATABLE = (*EXTERNAL_ACTIVE, create_on, deleted_users_read, unknown_to_entra)
_NOT_CREATED = {
    name_in_verified_domain.name: "domain_not_verified",
    name_allowed.name: "upn_not_allowed",
    name_wanted_once.name: "duplicate_upn",
    name_not_deleted.name: "restorable_user",
}

W1 = Rule(
    "W1",
    EXTERNAL_ACTIVE,
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


def source(identities: Identities) -> Source:
    """G5b: the deleted users, and why they are left out."""
    return Source(_DELETED_USERS, identities.inputs.settings.entra_write_back.create, _left_out(identities))


def findings_of(identities: Identities) -> Drafts:
    """Who is not created and why, and who needs a group then, drafted."""
    raised = [
        findings(identities.where(_not_created(identities, condition)), code, "W1")
        for condition in W1.when
        if (code := _NOT_CREATED.get(condition.name))
    ]
    return together([*raised, findings(identities.where(W1.acts(identities)), "needs_group", "W1")])


def _not_created(identities: Identities, condition: PersonCondition) -> Mask:
    """Who is not created because of this. A name that is wanted twice may belong to a deleted user, too."""
    if condition is not name_not_deleted:
        return W1.fails_at(identities, condition.name)
    rows = np.flatnonzero(W1.reaches(identities, name_wanted_once.name))
    return marked(rows[~condition.holds(identities, rows)] if len(rows) else rows, len(identities))


def actions_of(identities: Identities) -> Drafts:
    """One `entra.create_user` for each, drafted."""
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
