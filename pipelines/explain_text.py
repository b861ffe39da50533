"""The explanation of a person on a terminal: the document of `explain --json` as text to read out."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from pipelines.history_text import history_table

Row = Mapping[str, Any]

_SIGNS = {"applied": "green", "planned": "yellow", "approved": "yellow"}
_SHOWN = 20
"""Events of a person's history that are shown; --json has all of them."""


def show_explanation(document: Row, console: Console) -> None:
    """Print the whole document."""
    if document["sentence"]:
        _line(console, document["sentence"])
    for person in document["people"]:
        _person(person, console)
    if document["history"]:
        _heading(console, "History")
        console.print(history_table(document["history"][:_SHOWN]))
    _source(document, console)


def _person(person: Row, console: Console) -> None:
    _line(console, f"\n[bold]{escape(person['name'])}[/bold]  {escape(person['subject'])}", markup=True)
    for system in ("entra", "emply", "employee"):
        _line(console, f"  {person['found'][system]['sentence']}")
    _line(console, f"  {person['match']['sentence']}")
    _line(console, f"  {person['scope']['sentence']}")
    for group in person["groups"]:
        _line(console, f"    {group['name']} gives {group['role']}{' (main group)' if group['main'] else ''}")
    _others(person["match"], console)
    _actions(person["actions"], console)
    _findings(person["findings"], console)
    _statements(person["statements"], console)
    _questions(person["questions"], console)
    if person["history"]:
        _heading(console, "History")
        console.print(history_table(person["history"][:_SHOWN]))
        if len(person["history"]) > _SHOWN:
            _line(console, f"  … and {len(person['history']) - _SHOWN} more (--json shows all)")


def _others(match: Row, console: Console) -> None:
    others = [*match["candidates"], *match["same_address"]]
    if others:
        _heading(console, "Others with the same address")
    for other in others:
        system = "Entra" if other["system"] == "entra" else "Emply"
        _line(console, f"  {system} user {other['who']}: {other['why']}")


def _actions(actions: Sequence[Row], console: Console) -> None:
    if not actions:
        _heading(console, "Nothing is planned")
        return
    _heading(console, "Planned")
    for action in actions:
        colour = _SIGNS.get(action["state"], "red")
        kind = f"{action['target']}.{action['kind']}"
        _line(console, f"  [{colour}]{action['state']}[/{colour}]  {kind}", markup=True)
        for change in action["changes"]:
            _line(console, f"      {change}")
        _line(console, f"      {action['why']}")
        _line(console, f"      {action['sentence']}")


def _findings(findings: Sequence[Row], console: Console) -> None:
    if findings:
        _heading(console, "What a person has to look at")
    for finding in findings:
        _line(console, f"  {finding['severity']}: {finding['code']}, {finding['message']}")
        _line(console, f"      {finding['remedy']}")


def _statements(statements: Sequence[Row], console: Console) -> None:
    told = {"decided": "Why", "might_have": "What might have happened, and why it does not"}
    for verdict, title in told.items():
        _heading(console, title)
        for statement in statements:
            if statement["verdict"] == verdict:
                _line(console, f"  {statement['rule']:4} {statement['sentence']}")
    others = [str(each["rule"]) for each in statements if each["verdict"] == "not"]
    _line(console, f"  Without a part in this (--json says why): {', '.join(others)}")


def _questions(questions: Sequence[Row], console: Console) -> None:
    _heading(console, "What people ask")
    for each in questions:
        _line(console, f"  {each['question']}")
        _line(console, f"      {each['answer']}")


def _source(document: Row, console: Console) -> None:
    live = "just now; Emply has no filter, so its lists were read whole"
    how = live if document["source"] == "live" else "by the last run"
    _line(console, f"\nAs read {how}: {document['read_at']:%Y-%m-%d %H:%M} UTC.")
    if document["settings_changed"]:
        _line(console, "The settings have changed since: the next run may plan something else.")


def _heading(console: Console, text: str) -> None:
    console.print(f"\n[bold]{text}[/bold]")


def _line(console: Console, text: str, *, markup: bool = False) -> None:
    console.print(text, markup=markup, highlight=False, soft_wrap=True)
