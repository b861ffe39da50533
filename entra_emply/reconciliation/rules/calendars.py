"""C: which calendars of Entra Emply has, whose they are, and which of Emply's have to go. Their events are E's.

A calendar that came from Entra carries its id (`external_id`); others are never touched. Which calendars stay, come
and go is decided here once, and E goes on from it. The actions are drafted in `calendar_actions`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from entra_emply.reconciliation.arrays import (
    Mask,
    Rows,
    among,
    is_among,
    is_text,
    joined,
    marked,
    positions,
    rows_of,
    sort_order,
    take,
    take_flag,
)
from entra_emply.reconciliation.rule import Condition, Looked, Rule, Values, all_hold, any_row, columns
from entra_emply.reconciliation.rules.calendar_owners import (
    OF_IDENTITIES,
    OF_ROOMS,
    OF_USERS,
    ROOMS,
    USERS,
    calendars_off,
    calendars_on,
    identities_of,
    left_for_now,
    mailbox_readable,
    mailboxes_read,
    of_owner,
    shut,
    sources_read,
    synchronised,
)
from entra_emply.reconciliation.rules.calendar_subjects import (
    Calendars,
    EmplyCalendars,
    EntraCalendars,
    as_one,
)
from entra_emply.reconciliation.rules.scope import PersonCondition
from entra_emply.reconciliation.subjects import once
from entra_emply.text import trimmed, written

# --- Entra's calendars (C1, C5, and a sign) ---------------------------------------------------------------------------


def _everywhere(switch: PersonCondition) -> Condition[Any]:
    """Of rows that may be nobody's, a question about the settings."""
    asked: Condition[Any] = switch.on(lambda rows: rows.calendars.identities)
    return Condition(asked.name, asked.holds, asked.compared, switch.on(identities_of))


def _where_read() -> Condition[Any]:
    """Of rows that may be nobody's, whether everything was read that C and E need (G5b)."""
    asked: Condition[Any] = sources_read.on(lambda rows: rows.calendars)
    return Condition(asked.name, asked.holds, asked.compared, sources_read)


@once
def _is_missing(entra: EntraCalendars) -> Mask:
    return ~is_among(entra.place, entra.calendars.of_emply.place)


def _gets_new_id(entra: EntraCalendars, rows: Rows) -> Mask:
    return np.isin(rows, renewed(entra.calendars).entra)


has_calendar = any_row("has_calendar")
may_edit = Condition[EntraCalendars](
    "may_edit", lambda entra, rows: entra.frame["can_edit"].to_numpy(dtype=bool)[rows], columns("can_edit")
)
may_not_edit = may_edit.negated("may_not_edit")
is_default = Condition[EntraCalendars](
    "is_default", lambda entra, rows: entra.frame["is_default"].to_numpy(dtype=bool)[rows], columns("is_default")
)
not_in_emply = Condition[EntraCalendars]("not_in_emply", lambda entra, rows: _is_missing(entra)[rows])
not_renewed = Condition("renewed", _gets_new_id).negated("not_renewed")


def _was_detached(entra: EntraCalendars, rows: Rows) -> Mask:
    return np.isin(rows, attached(entra.calendars).entra)


was_detached = Condition("was_detached", _was_detached)
enabled_at_first = Condition[EntraCalendars]("enabled_at_first", lambda entra, rows: comes_enabled(entra)[rows])
_HOW = (was_detached, enabled_at_first)


def _room(entra: EntraCalendars, row: int) -> Values:
    return {"room": entra.named(row)}


_WANTED_OF_USERS = (*map(of_owner, OF_USERS), has_calendar, may_edit)
_WANTED_OF_ROOMS = (*map(of_owner, OF_ROOMS), has_calendar, is_default)
C1 = Rule[EntraCalendars](
    "C1", _WANTED_OF_USERS[: len(OF_USERS)], (has_calendar, may_edit, not_in_emply, not_renewed), how=_HOW
)
C5 = Rule[EntraCalendars](
    "C5",
    _WANTED_OF_ROOMS[: len(OF_ROOMS)],
    (has_calendar, is_default, not_in_emply, not_renewed),
    how=_HOW,
    told=_room,
)
NOT_EDITABLE = Rule[EntraCalendars](
    "calendar_not_editable",
    tuple(map(of_owner, (*OF_IDENTITIES, mailboxes_read, mailbox_readable))),
    (has_calendar, may_not_edit),
)


