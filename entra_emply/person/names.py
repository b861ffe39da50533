"""What ids are called, for whatever tells of the past: as the last run read them. It only reads."""

import pyarrow as pa

from entra_emply.environment import Environment
from entra_emply.errors import SettingsError
from entra_emply.reconciliation.inputs import names_in
from entra_emply.storage.frame_store import FrameStore, StoredRun

_NAMED = ("emply_roles", "emply_departments", "entra_groups")


def names_of(run: StoredRun) -> dict[str, str]:
    """Roles, departments and groups of a run by id. Raises what reading its frames raises."""
    return names_in(*(run.whole(name) for name in _NAMED))


def names_of_last_run(environment: Environment) -> dict[str, str]:
    """Those of the last complete run; none where its frames cannot be read: ids are shown then."""
    try:
        run = FrameStore(environment.frames_url).last_complete()
        return {} if run is None else names_of(run)
    except (SettingsError, OSError, pa.ArrowException):
        return {}
