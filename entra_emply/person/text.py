"""The explanation of a person on a terminal: the document of `explain --json` as text to read out."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from entra_emply.person.history_table import history_table
from entra_emply.printing import counted, line
from entra_emply.reconciliation.report.wording import answer

Row = Mapping[str, Any]

_SIGNS = {"applied": "green", "planned": "yellow", "approved": "yellow"}
_SHOWN, _LAST = 20, 5
"""Events of a person's history that are shown, with and without everything; --json has all of them."""
_DONE = ("applied", "failed")


def show_explanation(document: Row, console: Console, *, everything: bool = False) -> None:
    """Print the document: of each person what is, what is planned, what needs attention, what was done last; or
    `everything`.
    """
    if document["sentence"]:
        line(console, document["sentence"])
    for person in document["people"]:
        _person(person, console)
        (_everything if everything else _shortly)(person, console)
    if document["history"]:
        _heading(console, "History")
        console.print(history_table(document["history"][:_SHOWN]))
    _source(document, console)


def show_answer(document: Row, name: str, console: Console) -> None:
    """Print the answer to one question for each person."""
    for person in document["people"]:
        line(console, Text.assemble((person["name"], "bold"), f"  {person['subject']}"))
        asked = [each for each in person["questions"] if each["name"] == name]
        for each in asked:
            line(console, each["question"], 2)
            line(console, each["answer"], 6)
        if not asked:
            others = ", ".join(each["name"] for each in person["questions"])
            line(console, f"That question makes no sense for this person; these do: {others}", 2)
    _source(document, console)


def show_why_not(document: Row, console: Console) -> None:
    """Print what would have to be different for each person, one fact a line."""
    for person in document["people"]:
        answer = person["why_not"]
        line(console, Text.assemble((person["name"], "bold"), f"  {person['subject']}"))
        line(console, answer["sentence"], 2)
        for change in answer["changes"]:
            line(console, f"{change['condition']}: {change['now']}", 4)
    _source(document, console)


def _person(person: Row, console: Console) -> None:
    console.print()
    line(console, Text.assemble((person["name"], "bold"), f"  {person['subject']}"))
    for system in ("entra", "emply", "employee"):
        line(console, person["found"][system]["sentence"], 2)
    line(console, person["match"]["sentence"], 2)
    line(console, person["scope"]["sentence"], 2)
    for group in person["groups"]:
        line(console, f"{group['name']} gives {group['role']}{' (main group)' if group['main'] else ''}", 4)
    _others(person["match"], console)
    _actions(person["actions"], console)


def _shortly(person: Row, console: Console) -> None:
    """The person's own findings, and the last changes."""
    _findings([each for each in person["findings"] if _is_own(each)], console)
    changes = [event for event in person["history"] if event["event"] in _DONE][:_LAST]
    if changes:
        _heading(console, "Last changes")
        console.print(history_table(changes))
    console.print()
    line(console, "--all has the rules, the questions and more of the history.")


def _everything(person: Row, console: Console) -> None:
    _findings(person["findings"], console)
    _statements(person["statements"], console)
    _questions(person["questions"], console)
    if person["history"]:
        _heading(console, "History")
        console.print(history_table(person["history"][:_SHOWN]))
        if len(person["history"]) > _SHOWN:
            line(console, f"… and {len(person['history']) - _SHOWN} more (--json shows all)", 2)


def _others(match: Row, console: Console) -> None:
    others = [*match["candidates"], *match["same_address"]]
    if others:
        _heading(console, "Others with the same address")
    for other in others:
        system = "Entra" if other["system"] == "entra" else "Emply"
        line(console, f"{system} user {other['who']}: {other['why']}", 2)


def _actions(actions: Sequence[Row], console: Console) -> None:
    if not actions:
        _heading(console, "Nothing is planned")
        return
    _heading(console, "Planned")
    for action in actions:
        colour = _SIGNS.get(action["state"], "red")
        line(console, Text.assemble((action["state"], colour), f"  {action['target']}.{action['kind']}"), 2)
        for text in (*action["changes"], action["why"], action["sentence"]):
            line(console, text, 6)


def _is_own(finding: Row) -> bool:
    """Whether it is about this person, and not about a group or a source."""
    return any(finding[name] for name in ("entra_id", "emply_user_id", "employee_id"))


def _findings(findings: Sequence[Row], console: Console) -> None:
    if findings:
        _heading(console, "Needs attention")
    for finding in findings:
        about = [answer(finding)] if _is_own(finding) else [finding["subject"], answer(finding)]
        more = f" ({', '.join(filter(None, about))})" if any(about) else ""
        line(console, f"{finding['severity']}: {finding['code']}{more}, {finding['message']}", 2)
        line(console, finding["remedy"], 6)


def _statements(statements: Sequence[Row], console: Console) -> None:
    told = {"decided": "Why", "might_have": "What might have happened, and why it does not"}
    for verdict, title in told.items():
        _heading(console, title)
        for statement in statements:
            if statement["verdict"] == verdict:
                line(console, f"{statement['rule']:4} {statement['sentence']}", 2)
    others = sum(each["verdict"] == "not" for each in statements)
    have = "has" if others == 1 else "have"
    line(console, f"{counted(others, 'other rule')} {have} no part in this; --json says why.", 2)


def _questions(questions: Sequence[Row], console: Console) -> None:
    _heading(console, "What people ask")
    for each in questions:
        line(console, f"{each['question']} ({each['name']})", 2)
        line(console, each["answer"], 6)


def _source(document: Row, console: Console) -> None:
    live = "just now; Emply has no filter, so its lists were read whole"
    how = live if document["source"] == "live" else "by the last run"
    console.print()
    line(console, f"As read {how}: {document['read_at']:%Y-%m-%d %H:%M} UTC.")
    if document["settings_changed"]:
        line(console, "The settings have changed since: the next run may plan something else.")


def _heading(console: Console, text: str) -> None:
    console.print(f"\n[bold]{text}[/bold]")
