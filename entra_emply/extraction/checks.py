"""What must hold before a plan is believed: its reads are whole (G5), and it touches nobody who is external (M6).

The steps are the same for a run and for a dry run. What a whole read is, is `reconciliation.completeness`.
"""

from collections.abc import Collection, Mapping

from entra_emply.errors import PlanRefused
from entra_emply.printing import counted
from entra_emply.reconciliation.completeness import Counted, require_full_read, require_referred
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.mapping import may_be_empty
from entra_emply.reconciliation.plan import Plan

_MAY_NAME_OTHERS = ("W1", "C4", "C6")
"""The rules that may name an Emply user who is not linked: W1 creates the Entra user, C4 and C6 take away calendars."""


def require_believable(
    inputs: Inputs, reads: Mapping[str, Counted], baselines: Mapping[str, Counted], accepted: Collection[str] = ()
) -> None:
    """G5: the lists, of which `reads` counts the rows, are whole. Raises SourceUnreadable.

    `baselines` are the last accepted reads, `accepted` the sources whose shrinking a person accepts.
    """
    guards = inputs.settings.guards
    require_full_read(reads, baselines, guards, accepted=accepted, may_be_empty=may_be_empty(inputs.settings))
    require_referred(inputs, baselines, guards.min_rows_percent, accepted)


def external_users_touched(inputs: Inputs, plan: Plan) -> int:
    """M6: how many Emply users the plan touches that are neither linked nor linked by it."""
    links = plan.actions.loc[plan.actions["kind"] == "link_user", "emply_user_id"]
    known = {*inputs.state.links["emply_user_id"], *links}
    touched = plan.actions.loc[~plan.actions["rule"].isin(_MAY_NAME_OTHERS), "emply_user_id"]
    return len(set(touched.dropna()) - known)


def require_no_external_user_touched(inputs: Inputs, plan: Plan) -> None:
    """Raise PlanRefused where the plan touches an external user (M6)."""
    touched = external_users_touched(inputs, plan)
    if touched:
        raise PlanRefused(
            f"the plan would change {counted(touched, 'Emply user')} who {'is' if touched == 1 else 'are'} not linked "
            "to anybody in Entra (M6): "
            "nothing of it may be applied; report this fault of entra-emply"
        )
