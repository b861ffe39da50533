"""What of a plan can be undone now: of the frames of the last complete run, brought up to what was applied since.

Nothing is read from Entra or Emply and nothing written: the next plan judges each request again, of fresh reads. What
can be undone is decided in `reconciliation.undoable`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pandas as pd

from entra_emply import clock
from entra_emply.errors import PlanRefused
from entra_emply.extraction.sources import MEMBERS
from entra_emply.ledger import approvals, sync_state, undo_requests
from entra_emply.ledger.ledger import Ledger
from entra_emply.ledger.which import Which
from entra_emply.reconciliation.changed_logins import with_logins_changed
from entra_emply.reconciliation.explain.in_memory import InMemory
from entra_emply.reconciliation.explain.inputs_around import inputs_around
from entra_emply.reconciliation.explain.neighbourhood import Directory, FrameReader, Ids
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.mapping import require_groups_read
from entra_emply.reconciliation.settings import Settings
from entra_emply.reconciliation.undoable import KINDS, Undoable, undoable

_GROUPS_READ = f"{MEMBERS}/groups"


def what_to_undo(settings: Settings, frames: FrameReader, ledger: Ledger, named: str, which: Which) -> Undoable:
    """What can be undone of what was applied of the plan `named` (or of one action) that fits. settings: by which the
    rules judge. frames: those of the last complete run.

    Raises PlanRefused where nothing of the last 30 days fits, SettingsError for settings that do not fit the frames.
    """
    which, applied = ledger.read(approvals.understood, which), ledger.read(undo_requests.applied, named)
    fits = which.fits(applied)
    if not fits.any():
        raise PlanRefused(f"plan {named} applied nothing that fits all these filters")
    if not settings.enabled:
        raise PlanRefused("the integration is off (`enabled: false`): nothing is undone")
    wanted = applied[fits].reset_index(drop=True)
    of_logins = wanted[(wanted["target"] == "emply") & wanted["kind"].isin(KINDS)]
    logins = frozenset(of_logins["emply_user_id"].dropna())
    inputs = _inputs_now(frames, ledger, settings, Ids(frozenset(of_logins["entra_id"].dropna()), logins, frozenset()))
    return undoable(inputs, wanted, ledger.read(undo_requests.open_of, logins))


def _inputs_now(frames: FrameReader, ledger: Ledger, settings: Settings, who: Ids) -> Inputs:
    """The inputs of these people: what the last run read, the ledger as it is now, and what was applied since."""
    state = {
        f"sync_state/{name}": frame for name, frame in ledger.read(sync_state.read_state, clock.now()).frames().items()
    }
    now = _WithState(frames, InMemory(state))
    around = Directory(now).around(who)
    inputs = inputs_around(now, settings, around)
    if frames.has(_GROUPS_READ):
        require_groups_read(inputs, frames.whole(_GROUPS_READ)["group_id"])
    read_at = frames.whole("sync_state/clock")["read_at"].iloc[0].to_pydatetime()
    done = [
        (login, *each)
        for login, after in ledger.read(undo_requests.changed_since, read_at, around.emply)
        for each in after.items()
    ]
    return with_logins_changed(inputs, pd.DataFrame(done, columns=["emply_user_id", "field", "value"], dtype=object))


@dataclass(frozen=True)
class _WithState:
    """The frames of a run with the sync state of another moment (`neighbourhood.FrameReader`)."""

    frames: FrameReader
    state: InMemory

    def _of(self, name: str) -> FrameReader:
        return self.state if name.startswith("sync_state/") else self.frames

    def columns(self, name: str, columns: Sequence[str]) -> pd.DataFrame:
        """All rows of some columns."""
        return self._of(name).columns(name, columns)

    def rows(self, name: str, column: str, values: Collection[str]) -> pd.DataFrame:
        """The rows whose `column` holds one of `values`."""
        return self._of(name).rows(name, column, values)

    def whole(self, name: str) -> pd.DataFrame:
        """Every row of every column."""
        return self._of(name).whole(name)

    def has(self, name: str) -> bool:
        """Whether there is such a frame."""
        return self._of(name).has(name)
