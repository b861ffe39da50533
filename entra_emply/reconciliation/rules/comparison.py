"""M2, M3 and what M4 says of them: one comparison of Entra users and Emply users by a key. In which order they are
compared is `comparisons`; M3b, which compares all addresses, is `sharing`.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, codes, is_among, is_text, marked
from entra_emply.reconciliation.entra_users import Addresses, EntraUsers
from entra_emply.reconciliation.rule import Condition, Rule, Values
from entra_emply.reconciliation.rules.scope import SCOPE, a_few, called
from entra_emply.reconciliation.subjects import Subjects

_NOBODY = -1
_NO_OWNERS = Addresses(np.empty(0, np.int64), pd.Series(dtype="str"))


@dataclass(frozen=True, eq=False)
class Comparison(Subjects):
    """One comparison of Entra users and Emply users by a key (M2, M3). A row each Entra user.

    entra_keys, emply_keys: what is compared, by rows of both frames. needless: the Entra users who are linked or
    matched already. emply_free: the Emply users who take part. entra_alone, emply_alone: whom the comparison before
    this one left alone; they go on counting as carriers (M4). other_members: the enabled Members who take no part (row)
    and their keys (address), which a Guest must not carry (M4).
    """

    users: EntraUsers
    entra_keys: "pd.Series[str]"
    emply_keys: "pd.Series[str]"
    needless: Mask
    emply_free: Mask
    entra_alone: Mask
    emply_alone: Mask
    other_members: Addresses = field(default_factory=lambda: _NO_OWNERS)

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
        several[entra[self.members_address & (entra >= 0)]] = True
        return several & (by_entra > 0)

    @cached_property
    def members_address(self) -> Mask:
        """M4: the Guests whose key is that of a Member who takes no part."""
        guest = is_text(self.users.inputs.entra_users["user_type"], "Guest")
        return guest & is_among(self.entra_keys, self.other_members.address)

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
    if comparison.members_address[row]:
        members = comparison.other_members
        others = np.append(others, np.unique(members.row[is_text(members.address, comparison.entra_keys.iloc[row])]))
    names = [
        *inputs.entra_users["user_principal_name"].iloc[others],
        *called(inputs.emply_users.iloc[np.flatnonzero(emply == number)]),
    ]
    return {**_key(comparison, row), "carriers": a_few(names)}


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


def matches(rule: Rule[Comparison], comparison: Comparison) -> tuple[Rows, Rows]:
    """The rows of the Entra users and of the Emply users that the rule matches."""
    rows = np.flatnonzero(rule.acts(comparison))
    return rows, comparison.holder[comparison.carried[0][rows]]


def left_alone_by(rule: Rule[Comparison], comparison: Comparison) -> tuple[Mask, Mask]:
    """M4: whom the rule leaves alone of both systems."""
    entra, emply = rule.fails_at(comparison, rule.conditions[-2].name), comparison.carried[1]
    keys = marked(comparison.carried[0][entra], len(comparison.ambiguous) + 1)
    return entra, keys[emply] & (emply >= 0)
