"""The addresses and sign-in names of Entra that W1 compares with the usernames and e-mails of Emply."""

import pandas as pd

from entra_emply.reconciliation.arrays import exploded, is_among
from entra_emply.reconciliation.identities import Identities
from entra_emply.text import key, trimmed


def addresses_of_entra(users: pd.DataFrame) -> "pd.Series[str]":
    """Every address that any Entra user has, by key."""
    lists = [exploded(users[name])[1] for name in ("other_mails", "proxy_addresses")]
    written = pd.concat([users["user_principal_name"], users["mail"], *lists], ignore_index=True)
    return address_keys(written).dropna().drop_duplicates()


def address_keys(written: "pd.Series[str]") -> "pd.Series[str]":
    """The key of each address; the type that Entra writes before one of a mailbox (`SMTP:`) is not part of it."""
    return key(key(written).str.removeprefix("smtp:"))


def principal_names(identities: Identities, rows: "pd.Index[int]") -> "pd.Series[str]":
    """The username where it is an address in a verified domain, else the e-mail where that is, else missing."""
    verified = key(pd.Series(exploded(identities.inputs.entra_tenant["verified_domains"])[1], dtype="str"))

    def usable(column: str) -> "pd.Series[str]":
        written = trimmed(identities.emply(column, rows))
        parts = key(written).str.extract(r"^(?P<local>[^@\s]+)@(?P<domain>[^@\s]+)$").astype("str")
        return written.where(is_among(parts["domain"], verified))

    return usable("username").fillna(usable("email"))


def name_before_deletion(deleted: pd.DataFrame) -> "pd.Series[str]":
    """Graph puts the object id, without its dashes, before a deleted UPN; here it is taken off again."""
    name, ids = key(deleted["user_principal_name"]), key(deleted["entra_id"])
    for mark in (ids, ids.str.replace("-", "", regex=False)):
        for length in mark.str.len().unique():
            name = name.where(name.str.slice(0, length) != mark, name.str.slice(length))
    return name
