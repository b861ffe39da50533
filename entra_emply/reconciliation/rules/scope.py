"""Who is in scope: the conditions about an Entra user alone, which comparing (M) asks as well as the rules after it.

Those that need the join are in `conditions`.
"""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask
from entra_emply.reconciliation.entra_users import EntraUsers
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.rule import Condition, Values, nothing
from entra_emply.text import as_address

_MOST_NAMED = 10  # more in a sentence nobody reads

Scoped = EntraUsers | Identities
PersonCondition = Condition[Any]
"""About people, or about Entra users that are compared: whatever has the flags that the condition asks for."""


def flag(name: str, mask: Callable[[Any], Mask], compared: Callable[[Any, int], Values] = nothing) -> PersonCondition:
    """A condition of which the answer for every row is known."""
    return Condition(name, lambda subjects, rows: mask(subjects)[rows], compared)


def switch(name: str, on: Callable[[Identities], bool], called: str) -> PersonCondition:
    """A condition that is the same for everybody; `called` is the name under which it is compared."""
    return Condition(
        name,
        lambda identities, rows: np.full(len(rows), on(identities)),
        lambda identities, _row: {called: on(identities)},
    )


def setting(name: str, key: str) -> PersonCondition:
    """A condition that a setting is on; `key` is its place in the settings."""
    value = attrgetter(key)
    return Condition(
        name,
        lambda identities, rows: np.full(len(rows), bool(value(identities.inputs.settings))),
        lambda identities, _row: {key: value(identities.inputs.settings)},
    )


def _user(users: Scoped, row: int) -> Values:
    if isinstance(users, Identities):
        return {"user": users.text("entra", "user_principal_name", row)}
    name = users.inputs.entra_users["user_principal_name"].iloc[row]
    return {"user": name if isinstance(name, str) else None}


def _account(users: Scoped, row: int) -> Values:
    return {"account_enabled": bool(users.enabled[row])}


def _groups(identities: Scoped, row: int) -> Values:
    return {"groups": identities.groups_of(row), "configured": identities.configured_groups}


def _rooms(identities: Scoped, row: int) -> Values:
    return {"rooms": identities.rooms_of(row)}


def called(logins: pd.DataFrame) -> "pd.Series[str]":
    """What Emply users are called: the username, else the e-mail, else the id, blank ones left out."""
    names = (as_address(logins[column]) for column in ("username", "email"))
    return next(names).fillna(next(names)).fillna(logins["emply_user_id"])


def a_few(names: Iterable[object]) -> list[str]:
    """Names for a sentence, missing ones left out: of a shared mailbox that a company carries the first, and how many
    others there are."""
    known = [name for name in names if isinstance(name, str)]
    left = len(known) - _MOST_NAMED
    return known if left <= 1 else [*known[:_MOST_NAMED], f"{left:,} others"]


in_entra = flag("in_entra", lambda identities: identities.in_entra, _user)
gone_from_entra = in_entra.negated("gone_from_entra")
enabled = flag("enabled", lambda identities: identities.enabled, _account)
disabled = enabled.negated("disabled")
in_group = flag("in_group", lambda identities: identities.in_group, _groups)
in_no_group = in_group.negated("in_no_group")
in_room = flag("in_room", lambda identities: identities.in_room, _rooms)
not_in_room = in_room.negated("not_in_room")

ENABLED_IN_GROUP: tuple[PersonCondition, ...] = (enabled, in_group, not_in_room)
SCOPE: tuple[PersonCondition, ...] = (in_entra, *ENABLED_IN_GROUP)
"""rules.md, "in scope"."""
