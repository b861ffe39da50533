"""What came of applying a plan: in numbers for its run's metadata and checks, and as Markdown for its page."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from entra_emply.ledger.action import Action
from entra_emply.reconciliation.report.markdown import SHOWN, escaped, heading, listed, paragraphs

_TO_LOOK_AT = ("failed", "unknown", "quarantined", "waiting")
_MEANS = {
    "failed": "refused, or not possible just now; a later run tries again",
    "unknown": "the service would not say whether it was done; the next run finds out",
    "waiting": "failed before; a later run tries again",
    "quarantined": "failed too often; waits for `entra-emply release`",
}


@dataclass(frozen=True)
class Trouble:
    """An action that somebody should look at. subject: whom it is about. code: the service's own, where it said one."""

    kind: str
    subject: str | None
    result: str
    code: str | None


@dataclass
class ApplyReport:
    """What came of a plan, in numbers of actions.

    results: by kind ("emply.set_roles") and result: applied, failed, superseded, or unknown (the target would not say;
    the next run finds out). held: by guards. waiting: failed before, their turn comes at a later run. quarantined:
    wait for `release`. untried: left when a service was down. troubles: which they are. subjects: whom each
    action that is due is about, by its id. `troubled` says whether a person should look.
    """

    plan_no: int
    results: dict[str, Counter[str]] = field(default_factory=dict)
    held: int = 0
    waiting: int = 0
    quarantined: int = 0
    untried: int = 0
    troubles: list[Trouble] = field(default_factory=list)
    subjects: dict[str, str | None] = field(default_factory=dict, repr=False)

    @property
    def troubled(self) -> bool:
        """Whether something failed, waits to be tried again, is in quarantine, or could not be tried."""
        return any(self.trouble.values())

    @property
    def trouble(self) -> dict[str, int]:
        """What somebody should look at, in numbers of actions."""
        return {
            "failed": self.count("failed"),
            "unknown": self.count("unknown"),
            "waiting": self.waiting,
            "quarantined": self.quarantined,
            "untried": self.untried,
        }

    def count(self, result: str) -> int:
        """The actions of any kind with this result."""
        return sum(counted[result] for counted in self.results.values())

    def add(self, action: Action, result: str, code: str | None = None) -> None:
        """Count one that was tried."""
        self.results.setdefault(action.name, Counter())[result] += 1
        if result in _TO_LOOK_AT:
            self.troubles.append(Trouble(action.name, self.subjects.get(action.action_id), result, code))

    def leave(self, action: Action, result: Literal["waiting", "quarantined"], subject: str | None, code: str) -> None:
        """Count one that is not tried, for what came of it before."""
        self.waiting += result == "waiting"
        self.quarantined += result == "quarantined"
        self.troubles.append(Trouble(action.name, subject, result, code))


def report_markdown(report: ApplyReport, plan_id: str) -> str:
    """What was applied by kind, what is held, and the first of what somebody should look at: whom, and the code."""
    kinds = [
        f"| `{kind}` | {counted['applied']} | {counted['superseded']} | {counted['failed']} | {counted['unknown']} |"
        for kind, counted in report.results.items()
    ]
    header = ["| kind | applied | not called for any more | failed | unknown |", "|---|--:|--:|--:|--:|"]
    held = f"{report.held} actions are held: `entra-emply approve {plan_id[:12]} --by NAME --reason TEXT`."
    untried = f"{report.untried} actions were not tried, because a service was down: the next run tries them."
    return paragraphs(
        [
            "\n".join([*header, *kinds]) if kinds else "Nothing was to be applied.",
            held if report.held else "",
            untried if report.untried else "",
            *_troubles(report),
        ]
    )


def _troubles(report: ApplyReport) -> list[str]:
    if not report.troubles:
        return []
    first = sorted(report.troubles, key=lambda each: _TO_LOOK_AT.index(each.result))[:SHOWN]
    seen = [result for result in _TO_LOOK_AT if any(each.result == result for each in report.troubles)]
    return [
        heading("What to look at", len(first), len(report.troubles)),
        listed(f"**{result}**: {_MEANS[result]}" for result in seen),
        listed(_trouble(each) for each in first),
    ]


def _trouble(trouble: Trouble) -> str:
    code = f" ({escaped(trouble.code)})" if trouble.code else ""
    return f"{escaped(trouble.subject or '(no address)')} `{trouble.kind}` **{trouble.result}**{code}"
