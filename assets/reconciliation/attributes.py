"""A: the fields of an Emply user that follow Entra, for people without employee."""

import functools

import numpy as np
import pandas as pd

from assets.reconciliation.lookup import Mask, codes
from assets.reconciliation.people import People, actions, findings, together
from assets.text import key, trimmed

# Emply's field: (column of Entra users, column of Emply users). (A1)
_FOLLOWING = {
    "firstName": ("given_name", "first_name"),
    "lastName": ("surname", "last_name"),
    "jobTitle": ("job_title", "job_title"),
    "mobilePhone": ("mobile_phone", "mobile_phone"),
}


def actions_of(people: People) -> pd.DataFrame:
    """A4: one `emply.update_user` for each person with differences, of the changed fields alone, drafted."""
    changed, before, after = _changes(people)
    pattern = functools.reduce(np.bitwise_or, [mask.astype(np.int64) << bit for bit, mask in enumerate(changed.values())])
    filling = _bits(changed, ("email", "username"))
    drafts = [actions(people.where(pattern < 0), "emply.update_user", "A1")]
    for fields in np.unique(pattern[pattern > 0]):  # people with the same changed fields share the keys of their JSON
        rows = people.where(pattern == fields)
        names = [name for bit, name in enumerate(changed) if fields >> bit & 1]
        rule = "A2" if not fields & ~filling else "A1"
        drafts.append(
            actions(rows, "emply.update_user", rule, before=before.loc[rows, names], after=after.loc[rows, names])
        )
    return together(drafts)


def findings_of(people: People) -> pd.DataFrame:
    """A2: an e-mail or username that another Emply user carries is not filled, drafted."""
    email, username = _fillings(people)
    return findings(people.where((email & _carried(people, "email")) | (username & _carried(people, "username"))),
                    "address_taken", "A2")  # fmt: skip


def _changes(people: People) -> tuple[dict[str, Mask], pd.DataFrame, pd.DataFrame]:
    """Which fields change for whom, and their values before and after (of everybody, to be picked from)."""
    subject = _subject(people)
    changed, before, after = {}, {}, {}
    for field, (theirs, ours) in _FOLLOWING.items():
        before[field], after[field] = people.emply(ours), people.entra(theirs)
        wanted, present = codes(trimmed(after[field]), trimmed(before[field]))
        changed[field] = subject & (wanted >= 0) & (wanted != present)
    mail, upn = people.entra("mail"), people.entra("user_principal_name")
    email, username = _fillings(people)
    changed["email"] = email & ~_carried(people, "email")
    changed["username"] = username & ~_carried(people, "username")
    before["email"], after["email"] = people.emply("email"), mail.where(trimmed(mail).notna(), upn)
    before["username"], after["username"] = people.emply("username"), upn
    return changed, _blank_to_missing(before), _blank_to_missing(after)


def _subject(people: People) -> Mask:
    """A1, A3: in scope, matched, no employee."""
    return people.reconcilable & ~people.has_employee


def _fillings(people: People) -> tuple[Mask, Mask]:
    """A2: who has no e-mail, and who has no username, in Emply, and a value for it in Entra."""
    addressed = people.identities["address"].notna().to_numpy(dtype=bool)
    named = trimmed(people.entra("user_principal_name")).notna().to_numpy(dtype=bool)
    no_email = trimmed(people.emply("email")).isna().to_numpy(dtype=bool)
    no_username = trimmed(people.emply("username")).isna().to_numpy(dtype=bool)
    return _subject(people) & addressed & no_email, _subject(people) & named & no_username


def _carried(people: People, field: str) -> Mask:
    """Some Emply user carries the value that would be filled in (the person's own is blank, so it is another's)."""
    value = people.identities["address"] if field == "email" else key(people.entra("user_principal_name"))
    return value.isin(key(people.world.emply_users[field]).dropna()).to_numpy(dtype=bool)


def _bits(fields: dict[str, Mask], names: tuple[str, ...]) -> int:
    return sum(1 << bit for bit, name in enumerate(fields) if name in names)


def _blank_to_missing(columns: "dict[str, pd.Series[str]]") -> pd.DataFrame:
    return pd.DataFrame({name: text.where(trimmed(text).notna()) for name, text in columns.items()})
