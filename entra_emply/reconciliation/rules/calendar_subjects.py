"""What the rules of C are asked about: the people, Entra's calendars, and Emply's that came from there. No rule is
decided here.
"""

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import (
    Mask,
    Rows,
    as_text,
    both,
    is_among,
    joined,
    positions,
    take,
    take_flag,
    take_numbers,
)
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.subjects import Subjects
from entra_emply.reconciliation.unreadable import codes_of
from entra_emply.text import address_of, as_arrow, trimmed, written

_KINDS = pd.Series(["user", "room"], dtype="str")


@dataclass(frozen=True, eq=False)
class Calendars(Subjects):
    """The people, a row each, whose calendars C is about.

    waiting: those whose link, activation or deactivation is held (C8).
    """

    identities: Identities
    waiting: Mask

    @classmethod
    def where_nobody_waits(cls, identities: Identities) -> "Calendars":
        """As far as they can be told before a plan holds anything."""
        return cls(identities, np.zeros(len(identities), dtype=bool))

    def __len__(self) -> int:
        """How many people."""
        return len(self.identities)

    @cached_property
    def mailbox(self) -> Rows:
        """The row of each person's mailbox in `entra_mailboxes`, -1 where none was asked for."""
        return positions(self.identities.frame["entra_id"], self.identities.inputs.entra_mailboxes["entra_id"])

    @cached_property
    def codes(self) -> "pd.Series[str]":
        """What the service said of each person's mailbox that is unreadable, missing for any other (C7)."""
        return codes_of(self.identities.inputs, "mailboxes", self.identities.frame["entra_id"])

    @cached_property
    def unreadable(self) -> Mask:
        """Whose mailbox is unreadable."""
        return self.codes.notna().to_numpy(dtype=bool)

    @cached_property
    def available(self) -> Mask:
        """Whose mailbox there is, with calendars that can all be opened; Graph lists some without opening them."""
        inputs = self.identities.inputs
        closed = inputs.entra_cursors.loc[inputs.entra_cursors["delta_link"].isna(), "entra_id"]
        there = take_flag(inputs.entra_mailboxes["available"], self.mailbox)
        return there & ~is_among(self.identities.frame["entra_id"], closed)

    @cached_property
    def of_entra(self) -> "EntraCalendars":
        """Entra's calendars."""
        return EntraCalendars(self)

    @cached_property
    def of_emply(self) -> "EmplyCalendars":
        """Emply's that came from Entra."""
        return EmplyCalendars(self)


@dataclass(frozen=True, eq=False)
class _Owned(Subjects):
    """Calendars of people and rooms, a row each, each with its id in Entra."""

    @property
    @abstractmethod
    def frame(self) -> pd.DataFrame:
        """At least person (-1: nobody's), of_room, external_id, name."""

    def __len__(self) -> int:
        """How many calendars."""
        return len(self.frame)

    @cached_property
    def person(self) -> Rows:
        """Whose they are, -1: nobody's."""
        return self.frame["person"].to_numpy(dtype=np.int64)

    @cached_property
    def of_room(self) -> Mask:
        """Which are rooms'."""
        return self.frame["of_room"].to_numpy(dtype=bool)

    @cached_property
    def place(self) -> "pd.Series[str]":
        """Where they are (see `place_of`)."""
        return place_of(self.person, self.of_room, self.frame["external_id"])

    @cached_property
    def in_mailbox(self) -> "pd.Series[str]":
        """Owner and id as one text."""
        return both(as_text(self.person), as_arrow(self.frame["external_id"]))

    def named(self, row: int) -> str:
        """What a calendar is called."""
        return called(self.frame["name"].iloc[row])


@dataclass(frozen=True, eq=False)
class EntraCalendars(_Owned):
    """Entra's calendars of the people, a row each."""

    calendars: Calendars

    @cached_property
    def frame(self) -> pd.DataFrame:
        """person, of_room, kind, entra_id, user_id (missing for a room), external_id, name (C5: of a room's
        default calendar the room's), is_default, can_edit.
        """
        identities = self.calendars.identities
        entra = identities.inputs.entra_calendars
        person = positions(entra["entra_id"], identities.inputs.entra_users["entra_id"])  # as its person's row
        rows = np.flatnonzero(person >= 0)
        person = person[rows]
        room = identities.in_room[person]
        is_default = entra["is_default"].to_numpy(dtype=bool)[rows]
        of_room = room & is_default
        names = written(take(entra["name"], rows))
        return pd.DataFrame(
            {
                "person": person,
                "of_room": room,
                "kind": take(_KINDS, room.astype(np.int64)).array,
                "entra_id": take(entra["entra_id"], rows).array,
                "user_id": take(identities.frame["emply_user_id"], np.where(room, -1, person)).array,
                "external_id": take(entra["calendar_id"], rows).array,
                "name": (
                    names.where(~of_room, take(_room_names(identities), person)) if of_room.any() else names
                ).array,
                "is_default": is_default,
                "can_edit": entra["can_edit"].to_numpy(dtype=bool)[rows],
            },
            copy=False,
        )


