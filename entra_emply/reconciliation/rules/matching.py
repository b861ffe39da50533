"""M: who is matched with whom, who is left alone, who is external. `join` makes the people of both systems from it."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, codes, marked, positions
from entra_emply.reconciliation.employees import Employees
from entra_emply.reconciliation.entra_users import EntraUsers
from entra_emply.reconciliation.identities import Identities, once
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.rule import Condition, Rule, Values
from entra_emply.reconciliation.rules.conditions import (
    EXTERNAL,
    SCOPE,
    in_entra,
    left_alone,
    linked,
    matched,
    not_linked,
)
from entra_emply.text import key

_NOBODY = -1

# --- M2, M3, M4: comparing keys ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Comparison:
    """One comparison of Entra users and Emply users by a key (M2, M3). A row each Entra user.

    entra_keys, emply_keys: what is compared, by rows of both frames. needless: the Entra users who are linked or
    matched already. emply_free: the Emply users who take part. entra_alone, emply_alone: whom the comparison before
    this one left alone; they go on counting as carriers (M4).
    """

    users: EntraUsers
    entra_keys: "pd.Series[str]"
    emply_keys: "pd.Series[str]"
    needless: Mask
    emply_free: Mask
    entra_alone: Mask
    emply_alone: Mask
    answers: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        """How many Entra users."""
        return len(self.users)

    @cached_property
    def carried(self) -> "tuple[Rows, Rows]":
        """The key of each Entra user and Emply user that takes part, as numbers; -1 for others, and without a key."""
        users = self.users
        takes_part = users.enabled & users.in_group & ~users.in_room & ~self.needless
        numbers = codes(self.entra_keys.where(takes_part), self.emply_keys.where(self.emply_free))
        return numbers[0], numbers[1]

    @cached_property
    def counts(self) -> tuple[Rows, Rows]:
        """How many Entra users and how many Emply users carry each key."""
        entra, emply = self.carried
        size = max(entra.max(initial=-1), emply.max(initial=-1)) + 1
        return np.bincount(entra[entra >= 0], minlength=size), np.bincount(emply[emply >= 0], minlength=size)

    @cached_property
    def ambiguous(self) -> Mask:
        """M4: the keys that several carry, or somebody who was left alone, if an Entra user carries them at all."""
        (entra, emply), (by_entra, by_emply) = self.carried, self.counts
        several = (by_entra > 1) | (by_emply > 1)
        for numbers, alone in ((entra, self.entra_alone), (emply, self.emply_alone)):
            several[numbers[alone & (numbers >= 0)]] = True
        return several & (by_entra > 0)

    @cached_property
    def holder(self) -> Rows:
        """An Emply user that carries each key, -1 for none."""
        emply = self.carried[1]
        holder = np.full(len(self.counts[1]), _NOBODY, dtype=np.int64)
        known = np.flatnonzero(emply >= 0)
        holder[emply[known]] = known
        return holder


def _has_key(comparison: Comparison, rows: Rows) -> Mask:
    return comparison.carried[0][rows] >= 0


def _is_once(comparison: Comparison, rows: Rows) -> Mask:
    return ~comparison.ambiguous[comparison.carried[0][rows]]


def _is_in_emply(comparison: Comparison, rows: Rows) -> Mask:
    return comparison.counts[1][comparison.carried[0][rows]] > 0


def _key(comparison: Comparison, row: int) -> Values:
    value = comparison.entra_keys.iloc[row]
    return {"key": value if isinstance(value, str) else None}


def _carriers(comparison: Comparison, row: int) -> Values:
    """The key, and what everybody else is called who carries it."""
    entra, emply = comparison.carried
    inputs, number = comparison.users.inputs, entra[row]
    others = np.flatnonzero((entra == number) & (np.arange(len(entra)) != row))
    names = [
        *inputs.entra_users["user_principal_name"].iloc[others],
        *inputs.emply_users["username"].fillna(inputs.emply_users["email"]).iloc[np.flatnonzero(emply == number)],
    ]
    return {**_key(comparison, row), "carriers": [name for name in names if isinstance(name, str)]}


def _conditions(key: str, *, after: str) -> tuple[Condition[Comparison], ...]:
    """Of M2 and M3, for the key of this name; `after`: what makes the comparison needless."""
    return (
        *(condition.on(lambda comparison: comparison.users) for condition in SCOPE),
        Condition(after, lambda comparison, rows: ~comparison.needless[rows]),
        Condition(f"has_{key}", _has_key, _key),
        Condition(f"{key}_once", _is_once, _carriers),
        Condition(f"{key}_in_emply", _is_in_emply, _key),
    )


M2 = Rule[Comparison]("M2", (), _conditions("sign_in_name", after="not_linked_yet"))
M3 = Rule[Comparison]("M3", (), _conditions("address", after="not_matched_yet"))
M1 = Rule[Identities]("M1", (linked,), (in_entra,))
M4 = Rule[Identities]("M4", (), (left_alone,))
M5 = Rule[Identities]("M5", (matched,), (not_linked,))
M6 = Rule[Identities]("M6", EXTERNAL[:1], EXTERNAL[1:])

RULES = (M1, M4, M5, M6)
COMPARISONS = (M2, M3)


@dataclass(frozen=True)
class Comparisons:
    """M1 to M4: the links that hold, then both comparisons."""

    users: EntraUsers
    links: pd.DataFrame
    by_name: Comparison
    by_address: Comparison

    @classmethod
    def of(cls, users: EntraUsers, emply: pd.DataFrame) -> "Comparisons":
        """Of these users; `emply` has the username, email and archived of every Emply user."""
        links = _links(users.inputs)
        whole = links[links["entra_row"] != _NOBODY]
        linked, free = marked(whole["entra_row"].to_numpy(), len(users)), ~emply["archived"].to_numpy(dtype=bool)
        free &= ~marked(whole["emply_row"].to_numpy(), len(emply))
        nobody = np.zeros(len(users), dtype=bool), np.zeros(len(emply), dtype=bool)
        by_name = Comparison(users, users.upn, emply["username"], linked, free, *nobody)
        rows, taken = matches(M2, by_name)
        needless, free = linked | marked(rows, len(users)), free & ~marked(taken, len(emply))
        alone = left_alone_by(M2, by_name)
        return cls(users, links, by_name, Comparison(users, users.address, emply["email"], needless, free, *alone))

    def of_rule(self, rule: str) -> Comparison:
        """The comparison of M2 or of M3."""
        return self.by_name if rule == "M2" else self.by_address


def matches(rule: Rule[Comparison], comparison: Comparison) -> tuple[Rows, Rows]:
    """The rows of the Entra users and of the Emply users that the rule matches."""
    rows = np.flatnonzero(rule.acts(comparison))
    return rows, comparison.holder[comparison.carried[0][rows]]


def left_alone_by(rule: Rule[Comparison], comparison: Comparison) -> tuple[Mask, Mask]:
    """M4: whom the rule leaves alone of both systems."""
    entra, emply = rule.fails_at(comparison, rule.conditions[-2].name), comparison.carried[1]
    keys = marked(comparison.carried[0][entra], len(comparison.ambiguous) + 1)
    return entra, keys[emply] & (emply >= 0)


@once
def comparisons(identities: Identities) -> Comparisons:
    """How the people were compared: for explaining a join that is known."""
    emply = emply_side(identities.inputs, Employees.of(identities.inputs))
    return Comparisons.of(identities.entra_users, emply)


def emply_side(inputs: Inputs, employees: Employees) -> pd.DataFrame:
    """The Emply users with what matching needs; `archived`: their own employee is, so no newcomer gets the login."""
    users = inputs.emply_users
    emply = pd.DataFrame({"username": key(users["username"]), "email": key(users["email"])})
    row, carriers = employees.of_people(users["employee_id"], emply["email"])
    return emply.assign(employee_row=row, employees=carriers, archived=employees.archived(row))


def _links(inputs: Inputs) -> pd.DataFrame:
    """The recorded links whose Emply user exists: entra_id, entra_row (-1: gone), emply_row."""
    links = inputs.state.links
    found = pd.DataFrame(
        {
            "entra_id": links["entra_id"],
            "entra_row": positions(links["entra_id"], inputs.entra_users["entra_id"]),
            "emply_row": positions(links["emply_user_id"], inputs.emply_users["emply_user_id"]),
        }
    )
    return found[found["emply_row"] != _NOBODY]
