"""Plans of examples (`plan --offline`): no network, no database, no environment, no Dagster.

An example is one JSON object: a scenario, the settings, and what else a plan depends on (`example`). The plan is made
by the same `make_plan` as everywhere, of frames that the connectors' own functions make.
"""

from typing import Any

import pandas as pd

from entra_emply import clock
from entra_emply.connectors.frames import Row
from entra_emply.offline.example import Example, example_of
from entra_emply.offline.frames import frames_of
from entra_emply.offline.sync_state import state_of
from entra_emply.reconciliation.explain import document
from entra_emply.reconciliation.explain.action_state import Recorded
from entra_emply.reconciliation.explain.explanation import explanation
from entra_emply.reconciliation.explain.gathering import gather, planned_rows
from entra_emply.reconciliation.explain.in_memory import InMemory
from entra_emply.reconciliation.explain.neighbourhood import Directory
from entra_emply.reconciliation.inputs import UNREADABLE_COLUMNS, Inputs, SyncState
from entra_emply.reconciliation.plan import Plan, make_plan
from entra_emply.reconciliation.report.wording import document as plan_document


def plan_example(given: object) -> dict[str, Any]:
    """The plan of an example as `plan --json` has it, with `explanations` where it asks for any.

    Raises SettingsError and SourceUnreadable for what is wrong in it.
    """
    example = example_of(given)
    inputs = inputs_of(example)
    plan = make_plan(inputs)
    made = plan_document(plan, inputs.now, inputs.settings.version)
    if not example.explain:
        return made
    return made | {"explanations": [_explanation(inputs, plan, asked) for asked in example.explain]}


def plan_scenario(scenario: Row, settings: Row, sync: Row | None = None, **more: object) -> dict[str, Any]:
    """As `plan_example`, of its parts; `more` is what else an example may have (`now`, `explain`, …)."""
    return plan_example({"scenario": scenario, "settings": settings, "sync": sync, **more})


def inputs_of(example: Example, state: SyncState | None = None) -> Inputs:
    """What the plan of an example is computed from; `state` replaces `sync` and `now`. Raises SourceUnreadable."""
    unreadable = [
        (kind, whose, code) for kind, codes in example.unreadable.model_dump().items() for whose, code in codes.items()
    ]
    return Inputs(
        **frames_of(example),
        state=state or state_of(example, example.now or clock.now()),
        settings=example.settings,
        unreadable=pd.DataFrame(unreadable, columns=list(UNREADABLE_COLUMNS), dtype="str"),
        member_read_hidden=example.member_read_hidden,
    )


def _explanation(inputs: Inputs, plan: Plan, asked: str) -> dict[str, Any]:
    """One person as `explain --json` has them; nothing was recorded of them."""
    source = document.source(asked, "offline", run_id=None, read_at=f"{inputs.now:%Y-%m-%dT%H:%M:%SZ}")
    directory = Directory(InMemory.of(inputs))
    who = directory.carriers(asked)
    if not who:
        return source | document.nobody(asked, directory.near(asked))
    rows = planned_rows(plan.actions, plan.findings)
    people = gather(inputs, who, *rows, guard_counts=plan.guard_counts)
    recorded = Recorded(plan.plan_id)
    return source | document.somebody(asked, [explanation(each, recorded) | {"history": []} for each in people])
