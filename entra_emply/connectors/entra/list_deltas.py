"""Users and groups: an earlier frame with the changes applied that Graph tells of them, or the whole list.

Why the frame that is brought up to date is the frame of a whole read: the earlier one was whole, and `tracking.begin`
leaves no moment out. A change names its object and the properties that differ; one that it leaves out was never set, or
is as before. So a known object keeps what the change does not name, and a new one is all that its change names. That
holds in any order, and for changes that are told again, as long as there is one change for each object: two that differ
are a doubt. So is a new object without the properties that all have (its change cannot be all of it), and a frame that
its model refuses. Not here: the members of groups (`member_deltas`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from entra_emply import clock
from entra_emply.connectors.entra import frames, tracking
from entra_emply.connectors.entra.connection import Connection
from entra_emply.connectors.entra.tracking import Doubt
from entra_emply.connectors.frame_checks import validate
from entra_emply.connectors.frames import FrameModel, Row, json_of, properties
from entra_emply.connectors.reads import Base, Read, WholeRead


@dataclass(frozen=True)
class TrackedList:
    """A list whose changes Graph tells: its frame's model, how rows become it, and what every object has."""

    source: str
    path: str
    model: type[FrameModel]
    build: Callable[[Sequence[Row]], pd.DataFrame]
    always: frozenset[str]
    json: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "json", json_of(self.model))

    @property
    def key(self) -> str:
        """The column of the object's id."""
        return next(iter(self.json))

    @property
    def select(self) -> str:
        """The properties that are read, and whose changes are told: they are the same."""
        return ",".join(properties(self.model))


USERS = TrackedList(
    "entra_users",
    "users",
    frames.Users,
    frames.users,
    frozenset({"userPrincipalName", "displayName", "accountEnabled"}),
)
GROUPS = TrackedList("entra_groups", "groups", frames.Groups, frames.groups, frozenset({"displayName"}))


def read(connection: Connection, tracked: TrackedList, how: Base | WholeRead, whole: Callable[[], Read]) -> Read:
    """The list as it is now, and the cursor of the next read. Raises what `whole` raises."""

    def all_of_it() -> Read:
        at, path = clock.now(), tracked.path
        link = tracking.begin(connection, tracked.source, path, tracked.select)
        return replace(whole(), cursor=tracking.cursor(connection, {path: link}, {path: tracked.select}, at))

    def go_on(earlier: Base) -> Read:
        link = tracking.link_of(connection, earlier, tracked.path, tracked.select)
        told = tracking.changes(connection, tracked.source, tracked.path, link)
        rows = told.distinct()
        frame = _applied(tracked, validate(tracked.model, earlier.frames[tracked.source], tracked.source), rows)
        certificate = tracking.certified(earlier, [link], told.pages.certificate(len(frame)))
        return Read(frame, certificate, cursor=tracking.renewed(earlier, {tracked.path: told.link}))

    return tracking.read(tracked.source, how, go_on, all_of_it)


def _applied(tracked: TrackedList, frame: pd.DataFrame, rows: Sequence[Row]) -> pd.DataFrame:
    """The frame after the changes, one of each object."""
    if not rows:
        return frame
    key, known = tracked.key, set(frame[tracked.key])
    there = [row for row in rows if "@removed" not in row]
    changed = [row for row in there if row["id"] in known]
    new = [row for row in there if row["id"] not in known]
    if any(row.get(name) is None for row in new for name in tracked.always):
        raise Doubt("a change of an unknown object does not tell all of it")
    touched = frame[key].isin([row["id"] for row in rows])
    parts = [frame[~touched], _updated(tracked, frame[frame[key].isin([row["id"] for row in changed])], changed)]
    after = pd.concat([*parts, tracked.build(new)] if new else parts, ignore_index=True)
    return validate(tracked.model, after.sort_values(key, ignore_index=True), tracked.source)


def _updated(tracked: TrackedList, before: pd.DataFrame, rows: Sequence[Row]) -> pd.DataFrame:
    """The known objects, sorted by id, with the properties that their changes name."""
    rows = sorted(rows, key=lambda row: str(row["id"]))
    both = pd.concat([before, tracked.build(rows)], ignore_index=True)
    at = np.arange(len(rows))
    columns = {}
    for name, json in tracked.json.items():
        told = np.array([json in row for row in rows], bool)
        columns[name] = both[name].take(at + told * len(rows)).reset_index(drop=True)
    return pd.DataFrame(columns)
