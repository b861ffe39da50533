"""Deciding about the newest plan: what an approval does is shown before it is given, and given as it was shown."""

import hashlib
from collections.abc import Mapping, Sequence

import pandas as pd
from starlette.responses import Response

from entra_emply.console.audit import audit
from entra_emply.console.page_request import PageRequest
from entra_emply.console.pages.plan import chosen_plan
from entra_emply.console.pages.today import people_in
from entra_emply.console.queries.actions import MOST, Filter
from entra_emply.console.queries.rows import actions_shown
from entra_emply.errors import PlanRefused
from entra_emply.ledger import approvals, plans
from entra_emply.ledger.approvals import Wanted
from entra_emply.ledger.plans import RecordedPlan
from entra_emply.ledger.which import Which
from entra_emply.reconciliation.arrays import has_word

_OVER = "nothing was approved: the plan or its approvals changed meanwhile; look at what waits now"


def confirm(request: PageRequest) -> Response:
    """What would be approved: how many people, and what it does to them."""
    plan, ids = _chosen(request)
    if not ids:
        return request.refused(409, "Nothing is chosen", "Choose held actions of the plan first.")
    wanted = request.console.ledger.read(approvals.would_approve, plan.plan_id, Which(action_ids=ids))
    if not wanted.approved:
        return request.refused(409, "Nothing left to approve", "What was chosen is approved already, or is not held.")
    actions = request.console.actions(plan.plan_no).now(request.console.ledger, plan.plan_no)
    approved, freed = set(wanted.approved), set(wanted.freed)
    affected = actions[actions["action_id"].isin(approved | freed)]
    return request.page(
        "confirm.html.jinja",
        plan=plan,
        people=people_in(affected),
        kinds=[(name, len(rows), people_in(rows)) for name, rows in affected.groupby("name", sort=False)],
        rows=actions_shown(affected.head(MOST), request.console.names_of(plan)),
        count=len(affected),
        emptied=_emptied(request, affected, request.console.names_of(plan)),
        more=len(affected) - len(set(ids) & (approved | freed)),
        still=len(approved - freed),
        chosen=request.form.getlist("action"),
        which=Filter.of(request.form),
        all=request.form.get("all", ""),
        digest=_digest(wanted),
    )


def approve(request: PageRequest) -> Response:
    """Approve just what was shown."""
    ledger = request.console.ledger
    plan, ids = _chosen(request)
    if _digest(ledger.read(approvals.would_approve, plan.plan_id, Which(action_ids=ids))) != request.form.get("digest"):
        raise PlanRefused(_OVER)
    freed = ledger.write(
        approvals.approve,
        plan.plan_id,
        Which(group=_whole_group(request), action_ids=ids),
        by=request.who.name,
        reason=request.form.get("reason", "").strip(),
    )
    audit(request, "approved", plan.plan_id)
    return request.page("approved.html.jinja", plan=plan, freed=len(freed))


def confirm_refusal(request: PageRequest) -> Response:
    """Which link would be refused."""
    plan, rows = _link(request)
    return request.page(
        "confirm_refusal.html.jinja", plan=plan, row=actions_shown(rows, request.console.names_of(plan))[0]
    )


def refuse(request: PageRequest) -> Response:
    """Record that a link by another address is not the same person."""
    plan, rows = _link(request)
    person, reason = str(rows["entra_id"].iloc[0]), request.form.get("reason", "").strip()
    request.console.ledger.write(approvals.refuse, plan.plan_id, person=person, by=request.who.name, reason=reason)
    audit(request, "refused", person)
    return request.page("refusal.html.jinja", person=person)


def _chosen(request: PageRequest) -> tuple[RecordedPlan, Sequence[str]]:
    """The newest plan, if it is the one that was looked at, and the ids of the held actions that were chosen in it: the
    rows that were marked, or all that fit the filter.
    """
    plan = _looked_at(request)
    if not request.form.get("all"):
        return plan, request.form.getlist("action")
    actions = request.console.actions(plan.plan_no).frame
    held = actions[actions["held_by"] != ""].assign(state="held")
    return plan, held.loc[Filter.of(request.form).fits(held), "action_id"].tolist()


def _whole_group(request: PageRequest) -> str | None:
    """The group of which all that fits was chosen: its emptying is approved with it (G4), as by `approve --group`."""
    return Filter.of(request.form).group if request.form.get("all") else None


def _emptied(request: PageRequest, affected: pd.DataFrame, names: Mapping[str, str]) -> str | None:
    """What the group is called whose emptying this would approve."""
    group = _whole_group(request)
    emptied = group is not None and has_word(affected["held_by"], "G4").any()
    return names.get(group, group) if group is not None and emptied else None


def _link(request: PageRequest) -> tuple[RecordedPlan, pd.DataFrame]:
    plan = _looked_at(request)
    actions = request.console.actions(plan.plan_no).now(request.console.ledger, plan.plan_no)
    rows = actions[(actions["action_id"] == request.form.get("action")) & (actions["rule"] == "M3b")]
    if rows.empty:
        raise PlanRefused("only a held link by another address (M3b) can be refused")
    return plan, rows


def _looked_at(request: PageRequest) -> RecordedPlan:
    plan, newest = chosen_plan(request, request.form), request.console.ledger.read(plans.newest_plan)
    if plan is None or newest is None or plan.plan_no != newest.plan_no:
        raise PlanRefused("there is a newer plan: look at that one first")
    return plan


def _digest(wanted: Wanted) -> str:
    """What the page showed: the same approval has the same one."""
    shown = [*sorted(wanted.approved), "", *sorted(wanted.freed)]
    return hashlib.sha256("\n".join(shown).encode()).hexdigest()
