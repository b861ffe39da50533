"""P: profile pictures, from Entra to Emply and never back (P3), for people without employee (P2)."""

from dataclasses import dataclass

import pandas as pd

from entra_emply.reconciliation.arrays import Mask, codes, positions, take
from entra_emply.reconciliation.identities import Identities, actions, once
from entra_emply.reconciliation.rule import Rule, all_hold
from entra_emply.reconciliation.rules.conditions import ENTRA_LEADS, RECONCILABLE, flag, switch, with_employee
from entra_emply.reconciliation.rules.lifecycle import stays_so

# --- conditions of this letter ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Etags:
    """The etag of everybody's photo in Entra, and the one recorded for the link; missing for none."""

    now: "pd.Series[str]"
    then: "pd.Series[str]"


@once
def _etags(identities: Identities) -> _Etags:
    photos, recorded = identities.inputs.entra_photos, identities.inputs.state.photo_etags
    frame, missing = identities.frame, pd.Series(index=identities.frame.index, dtype="str")
    etags = take(recorded["etag"], positions(frame["emply_user_id"], recorded["emply_user_id"]))
    then = etags.where((frame["matched_by"] == "link").to_numpy())  # a new link starts without one
    now = missing if photos.empty else take(photos["etag"], positions(frame["entra_id"], photos["entra_id"]))
    return _Etags(now, then)


def _photo_changed(identities: Identities) -> Mask:
    now, then = codes(_etags(identities).now, _etags(identities).then)
    return now != then


profile_pictures = switch("profile_pictures", lambda identities: identities.inputs.settings.profile_pictures)
photo_in_entra = flag("photo_in_entra", lambda identities: _etags(identities).now.notna().to_numpy(dtype=bool))
no_photo_in_entra = photo_in_entra.negated("no_photo_in_entra")
photo_changed = flag("photo_changed", once(_photo_changed))
photo_recorded = flag("photo_recorded", lambda identities: _etags(identities).then.notna().to_numpy(dtype=bool))

# --- rules ------------------------------------------------------------------------------------------------------------

_MAY_HAVE = (profile_pictures, *ENTRA_LEADS)
_FOLLOWS = (*_MAY_HAVE, stays_so)

P1 = Rule("P1", _FOLLOWS, (photo_in_entra, photo_changed))
P2 = Rule("P2", (*RECONCILABLE, with_employee), ())
P4 = Rule("P4", (*_FOLLOWS, photo_recorded), (no_photo_in_entra,))

RULES = (P1, P2, P4)


def people_to_read(identities: Identities) -> "pd.Series[str]":
    """The Entra ids of everybody whose photo P1 may ask for."""
    return identities.frame.loc[all_hold(_MAY_HAVE, identities), "entra_id"]


def actions_of(identities: Identities) -> pd.DataFrame:
    """P1: a photo other than the one that the link was given last. One removed in Entra is left alone (P4)."""
    rows = identities.where(P1.acts(identities))
    if rows.empty:
        return actions(rows, "emply.set_photo", "P1")
    etags = _etags(identities)
    before, after = (pd.DataFrame({"etag": etag.iloc[rows].array}, index=rows) for etag in (etags.then, etags.now))
    return actions(rows, "emply.set_photo", "P1", before=before, after=after)
