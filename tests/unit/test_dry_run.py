"""A plan without a trace: which approval it names."""

from dataclasses import replace

import pandas as pd
import pytest

from entra_emply.errors import PlanRefused
from entra_emply.extraction.checks import external_users_touched, require_no_external_user_touched
from entra_emply.extraction.dry_run import DryRun
from entra_emply.reconciliation.plan import make_plan
from tests.reference.builders import login, person, scenario
from tests.reference.vectorised import inputs_of

STRICT = {"max_grants": {"min_count": 0, "percent": 0}}


@pytest.mark.parametrize(
    ("recorded", "held", "said"),
    [
        ("3f9c12ab45de99", 2, "entra-emply approve 3f9c12ab45de --by NAME --reason TEXT"),
        (
            "3f9c12ab45de99",
            1,
            (
                "entra-emply approve 3f9c12ab45de --by NAME --reason TEXT; 1 of them only after the next entra-emply "
                "sync, which records it"
            ),
        ),
        ("3f9c12ab45de99", 0, "entra-emply sync records them"),
        (None, 0, "entra-emply sync records them"),
    ],
    ids=["all are recorded", "one is new", "all are new", "no plan was recorded"],
)
def test_what_is_held_is_approved_with_the_plan_that_was_recorded(recorded: str | None, held: int, said: str) -> None:
    now = inputs_of(*scenario([person("a"), person("b")], guards=STRICT))
    plan = make_plan(now)
    holds = pd.DataFrame({"action_id": plan.actions["action_id"].head(held), "guards": "G7"})
    run = DryRun(plan, replace(now, state=replace(now.state, holds=holds)), recorded)
    assert run.approval.startswith(said)


def test_a_plan_that_touches_an_external_user_is_refused() -> None:
    """M6."""
    inputs = inputs_of(*scenario([person("ada")], [login("external")]))
    plan = make_plan(inputs)
    stranger = plan.actions.head(1).assign(emply_user_id="emply-external", rule="R5")
    assert external_users_touched(inputs, plan) == 0
    with pytest.raises(PlanRefused, match=r"1 Emply user who is not linked .*\(M6\)"):
        require_no_external_user_touched(inputs, replace(plan, actions=stranger))


@pytest.mark.parametrize("rule", ["W1", "C4", "C6"])
def test_rules_about_external_users_and_their_calendars_may_name_them(rule: str) -> None:
    inputs = inputs_of(*scenario([person("ada")], [login("external")]))
    plan = make_plan(inputs)
    named = plan.actions.head(1).assign(emply_user_id="emply-external", rule=rule)
    assert external_users_touched(inputs, replace(plan, actions=named)) == 0