def comes_enabled(of: EntraCalendars) -> Mask:
    """C1: the default calendar comes enabled, and a room's (C5)."""
    return of.frame["is_default"].to_numpy(dtype=bool) | of.of_room


@dataclass(frozen=True)
class Pairs:
    """Calendars of Entra, and those of Emply that they become: rows of both."""

    entra: Rows
    emply: Rows

    def __len__(self) -> int:
        """How many pairs."""
        return len(self.entra)


@once
def wanted(calendars: Calendars) -> Rows:
    """The Entra calendars that Emply has to have: C1's and C5's, had or not."""
    entra = calendars.of_entra
    return np.flatnonzero(all_hold(_WANTED_OF_USERS, entra) | all_hold(_WANTED_OF_ROOMS, entra))


@once
def missing(calendars: Calendars) -> Rows:
    """Those that Emply does not have."""
    return np.flatnonzero(C1.acts(calendars.of_entra) | C5.acts(calendars.of_entra))


@once
def attached(calendars: Calendars) -> Pairs:
    """C1: of the missing ones, those that C4 detached, with the Emply calendar (a row of `emply_calendars`; of several
    the one of the least id) that is attached again."""
    lacking, inputs = missing(calendars), calendars.identities.inputs
    there, recorded, entra = inputs.emply_calendars, inputs.state.calendars, calendars.of_entra.frame
    own = positions(recorded["calendar_id"], there["calendar_id"])
    free = take_flag(trimmed(there["external_id"]).isna(), own)
    detached = np.flatnonzero(recorded["detached"].to_numpy(dtype=bool) & free)
    if not len(detached) or not len(lacking):
        return Pairs(lacking[:0], lacking[:0])
    detached = detached[sort_order(take(recorded["calendar_id"], detached))]
    whose = joined(
        take(recorded["entra_id"], detached),
        take(recorded["external_id"], detached),
        take(written(there["user_id"]), own[detached]),
    )
    found = positions(take(as_one(entra, "entra_id", "external_id", "user_id"), lacking), whose)
    return Pairs(lacking[found >= 0], own[detached[found[found >= 0]]])


def added(calendars: Calendars) -> Rows:
    """The wanted ones that Emply neither has nor had."""
    lacking = missing(calendars)
    return lacking[~among(lacking, attached(calendars).entra)]


# --- Emply's calendars that came from Entra (C2, C4, C6) --------------------------------------------------------------


@once
def _is_wanted(emply: EmplyCalendars) -> Mask:
    there = is_among(emply.place, take(emply.calendars.of_entra.place, wanted(emply.calendars)))
    return there | marked(renewed(emply.calendars).emply, len(emply))


_HAD = ("not_in_emply", "not_renewed")


def _why_wanted(emply: EmplyCalendars, row: int) -> Values:
    """The condition of C1 or C5 that the Entra calendar fails; that there is none any more; or that all hold."""
    entra, of, person = emply.calendars.of_entra, emply.frame.iloc[row], int(emply.person[row])
    if person < 0:
        return {}
    rule, owners = (C5, ROOMS) if of["of_room"] else (C1, USERS)
    same = np.flatnonzero((entra.person == person) & (entra.frame["external_id"] == of["external_id"]).to_numpy())
    looked = list(rule.look(entra, int(same[0])) if len(same) else owners.look(emply.calendars, person))
    why = next((each for each in looked if each.holds is False and each.name not in _HAD), None)
    return {"why": why or Looked(still_in_entra.name, bool(len(same)), {})}


def _still_in_entra(emply: EmplyCalendars, rows: Rows) -> Mask:
    return is_among(take(emply.place, rows), emply.calendars.of_entra.place)


def _owner_settled(emply: EmplyCalendars, rows: Rows) -> Mask:
    """C5: it is not nobody's while a room's mailbox is unreadable, which might tell whose it is."""
    some_room = bool((emply.calendars.identities.in_room & emply.calendars.unreadable).any())
    return ~emply.nobodys[rows] | (not some_room)


@once
def keeps_events(emply: EmplyCalendars) -> Mask:
    """C4: which hold events of Emply's own, so that they are detached and not removed."""
    events = emply.calendars.identities.inputs.emply_events
    return is_among(emply.frame["calendar_id"], take(events["calendar_id"], rows_of(events["origin"], "emply")))


