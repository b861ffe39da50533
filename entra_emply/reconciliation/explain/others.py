"""Who else carries a person's addresses, and why none of them is the person's counterpart (M1-M4)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import positions
from entra_emply.reconciliation.explain.facts import Other
from entra_emply.reconciliation.explain.statement import failing, first_failed
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.rules.comparisons import comparisons
from entra_emply.reconciliation.rules.conditions import employee_archived, integration_on
from entra_emply.reconciliation.rules.scope import SCOPE
from entra_emply.reconciliation.subjects import once
from entra_emply.reconciliation.words import CONDITIONS
from entra_emply.text import key

_CROSSWISE, _ADDRESS = "crosswise", "address"


@dataclass(frozen=True)
class _User:
    """A user of either system with the keys that are compared."""

    system: str
    id: str
    username: str | None
    email: str | None
    person: int

    @property
    def who(self) -> str:
        return self.username or self.email or self.id


def others(identities: Identities, person: int) -> tuple[list[Other], list[Other]]:
    """The person's rivals (same system, same address) and the candidates of the other system that were not taken."""
    entra, emply = _entra(identities), _emply(identities)
    mine = [user for user in (*entra, *emply) if user.person == person]
    rivals = [
        Other(user.system, user.id, user.who, shares, _of_rival(identities, user))
        for me in mine
        for user in (entra if me.system == "entra" else emply)
        if user.person != person and (shares := _shared(me, user)) and shares != (_CROSSWISE,)
    ]
    me = next(iter(mine), None)  # the Entra user, where there is one
    across = emply if me is not None and me.system == "entra" else entra
    by_address = _sharing(identities, person)
    candidates = [
        Other(user.system, user.id, user.who, shares, _why_not(identities, person, user, shares))
        for user in across
        if me is not None
        and user.person != person
        and (shares := _shared(me, user) or ((_ADDRESS,) if user.person in by_address else ()))
    ]
    return rivals, candidates


def _sharing(identities: Identities, person: int) -> set[int]:
    """M3b: the people with whom this one shares any address, those of refused pairs, too."""
    sharing, login = comparisons(identities).by_address, int(identities.emply_row[person])
    with_refused = {b if a == person else a for a, b in _refused(identities) if person in (a, b)}
    rows = sharing.pairs_of(login=login)["row"] if login >= 0 else ()  # the row of an Entra user is that of its person
    logins = sharing.pairs_of(row=person)["login"] if identities.in_entra[person] else ()
    return with_refused | {*map(int, rows)} | {*map(int, np.flatnonzero(np.isin(identities.emply_row, logins)))}


@once
def _refused(identities: Identities) -> set[tuple[int, int]]:
    """The people of the pairs of which somebody said that they are two (`refuse`)."""
    refused, frame = identities.inputs.state.refused, identities.frame
    entra, emply = (positions(refused[side], frame[side]) for side in ("entra_id", "emply_user_id"))
    return {(int(a), int(b)) for a, b in zip(entra, emply, strict=True) if a >= 0 and b >= 0}


def _entra(identities: Identities) -> list[_User]:
    users, frame = identities.inputs.entra_users, identities.frame
    names, addresses = _texts(key(users["user_principal_name"])), _texts(frame["address"])
    return [
        _User("entra", entra_id, names[row], addresses[row], row)  # the row of an Entra user is that of its person
        for row, entra_id in enumerate(users["entra_id"])
    ]


def _emply(identities: Identities) -> list[_User]:
    logins = identities.inputs.emply_users
    person_of = identities.person_of_login.tolist()
    names, emails = _texts(key(logins["username"])), _texts(key(logins["email"]))
    return [
        _User("emply", login, names[row], emails[row], person_of[row])
        for row, login in enumerate(logins["emply_user_id"])
    ]


def _shared(one: _User, other: _User) -> tuple[str, ...]:
    shares = [
        what
        for what, ours, theirs in (("username", one.username, other.username), ("email", one.email, other.email))
        if ours is not None and ours == theirs
    ]
    if not shares and one.system != other.system:
        texts = {one.username, one.email} & {other.username, other.email} - {None}
        return (_CROSSWISE,) if texts else ()
    return tuple(shares)


def _of_rival(identities: Identities, user: _User) -> str:
    if user.system == "entra":
        if not identities.inputs.settings.enabled:
            return f"is not in scope: {CONDITIONS[integration_on.name].fails}"
        why = first_failed(SCOPE, identities, user.person)
        return f"is not in scope: {why}" if why else "is in scope"
    return "is active" if identities.active[user.person] else "is deactivated"


def _why_not(identities: Identities, person: int, user: _User, shares: tuple[str, ...]) -> str:
    """Why `user` is not the counterpart of `person`, as a half sentence."""
    return next(_reasons(identities, person, user, shares), "was matched with nobody")


def _reasons(identities: Identities, person: int, user: _User, shares: tuple[str, ...]) -> Iterator[str]:
    """What M2, M3 or M3b says of the Entra user of the two, unless the Emply user is out of the question."""
    entra, emply = (user.person, person) if user.system == "entra" else (person, user.person)
    if identities.matched[user.person]:
        how = "is linked to" if identities.linked[user.person] else "was matched with"
        yield f"{how} {_counterpart(identities, user)}"
    if identities.employee_archived[emply]:
        yield f"{CONDITIONS[employee_archived.name].holds}, and nobody gets a leaver's login"
    if not identities.inputs.settings.enabled:
        yield CONDITIONS[integration_on.name].fails
    if (entra, emply) in _refused(identities):
        yield "somebody said that they are not the same person"
    failed = _failing(identities, "M2" if "username" in shares else "M3" if "email" in shares else "M3b", entra)
    if failed is not None:
        yield failed


@once
def _failing(identities: Identities, name: str, entra: int) -> str | None:
    """The clause of the condition of M2, M3 or M3b that fails for an Entra user; looked at once for all candidates."""
    rule, subjects = next(each for each in comparisons(identities).asked if each[0].name == name)
    return failing(rule.look(subjects, entra))


def _counterpart(identities: Identities, user: _User) -> str:
    """Who the other half of a user's person is, as that system calls them."""
    if user.system == "entra":
        return identities.login_of(user.person) or "a login without username"
    names = ("user_principal_name", "mail")
    known = (identities.text("entra", name, user.person) for name in names)
    return next(filter(None, known), None) or identities.value("subject", user.person) or "somebody else"


def _texts(values: "pd.Series[str]") -> list[str | None]:
    return [_text(value) for value in values]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
