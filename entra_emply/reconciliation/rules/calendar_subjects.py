"""What the rules of C are asked about: the people, Entra's calendars, and Emply's that came from there. No rule is
decided here.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, is_among, joined, positions, take, take_flag
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.unreadable import codes_of
from entra_emply.text import TEXT, trimmed, written


@dataclass(frozen=True, eq=False)
class Calendars:
    """The people, a row each, whose calendars C is about.

    waiting: those whose link, activation or deactivation is held (C8).
    """

    identities: Identities
    waiting: Mask
    answers: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

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
class EntraCalendars:
    """Entra's calendars of the people, a row each."""

    calendars: Calendars
    answers: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        """How many calendars."""
        return len(self.frame)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """person, of_room, kind, user_id (missing for a room), external_id, name (C5: a room's own), is_default,
        can_edit.
        """
        identities = self.calendars.identities
        entra = identities.inputs.entra_calendars
        person = positions(entra["entra_id"], identities.inputs.entra_users["entra_id"])  # as its person's row
        entra, person = entra[person >= 0], person[person >= 0]
        room = identities.in_room[person]
        room_names = pd.Series(_room_names(identities).iloc[person].array, index=entra.index, dtype="str")
        frame = pd.DataFrame(
            {
                "person": person,
                "of_room": room,
                "kind": np.where(room, "room", "user"),
                "user_id": identities.frame["emply_user_id"].iloc[person].where(~room).array,
                "external_id": entra["calendar_id"].array,
                "name": written(entra["name"]).where(~room, room_names).array,
                "is_default": entra["is_default"].array,
                "can_edit": entra["can_edit"].array,
            }
        )
        return frame.astype({"kind": "str", "of_room": "bool", "is_default": "bool", "can_edit": "bool"})

    @cached_property
    def person(self) -> Rows:
        """Whose they are."""
        return self.frame["person"].to_numpy(dtype=np.int64)

    def named(self, row: int) -> str:
        """What a calendar is called."""
        return called(self.frame["name"].iloc[row])


@dataclass(frozen=True, eq=False)
class EmplyCalendars:
    """Emply's calendars that came from Entra, a row each."""

    calendars: Calendars
    answers: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        """How many calendars."""
        return len(self.frame)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The columns of `emply_calendars`, person (-1: nobody's), of_room, entra_id (of its owner).

        A calendar without user is a room's: whose, the ledger or the room's mailbox says (C5).
        """
        identities = self.calendars.identities
        here = identities.inputs.emply_calendars
        here = here[trimmed(here["external_id"]).notna()].reset_index(drop=True)
        here = here.assign(
            kind=here["kind"].fillna("user"), name=written(here["name"]), user_id=written(here["user_id"])
        )
        recorded = identities.inputs.state.calendars
        recorded = recorded[~recorded["detached"]]
        known = take(recorded["entra_id"], positions(here["calendar_id"], recorded["calendar_id"]))
        room = here["user_id"].isna().to_numpy()
        by_record = positions(known, identities.frame["entra_id"])
        here["person"] = np.where(
            room,
            np.where(known.notna(), by_record, _by_mailbox(self.calendars, here)),
            _by_login(identities, here),
        )
        here["entra_id"] = take(identities.frame["entra_id"], here["person"].to_numpy()).fillna(known.where(room))
        return here.assign(of_room=room)

    @cached_property
    def nobodys(self) -> Mask:
        """C5: rooms' calendars of which nobody knows whose they are."""
        return (self.frame["of_room"] & self.frame["entra_id"].isna()).to_numpy(dtype=bool)

    @cached_property
    def person(self) -> Rows:
        """Whose they are, -1: nobody's."""
        return self.frame["person"].to_numpy(dtype=np.int64)

    def named(self, row: int) -> str:
        """What a calendar is called."""
        return called(self.frame["name"].iloc[row])


@dataclass(frozen=True, eq=False)
class KeptCalendars:
    """Calendars that Emply has and keeps, or has again, a row each: `frame` with name and name_in_entra."""

    frame: pd.DataFrame
    calendars: Calendars
    answers: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

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
    return name if isinstance(name, str) and name.strip() else "a calendar without a name"


def place(of: pd.DataFrame) -> "pd.Series[str]":
    """Where a calendar is: its Entra id, of that person, as a user's or as a room's."""
    return as_one(of, "of_room", "person", "external_id")


def as_one(of: pd.DataFrame, *columns: str) -> "pd.Series[str]":
    """The texts of several columns as one: to find rows by more than one id."""
    return joined(*(of[column].astype(TEXT) for column in columns))


def _room_names(identities: Identities) -> "pd.Series[str]":
    """C5: what a room's calendar is called: the room's displayName, without one its mail, else its UPN."""
    names = (written(identities.entra(name)) for name in ("display_name", "mail", "user_principal_name"))
    name, mail, upn = names
    return name.fillna(mail).fillna(upn)


def _by_login(identities: Identities, here: pd.DataFrame) -> Rows:
    """The people whose logins the calendars are of."""
    person_of_login = np.full(len(identities.inputs.emply_users), -1, dtype=np.int64)
    logins = identities.frame["emply_row"].to_numpy()
    person_of_login[logins[logins >= 0]] = np.flatnonzero(logins >= 0)
    return np.append(person_of_login, -1)[positions(here["user_id"], identities.inputs.emply_users["emply_user_id"])]


def _by_mailbox(calendars: Calendars, here: pd.DataFrame) -> Rows:
    """The rooms whose default calendars these are."""
    identities = calendars.identities
    rooms = identities.inputs.entra_calendars
    rooms = rooms[rooms["is_default"].astype(bool)]
    rooms = rooms.assign(person=positions(rooms["entra_id"], identities.inputs.entra_users["entra_id"]))
    open_rooms = identities.in_room & ~calendars.unreadable
    rooms = rooms[(rooms["person"] >= 0) & np.append(open_rooms, False)[rooms["person"]]]
    return np.append(rooms["person"], -1)[positions(here["external_id"], rooms["calendar_id"])]
