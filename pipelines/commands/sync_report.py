"""What `sync` says in the end. Not here: how the run was made (`sync.py`)."""

from collections import Counter
from dataclasses import dataclass

from entra_emply.ledger.action_status import ActionFailure
from entra_emply.printing import SHORT_ID, counted
from entra_emply.provisioning.report import TROUBLES

COUNTS = ("applied", "held", "superseded", *TROUBLES)
"""What is counted, in the order in which it is told."""


@dataclass(frozen=True)
class SyncReport:
    """What came of a run: `counts` are numbers of actions, applied or not, by the names of `COUNTS`; `not_read` says
    what could not be read (P5, C7, G5b), and names nobody; `failures` are the actions that were not done."""

    plan_id: str
    planned: int
    counts: dict[str, int]
    not_read: str = ""
    failures: tuple[ActionFailure, ...] = ()

    @property
    def held(self) -> int:
        """The actions that wait for a person."""
        return self.counts["held"]

    @property
    def troubled(self) -> bool:
        """Whether something failed, waits to be tried again, is in quarantine, or could not be finished or read."""
        return bool(self.not_read) or any(self.counts[name] for name in TROUBLES)

    @property
    def summary(self) -> str:
        """One line, and one more of what could not be read."""
        said = ", ".join(f"{count} {what}" for what, count in self.counts.items() if count)
        done = f"Plan {self.plan_id[:SHORT_ID]}: {counted(self.planned, 'action')}; {said or 'nothing to do'}"
        return f"{done}\n{self.not_read}" if self.not_read else done

    @property
    def not_done(self) -> list[str]:
        """What failed, by status, kind and code, without names, and where these are to be seen; and what is unknown."""
        counts = Counter((each.status, each.kind, each.code or "no code") for each in self.failures)
        lines = [f"{status}: {count} {kind} ({code})" for (status, kind, code), count in counts.items()]
        if self.counts["unknown"]:
            lines.append("unknown: the target cannot be read, or refuses the second step; every run tries again")
        return [*lines, "To see who is affected: entra-emply history --failed"] if lines else []
