"""Explanations of people in tiny scenarios, for tests: the plan is made of the whole scenario, as a run makes it."""

from collections.abc import Iterator, Sequence
from typing import Any

from entra_emply.reconciliation.explain.action_state import Recorded
from entra_emply.reconciliation.explain.explanation import explanation
from entra_emply.reconciliation.explain.facts import Facts, Row
from entra_emply.reconciliation.explain.gathering import gather, planned_rows
from entra_emply.reconciliation.explain.in_memory import InMemory
from entra_emply.reconciliation.explain.inputs_around import inputs_around, named_near
from entra_emply.reconciliation.explain.neighbourhood import Directory, Ids
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.plan import Plan, make_plan
from tests.reference import subject
from tests.reference.vectorised import inputs_of


def everybody(inputs: Inputs) -> Ids:
    """Every id of a scenario."""
    return Ids(
        frozenset(inputs.entra_users["entra_id"]) | frozenset(inputs.state.links["entra_id"]),
        frozenset(inputs.emply_users["emply_user_id"]),
        frozenset(inputs.emply_employees["employee_id"]),
    )


def facts_of_everybody(inputs: Inputs, plan: Plan) -> list[Facts]:
    """The facts of everybody of a scenario that is explained as a whole."""
    return gather(inputs, everybody(inputs), *planned_rows(plan.actions, plan.findings))


def explanations(inputs: Inputs) -> Iterator[Row]:
    """The explanation of everybody of a scenario, as its own plan is explained. Raises SettingsError."""
    plan = make_plan(inputs)
    rows = planned_rows(plan.actions, plan.findings)
    for facts in gather(inputs, everybody(inputs), *rows, guard_counts=plan.guard_counts):
        yield explanation(facts, Recorded())


def facts_of(scenario: subject.Scenario, asked: str, links: Sequence[Row] = ()) -> list[Facts]:
    """The facts of the people found by `asked`, gathered from the small scenario around them."""
    inputs = inputs_of(*scenario)
    plan = make_plan(inputs)
    frames = InMemory.of(inputs)
    directory = Directory(frames)
    who = directory.carriers(asked)
    actions, findings = planned_rows(plan.actions, plan.findings)
    around = directory.around(who)
    about = [row for row in findings if {row["entra_id"], row["emply_user_id"], row["employee_id"]} & around.ids]
    near = inputs_around(frames, inputs.settings, named_near(around, about))
    return gather(near, who, actions, findings, links, guard_counts=plan.guard_counts)


def explained(scenario: subject.Scenario, asked: str = "megan@contoso.com", **recorded: Any) -> Row:  # noqa: ANN401
    """The explanation of the only person found by `asked`."""
    (facts,) = facts_of(scenario, asked)
    return explanation(facts, Recorded(**{"plan_id": "3f9c12ab45de", **recorded}))


def said(document: Row, rule: str) -> tuple[str, str]:
    """The verdict and the sentence of a rule."""
    (statement,) = [each for each in document["statements"] if each["rule"] == rule]
    return statement["verdict"], statement["sentence"]


def answered(document: Row, question: str) -> str:
    """The answer to a question, by its name."""
    (answer,) = [each["answer"] for each in document["questions"] if each["name"] == question]
    return str(answer)
