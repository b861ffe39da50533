"""Undo: asking that what a plan applied is restored. What can be, and what cannot and why, is shown before."""

import hashlib

from starlette.exceptions import HTTPException
from starlette.responses import Response

from entra_emply.console.asked import Asked
from entra_emply.console.audit import audit
from entra_emply.console.pages.plan import chosen_plan
from entra_emply.console.queries.actions import MOST, Filter
from entra_emply.console.queries.rows import action_shown, refused_shown
from entra_emply.errors import PlanRefused
from entra_emply.extraction.undo import what_to_undo
from entra_emply.ledger.plans import RecordedPlan
from entra_emply.person.stored import settings_of
from entra_emply.reconciliation.undoable import Undoable

_OVER = "nothing was asked for: what can be undone changed meanwhile; look at it again"


def confirm(asked: Asked) -> Response:
    """What would be restored of what the plan applied and fits the filter, and what would not."""
    plan, what = _what(asked)
    names = asked.console.names_of(plan)
    return asked.page(
        "confirm_undo.html.jinja",
        plan=plan,
        rows=[action_shown(row, names) for row in what.possible[:MOST]],
        count=len(what.possible),
        people=len({row["emply_user_id"] for row in what.possible}),
        refused=refused_shown(what.refused[:MOST], names),
        not_undone=len(what.refused),
        which=Filter.of(asked.form),
        digest=_digest(what),
    )


def undo(asked: Asked) -> Response:
    """Ask for just what was shown."""
    plan, what = _what(asked)
    if _digest(what) != asked.form.get("digest"):
        raise PlanRefused(_OVER)
    reason = asked.form.get("reason", "").strip()
    count = asked.console.ledger.ask_to_undo(what.possible, by=asked.who.name, reason=reason)
    audit(asked, "undid", plan.plan_id)
    return asked.page("undo_asked.html.jinja", count=count)


def _what(asked: Asked) -> tuple[RecordedPlan, Undoable]:
    console = asked.console
    plan, run = chosen_plan(asked, asked.form), console.newest_run()
    if plan is None or run is None:
        raise HTTPException(404)
    actions = console.actions(plan.plan_no).now(console.ledger, plan.plan_no)
    fits = Filter.of(asked.form).fits(actions) & (actions["state"] == "applied")
    ids = actions.loc[fits, "action_id"].tolist()
    settings = settings_of(console.environment, run.frames)
    return plan, what_to_undo(settings, run.frames, console.ledger, plan.plan_id, action_ids=ids)


def _digest(what: Undoable) -> str:
    """What the page showed: the same requests have the same one."""
    return hashlib.sha256("\n".join(sorted(row["action_id"] for row in what.possible)).encode()).hexdigest()
