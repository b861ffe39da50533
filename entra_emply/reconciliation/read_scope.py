"""What has to be read beyond the lists: of which people, calendars and events a plan may speak. Pure; nothing is read.

More may be read than a plan uses: who waits for an approval is only known once the plan is made.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, is_among, positions
from entra_emply.reconciliation.identify import identify
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.inputs import SOURCES, Inputs, SyncState, sees_hidden_members
from entra_emply.reconciliation.rules import calendar_owners, event_reads, photos
from entra_emply.reconciliation.rules.calendar_subjects import Calendars
from entra_emply.reconciliation.settings import Settings
from entra_emply.text import trimmed


@dataclass(frozen=True)
class ReadScope:
    """What the dependent sources are read for: all that they need to know of the lists.

    asked: source and id, a row for each person or object to read; the id is missing where a whole list is read. Which
    events are read is known once the calendars are. identities: of those whose mailboxes are read, alone, as they were
    joined: of whom `events_of` decides.
    """

    asked: pd.DataFrame
    identities: Identities

    def asks_for(self, source: str) -> bool:
        """Whether this source is read at all."""
        return bool((self.asked["source"] == source).any())

    def ids_of(self, source: str) -> list[str]:
        """The ids to read of this source."""
        return self.asked.loc[self.asked["source"] == source, "id"].dropna().tolist()

    def frames(self) -> dict[str, pd.DataFrame]:
        """What is stored of it, by name: `asked`, the lists' rows of `identities`, their join, and the settings."""
        inputs = self.identities.inputs
        lists = {name: getattr(inputs, name) for name in SOURCES}
        settings = pd.DataFrame({"document": [inputs.settings.document]}, dtype="str")
        return {"asked": self.asked, "identities": self.identities.frame, "settings": settings, **lists}

    @classmethod
    def from_frames(cls, frames: Mapping[str, pd.DataFrame], state: SyncState) -> "ReadScope":
        """The inverse of `frames`; `state` is the sync state of the same run."""
        settings = Settings.model_validate_json(frames["settings"]["document"].iloc[0])
        lists = {name: frames[name] for name in SOURCES}
        hidden = sees_hidden_members(lists["entra_tenant"])
        inputs = Inputs(**lists, state=state, settings=settings, member_read_hidden=hidden)
        return cls(frames["asked"], identify(inputs, frames["identities"]))


def read_scope(identities: Identities) -> ReadScope:
    """What to read for a plan about these people."""
    settings = identities.inputs.settings
    mailboxes = mailboxes_of(identities)
    application = settings.sso.service_principal_id
    ids: dict[str, list[str | None]] = {
        "entra_deleted_users": [None] if settings.enabled and settings.entra_write_back.create else [],  # W1
        "entra_app": [application] if settings.enabled and application is not None else [],  # S
        "entra_photos": [*photos_of(identities)],
        "entra_calendars": [*mailboxes],
        "emply_calendars": [None],  # with calendars off as well: what came from Entra goes (C6)
    }
    asked = [pd.DataFrame({"source": source, "id": these}, dtype="str") for source, these in ids.items()]
    who = is_among(identities.frame["entra_id"], pd.Series(mailboxes, dtype="str"))
    return ReadScope(pd.concat(asked, ignore_index=True), _alone(identities, who))


def _alone(identities: Identities, who: Mask) -> Identities:
    """These people without the others: their rows of the lists, and their join with the numbers of these rows."""
    inputs, frame = identities.inputs, identities.frame[who].reset_index(drop=True)
    users = _rows(inputs.entra_users, frame["entra_row"])
    logins = _rows(inputs.emply_users, frame["emply_row"])
    employees = _rows(inputs.emply_employees, frame["employee_row"])
    members = inputs.entra_group_members
    lists = {
        "entra_users": users,
        "emply_users": logins,
        "emply_employees": employees,
        "entra_group_members": members[is_among(members["member_id"], users["entra_id"])].reset_index(drop=True),
    }
    joined = frame.assign(
        entra_row=positions(frame["entra_id"], users["entra_id"]),
        emply_row=positions(frame["emply_user_id"], logins["emply_user_id"]),
        employee_row=positions(frame["employee_id"], employees["employee_id"]),
    )
    return Identities(inputs.with_frames(lists), identities.mapping, joined)


def _rows(frame: pd.DataFrame, rows: "pd.Series[int]") -> pd.DataFrame:
    """These rows of a list, each once, in its order; -1 is none of them."""
    return frame.iloc[np.unique(rows[rows >= 0])].reset_index(drop=True)


def photos_of(identities: Identities) -> list[str]:
    """P1: the Entra ids of the people whose photos count."""
    return photos.people_to_read(identities).tolist()


def mailboxes_of(identities: Identities) -> list[str]:
    """C1, C5: the Entra ids of the people whose mailboxes count, rooms included."""
    return calendar_owners.people_to_read(identities).tolist()


def emply_calendars_with_events(inputs: Inputs) -> list[str]:
    """The ids of Emply's calendars that came from Entra, or were detached from one (C1)."""
    here, recorded = inputs.emply_calendars, inputs.state.calendars
    theirs = trimmed(here["external_id"]).notna() | is_among(here["calendar_id"], recorded["calendar_id"])
    return here.loc[theirs, "calendar_id"].tolist()


def events_of(identities: Identities) -> tuple[pd.DataFrame, pd.DataFrame]:
    """E: the Entra calendars whose events count (entra_id, calendar_id), and the Outlook events of pairs (entra_id,
    event_id), which count wherever they stand: one that none of these calendars shows is looked up by its id (E0).
    """
    found = Calendars.where_nobody_waits(identities)
    places = event_reads.places_to_read(found)
    return places, event_reads.pairs_to_read(found, places)
