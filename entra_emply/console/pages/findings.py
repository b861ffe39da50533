"""Findings: what only a person can put right, by severity and code, since when, with the remedy and the people."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pandas as pd
from starlette.responses import Response

from entra_emply.console.page_request import PageRequest
from entra_emply.console.queries.actions import MOST
from entra_emply.reconciliation.report.wording import about, answer, rows

_SEVERITIES = ("error", "warning", "info")


def show(request: PageRequest) -> Response:
    """The page: each code with its remedy, and the rows of one, of a severity, or of all."""
    run = request.console.newest_run()
    if run is None:
        return request.page("findings.html.jinja", there=False)
    found = request.console.findings(run.frames.run_id)
    which = {name: request.query.get(name, "") for name in ("severity", "code", "new")}
    fitting = found
    for name in ("severity", "code"):
        fitting = fitting[fitting[name] == which[name]] if which[name] else fitting
    fitting = fitting[fitting["new"]] if which["new"] else fitting
    start = request.number("start")
    codes = found.groupby(["severity", "code"], sort=False)
    return request.page(
        "findings.html.jinja",
        there=True,
        which=which,
        severities=[(each, int((found["severity"] == each).sum())) for each in _SEVERITIES],
        codes=[(severity, code, len(of), int(of["new"].sum())) for (severity, code), of in codes],
        alike=[] if fitting.empty else _alike(fitting.iloc[start : start + MOST]),
        count=len(fitting),
        start=start,
        most=MOST,
        query=urlencode({name: value for name, value in which.items() if value}),
    )


def _alike(findings: pd.DataFrame) -> list[dict[str, Any]]:
    """Each code with its words, and its rows."""
    grouped = findings.groupby("code", sort=False)
    return [{**rows(of.head(1))[0], "rows": [_row(each) for each in rows(of)]} for _, of in grouped]


def _row(finding: Mapping[str, Any]) -> dict[str, Any]:
    person = finding["entra_id"] or finding["emply_user_id"] or finding["employee_id"]
    told = {"person": person, "who": about(finding), "answer": answer(finding)}
    return told | {name: finding[name] for name in ("since", "older", "new")}
