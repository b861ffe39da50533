"""Read, check, plan: the whole way to a plan as one function, for those who want one without Dagster's run.

Its steps are those that the assets call, in the same order: the lists, what they must be like, the identities, what to
read of whom, the dependent sources, the plan, and M6.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from entra_emply.errors import SettingsError
from entra_emply.extraction.checks import require_believable, require_no_external_user_touched
from entra_emply.extraction.dependent_reads import Reading, read_dependents
from entra_emply.extraction.side_by_side import in_turn
from entra_emply.extraction.sources import (
    MEMBERS,
    Systems,
    announced_lists,
    inputs_of,
    require_names,
)
from entra_emply.progress import Tell, unheard
from entra_emply.reconciliation.completeness import Counted
from entra_emply.reconciliation.identify import identify
from entra_emply.reconciliation.inputs import SOURCES, Inputs, SyncState
from entra_emply.reconciliation.plan import Plan, make_plan
from entra_emply.reconciliation.read_scope import read_scope
from entra_emply.reconciliation.settings import Settings
from entra_emply.reconciliation.unreadable_frame import merged
from entra_emply.storage.frame_store import StoredFrames


@dataclass(frozen=True)
class Lists:
    """The inputs as far as the lists go; and how many rows each read had, of those that are to be judged (G5)."""

    inputs: Inputs
    reads: Mapping[str, Counted] = field(default_factory=dict)


@dataclass(frozen=True)
class Planned:
    """A plan, and all that it was made of."""

    plan: Plan
    inputs: Inputs


@dataclass(frozen=True)
class Planning:
    """How one plan is come to.

    baselines: the last accepted reads (G5); None where the lists are of few people, and their rows say nothing.
    planned_as: what the plan is made of, where that is not just what was read. The rest: see `Reading`.
    """

    systems: Systems
    baselines: Mapping[str, Counted] | None = None
    accepted: tuple[str, ...] = ()
    earlier_events: Mapping[str, pd.DataFrame] | None = None
    planned_as: Callable[[Inputs], Inputs] = lambda inputs: inputs
    tell: Tell = unheard


def read_check_plan(read: Callable[[], Lists], how: Planning) -> Planned:
    """Read the lists, check them, read what depends on them, plan, check M6. Raises what reading and planning raise."""
    lists = read()
    inputs = lists.inputs
    if how.baselines is not None:
        require_believable(inputs, lists.reads, how.baselines, how.accepted)
    identities = identify(inputs)
    reading = Reading(how.systems, read_scope(identities), earlier_events=how.earlier_events, accepted=how.accepted)
    dependent = []
    for name, done in read_dependents(reading):
        how.tell(name, len(SOURCES), len(SOURCES))
        dependent.append(done.frames)
    inputs = inputs.with_frames(merged(dependent))
    plan = make_plan(how.planned_as(inputs), identities.frame)
    require_no_external_user_touched(inputs, plan)
    return Planned(plan, inputs)


def read_lists(systems: Systems, settings: Settings, state: SyncState, tell: Tell = unheard) -> Lists:
    """Every list, whole. Raises SourceUnreadable, CredentialsError, SettingsError."""
    lists = announced_lists(systems, lambda: settings, state)
    reads: dict[str, Any] = {}
    try:
        reads.update(in_turn(lists, systems.stop, lambda name, done: tell(name, done, len(SOURCES))))
    except SettingsError:
        require_names(settings, state, reads)
        raise
    frames: dict[str, StoredFrames] = {name: read.frame for name, read in reads.items() if name != MEMBERS}
    frames[MEMBERS] = reads[MEMBERS].frames
    certificates = [read.certificate for read in reads.values()]
    counted = {each.source: Counted(each.rows, each.parts) for each in certificates}
    return Lists(inputs_of(frames, settings, state), counted)
