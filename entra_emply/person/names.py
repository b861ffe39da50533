"""What ids are called, for whatever tells of the past: as the last run read them. It only reads."""

import pyarrow as pa

from entra_emply.environment import Environment
from entra_emply.errors import SettingsError
from entra_emply.reconciliation.inputs import names_in
from entra_emply.storage.frame_store import FrameStore


def names_of_last_run(environment: Environment) -> dict[str, str]:
    """Roles, departments and groups by id; none where no run's frames can be read: ids are shown then."""
    try:
        run = FrameStore(environment.frames_url).last_complete()
        lists = ("emply_roles", "emply_departments", "entra_groups")
        return {} if run is None else names_in(*(run.whole(name) for name in lists))
    except (SettingsError, OSError, pa.ArrowException):
        return {}
