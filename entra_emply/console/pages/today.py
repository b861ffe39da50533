"""Today: whether all is fresh, what the last runs did, what waits, what failed, which findings are new."""

from datetime import timedelta

import pandas as pd
from starlette.responses import Response

from entra_emply import clock
from entra_emply.console.page_request import PageRequest
from entra_emply.console.queries.chart import EFFECTS, HEIGHT, WIDTH, bars
from entra_emply.console.queries.days import RunDone
from entra_emply.ledger import overview, plans
from entra_emply.ledger.plans import RecordedPlan
from entra_emply.reconciliation.report.wording import causes_counted

_FRESH, _LATE = timedelta(minutes=65), timedelta(hours=2)
"""A run is due every half hour; what Dagster's freshness warns of and fails."""
_LISTED = 8


def show(request: PageRequest) -> Response:
    """What the last runs did, what waits, what failed, and which findings are new."""
    console = request.console
    plan, runs, run = console.ledger.read(plans.newest_plan), console.days.runs(), console.newest_run()
    drawn, most = bars(runs)
    failures = console.ledger.read(overview.failures_now)
    new = None if run is None else console.findings(run.frames.run_id)
    return request.page(
        "today.html.jinja",
        plan=plan,
        freshness=_freshness(plan),
        bars=drawn,
        most=most,
        width=WIDTH,
        height=HEIGHT,
        effects=EFFECTS,
        runs=[_line(each) for each in reversed(runs[-_LISTED:])],
        waiting=[] if plan is None else _waiting(request, plan),
        failed=int(failures["quarantined_at"].isna().sum()),
        quarantined=int(failures["quarantined_at"].notna().sum()),
        new_findings=[] if new is None else _by_code(new[new["new"]]),
        first_day=len(console.frames.days()) == 1,
    )


def _freshness(plan: RecordedPlan | None) -> str:
    if plan is None:
        return "never"
    age = clock.now() - plan.read_at
    return "fresh" if age <= _FRESH else "late" if age <= _LATE else "stale"


def _waiting(request: PageRequest, plan: RecordedPlan) -> list[dict[str, object]]:
    """What is held of the newest plan, by kind and guards, with the number of people and each cause."""
    actions = request.console.actions(plan.plan_no).now(request.console.ledger, plan.plan_no)
    held = actions[(actions["state"] == "held")]
    return [
        {
            "name": name,
            "guard": str(guards).split()[0],
            "held": list(causes_counted(rows)),
            "actions": len(rows),
            "people": people_in(rows),
        }
        for (name, guards), rows in held.groupby(["name", "held_by"], sort=False)
    ]


def people_in(actions: pd.DataFrame) -> int:
    """How many people actions are about."""
    return int(actions["entra_id"].fillna(actions["emply_user_id"]).fillna(actions["subject"]).nunique())


def _by_code(findings: pd.DataFrame) -> list[dict[str, object]]:
    counts = findings.groupby(["severity", "code"], sort=False).size().reset_index(name="count")
    return [{str(name): value for name, value in row.items()} for row in counts.to_dict("records")]


def _line(run: RunDone) -> dict[str, object]:
    numbers = {name: run.number(name) for name in ("planned", "applied", "held", "failed")}
    return numbers | {"plan": run.plan}
