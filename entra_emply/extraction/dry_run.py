"""A plan without Dagster and without a trace: `plan`. The sources are read, the plan is made, nothing is written.

How a plan is come to is `planning`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from entra_emply import clock
from entra_emply.connectors.emply.client import EmplyClient
from entra_emply.connectors.entra.client import GraphClient
from entra_emply.environment import Environment
from entra_emply.extraction.bases import Bases
from entra_emply.extraction.planning import Planning, read_check_plan, read_lists
from entra_emply.extraction.settings_in_force import in_force
from entra_emply.extraction.sources import Systems
from entra_emply.ledger import certificates, migrate, plans, sync_state
from entra_emply.ledger.ledger import Ledger
from entra_emply.progress import Tell, unheard
from entra_emply.reconciliation.completeness import Counted
from entra_emply.reconciliation.inputs import Inputs, SyncState
from entra_emply.reconciliation.plan import Plan
from entra_emply.reconciliation.report.wording import how_to_approve
from entra_emply.reconciliation.settings import Settings
from entra_emply.reconciliation.unreadable_frame import summary
from entra_emply.storage.frame_store import FrameStore
from entra_emply.storage.postgres import database


@dataclass(frozen=True)
class DryRun:
    """A plan, its inputs, and the id of the newest recorded plan: what can be approved."""

    plan: Plan
    inputs: Inputs
    recorded: str | None

    @property
    def not_read(self) -> str:
        """What could not be read, in words that name nobody; empty where all could."""
        return summary(self.inputs.unreadable)

    @property
    def approval(self) -> str:
        """How what this plan holds is approved: with the id of the recorded plan, which may hold only some of it."""
        waiting = self.plan.actions.loc[self.plan.actions["own_guards"] != "", "action_id"]
        new = int((~waiting.isin(self.inputs.state.holds["action_id"])).sum())
        return how_to_approve(None if new == len(waiting) else self.recorded, new)


def dry_run(environment: Environment, settings: Settings, tell: Tell = unheard) -> DryRun:
    """The plan of this moment. Raises what reading and planning raise."""
    stored, settings = FrameStore(environment.frames_url), in_force(settings, environment)
    stored.require()
    with _recorded(environment) as (state, baselines, refused, recorded):
        bases = Bases(stored, settings.full_read_hours, refused)
        systems = Systems(GraphClient(environment), EmplyClient(environment), bases.only_continued)
        earlier = stored.of_day(str(clock.now().date()), "entra_events")
        how = Planning(systems, baselines, earlier_events=earlier, tell=tell)
        made = read_check_plan(lambda: read_lists(systems, settings, state, tell), how)
        return DryRun(made.plan, made.inputs, recorded)


@contextmanager
def _recorded(environment: Environment) -> Iterator[tuple[SyncState, dict[str, Counted], frozenset[str], str | None]]:
    """What the ledger remembers, if there is one: nothing is set up for a look."""
    with database(environment.home, environment.database_url, create=False) as url:
        if url is None:
            yield SyncState.of({}, read_at=clock.now()), {}, frozenset(), None
            return
        ledger = Ledger.open(url)
        try:
            newest = ledger.read(plans.newest_plan) if ledger.read(migrate.exists) else None
            plan_id = None if newest is None else newest.plan_id
            yield (
                ledger.read(sync_state.read_state, clock.now()),
                ledger.read(certificates.baselines),
                ledger.read(certificates.not_accepted),
                plan_id,
            )
        finally:
            ledger.close()