@dataclass(frozen=True, eq=False)
class EmplyCalendars(_Owned):
    """Emply's calendars that came from Entra, a row each."""

    calendars: Calendars

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The columns of `emply_calendars`, person (-1: nobody's), of_room, entra_id (of its owner).

        A calendar without user is a room's: whose, the ledger or the room's mailbox says (C5).
        """
        identities = self.calendars.identities
        here = identities.inputs.emply_calendars
        here = here.take(np.flatnonzero(~trimmed(here["external_id"]).array.isna())).reset_index(drop=True)
        here = here.assign(
            kind=here["kind"].fillna("user"), name=written(here["name"]), user_id=written(here["user_id"])
        )
        recorded = identities.inputs.state.calendars
        row = positions(here["calendar_id"], recorded["calendar_id"])
        row[take_flag(recorded["detached"], row)] = -1
        room = np.asarray(here["user_id"].array.isna())
        row[~room] = -1
        known = take(recorded["entra_id"], row)
        person = _by_login(identities, here)
        if room.any():
            by_record = positions(known, identities.frame["entra_id"])
            of_rooms = np.where(known.notna(), by_record, _by_mailbox(self.calendars, here))
            person = np.where(room, of_rooms, person)
        entra_id = take(identities.frame["entra_id"], person).fillna(known)
        return here.assign(person=person, entra_id=entra_id, of_room=room)

    @cached_property
    def nobodys(self) -> Mask:
        """C5: rooms' calendars of which nobody knows whose they are."""
        return (self.frame["of_room"] & self.frame["entra_id"].isna()).to_numpy(dtype=bool)


@dataclass(frozen=True, eq=False)
class KeptCalendars(Subjects):
    """Calendars that Emply has and keeps, or has again, a row each: `frame` with name and name_in_entra."""

    frame: pd.DataFrame
    calendars: Calendars

    def __len__(self) -> int:
        """How many calendars."""
        return len(self.frame)

    @cached_property
    def person(self) -> Rows:
        """Whose they are."""
        return self.frame["person"].to_numpy(dtype=np.int64)

    def named(self, row: int) -> str:
        """What a calendar is called."""
        return called(self.frame["name"].iloc[row])


def called(name: object) -> str:
    """A calendar's name to be read."""
    return name.strip() if isinstance(name, str) and address_of(name) else "a calendar without a name"


def place_of(person: Rows, of_room: Mask, external_id: "pd.Series[str]") -> "pd.Series[str]":
    """Where calendars are: their Entra ids, of these people, as a user's or as a room's; each as one text."""
    return both(as_text(person * 2 + of_room), as_arrow(external_id))


def as_one(of: pd.DataFrame, *columns: str) -> "pd.Series[str]":
    """The texts of several columns as one: to find rows by more than one id."""
    return joined(*(of[column] for column in columns))


def _room_names(identities: Identities) -> "pd.Series[str]":
    """C5: what a room's calendar is called: the room's displayName, without one its mail, else its UPN."""
    names = (written(identities.entra(name)) for name in ("display_name", "mail", "user_principal_name"))
    name, mail, upn = names
    return name.fillna(mail).fillna(upn)


def _by_login(identities: Identities, here: pd.DataFrame) -> Rows:
    """The people whose logins the calendars are of."""
    login = positions(here["user_id"], identities.inputs.emply_users["emply_user_id"])
    return take_numbers(identities.person_of_login, login)


def _by_mailbox(calendars: Calendars, here: pd.DataFrame) -> Rows:
    """The rooms whose default calendars these are."""
    identities = calendars.identities
    rooms = identities.inputs.entra_calendars
    rooms = rooms[rooms["is_default"].astype(bool)]
    rooms = rooms.assign(person=positions(rooms["entra_id"], identities.inputs.entra_users["entra_id"]))
    open_rooms = identities.in_room & ~calendars.unreadable
    rooms = rooms[take_flag(open_rooms, rooms["person"])]
    return take_numbers(rooms["person"], positions(here["external_id"], rooms["calendar_id"]))
