"""C3: the calendars that Emply keeps, with what they are called in Entra now, and whose titles they share."""

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, positions, same_text, stacked, take, take_numbers
from entra_emply.reconciliation.rule import Condition, Rule, Values, any_row, one_or_more_of
from entra_emply.reconciliation.rules.calendar_owners import of_owner, synchronised
from entra_emply.reconciliation.rules.calendar_subjects import (
    Calendars,
    KeptCalendars,
    called,
    place_of,
)
from entra_emply.reconciliation.rules.calendars import attached, renewed, wanted, wanted_still
from entra_emply.reconciliation.subjects import once
from entra_emply.text import trimmed


@once
def kept(calendars: Calendars) -> KeptCalendars:
    """Those that stay, under the ids that they get (C1a), and those that are attached again."""
    here, entra, again = calendars.of_emply, calendars.of_entra, attached(calendars)
    stays = np.flatnonzero(wanted_still.holds(here, np.arange(len(here))))
    of_both = {
        name: stacked(take(here.frame[name], stays), take(entra.frame[name], again.entra))
        for name in ("kind", "entra_id", "user_id", "name")
    }
    person = np.concatenate([here.person[stays], entra.person[again.entra]])
    of_room = np.concatenate([here.of_room[stays], entra.of_room[again.entra]])
    external_id = stacked(take(new_ids(calendars), stays), take(entra.frame["external_id"], again.entra))
    of = wanted(calendars)
    row = positions(place_of(person, of_room, external_id), take(entra.place, of))
    shared = here.frame["share_dates_and_titles"].take(stays)
    shared_again = calendars.identities.inputs.emply_calendars["share_dates_and_titles"].take(again.emply)
    frame = pd.DataFrame(
        {
            "person": person,
            **{name: column.array for name, column in of_both.items()},
            "external_id": external_id.array,
            "share_dates_and_titles": (pd.concat([shared, shared_again]) if len(again) else shared).array,
            "name_after": take(entra.frame["name"], take_numbers(of, row)).array,
            "joined": np.concatenate([np.isin(stays, renewed(calendars).emply), np.ones(len(again), dtype=bool)]),
        },
        copy=False,
    )
    return KeptCalendars(frame, calendars)


def new_ids(calendars: Calendars) -> "pd.Series[str]":
    """The Entra ids of Emply's calendars that came from there, those that they get by C1a."""
    here, new = calendars.of_emply.frame["external_id"], renewed(calendars)
    if not len(new):
        return here
    ids = here.array.copy()
    ids[new.emply] = take(calendars.of_entra.frame["external_id"], new.entra).array
    return pd.Series(ids, dtype="str")


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
    "C3", (of_owner(synchronised), any_row("kept_in_emply")), (one_or_more_of("differs", another_name, not_shared),)
)
