"""A: the fields of an Emply user that follow Entra, for people without employee."""

import functools

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, codes, is_among
from entra_emply.reconciliation.identities import Identities, actions, findings, together
from entra_emply.text import key, trimmed

# Emply's field: (column of Entra users, column of Emply users). (A1)
_FOLLOWING = {
    "firstName": ("given_name", "first_name"),
    "lastName": ("surname", "last_name"),
    "jobTitle": ("job_title", "job_title"),
    "mobilePhone": ("mobile_phone", "mobile_phone"),
}


def actions_of(identities: Identities) -> pd.DataFrame:
    """A4: one `emply.update_user` for each person with differences, of the changed fields alone, drafted."""
    changed = _following(identities) | _filling(identities)
    pattern = np.zeros(len(identities.frame), dtype=np.int64)
    for bit, mask in enumerate(changed.values()):
        pattern[mask] |= 1 << bit
    drafts = [actions(identities.where(pattern < 0), "emply.update_user", "A1")]
    for fields in np.unique(pattern[pattern > 0]):  # people with the same changed fields share the keys of their JSON
        rows = identities.where(pattern == fields)
        names = [name for bit, name in enumerate(changed) if fields >> bit & 1]
        rule = "A1" if _FOLLOWING.keys() & set(names) else "A2"
        before, after = _values(identities, rows, names)
        drafts.append(actions(rows, "emply.update_user", rule, before=before, after=after))
    return together(drafts)


def findings_of(identities: Identities) -> pd.DataFrame:
    """A2: an e-mail or username that another Emply user carries is not filled, drafted."""
    taken = functools.reduce(np.logical_or, (lacking & carried for lacking, carried in _lacking(identities).values()))
    return findings(identities.where(taken), "address_taken", "A2")


def _subject(identities: Identities) -> Mask:
    """A1, A3: in scope, matched, no employee."""
    return identities.reconcilable & ~identities.has_employee


def _following(identities: Identities) -> dict[str, Mask]:
    """A1: whose fields differ from Entra's, where Entra has a value."""
    rows = identities.where(_subject(identities))
    changed = {}
    for field, (theirs, ours) in _FOLLOWING.items():
        wanted, present = codes(trimmed(identities.entra(theirs, rows)), trimmed(identities.emply(ours, rows)))
        changed[field] = _spread(identities, rows, (wanted >= 0) & (wanted != present))
    return changed


def _filling(identities: Identities) -> dict[str, Mask]:
    """A2: who lacks an e-mail or a username in Emply that nobody else has."""
    return {field: lacking & ~carried for field, (lacking, carried) in _lacking(identities).items()}


def _lacking(identities: Identities) -> dict[str, tuple[Mask, Mask]]:
    """For e-mail and username: who has none in Emply but one in Entra, and of those whose another Emply user carries.

    (The person's own is blank, so whoever carries it is another.)
    """
    lacking = {}
    for field in ("email", "username"):
        rows = identities.where(_subject(identities))
        rows = rows[trimmed(identities.emply(field, rows)).isna()]
        value = identities.frame.loc[rows, "address"] if field == "email" else _name_key(identities, rows)
        carried = is_among(value, key(identities.inputs.emply_users[field])) if len(rows) else value.notna().to_numpy()
        lacking[field] = (
            _spread(identities, rows, value.notna().to_numpy(dtype=bool)),
            _spread(identities, rows, carried),
        )
    return lacking


def _values(identities: Identities, rows: "pd.Index[int]", names: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The fields `names` in Emply and as they have to be, as written, missing where blank."""
    upn, mail = identities.entra("user_principal_name", rows), identities.entra("mail", rows)
    filled = {"email": mail.where(trimmed(mail).notna(), upn), "username": upn}
    before, after = {}, {}
    for name in names:
        theirs, ours = _FOLLOWING.get(name, (None, name))
        now = identities.emply(ours, rows)
        before[name] = now.where(trimmed(now).notna())
        after[name] = filled[name] if theirs is None else identities.entra(theirs, rows)
    return pd.DataFrame(before, index=rows), pd.DataFrame(after, index=rows)


def _name_key(identities: Identities, rows: "pd.Index[int]") -> "pd.Series[str]":
    return key(identities.entra("user_principal_name", rows))


def _spread(identities: Identities, rows: "pd.Index[int]", flags: Mask) -> Mask:
    """Flags of some of the people as flags of everybody."""
    everybody = np.zeros(len(identities.frame), dtype=bool)
    everybody[rows] = flags
    return everybody
