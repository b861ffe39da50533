"""G5b: the sources that only some rules need, and the finding of those that are left out of a plan.

What is left out with them is said by the letters, which ask the same codes.
"""

from dataclasses import dataclass

import numpy as np

from entra_emply.reconciliation.arrays import Mask, Rows
from entra_emply.reconciliation.rule import Condition, Rule, Values
from entra_emply.reconciliation.rules import calendar_owners, photos, signs, user_creation
from entra_emply.reconciliation.rules.calendar_subjects import Calendars
from entra_emply.reconciliation.subjects import Subjects
from entra_emply.reconciliation.unreadable import Source

_CALLED = {
    "entra_deleted_users": "the deleted users of Entra",
    "entra_app": "the application for single sign-on",
    "entra_photos": "the pictures in Entra",
    "entra_calendars": "the mailboxes and calendars of Outlook",
    "entra_events": "the events of Outlook",
    "emply_calendars": "the calendars of Emply",
    "emply_events": "the events of Emply",
}


@dataclass(frozen=True, eq=False)
class Sources(Subjects):
    """The sources that only some rules need, a row each."""

    sources: tuple[Source, ...]

    def __len__(self) -> int:
        """How many sources."""
        return len(self.sources)

    def named(self, row: int) -> str:
        """What a source is called."""
        return _CALLED[self.sources[row].name]


def _needed(sources: Sources, rows: Rows) -> Mask:
    return np.array([sources.sources[row].needed for row in rows], dtype=bool)


def _is_left_out(sources: Sources, rows: Rows) -> Mask:
    return np.array([sources.sources[row].code is not None for row in rows], dtype=bool)


def _code(sources: Sources, row: int) -> Values:
    return {"code": sources.sources[row].code}


G5B = Rule[Sources]("G5b", (Condition("source_needed", _needed),), (Condition("source_left_out", _is_left_out, _code),))


def sources_of(people: Calendars) -> Sources:
    """The sources of a plan about these people. With the integration off (X) only C6 needs any."""
    identities = people.identities
    others = (user_creation.source(identities), signs.source(identities), photos.source(identities))
    return Sources((*(others if identities.inputs.settings.enabled else ()), *calendar_owners.sources(people)))
