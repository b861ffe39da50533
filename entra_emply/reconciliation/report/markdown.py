"""A plan and its findings as Markdown, for a page that has room for a summary: counts, what is held, the first rows.

Names and addresses are in it, as they were written: whatever they contain, it is no markup. Nothing is decided here.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd

from entra_emply.reconciliation.plan import Plan
from entra_emply.reconciliation.report.wording import (
    Because,
    Row,
    about_with_answer,
    because,
    causes_counted,
    changes,
    rows,
    why,
)
from entra_emply.reconciliation.words.actions import KINDS

SHOWN = 50
"""Rows that are listed, the held ones first; all of them are in the frame."""

_MARKUP = re.compile(r"([\\`*_\[\]<>#|~&!])")
_SEVERITIES = ("error", "warning", "info")
_INVISIBLE = {"\n": "\u23ce", "\r": "\u240d", "\t": " "}


def escaped(text: str) -> str:
    """The text as Markdown that shows it as it is written, on one line; a line break shows as ⏎."""
    visible = "".join(_INVISIBLE.get(letter, letter) for letter in text)
    return _MARKUP.sub(r"\\\1", "".join(letter if letter.isprintable() else "\ufffd" for letter in visible))


def plan_markdown(plan: Plan, names: Mapping[str, str], approval: str) -> str:
    """The kinds with their numbers, what is held and by what, how it is approved (`approval`), and the first rows.

    `names` says what ids are called (`Inputs.names`).
    """
    if plan.actions.empty:
        return "Nothing to do."
    causes = causes_counted(plan.actions)
    first = plan.actions.assign(free=plan.actions["held_by"] == "").sort_values("free", kind="stable").head(SHOWN)
    labels = _labels(because(first), causes)
    return paragraphs(
        [
            _kinds(plan.actions),
            _held(causes, approval),
            heading("The actions", len(first), len(plan.actions)),
            listed(_action(action, names, labels) for action in rows(first)),
        ]
    )


def findings_markdown(findings: pd.DataFrame) -> str:
    """The codes with their numbers, by severity, each with its remedy; and the first rows. `findings` as in a plan."""
    if findings.empty:
        return "Nothing that a person has to look at."
    order = findings["severity"].map({name: place for place, name in enumerate(_SEVERITIES)})
    first = findings.take(np.argsort(order.to_numpy(), kind="stable")[:SHOWN])
    return paragraphs(
        [
            *_severities(findings),
            heading("The findings", len(first), len(findings)),
            listed(_finding(finding) for finding in rows(first, list(findings.columns))),
        ]
    )


def paragraphs(parts: Iterable[str]) -> str:
    """The parts that say something, below each other."""
    return "\n\n".join(part for part in parts if part)


def heading(what: str, shown: int, of: int) -> str:
    """The heading of a list, which says how much of it is shown."""
    return f"#### {what}" if shown == of else f"#### {what}: the first {shown} of {of}"


def listed(lines: Iterable[str]) -> str:
    """A list with one line each."""
    return "\n".join(f"- {line}" for line in lines)


def _kinds(actions: pd.DataFrame) -> str:
    kind, held = actions["target"] + "." + actions["kind"], actions["held_by"] != ""
    all_, stuck = kind.value_counts().to_dict(), kind[held].value_counts().to_dict()
    found = [(name, what) for name, (_, what) in KINDS.items() if name in all_]
    lines = [f"| `{name}` | {what} | {all_[name]} | {stuck.get(name, 0)} |" for name, what in found]
    return "\n".join(["| kind | what it does | actions | held |", "|---|---|--:|--:|", *lines])


def _held(causes: Counter[tuple[str, str]], approval: str) -> str:
    if not causes:
        return ""
    by_guard = [f"**{guard}** holds {count}: {cause}" for (guard, cause), count in sorted(causes.items())]
    how = f"To approve: `{approval}`, or the job `approve` in the launchpad."
    return paragraphs(["#### What is held", listed(by_guard), how])


def _labels(why_held: Because, causes: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By id of the held actions, what a line says of it: the cause only where its guard has several in this plan."""
    several = {guard for guard, number in Counter(guard for guard, _ in causes).items() if number > 1}
    return {
        action_id: ", ".join(f"{guard} ({cause})" if guard in several else guard for guard, cause in each.items())
        for action_id, each in why_held.items()
    }


def _action(action: Row, names: Mapping[str, str], labels: Mapping[str, str]) -> str:
    label = labels.get(action["action_id"])
    held = f"**held by {label}**: " if label else ""
    change = "; ".join(escaped(each) for each in changes(action, names))
    who = escaped(action["subject"] or "(no address)")
    return f"{held}{who} `{action['target']}.{action['kind']}` {change} ({escaped(why(action))})"


def _severities(findings: pd.DataFrame) -> Iterator[str]:
    """The codes of each severity. (They may be of everybody: only one row of each code is looked at.)"""
    code = findings["severity"] + " " + findings["code"]
    counts = code.value_counts()
    alike = findings[~code.duplicated()].assign(count=counts.loc[code[~code.duplicated()]].to_numpy())
    for severity in _SEVERITIES:
        of = alike[alike["severity"] == severity]
        lines = [
            f"`{row['code']}` ({row['count']}, {row['rule']}): {row['message']} *What to do: {row['remedy']}*"
            for row in of.to_dict("records")
        ]
        yield paragraphs([f"#### {severity} ({of['count'].sum()})", listed(lines)]) if lines else ""


def _finding(finding: Row) -> str:
    return f"{finding['severity']}: {escaped(about_with_answer(finding))} `{finding['code']}`"
