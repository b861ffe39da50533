"""Event deltas as frames: what of an earlier read is still valid, and what a delta changes of it.

Not here: HTTP (`event_tasks`), and rules, except which events are in a window.
"""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from entra_emply.connectors.entra import mailbox_frames as frames
from entra_emply.connectors.entra.mailbox_frames import OfCalendar
from entra_emply.connectors.frame_checks import validate
from entra_emply.connectors.frames import empty

CALENDAR = ["entra_id", "calendar_id"]
EVENT = [*CALENDAR, "event_id"]
IN_MAILBOX = ["entra_id", "event_id"]

Window = tuple[str, str]
"""Start and end, as text in UTC."""


def usable(
    previous: Mapping[str, pd.DataFrame] | None, wanted: pd.DataFrame, window: Window
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The events and cursors of an earlier read that a delta can continue: of wanted calendars, for the same window.

    An earlier version's read, which has other columns, is none, nor one that could not be made.
    """
    known = empty(frames.Events).columns
    if previous is None or "entra_cursors" not in previous or not known.equals(previous["entra_events"].columns):
        return empty(frames.Events), empty(frames.Cursors)
    cursors = previous["entra_cursors"]
    same = (cursors["window_start"] == window[0]) & (cursors["window_end"] == window[1])
    cursors = cursors[same & cursors["delta_link"].notna()].merge(wanted[CALENDAR], on=CALENDAR)
    return previous["entra_events"].merge(cursors[CALENDAR], on=CALENDAR), cursors


def in_window(events: pd.DataFrame, window: Window) -> pd.DataFrame:
    """The events that overlap the window; touching it is not overlapping (rules.md, E)."""
    return events[(events["start"] < window[1]) & (events["end"] > window[0])]


def without(frame: pd.DataFrame, others: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """The rows of `frame` whose keys are not in `others`, in their order."""
    if frame.empty or others.empty:
        return frame
    marked = frame[[*keys]].merge(others[[*keys]].drop_duplicates(), how="left", on=[*keys], indicator=True)
    return frame[(marked["_merge"] == "left_only").to_numpy()]


def interleaved(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with the mailboxes interleaved, because a mailbox answers only a few requests at a time."""
    return frame.iloc[frame.groupby("entra_id").cumcount().argsort(kind="stable")]


def calendar_keys(frame: pd.DataFrame) -> list[OfCalendar]:
    """The owner and the calendar of each row."""
    return list(zip(frame["entra_id"], frame["calendar_id"], strict=True))


def event_keys(ids: Iterable[tuple[OfCalendar, str]]) -> pd.DataFrame:
    """The keys of events as a frame."""
    return pd.DataFrame([(*of, event) for of, event in ids], columns=EVENT, dtype="str")


def combined(parts: Sequence[pd.DataFrame], source: str) -> pd.DataFrame:
    """All parts as one frame `Events`, sorted. Raises SourceUnreadable."""
    made = pd.concat([part for part in parts if len(part)] or [empty(frames.Events)], ignore_index=True)
    return validate(frames.Events, made.sort_values(EVENT, kind="stable", ignore_index=True), source)
