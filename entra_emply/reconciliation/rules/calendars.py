"""C: which calendars of Entra Emply has, whose they are, and which of Emply's have to go. Their events are E's.

A calendar that came from Entra carries its id (`external_id`); others are never touched. Which calendars stay, come
and go is decided here once, and E goes on from it. The actions are drafted in `calendar_actions`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, is_among, positions, same_text, take, take_flag
from entra_emply.reconciliation.identities import Identities, findings, once
from entra_emply.reconciliation.rule import Condition, Looked, Rule, Values, any_of, failed
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
from entra_emply.text import trimmed

# --- people ----------------------------------------------------------------------------------------------------------


def _identities(calendars: Calendars) -> Identities:
    return calendars.identities


def _flag(name: str, mask: Callable[[Calendars], Mask]) -> Condition[Calendars]:
    return Condition(name, lambda calendars, rows: mask(calendars)[rows])


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
mailbox_read = _flag("mailbox_read", lambda calendars: calendars.mailbox >= 0)
mailbox_open = _flag("mailbox_open", lambda calendars: calendars.available)
mailbox_closed = mailbox_open.negated("mailbox_closed")
not_deleted_room = _flag("not_deleted_room", lambda calendars: ~to_delete(calendars.identities))
no_guest = _flag(
    "no_guest", lambda calendars: (calendars.identities.entra("user_type") != "Guest").to_numpy(dtype=bool)
)
unmanaged_person = _flag("unmanaged", lambda calendars: unmanaged(calendars.identities))

_OF_USERS = (*_OF_IDENTITIES, not_waiting, mailbox_read, mailbox_open)
_OF_ROOMS = (
    calendars_on.on(_identities),
    in_room.on(_identities),
    not_left_alone.on(_identities),
    not_deleted_room,
    not_waiting,
    mailbox_read,
    mailbox_open,
)
USERS = Rule[Calendars]("calendars of users", (), _OF_USERS)
ROOMS = Rule[Calendars]("calendars of rooms", (), _OF_ROOMS)
"""Whose calendars C considers; C1, C5 and E go on from there."""


def why_not(calendars: Calendars, person: int) -> Looked | None:
    """What keeps all calendars of a person from being synchronised: the first condition of C1, or of C5 for a room."""
    return failed(_chain(calendars, person).look(calendars, person))


def _chain(calendars: Calendars, person: int) -> Rule[Calendars]:
    return ROOMS if calendars.identities.in_room[person] else USERS


def _considered(calendars: Calendars) -> Mask:
    return USERS.reaches(calendars, "mailbox_read") | ROOMS.reaches(calendars, "mailbox_read")


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

C7 = Rule[Calendars]("C7", (considered, mailbox_read), (mailbox_closed, no_guest))
C8 = Rule[Calendars]("C8", (integration_on.on(_identities),), (_spared,))

left_for_now = Condition("left_for_now", lambda calendars, rows: C8.acts(calendars)[rows], _spared.compared)
shut = Condition("mailbox_shut", _is_shut)

# --- Entra's calendars (C1, C5, and a sign) ---------------------------------------------------------------------------


def _of_owner(condition: Condition[Calendars]) -> Condition[Any]:
    return condition.of(lambda rows: rows.calendars, lambda rows: rows.person)


def _everywhere(switch: PersonCondition) -> Condition[Any]:
    """Of rows that may be nobody's, a question about the settings."""
    asked: Condition[Any] = switch.on(lambda rows: rows.calendars.identities)
    return Condition(asked.name, asked.holds, asked.compared, switch.on(_identities))


def _some(name: str) -> Condition[Any]:
    """Holds for every row: what fails for a person who has none."""
    return Condition(name, lambda _, rows: np.ones(len(rows), dtype=bool))


def _is_missing(entra: EntraCalendars, rows: Rows) -> Mask:
    return ~is_among(place(entra.frame.iloc[rows]), _places_here(entra.calendars))


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


def _was_detached(entra: EntraCalendars, rows: Rows) -> Mask:
    return np.isin(rows, attached(entra.calendars)["entra_calendar"].to_numpy(dtype=np.int64))


was_detached = Condition("was_detached", _was_detached)
enabled_at_first = Condition[EntraCalendars](
    "enabled_at_first", lambda entra, rows: comes_enabled(entra.frame.iloc[rows])
)
_HOW = (was_detached, enabled_at_first)


def _room(entra: EntraCalendars, row: int) -> Values:
    return {"room": entra.named(row)}


C1 = Rule[EntraCalendars]("C1", tuple(map(_of_owner, _OF_USERS)), (has_calendar, may_edit, not_in_emply), how=_HOW)
C5 = Rule[EntraCalendars](
    "C5", tuple(map(_of_owner, _OF_ROOMS)), (has_calendar, is_default, not_in_emply), how=_HOW, told=_room
)
NOT_EDITABLE = Rule[EntraCalendars](
    "calendar_not_editable", tuple(map(_of_owner, _OF_IDENTITIES)), (has_calendar, may_not_edit)
)


def comes_enabled(of: pd.DataFrame) -> Mask:
    """C1: the default calendar comes enabled, and a room's (C5)."""
    return (of["is_default"].astype(bool) | (of["kind"] == "room")).to_numpy(dtype=bool)


@once
def wanted(calendars: Calendars) -> pd.DataFrame:
    """The Entra calendars that Emply has to have: C1's and C5's, had or not; `entra_calendar` is their row."""
    entra = calendars.of_entra
    rows = np.flatnonzero(C1.reaches(entra, "not_in_emply") | C5.reaches(entra, "not_in_emply"))
    return entra.frame.iloc[rows].assign(entra_calendar=rows).reset_index(drop=True)


