"""C7, C8 and G5b: of whom calendars are synchronised at all, and what keeps them from it.

Which calendars these people get, keep and lose is `calendars`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, is_text, take
from entra_emply.reconciliation.drafts import Drafts, findings, together
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.rule import Condition, Looked, Rule, Values, all_hold, any_of, failed
from entra_emply.reconciliation.rules.calendar_subjects import (
    Calendars,
)
from entra_emply.reconciliation.rules.conditions import integration_on, left_alone, login, matched, not_left_alone
from entra_emply.reconciliation.rules.lifecycle import stays_active, unmanaged
from entra_emply.reconciliation.rules.scope import SCOPE, PersonCondition, in_room
from entra_emply.reconciliation.rules.write_back import to_delete
from entra_emply.reconciliation.subjects import once
from entra_emply.reconciliation.unreadable import Source, code_of_source, is_refused, left_out

_SOURCES = ("entra_calendars", "entra_events", "emply_calendars", "emply_events")
_OF_EMPLY = _SOURCES[2:]


def identities_of(calendars: Calendars) -> Identities:
    """Whose calendars these are."""
    return calendars.identities


def _flag(name: str, mask: Callable[[Calendars], Mask]) -> Condition[Calendars]:
    return Condition(name, lambda calendars, rows: mask(calendars)[rows])


def _code(calendars: Calendars, person: int) -> Values:
    code = calendars.codes.iloc[person]
    return {"code": code if isinstance(code, str) else None}


def _switch(identities: Identities, _row: int) -> Values:
    settings = identities.inputs.settings
    if not settings.enabled:
        return {"switch": "`enabled: false`"}
    return {"switch": f"`synchronize_calendars: {str(settings.synchronize_calendars).lower()}`"}


def _are_on(identities: Identities, rows: Rows) -> Mask:
    settings = identities.inputs.settings
    return np.full(len(rows), settings.enabled and settings.synchronize_calendars)


calendars_on = PersonCondition("calendars_on", _are_on, _switch)
calendars_off = calendars_on.negated("calendars_off")
login_stays_active = PersonCondition("stays_active", lambda identities, rows: stays_active(identities)[rows], login)
_RECONCILABLE: tuple[PersonCondition, ...] = (*SCOPE, not_left_alone, matched, login_stays_active)
OF_IDENTITIES: tuple[Condition[Calendars], ...] = tuple(
    each.on(identities_of) for each in (calendars_on, *_RECONCILABLE)
)
waiting = _flag("waiting", lambda calendars: calendars.waiting)
not_waiting = waiting.negated("not_waiting")
mailbox_asked = _flag("mailbox_asked", lambda calendars: (calendars.mailbox >= 0) | calendars.unreadable)
mailbox_unreadable = Condition[Calendars](
    "mailbox_unreadable", lambda calendars, rows: calendars.unreadable[rows], _code
)
mailbox_readable = mailbox_unreadable.negated("mailbox_readable")
mailbox_open = _flag("mailbox_open", lambda calendars: calendars.available)
mailbox_closed = mailbox_open.negated("mailbox_closed")
not_deleted_room = _flag("not_deleted_room", lambda calendars: ~to_delete(calendars.identities))
no_guest = Condition[Calendars](
    "no_guest",
    lambda calendars, rows: ~is_text(calendars.identities.entra("user_type"), "Guest")[rows],
    lambda calendars, row: {"user_type": calendars.identities.text("entra", "user_type", row)},
)
unmanaged_person = _flag("unmanaged", lambda calendars: unmanaged(calendars.identities))

_USERS = (*OF_IDENTITIES, not_waiting)
_ROOMS = (
    calendars_on.on(identities_of),
    in_room.on(identities_of),
    not_left_alone.on(identities_of),
    not_deleted_room,
    not_waiting,
)
"""Whom C1 and C5 consider."""


@once
def sources(calendars: Calendars) -> tuple[Source, ...]:
    """G5b: the sources of C and E, and why they are left out.

    C6 needs Emply's alone; where a key is refused them, there is nothing to take away.
    """
    identities = calendars.identities
    inputs = identities.inputs
    codes = {name: code_of_source(inputs, name) for name in _SOURCES}
    if not _are_on(identities, np.zeros(1, dtype=np.int64))[0]:
        return tuple(Source(name, not is_refused(codes[name]), codes[name]) for name in _OF_EMPLY)
    considered = all_hold(_USERS, calendars) | all_hold(_ROOMS, calendars)
    whose = identities.frame["entra_id"][considered]
    codes["entra_calendars"] = left_out(inputs, "entra_calendars", "mailboxes", whose)
    return tuple(Source(name, True, code) for name, code in codes.items())


def _are_read(calendars: Calendars, rows: Rows) -> Mask:
    return np.full(len(rows), all(source.code is None for source in sources(calendars)))


def _unread(calendars: Calendars, _row: int) -> Values:
    return {"code": next((source.code for source in sources(calendars) if source.code is not None), None)}


def _mailboxes_are_read(calendars: Calendars, rows: Rows) -> Mask:
    return np.full(len(rows), all(source.code is None for source in sources(calendars)[:1]))


sources_read = Condition("calendars_read", _are_read, _unread)
mailboxes_read = Condition("mailboxes_read", _mailboxes_are_read, _unread)
"""`entra_calendars` alone."""

_READ = (sources_read, mailbox_asked, mailbox_readable, mailbox_open)
OF_USERS = (*_USERS, *_READ)
OF_ROOMS = (*_ROOMS, *_READ)
USERS = Rule[Calendars]("calendars of users", (), OF_USERS)
ROOMS = Rule[Calendars]("calendars of rooms", (), OF_ROOMS)
"""Whose calendars C considers; C1, C5 and E go on from there."""


def why_not(calendars: Calendars, person: int) -> Looked | None:
    """What keeps all calendars of a person from being synchronised: the first condition of C1, or of C5 for a room."""
    return failed(_chain(calendars, person).look(calendars, person))


def _chain(calendars: Calendars, person: int) -> Rule[Calendars]:
    return ROOMS if calendars.identities.in_room[person] else USERS


def _considered(calendars: Calendars) -> Mask:
    return USERS.reaches(calendars, mailbox_asked.name) | ROOMS.reaches(calendars, mailbox_asked.name)


def _is_shut(calendars: Calendars, rows: Rows) -> Mask:
    return (_considered(calendars) & ~(USERS.acts(calendars) | ROOMS.acts(calendars)))[rows]


def _why(calendars: Calendars, person: int) -> Values:
    why = why_not(calendars, person)
    return {} if why is None else {"why": why}


considered = Condition("considered", lambda calendars, rows: _considered(calendars)[rows], _why)
synchronised = Condition(
    "calendars_synchronised",
    lambda calendars, rows: (USERS.acts(calendars) | ROOMS.acts(calendars))[rows],
    _why,
)


_spared = any_of("spared", left_alone.on(identities_of), unmanaged_person, waiting)

C7 = Rule[Calendars](
    "C7",
    (considered, mailbox_asked),
    (
        any_of("mailbox_barred", mailbox_unreadable, mailbox_closed),
        any_of("to_be_looked_at", mailbox_unreadable, no_guest),
    ),
)
C8 = Rule[Calendars]("C8", (integration_on.on(identities_of),), (_spared,))


def _why_left(calendars: Calendars, person: int) -> Values:
    return _spared.compared(calendars, person) if C8.acts(calendars)[person] else {}


left_for_now = Condition("left_for_now", lambda calendars, rows: C8.acts(calendars)[rows], _why_left)


def _why_shut(calendars: Calendars, person: int) -> Values:
    return _why(calendars, person) if _is_shut(calendars, np.array([person]))[0] else {}


shut = Condition("mailbox_shut", _is_shut, _why_shut)


def of_owner(condition: Condition[Calendars]) -> Condition[Any]:
    """The same question about the owner of a calendar; it does not hold for one that is nobody's."""
    return condition.of(lambda rows: rows.calendars, lambda rows: rows.person)


def findings_of(calendars: Calendars) -> Drafts:
    """C7: a mailbox that is unreadable, with what the service said as `object`; or that does not exist or may not be
    opened (guests have none)."""
    identities, told = calendars.identities, C7.acts(calendars)
    unreadable = identities.where(told & calendars.unreadable)
    return together(
        [
            findings(identities.where(told & ~calendars.unreadable), "mailbox_unavailable", "C7"),
            findings(unreadable, "mailbox_unreadable", "C7", object=take(calendars.codes, unreadable)),
        ]
    )


def people_to_read(identities: Identities) -> "pd.Series[str]":
    """The Entra ids of everybody whose mailbox C1 or C5 may ask for."""
    asked = np.flatnonzero(identities.reconcilable | identities.in_room)
    return identities.frame["entra_id"].iloc[asked[calendars_on.holds(identities, asked)]]