still_in_entra = Condition("still_in_entra", _still_in_entra)
own_events = Condition[EmplyCalendars]("own_events", lambda emply, rows: keeps_events(emply)[rows])
from_entra = any_row("from_entra")
not_wanted = Condition[EmplyCalendars](
    "wanted", lambda emply, rows: _is_wanted(emply)[rows], _why_wanted, parts=(still_in_entra,)
).negated("not_wanted")
wanted_still = not_wanted.negated("wanted_still")
owner_settled = Condition("owner_settled", _owner_settled)
disabled_in_emply = Condition[EmplyCalendars](
    "disabled_in_emply", lambda emply, rows: ~emply.frame["enabled"].to_numpy(dtype=bool)[rows], columns("enabled")
)
_NOT_SPARED = of_owner(left_for_now).negated("not_left_for_now")
_NOT_SHUT = of_owner(shut).negated("mailbox_not_shut")

C2 = Rule[EmplyCalendars]("C2", (from_entra, wanted_still), (disabled_in_emply,))
C4 = Rule[EmplyCalendars](
    "C4",
    (_everywhere(calendars_on), _where_read()),
    (from_entra, _NOT_SPARED, _NOT_SHUT, owner_settled, not_wanted),
    how=(own_events,),
)
C6 = Rule[EmplyCalendars](
    "C6", (_everywhere(calendars_off), _where_read()), (from_entra, _NOT_SPARED), how=(own_events,)
)


# --- default calendars with a new id (C1a) ----------------------------------------------------------------------------


@once
def _new_default(emply: EmplyCalendars) -> Rows:
    """The default calendar of each row's person that Emply has to have and lacks, a row of Entra's; -1 for none."""
    entra, of = emply.calendars.of_entra, wanted(emply.calendars)
    of = of[entra.frame["is_default"].to_numpy(dtype=bool)[of]]
    return _at_person(emply.person, entra.person, of[~is_among(take(entra.in_mailbox, of), emply.in_mailbox)])


def _at_person(asked: Rows, person: Rows, rows: Rows) -> Rows:
    """For each asked person the first of the `rows` that are theirs, -1 for none; `person` has every row's."""
    first, at = np.unique(person[rows], return_index=True)
    if not len(first):
        return np.full(len(asked), -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(first, asked), len(first) - 1)
    return np.where(first[place] == asked, rows[at[place]], -1)


def _stands_for_default(emply: EmplyCalendars, rows: Rows) -> Mask:
    of_room = take_flag(emply.calendars.identities.in_room, emply.person[rows])
    rooms_kind, users_kind = (is_text(take(emply.frame["kind"], rows), kind) for kind in ("room", "user"))
    return emply.frame["is_default"].to_numpy(dtype=bool)[rows] & np.where(of_room, rooms_kind, users_kind)


def _gone_from_mailbox(emply: EmplyCalendars, rows: Rows) -> Mask:
    return ~is_among(take(emply.in_mailbox, rows), emply.calendars.of_entra.in_mailbox)


@once
def _first_candidates(emply: EmplyCalendars) -> Rows:
    """Of each person's calendars that C1a may mean the one of the least id."""
    rows = np.flatnonzero(all_hold(_MAY_BE_RENEWED, emply))
    by_id = rows[sort_order(take(emply.frame["calendar_id"], rows))]
    _, first = np.unique(emply.person[by_id], return_index=True)
    return np.sort(by_id[first])


default_to_add = Condition[EmplyCalendars]("default_to_add", lambda emply, rows: _new_default(emply)[rows] >= 0)
stands_for_default = Condition("stands_for_default", _stands_for_default)
gone_from_mailbox = Condition("gone_from_mailbox", _gone_from_mailbox)
least_of_several = Condition[EmplyCalendars](
    "least_of_several", lambda emply, rows: among(rows, _first_candidates(emply))
)
_MAY_BE_RENEWED: tuple[Condition[EmplyCalendars], ...] = (
    of_owner(synchronised),
    from_entra,
    stands_for_default,
    gone_from_mailbox,
    default_to_add,
)
C1A = Rule[EmplyCalendars]("C1a", _MAY_BE_RENEWED[:1], (*_MAY_BE_RENEWED[1:], least_of_several))


@once
def renewed(calendars: Calendars) -> Pairs:
    """C1a: the Emply calendars that get a new id, and the Entra calendars whose id that is."""
    rows = np.flatnonzero(C1A.acts(calendars.of_emply))
    return Pairs(_new_default(calendars.of_emply)[rows], rows)
