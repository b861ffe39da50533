"""G5 at a first read, with no earlier one to compare it with: what other lists refer to must be in it.

A first list of employees of which the half is missing would give those who left a login, and take the others for
people without employee; a first list of Entra's users would hide that an address belongs to two.
"""

from collections.abc import Collection, Mapping
from fractions import Fraction

import pandas as pd

from assets.errors import SourceUnreadable
from assets.reconciliation.lookup import is_among
from assets.reconciliation.world import World

_A_FEW = 3


def require_referred(
    world: World, baselines: Mapping[str, int], percent: float, accepted: Collection[str] = ()
) -> None:
    """Refuse a first read in which fewer than `percent` of the ids are that other lists refer to.

    A few may always be missing: somebody was deleted, and the lists are read one after another. `baselines` and
    `accepted` are those of `guards.require_full_read`. Raises SourceUnreadable.
    """
    members = world.entra_group_members
    referred = {
        "entra_users": (members.loc[members["member_type"] == "user", "member_id"], world.entra_users["entra_id"]),
        "emply_employees": (world.emply_users["employee_id"], world.emply_employees["employee_id"]),
    }
    for source, (named, there) in referred.items():
        if source not in baselines and source not in accepted:
            _require(source, named.dropna().drop_duplicates(), there, percent)


def _require(source: str, named: "pd.Series[str]", there: "pd.Series[str]", percent: float) -> None:
    found = int(is_among(named, there).sum())
    if len(named) - found > _A_FEW and found * 100 < Fraction(str(percent)) * len(named):
        raise SourceUnreadable(
            source,
            f"its first read has {found} of the {len(named)} ids that other lists refer to, less than {percent:g} % "
            f"(G5); if that is right: sync --accept-shrink {source}",
        )
