"""The window of days in which E looks at events. Not here: the dates of all-day events (`days`)."""

from datetime import datetime, timedelta

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.settings import CalendarWindow
from entra_emply.text import as_arrow


def window(now: datetime, of: CalendarWindow, *, more_days: int = 0) -> tuple[str, str]:
    """Start and end of the window, at 00:00 UTC: `[today - days_back, today + days_ahead + 1 day)`; or of one that
    begins and ends so many days farther away.
    """
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    ends = (
        today - timedelta(days=of.days_back + more_days),
        today + timedelta(days=of.days_ahead + 1 + more_days),
    )
    start, end = (f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in ends)
    return start, end


def is_within(events: pd.DataFrame, inputs: Inputs, *, more_days: int = 0) -> "pd.Series[bool]":
    """Which events (start, end) overlap the window, or one that is wider; touching is not overlapping."""
    start, end = window(inputs.now, inputs.settings.calendar_window, more_days=more_days)
    begins, ends = pc.less(as_arrow(events["start"]), _text(end)), pc.greater(as_arrow(events["end"]), _text(start))
    within = pc.fill_null(pc.and_(begins, ends), False)
    return pd.Series(within.to_numpy(zero_copy_only=False), index=events.index)


def _text(value: str) -> pa.Scalar:
    return pa.scalar(value, pa.large_string())
