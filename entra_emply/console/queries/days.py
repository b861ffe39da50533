"""What the runs of the last days did: planned, held, applied and failed actions of each, by kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from entra_emply import clock
from entra_emply.ledger import overview
from entra_emply.ledger.ledger import Ledger
from entra_emply.ledger.plans import RecordedPlan

SHOWN = timedelta(days=3)
_NUMBERS = ("planned", "held", "applied", "failed")


@dataclass(frozen=True)
class RunDone:
    """One run's plan, and the numbers of its actions by kind (columns kind, planned, held, applied, failed)."""

    plan: RecordedPlan
    counts: pd.DataFrame

    def number(self, of: str) -> int:
        """Of all kinds."""
        return int(self.counts[of].sum())


class Days:
    """The runs of the last days. What an ended run did is asked for once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[int, pd.DataFrame] = {}

    def runs(self) -> list[RunDone]:
        """The runs since `SHOWN` ago, the oldest first."""
        plans = self._ledger.read(overview.plans_since, clock.now() - SHOWN)
        newest = plans[0].plan_no if plans else 0
        known = {plan.plan_no for plan in plans} & self._known.keys()
        counts = self._counts(tuple(plan.plan_no for plan in plans if plan.plan_no not in known))
        settled = {plan.plan_no for plan in plans if plan.plan_no != newest and (plan.finished_at or _old(plan))}
        kept = {number: self._known[number] for number in known}
        self._known = kept | {number: counts[number] for number in settled & counts.keys()}
        return [RunDone(plan, (kept | counts)[plan.plan_no]) for plan in reversed(plans)]

    def _counts(self, plan_nos: Sequence[int]) -> dict[int, pd.DataFrame]:
        if not plan_nos:
            return {}
        found = self._ledger.read(overview.counts_of, plan_nos).astype(dict.fromkeys(_NUMBERS, "int64"))
        return {number: found[found["plan_no"] == number].drop(columns="plan_no") for number in plan_nos}


def _old(plan: RecordedPlan) -> bool:
    """Whether a plan that was never finished is not going to be any more: one is applied within an hour."""
    return clock.now() - plan.created_at > timedelta(hours=6)
