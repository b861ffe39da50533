"""C: which calendars of Entra Emply has, whose they are, and which of Emply's have to go. Their events are E's.

A calendar that came from Entra carries its id (`external_id`); others are never touched. Which calendars stay, come
and go is decided here once, and E goes on from it. The actions are drafted in `calendar_actions`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, among, is_among, positions, same_text, take, take_flag
from entra_emply.reconciliation.identities import Identities, findings, once, together
from entra_emply.reconciliation.rule import Condition, Looked, Rule, Values, all_hold, any_of, failed
from entra_emply.reconciliation.rules.calendar_subjects import (
    Calendars,
    EmplyCalendars,
    EntraCalendars,
    KeptCalendars,
    as_one,
    called,
    place,
)
from entra_emply.reconciliation.rules.conditions import (
    SCOPE,
    PersonCondition,
    in_room,
    integration_on,
    left_alone,
    login,
    matched,
    not_left_alone,
)
from entra_emply.reconciliation.rules.lifecycle import stays_active, unmanaged
from entra_emply.reconciliation.rules.write_back import to_delete
from entra_emply.reconciliation.unreadable import Source, code_of_source, is_refused, left_out
from entra_emply.text import trimmed, written

_SOURCES = ("entra_calendars", "entra_events", "emply_calendars", "emply_events")
_OF_EMPLY = _SOURCES[2:]

# --- people ----------------------------------------------------------------------------------------------------------


def _identities(calendars: Calendars) -> Identities:
    return calendars.identities


def _flag(name: str, mask: Callable[[Calendars], Mask]) -> Condition[Calendars]:
    return Condition(name, lambda calendars, rows: mask(calendars)[rows])


def _code(calendars: Calendars, person: int) -> Values:
    code = calendars.codes.iloc[person]
    return {"code": code if isinstance(code, str) else None}


def _switch(identities: Identities, _row: int) -> Values:
    off = "enabled" if not identities.inputs.settings.enabled else "synchronize_calendars"
    return {"switch": f"`{off}: false`"}


def _are_on(identities: Identities, rows: Rows) -> Mask:
    settings = identities.inputs.settings
    return np.full(len(rows), settings.enabled and settings.synchronize_calendars)


calendars_on = PersonCondition("calendars_on", _are_on, _switch)
calendars_off = calendars_on.negated("calendars_off")
login_stays_active = PersonCondition("stays_active", lambda identities, rows: stays_active(identities)[rows], login)
_RECONCILABLE: tuple[PersonCondition, ...] = (*SCOPE, not_left_alone, matched, login_stays_active)
_OF_IDENTITIES: tuple[Condition[Calendars], ...] = tuple(
    each.on(_identities) for each in (calendars_on, *_RECONCILABLE)
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
no_guest = _flag(
    "no_guest", lambda calendars: (calendars.identities.entra("user_type") != "Guest").to_numpy(dtype=bool)
)
unmanaged_person = _flag("unmanaged", lambda calendars: unmanaged(calendars.identities))

_USERS = (*_OF_IDENTITIES, not_waiting)
_ROOMS = (
    calendars_on.on(_identities),
    in_room.on(_identities),
    not_left_alone.on(_identities),
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
_OF_USERS = (*_USERS, *_READ)
_OF_ROOMS = (*_ROOMS, *_READ)
USERS = Rule[Calendars]("calendars of users", (), _OF_USERS)
ROOMS = Rule[Calendars]("calendars of rooms", (), _OF_ROOMS)
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
_spared = any_of("spared", left_alone.on(_identities), unmanaged_person, waiting)

C7 = Rule[Calendars](
    "C7",
    (considered, mailbox_asked),
    (
        any_of("mailbox_barred", mailbox_unreadable, mailbox_closed),
        any_of("to_be_looked_at", mailbox_unreadable, no_guest),
    ),
)
C8 = Rule[Calendars]("C8", (integration_on.on(_identities),), (_spared,))


def _why_left(calendars: Calendars, person: int) -> Values:
    return _spared.compared(calendars, person) if C8.acts(calendars)[person] else {}


left_for_now = Condition("left_for_now", lambda calendars, rows: C8.acts(calendars)[rows], _why_left)
shut = Condition("mailbox_shut", _is_shut)

# --- Entra's calendars (C1, C5, and a sign) ---------------------------------------------------------------------------


def _of_owner(condition: Condition[Calendars]) -> Condition[Any]:
    return condition.of(lambda rows: rows.calendars, lambda rows: rows.person)


def _everywhere(switch: PersonCondition) -> Condition[Any]:
    """Of rows that may be nobody's, a question about the settings."""
    asked: Condition[Any] = switch.on(lambda rows: rows.calendars.identities)
    return Condition(asked.name, asked.holds, asked.compared, switch.on(_identities))


