"""The neighbourhood of one person: of the frames of everybody, the rows of the person asked for and of all who share a
link, a key, an address or an employee with them. What the rules say of the person is the same in it as in the whole.

Only what counts people (the guards' limits, an emptied group) is not: that is taken from the plan as it was made.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
import pandas as pd
from rapidfuzz import process
from rapidfuzz.distance import OSA

from entra_emply.reconciliation.arrays import Mask, Rows, exploded, is_among
from entra_emply.reconciliation.entra_users import addresses
from entra_emply.reconciliation.rules.sign_in_names import proxy_keys
from entra_emply.text import key, key_of

_MOST_NEAR = 5


class FrameReader(Protocol):
    """The frames of one moment, readable in part. A frame of several is called `asset/frame`."""

    def columns(self, name: str, columns: Sequence[str]) -> pd.DataFrame:
        """All rows of some columns."""
        ...

    def rows(self, name: str, column: str, values: Collection[str]) -> pd.DataFrame:
        """The rows whose `column` holds one of `values`."""
        ...

    def whole(self, name: str) -> pd.DataFrame:
        """Every row of every column."""
        ...

    def has(self, name: str) -> bool:
        """Whether there is such a frame."""
        ...


@dataclass(frozen=True)
class Ids:
    """Some of the users and employees of both systems."""

    entra: frozenset[str]
    emply: frozenset[str]
    employees: frozenset[str]

    @property
    def ids(self) -> frozenset[str]:
        """All of them."""
        return self.entra | self.emply | self.employees

    def __bool__(self) -> bool:
        return bool(self.entra or self.emply or self.employees)


class Directory:
    """Everybody's ids and keys, and nothing else of them."""

    def __init__(self, frames: FrameReader) -> None:
        users = frames.columns("entra_users", ["entra_id", "user_principal_name", "mail", "user_type"])
        upn = key(users["user_principal_name"])
        self.entra = pd.DataFrame({"id": users["entra_id"], "upn": upn, "address": addresses(users, upn)})
        logins = frames.columns("emply_users", ["emply_user_id", "username", "email", "employee_id"])
        self.emply = pd.DataFrame(
            {
                "id": logins["emply_user_id"],
                "username": key(logins["username"]),
                "email": key(logins["email"]),
                "employee": logins["employee_id"],
            }
        )
        self._a_guest = frozenset(users.loc[users["user_type"] == "Guest", "entra_id"].iloc[:1])
        self._frames = frames
        employees = frames.columns("emply_employees", ["employee_id", "email"])
        self.employees = pd.DataFrame({"id": employees["employee_id"], "email": key(employees["email"])})
        self.links = frames.whole("sync_state/links")

    def carriers(self, *asked: str) -> Ids:
        """Who has one of these ids, carries it as sign-in name, username or e-mail, or has such an employee's login."""
        wanted = _texts({key_of(text) for text in asked} - {""})
        ids = _texts({form for text in asked for form in (text.strip(), text.strip().lower())})
        employee = is_among(self.employees["id"], ids) | is_among(self.employees["email"], wanted)
        employee_ids = self.employees.loc[employee, "id"]
        entra = is_among(self.entra["id"], ids) | _carry(self.entra, ("upn", "address"), wanted)
        emply = is_among(self.emply["id"], ids) | _carry(self.emply, ("username", "email"), wanted)
        emply |= is_among(self.emply["employee"], employee_ids)
        linked = self.links.loc[is_among(self.links["entra_id"], ids), "emply_user_id"]
        found = self._ids(entra, emply | is_among(self.emply["id"], linked), employee)
        return found or self._ids(self._known_as(wanted), emply, employee)

    def texts_of(self, who: Ids) -> set[str]:
        """Every id, name and address by which these people may be found in Entra."""
        logins = self.emply[is_among(self.emply["id"], _texts(who.emply))]
        users = self.entra[is_among(self.entra["id"], _texts(who.entra))]
        employees = self.employees[is_among(self.employees["id"], _texts(who.employees))]
        linked = self.links[is_among(self.links["emply_user_id"], logins["id"])]
        columns = [logins["username"], logins["email"], users["upn"], users["address"], employees["email"]]
        return set(pd.concat([*columns, linked["entra_id"]]).dropna())

    def near(self, asked: str) -> list[str]:
        """Addresses and names one edit (insert, delete, replace, swap of neighbours) away from what was asked."""
        columns = [self.entra["upn"], self.entra["address"], *(self.emply[name] for name in ("username", "email"))]
        every = pd.concat([*columns, self.employees["email"]]).dropna()
        wanted = key_of(asked)
        close = every[(every.str.len() - len(wanted)).abs() <= 1].drop_duplicates().tolist()
        found = process.extract(wanted, close, scorer=OSA.distance, score_cutoff=1, limit=_MOST_NEAR)
        return sorted(text for text, _, _ in found)

    def around(self, who: Ids) -> Ids:
        """`who`, and everybody who shares a link, a key, an address or an employee with them, and so on; also who
        stands in the way of a user that W1 would make of their logins, and a guest, if the tenant has any (S)."""
        entra = is_among(self.entra["id"], _texts(who.entra))
        emply = is_among(self.emply["id"], _texts(who.emply))
        emply |= self._wanting_the_same_name(emply)
        reached = 0
        while reached < entra.sum() + emply.sum():
            reached = entra.sum() + emply.sum()
            entra, emply = self._sharing(*self._wider(entra, emply))
        entra, emply = self._crosswise(entra, emply)
        entra |= self._known_as(self._names_of_unlinked(emply))
        logins, users = self.emply[emply], self.entra[entra]
        carried = pd.concat([logins["employee"], _texts(who.employees)])
        emails = pd.concat([logins["email"], users["address"]])
        employee = is_among(self.employees["id"], carried) | is_among(self.employees["email"], emails)
        emply = emply | is_among(self.emply["employee"], self.employees.loc[employee, "id"])
        ids = self._ids(entra, emply, employee)
        return replace(ids, entra=ids.entra | self._a_guest)

    def _wider(self, entra: Mask, emply: Mask) -> tuple[Mask, Mask]:
        """One step along links and along the keys that M2 and M3 compare."""
        users, logins, links = self.entra[entra], self.emply[emply], self.links
        names = pd.concat([users["upn"], logins["username"]])
        emails = pd.concat([users["address"], logins["email"]])
        linked = links[is_among(links["entra_id"], users["id"]) | is_among(links["emply_user_id"], logins["id"])]
        return (
            entra
            | is_among(self.entra["upn"], names)
            | is_among(self.entra["address"], emails)
            | is_among(self.entra["id"], linked["entra_id"]),
            emply
            | is_among(self.emply["username"], names)
            | is_among(self.emply["email"], emails)
            | is_among(self.emply["id"], linked["emply_user_id"]),
        )

    def _crosswise(self, entra: Mask, emply: Mask) -> tuple[Mask, Mask]:
        """One step more along equal texts in different places, which match nobody but are worth telling."""
        theirs = pd.concat([self.entra.loc[entra, name] for name in ("upn", "address")])
        ours = pd.concat([self.emply.loc[emply, name] for name in ("username", "email")])
        return entra | _carry(self.entra, ("upn", "address"), ours), emply | _carry(
            self.emply, ("username", "email"), theirs
        )

    def _wanting_the_same_name(self, emply: Mask) -> Mask:
        """The logins that carry, in whichever place, what these carry: W1 would give both the same sign-in name."""
        return _carry(self.emply, ("username", "email"), self._names_of_unlinked(emply))

    def _names_of_unlinked(self, emply: Mask) -> "pd.Series[str]":
        """What the logins that nobody is linked to carry."""
        logins = self.emply[emply & ~is_among(self.emply["id"], self.links["emply_user_id"])]
        return pd.concat([logins["username"], logins["email"]]).dropna()

    def _sharing(self, entra: Mask, emply: Mask) -> tuple[Mask, Mask]:
        """One step along any address of those whom nobody is linked to (M3b), and whose own address it is."""
        free = entra & ~is_among(self.entra["id"], self.links["entra_id"])
        names = self._names_of_unlinked(emply)
        if not free.any() and names.empty:
            return entra, emply
        row, address = self._aliases
        theirs = pd.concat([address[free[row]], self.entra.loc[free, "upn"], self.entra.loc[free, "address"]]).dropna()
        emply = emply | _carry(self.emply, ("username", "email"), theirs)
        emply |= is_among(self.emply["employee"], self.employees.loc[is_among(self.employees["email"], theirs), "id"])
        carried = is_among(self.employees["id"], self.emply.loc[emply, "employee"])
        ours = pd.concat([self._names_of_unlinked(emply), self.employees.loc[carried, "email"].dropna()])
        owners = _carry(self.entra, ("upn", "address"), pd.concat([theirs, ours]))
        return entra | owners | self._known_as(ours), emply

    def _known_as(self, texts: "pd.Series[str]") -> Mask:
        """The Entra users who have one of these as another address."""
        known = np.zeros(len(self.entra), dtype=bool)
        if not texts.empty:
            row, address = self._aliases
            known[row[is_among(address, texts)]] = True
        return known

    @cached_property
    def _aliases(self) -> "tuple[Rows, pd.Series[str]]":
        """The other addresses of Entra users, by row. They are many, so they are read when asked for."""
        users = self._frames.columns("entra_users", ["entra_id", "other_mails", "proxy_addresses"])
        parts = [exploded(users[name]) for name in users.columns.drop("entra_id")]  # an earlier version has none
        rows = [np.zeros(0, dtype=np.int64), *(row for row, _ in parts)]
        written = pd.concat([pd.Series(dtype="str"), *(texts for _, texts in parts)], ignore_index=True)
        return np.concatenate(rows), proxy_keys(written)

    def _ids(self, entra: Mask, emply: Mask, employee: Mask) -> Ids:
        frames = ((self.entra, entra), (self.emply, emply), (self.employees, employee))
        return Ids(*(frozenset(frame.loc[mask, "id"]) for frame, mask in frames))


def _carry(frame: pd.DataFrame, columns: Sequence[str], texts: "pd.Series[str]") -> Mask:
    return np.logical_or.reduce([is_among(frame[column], texts) for column in columns])


def _texts(values: Collection[str]) -> "pd.Series[str]":
    return pd.Series(sorted(values), dtype="str")
