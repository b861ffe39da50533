"""W: what Emply writes to Entra, where it may: its users are created, kept in step, and deleted with their employee.

W0 for the tenant as a whole is in `mapping`. Deactivating the login of a user that W3 deletes is `lifecycle`'s.
"""

import functools

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, codes, exploded, is_among, positions, take, take_flag
from entra_emply.reconciliation.identities import Identities, actions, findings, once, together
from entra_emply.text import key, trimmed, written

# Entra's field: (its column of Entra users, column of employees). displayName and department are made. (W2)
_FOLLOWING = {
    "givenName": ("given_name", "first_name"),
    "surname": ("surname", "last_name"),
    "displayName": ("display_name", None),
    "jobTitle": ("job_title", "job_title"),
    "department": ("department", None),
    "mobilePhone": ("mobile_phone", "mobile_phone"),
}


def actions_of(identities: Identities) -> pd.DataFrame:
    """W1, W2, W3 with their switches on (W4), drafted."""
    if _switched_off(identities):
        return actions(identities.frame.index[:0], "entra.update_user", "W2")
    return together([_creations(identities), _updates(identities), _deletions(identities)])


def findings_of(identities: Identities) -> pd.DataFrame:
    """What W0, W1 have to say, drafted."""
    if _switched_off(identities):
        return findings(identities.frame.index[:0], "hybrid_read_only", "W0")
    verdicts = _creation_verdicts(identities)
    raised = [findings(verdicts.index[verdicts[code]], code, "W1") for code in _CREATION_CODES]
    hybrid = _hybrid(identities) & (_would_delete(identities) | _changed(identities).any(axis=1).to_numpy())
    return together([*raised, findings(identities.where(hybrid), "hybrid_read_only", "W0")])


@once
def to_delete(identities: Identities) -> Mask:
    """W3: linked before this plan, both ends there, the employee archived, and not deleted for this employee before."""
    return _would_delete(identities) & ~_hybrid(identities)


def _switched_off(identities: Identities) -> bool:
    """W4."""
    return not any(identities.inputs.settings.entra_write_back.model_dump().values())


# --- W1 ---------------------------------------------------------------------------------------------------------------

_CREATION_CODES = ("domain_not_verified", "duplicate_upn", "restorable_user", "needs_group")


def _creations(identities: Identities) -> pd.DataFrame:
    verdicts = _creation_verdicts(identities)
    created = verdicts[verdicts["needs_group"]]
    rows = created.index
    first, last = (trimmed(identities.emply(name, rows)) for name in ("first_name", "last_name"))
    name = first.fillna("").str.cat(last.fillna(""), sep=" ").str.strip()
    after = pd.DataFrame(
        {
            "accountEnabled": True,
            "displayName": name.where(name != "", created["upn"]),
            "givenName": written(identities.emply("first_name", rows)),
            "surname": written(identities.emply("last_name", rows)),
            "jobTitle": written(identities.emply("job_title", rows)),
            "mobilePhone": written(identities.emply("mobile_phone", rows)),
            "mailNickname": created["upn"].str.rsplit("@", n=1).str[0],
            "userPrincipalName": created["upn"],
        },
        index=rows,
    )
    return actions(rows, "entra.create_user", "W1", after=after)


def _creation_verdicts(identities: Identities) -> pd.DataFrame:
    """Every external user whom nobody in Entra is: upn, a flag for each of _CREATION_CODES; the last are created."""
    rows = identities.where(_unknown_to_entra(identities))
    upn = _principal_name(identities, rows)
    upn_key = key(upn)
    deleted = key(_name_before_deletion(identities.inputs.entra_deleted_users))
    flags = {
        "domain_not_verified": upn.isna().to_numpy(),
        "duplicate_upn": (upn_key.duplicated(keep=False) & upn_key.notna()).to_numpy(),
        "restorable_user": is_among(upn_key, deleted),
    }
    return pd.DataFrame({"upn": upn, **flags, "needs_group": ~functools.reduce(np.logical_or, flags.values())})


def _unknown_to_entra(identities: Identities) -> Mask:
    """External, active, not archived, and by neither name any Entra user's."""
    if not identities.inputs.settings.entra_write_back.create:
        return np.zeros(len(identities.frame), dtype=bool)
    external = (identities.frame["entra_row"] < 0).to_numpy() & ~identities.linked & ~identities.left_alone
    candidates = identities.where(external & identities.active & ~identities.employee_archived)
    known = _entra_addresses(identities.inputs.entra_users)
    taken = [is_among(key(identities.emply(name, candidates)), known) for name in ("username", "email")]
    unknown = np.zeros(len(identities.frame), dtype=bool)
    unknown[candidates] = ~functools.reduce(np.logical_or, taken)
    return unknown


