"""Days: every frame belongs to one, and an API only knows today. (UTC, as the schedule)

Here too: the day an installation was set up, from which its days are counted. Nothing is written at import. The day is
kept where all machines of the installation find it: beside the frames where FRAMES_URL is set, else in the home folder.
"""

import uuid
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

from dagster import DagsterRun, DailyPartitionsDefinition
from dagster._core.storage.tags import BACKFILL_ID_TAG

from entra_emply import clock
from entra_emply.environment import Environment
from entra_emply.errors import SettingsError, SourceUnreadable
from entra_emply.storage.files import Files

_NAME = "first-day"
_TOLERANCE = timedelta(minutes=30)  # a run that a tick started just before midnight may read just after it


def first_day(environment: Environment) -> date:
    """The day this installation was set up, before which no day is missing; today where none is recorded."""
    return _kept_with_frames(environment) or _recorded(environment.home / _NAME) or clock.now().date()


def record_first_day(environment: Environment) -> date:
    """Record today as the first day, once: when the installation is set up, or a run begins. The day that is recorded.

    Processes that start together get the same day: the first one's. Raises SettingsError where FRAMES_URL is of no use.
    """
    if not environment.shares_frames:
        return _record_at(environment.home)
    files, day = Files(environment.frames_url), first_day(environment)
    if files.get(_NAME) is None:
        files.put(_NAME, f"{day}\n".encode())
    return day


def _record_at(home: Path) -> date:
    recorded = home / _NAME
    found = _recorded(recorded)
    if found is not None:
        return found
    home.mkdir(parents=True, exist_ok=True)
    today = clock.now().date()
    unfinished = home / f".{uuid.uuid4().hex}"
    unfinished.write_text(f"{today}\n")
    with suppress(OSError):  # another process was first; a crash left half a file; or there are no links here
        recorded.hardlink_to(unfinished)
    if _recorded(recorded) is None:
        unfinished.replace(recorded)
    unfinished.unlink(missing_ok=True)
    return _recorded(recorded) or today


def _recorded(path: Path) -> date | None:
    """The day in this file; None where there is none, or half of one."""
    try:
        return date.fromisoformat(path.read_text().strip())
    except (OSError, ValueError):
        return None


def _kept_with_frames(environment: Environment) -> date | None:
    """The day beside the frames; None where there is none. That the store is out of reach, a run reports."""
    if not environment.shares_frames:
        return None
    try:
        return date.fromisoformat((Files(environment.frames_url).get(_NAME) or b"").decode().strip())
    except (SettingsError, ValueError):
        return None


DAILY = DailyPartitionsDefinition(start_date=str(first_day(Environment.load())), end_offset=1)
"""The days of this installation, as they are when a process begins."""


def is_today(day: str) -> bool:
    """Whether `day` (a partition key) is today, or was when a run that began just before midnight was started."""
    now = clock.now()
    return day in {str(now.date()), str((now - _TOLERANCE).date())}


def is_of_backfill(run: DagsterRun) -> bool:
    """Whether this run is a day of a backfill."""
    return BACKFILL_ID_TAG in run.tags


def require_today(source: str, day: str) -> None:
    """Raise SourceUnreadable for a partition that is not today's: the past cannot be read any more."""
    if not is_today(day):
        raise SourceUnreadable(source, f"only today can be read, not {day}: backfill joins and plans, not sources")
