"""The addresses and sign-in names of Entra that W1 compares with the usernames and e-mails of Emply."""

import pandas as pd

from entra_emply.reconciliation.arrays import exploded, is_among
from entra_emply.text import as_address, key

_TYPE = "smtp:"
_LONGEST = 113
_TAKEN_BY_ENTRA = r"[A-Za-z0-9'_!#^~-](?:[A-Za-z0-9'._!#^~-]{0,62}[A-Za-z0-9'_!#^~-])?@[^@]+"
"""What Entra takes as a sign-in name: 1 to 64 of these before the @, no dot first or last."""
_GUEST = "#ext#"


def addresses_of(*directory: pd.DataFrame) -> "pd.Series[str]":
    """Every address that a user or a group of these frames has, by key; unique.

    The frames have some of user_principal_name, mail, other_mails, proxy_addresses.
    """
    found = []
    for frame in directory:
        found += [key(frame[name]) for name in ("user_principal_name", "mail") if name in frame]
        lists = {name: exploded(frame[name])[1] for name in ("other_mails", "proxy_addresses") if name in frame}
        found += [proxy_keys(texts) if name == "proxy_addresses" else key(texts) for name, texts in lists.items()]
    return pd.concat(found, ignore_index=True).dropna().drop_duplicates()


def proxy_keys(written: "pd.Series[str]") -> "pd.Series[str]":
    """The key of each address of a mailbox; the type that Entra writes before it (`SMTP:`) is not part of it."""
    return key(key(written).str.removeprefix(_TYPE))


def addresses_of_deleted(deleted: pd.DataFrame) -> "pd.Series[str]":
    """Every address that a deleted user has, by key; the sign-in name as it was before."""
    return addresses_of(deleted.assign(user_principal_name=_name_before_deletion(deleted)))


def in_verified_domain(written: "pd.Series[str]", tenant: pd.DataFrame) -> "pd.Series[bool]":
    """Which of these is an address in a verified domain of the tenant."""
    verified = key(pd.Series(exploded(tenant["verified_domains"])[1], dtype="str"))
    domain = key(written).str.extract(r"(?s)^[^@]+@([^@]+)$", expand=False).astype("str")
    return pd.Series(is_among(domain, verified.dropna()), index=written.index)


def taken_by_entra(written: "pd.Series[str]") -> "pd.Series[bool]":
    """Which of these Entra takes as a sign-in name."""
    name = as_address(written)
    guest = name.str.lower().str.contains(_GUEST, regex=False, na=False)
    fits = name.str.fullmatch(_TAKEN_BY_ENTRA, na=False) & (name.str.len() <= _LONGEST)
    return (fits & ~guest).astype("bool")


def _name_before_deletion(deleted: pd.DataFrame) -> "pd.Series[str]":
    """Graph puts the object id, without its dashes, before a deleted UPN; here it is taken off again."""
    name, mark = key(deleted["user_principal_name"]), key(deleted["entra_id"]).str.replace("-", "", regex=False)
    for length in mark.str.len().unique():
        name = name.where(name.str.slice(0, length) != mark, name.str.slice(length))
    return name