def _entra_addresses(users: pd.DataFrame) -> "pd.Series[str]":
    """Every address that any Entra user has, by key."""
    lists = [exploded(users[name])[1] for name in ("other_mails", "proxy_addresses")]
    written = pd.concat([users["user_principal_name"], users["mail"], *lists], ignore_index=True)
    return address_keys(written).dropna().drop_duplicates()


def address_keys(written: "pd.Series[str]") -> "pd.Series[str]":
    """The key of each address; the type that Entra writes before one of a mailbox (`SMTP:`) is not part of it."""
    return key(key(written).str.removeprefix("smtp:"))


def _principal_name(identities: Identities, rows: "pd.Index[int]") -> "pd.Series[str]":
    """The username where it is an address in a verified domain, else the e-mail where that is, else missing."""
    verified = key(pd.Series(exploded(identities.inputs.entra_tenant["verified_domains"])[1], dtype="str"))

    def usable(column: str) -> "pd.Series[str]":
        written = trimmed(identities.emply(column, rows))
        parts = key(written).str.extract(r"^(?P<local>[^@\s]+)@(?P<domain>[^@\s]+)$").astype("str")
        return written.where(is_among(parts["domain"], verified))

    return usable("username").fillna(usable("email"))


def _name_before_deletion(deleted: pd.DataFrame) -> "pd.Series[str]":
    """Graph puts the object id, without its dashes, before a deleted UPN; here it is taken off again."""
    name, ids = key(deleted["user_principal_name"]), key(deleted["entra_id"])
    for mark in (ids, ids.str.replace("-", "", regex=False)):
        for length in mark.str.len().unique():
            name = name.where(name.str.slice(0, length) != mark, name.str.slice(length))
    return name


# --- W2 ---------------------------------------------------------------------------------------------------------------


def _updates(identities: Identities) -> pd.DataFrame:
    """W2: one `entra.update_user` for each person with differences, of the changed fields alone."""
    changed = _changed(identities).loc[~_hybrid(identities)]
    changed = changed[changed.any(axis=1)]
    drafts = [actions(changed.index[:0], "entra.update_user", "W2")]
    for _, alike in changed.groupby(list(changed.columns)):
        names = [name for name in changed.columns if alike[name].iloc[0]]
        rows = alike.index
        before = pd.DataFrame({name: _in_entra(identities, rows, name) for name in names}, index=rows)
        after = pd.DataFrame({name: _in_emply(identities, rows, name) for name in names}, index=rows)
        drafts.append(actions(rows, "entra.update_user", "W2", before=before, after=after))
    return together(drafts)


def _changed(identities: Identities) -> pd.DataFrame:
    """W2: flags for each field of whom Entra has to follow the employee, where that has a value; hybrid users too."""
    flags = pd.DataFrame(False, index=identities.frame.index, columns=list(_FOLLOWING))
    if identities.inputs.settings.entra_write_back.update:
        rows = identities.where(identities.reconcilable & identities.has_employee & ~identities.employee_archived)
        for name in _FOLLOWING:
            wanted, present = codes(
                trimmed(_in_emply(identities, rows, name)), trimmed(_in_entra(identities, rows, name))
            )
            flags.loc[rows, name] = (wanted >= 0) & (wanted != present)
    return flags


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


# --- W3 ---------------------------------------------------------------------------------------------------------------


def _deletions(identities: Identities) -> pd.DataFrame:
    rows = identities.where(to_delete(identities))
    before = pd.DataFrame({"userPrincipalName": identities.entra("user_principal_name", rows)}, index=rows)
    return actions(rows, "entra.delete_user", "W3", before=before)


def _would_delete(identities: Identities) -> Mask:
    frame, done = identities.frame, identities.inputs.state.deleted_users
    if not identities.inputs.settings.entra_write_back.delete:
        return np.zeros(len(frame), dtype=bool)
    ends = identities.linked & (frame["entra_row"] >= 0).to_numpy() & ~identities.left_alone
    before = (frame["entra_id"] + "\x1f" + frame["employee_id"]).astype("str")
    return ends & identities.employee_archived & ~is_among(before, done["entra_id"] + "\x1f" + done["employee_id"])


def _hybrid(identities: Identities) -> Mask:
    return take_flag(identities.inputs.entra_users["on_premises_sync_enabled"], identities.frame["entra_row"])
