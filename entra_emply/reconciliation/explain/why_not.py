"""Why a person does not have a login, a role, a picture or a calendar: the smallest set of facts that would have to be
different. The conditions are the rules' own; what is said is planned again before it is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from entra_emply.reconciliation.clause import clause_of
from entra_emply.reconciliation.explain.inputs_around import uncounted
from entra_emply.reconciliation.explain.levers import LEVERS, WITHOUT_VALUE, Lever, Person
from entra_emply.reconciliation.explain.statement import listed
from entra_emply.reconciliation.explain.wishes import PersonsWish, Wish
from entra_emply.reconciliation.identify import identify
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.rule import Condition, Looked, failed, looked_at
from entra_emply.reconciliation.rules import lifecycle
from entra_emply.reconciliation.rules.calendar_subjects import Calendars
from entra_emply.reconciliation.rules.conditions import (
    ENTRA_LEADS,
    integration_on,
    roles_synchronized,
    without_employee,
)
from entra_emply.reconciliation.rules.photos import (
    P1,
    photo_in_entra,
    photo_readable,
    photos_read,
    profile_pictures,
)
from entra_emply.reconciliation.rules.roles import no_protected_role
from entra_emply.reconciliation.rules.scope import flag, in_entra

_OF_LOGINS = ("login", "role")
"""What a plan gives at once; a picture and calendars come to a login that is there."""


@dataclass(frozen=True)
class Change:
    """A fact that would have to be different: the condition, how it is now, and how it would have to be."""

    condition: str
    now: str
    needed: str


@dataclass(frozen=True)
class WhyNot:
    """The answer: the facts that would have to be different, all of them together.

    state: `has` (already there), `planned` (nothing has to change), `possible` (with these changes), `impossible`
    (`obstacle` stands in the way whatever is changed here).
    """

    wish: str
    state: Literal["has", "planned", "possible", "impossible"]
    sentence: str
    changes: tuple[Change, ...] = ()


def why_not(inputs: Inputs, person: "tuple[str | None, str | None]", wish: Wish) -> WhyNot:
    """Of the person with these ids (entra_id, emply_user_id); `inputs` are those around them.

    Raises SettingsError for a role that does not exist.
    """
    asked = PersonsWish(wish, person)
    first = identify(uncounted(inputs))
    if asked.is_there(first):
        return WhyNot(str(wish), "has", _there(first, asked))
    steps, obstacle = _steps(first, asked)
    now = _after(first, steps, asked)
    if obstacle is not None or not asked.comes(now):
        why = "the rules would still decide otherwise" if obstacle is None else clause_of(obstacle)
        return _impossible(wish, [step.change for step in steps], why)
    if not steps:
        return WhyNot(str(wish), "planned", _planned(wish, asked, now))
    changes = [step.change for step in _needed(first, steps, asked)]
    return WhyNot(str(wish), "possible", _sentence(wish, changes), tuple(changes))


@dataclass(frozen=True)
class _Step:
    """A change, and how it is made."""

    change: Change
    lever: Lever


def _steps(first: Identities, asked: PersonsWish) -> tuple[list[_Step], Looked | None]:
    """A change for each condition that fails, one after the other; and the condition for which there is none."""
    now, wish, steps = first, asked.wish, list[_Step]()
    while not (wish.kind in _OF_LOGINS and asked.comes(now)):
        subject = asked.person(now)
        obstacle = None if subject is None else _obstacle(subject, wish)
        if subject is None or obstacle is None:
            return steps, None
        lever = LEVERS.get(obstacle.name)
        again = obstacle.name in {step.change.condition for step in steps}
        if lever is None or again or (obstacle.name == "in_giving_group" and subject.group_id is None):
            return steps, obstacle
        condition = _condition(subject, wish, obstacle.name)
        now = identify(lever(subject))
        steps.append(_Step(_change(condition, obstacle, asked.person(first), asked.person(now)), lever))
    return steps, None


def _after(first: Identities, steps: Sequence[_Step], asked: PersonsWish) -> Identities:
    """The facts once these changes are made."""
    now = first
    for step in steps:
        subject = asked.person(now)
        now = now if subject is None else identify(step.lever(subject))
    return now


def _needed(first: Identities, steps: Sequence[_Step], asked: PersonsWish) -> list[_Step]:
    """Those without which it does not come: one change may do what another was for."""
    needed = list(steps)
    if asked.wish.kind not in _OF_LOGINS:
        return needed  # of a newcomer's picture and calendars the plan says nothing yet
    for step in steps:
        others = [each for each in needed if each is not step]
        if others and asked.comes(_after(first, others, asked)):
            needed = others
    return needed


def _planned(wish: Wish, asked: PersonsWish, now: Identities) -> str:
    person = asked.person(now)
    waits = wish.kind not in _OF_LOGINS and person is not None and not (now.in_emply | now.in_room)[person.row]
    when = "the next run makes the login, and the one after it gives" if waits else "the next run gives"
    held = {guard for row in asked.given_by(now) for guard in row["held_by"].split()}
    approved = f" once somebody has approved what is held ({listed(sorted(held))})" if held else ""
    return f"Nothing has to change: {when} the user {wish}{approved or ', unless a guard holds it'}."


def _in_giving_group(wish: Wish) -> Condition[Identities]:
    def is_in(identities: Identities) -> np.ndarray[Any, np.dtype[np.bool_]]:
        groups, given = identities.mapping.groups["group_id"], set(wish.giving_groups(identities))
        members = identities.memberships
        inside = members.loc[groups.isin(given).to_numpy()[members["priority"]], "entra_row"]
        return np.isin(np.arange(len(identities)), inside)

    def compared(identities: Identities, row: int) -> dict[str, Any]:
        names = [identities.called(group) for group in wish.giving_groups(identities)]
        own = [name for name in identities.groups_of(row) if name in names]
        return {"giving": own or names, "groups": identities.groups_of(row), "role": wish.name}

    return flag("in_giving_group", is_in, compared)


def _conditions(person: Person, wish: Wish) -> Sequence[Condition[Identities]]:
    """What has to hold for the wish, in the order in which the rules ask it."""
    identities, row = person.identities, person.row
    login = lifecycle.L1.when if not identities.in_emply[row] else ()
    again = lifecycle.L4.when if identities.in_emply[row] and not identities.active[row] else ()
    first = (integration_on, in_entra, *login, *again)
    if wish.kind == "login":
        return first
    if wish.kind == "photo":
        return (*first, *(_PICTURE_OF_NEWCOMERS if login else P1.conditions))
    if wish.kind == "calendar":
        return _of_room() if identities.in_room[row] else (*first, *_of_calendar(wish, newcomer=bool(login)))
    leading = () if login else (*ENTRA_LEADS, no_protected_role)
    return (*first, _in_giving_group(wish), roles_synchronized, *leading)


_PICTURE_OF_NEWCOMERS = (profile_pictures, without_employee, photos_read, photo_readable, photo_in_entra)
"""P1, as far as it can be asked before there is a login."""


def _of_room() -> Sequence[Condition[Identities]]:
    """C5: its default calendar comes under the room's name."""
    from entra_emply.reconciliation.rules.calendar_owners import calendars_on  # noqa: PLC0415 (only where it is asked)

    return (integration_on, in_entra, calendars_on)


