"""Failures: what failed or is in quarantine, by person, with the service's code and what to do; release."""

from starlette.responses import Response

from entra_emply.console.audit import audit
from entra_emply.console.page_request import PageRequest
from entra_emply.console.pages.today import people_in
from entra_emply.console.queries.actions import MOST
from entra_emply.console.queries.rows import action_shown
from entra_emply.console.words import what_to_do
from entra_emply.ledger import approvals, overview
from entra_emply.reconciliation.report.wording import action_rows


def show(request: PageRequest) -> Response:
    """What failed and was not done since, the newest first."""
    found = request.console.ledger.read(overview.failures_now)
    listed = found.head(MOST)
    known = listed.assign(**{name: listed[name].fillna("") for name in ("held_by", "target", "kind", "rule")})
    run = request.console.newest_run()
    names = {} if run is None else run.names
    columns = (known[name].tolist() for name in ("failures", "code", "at", "quarantined_at", "runs"))
    rows = [
        action_shown(action, names)
        | {"failures": failures, "code": code, "at": at, "quarantined": ended is not None, "runs": max(1, runs)}
        | {"remedy": what_to_do(code)}
        for action, failures, code, at, ended, runs in zip(action_rows(known), *columns, strict=True)
    ]
    return request.page("failures.html.jinja", rows=rows, count=len(found), people=people_in(found), most=MOST)


def release(request: PageRequest) -> Response:
    """Let a quarantined action be tried again."""
    action = request.form.get("action", "")
    request.console.ledger.write(approvals.release, action, request.who.name)
    audit(request, "released", action)
    return request.to("/failures")
