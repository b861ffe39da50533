"""The numbers of an applied plan, for its run's metadata and checks. Each failure is in `ledger.failures_of`."""

from collections import Counter
from dataclasses import dataclass, field

from entra_emply.ledger.action import Action


@dataclass
class ApplyReport:
    """Numbers of actions of an applied plan.

    results: by kind ("emply.set_roles") and result: applied, failed, superseded, or unknown (the target could not be
    read; the next run settles it). held: by guards. waiting: they failed before and are tried at a later run.
    quarantined: they wait for `release`. untried: left to the next run because a service was down.
    """

    plan_no: int
    results: dict[str, Counter[str]] = field(default_factory=dict)
    held: int = 0
    waiting: int = 0
    quarantined: int = 0
    untried: int = 0

    @property
    def troubled(self) -> bool:
        """Whether a person should look: an action failed, is unknown, waits, is quarantined or was not tried."""
        return any((self.count("failed"), self.count("unknown"), self.waiting, self.quarantined, self.untried))

    def count(self, result: str) -> int:
        """The actions of any kind with this result."""
        return sum(counted[result] for counted in self.results.values())

    def add(self, action: Action, result: str) -> None:
        """Count an action."""
        self.results.setdefault(action.name, Counter())[result] += 1
