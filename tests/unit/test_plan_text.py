"""A plan as text on a terminal."""

import io
from typing import Any

import pytest
from rich.console import Console

from entra_emply.reconciliation.report.text import show, show_actions

FINDING: dict[str, Any] = dict.fromkeys(("severity", "code", "rule", "message", "remedy", "subject", "object"), "")


def shown(findings: list[dict[str, Any]]) -> list[str]:
    plan = {"plan_id": "3f9c12ab45de99", "created_at": "2026-11-22T10:30:00Z", "mapping_version": "1"}
    file = io.StringIO()
    whole = {**plan, "actions": [], "findings": findings, "summary": {"held": 0}}
    show(whole, {}, {}, Console(file=file, width=100), "")
    return file.getvalue().splitlines()


def test_a_finding_about_somebody_without_an_address_says_so() -> None:
    assert "      who   (no address)" in shown([FINDING | {"subject": None, "object": None}])


@pytest.mark.parametrize(("number", "said"), [(0, "0 findings"), (1, "1 finding"), (2, "2 findings")])
def test_one_finding_is_told_from_several(number: int, said: str) -> None:
    assert shown([FINDING] * number)[-1] == f"Nothing to do; {said}"


def test_each_guard_that_holds_an_action_says_why() -> None:
    action: dict[str, Any] = {
        "action_id": "a1",
        "target": "emply",
        "kind": "deactivate_user",
        "rule": "L6",
        "reason": None,
    }
    action |= {"subject": "megan.jordan@contoso.com", "before": {"active": True}, "after": {"active": False}}
    file = io.StringIO()
    because = {"a1": {"G1": "too many", "G3": "the user holds a protected role"}}
    show_actions([{**action, "held_by": ["G1", "G3"]}], {}, because, Console(file=file, width=100))
    assert file.getvalue().splitlines()[-2:] == [
        "      held  G1: too many",
        "      held  G3: the user holds a protected role",
    ]
