"""Undo: asking that what a plan applied is restored, and taking that back. What can be, and what cannot and why, is
shown before.
"""

import hashlib

from starlette.exceptions import HTTPException
from starlette.responses import Response

from entra_emply.console.audit import audit
from entra_emply.console.page_request import PageRequest
from entra_emply.console.pages.plan import chosen_plan
from entra_emply.console.queries.actions import MOST, Filter
from entra_emply.console.queries.rows import action_shown, refused_shown, undos_shown
from entra_emply.decisions.undo import what_to_undo
from entra_emply.errors import PlanRefused
from entra_emply.ledger import undo_requests
from entra_emply.ledger.plans import RecordedPlan
from entra_emply.ledger.which import Which
from entra_emply.person.stored import settings_of
from entra_emply.reconciliation.undoable import Undoable

_OVER = "nothing was asked for: what can be undone changed meanwhile; look at it again"


def confirm(request: PageRequest) -> Response:
    """What would be restored of what the plan applied and fits the filter, and what would not."""
    plan, what = _what(request)
    names = request.console.names_of(plan)
    return request.page(
        "confirm_undo.html.jinja",
        plan=plan,
        rows=[action_shown(row, names) for row in what.possible[:MOST]],
        count=len(what.possible),
        people=len({row["emply_user_id"] for row in what.possible}),
        refused=refused_shown(what.refused[:MOST], names),
        not_undone=len(what.refused),
        which=Filter.of(request.form),
        digest=_digest(what),
    )


def undo(request: PageRequest) -> Response:
    """Ask for just what was shown."""
    plan, what = _what(request)
    if _digest(what) != request.form.get("digest"):
        raise PlanRefused(_OVER)
    reason = request.form.get("reason", "").strip()
    count = request.console.ledger.write(undo_requests.ask, what.possible, by=request.who.name, reason=reason)
    audit(request, "undid", plan.plan_id)
    return request.page("undo_asked.html.jinja", count=count)


def requests(request: PageRequest) -> Response:
    """What was asked for and is neither done nor ended: by whom, why; to be withdrawn while nobody approved it."""
    open_, run = request.console.ledger.read(undo_requests.asked), request.console.newest_run()
    rows = undos_shown(open_.head(MOST), {} if run is None else run.names)
    return request.page("undos.html.jinja", rows=rows, count=len(open_), free=not all(row["approved"] for row in rows))


def withdraw(request: PageRequest) -> Response:
    """Take back the requests that were marked."""
    ids, reason = request.form.getlist("action"), request.form.get("reason", "").strip()
    if not ids:
        return request.refused(409, "Nothing is chosen", "Choose what to withdraw first.")
    open_ = request.console.ledger.read(undo_requests.asked)
    request.console.ledger.write(undo_requests.withdraw, ids, by=request.who.name, reason=reason)
    for plan_id in sorted(set(open_.loc[open_["action_id"].isin(ids), "undone_plan_id"])):
        audit(request, "withdrew", plan_id)
    return request.to("/plan/undos")


def _what(request: PageRequest) -> tuple[RecordedPlan, Undoable]:
    console = request.console
    plan, run = chosen_plan(request, request.form), console.newest_run()
    if plan is None or run is None:
        raise HTTPException(404)
    actions = console.actions(plan.plan_no).now(console.ledger, plan.plan_no)
    fits = Filter.of(request.form).fits(actions) & (actions["state"] == "applied")
    ids = actions.loc[fits, "action_id"].tolist()
    settings = settings_of(console.environment, run.frames)
    return plan, what_to_undo(settings, run.frames, console.ledger, plan.plan_id, Which(action_ids=ids))


def _digest(what: Undoable) -> str:
    """What the page showed: the same requests have the same one."""
    return hashlib.sha256("\n".join(sorted(row["action_id"] for row in what.possible)).encode()).hexdigest()
