"""W: what Emply writes to Entra, where it may: its users are created, kept in step, and deleted with their employee.

W0 for the tenant as a whole is in `mapping`. Deactivating the login of a user that W3 deletes is `lifecycle`'s.
"""

import functools

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, codes, exploded, is_among, positions, take, take_flag
from entra_emply.reconciliation.identities import People, actions, findings, once, together
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


def actions_of(people: People) -> pd.DataFrame:
    """W1, W2, W3 with their switches on (W4), drafted."""
    if _switched_off(people):
        return actions(people.identities.index[:0], "entra.update_user", "W2")
    return together([_creations(people), _updates(people), _deletions(people)])


def findings_of(people: People) -> pd.DataFrame:
    """What W0, W1 have to say, drafted."""
    if _switched_off(people):
        return findings(people.identities.index[:0], "hybrid_read_only", "W0")
    verdicts = _creation_verdicts(people)
    raised = [findings(verdicts.index[verdicts[code]], code, "W1") for code in _CREATION_CODES]
    hybrid = _hybrid(people) & (_would_delete(people) | _changed(people).any(axis=1).to_numpy())
    return together([*raised, findings(people.where(hybrid), "hybrid_read_only", "W0")])


@once
def to_delete(people: People) -> Mask:
    """W3: linked before this plan, both ends there, the employee archived, and not deleted for this employee before."""
    return _would_delete(people) & ~_hybrid(people)


def _switched_off(people: People) -> bool:
    """W4."""
    return not any(people.world.settings.entra_write_back.model_dump().values())


# --- W1 ---------------------------------------------------------------------------------------------------------------

_CREATION_CODES = ("domain_not_verified", "duplicate_upn", "restorable_user", "needs_group")


def _creations(people: People) -> pd.DataFrame:
    verdicts = _creation_verdicts(people)
    created = verdicts[verdicts["needs_group"]]
    rows = created.index
    first, last = (trimmed(people.emply(name, rows)) for name in ("first_name", "last_name"))
    name = first.fillna("").str.cat(last.fillna(""), sep=" ").str.strip()
    after = pd.DataFrame(
        {
            "accountEnabled": True,
            "displayName": name.where(name != "", created["upn"]),
            "givenName": written(people.emply("first_name", rows)),
            "surname": written(people.emply("last_name", rows)),
            "jobTitle": written(people.emply("job_title", rows)),
            "mobilePhone": written(people.emply("mobile_phone", rows)),
            "mailNickname": created["upn"].str.rsplit("@", n=1).str[0],
            "userPrincipalName": created["upn"],
        },
        index=rows,
    )
    return actions(rows, "entra.create_user", "W1", after=after)


def _creation_verdicts(people: People) -> pd.DataFrame:
    """Every external user whom nobody in Entra is: upn, a flag for each of _CREATION_CODES; the last are created."""
    rows = people.where(_unknown_to_entra(people))
    upn = _principal_name(people, rows)
    upn_key = key(upn)
    deleted = key(_name_before_deletion(people.world.entra_deleted_users))
    flags = {
        "domain_not_verified": upn.isna().to_numpy(),
        "duplicate_upn": (upn_key.duplicated(keep=False) & upn_key.notna()).to_numpy(),
        "restorable_user": is_among(upn_key, deleted),
    }
    return pd.DataFrame({"upn": upn, **flags, "needs_group": ~functools.reduce(np.logical_or, flags.values())})


def _unknown_to_entra(people: People) -> Mask:
    """External, active, not archived, and by neither name any Entra user's."""
    if not people.world.settings.entra_write_back.create:
        return np.zeros(len(people.identities), dtype=bool)
    external = (people.identities["entra_row"] < 0).to_numpy() & ~people.linked & ~people.left_alone
    candidates = people.where(external & people.active & ~people.employee_archived)
    known = _entra_addresses(people.world.entra_users)
    taken = [is_among(key(people.emply(name, candidates)), known) for name in ("username", "email")]
    unknown = np.zeros(len(people.identities), dtype=bool)
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


def _principal_name(people: People, rows: "pd.Index[int]") -> "pd.Series[str]":
    """The username where it is an address in a verified domain, else the e-mail where that is, else missing."""
    verified = key(pd.Series(exploded(people.world.entra_tenant["verified_domains"])[1], dtype="str"))

    def usable(column: str) -> "pd.Series[str]":
        written = trimmed(people.emply(column, rows))
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


def _updates(people: People) -> pd.DataFrame:
    """W2: one `entra.update_user` for each person with differences, of the changed fields alone."""
    changed = _changed(people).loc[~_hybrid(people)]
    changed = changed[changed.any(axis=1)]
    drafts = [actions(changed.index[:0], "entra.update_user", "W2")]
    for _, alike in changed.groupby(list(changed.columns)):
        names = [name for name in changed.columns if alike[name].iloc[0]]
        rows = alike.index
        before = pd.DataFrame({name: _in_entra(people, rows, name) for name in names}, index=rows)
        after = pd.DataFrame({name: _in_emply(people, rows, name) for name in names}, index=rows)
        drafts.append(actions(rows, "entra.update_user", "W2", before=before, after=after))
    return together(drafts)


def _changed(people: People) -> pd.DataFrame:
    """W2: flags for each field of whom Entra has to follow the employee, where that has a value; hybrid users too."""
    flags = pd.DataFrame(False, index=people.identities.index, columns=list(_FOLLOWING))
    if people.world.settings.entra_write_back.update:
        rows = people.where(people.reconcilable & people.has_employee & ~people.employee_archived)
        for name in _FOLLOWING:
            wanted, present = codes(trimmed(_in_emply(people, rows, name)), trimmed(_in_entra(people, rows, name)))
            flags.loc[rows, name] = (wanted >= 0) & (wanted != present)
    return flags


def _in_entra(people: People, rows: "pd.Index[int]", name: str) -> "pd.Series[str]":
    return written(people.entra(_FOLLOWING[name][0], rows))


def _in_emply(people: People, rows: "pd.Index[int]", name: str) -> "pd.Series[str]":
    """The value of the employee, missing where it has none: displayName takes both names, department its title."""
    column = _FOLLOWING[name][1]
    if column is not None:
        return written(people.employee(column, rows))
    if name == "displayName":
        first, last = (trimmed(people.employee(part, rows)) for part in ("first_name", "last_name"))
        return first.str.cat(last, sep=" ")
    departments = people.world.emply_departments
    row = positions(people.employee("department_id", rows), departments["department_id"])
    return written(pd.Series(take(departments["title"], row).array, index=rows, dtype="str"))


# --- W3 ---------------------------------------------------------------------------------------------------------------


def _deletions(people: People) -> pd.DataFrame:
    rows = people.where(to_delete(people))
    before = pd.DataFrame({"userPrincipalName": people.entra("user_principal_name", rows)}, index=rows)
    return actions(rows, "entra.delete_user", "W3", before=before)


def _would_delete(people: People) -> Mask:
    identities, done = people.identities, people.world.state.deleted_users
    if not people.world.settings.entra_write_back.delete:
        return np.zeros(len(identities), dtype=bool)
    ends = people.linked & (identities["entra_row"] >= 0).to_numpy() & ~people.left_alone
    before = (identities["entra_id"] + "\x1f" + identities["employee_id"]).astype("str")
    return ends & people.employee_archived & ~is_among(before, done["entra_id"] + "\x1f" + done["employee_id"])


def _hybrid(people: People) -> Mask:
    return take_flag(people.world.entra_users["on_premises_sync_enabled"], people.identities["entra_row"])
