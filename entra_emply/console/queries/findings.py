"""The findings of the newest run, with since when each stands."""

import pandas as pd

from entra_emply.storage.frame_store import FrameStore, StoredRun

_ABOUT = ["code", "entra_id", "emply_user_id", "employee_id", "object"]
_DAYS = 30
"""So many days with a run are looked through; what stands longer is said to be older."""
_ORDER = {"error": 0, "warning": 1, "info": 2}
NAME = "reconciliation_findings"


def findings_since(store: FrameStore, run_id: str) -> pd.DataFrame:
    """The findings of a run, errors first, with `since` (the first day of the days in a row that had them) and `older`
    (whether it may be still longer) and `new` (whether the last day before the newest did not have it).
    """
    now = StoredRun(store, run_id).whole(NAME)
    keys, days = _keys(now), store.days()
    since = pd.Series(days[0] if days else "", index=now.index)
    open_, earlier = pd.Series(True, index=now.index), days[1 : _DAYS + 1]
    new = pd.Series(False, index=now.index)
    for number, day in enumerate(earlier):
        there = keys.isin(_of_day(store, day))
        if number == 0:
            new = ~there
        open_ &= there
        since = since.mask(open_, day)
    older = open_ & (len(days) > _DAYS)
    found = now.assign(since=since, older=older, new=new, order=now["severity"].map(_ORDER))
    return found.sort_values(["order", "code", "subject"], kind="stable", ignore_index=True).drop(columns="order")


def _of_day(store: FrameStore, day: str) -> "pd.Series[str]":
    """The keys of the findings of the day's last complete run; none where it stored none."""
    run_id = store.pointed("days", day)
    run = None if run_id is None else StoredRun(store, run_id)
    if run is None or not run.has(NAME):
        return pd.Series(dtype="str")
    return _keys(run.columns(NAME, _ABOUT))


def _keys(findings: pd.DataFrame) -> "pd.Series[str]":
    """What makes two findings the same one."""
    text = pd.Series("", index=findings.index, dtype="str")
    for name in _ABOUT:
        text = text + findings[name].fillna("").astype("str") + "\0"
    return text
