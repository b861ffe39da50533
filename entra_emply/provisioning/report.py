"""What came of applying a plan: in numbers for its run's metadata and checks, and as Markdown for its page.

Which actions failed is asked of the ledger (`ledger.action_status`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from entra_emply.ledger.action import Action
from entra_emply.ledger.action_status import ActionFailure
from entra_emply.printing import counted
from entra_emply.reconciliation.kinds import ORDER
from entra_emply.reconciliation.report.markdown import SHOWN, escaped, heading, listed, paragraphs
from entra_emply.reconciliation.report.wording import how_to_approve

TROUBLES = ("failed", "waiting", "quarantined", "unknown", "untried")
"""What a person should look at, by the names of the numbers of `ApplyReport`."""
_MEANS = {
    "failed": "refused, or not possible just now; a later run tries again",
    "quarantined": "failed too often; waits for `entra-emply release`",
    "waiting": "failed before; a later run tries again",
}


@dataclass
class ApplyReport:
    """Numbers of actions of an applied plan.

    results: by kind ("emply.set_roles"), in the order of applying, and result: applied, failed, superseded, or unknown
    (the target could not be read, or refused the second step; the next run settles it). held: by guards. waiting: they
    failed before and are tried at a later run. quarantined: they wait for `release`. untried: left to the next run
    because a service was down. left_open: attempted by earlier plans, still unknown, and nothing that this plan tries
    or leaves to later runs.
    """

    plan_no: int
    results: dict[str, Counter[str]] = field(default_factory=dict)
    held: int = 0
    waiting: int = 0
    quarantined: int = 0
    untried: int = 0
    left_open: int = 0

    @property
    def troubled(self) -> bool:
        """Whether a person should look: an action failed, is unknown, waits, is quarantined or was not tried."""
        return any(self.trouble.values())

    @property
    def trouble(self) -> dict[str, int]:
        """Numbers of actions, by the names of `TROUBLES`."""
        failed, unknown = self.count("failed"), self.count("unknown") + self.left_open
        return dict(zip(TROUBLES, (failed, self.waiting, self.quarantined, unknown, self.untried), strict=True))

    def count(self, result: str) -> int:
        """The actions of any kind with this result."""
        return sum(numbers[result] for numbers in self.results.values())

    def add(self, action: Action, result: str) -> None:
        """Count an action."""
        if action.name not in self.results:
            numbers = {**self.results, action.name: Counter[str]()}
            self.results = {name: numbers[name] for name in ORDER if name in numbers}
        self.results[action.name][result] += 1


def report_markdown(report: ApplyReport, plan_id: str, failures: Sequence[ActionFailure]) -> str:
    """What was applied by kind, what is held, and the first of what a person should look at: whom, and the code."""
    kinds = [
        f"| `{kind}` | {numbers['applied']} | {numbers['superseded']} | {numbers['failed']} | {numbers['unknown']} |"
        for kind, numbers in report.results.items()
    ]
    header = ["| kind | applied | not called for any more | failed | unknown |", "|---|--:|--:|--:|--:|"]
    was, them = ("was", "it") if report.untried == 1 else ("were", "them")
    untried = (
        f"{counted(report.untried, 'action')} {was} not tried, because a service was down: the next run tries {them}."
    )
    left_open = (
        f"{counted(report.left_open, 'attempt')} of earlier runs cannot be finished: the target cannot be read, or "
        "refuses the second step. Every run tries again."
    )
    held = f"{counted(report.held, 'action')} {'is' if report.held == 1 else 'are'} held: `{how_to_approve(plan_id)}`."
    return paragraphs(
        [
            "\n".join([*header, *kinds]) if kinds else "Nothing was to be applied.",
            held if report.held else "",
            untried if report.untried else "",
            left_open if report.left_open else "",
            *_failures(failures),
        ]
    )


def _failures(failures: Sequence[ActionFailure]) -> list[str]:
    if not failures:
        return []
    first = sorted(failures, key=lambda each: list(_MEANS).index(each.status))[:SHOWN]
    seen = [status for status in _MEANS if any(each.status == status for each in failures)]
    return [
        heading("What to look at", len(first), len(failures)),
        listed(f"**{status}**: {_MEANS[status]}" for status in seen),
        listed(_failure(each) for each in first),
    ]


def _failure(failure: ActionFailure) -> str:
    code = f" ({escaped(failure.code)})" if failure.code else ""
    return f"{escaped(failure.subject or '(no address)')} `{failure.kind}` **{failure.status}**{code}"