def _where_read() -> Condition[Any]:
    """Of rows that may be nobody's, whether everything was read that C and E need (G5b)."""
    asked: Condition[Any] = sources_read.on(lambda rows: rows.calendars)
    return Condition(asked.name, asked.holds, asked.compared, sources_read)


def _some(name: str) -> Condition[Any]:
    """Holds for every row: what fails for a person who has none."""
    return Condition(name, lambda _, rows: np.ones(len(rows), dtype=bool))


def _is_missing(entra: EntraCalendars, rows: Rows) -> Mask:
    return ~is_among(place(entra.frame.iloc[rows]), _places_here(entra.calendars))


def _gets_new_id(entra: EntraCalendars, rows: Rows) -> Mask:
    return np.isin(rows, renewed(entra.calendars)["entra_calendar"].to_numpy(dtype=np.int64))


@once
def _places_here(calendars: Calendars) -> "pd.Series[str]":
    return place(calendars.of_emply.frame)


has_calendar = _some("has_calendar")
may_edit = Condition[EntraCalendars]("may_edit", lambda entra, rows: entra.frame["can_edit"].to_numpy(dtype=bool)[rows])
may_not_edit = may_edit.negated("may_not_edit")
is_default = Condition[EntraCalendars](
    "is_default", lambda entra, rows: entra.frame["is_default"].to_numpy(dtype=bool)[rows]
)
not_in_emply = Condition("not_in_emply", _is_missing)
not_renewed = Condition("renewed", _gets_new_id).negated("not_renewed")


def _was_detached(entra: EntraCalendars, rows: Rows) -> Mask:
    return np.isin(rows, attached(entra.calendars)["entra_calendar"].to_numpy(dtype=np.int64))


was_detached = Condition("was_detached", _was_detached)
enabled_at_first = Condition[EntraCalendars](
    "enabled_at_first", lambda entra, rows: comes_enabled(entra.frame.iloc[rows])
)
_HOW = (was_detached, enabled_at_first)


def _room(entra: EntraCalendars, row: int) -> Values:
    return {"room": entra.named(row)}


_WANTED_OF_USERS = (*map(_of_owner, _OF_USERS), has_calendar, may_edit)
_WANTED_OF_ROOMS = (*map(_of_owner, _OF_ROOMS), has_calendar, is_default)
C1 = Rule[EntraCalendars](
    "C1", _WANTED_OF_USERS[: len(_OF_USERS)], (has_calendar, may_edit, not_in_emply, not_renewed), how=_HOW
)
C5 = Rule[EntraCalendars](
    "C5",
    _WANTED_OF_ROOMS[: len(_OF_ROOMS)],
    (has_calendar, is_default, not_in_emply, not_renewed),
    how=_HOW,
    told=_room,
)
NOT_EDITABLE = Rule[EntraCalendars](
    "calendar_not_editable",
    tuple(map(_of_owner, (*_OF_IDENTITIES, mailboxes_read, mailbox_readable))),
    (has_calendar, may_not_edit),
)


