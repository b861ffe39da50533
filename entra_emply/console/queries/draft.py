"""The plan of draft settings, of the stored frames of the newest run. Nothing is read, recorded or kept of it."""

import pandas as pd

from entra_emply.environment import Environment
from entra_emply.errors import SettingsError
from entra_emply.extraction.settings_in_force import in_force
from entra_emply.extraction.sources import MEMBERS, inputs_of
from entra_emply.person.stored import settings_of
from entra_emply.reconciliation.inputs import DEPENDENT_SOURCES, SOURCES, SyncState
from entra_emply.reconciliation.mapping import require_groups_read
from entra_emply.reconciliation.plan import Plan, make_plan
from entra_emply.reconciliation.settings import Settings, parse
from entra_emply.storage.frame_store import FrameStore, StoredRun

_READS = {
    "profile_pictures": "pictures",
    "synchronize_calendars": "calendars and events",
    "nested_groups": "the members of groups in groups",
}
"""What a run reads only where a switch is on."""


def plan_of(environment: Environment, store: FrameStore, run_id: str, text: str) -> Plan:
    """The plan of the settings in `text`. Raises SettingsError for wrong settings, with the line, and for those that
    need what the run did not read.
    """
    draft = in_force(parse(text, "the draft"), environment)
    _require_read(draft, settings_of(environment, StoredRun(store, run_id)))
    names = [name for name in (*SOURCES, *DEPENDENT_SOURCES) if store.has(run_id, name)]
    frames = {name: store.read(run_id, name) for name in names}
    state = store.read(run_id, "sync_state")
    if isinstance(state, pd.DataFrame):
        raise SettingsError("the newest run is of an earlier version: run entra-emply sync first")
    inputs = inputs_of(frames, draft, SyncState.from_frames(state))
    members = frames[MEMBERS]
    if not isinstance(members, pd.DataFrame) and "groups" in members:
        require_groups_read(inputs, members["groups"]["group_id"])
    return make_plan(inputs)


def _require_read(draft: Settings, settings: Settings) -> None:
    """Raise SettingsError where the draft switches on what the run did not read."""
    missing = [what for switch, what in _READS.items() if getattr(draft, switch) and not getattr(settings, switch)]
    if draft.sso.service_principal_id != settings.sso.service_principal_id and draft.sso.service_principal_id:
        missing.append("who may sign in to the application of sso")
    if draft.entra_write_back.create and not settings.entra_write_back.create:
        missing.append("the deleted users of Entra")
    if missing:
        raise SettingsError(
            f"the draft needs what the newest run did not read ({', '.join(missing)}): "
            "plan it with entra-emply plan --settings draft.yaml, which reads both systems"
        )
