"""What came of applying a plan, in numbers, for its run's metadata and checks. Of each action: `outcomes`."""

from collections import Counter
from dataclasses import dataclass, field

from entra_emply.ledger.action import Action


@dataclass
class ApplyReport:
    """What came of a plan, in numbers of actions.

    results: by kind ("emply.set_roles") and result: applied, failed, superseded, or unknown (the target would not say;
    the next run finds out). held: by guards. waiting: failed before, their turn comes at a later run. quarantined:
    wait for `release`. untried: left when a service was down. `troubled` says whether a person should look.
    """

    plan_no: int
    results: dict[str, Counter[str]] = field(default_factory=dict)
    held: int = 0
    waiting: int = 0
    quarantined: int = 0
    untried: int = 0

    @property
    def troubled(self) -> bool:
        """Whether something failed, waits to be tried again, is in quarantine, or could not be tried."""
        return any((self.count("failed"), self.count("unknown"), self.waiting, self.quarantined, self.untried))

    def count(self, result: str) -> int:
        """The actions of any kind with this result."""
        return sum(counted[result] for counted in self.results.values())

    def add(self, action: Action, result: str) -> None:
        """Count one more."""
        self.results.setdefault(action.name, Counter())[result] += 1
