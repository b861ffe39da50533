"""A plan as one self-contained HTML file: for the approver and the archive. Nothing is decided here.

The page loads nothing from anywhere and works without its script, which only searches. `report.html.jinja`, beside this
module, is its template.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, Template

from entra_emply.errors import SettingsError
from entra_emply.printing import counted
from entra_emply.reconciliation.report.wording import Because, Row, about_with_answer, fields, how_to_approve, why
from entra_emply.reconciliation.words.actions import KINDS

_MOST = 10_000
"""Rows of a page that a browser still shows well."""
_FEW = 25
"""Kinds with more actions than this are folded up."""
_LISTED = 10
"""Domains and groups that the overview lists."""
_BAR = 100
_SIGNS = {"+": "add", "~": "change", "-": "take"}


def is_one_page(actions: pd.DataFrame, findings: pd.DataFrame) -> bool:
    """Whether a plan is small enough for one page, its findings too: they may be of everybody."""
    return len(actions) + len(findings) <= _MOST


def html(
    document: Row,
    names: Mapping[str, str],
    because: Because,
    groups: Mapping[str, Sequence[str]] | None = None,
    approval: str | None = None,
) -> str:
    """The page of a plan in the form of `plan --json`; `names` says what ids are called (`Inputs.names`).

    `because` is why each held action is held (`wording.because`). `groups` are the group ids of each action's person by
    action id (`groups_of`); without it no overview by group is shown. `approval` is how held actions are approved
    (`wording.how_to_approve`); without it, as a recorded plan's.
    """
    kinds = [_kind(kind, list(rows), names, because) for kind, rows in groupby(document["actions"], key=_name)]
    held = sum(bool(action["held_by"]) for action in document["actions"])
    return _template().render(
        plan=document,
        held=held,
        approval=approval or how_to_approve(document["plan_id"]),
        kinds=kinds,
        chart=_chart(kinds),
        tables=[table for table in _overviews(document["actions"], names, groups) if table["rows"]],
        findings=list(_findings(document["findings"])),
    )


def write_html(
    file: Path,
    plan: Row,
    names: Mapping[str, str],
    because: Because,
    groups: Mapping[str, Sequence[str]],
    approval: str,
) -> None:
    """Write the plan (a `document`) as one HTML file. Raises SettingsError where the file cannot be written."""
    try:
        file.write_text(html(plan, names, because, groups, approval), encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{file}: cannot be written ({error.strerror})") from None


def groups_of(actions: pd.DataFrame) -> dict[str, list[str]]:
    """The group ids of each action's person, by action id."""
    return {str(action): text.split() for action, text in zip(actions["action_id"], actions["groups"], strict=True)}


@cache
def _template() -> Template:
    loader = PackageLoader("entra_emply.reconciliation.report", "")
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["count"] = counted
    return environment.get_template("report.html.jinja")


def _name(action: Row) -> str:
    return f"{action['target']}.{action['kind']}"


def _kind(kind: str, actions: Sequence[Row], names: Mapping[str, str], because: Because) -> dict[str, Any]:
    """One kind with its actions, the held ones first."""
    sign, title = KINDS.get(kind, ("~", kind))
    held = sum(bool(action["held_by"]) for action in actions)
    return {
        "name": kind,
        "title": title,
        "sign": sign,
        "effect": _SIGNS[sign],
        "count": len(actions),
        "held": held,
        "open": len(actions) <= _FEW,
        "actions": [
            _action(action, names, because) for action in sorted(actions, key=lambda each: not each["held_by"])
        ],
    }


def _action(action: Row, names: Mapping[str, str], because: Because) -> dict[str, Any]:
    return {
        "id": action["action_id"],
        "who": action["subject"] or "(no address)",
        "fields": fields(action, names),
        "why": why(action),
        "held": list(because.get(action["action_id"], {}).items()),
    }


def _chart(kinds: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The bars: a part that is free and one that is held, in units of the drawing."""
    most = max((kind["count"] for kind in kinds), default=1)
    bars = []
    for kind in kinds:
        free, held = (_BAR * number / most for number in (kind["count"] - kind["held"], kind["held"]))
        bars.append({**kind, "free": round(free, 1), "stuck": round(held, 1)})
    return bars


def _overviews(
    actions: Sequence[Row], names: Mapping[str, str], groups: Mapping[str, Sequence[str]] | None
) -> Iterator[dict[str, Any]]:
    domains = [(action, [_domain(action)]) for action in actions]
    yield _overview("domain", domains)
    if groups is not None:
        named = [
            (action, [names.get(each, each) for each in groups.get(action["action_id"], ())]) for action in actions
        ]
        yield _overview("group", named)


def _overview(label: str, labelled: Sequence[tuple[Row, Sequence[str]]]) -> dict[str, Any]:
    """How many actions, and how many of them held, by label; the largest first."""
    counts, held = Counter[str](), Counter[str]()
    for action, labels in labelled:
        counts.update(labels)
        held.update(labels if action["held_by"] else ())
    rows = [(name, count, held[name]) for name, count in counts.most_common(_LISTED)]
    return {"title": f"By {label}", "label": label, "rows": rows, "more": len(counts) - len(rows)}


def _domain(action: Row) -> str:
    return str(action["subject"] or "").rpartition("@")[2] or "(no address)"


def _findings(findings: Sequence[Row]) -> Iterator[dict[str, Any]]:
    order = {"error": 0, "warning": 1, "info": 2}
    ordered = sorted(findings, key=lambda finding: (order.get(finding["severity"], 3), finding["code"]))
    for code, rows in groupby(ordered, key=lambda finding: finding["code"]):
        alike = list(rows)
        who = [(about_with_answer(row), row["rule"]) for row in alike]
        yield {**alike[0], "code": code, "count": len(alike), "who": who, "open": len(alike) <= _FEW}
