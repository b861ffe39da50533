"""Deciding about the newest plan: what an approval does is shown before it is given, and given as it was shown."""

import hashlib
from collections.abc import Mapping, Sequence

import pandas as pd
from starlette.responses import Response

from entra_emply.console.asked import Asked
from entra_emply.console.audit import audit
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


def confirm(asked: Asked) -> Response:
    """What would be approved: how many people, and what it does to them."""
    plan, ids = _chosen(asked)
    if not ids:
        return asked.refused(409, "Nothing is chosen", "Choose held actions of the plan first.")
    wanted = asked.console.ledger.read(approvals.would_approve, plan.plan_id, Which(action_ids=ids))
    if not wanted.approved:
        return asked.refused(409, "Nothing left to approve", "What was chosen is approved already, or is not held.")
    actions = asked.console.actions(plan.plan_no).now(asked.console.ledger, plan.plan_no)
    approved, freed = set(wanted.approved), set(wanted.freed)
    affected = actions[actions["action_id"].isin(approved | freed)]
    return asked.page(
        "confirm.html.jinja",
        plan=plan,
        people=people_in(affected),
        kinds=[(name, len(rows), people_in(rows)) for name, rows in affected.groupby("name", sort=False)],
        rows=actions_shown(affected.head(MOST), asked.console.names_of(plan)),
        count=len(affected),
        emptied=_emptied(asked, affected, asked.console.names_of(plan)),
        more=len(affected) - len(set(ids) & (approved | freed)),
        still=len(approved - freed),
        chosen=asked.form.getlist("action"),
        which=Filter.of(asked.form),
        all=asked.form.get("all", ""),
        digest=_digest(wanted),
    )


def approve(asked: Asked) -> Response:
    """Approve just what was shown."""
    ledger = asked.console.ledger
    plan, ids = _chosen(asked)
    if _digest(ledger.read(approvals.would_approve, plan.plan_id, Which(action_ids=ids))) != asked.form.get("digest"):
        raise PlanRefused(_OVER)
    freed = ledger.write(
        approvals.approve,
        plan.plan_id,
        Which(group=_whole_group(asked), action_ids=ids),
        by=asked.who.name,
        reason=asked.form.get("reason", "").strip(),
    )
    audit(asked, "approved", plan.plan_id)
    return asked.page("approved.html.jinja", plan=plan, freed=len(freed))


def confirm_refusal(asked: Asked) -> Response:
    """Which link would be refused."""
    plan, rows = _link(asked)
    return asked.page("confirm_refusal.html.jinja", plan=plan, row=actions_shown(rows, asked.console.names_of(plan))[0])


def refuse(asked: Asked) -> Response:
    """Record that a link by another address is not the same person."""
    plan, rows = _link(asked)
    person, reason = str(rows["entra_id"].iloc[0]), asked.form.get("reason", "").strip()
    asked.console.ledger.write(approvals.refuse, plan.plan_id, person=person, by=asked.who.name, reason=reason)
    audit(asked, "refused", person)
    return asked.page("refusal.html.jinja", person=person)


def _chosen(asked: Asked) -> tuple[RecordedPlan, Sequence[str]]:
    """The newest plan, if it is the one that was looked at, and the ids of the held actions that were chosen in it: the
    rows that were marked, or all that fit the filter.
    """
    plan = _looked_at(asked)
    if not asked.form.get("all"):
        return plan, asked.form.getlist("action")
    actions = asked.console.actions(plan.plan_no).frame
    held = actions[actions["held_by"] != ""].assign(state="held")
    return plan, held.loc[Filter.of(asked.form).fits(held), "action_id"].tolist()


def _whole_group(asked: Asked) -> str | None:
    """The group of which all that fits was chosen: its emptying is approved with it (G4), as by `approve --group`."""
    return Filter.of(asked.form).group if asked.form.get("all") else None


def _emptied(asked: Asked, affected: pd.DataFrame, names: Mapping[str, str]) -> str | None:
    """What the group is called whose emptying this would approve."""
    group = _whole_group(asked)
    emptied = group is not None and has_word(affected["held_by"], "G4").any()
    return names.get(group, group) if group is not None and emptied else None


def _link(asked: Asked) -> tuple[RecordedPlan, pd.DataFrame]:
    plan = _looked_at(asked)
    actions = asked.console.actions(plan.plan_no).now(asked.console.ledger, plan.plan_no)
    rows = actions[(actions["action_id"] == asked.form.get("action")) & (actions["rule"] == "M3b")]
    if rows.empty:
        raise PlanRefused("only a held link by another address (M3b) can be refused")
    return plan, rows


def _looked_at(asked: Asked) -> RecordedPlan:
    plan, newest = chosen_plan(asked, asked.form), asked.console.ledger.read(plans.newest_plan)
    if plan is None or newest is None or plan.plan_no != newest.plan_no:
        raise PlanRefused("there is a newer plan: look at that one first")
    return plan


def _digest(wanted: Wanted) -> str:
    """What the page showed: the same approval has the same one."""
    shown = [*sorted(wanted.approved), "", *sorted(wanted.freed)]
    return hashlib.sha256("\n".join(shown).encode()).hexdigest()
