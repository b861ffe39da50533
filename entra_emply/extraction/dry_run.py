"""A plan without Dagster and without a trace: `plan`. The sources are read, the plan is made, nothing is written.

The same readers, the same checks and the same `make_plan` as the assets use, in the same order.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd

from entra_emply import clock
from entra_emply.connectors.emply.client import EmplyClient
from entra_emply.connectors.entra.client import GraphClient
from entra_emply.connectors.frames import Read
from entra_emply.environment import Environment
from entra_emply.errors import SettingsError
from entra_emply.extraction.dependent_reads import Reading, read_following
from entra_emply.ledger.approvals import SHORTEST_ID
from entra_emply.ledger.ledger import Ledger
from entra_emply.progress import Tell, unheard
from entra_emply.reconciliation.completeness import Counted, require_full_read, require_referred
from entra_emply.reconciliation.inputs import SOURCES, Inputs, SyncState
from entra_emply.reconciliation.mapping import groups_to_read, may_be_empty, resolve
from entra_emply.reconciliation.plan import Plan, make_plan
from entra_emply.reconciliation.report.wording import how_to_approve
from entra_emply.reconciliation.settings import Settings, load
from entra_emply.storage.frame_store import FrameStore
from entra_emply.storage.postgres import database


@dataclass(frozen=True)
class DryRun:
    """A plan, the world that it is of, and the id of the newest recorded plan: what can be approved."""

    plan: Plan
    inputs: Inputs
    recorded: str | None

    @property
    def approval(self) -> str:
        """How what this plan holds is approved: with the id of the recorded plan, which may hold only some of it."""
        waiting = self.plan.actions.loc[self.plan.actions["own_guards"] != "", "action_id"]
        new = int((~waiting.isin(self.inputs.state.holds["action_id"])).sum())
        return how_to_approve(None if new == len(waiting) else self.recorded, new)


def dry_run(environment: Environment, settings: Settings, tell: Tell = unheard) -> DryRun:
    """The plan of this moment. Raises what reading and planning raise."""
    stored = FrameStore(environment.frames_url)
    stored.require()
    with _recorded(environment) as (state, baselines, recorded):
        graph, emply = GraphClient(environment), EmplyClient(environment)
        reads = read_all(graph, emply, settings, state, tell)
        counted = {source: Counted(read.certificate.rows, read.certificate.parts) for source, read in reads.items()}
        percent = settings.guards.min_rows_percent
        require_full_read(counted, baselines, percent, may_be_empty=may_be_empty(settings))
        inputs = Inputs(
            **{source: read.frame for source, read in reads.items()},
            state=state,
            settings=settings,
            member_read_hidden=False,
        )
        require_referred(inputs, baselines, percent)
        for name, frames, _ in read_following(inputs, Reading(graph, emply, _earlier_events(stored))):
            tell(name, len(SOURCES), len(SOURCES))
            inputs = inputs.with_frames(frames)
        return DryRun(make_plan(inputs), inputs, recorded)


def recorded_id(environment: Environment, ledger: Ledger, plan: str) -> str:
    """The id of the newest recorded plan where `plan` is the plan of this moment, which `entra-emply plan` shows: just
    what is still held of the recorded one. Else `plan`, for the ledger to judge. Raises what `dry_run` raises.
    """
    newest = ledger.newest_plan()
    if newest is None or len(plan.strip()) < SHORTEST_ID or newest.plan_id.startswith(plan):
        return plan
    now = dry_run(environment, load(environment.settings)).plan
    return newest.plan_id if now.plan_id.startswith(plan) else plan


def _earlier_events(stored: FrameStore) -> Mapping[str, pd.DataFrame] | None:
    return stored.of_day(str(clock.now().date()), "entra_events")


def read_all(
    graph: GraphClient, emply: EmplyClient, settings: Settings, state: SyncState, tell: Tell
) -> dict[str, Read]:
    """Every list by name, read side by side."""
    sources = {
        "entra_tenant": graph.directory.tenant,
        "entra_users": graph.directory.users,
        "entra_groups": graph.directory.groups,
        "emply_users": emply.users,
        "emply_employees": emply.employees,
        "emply_roles": emply.roles,
        "emply_departments": emply.departments,
    }
    reads: dict[str, Read] = {}
    with ThreadPoolExecutor(max_workers=4) as threads:
        reading = {source: threads.submit(read) for source, read in sources.items()}
        for source, future in reading.items():
            tell(source, len(reads), len(SOURCES))
            reads[source] = future.result()
    tell("entra_group_members", len(reads), len(SOURCES))
    reads["entra_group_members"] = graph.directory.members(
        _groups(settings, state, reads), transitive=settings.nested_groups
    )
    return reads


def _groups(settings: Settings, state: SyncState, reads: Mapping[str, Read]) -> list[str]:
    """The ids of the groups to read. Raises SettingsError for every wrong name, also those of roles and departments."""
    groups = reads["entra_groups"].frame
    try:
        return groups_to_read(settings, groups, state.group_ids)
    except SettingsError:
        resolve(settings, groups, reads["emply_roles"].frame, reads["emply_departments"].frame, state.group_ids)
        raise


@contextmanager
def _recorded(environment: Environment) -> Iterator[tuple[SyncState, dict[str, Counted], str | None]]:
    """What the ledger remembers, if there is one: nothing is set up for a look."""
    with database(environment.home, environment.database_url, create=False) as url:
        if url is None:
            yield SyncState.of({}, read_at=clock.now()), {}, None
            return
        ledger = Ledger.open(url)
        try:
            newest = ledger.newest_plan() if ledger.exists() else None
            yield ledger.read_state(clock.now()), ledger.baselines(), None if newest is None else newest.plan_id
        finally:
            ledger.close()