def comes_enabled(of: pd.DataFrame) -> Mask:
    """C1: the default calendar comes enabled, and a room's (C5)."""
    return (of["is_default"].astype(bool) | of["of_room"].astype(bool)).to_numpy(dtype=bool)


@once
def wanted(calendars: Calendars) -> pd.DataFrame:
    """The Entra calendars that Emply has to have: C1's and C5's, had or not; `entra_calendar` is their row."""
    entra = calendars.of_entra
    rows = np.flatnonzero(all_hold(_WANTED_OF_USERS, entra) | all_hold(_WANTED_OF_ROOMS, entra))
    return entra.frame.iloc[rows].assign(entra_calendar=rows).reset_index(drop=True)


@once
def missing(calendars: Calendars) -> pd.DataFrame:
    """Those that Emply does not have, indexed as `wanted`."""
    acts = C1.acts(calendars.of_entra) | C5.acts(calendars.of_entra)
    of = wanted(calendars)
    return of[acts[of["entra_calendar"].to_numpy(dtype=np.int64)]]


@once
def attached(calendars: Calendars) -> pd.DataFrame:
    """C1: of the missing ones, those that C4 detached, with calendar_id, enabled, share_dates_and_titles and name_here
    of the Emply calendar (of several the least id) that is attached again."""
    identities, lacking = calendars.identities, missing(calendars)
    there, recorded = identities.inputs.emply_calendars, identities.inputs.state.calendars
    own = there[trimmed(there["external_id"]).isna()]
    row = positions(recorded["calendar_id"], own["calendar_id"])
    detached = recorded[recorded["detached"].to_numpy() & (row >= 0)].sort_values("calendar_id")
    row = positions(detached["calendar_id"], own["calendar_id"])
    whose = pd.DataFrame(
        {"entra_id": detached["entra_id"].array, "external_id": detached["external_id"].array}, dtype="str"
    ).assign(user_id=take(written(own["user_id"]), row))
    of = lacking.assign(entra_id=take(identities.frame["entra_id"], lacking["person"].to_numpy()).array)
    same = ("entra_id", "external_id", "user_id")
    found = positions(as_one(of, *same), as_one(whose, *same))
    placed = lacking[found >= 0]
    found = found[found >= 0]
    return placed.assign(
        calendar_id=detached["calendar_id"].array.take(found),
        enabled=take_flag(own["enabled"], row[found]),
        share_dates_and_titles=own["share_dates_and_titles"].array.take(row[found]),
        name_here=take(written(own["name"]), row[found]).array,
    )


def added(calendars: Calendars) -> pd.DataFrame:
    """The wanted ones that Emply neither has nor had."""
    return missing(calendars).drop(index=attached(calendars).index)


# --- Emply's calendars that came from Entra (C2, C4, C6) --------------------------------------------------------------


def _is_wanted(emply: EmplyCalendars, rows: Rows) -> Mask:
    there = is_among(place(emply.frame.iloc[rows]), place(wanted(emply.calendars)))
    return there | np.isin(rows, renewed(emply.calendars)["emply_calendar"].to_numpy(dtype=np.int64))


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
    return is_among(place(emply.frame.iloc[rows]), place(emply.calendars.of_entra.frame))


def _owner_settled(emply: EmplyCalendars, rows: Rows) -> Mask:
    """C5: it is not nobody's while a room's mailbox is unreadable, which might tell whose it is."""
    some_room = bool((emply.calendars.identities.in_room & emply.calendars.unreadable).any())
    return ~emply.nobodys[rows] | (not some_room)


@once
def keeps_events(emply: EmplyCalendars) -> Mask:
    """C4: which hold events of Emply's own, so that they are detached and not removed."""
    events = emply.calendars.identities.inputs.emply_events
    return is_among(emply.frame["calendar_id"], events.loc[events["origin"] == "emply", "calendar_id"])


