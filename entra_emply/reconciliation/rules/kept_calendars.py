"""C3: the calendars that Emply keeps, with what they are called in Entra now, and whose titles they share."""

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, is_among, positions, same_text, take
from entra_emply.reconciliation.identities import once
from entra_emply.reconciliation.rule import Condition, Rule, Values, any_of, any_row
from entra_emply.reconciliation.rules.calendar_owners import of_owner, synchronised
from entra_emply.reconciliation.rules.calendar_subjects import (
    Calendars,
    KeptCalendars,
    called,
    place,
)
from entra_emply.reconciliation.rules.calendars import attached, renewed, wanted, wanted_still, with_owner
from entra_emply.text import trimmed


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
    "C3", (of_owner(synchronised), any_row("kept_in_emply")), (any_of("differs", another_name, not_shared),)
)
