"""Which recorded plan a person means: the plan that `entra-emply plan` shows need not be recorded."""

from entra_emply.environment import Environment
from entra_emply.extraction.dry_run import dry_run
from entra_emply.ledger import history, plans
from entra_emply.ledger.approvals import SHORTEST_ID
from entra_emply.ledger.ledger import Ledger
from entra_emply.reconciliation.settings import load


def recorded_id(environment: Environment, ledger: Ledger, plan: str) -> str:
    """The id of the newest recorded plan where `plan` is the plan of this moment, which `entra-emply plan` shows: just
    what is still held of the recorded one. Else `plan` (or an action's id), for the ledger to judge. Raises what
    `dry_run` raises.
    """
    newest = ledger.read(plans.newest_plan)
    if newest is None or len(plan.strip()) < SHORTEST_ID or newest.plan_id.startswith(plan):
        return plan
    if ledger.read(history.action_named, plan) is not None:
        return plan
    now = dry_run(environment, load(environment.settings)).plan
    return newest.plan_id if now.plan_id.startswith(plan) else plan
