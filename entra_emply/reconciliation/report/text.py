"""A plan for people and programs: the JSON of `plan --json`, and text that reads like a good infrastructure plan.

Names and addresses are allowed here and nowhere else outside the ledger and the frames. Nothing is decided here.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.text import Text

from entra_emply.printing import SHORT_ID, counted, line
from entra_emply.reconciliation.report.wording import Because, about_with_answer, changes, why
from entra_emply.reconciliation.words.actions import KINDS

Row = Mapping[str, Any]

_COLOURS = {"+": "green", "~": "yellow", "-": "red"}
_SHOWN = 40
"""Rows of a kind that are shown; files and --json have all of them."""


def show(
    plan: Row,
    names: Mapping[str, str],
    because: Because,
    console: Console,
    approval: str,
    *,
    part: Row | None = None,
) -> None:
    """Print the plan (a `document`), or a `part` of it: by kind, before → after, why, `because` of what it is held;
    findings; counts of the whole plan and `approval` last.

    Of each kind some rows are shown, the held ones first.
    """
    shown = plan if part is None else part
    show_actions(shown["actions"], names, because, console)
    _show_findings(shown["findings"], console)
    _show_counts(plan, console, approval)


def show_actions(actions: Sequence[Row], names: Mapping[str, str], because: Because, console: Console) -> None:
    """Print actions, in the order of their kinds; of each kind at most a few, the held ones first.

    because: why each held one is held (`wording.because`).
    """
    for kind, group in groupby(actions, key=lambda action: f"{action['target']}.{action['kind']}"):
        alike = sorted(group, key=lambda action: not action["held_by"])
        sign, title = KINDS.get(kind, ("~", kind))
        console.print(f"\n[bold]{kind}[/bold]  {title} ({len(alike)})")
        for action in alike[:_SHOWN]:
            _show_action(action, sign, names, because, console)
        if len(alike) > _SHOWN:
            console.print(f"  … and {len(alike) - _SHOWN} more", style="dim")


def _show_action(action: Row, sign: str, names: Mapping[str, str], because: Because, console: Console) -> None:
    line(console, Text.assemble((sign, _COLOURS[sign]), f" {action['subject'] or '(no address)'}"), 2)
    for change in changes(action, names):
        line(console, change, 6)
    line(console, f"why   {why(action)}", 6, "dim")
    for guard, why_held in because.get(action["action_id"], {}).items():
        line(console, Text.assemble(("held", "bold red"), f"  {guard}: {why_held}"), 6)


def _show_findings(findings: Sequence[Row], console: Console) -> None:
    if findings:
        console.print(f"\n[bold]findings[/bold]  what a person has to look at ({len(findings)})")
    for code, group in groupby(findings, key=lambda finding: finding["code"]):
        alike = list(group)
        said = f"{alike[0]['severity']}: {code} ({len(alike)}), {alike[0]['rule']}: {alike[0]['message']}"
        line(console, said, 2)
        line(console, f"do    {alike[0]['remedy']}", 6, "dim")
        shown = ", ".join(about_with_answer(row) for row in alike[:_SHOWN])
        more = f" and {len(alike) - _SHOWN} more" if len(alike) > _SHOWN else ""
        line(console, f"who   {shown}{more}", 6, "dim")


def _show_counts(plan: Row, console: Console, approval: str) -> None:
    counts = [f"{count} {kind}" for kind, count in plan["summary"].items() if kind != "held"]
    held = plan["summary"]["held"]
    console.print()
    line(console, f"Plan {plan['plan_id'][:SHORT_ID]} of {plan['created_at']}, mapping {plan['mapping_version']}")
    findings = counted(len(plan["findings"]), "finding")
    line(console, Text.assemble((", ".join(counts) or "Nothing to do", "bold"), f"; {findings}"))
    if held:
        line(console, Text.assemble((f"{held} held", "bold red"), f": {approval}"))
