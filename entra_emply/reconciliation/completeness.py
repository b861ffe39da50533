"""G5: which reads are believed. A list that lost too many rows, or lacks too much of what others refer to, is refused.

Whether a read is complete in itself (pages, repeats, cut-off answers) is the clients' business.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import pandas as pd

from entra_emply.errors import NO_ANSWER, SettingsError, SourceUnreadable
from entra_emply.printing import counted
from entra_emply.reconciliation.arrays import Mask, Rows, is_among
from entra_emply.reconciliation.inputs import SOURCES, Inputs
from entra_emply.reconciliation.rule import Condition, Rule, any_of
from entra_emply.reconciliation.settings import Guards
from entra_emply.reconciliation.subjects import Subjects

ACCEPTABLE = (*SOURCES, "emply_calendars", "emply_events")
"""The sources whose shrinking is noticed, and a person may accept."""

RECORDS_MISSING = "records_missing"
"""The code of a source that lacks too much of what the ledger recorded (G5b)."""

_MEMBERS = "entra_group_members"
_A_FEW = 3
"""So many may be missing at any time: somebody took them away, and lists are read one after another."""


@dataclass(frozen=True)
class Counted:
    """How many rows a read of a source has; and of each list that the settings make it of, where they do."""

    rows: int
    parts: Mapping[str, int] = field(default_factory=dict)

    def comparable(self, now: "Counted") -> int:
        """The rows, but for those of lists that are not asked for any more: a group taken out of the settings is no
        shrinking (L8)."""
        return self.rows - sum(rows for part, rows in self.parts.items() if part not in now.parts)


@dataclass(frozen=True, eq=False)
class Reads(Subjects):
    """The reads of a run, a row each: what `require_full_read` is given."""

    reads: Mapping[str, Counted]
    baselines: Mapping[str, Counted]
    guards: Guards
    accepted: Collection[str] = ()
    may_be_empty: Collection[str] = ()

    def __len__(self) -> int:
        """How many reads."""
        return len(self.reads)

    def each(self, holds: Callable[[str, Counted, Counted | None], bool], rows: Rows) -> Mask:
        """Flags of some reads: asked with the source, the read and its baseline."""
        named = list(self.reads)
        return np.array(
            [holds(named[row], self.reads[named[row]], self.baselines.get(named[row])) for row in rows], bool
        )


def _not_accepted(reads: Reads, rows: Rows) -> Mask:
    return reads.each(lambda source, _now, _before: source not in reads.accepted, rows)


def _is_first_and_empty(reads: Reads, rows: Rows) -> Mask:
    return reads.each(
        lambda source, now, before: before is None and now.rows == 0 and source not in reads.may_be_empty, rows
    )


def _lost_rows(reads: Reads, rows: Rows) -> Mask:
    """Fewer than `min_rows_percent` of the rows, or none; members, whose loss is looked at again for each person, only
    where more than `min_rows_lost` are missing."""
    percent, lost = reads.guards.min_rows_percent, reads.guards.min_rows_lost

    def shrank(source: str, now: Counted, before: Counted | None) -> bool:
        return before is not None and _shrank(
            now.rows, before.comparable(now), percent, lost if source == _MEMBERS else 0
        )

    return reads.each(shrank, rows)


G5 = Rule[Reads](
    "G5",
    (any_of("refused", Condition("lost_rows", _lost_rows), Condition("first_read_empty", _is_first_and_empty)),),
    (Condition("not_accepted", _not_accepted),),
)


def require_acceptable(named: Collection[str]) -> None:
    """Raise SettingsError where a person accepts the shrinking of what is no source."""
    unknown = [source for source in named if source not in ACCEPTABLE]
    if unknown:
        raise SettingsError(f"--accept-shrink: there is no source {unknown[0]!r}: they are {', '.join(ACCEPTABLE)}")


def require_full_read(
    reads: Mapping[str, Counted],
    baselines: Mapping[str, Counted],
    guards: Guards,
    accepted: Collection[str] = (),
    may_be_empty: Collection[str] = (),
) -> None:
    """Refuse a source that lost too many of the rows of its last accepted read (G5).

    `baselines` are the last accepted reads; a source without one must have a row at all, unless `may_be_empty`.
    `accepted` are the sources whose shrinking a person has accepted for this run. Raises SourceUnreadable for the first
    source that shrank.
    """
    looked = Reads(reads, baselines, guards, accepted, may_be_empty)
    for source in np.array(list(reads))[G5.acts(looked)][:1]:
        before = baselines.get(source)
        if before is None:
            raise SourceUnreadable(source, f"its first read is empty (G5); {_how_to_accept(source)}")
        now = reads[source]
        raise SourceUnreadable(
            source,
            f"{counted(now.rows, 'row')} where the last accepted read had {before.comparable(now)}, less than "
            f"{guards.min_rows_percent:g} % (G5); {_how_to_accept(source)}",
        )


def require_referred(
    inputs: Inputs, baselines: Collection[str], percent: float, accepted: Collection[str] = ()
) -> None:
    """Refuse a first read, with no earlier one to compare it with, in which fewer than `percent` of the ids are that
    other lists refer to.

    A first list of employees half of which is missing would give those who left a login, and take the others for
    people without employee; a first list of Entra's users would hide that an address belongs to two. `baselines` and
    `accepted` are those of `require_full_read`. Raises SourceUnreadable.
    """
    members = inputs.entra_group_members
    referred = {
        "entra_users": (members.loc[members["member_type"] == "user", "member_id"], inputs.entra_users["entra_id"]),
        "emply_employees": (inputs.emply_users["employee_id"], inputs.emply_employees["employee_id"]),
    }
    for source, (named, there) in referred.items():
        if source not in baselines and source not in accepted:
            said = "its first read has {} of the {} ids that other lists refer to"
            _require_most(source, named.dropna().drop_duplicates(), there, percent, said)


def require_recorded_calendars(inputs: Inputs, emply_calendars: pd.DataFrame) -> None:
    """G5b: most of Emply's calendars that the pipeline made must still be there, or they would be made again.

    (Their number alone does not tell: switching the integration off takes all of them away.) Raises SourceUnreadable.
    """
    _require_recorded(inputs, "emply_calendars", inputs.state.calendars["calendar_id"], emply_calendars["calendar_id"])


def require_recorded_events(inputs: Inputs, emply_events: pd.DataFrame) -> None:
    """G5b: most of Emply's events that were made in Outlook must still be there, or Outlook's would go (E2).

    Of the calendars that are read, by what the ledger recorded of them. Raises SourceUnreadable.
    """
    pairs, here = inputs.state.event_pairs, inputs.emply_calendars
    read = pairs[is_among(pairs["calendar_external_id"], here["external_id"])]
    _require_recorded(inputs, "emply_events", read["emply_event_id"], emply_events["event_id"])


def _require_recorded(inputs: Inputs, source: str, recorded: "pd.Series[str]", read: "pd.Series[str]") -> None:
    percent = inputs.settings.guards.min_rows_percent
    said = "{} of the {} that the ledger has recorded are there"
    _require_most(source, recorded, read, percent, said, code=RECORDS_MISSING)


def _require_most(
    source: str,
    expected: "pd.Series[str]",
    there: "pd.Series[str]",
    percent: float,
    said: str,
    code: str = NO_ANSWER,
) -> None:
    found = int(is_among(expected, there).sum())
    if len(expected) - found > _A_FEW and not _enough(found, len(expected), percent):
        found_of = said.format(found, len(expected))
        why = f"{found_of}, less than {percent:g} % (G5); {_how_to_accept(source)}"
        raise SourceUnreadable(source, why, code=code)


def _shrank(rows: int, before: int, percent: float, few: int) -> bool:
    """Whether a list lost too much, though a few rows may be missing; none is always too few where there were some."""
    return before > 0 and (rows == 0 or (not _enough(rows, before, percent) and before - rows > few))


def _enough(rows: int, of: int, percent: float) -> bool:
    """At least `percent` of them, computed exactly."""
    return rows * 100 >= Fraction(str(percent)) * of


def _how_to_accept(source: str) -> str:
    return f"if that is right: sync --accept-shrink {source}"
