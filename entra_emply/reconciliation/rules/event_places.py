"""Where and when E looks at events: the calendars that are kept in step after the plan, and the window of days.

Not here: the events themselves (`event_subjects`), and which are read (`event_reads`).
"""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from entra_emply.reconciliation.arrays import repeated, stacked, take
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.rules.calendar_subjects import Calendars
from entra_emply.reconciliation.rules.calendars import C2, added, attached, comes_enabled, wanted_still
from entra_emply.reconciliation.rules.kept_calendars import new_ids
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


def synchronised(calendars: Calendars) -> pd.DataFrame:
    """The calendars that stay (under the ids that they get), are attached or added: person, entra_id, user_id,
    external_id, calendar_id, enabled.
    """
    here, entra, there = calendars.of_emply, calendars.of_entra, calendars.identities.inputs.emply_calendars
    again, new = attached(calendars), added(calendars)
    stays = np.flatnonzero(wanted_still.holds(here, np.arange(len(here))))
    comes = np.concatenate([again.entra, new])
    texts = {
        name: stacked(take(of, stays), take(entra.frame[name], comes))
        for name, of in (
            ("entra_id", here.frame["entra_id"]),
            ("user_id", here.frame["user_id"]),
            ("external_id", new_ids(calendars)),
        )
    }
    ids = (take(here.frame["calendar_id"], stays), take(there["calendar_id"], again.emply), repeated(None, len(new)))
    enabled = (~C2.acts(here)[stays], there["enabled"].to_numpy(dtype=bool)[again.emply], comes_enabled(entra)[new])
    return pd.DataFrame(
        {
            "person": np.concatenate([here.person[stays], entra.person[comes]]),
            **{name: column.array for name, column in texts.items()},
            "calendar_id": stacked(*ids).array,
            "enabled": np.concatenate(enabled),
        },
        copy=False,
    )


def _text(value: str) -> pa.Scalar:
    return pa.scalar(value, pa.large_string())