still_in_entra = Condition("still_in_entra", _still_in_entra)
own_events = Condition[EmplyCalendars]("own_events", lambda emply, rows: keeps_events(emply)[rows])
from_entra = _some("from_entra")
not_wanted = Condition("wanted", _is_wanted, _why_wanted, parts=(still_in_entra,)).negated("not_wanted")
wanted_still = not_wanted.negated("wanted_still")
owner_settled = Condition("owner_settled", _owner_settled)
disabled_in_emply = Condition[EmplyCalendars](
    "disabled_in_emply", lambda emply, rows: ~emply.frame["enabled"].to_numpy(dtype=bool)[rows]
)
_NOT_SPARED = _of_owner(left_for_now).negated("not_left_for_now")
_NOT_SHUT = _of_owner(shut).negated("mailbox_not_shut")

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
    """The default calendar of each row's person that Emply has to have and lacks, a row of `wanted`; -1 for none."""
    of = wanted(emply.calendars)
    had = is_among(as_one(of, "person", "external_id"), as_one(emply.frame, "person", "external_id"))
    return _at_person(emply.person, of["person"].to_numpy(), np.flatnonzero(of["is_default"].to_numpy(bool) & ~had))


def _at_person(asked: Rows, person: Rows, rows: Rows) -> Rows:
    """For each asked person the first of the `rows` that are theirs, -1 for none; `person` has every row's."""
    first, at = np.unique(person[rows], return_index=True)
    if not len(first):
        return np.full(len(asked), -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(first, asked), len(first) - 1)
    return np.where(first[place] == asked, rows[at[place]], -1)


def _stands_for_default(emply: EmplyCalendars, rows: Rows) -> Mask:
    of, room = emply.frame.iloc[rows], np.append(emply.calendars.identities.in_room, False)[emply.person[rows]]
    return of["is_default"].to_numpy(dtype=bool) & (of["kind"] == np.where(room, "room", "user")).to_numpy(dtype=bool)


def _gone_from_mailbox(emply: EmplyCalendars, rows: Rows) -> Mask:
    there = as_one(emply.calendars.of_entra.frame, "person", "external_id")
    return ~is_among(as_one(emply.frame.iloc[rows], "person", "external_id"), there)


@once
def _first_candidates(emply: EmplyCalendars) -> Rows:
    """Of each person's calendars that C1a may mean the one of the least id."""
    rows = np.flatnonzero(all_hold(_MAY_BE_RENEWED, emply))
    of = emply.frame[["person", "calendar_id"]].iloc[rows].sort_values("calendar_id")
    return np.sort(of.drop_duplicates("person").index.to_numpy(dtype=np.int64))


default_to_add = Condition[EmplyCalendars]("default_to_add", lambda emply, rows: _new_default(emply)[rows] >= 0)
stands_for_default = Condition("stands_for_default", _stands_for_default)
gone_from_mailbox = Condition("gone_from_mailbox", _gone_from_mailbox)
least_of_several = Condition[EmplyCalendars](
    "least_of_several", lambda emply, rows: among(rows, _first_candidates(emply))
)
_MAY_BE_RENEWED: tuple[Condition[EmplyCalendars], ...] = (
    _of_owner(synchronised),
    from_entra,
    stands_for_default,
    gone_from_mailbox,
    default_to_add,
)
C1A = Rule[EmplyCalendars]("C1a", _MAY_BE_RENEWED[:1], (*_MAY_BE_RENEWED[1:], least_of_several))


@once
def renewed(calendars: Calendars) -> pd.DataFrame:
    """C1a: the Emply calendars that get a new id, with their columns; emply_calendar and entra_calendar are rows,
    external_id_after and name_after what they get."""
    here = calendars.of_emply
    rows = np.flatnonzero(C1A.acts(here))
    of, new = here.frame.iloc[rows], wanted(calendars).iloc[_new_default(here)[rows]]
    return of.assign(
        emply_calendar=rows,
        entra_calendar=new["entra_calendar"].array,
        external_id_after=new["external_id"].array,
        name_after=new["name"].fillna(pd.Series(of["name"].array, index=new.index)).array,
    ).reset_index(drop=True)