@once
def missing(calendars: Calendars) -> pd.DataFrame:
    """Those that Emply does not have, indexed as `wanted`."""
    acts = C1.acts(calendars.of_entra) | C5.acts(calendars.of_entra)
    of = wanted(calendars)
    return of[acts[of["entra_calendar"].to_numpy(dtype=np.int64)]]


@once
def attached(calendars: Calendars) -> pd.DataFrame:
    """C1: of the missing ones, those that C4 detached, with calendar_id, enabled and share_dates_and_titles of the
    Emply calendar that is attached again."""
    identities, lacking = calendars.identities, missing(calendars)
    there, recorded = identities.inputs.emply_calendars, identities.inputs.state.calendars
    own = there[trimmed(there["external_id"]).isna()]
    row = positions(recorded["calendar_id"], own["calendar_id"])
    detached = recorded[recorded["detached"].to_numpy() & (row >= 0)].sort_values("calendar_id")
    row = positions(detached["calendar_id"], own["calendar_id"])
    whose = pd.DataFrame(
        {"entra_id": detached["entra_id"].array, "external_id": detached["external_id"].array}, dtype="str"
    ).assign(kind=take(own["kind"], row), user_id=take(own["user_id"], row))
    of = lacking.assign(entra_id=take(identities.frame["entra_id"], lacking["person"].to_numpy()).array)
    found = positions(as_one(of, "entra_id", "external_id", "kind"), as_one(whose, "entra_id", "external_id", "kind"))
    same_user = take(whose["user_id"], found).fillna("").to_numpy() == lacking["user_id"].fillna("").to_numpy()
    found = np.where(same_user | (lacking["kind"] == "room").to_numpy(), found, -1)
    placed = lacking[found >= 0]
    found = found[found >= 0]
    return placed.assign(
        calendar_id=detached["calendar_id"].array.take(found),
        enabled=take_flag(own["enabled"], row[found]),
        share_dates_and_titles=own["share_dates_and_titles"].array.take(row[found]),
        name_here=take(own["name"], row[found]).array,
    )


def added(calendars: Calendars) -> pd.DataFrame:
    """The wanted ones that Emply neither has nor had."""
    return missing(calendars).drop(index=attached(calendars).index)


# --- Emply's calendars that came from Entra (C2, C4, C6) --------------------------------------------------------------


def _is_wanted(emply: EmplyCalendars, rows: Rows) -> Mask:
    return is_among(place(emply.frame.iloc[rows]), place(wanted(emply.calendars)))


def _why_wanted(emply: EmplyCalendars, row: int) -> Values:
    """The condition of C1 or C5 that the Entra calendar fails; that there is none any more; or that all hold."""
    entra, of, person = emply.calendars.of_entra, emply.frame.iloc[row], int(emply.person[row])
    if person < 0:
        return {}
    rule, owners = (C5, ROOMS) if of["kind"] == "room" else (C1, USERS)
    same = np.flatnonzero((entra.person == person) & (entra.frame["external_id"] == of["external_id"]).to_numpy())
    looked = list(rule.look(entra, int(same[0])) if len(same) else owners.look(emply.calendars, person))
    why = next((each for each in looked if each.holds is False and each.name != "not_in_emply"), None)
    return {"why": why or Looked(still_in_entra.name, bool(len(same)), {})}


def _still_in_entra(emply: EmplyCalendars, rows: Rows) -> Mask:
    return is_among(place(emply.frame.iloc[rows]), place(emply.calendars.of_entra.frame))


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
disabled_in_emply = Condition[EmplyCalendars](
    "disabled_in_emply", lambda emply, rows: ~emply.frame["enabled"].to_numpy(dtype=bool)[rows]
)
_NOT_SPARED = _of_owner(left_for_now).negated("not_left_for_now")
_NOT_SHUT = _of_owner(shut).negated("mailbox_not_shut")

C2 = Rule[EmplyCalendars]("C2", (from_entra, wanted_still), (disabled_in_emply,))
C4 = Rule[EmplyCalendars](
    "C4", (_everywhere(calendars_on),), (from_entra, _NOT_SPARED, _NOT_SHUT, not_wanted), how=(own_events,)
)
C6 = Rule[EmplyCalendars]("C6", (_everywhere(calendars_off),), (from_entra, _NOT_SPARED), how=(own_events,))


# --- calendars that Emply keeps (C3) ----------------------------------------------------------------------------------


@once
def kept(calendars: Calendars) -> KeptCalendars:
    """Those that stay, and those that are attached again."""
    here = calendars.of_emply
    stays = here.frame[wanted_still.holds(here, np.arange(len(here)))]
    again = with_owner(calendars.identities, attached(calendars))
    both = pd.concat([stays, again[[name for name in stays.columns if name in again]]], ignore_index=True)
    name = take(wanted(calendars)["name"], positions(place(both), place(wanted(calendars))))
    return KeptCalendars(both.assign(name_after=name.array), calendars)


def renamed(of: KeptCalendars) -> Mask:
    """C3: whose name is another one in Entra; a blank one is none."""
    name = trimmed(of.frame["name_after"])
    return name.notna().to_numpy() & ~same_text(name, trimmed(of.frame["name"]))


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
    """C7: a mailbox that does not exist or may not be opened; guests have none."""
    return findings(calendars.identities.where(C7.acts(calendars)), "mailbox_unavailable", "C7")


def people_to_read(identities: Identities) -> "pd.Series[str]":
    """The Entra ids of everybody whose mailbox C1 or C5 may ask for."""
    asked = np.flatnonzero(identities.reconcilable | identities.in_room)
    return identities.frame["entra_id"].iloc[asked[calendars_on.holds(identities, asked)]]
