"""The recorded plan by department, for decisions about one department of it: people are in the one in which the
plan's own run read them. Which that is, is decided in `reconciliation.departments`.
"""

import pyarrow as pa

from entra_emply.errors import SettingsError
from entra_emply.ledger import overview, plans
from entra_emply.ledger.ledger import Ledger
from entra_emply.reconciliation.departments import in_department
from entra_emply.storage.frame_store import FrameStore, StoredRun

_LISTS = ("emply_users", "emply_employees", "emply_departments")


def actions_of_department(store: FrameStore, ledger: Ledger, named: str) -> frozenset[str]:
    """The ids of the newest plan's actions about people of the department of this title; none where there is no plan.

    Raises SettingsError where Emply had no such department, or the frames of the plan's run cannot be read.
    """
    plan = ledger.read(plans.newest_plan)
    if plan is None:
        return frozenset()
    run = StoredRun(store, plan.run_id)
    try:
        lists = [run.whole(name) for name in _LISTS]
    except (OSError, pa.ArrowException) as error:
        raise SettingsError(
            f"--department {named}: the frames of the newest plan's run cannot be read ({type(error).__name__}): check "
            "FRAMES_URL, and run entra-emply sync"
        ) from None
    return in_department(named, ledger.read(overview.actions_of, plan.plan_no), *lists)