# --- calendars that Emply keeps (C3) ----------------------------------------------------------------------------------


@once
def kept(calendars: Calendars) -> KeptCalendars:
    """Those that stay, under the ids that they get (C1a), and those that are attached again."""
    here = calendars.of_emply
    stays = with_new_ids(calendars)[wanted_still.holds(here, np.arange(len(here)))]
    again = with_owner(calendars.identities, attached(calendars))
    both = pd.concat([stays, again[[name for name in stays.columns if name in again]]], ignore_index=True)
    name = take(wanted(calendars)["name"], positions(place(both), place(wanted(calendars))))
    joined = is_among(both["calendar_id"], pd.concat([renewed(calendars)["calendar_id"], again["calendar_id"]]))
    return KeptCalendars(both.assign(name_after=name.array, joined=joined), calendars)


def with_new_ids(calendars: Calendars) -> pd.DataFrame:
    """Emply's calendars that came from Entra, with the ids that they get by C1a."""
    here, new = calendars.of_emply.frame, renewed(calendars)
    external_id = here["external_id"].array.copy()
    external_id[new["emply_calendar"].to_numpy(dtype=np.int64)] = new["external_id_after"].array
    return here.assign(external_id=external_id)


def renamed(of: KeptCalendars) -> Mask:
    """C3: whose name is another one in Entra; a blank one is none, and one that is joined again has got its name."""
    name = trimmed(of.frame["name_after"])
    other = name.notna().to_numpy() & ~same_text(name, trimmed(of.frame["name"]))
    return other & ~of.frame["joined"].to_numpy(dtype=bool)


def unshared(of: KeptCalendars) -> Mask:
    """C3: which are not shared although `always_share_dates_and_titles` is on."""
    shared = of.frame["share_dates_and_titles"].fillna(False).to_numpy(dtype=bool)
    return ~shared & of.calendars.identities.inputs.settings.always_share_dates_and_titles


def _name(of: KeptCalendars, row: int) -> Values:
    return {"name": called(of.frame["name_after"].iloc[row])}


another_name = Condition[KeptCalendars]("another_name", lambda of, rows: renamed(of)[rows], _name)
not_shared = Condition[KeptCalendars]("not_shared", lambda of, rows: unshared(of)[rows])

C3 = Rule[KeptCalendars](
    "C3", (_of_owner(synchronised), _some("kept_in_emply")), (any_of("differs", another_name, not_shared),)
)


def with_owner(identities: Identities, of: pd.DataFrame) -> pd.DataFrame:
    """`of` (person) with the entra_id of its people."""
    return of.assign(entra_id=take(identities.frame["entra_id"], of["person"].to_numpy()).array)


def findings_of(calendars: Calendars) -> pd.DataFrame:
    """C7: a mailbox that is unreadable, with what the service said as `object`; or that does not exist or may not be
    opened (guests have none)."""
    identities, told = calendars.identities, C7.acts(calendars)
    unreadable = identities.where(told & calendars.unreadable)
    return together(
        [
            findings(identities.where(told & ~calendars.unreadable), "mailbox_unavailable", "C7"),
            findings(unreadable, "mailbox_unreadable", "C7").assign(object=calendars.codes.loc[unreadable].array),
        ]
    )


def people_to_read(identities: Identities) -> "pd.Series[str]":
    """The Entra ids of everybody whose mailbox C1 or C5 may ask for."""
    asked = np.flatnonzero(identities.reconcilable | identities.in_room)
    return identities.frame["entra_id"].iloc[asked[calendars_on.holds(identities, asked)]]
