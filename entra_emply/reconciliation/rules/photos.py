"""P: profile pictures, from Entra to Emply and never back (P3), for people without employee (P2)."""

import pandas as pd

from entra_emply.reconciliation.arrays import codes, positions, take
from entra_emply.reconciliation.identities import Identities, actions
from entra_emply.reconciliation.rules.lifecycle import stays_active


def people_to_read(identities: Identities) -> "pd.Series[str]":
    """The Entra ids of everybody whose photo P1 may ask for."""
    wanted = identities.reconcilable & ~identities.has_employee & identities.inputs.settings.profile_pictures
    return identities.frame.loc[wanted, "entra_id"]


def actions_of(identities: Identities) -> pd.DataFrame:
    """P1: a photo other than the one that the link was given last. One removed in Entra is left alone (P4)."""
    if not identities.inputs.settings.profile_pictures or identities.inputs.entra_photos.empty:
        return actions(identities.frame.index[:0], "emply.set_photo", "P1")
    rows = identities.where(identities.reconcilable & stays_active(identities) & ~identities.has_employee)
    photos = identities.inputs.entra_photos
    now = take(photos["etag"], positions(identities.frame.loc[rows, "entra_id"], photos["entra_id"]))
    then = _recorded(identities, rows)
    new, old = codes(now, then)
    changed = (new >= 0) & (new != old)
    before, after = (pd.DataFrame({"etag": etag[changed].array}, index=rows[changed]) for etag in (then, now))
    return actions(rows[changed], "emply.set_photo", "P1", before=before, after=after)


def _recorded(identities: Identities, rows: "pd.Index[int]") -> "pd.Series[str]":
    """The etag recorded for the link; a new link starts without one."""
    recorded = identities.inputs.state.photo_etags
    of = identities.frame.loc[rows]
    etags = take(recorded["etag"], positions(of["emply_user_id"], recorded["emply_user_id"]))
    return etags.where((of["matched_by"] == "link").to_numpy())
