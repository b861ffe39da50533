"""The implementations of the rules that the same tests judge. A new one is added to `IMPLEMENTATIONS`, nowhere else.

An implementation is a function of a scenario, with the arguments and the result of `tests.reference.rules.plan`. It
raises ConfigurationError for R8 and W0. It may give more columns than the reference, and leave out the role states that
stay as they are; neither is compared.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.reference import rules, vectorised
from tests.reference.terms import ConfigurationError

Row = dict[str, Any]
Scenario = tuple[Row, Row, Row, datetime, Row, bool]  # the arguments of an implementation
Implementation = Callable[[Row, Row, Row, datetime, Row, bool], Row]
PlanOf = Callable[[Scenario], Row]  # what a test of a rule is given: one implementation's plan, in comparable form

IMPLEMENTATIONS: dict[str, Implementation] = {"reference": rules.plan, "vectorised": vectorised.plan}

ACTION = ("target", "kind", "rule", "entra_id", "emply_user_id", "subject", "before", "after", "held_by",
          "held_because")  # fmt: skip
FINDING = ("code", "entra_id", "emply_user_id", "employee_id", "subject", "object")


def outcome(implementation: Implementation, scenario: Scenario) -> Row:
    """What the page fixes of an implementation's plan of a scenario, in one form and order: two are equal or one errs.

    `reason` counts where the page names one, and a finding's rule where the page gives it one. A configuration error
    is `{"error": True}`: its wording is not compared.
    """
    try:
        plan = implementation(*scenario)
    except ConfigurationError:
        return {"error": True}
    return comparable(plan)


def comparable(plan: Row) -> Row:
    actions = []
    for row in plan["actions"]:
        reason = row["reason"] if row["kind"] in {"set_roles", "deactivate_user"} else None
        actions.append({**{name: row[name] for name in ACTION}, "reason": reason})
    findings = []
    for row in plan["findings"]:
        rule = row["rule"] if row["code"] != "duplicate_employee" else None
        findings.append({**{name: row[name] for name in FINDING}, "rule": rule})
    return {
        "actions": sorted(actions, key=repr),
        "findings": sorted(findings, key=repr),
        "roleStates": sorted(plan["roleStates"], key=lambda row: row["entraId"]),
        "endedPairs": sorted(plan["endedPairs"]),
    }
