"""P: profile pictures, from Entra to Emply and never back (P3), for people without employee (P2)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, codes, positions, take
from entra_emply.reconciliation.drafts import Drafts, actions, findings
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.rule import Part, Rule, Values, all_hold
from entra_emply.reconciliation.rules.conditions import ENTRA_LEADS, RECONCILABLE, with_employee
from entra_emply.reconciliation.rules.lifecycle import stays_so
from entra_emply.reconciliation.rules.scope import PersonCondition, flag, setting
from entra_emply.reconciliation.subjects import once
from entra_emply.reconciliation.unreadable import Source, codes_of, left_out
from entra_emply.text import trimmed, written

_SOURCE = "entra_photos"

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
    return _Etags(written(now), written(then))


def _photo_changed(identities: Identities) -> Mask:
    now, then = codes(trimmed(_etags(identities).now), trimmed(_etags(identities).then))
    return now != then


def taken_over(identities: Identities) -> Mask:
    """Who has a photo in Emply that is Entra's, or was the last that Entra had."""
    there = _etags(identities).then.notna().to_numpy(dtype=bool)
    return there & ~(_etags(identities).now.notna().to_numpy(dtype=bool) & _photo_changed(identities))


@once
def _left_out(identities: Identities) -> str | None:
    """G5b: the code by which all photos are left out."""
    considered = identities.frame.loc[all_hold(_FOLLOWS, identities), "entra_id"]
    return left_out(identities.inputs, _SOURCE, "photos", considered)


@once
def _codes(identities: Identities) -> "pd.Series[str]":
    """P5: what the service said of everybody's photo, missing where it answered."""
    return codes_of(identities.inputs, "photos", identities.frame["entra_id"])


def _source_code(identities: Identities, _person: int) -> Values:
    return {"code": _left_out(identities)}


def _compared_etags(identities: Identities, person: int) -> Values:
    now, then = (of.iloc[person] for of in (_etags(identities).now, _etags(identities).then))
    return {"etag": now if isinstance(now, str) else None, "recorded_etag": then if isinstance(then, str) else None}


def _changed_etags(identities: Identities, person: int) -> Values:
    etags = _compared_etags(identities, person)
    return {**etags, "picture": Part("first_picture" if etags["recorded_etag"] is None else "other_picture")}


def _code(identities: Identities, person: int) -> Values:
    code = _codes(identities).iloc[person]
    return {"code": code if isinstance(code, str) else None}


profile_pictures = setting("profile_pictures", "profile_pictures")
photos_read = PersonCondition(
    "photos_read", lambda identities, rows: np.full(len(rows), _left_out(identities) is None), _source_code
)
photo_unreadable = flag("photo_unreadable", lambda identities: _codes(identities).notna().to_numpy(dtype=bool), _code)
photo_readable = photo_unreadable.negated("photo_readable")
photo_in_entra = flag(
    "photo_in_entra", lambda identities: _etags(identities).now.notna().to_numpy(dtype=bool), _compared_etags
)
no_photo_in_entra = photo_in_entra.negated("no_photo_in_entra")
photo_changed = flag("photo_changed", once(_photo_changed), _changed_etags)
photo_recorded = flag(
    "photo_recorded", lambda identities: _etags(identities).then.notna().to_numpy(dtype=bool), _compared_etags
)

# --- rules ------------------------------------------------------------------------------------------------------------

_MAY_HAVE = (profile_pictures, *ENTRA_LEADS)
_FOLLOWS = (*_MAY_HAVE, stays_so)

_READ = (photos_read, photo_readable)

P1 = Rule("P1", _FOLLOWS, (*_READ, photo_in_entra, photo_changed))
P2 = Rule("P2", (*RECONCILABLE, with_employee), ())
P4 = Rule("P4", (*_FOLLOWS, photo_recorded), (*_READ, no_photo_in_entra))
P5 = Rule("P5", (*_FOLLOWS, photos_read), (photo_unreadable,))


def source(identities: Identities) -> Source:
    """G5b: the photos, and why they are left out."""
    return Source(_SOURCE, identities.inputs.settings.profile_pictures, _left_out(identities))


def people_to_read(identities: Identities) -> "pd.Series[str]":
    """The Entra ids of everybody whose photo P1 may ask for."""
    return identities.frame.loc[all_hold(_MAY_HAVE, identities), "entra_id"]


def actions_of(identities: Identities) -> Drafts:
    """P1: a photo other than the one that the link was given last. One removed in Entra is left alone (P4)."""
    rows = identities.where(P1.acts(identities))
    if rows.empty:
        return actions(rows, "emply.set_photo", "P1")
    etags = _etags(identities)
    before, after = ({"etag": take(etag, rows)} for etag in (etags.then, etags.now))
    return actions(rows, "emply.set_photo", "P1", before=before, after=after)


def findings_of(identities: Identities) -> Drafts:
    """P5: a photo that could not be read, with what the service said as `object`, drafted."""
    rows = identities.where(P5.acts(identities))
    return findings(rows, "photo_unreadable", "P5", object=take(_codes(identities), rows))
