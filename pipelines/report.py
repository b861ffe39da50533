"""A plan for people and programs: the JSON of `plan --json`, and text that reads like a good infrastructure plan.

Names and addresses are allowed here and nowhere else outside the ledger and the frames. Nothing is decided here.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from assets.errors import SettingsError
from assets.reconciliation.html import html
from assets.reconciliation.wording import GUARDS, KINDS, changes, why

Row = Mapping[str, Any]

_COLOURS = {"+": "green", "~": "yellow", "-": "red"}


def write_html(
    file: Path, plan: Row, names: Mapping[str, str], groups: Mapping[str, Sequence[str]], approval: str
) -> None:
    """Write the plan (a `document`) as one HTML file. Raises SettingsError where the file cannot be written."""
    try:
        file.write_text(html(plan, names, groups, approval), encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{file}: cannot be written ({error.strerror})") from None


def show(plan: Row, names: Mapping[str, str], console: Console, approval: str, limit: int = 40) -> None:
    """Print the plan (a `document`): by kind, before → after, why, what is held; findings; counts and `approval` last.

    Of each kind at most `limit` rows are shown, the held ones first.
    """
    for kind, group in groupby(plan["actions"], key=lambda action: f"{action['target']}.{action['kind']}"):
        actions = sorted(group, key=lambda action: not action["held_by"])
        sign, title = KINDS.get(kind, ("~", kind))
        console.print(f"\n[bold]{kind}[/bold]  {title} ({len(actions)})")
        for action in actions[:limit]:
            _show_action(action, sign, _COLOURS[sign], names, console)
        if len(actions) > limit:
            console.print(f"  … and {len(actions) - limit} more (--json shows all)", style="dim")
    _show_findings(plan["findings"], console, limit)
    _show_counts(plan, console, approval)


def _show_action(action: Row, sign: str, colour: str, names: Mapping[str, str], console: Console) -> None:
    console.print(f"  [{colour}]{sign}[/{colour}] {escape(action['subject'] or '(no address)')}", soft_wrap=True)
    for change in changes(action, names):
        console.print(f"      {escape(change)}", soft_wrap=True)
    console.print(f"      why   {escape(why(action))}", style="dim", soft_wrap=True)
    for guard in action["held_by"]:
        console.print(f"      [bold red]held[/bold red]  {guard}: {GUARDS.get(guard, '')}", soft_wrap=True)


def _show_findings(findings: Sequence[Row], console: Console, limit: int) -> None:
    if findings:
        console.print(f"\n[bold]findings[/bold]  what a person has to look at ({len(findings)})")
    for code, group in groupby(findings, key=lambda finding: finding["code"]):
        alike = list(group)
        console.print(
            f"  {alike[0]['severity']}: {code} ({len(alike)}), {alike[0]['rule']}: {alike[0]['message']}",
            soft_wrap=True,
        )
        console.print(f"      do    {alike[0]['remedy']}", style="dim", soft_wrap=True)
        shown = ", ".join(str(row["subject"]) for row in alike[:limit])
        more = f" and {len(alike) - limit} more" if len(alike) > limit else ""
        console.print(f"      who   {escape(shown)}{more}", style="dim", soft_wrap=True)


def _show_counts(plan: Row, console: Console, approval: str) -> None:
    counts = [f"{count} {kind}" for kind, count in plan["summary"].items() if kind != "held"]
    held = plan["summary"]["held"]
    console.print(f"\nPlan {plan['plan_id'][:12]} of {plan['created_at']}, mapping {plan['mapping_version']}")
    console.print(
        f"[bold]{', '.join(counts) or 'Nothing to do'}[/bold]; {len(plan['findings'])} findings", soft_wrap=True
    )
    if held:
        console.print(f"[bold red]{held} held[/bold red]: {approval}", soft_wrap=True)
