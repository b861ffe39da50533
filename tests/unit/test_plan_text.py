"""A plan as text on a terminal."""

import io

import pytest
from rich.console import Console

from entra_emply.reconciliation.report.text import show

FINDING = dict.fromkeys(("severity", "code", "rule", "message", "remedy", "subject"), "")


@pytest.mark.parametrize(("number", "said"), [(0, "0 findings"), (1, "1 finding"), (2, "2 findings")])
def test_one_finding_is_told_from_several(number: int, said: str) -> None:
    plan = {"plan_id": "3f9c12ab45de99", "created_at": "2026-11-22T10:30:00Z", "mapping_version": "1"}
    file = io.StringIO()
    whole = {**plan, "actions": [], "findings": [FINDING] * number, "summary": {"held": 0}}
    show(whole, {}, Console(file=file, width=100), "")
    assert file.getvalue().splitlines()[-1] == f"Nothing to do; {said}"