def _of_calendar(wish: Wish, *, newcomer: bool) -> Sequence[Condition[Identities]]:
    """C1, for the calendar of this name; of somebody without a login as far as it can be asked."""
    from entra_emply.reconciliation.rules.calendar_owners import USERS, calendars_on  # noqa: PLC0415 (see above)

    def named(identities: Identities, column: str) -> Any:  # noqa: ANN401 (flags)
        rows_ = identities.inputs.entra_calendars
        mine = rows_[(rows_["name"] == wish.name).fillna(False)]
        if column:
            mine = mine[mine[column].astype(bool)]
        return identities.frame["entra_id"].isin(mine["entra_id"]).to_numpy(dtype=bool)

    def compared(_identities: Identities, _row: int) -> dict[str, Any]:
        return {"calendar": wish.name}

    of_users = tuple(condition.on(Calendars.where_nobody_waits) for condition in USERS.conditions)
    asked = (calendars_on,) if newcomer else of_users
    return (
        *asked,
        flag("has_named_calendar", lambda identities: named(identities, ""), lambda _i, _r: {"calendar": wish.name}),
        flag(
            "may_edit_named", lambda identities: named(identities, "can_edit"), lambda _i, _r: {"calendar": wish.name}
        ),
    )


def _obstacle(person: Person, wish: Wish) -> Looked | None:
    """The first condition that fails."""
    return failed(looked_at(_conditions(person, wish), person.identities, person.row))


def _condition(person: Person, wish: Wish, name: str) -> Condition[Identities]:
    return next(each for each in _conditions(person, wish) if each.name == name)


def _change(condition: Condition[Identities], obstacle: Looked, before: Person | None, after: Person | None) -> Change:
    """What was changed, told by the condition as it is before any change, and as it holds now."""
    if before is not None and not condition.holds(before.identities, np.array([before.row]))[0]:
        obstacle = Looked(obstacle.name, False, condition.compared(before.identities, before.row))
    if obstacle.name in WITHOUT_VALUE or after is None:
        return Change(obstacle.name, clause_of(obstacle), WITHOUT_VALUE.get(obstacle.name, ""))
    holds = Looked(obstacle.name, True, condition.compared(after.identities, after.row))
    return Change(obstacle.name, clause_of(obstacle), clause_of(holds))


def _there(first: Identities, asked: PersonsWish) -> str:
    taken = sorted({row["rule"] for row in asked.taken_by(first)})
    return f"The user has {asked.wish} already{f', and the plan takes it away ({listed(taken)})' if taken else ''}."


def _sentence(wish: Wish, changes: Sequence[Change]) -> str:
    if len(changes) == 1:
        return f"The user would get {wish} if {changes[0].needed}. Now {changes[0].now}."
    needed, now = ("; ".join(getattr(each, side) for each in changes) for side in ("needed", "now"))
    return f"The user would get {wish} if {len(changes)} facts were different: {needed}. Now: {now}."


def _impossible(wish: Wish, changes: Sequence[Change], obstacle: str) -> WhyNot:
    even = f" Even if {' and '.join(each.needed for each in changes)}:" if changes else ""
    sentence = f"The user does not get {wish}.{even} {obstacle[:1].upper()}{obstacle[1:]}."
    return WhyNot(str(wish), "impossible", sentence, tuple(changes))
