"""Plan: the newest or any other one, filtered; to take away; compared with another."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

import pandas as pd
from starlette.exceptions import HTTPException
from starlette.responses import Response

from entra_emply.console.page_request import PageRequest, number
from entra_emply.console.pages.today import people_in
from entra_emply.console.queries.actions import MOST, NO_DEPARTMENT, STATES, Filter
from entra_emply.console.queries.difference import difference
from entra_emply.console.queries.rows import actions_shown, differences_shown
from entra_emply.ledger import overview, plans
from entra_emply.ledger.plans import RecordedPlan
from entra_emply.printing import SHORT_ID
from entra_emply.reconciliation.report.csv import csv_of
from entra_emply.reconciliation.report.html import groups_of, html
from entra_emply.reconciliation.report.wording import because, document_of

_PLANS = 150
"""So many plans can be chosen from: three days of runs."""


def show(request: PageRequest) -> Response:
    """The page: at most `MOST` actions at once."""
    console = request.console
    plan = chosen_plan(request)
    if plan is None:
        return request.page("plan.html.jinja", plan=None)
    kept, which = console.actions(plan.plan_no), Filter.of(request.query)
    actions = kept.now(console.ledger, plan.plan_no)
    fitting = actions[which.fits(actions)]
    start = request.number("start")
    rows = fitting.iloc[start : start + MOST]
    names = console.names_of(plan)
    newest = console.ledger.read(plans.newest_plan)
    return request.page(
        "plan.html.jinja",
        plan=plan,
        newest=newest is not None and newest.plan_no == plan.plan_no,
        which=which,
        query=_query(plan, which),
        choices=_choices(kept.choices, names) | {"state": _states(actions)},
        rows=actions_shown(rows, names),
        held=int((fitting["state"] == "held").sum()),
        applied=int((fitting["state"] == "applied").sum()),
        count=len(fitting),
        all=len(actions),
        people=people_in(fitting),
        start=start,
        most=MOST,
        plans=console.ledger.read(overview.plans_made, _PLANS),
    )


def to_person(request: PageRequest) -> Response:
    """Filter by a person who was typed: at once where it is one, else from a list. Addresses stand in no address."""
    plan = chosen_plan(request, request.form)
    which = replace(Filter.of(request.form), person=None)
    text = request.form.get("who", "").strip()
    run = request.console.newest_run()
    if plan is None or run is None or not text:
        return request.to(f"/plan?{urlencode(which.given)}")
    found, count = run.people.find(text, MOST)
    query = _query(plan, which)
    if count == 1:
        return request.to(f"/plan?{query}&{urlencode({'person': found[0].id})}")
    return request.page("plan_person.html.jinja", plan=plan, found=found, count=count, query=query, most=MOST)


def table(request: PageRequest) -> Response:
    """The filtered actions as CSV."""
    plan, actions = _taken_away(request)
    made = csv_of({"actions": _document(plan, actions, request)["actions"]})
    return _download(made, "text/csv; charset=utf-8", f"plan-{plan.plan_id[:SHORT_ID]}.csv")


def report(request: PageRequest) -> Response:
    """The filtered actions as one HTML file."""
    plan, actions = _taken_away(request)
    page = html(_document(plan, actions, request), request.console.names_of(plan), because(actions), groups_of(actions))
    return _download(page.encode(), "text/html; charset=utf-8", f"plan-{plan.plan_id[:SHORT_ID]}.html")


def compare(request: PageRequest) -> Response:
    """What one plan does that another does not, person by person."""
    console = request.console
    plan = chosen_plan(request)
    other = console.ledger.read(overview.plan_numbered, request.number("with"))
    if plan is None or other is None:
        raise HTTPException(404)
    frames = (console.actions(each.plan_no).frame for each in (plan, other))
    found = difference(*frames)
    start = request.number("start")
    return request.page(
        "difference.html.jinja",
        plan=plan,
        other=other,
        rows=differences_shown(found.iloc[start : start + MOST], console.names_of(plan)),
        count=len(found),
        people=people_in(found),
        only=sides(found),
        start=start,
        most=MOST,
        query=urlencode({"plan": plan.plan_no, "with": other.plan_no}),
    )


def sides(found: pd.DataFrame) -> dict[str, int]:
    """Of a difference: how many actions only one of the plans has, and how many both have, but not alike."""
    this, other = found["action_id_this"].notna(), found["action_id_other"].notna()
    return {"this": int((this & ~other).sum()), "other": int((other & ~this).sum()), "both": int((this & other).sum())}


def chosen_plan(request: PageRequest, given: Mapping[str, str] | None = None) -> RecordedPlan | None:
    """The plan that the query (or a form) names by its number; else the newest one to be applied."""
    named = (request.query if given is None else given).get("plan")
    if not named:
        return request.console.ledger.read(plans.newest_plan)
    plan = request.console.ledger.read(overview.plan_numbered, number(named))
    if plan is None:
        raise HTTPException(404)
    return plan


def _taken_away(request: PageRequest) -> tuple[RecordedPlan, pd.DataFrame]:
    plan = chosen_plan(request)
    if plan is None:
        raise HTTPException(404)
    actions = request.console.actions(plan.plan_no).now(request.console.ledger, plan.plan_no)
    return plan, actions[Filter.of(request.query).fits(actions)].sort_values("position")


def _document(plan: RecordedPlan, actions: pd.DataFrame, request: PageRequest) -> dict[str, object]:
    run = request.console.newest_run()
    theirs = run is not None and run.frames.run_id == plan.run_id
    findings = run.findings if run is not None and theirs else pd.DataFrame(columns=["severity", "code"])
    made = {"plan_id": plan.plan_id, "created_at": plan.created_at, "mapping_version": plan.mapping_version}
    return document_of(actions, findings, **made)  # type: ignore[arg-type]


def _download(content: bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _query(plan: RecordedPlan, which: Filter) -> str:
    return urlencode({"plan": plan.plan_no, **which.given})


def _choices(
    choices: Mapping[str, Mapping[str, int]], names: Mapping[str, str]
) -> dict[str, list[tuple[str, str, int]]]:
    """Value, name and number of what can be filtered by."""
    groups = [(each, names.get(each, each), number) for each, number in choices["group"].items()]
    others = {name: [(each, each, n) for each, n in counts.items()] for name, counts in choices.items()}
    titled = [each for each in others["department"] if each[0] != NO_DEPARTMENT]
    without = [(NO_DEPARTMENT, "without department", n) for each, _, n in others["department"] if each == NO_DEPARTMENT]
    return others | {
        "group": sorted(groups, key=lambda each: each[1].casefold()),
        "department": [*titled, *without],
    }


def _states(actions: pd.DataFrame) -> list[tuple[str, str, int]]:
    counts = actions["state"].value_counts()
    return [(state, state, int(counts[state])) for state in STATES if state in counts.index]
