"""Why a person does not have a login, a role, a picture or a calendar: the smallest set of facts that would have to be
different. The conditions are the rules' own; what is said is planned again before it is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from entra_emply.errors import SettingsError
from entra_emply.reconciliation.explain.inputs_around import uncounted
from entra_emply.reconciliation.explain.levers import LEVERS, WITHOUT_VALUE, Lever, Person
from entra_emply.reconciliation.explain.statement import clause_of, listed
from entra_emply.reconciliation.identify import identify
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.plan import make_plan
from entra_emply.reconciliation.report.wording import rows
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
    taken_over,
)
from entra_emply.reconciliation.rules.roles import no_protected_role
from entra_emply.reconciliation.rules.scope import flag, in_entra
from entra_emply.text import trimmed

_OF_LOGINS = ("login", "role")
"""What a plan gives at once; a picture and calendars come to a login that is there."""
_FORMS = "role:TITLE, login, photo or calendar:NAME"


@dataclass(frozen=True)
class Wish:
    """What somebody misses."""

    kind: Literal["login", "role", "photo", "calendar"]
    name: str | None = None

    @classmethod
    def parsed(cls, text: str) -> "Wish":
        """Of `role:HR`, `login`, `photo`, `calendar:NAME`. Raises SettingsError."""
        kind, _, name = text.strip().partition(":")
        if kind in ("login", "photo") and not name:
            return cls("login" if kind == "login" else "photo")
        if kind in ("role", "calendar") and name.strip():
            return cls("role" if kind == "role" else "calendar", name.strip())
        raise SettingsError(f"--why-not {text!r}: expected {_FORMS}")

    def __str__(self) -> str:
        return {"login": "a login", "photo": "the picture from Entra"}.get(self.kind, f"the {self.kind} {self.name}")


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
    asked = _Asked(wish, person)
    first = identify(uncounted(inputs))
    if _has(first, asked):
        return WhyNot(str(wish), "has", f"The user has {wish} already.")
    steps, obstacle = _steps(first, asked)
    now = _after(first, steps, asked)
    if obstacle is not None or not _reached(now, asked):
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


def _steps(first: Identities, asked: "_Asked") -> tuple[list[_Step], Looked | None]:
    """A change for each condition that fails, one after the other; and the condition for which there is none."""
    now, wish, steps = first, asked.wish, list[_Step]()
    while not (wish.kind in _OF_LOGINS and _reached(now, asked)):
        subject = asked.of(now)
        obstacle = None if subject is None else _obstacle(subject, wish)
        if subject is None or obstacle is None:
            return steps, None
        lever = LEVERS.get(obstacle.name)
        again = obstacle.name in {step.change.condition for step in steps}
        if lever is None or again or (obstacle.name == "in_giving_group" and subject.group_id is None):
            return steps, obstacle
        condition = _condition(subject, wish, obstacle.name)
        now = identify(lever(subject))
        steps.append(_Step(_change(condition, obstacle, asked.of(first), asked.of(now)), lever))
    return steps, None


def _after(first: Identities, steps: Sequence[_Step], asked: "_Asked") -> Identities:
    """The facts once these changes are made."""
    now = first
    for step in steps:
        subject = asked.of(now)
        now = now if subject is None else identify(step.lever(subject))
    return now


def _needed(first: Identities, steps: Sequence[_Step], asked: "_Asked") -> list[_Step]:
    """Those without which it does not come: one change may do what another was for."""
    needed = list(steps)
    if asked.wish.kind not in _OF_LOGINS:
        return needed  # of a newcomer's picture and calendars the plan says nothing yet
    for step in steps:
        others = [each for each in needed if each is not step]
        if others and _reached(_after(first, others, asked), asked):
            needed = others
    return needed


def _planned(wish: Wish, asked: "_Asked", now: Identities) -> str:
    person = asked.of(now)
    waits = wish.kind not in _OF_LOGINS and person is not None and not (now.in_emply | now.in_room)[person.row]
    when = "the next run makes the login, and the one after it gives" if waits else "the next run gives"
    held = {guard for row in _giving_actions(now, asked) for guard in row["held_by"].split()}
    approved = f" once somebody has approved what is held ({listed(sorted(held))})" if held else ""
    return f"Nothing has to change: {when} the user {wish}{approved or ', unless a guard holds it'}."


@dataclass(frozen=True)
class _Asked:
    """The wish, and whose it is by ids."""

    wish: Wish
    ids: "tuple[str | None, str | None]"

    def of(self, identities: Identities) -> Person | None:
        """The person among these, and the group that gives what is wished for."""
        frame, (entra_id, login) = identities.frame, self.ids
        mine = (frame["entra_id"] == entra_id) if entra_id else (frame["emply_user_id"] == login)
        rows_ = np.flatnonzero(mine.fillna(False).to_numpy(dtype=bool))
        if not len(rows_):
            return None
        group = next(iter(_giving(identities, self.wish)), None)
        return Person(identities, int(rows_[0]), group, self.wish.name if self.wish.kind == "calendar" else None)


def _role_id(identities: Identities, wish: Wish) -> str:
    roles = identities.inputs.emply_roles
    found = roles.loc[(trimmed(roles["title"]) == wish.name).fillna(False), "role_id"]
    if found.empty:
        raise SettingsError(f"--why-not: there is no role {wish.name!r} in Emply")
    return str(found.iloc[0])


def _giving(identities: Identities, wish: Wish) -> list[str]:
    """The ids of the configured groups that give the role wished for."""
    if wish.kind != "role":
        return []
    groups = identities.mapping.groups
    return groups.loc[groups["role_id"] == _role_id(identities, wish), "group_id"].tolist()


def _in_giving_group(wish: Wish) -> Condition[Identities]:
    def is_in(identities: Identities) -> np.ndarray[Any, np.dtype[np.bool_]]:
        groups, given = identities.mapping.groups["group_id"], set(_giving(identities, wish))
        members = identities.memberships
        inside = members.loc[groups.isin(given).to_numpy()[members["priority"]], "entra_row"]
        return np.isin(np.arange(len(identities)), inside)

    def compared(identities: Identities, row: int) -> dict[str, Any]:
        names = [identities.called(group) for group in _giving(identities, wish)]
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

    of_users = tuple(condition.on(_calendars) for condition in USERS.conditions)
    asked = (calendars_on,) if newcomer else of_users
    return (
        *asked,
        flag("has_named_calendar", lambda identities: named(identities, ""), lambda _i, _r: {"calendar": wish.name}),
        flag(
            "may_edit_named", lambda identities: named(identities, "can_edit"), lambda _i, _r: {"calendar": wish.name}
        ),
    )


def _calendars(identities: Identities) -> Calendars:
    return Calendars(identities, np.zeros(len(identities), dtype=bool))


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


def _has(identities: Identities, asked: _Asked) -> bool:
    """Whether it is there before any plan."""
    person = asked.of(identities)
    if person is None:
        return False
    wish, row = asked.wish, person.row
    if wish.kind == "login":
        return bool(identities.in_emply[row] and identities.active[row])
    if wish.kind == "role":
        at = int(identities.frame["emply_row"].iloc[row])
        return at >= 0 and _role_id(identities, wish) in list(identities.inputs.emply_users["role_ids"].iloc[at])
    if wish.kind == "calendar":
        here = identities.inputs.emply_calendars
        mine = here[(here["user_id"] == person.id_of("emply_user_id")).fillna(False)]
        of_room = _calendars(identities).of_emply
        theirs = of_room.frame["name"][of_room.of_room & (of_room.person == row)]
        return bool((mine["name"] == wish.name).fillna(False).any() or (theirs == wish.name).any())
    return bool(taken_over(identities)[row])


def _reached(identities: Identities, asked: _Asked) -> bool:
    """Whether the plan of these gives what is wished for, held or not."""
    return _has(identities, asked) or bool(_giving_actions(identities, asked))


def _giving_actions(identities: Identities, asked: _Asked) -> list[dict[str, Any]]:
    """The actions of the plan that give what is wished for, held or not."""
    plan = make_plan(identities.inputs, identities.frame if identities.inputs.settings.enabled else None)
    entra_id, login = asked.ids
    wish = asked.wish
    mine = [
        row
        for row in rows(plan.actions)
        if (entra_id is not None and row["entra_id"] == entra_id)
        or (login is not None and row["emply_user_id"] == login)
    ]
    kinds = {"login": ("create_user", "activate_user"), "photo": ("set_photo", "create_user"), "role": ()}
    if wish.kind == "role":
        return [row for row in mine if _role_id(identities, wish) in (row["after"] or {}).get("roleIds", [])]
    if wish.kind == "calendar":
        return [row for row in mine if (row["after"] or {}).get("name") == wish.name or row["kind"] == "create_user"]
    return [row for row in mine if row["kind"] in kinds[wish.kind]]


def _sentence(wish: Wish, changes: Sequence[Change]) -> str:
    if len(changes) == 1:
        return f"The user would get {wish} if {changes[0].needed}. Now {changes[0].now}."
    needed, now = ("; ".join(getattr(each, side) for each in changes) for side in ("needed", "now"))
    return f"The user would get {wish} if {len(changes)} facts were different: {needed}. Now: {now}."


def _impossible(wish: Wish, changes: Sequence[Change], obstacle: str) -> WhyNot:
    even = f" Even if {' and '.join(each.needed for each in changes)}:" if changes else ""
    sentence = f"The user does not get {wish}.{even} {obstacle[:1].upper()}{obstacle[1:]}."
    return WhyNot(str(wish), "impossible", sentence, tuple(changes))
